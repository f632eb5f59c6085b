"""Refusals that every capability shares; the web layer turns them into pages."""

from __future__ import annotations


class NotYoursError(LookupError):
    """The row does not exist, or is not the actor's to see: answered alike, as 404."""


class ForbiddenError(PermissionError):
    """The actor may see the page's object, but not do this with it. ``args[0]`` says what to do next, translated."""


class ConflictError(RuntimeError):
    """Someone else got there first, or the state has moved on. ``args[0]`` says what is now the case and what to do."""


class StaleError(ConflictError):
    """Somebody else was faster: what the actor looked at was changed meanwhile."""


class InvalidError(ValueError):
    """Input that cannot be taken: ``problems`` maps a field's id to a sentence; nothing was changed."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems
