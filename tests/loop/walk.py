"""Walking programs through their pages: people with a browser each, and what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from werkzeug.test import TestResponse

from tandem.applications.models import Role
from tandem.clocks import program_today
from tandem.directory.models import Department
from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tandem.programs.models import Cohort, Committee, CommitteeMember, Program
from tests.app_fixtures import IsolatedClient
from tests.factories import (
    a_grant,
    a_member,
    a_membership,
    a_number,
    a_position,
    an_account,
    an_employer,
    an_experience,
)
from tests.loop.stage import Stage
from tests.pages import post, signed_in_client, text_of

PROGRAM = "member-to-member"

Section = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser in which they are signed in. ``id`` is the member's, or the account's for staff."""

    id: UUID
    name: str
    email: str
    browser: IsolatedClient


def a_person(
    stage: Stage,
    given_name: str,
    *,
    type: str = "career-builder",
    member_for: int = 5,
    paid_through: date | None = None,
    years: Mapping[str, int] | None = None,
    title: str | None = None,
    region: str | None = "north",
) -> Person:
    """A member with one membership since ``member_for`` years, a position and, if given, years on file by discipline."""
    with stage.open() as scope:
        member = a_member(given_name=given_name, family_name=f"Walker{a_number()}")
        a_membership(
            member,
            type=type,
            valid_from=program_today() - timedelta(days=member_for * 366),
            paid_through=paid_through,
        )
        a_position(member, employer=an_employer(region=region), title=title)
        for discipline, count in (years or {}).items():
            an_experience(member, discipline, count)
        person = Person(member.id, member.name, member.email, signed_in_client(stage.app, scope, an_account(member)))
        db.session.commit()
    return person


def a_helper(
    stage: Stage, role: str = "association-staff", *, department: str | None = None, committee: str | None = None
) -> Person:
    """Someone on the staff, or a reviewer with a seat on ``committee``."""
    with stage.open() as scope:
        account = an_account(name=f"Helper {a_number()}")
        department_id = committee_id = None
        if department is not None:
            department_id = db.session.scalars(select(Department.id).where(Department.slug == department)).one()
        if committee is not None:
            committee_id = db.session.scalars(select(Committee.id).where(Committee.key == committee)).one()
            db.session.add(CommitteeMember(committee_id=committee_id, account_id=account.id))
        a_grant(account, role, department_id=department_id, committee_id=committee_id)
        helper = Person(account.id, account.name, account.email, signed_in_client(stage.app, scope, account))
        db.session.commit()
    return helper


def wants(*disciplines: str, kind: str = "technical") -> list[Section]:
    """A mentee's answers, section by section."""
    return [
        {"needs": list(disciplines), "need-kind": [kind], "about": "Year end is new to me."},
        {"ways": ["phone"]},
    ]


def offers(
    years: Mapping[str, int], *, mentees: int = 2, kind: str = "technical", promise: bool = False
) -> list[Section]:
    """A mentor's answers, section by section: disciplines with their years, and how many mentees."""
    return [
        {"expertise": list(years), "help-kind": [kind], "background": "Many year ends."}
        | {f"expertise.years.{discipline}": str(count) for discipline, count in years.items()},
        {"mentees": str(mentees), "available-hours.hours": "10", "ways": ["phone"]},
        {"no-consulting": "yes"} if promise else {},
    ]


def begin(person: Person, role: str, *, program: str = PROGRAM) -> str:
    """Begin an application; returns its address."""
    begun = post(person.browser, f"/programs/{program}/apply/{role}")
    assert begun.status_code == 303, text_of(begun)
    return str(begun.location)


def fill(person: Person, address: str, sections: Sequence[Section]) -> str:
    """Fill every section; returns the address of the last look before sending."""
    place = person.browser.get(address).location
    for answers in sections:
        saved = post(person.browser, place, {"version": version_on(person.browser.get(place)), **answers})
        assert saved.status_code == 303, text_of(saved)
        place = saved.location
    assert place.endswith("/check")
    return str(place)


def version_on(page: TestResponse) -> str:
    """The version of a draft that a section's page shows."""
    assert page.status_code == 200, text_of(page)
    found = re.search(r'name="version" value="(\d+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def apply(person: Person, role: str, sections: Sequence[Section], *, program: str = PROGRAM) -> UUID:
    """Begin, fill and send an application; returns its id."""
    address = begin(person, role, program=program)
    sent = post(person.browser, fill(person, address, sections))
    assert sent.status_code == 303, text_of(sent)
    return UUID(address.rpartition("/")[2])


def decide(helper: Person, application_id: UUID, outcome: str = "approved", **texts: str) -> TestResponse:
    """Decide on an application, sending the letter without looking at it first."""
    return post(
        helper.browser, f"/staff/applications/{application_id}/decision", {"outcome": outcome, "do": "send", **texts}
    )


def vote(helper: Person, application_id: UUID, choice: str, **more: Any) -> TestResponse:
    """Vote on an application."""
    return post(helper.browser, f"/staff/applications/{application_id}/vote", {"choice": choice, **more})


def approve(helper: Person, *application_ids: UUID) -> None:
    """Approve applications."""
    for application_id in application_ids:
        decided = decide(helper, application_id)
        assert decided.status_code == 303, text_of(decided)


def run_match(stage: Stage, helper: Person, *, program: str = PROGRAM) -> str:
    """Ask for a run over a program's pool (of its first cohort, if it has cohorts) and compute it; returns its address."""
    with stage.open():
        program_id = db.session.scalars(select(Program.id).where(Program.slug == program)).one()
        cohort_id = db.session.scalar(
            select(Cohort.id).where(Cohort.program_id == program_id).order_by(Cohort.starts_on)
        )
    begun = post(helper.browser, "/staff/matching/", {"program": program_id, "cohort": cohort_id or ""})
    assert begun.status_code == 303, text_of(begun)
    stage.work()
    return str(begun.location)


def publish(helper: Person, run: str) -> None:
    """Confirm every pair of a run and publish it."""
    confirmed = post(helper.browser, f"{run}/confirm")
    assert confirmed.status_code == 303, text_of(confirmed)
    published = post(helper.browser, f"{run}/publish")
    assert published.status_code == 303, text_of(published)


def a_pair(stage: Stage, helper: Person, mentee: Person, mentor: Person, *, discipline: str = "payroll") -> str:
    """Bring two people all the way to a mentorship; returns its address."""
    approve(
        helper,
        apply(mentee, "mentee", wants(discipline)),
        apply(mentor, "mentor", offers({discipline: 9})),
    )
    return matched(stage, helper, mentee)


def matched(stage: Stage, helper: Person, mentee: Person) -> str:
    """Match the pool and publish; returns the address of the mentorship that ``mentee`` then has."""
    publish(helper, run_match(stage, helper))
    stage.work()
    return mentorship_of(mentee)


def mentorship_of(person: Person, *, place: int = 0) -> str:
    """The address of a live mentorship on a person's home page, in the order shown there."""
    return mentorships_of(person)[place]


def mentorships_of(person: Person) -> list[str]:
    """The addresses of all live mentorships on a person's home page."""
    page = person.browser.get("/home").get_data(as_text=True)
    _before, found, after = page.partition('id="mentorships"')
    listed = after.partition("</section>")[0] if found else ""
    return re.findall(r'href="(/mentorships/[0-9a-f-]{36})"', listed)


def proposed(page: TestResponse) -> set[tuple[str, str]]:
    """The pairs on the page of a run: mentee's name and mentor's name."""
    name = r"<a [^>]*>([^<]*)</a>"
    people = rf'<th scope="row">{name}(?:<span[^>]*>[^<]*</span>)?</th>\s*<td[^>]*>{name}</td>\s*<td[^>]*>\s*<'
    return {(_words(mentee), _words(mentor)) for mentee, mentor in re.findall(people, _part(page, "pairs"))}


def left_over(page: TestResponse) -> dict[str, str]:
    """Those left over on the page of a run: name → the reason."""
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td[^>]*>(.*?)</td>', _part(page, "left"), flags=re.DOTALL)
    return {_words(name): _words(why) for name, why in rows}


def by_hand(stage: Stage, helper: Person, run: str, mentee: Person, mentor: Person) -> TestResponse:
    """Pair two people by hand, whether the page offers it or not."""
    mentee_entry, mentor_entry = by_hand_ids(stage, helper, run, mentee.name, mentor)
    return post(helper.browser, f"{run}/by-hand", {"mentee": mentee_entry, "mentor": mentor_entry})


def by_hand_ids(stage: Stage, helper: Person, run: str, mentee: str, mentor: Person) -> tuple[str, str]:
    """The ids of the pool entries of somebody left over, by name, as the run's page links to them, and of a mentor."""
    part = _part(helper.browser.get(run), "left")
    row = next(row for row in part.split("<tr>") if mentee in row)
    entry = re.search(r'/by-hand/([^"?]+)"', row)
    assert entry, row
    with stage.open():
        entries = select(PoolEntry.id).where(PoolEntry.member_id == mentor.id, PoolEntry.role == Role.MENTOR)
        return entry[1], str(db.session.scalars(entries.order_by(PoolEntry.entered_at.desc())).first())


def day(name: str, held: date) -> dict[str, int]:
    """The three fields of a day."""
    return {f"{name}-day": held.day, f"{name}-month": held.month, f"{name}-year": held.year}


def _part(page: TestResponse, anchor: str) -> str:
    assert page.status_code == 200, text_of(page)
    body = page.get_data(as_text=True)
    return body.partition(f'id="{anchor}"')[2].partition("</section>")[0]


def _words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())
