"""Checks that services make before they change anything for the whole association."""

from __future__ import annotations

from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.errors import ForbiddenError


def require_everywhere(actor: Actor, permission: str) -> None:
    """Refuse unless ``actor`` has ``permission`` for the whole association. The program itself (no account) always has.

    Raises ``ForbiddenError`` with what helps.
    """
    if actor.account_id is not None and not actor.may_everywhere(permission):
        raise ForbiddenError(
            _("Only the association’s own staff can do this. Ask one of them to do it or to give you the role.")
        )
