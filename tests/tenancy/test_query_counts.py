"""Pages with lists take the same number of SQL statements whether a list has a few rows or several pages of them.

The numbers are literal: a page that needs one statement more says so here, and why is for the change to explain. Each includes what
every request takes: finding the host, opening the association, reading the session with its account and grants, noting when it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest
from benchmarks.population import add_people, copy_configuration, register
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from tandem.applications.models import Role
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tandem.programs.models import Program, ProgramRevision
from tandem.tenancy.edge import open_association
from tests.app_fixtures import IsolatedClient
from tests.factories import a_member, a_mentorship, a_pool_entry, an_account, an_application
from tests.loop.stage import set_stage
from tests.pages import signed_in_client

#: A handful of everything, and more than two pages of everything.
FEW, MANY = 14, 900

#: Address → statements.
STAFF_PAGES = {
    "/staff/": 21,
    "/staff/accounts": 8,
    "/staff/applications/": 12,
    "/staff/audit": 9,
    "/staff/concerns/": 7,
    "/staff/members/corrections/": 7,
    "/staff/evaluations/": 8,
    "/staff/jobs": 8,
    "/staff/matching/": 10,
    "/staff/matching/{run}": 20,
    "/staff/matching/{run}/by-hand/{mentee}": 29,
    "/staff/matching/{run}/list": 13,
    "/staff/matching/{run}/list/export": 6,
    "/staff/matching/{run}/pairs/{pair}/swap": 22,
    "/staff/members": 12,
    "/staff/mentorships/": 12,
    "/staff/notices": 9,
    "/staff/pools/": 14,
    "/staff/programs/": 7,
    "/staff/notices/letters/": 8,
    "/staff/notices/every": 7,
    "/staff/notices/mail": 8,
    "/staff/notices/mail/addresses": 10,
    "/staff/members?q=san": 12,
    "/staff/applications/?q=san": 12,
    "/staff/mentorships/?q=san": 12,
    "/staff/pools/?q=san": 14,
    "/staff/notices?q=san": 9,
    "/staff/audit?q=san": 9,
    "/staff/applications/committees": 9,
    "/staff/applications/minutes?from=2026-01-01&to=2026-02-01": 10,
    "/staff/retention/": 10,
    "/staff/search?q=san": 10,
    "/staff/applications/?queue=mine": 12,
    "/staff/pools/?discipline=payroll&region=region-1": 15,
    "/staff/applications/export": 7,
    "/staff/pools/export": 13,
    "/staff/mentorships/export": 9,
}
MEMBER_PAGES = {"/my-data": 33, "/my-data/leave": 11, "/home": 16, "/notices": 7, "/programs": 7}


@dataclass(frozen=True, slots=True)
class House:
    """An association with a browser of its staff, and the numbers of a match run, one of its pairs and a mentee of its pool."""

    staff: IsolatedClient
    run: str
    pair: str
    mentee: str


@pytest.fixture(scope="module")
def houses(app, database, tmp_path_factory) -> dict[int, House]:
    """Two associations by the number of their members."""
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("houses"))
    found = {}
    with psycopg.connect(database.superuser_url) as connection:
        for members, association_id in zip((FEW, MANY), register(connection, 2), strict=True):
            copy_configuration(connection, stage.scope.association_id, [association_id])
            add_people(connection, [association_id], members)
            with app.app_context(), open_association(association_id) as scope:
                account = db.session.scalars(select(Account).where(Account.email_key == "staff1@example.org")).one()
                run = db.session.scalars(select(MatchRun)).one()
                pair = db.session.scalars(select(Proposal.id).order_by(Proposal.id).limit(1)).one()
                mentee = db.session.scalars(select(PoolEntry.id).where(PoolEntry.role == "mentee").limit(1)).one()
                browser = signed_in_client(app, scope, account)
                found[members] = House(browser, str(run.id), str(pair), str(mentee))
    return found


def _count(browser: IsolatedClient, path: str, statements) -> int:
    first = browser.get(path)
    assert first.status_code == 200, path
    statements()
    browser.get(path)
    return statements()


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_page_takes_as_many_statements_for_few_rows_as_for_many(houses, statements, path):
    counts = [
        _count(house.staff, path.format(run=house.run, pair=house.pair, mentee=house.mentee), statements)
        for house in houses.values()
    ]

    assert counts == [STAFF_PAGES[path]] * 2


def test_the_many_are_more_than_a_page(houses):
    first = houses[MANY].staff.get("/staff/applications/").get_data(as_text=True)
    second = houses[FEW].staff.get("/staff/applications/").get_data(as_text=True)

    assert (first.count('<th scope="row"'), "after=" in first) == (50, True)
    assert (second.count('<th scope="row"'), "after=" in second) == (5, False)


def test_a_list_that_asks_anew_for_each_row_is_found(houses, statements, monkeypatch):
    """The control: without the joins, each row asks anew, twice."""
    monkeypatch.setattr("tandem.applications.queries.joinedload", lazyload)

    few, many = (_count(house.staff, "/staff/applications/", statements) for house in houses.values())

    assert few > STAFF_PAGES["/staff/applications/"]
    assert many - few == 2 * (50 - 5)


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_member_page_takes_as_many_statements_for_one_row_as_for_many(app, tmp_path, statements, path):
    stage = set_stage(app, "casbo", tmp_path)
    counts = []
    for number in (1, 7):
        with stage.open() as scope:
            member = a_member()
            account = an_account(member)
            _give(member, number)
            browser = signed_in_client(app, scope, account)
        counts.append(_count(browser, path, statements))

    assert counts == [MEMBER_PAGES[path]] * 2


def _give(member: Member, number: int) -> None:
    """``number`` applications, places in pools and mentorships."""
    program = db.session.scalars(select(Program)).one()
    revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
    for _ in range(number):
        entry, other = (
            a_pool_entry(an_application(person, program, revision, role=role))
            for person, role in ((member, Role.MENTEE), (a_member(), Role.MENTOR))
        )
        a_mentorship(program, revision, other, entry)
