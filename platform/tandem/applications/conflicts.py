"""What speaks against somebody reviewing an application: hints that pages show, never a refusal.

Two things are found without asking: the reviewer works where the applicant works today, and the applicant's own words name the
reviewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import or_, select

from tandem.applications.models import Application
from tandem.clocks import program_today
from tandem.directory.models import Employer, Position
from tandem.directory.normalise import name_key
from tandem.extensions import db
from tandem.identity.models import Account

#: (application, account) → what speaks against it, in sentences.
Hints = Mapping[tuple[UUID, UUID], Sequence[str]]


def hints_for(applications: Sequence[Application], accounts: Sequence[Account]) -> Hints:
    """What speaks against each of ``accounts`` reviewing each of ``applications``; those without hints are left out.

    Two statements, whatever their number; the applications' submissions are read with them if they are not there yet.
    """
    people = {application.member_id for application in applications}
    people |= {account.member_id for account in accounts if account.member_id is not None}
    employers = _employers_today(people)
    found: dict[tuple[UUID, UUID], list[str]] = defaultdict(list)
    for application in applications:
        said = " ".join(_texts(application.submission.answers))
        words = f" {name_key(said)} " if said else ""
        for account in accounts:
            shared = employers.get(application.member_id, {}).keys() & employers.get(account.member_id, {}).keys()
            for employer_id in sorted(shared):
                employer = employers[application.member_id][employer_id]
                found[application.id, account.id].append(_("Works at %(employer)s too.", employer=employer))
            if words and _named(account, words):
                found[application.id, account.id].append(_("Is named in the application."))
    return dict(found)


def _employers_today(member_ids: Iterable[UUID]) -> Mapping[UUID | None, Mapping[UUID, str]]:
    """Member → their employers today, by id."""
    today = program_today()
    rows = db.session.execute(
        select(Position.member_id, Employer.id, Employer.name)
        .join(Employer, (Employer.association_id == Position.association_id) & (Employer.id == Position.employer_id))
        .where(
            Position.member_id.in_(member_ids),
            Position.valid_from <= today,
            or_(Position.valid_to.is_(None), Position.valid_to >= today),
            Position.retired.is_(False),
        )
    )
    found: dict[UUID | None, dict[UUID, str]] = defaultdict(dict)
    for member_id, employer_id, name in rows:
        found[member_id][employer_id] = name
    return found


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _named(account: Account, words: str) -> bool:
    """Whether the applicant's words hold the full name, either name first, as whole words."""
    parts = name_key(account.name).split()
    if len(parts) < 2:
        return False
    return any(f" {name} " in words for name in (" ".join(parts), " ".join([*parts[1:], parts[0]])))
