"""What the directory tells other capabilities, in the transaction of the change.

The directory stands below them and imports none: a capability marks a function with ``@listens_to(MemberRemoved)`` in its
``listeners`` module, which ``app.LISTENERS`` names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from tandem.access.actor import Actor


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """Staff removed a member: sessions end, nothing of theirs goes on. The record and its history stay."""

    member_id: UUID


@dataclass(frozen=True, slots=True)
class MemberRestored:
    """Staff took a removal back."""

    member_id: UUID


@dataclass(frozen=True, slots=True)
class MembershipsChanged:
    """Memberships or payments of these members changed, so that lapses may begin or end. An import sends one for all."""

    member_ids: Sequence[UUID]


E = TypeVar("E")

_listeners: dict[type[Any], list[Callable[[Actor, Any], None]]] = {}


def listens_to(event: type[E]) -> Callable[[Callable[[Actor, E], None]], Callable[[Actor, E], None]]:
    """Mark a function to be called with the actor and the event, inside the transaction that made it."""

    def mark(function: Callable[[Actor, E], None]) -> Callable[[Actor, E], None]:
        _listeners.setdefault(event, []).append(function)
        return function

    return mark


def announce(actor: Actor, event: object) -> None:
    """Call everyone who listens to this kind of event, in a fixed order. What one of them raises undoes the change."""
    for listener in sorted(_listeners.get(type(event), ()), key=lambda found: (found.__module__, found.__qualname__)):
        listener(actor, event)
