"""Department scope: the condition in SQL and the answer in Python are the same, for every grant there can be."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from tandem.access.actor import PERMISSIONS, ROLES, SYSTEM, Actor, Grant
from tandem.access.errors import ForbiddenError, NotYoursError
from tandem.access.programs import may_in, programs_where, require_in
from tandem.access.require import require_everywhere
from tandem.extensions import db
from tandem.programs.models import Program
from tests.factories import a_committee, a_department, a_program, an_account, an_actor


@pytest.fixture
def world(association):
    """Two departments, two committees, programs of each and of none."""
    north, south = a_department(), a_department()
    jury, panel = a_committee(), a_committee()
    programs = [
        a_program(department_id=department, committee_id=committee)
        for department, committee in product((north.id, south.id, None), (jury.id, panel.id, None))
    ]
    return north, south, jury, panel, programs


def seen(actor, permission):
    return set(db.session.scalars(select(Program.id).where(programs_where(actor, permission))))


def test_sql_and_python_agree_for_every_grant(world):
    north, south, jury, _panel, programs = world
    account = an_account()
    scopes = [
        {}, {"department_id": north.id}, {"department_id": south.id}, {"committee_id": jury.id}, {"program_id": programs[0].id},
    ]  # fmt: skip
    grants = [Grant(role, **scope) for role in (*ROLES, "unknown") for scope in scopes]

    for held in [(), *((grant,) for grant in grants), *product(grants[:6], grants[6:12])]:
        actor = an_actor(account, *held)
        for permission in ("applications.decide", "pools.manage", "accounts.manage"):
            expected = {program.id for program in programs if may_in(actor, permission, program)}
            assert seen(actor, permission) == expected, (held, permission)


@pytest.mark.parametrize(
    ("scope", "count"), [({}, 9), ({"department": 0}, 3), ({"committee": 2}, 3), ({"program": 4}, 1)]
)
def test_a_grant_reaches_the_programs_of_its_scope(world, scope, count):
    north, south, jury, panel, programs = world
    rows = {"department": (north, south), "committee": (None, None, jury, panel), "program": programs}
    where = {f"{kind}_id": rows[kind][index].id for kind, index in scope.items()}
    actor = an_actor(an_account(), Grant("reviewer", **where))

    assert len(seen(actor, "applications.decide")) == count
    assert seen(actor, "accounts.manage") == set()


def test_another_departments_program_is_not_there(world):
    north, south, _jury, _panel, programs = world
    actor = an_actor(an_account(), Grant("department-staff", department_id=north.id))
    theirs = next(program for program in programs if program.department_id == south.id)
    own = next(program for program in programs if program.department_id == north.id)

    require_in(actor, "pools.manage", own)
    with pytest.raises(NotYoursError):
        require_in(actor, "pools.manage", theirs)
    with pytest.raises(NotYoursError):
        require_in(actor, "accounts.manage", own)


def test_what_holds_in_one_place_does_not_hold_everywhere(association):
    account = an_account()
    department = a_department()
    somewhere = an_actor(account, Grant("association-staff", department_id=department.id))
    everywhere = an_actor(account, Grant("association-staff"))

    require_everywhere(everywhere, "accounts.manage")
    require_everywhere(SYSTEM, "accounts.manage")
    with pytest.raises(ForbiddenError):
        require_everywhere(somewhere, "accounts.manage")


def test_an_unknown_role_may_nothing():
    actor = Actor(account_id=None, member_id=None, name="", grants=(Grant("emperor"),))

    assert not any(actor.may(permission) or actor.may_everywhere(permission) for permission in PERMISSIONS)
    assert not actor.is_staff
