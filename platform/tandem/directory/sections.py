"""What other capabilities show on a person's page.

The directory stands below them and imports none. A capability registers a section in a module that is imported at the start:
a loader that reads what the actor may see, and a template that draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tandem.access.actor import Actor

#: Gives the values for the template, or ``None`` where there is nothing to show to this actor.
Loader = Callable[[Actor, UUID], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class PersonSection:
    """One section: ``template`` is included with ``section`` (the loader's values) and ``member``; lower ``position`` first.

    From ``AFTER_RECORD`` on they stand below what the directory itself keeps: memberships, positions, experience.

    The template's card has the section's name as its id; ``title`` is what the page's list of sections calls it.
    """

    name: str
    loader: Loader
    template: str
    position: int = 100
    title: Callable[[], str] = lambda: ""


#: Where the sections begin that stand below the directory's own.
AFTER_RECORD = 50

_sections: dict[str, PersonSection] = {}


def register_person_section(
    name: str, loader: Loader, template: str, *, title: Callable[[], str], position: int = 100
) -> None:
    """Add a section to every person's page. A name registered again replaces the section."""
    _sections[name] = PersonSection(name, loader, template, position, title)


def person_sections(actor: Actor, member_id: UUID) -> Sequence[tuple[PersonSection, Mapping[str, Any]]]:
    """The sections that have something for ``actor`` to see, in their order. Each loader runs a constant number of statements."""
    found = []
    for section in sorted(_sections.values(), key=lambda item: (item.position, item.name)):
        values = section.loader(actor, member_id)
        if values is not None:
            found.append((section, values))
    return found
