"""Everything that is kept about one member, in groups, for their own eyes: the page and the copy say the same.

Only what is theirs stands here: of private rooms what they wrote themselves or what was written to them. What a partner wrote
for themselves, what reviewers and staff note among themselves, and what somebody raises in confidence stays with its author.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func

from tandem.directory.models import Member
from tandem.directory.vocabularies import Vocabulary
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.web.formatting import say_date, say_number, say_time

#: Rows of a group that the page shows; the copy has all of them.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """One value: ``key`` and ``value`` for machines, ``label`` and ``said`` for people."""

    key: str
    label: str
    value: Any
    said: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is kept. ``text`` is what somebody wrote, ``url`` the page where more can be done with it."""

    title: str
    facts: Sequence[Fact] = ()
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind: where they come from, who can read them, how many there are beside those in ``items``."""

    id: str
    title: str
    source: str
    readers: str
    items: Sequence[Item] = ()
    total: int = 0
    #: Where the member changes it without asking: a label and an address.
    own: tuple[str, str] | None = None
    #: Whether a correction is asked of staff.
    asks: bool = False
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data is read, and how much of it."""

    member: Member
    account: Account | None
    lists: Mapping[str, Vocabulary]
    most: int | None = None


#: Groups about which a correction can be asked for, besides anything else.
ASKED_ABOUT: Mapping[str, Any] = {
    "person": _l("Who I am"),
    "memberships": _l("My memberships and dues"),
    "positions": _l("My positions"),
    "experience": _l("My experience"),
    "mentorships": _l("A mentorship, its meetings or hours"),
    "other": _l("Something else"),
}


def fact(key: str, label: str, value: Any) -> Fact:
    """A fact with its value in words."""
    return Fact(key, label, plain(value), in_words(value))


def plain(value: Any) -> Any:
    """A value as JSON takes it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def in_words(value: Any) -> str:
    """A value as people read it; nothing for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment_title(value)
    if isinstance(value, date):
        return say_date(value)
    if isinstance(value, list | tuple):
        return "\n".join(in_words(item) for item in value)
    return say_number(value) if isinstance(value, int | Decimal) else str(value)


def rows_of(person: Person, statement: Select[*tuple[Any, ...]]) -> tuple[list[Any], int]:
    """The rows that are wanted and how many there are altogether; one statement."""
    counted = statement.add_columns(func.count().over())
    found = db.session.execute(counted.limit(person.most) if person.most else counted).all()
    rows = [row[0] if len(row) == 2 else row[:-1] for row in found]
    return rows, (found[0][-1] if found else 0)


def all_of(statement: Select[Any]) -> Sequence[Any]:
    """All rows of a statement."""
    return db.session.scalars(statement).all()


def moment_title(moment: datetime) -> str:
    """A day and time as a record holds them, with the year: a copy is read at any time."""
    return _("%(day)s, %(time)s", day=say_date(moment), time=say_time(moment))


Reader = Callable[[Person], Group]


def groups_of(person: Person, readers: Sequence[Reader]) -> list[Group]:
    """Every group in its order. A constant number of statements, unless ``person.most`` is empty: then answers are read too."""
    return [reader(person) for reader in readers]


def mentorship_url(person: Person, mentorship_id: Any) -> str:
    """The page of a mentorship; left out of a copy, which is read without signing in."""
    return url_for("mentorships.show", mentorship_id=mentorship_id) if person.most else ""
