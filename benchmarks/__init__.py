"""Figures about a whole installation: what a page, row security, an import and a sweep cost."""
