"""Tandem runs mentorship programs for professional associations."""

__version__ = "0.1.0"
