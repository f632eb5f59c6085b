"""What can be wrong with a configuration, each with the place and with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Where something stands in a document: keys as they are, items of a list as ``[id]`` (or ``[#2]`` for the second without one).
Path = tuple[str, ...]


def show_path(path: Path) -> str:
    """A path as people read it: ``matching.criteria[overlap].weight``."""
    shown = ""
    for part in path:
        shown += part if part.startswith("[") or not shown else f".{part}"
    return shown


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: in which file (relative to the folder), on which line, at which path, and what to do."""

    file: str
    line: int
    path: Path
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {show_path(self.path)}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigurationError(Exception):
    """A configuration that cannot be taken. Every problem found is in ``problems``; nothing was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Moved:
    """A document that changed in the database after it was exported."""

    file: str
    exported_from: int | None
    current: int
    changes: tuple[str, ...]


class MovedOnError(Exception):
    """The database has moved on since the files were exported; applying them would undo the changes in ``moved``."""

    def __init__(self, moved: Sequence[Moved]) -> None:
        self.moved = tuple(moved)
        super().__init__(", ".join(item.file for item in moved))


class UnknownProgramError(LookupError):
    """There is no such program in the open association."""


class NoConfigurationError(LookupError):
    """The open association has no configuration yet: apply one with ``tandem tenant apply``."""
