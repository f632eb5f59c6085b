"""A whole configuration at once: the association's document, its departments', forms and programs.

``Tenant`` is what both a folder of YAML and the database are read into, so that they can be compared and written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One document: its file, what it says, and where it came from.

    ``document`` is this level's own words in canonical order. ``resolved`` is set for programs. ``exported_from`` is the
    revision that a file was exported from (``None`` for a file written by hand), ``number`` the revision in the database.
    """

    file: str
    document: Mapping[str, Any]
    resolved: Mapping[str, Any] | None = None
    exported_from: int | None = None
    number: int | None = None
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Tenant:
    """All documents of an association, by id."""

    association: Part
    departments: Mapping[str, Part] = field(default_factory=dict)
    forms: Mapping[str, Part] = field(default_factory=dict)
    programs: Mapping[str, Part] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The association's id."""
        return str(self.association.document["id"])

    def parts(self) -> dict[str, Part]:
        """Every document by its file."""
        every = [self.association, *self.departments.values(), *self.forms.values(), *self.programs.values()]
        return {part.file: part for part in every}


ASSOCIATION_FILE = "association.yaml"


def department_file(slug: str) -> str:
    """The file of a department's document."""
    return f"departments/{slug}.yaml"


def form_file(key: str) -> str:
    """The file of a form."""
    return f"forms/{key}.yaml"


def program_file(slug: str) -> str:
    """The file of a program's document."""
    return f"programs/{slug}.yaml"
