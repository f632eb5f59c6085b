"""The actor of the running request, as the guard found it."""

from __future__ import annotations

from typing import cast

from flask import g

from tandem.access.actor import Actor


def current_actor() -> Actor | None:
    """Whoever is signed in on this association's host, or ``None``."""
    return cast(Actor | None, g.get("actor"))


def signed_in() -> Actor:
    """Whoever is signed in. Only for views whose access is not public: the guard has turned everyone else away."""
    actor = current_actor()
    if actor is None:
        raise RuntimeError("This view asks for a signed-in person, but the access table lets others through.")
    return actor
