"""What can go wrong with notices."""

from __future__ import annotations


class UnknownTemplateError(LookupError):
    """Raised for a notice that ``templates_registry`` does not know."""


class NoticeContextError(ValueError):
    """Raised when a notice is written without a variable that its template needs, or with one that it does not know."""
