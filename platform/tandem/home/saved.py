"""Saved views: filters of a list under a name, each account's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError, NotYoursError
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.home.models import SavedView
from tandem.ids import uuid7
from tandem.tenancy.scope import current_association_id

#: List → its address, and the filters that a view keeps.
PAGES: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "applications": ("staff_applications.index", frozenset({"q", "status", "program", "role", "queue"})),
        "pools": (
            "staff_pools.index", frozenset({"q", "state", "role", "program", "discipline", "region", "waited"}),
        ),
        "mentorships": ("staff_mentorships.index", frozenset({"q", "state", "program", "asked", "queue"})),
    }
)  # fmt: skip

#: Views of one list that an account may keep, and the longest name.
MOST, NAME_LENGTH = 20, 60


def views_of(*, actor: Actor, page: str) -> Sequence[SavedView]:
    """The actor's views of a list, by name."""
    return db.session.scalars(
        select(SavedView)
        .where(SavedView.account_id == actor.account_id, SavedView.page == page)
        .order_by(SavedView.name)
    ).all()


def filters_in(page: str, query: str) -> dict[str, str]:
    """The filters of a list that stand in a query string; anything else is left out."""
    known = PAGES[page][1]
    return {key: value[:100] for key, value in parse_qsl(query, keep_blank_values=True) if key in known}


def save_view(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep the filters of a list under a name of its own. Raises ``InvalidError`` (``name``), ``NotYoursError``."""
    if page not in PAGES or actor.account_id is None:
        raise NotYoursError
    words = " ".join(name.split())
    if not words or len(words) > NAME_LENGTH or not words.isprintable():
        raise InvalidError({"name": _("Give the view a name of at most %(n)s letters.", n=NAME_LENGTH)})
    kept = urlencode(sorted(filters_in(page, query).items()))
    others = select(func.count()).where(
        SavedView.account_id == actor.account_id, SavedView.page == page, SavedView.name != words
    )
    if (db.session.scalar(others) or 0) >= MOST:
        raise InvalidError({"name": _("You have %(n)s views of this list. Remove one first.", n=MOST)})
    # Pressed twice, it is the same view; another one is never written over.
    view = db.session.execute(
        insert(SavedView)
        .values(association_id=current_association_id(), id=uuid7(), account_id=actor.account_id, page=page, name=words,
                query=kept, created_at=program_now())
        .on_conflict_do_update(
            index_elements=["association_id", "account_id", "page", "name"], set_={"query": kept},
            where=SavedView.query == kept,
        )
        .returning(SavedView)
    ).scalar_one_or_none()  # fmt: skip
    if view is None:
        raise InvalidError(
            {"name": _("You have another view of this name. Give this one another name, or remove that one first.")}
        )
    return view


def remove_view(*, actor: Actor, view_id: UUID) -> tuple[str, str, str]:
    """Forget a view of the actor's own; returns its page, name and query, so that it can be saved again. Raises ``NotYoursError``."""
    row = db.session.execute(
        delete(SavedView)
        .where(SavedView.id == view_id, SavedView.account_id == actor.account_id)
        .returning(SavedView.page, SavedView.name, SavedView.query)
    ).one_or_none()
    if row is None:
        raise NotYoursError
    return row[0], row[1], row[2]
