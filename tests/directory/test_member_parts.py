"""Memberships, positions, experience and employers of one person, through their forms."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.access.errors import InvalidError
from tandem.audit.models import AuditEntry
from tandem.clocks import program_today
from tandem.directory.events import MemberRemoved, MembershipsChanged, _listeners, listens_to
from tandem.directory.models import Employer, Experience, Membership, Position
from tandem.directory.services import (
    MembershipDetails,
    add_membership,
    remove_member,
    set_memberships,
)
from tandem.extensions import db
from tests.factories import a_member, a_membership, a_position, an_employer, an_experience
from tests.pages import mistakes_in, post, text_of

MEMBERSHIP = {"type": "career", "level": "", "valid_from": "2020-07-01", "valid_to": "", "paid_through": ""}
POSITION = {"title": "director", "title_text": "", "employer": "Sample Creek", "region": "north", "valid_from": "2020-07-01",
            "valid_to": ""}  # fmt: skip


@pytest.fixture
def member(desk, committed):
    found = a_member(given_name="Alma", family_name="Pettibone")
    committed()
    return found


def rows(model):
    db.session.expire_all()
    return db.session.scalars(select(model).order_by(model.id)).all()


def test_membership_is_recorded_changed_paid_and_taken_away(desk, member):
    path = f"/staff/members/{member.id}/memberships"

    assert desk.get(f"{path}/new").status_code == 200
    assert post(desk, f"{path}/new", {**MEMBERSHIP, "level": "gold", "organisational": "yes"}).status_code == 303
    part = rows(Membership)[0]
    assert (part.type, part.level, part.organisational, part.valid_from, part.valid_to) == (
        "career", "gold", True, date(2020, 7, 1), None)  # fmt: skip
    assert desk.get(f"{path}/{part.id}").status_code == 200
    assert post(desk, f"{path}/{part.id}", {**MEMBERSHIP, "valid_from": "7/1/2019"}).status_code == 303
    part = rows(Membership)[0]
    assert (part.level, part.organisational, part.valid_from) == (None, False, date(2019, 7, 1))
    assert desk.get(f"{path}/{part.id}/payment").status_code == 200
    assert post(desk, f"{path}/{part.id}/payment", {"paid_through": "2027-06-30"}).status_code == 303
    assert rows(Membership)[0].paid_through == date(2027, 6, 30)
    assert post(desk, f"{path}/{part.id}/remove").status_code == 303
    assert rows(Membership) == []
    actions = [row.action for row in rows(AuditEntry) if row.object_id == member.id]
    assert actions == ["member.membership-added", "member.membership-changed", "member.payment-recorded",
                       "member.membership-removed"]  # fmt: skip
    page = text_of(desk.get(f"/staff/members/{member.id}"))
    assert "Paid through: June 30, 2027" in page


def test_an_earlier_payment_is_asked_about_and_one_far_ahead_refused(desk, member):
    part = a_membership(member, valid_from=date(2020, 7, 1), paid_through=date(2027, 6, 30))
    db.session.commit()
    path = f"/staff/members/{member.id}/memberships/{part.id}/payment"

    def send(day, **more):
        answer = post(desk, path, {"paid_through": day, **more})
        found = re.search(r'name="asked" value="([^"]*)"', answer.get_data(as_text=True))
        return answer.status_code, mistakes_in(answer), found and found[1], rows(Membership)[0].paid_through

    asks = [
        "Paid through: Dues were recorded as paid through June 30, 2027. If the earlier day is right, save it once more."
    ]
    far = ["Paid through: Dues cannot be paid more than 10 years ahead. Look at the year again."]
    before = date(2027, 6, 30)
    assert send("2126-06-30") == (422, far, "2126-06-30", before)
    assert send("2126-06-30", asked="2126-06-30") == (422, far, "2126-06-30", before)
    assert send("1/31/2027") == (422, asks, "1/31/2027", before)
    assert send("2/28/2027", asked="1/31/2027") == (422, asks, "2/28/2027", before)
    assert send("2/28/2027", asked="2/28/2027") == (303, [], None, date(2027, 2, 28))


def test_what_was_recorded_is_said_in_the_card_where_the_answer_lands(desk, member):
    part = a_membership(member, valid_from=date(2020, 7, 1), paid_through=date(2021, 6, 30))
    db.session.commit()
    through = program_today() + timedelta(days=90)

    answer = post(
        desk, f"/staff/members/{member.id}/memberships/{part.id}/payment", {"paid_through": through.isoformat()}
    )
    page = text_of(desk.get(answer.location))

    said = "The payment is recorded. A mentorship that rests because dues were not paid goes on by itself in a moment."
    assert answer.location.endswith("#memberships")
    before, _link, card = page.partition("Add a membership")
    assert (said in before, said in card.partition("Add a position")[0], page.count(said)) == (False, True, 1)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("type", "", "This is missing"),
        ("type", "honorary", "“honorary” is not in the list of membership types"),
        ("type", "access", "“Aspiring Access” could be chosen until June 30, 2017"),
        ("level", "silver", "is not in the list of membership levels"),
        ("level", "bronze", "“Bronze” could be chosen until June 30, 2017"),
        ("valid_from", "", "This is missing"),
        ("valid_from", "soon", "“soon” is no date"),
        ("valid_from", "31/12/2020", "There is no such day as “31/12/2020”. Dates are read as 7/31/2026"),
        ("valid_from", "2020-02-30", "There is no such day"),
        ("valid_from", "7/1/20", "leaves the century open"),
        ("valid_from", "1776-07-04", "lies outside 1900 to 2199"),
        ("valid_to", "2020-06-30", "This ends before it begins on July 1, 2020"),
        (
            "paid_through",
            "2020-06-30",
            "Dues cannot be paid through a day before the membership begins on July 1, 2020.",
        ),
        ("paid_through", "x" * 3000, "is no date"),
    ],
)
def test_membership_form_says_what_is_wrong_at_the_field(desk, member, field, value, said):
    part = a_membership(member, type="retiree", valid_from=date(2001, 1, 1), valid_to=date(2001, 12, 31))
    db.session.commit()
    path = f"/staff/members/{member.id}/memberships"

    for where in (f"{path}/new", f"{path}/{part.id}"):
        answer = post(desk, where, {**MEMBERSHIP, field: value})

        assert answer.status_code == 422
        assert said in text_of(answer)
        assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert [row.type for row in rows(Membership)] == ["retiree"]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2019, 1, 1), None, "runs since July 1, 2020"),
        (date(2020, 7, 1), date(2020, 7, 1), "runs since July 1, 2020"),
        (date(2030, 1, 1), None, "runs since July 1, 2020"),
        (date(2019, 1, 1), date(2020, 6, 30), ""),
    ],
)
def test_overlap_of_one_type_is_refused(staff, lists, first, last, said):
    member = a_member()
    add_membership(actor=staff, member_id=member.id, type="career", valid_from=date(2020, 7, 1))

    def add():
        add_membership(actor=staff, member_id=member.id, type="career", valid_from=first, valid_to=last)

    if said:
        with pytest.raises(InvalidError) as caught:
            add()
        assert said in caught.value.problems["valid_from"]
        assert "Career Builder" in caught.value.problems["valid_from"]
    else:
        add()
    assert add_membership(actor=staff, member_id=member.id, type="retiree", valid_from=first).type == "retiree"


def test_overlap_names_the_days_of_one_that_ended(desk, member):
    a_membership(member, type="career", valid_from=date(2018, 1, 1), valid_to=date(2021, 1, 1))
    db.session.commit()

    answer = post(desk, f"/staff/members/{member.id}/memberships/new", MEMBERSHIP)

    assert "This overlaps the Career Builder membership from January 1, 2018 to January 1, 2021." in text_of(answer)


def test_word_that_ended_may_stay_where_it_stands(desk, member):
    part = a_membership(member, type="access", level="bronze", valid_from=date(2015, 1, 1))
    later = a_membership(member, type="access", valid_from=date(2014, 1, 1), valid_to=date(2014, 1, 2))
    part.type = "closed-type"
    db.session.commit()

    answer = post(desk, f"/staff/members/{member.id}/memberships/{later.id}",
                  {**MEMBERSHIP, "type": "access", "valid_from": "2014-01-01", "valid_to": "2014-12-31"})  # fmt: skip

    assert answer.status_code == 303
    assert [row.valid_to for row in rows(Membership)] == [None, date(2014, 12, 31)]


def test_set_memberships_changes_adds_and_removes_as_one(staff, lists):
    member = a_member()
    add_membership(actor=staff, member_id=member.id, type="career", valid_from=date(2020, 7, 1))
    add_membership(
        actor=staff, member_id=member.id, type="access", valid_from=date(2010, 1, 1), valid_to=date(2010, 2, 1)
    )

    set_memberships(actor=staff, member_id=member.id, memberships=[
        MembershipDetails("career", date(2020, 7, 1), valid_to=date(2024, 6, 30)),
        MembershipDetails("retiree", date(2024, 7, 1)),
    ])  # fmt: skip

    found = [(row.type, row.valid_from, row.valid_to) for row in rows(Membership)]
    assert found == [("career", date(2020, 7, 1), date(2024, 6, 30)), ("retiree", date(2024, 7, 1), None)]
    with pytest.raises(InvalidError) as caught:
        set_memberships(actor=staff, member_id=member.id, memberships=[
            MembershipDetails("career", date(2020, 7, 1)), MembershipDetails("career", date(2021, 7, 1)),
            MembershipDetails("nothing", date(2021, 7, 1)),
        ])  # fmt: skip
    assert sorted(caught.value.problems) == ["1.valid_from", "2.type"]


def test_position_is_recorded_changed_and_taken_away(desk, member):
    path = f"/staff/members/{member.id}/positions"

    assert desk.get(f"{path}/new").status_code == 200
    assert post(desk, f"{path}/new", {**POSITION, "acting": "yes"}).status_code == 303
    part, employer = rows(Position)[0], rows(Employer)[0]
    assert (part.title, part.title_text, part.acting, part.retired) == ("director", None, True, False)
    assert (employer.name, employer.name_key, employer.region) == ("Sample Creek", "sample creek", "north")
    page = desk.get(f"{path}/{part.id}").get_data(as_text=True)
    assert 'value="Sample Creek"' in page
    changed = {**POSITION, "title": "", "title_text": "Head of things", "employer": "SAMPLE-CREEK", "region": "south"}
    assert post(desk, f"{path}/{part.id}", changed).status_code == 303
    part = rows(Position)[0]
    assert (part.title, part.title_text, part.acting) == (None, "Head of things", False)
    assert [(row.name, row.region) for row in rows(Employer)] == [("Sample Creek", "south")]
    assert "Region: Northern now Southern" not in text_of(desk.get(f"/staff/members/{member.id}"))
    assert post(desk, f"{path}/{part.id}/remove").status_code == 303
    assert rows(Position) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "king", "is not in the list of position titles"),
        ("title_text", "x" * 201, "at most 200 fit"),
        ("employer", "", "This is missing"),
        ("employer", "—", "This is missing"),
        ("employer", "x" * 201, "at most 200 fit"),
        ("region", "east", "is not in the list of regions"),
        ("valid_from", "", "This is missing"),
        ("valid_to", "2019-01-01", "This ends before it begins"),
    ],
)
def test_position_form_says_what_is_wrong_at_the_field(desk, member, field, value, said):
    answer = post(desk, f"/staff/members/{member.id}/positions/new", {**POSITION, field: value})

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert (rows(Position), rows(Employer)) == ([], [])


def test_employer_is_changed_for_everyone_there(desk, member):
    employer = an_employer(name="Sample Creek", region="north")
    a_position(member, employer=employer)
    elsewhere = an_employer(name="Other Hill")
    db.session.commit()
    path = f"/staff/members/{member.id}/employers"

    assert desk.get(f"{path}/{employer.id}").status_code == 200
    assert post(desk, f"{path}/{employer.id}", {"name": "", "region": ""}).status_code == 422
    assert post(desk, f"{path}/{employer.id}", {"name": "Sample Creek Unified", "region": "south"}).status_code == 303
    assert desk.get(f"{path}/{elsewhere.id}").status_code == 404
    assert post(desk, f"{path}/{employer.id}", {"name": "other hill", "region": ""}).status_code == 409
    assert {(row.name, row.region) for row in rows(Employer)} == {
        ("Sample Creek Unified", "south"),
        ("Other Hill", None),
    }


def test_experience_is_recorded_changed_and_taken_away(desk, member):
    path = f"/staff/members/{member.id}/experience"

    assert post(desk, f"{path}/new", {"discipline": "payroll", "years": "7,5"}).status_code == 303
    part = rows(Experience)[0]
    assert (part.discipline, part.years) == ("payroll", Decimal("7.5"))
    twice = post(desk, f"{path}/new", {"discipline": "payroll", "years": "8"})
    assert (twice.status_code, "“Payroll” is recorded already" in text_of(twice)) == (422, True)
    assert desk.get(f"{path}/{part.id}").status_code == 200
    assert post(desk, f"{path}/{part.id}", {"years": "8"}).status_code == 303
    assert rows(Experience)[0].years == Decimal(8)
    assert post(desk, f"{path}/{part.id}/remove").status_code == 303
    assert rows(Experience) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("discipline", "", "This is missing"),
        ("discipline", "alchemy", "is not in the list of disciplines"),
        ("discipline", "typing", "“Typing” could be chosen until January 1, 2010"),
        ("years", "", "This is missing"),
        ("years", "many", "“many” is no number of years"),
        ("years", "-1", "is no number of years"),
        ("years", "7.55", "is no number of years"),
        ("years", "81", "81 years lie outside 0 to 80"),
        ("years", "1e3", "is no number of years"),
        ("years", "NaN", "is no number of years"),
    ],
)
def test_experience_form_says_what_is_wrong_at_the_field(desk, member, field, value, said):
    answer = post(
        desk, f"/staff/members/{member.id}/experience/new", {"discipline": "payroll", "years": "7", field: value}
    )

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert rows(Experience) == []


def test_parts_of_another_member_or_association_answer_like_missing_ones(
    desk, member, other_association, in_association
):
    other = a_member()
    elsewhere = (a_membership(other).id, a_position(other).id, an_experience(other, "payroll", 3).id)
    db.session.commit()

    def foreign():
        someone = a_member()
        return a_membership(someone).id, a_position(someone).id, an_experience(someone, "payroll", 3).id

    far = in_association(other_association, foreign)
    for at, (kind, data) in enumerate(
        (("memberships", MEMBERSHIP), ("positions", POSITION), ("experience", {"years": "3"}))
    ):
        base = f"/staff/members/{member.id}/{kind}"
        missing = desk.get(f"{base}/{uuid4()}")
        assert missing.status_code == 404
        for part_id in (elsewhere[at], far[at]):
            assert desk.get(f"{base}/{part_id}").get_data() == missing.get_data()
            assert post(desk, f"{base}/{part_id}", data).get_data() == missing.get_data()
            assert post(desk, f"{base}/{part_id}/remove").get_data() == missing.get_data()
    assert (len(rows(Membership)), len(rows(Position)), len(rows(Experience))) == (1, 1, 1)


def test_part_that_moved_on_is_a_conflict(desk, member):
    part = a_membership(member, type="career", valid_from=date(2020, 7, 1))
    db.session.commit()
    path = f"/staff/members/{member.id}/memberships/{part.id}"
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', desk.get(path).get_data(as_text=True))[1]
    assert post(desk, path, {**MEMBERSHIP, "paid_through": "2027-01-01", "seen": seen}).status_code == 303

    for late in (path, f"{path}/remove", f"{path}/payment"):
        answer = post(desk, late, {**MEMBERSHIP, "paid_through": "2028-01-01", "seen": seen})
        assert answer.status_code == 409
    assert rows(Membership)[0].paid_through == date(2027, 1, 1)


@pytest.fixture
def heard():
    """What the directory announces while a test runs."""
    events = []
    before = {kind: list(found) for kind, found in _listeners.items()}
    for kind in (MemberRemoved, MembershipsChanged):
        listens_to(kind)(lambda _actor, event: events.append(event))
    yield events
    _listeners.clear()
    _listeners.update(before)


def test_changes_are_announced_in_their_transaction(staff, lists, heard):
    member = a_member()

    add_membership(actor=staff, member_id=member.id, type="career", valid_from=date(2020, 7, 1))
    remove_member(actor=staff, member_id=member.id, reason="Left")

    assert heard == [MembershipsChanged([member.id]), MemberRemoved(member.id)]


def test_the_summary_calls_each_field_as_the_form_does(desk, member, committed):
    part, position = a_membership(member), a_position(member)
    years = an_experience(member, "payroll", 3)
    committed()
    here = f"/staff/members/{member.id}"
    forms = {
        "/staff/members/new": ({}, ["Number", "Family name", "E-mail address"]),
        f"{here}/edit": ({}, ["Number", "Family name", "E-mail address"]),
        f"{here}/remove": ({}, ["Why"]),
        f"{here}/memberships/new": ({}, ["Type", "First day"]),
        f"{here}/memberships/{part.id}": ({**MEMBERSHIP, "valid_to": "never"}, ["Last day"]),
        f"{here}/memberships/{part.id}/payment": ({"paid_through": "2/30"}, ["Paid through"]),
        f"{here}/positions/new": ({}, ["Employer", "First day"]),
        f"{here}/positions/{position.id}": ({**POSITION, "title": "none"}, ["Title"]),
        f"{here}/experience/new": ({}, ["Discipline", "Years"]),
        f"{here}/experience/{years.id}": ({"years": "many"}, ["Years"]),
        f"{here}/employers/{position.employer_id}": ({}, ["Name"]),
    }

    for address, (typed, labels) in forms.items():
        answer = post(desk, address, typed)
        assert answer.status_code == 422, address
        assert [said.partition(": ")[0] for said in mistakes_in(answer)] == labels, address
