"""The audit trail: what is kept, what never is, and who reads it."""

from __future__ import annotations

import csv
import io
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from tandem.access.actor import SYSTEM
from tandem.applications.models import ApplicationStatus
from tandem.audit.models import AuditEntry
from tandem.audit.services import changes_between, record
from tandem.extensions import db
from tests.factories import a_department, a_grant, a_program, an_account, staff_actor
from tests.pages import signed_in_client, text_of


def entry(**values):
    values = {
        "actor": SYSTEM, "action": "thing.changed", "object_kind": "thing", "object_id": uuid4(),
    } | values  # fmt: skip
    return record(**values)


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


def test_entry_says_who_did_what(association):
    actor = staff_actor()
    thing = uuid4()

    found = entry(actor=actor, object_id=thing, changes={"day": [date(2027, 1, 1), None]}, reason="because")

    assert (found.account_id, found.actor_name, found.object_id) == (actor.account_id, actor.name, thing)
    assert found.changes == {"day": ["2027-01-01", None]}
    assert (found.visibility, found.reason) == ("staff", "because")


@pytest.mark.parametrize("visibility", ["self", "pair"])
def test_private_objects_keep_no_content_whatever_is_passed(association, visibility):
    found = entry(visibility=visibility, changes={"body": ["before", "after"]}, reason="a secret")

    assert found.changes == {"body": "private"}
    assert found.reason is None


def test_changes_between_keeps_what_differs_and_hides_what_is_private():
    before = {"name": "A", "phone": "1", "same": 1}
    after = {"name": "B", "phone": "2", "same": 1, "new": 3}

    assert changes_between(before, after, private={"phone"}) == {
        "name": ["A", "B"],
        "phone": "private",
        "new": [None, 3],
    }


def test_values_are_kept_as_plain_data(association):
    identifier = uuid4()

    found = entry(changes={"x": [ApplicationStatus.DRAFT, {"id": identifier, "list": [date(2027, 1, 1)]}]})

    assert found.changes == {"x": ["draft", {"id": str(identifier), "list": ["2027-01-01"]}]}


def test_unknown_visibility_is_refused(association):
    with pytest.raises(ValueError, match="Visibility is one of"):
        entry(visibility="everyone")


def test_entries_are_only_ever_added(association):
    entry()
    db.session.commit()

    for statement in (update(AuditEntry).values(reason="x"), delete(AuditEntry), text("TRUNCATE audit_entry")):
        with pytest.raises(DBAPIError, match=r"permission denied|only ever added"):
            db.session.execute(statement)
        db.session.rollback()


def test_list_shows_changes_and_hides_what_is_private(app, association, staff):
    entry(action="application.approved", object_kind="application", changes={"status": ["submitted", "approved"]})
    entry(action="journal.added", object_kind="journal_entry", visibility="pair", changes={"body": [None, "x"]})
    db.session.commit()

    said = text_of(staff.get("/staff/audit"))

    assert "approved an application" in said
    assert "status submitted → approved" in said
    assert "changed; its content is private" in said
    assert "Readable for the pair" in said


def test_list_is_searched_by_person_object_and_kind(app, association, staff):
    member = an_account(name="Zoë Núñez")
    one = entry(object_kind="member", object_id=member.id, action="member.changed", reason="first")
    other = entry(object_kind="employer", action="employer.changed", reason="second")
    db.session.commit()

    for query in ("q=nunez", f"q={one.object_id}", "object=member", "action=member.changed"):
        said = text_of(staff.get(f"/staff/audit?{query}"))
        assert "Reason: first" in said, query
        assert "Reason: second" not in said, query
    assert "Reason: second" in text_of(staff.get(f"/staff/audit?q={other.object_id}"))
    assert "No change fits this search." in text_of(staff.get("/staff/audit?q=nobody"))
    assert staff.get("/staff/audit?after=nonsense").status_code == 404


def test_list_says_when_it_is_empty(app, association, staff):
    assert "Nothing has been changed yet." in text_of(staff.get("/staff/audit"))


def test_list_costs_the_same_with_one_and_with_many_rows(app, association, staff, statements):
    entry()
    db.session.commit()
    staff.get("/staff/audit")
    statements()
    staff.get("/staff/audit")
    one = statements()
    for _ in range(30):
        entry()
    db.session.commit()
    statements()

    staff.get("/staff/audit")

    assert statements() == one


def test_department_staff_read_their_programs_entries_alone(app, association):
    one, two = a_department(), a_department()
    entry(program_id=a_program(department_id=one.id).id, reason="own")
    entry(program_id=a_program(department_id=two.id).id, reason="others")
    entry(reason="nobodys")
    account = an_account()
    a_grant(account, "department-staff", department_id=one.id)
    client = signed_in_client(app, association, account)

    for path in ("/staff/audit", "/staff/audit.csv"):
        said = text_of(client.get(path))
        assert "own" in said
        assert "others" not in said
        assert "nobodys" not in said


def test_reviewers_do_not_read_it(app, association):
    account = an_account()
    a_grant(account, "reviewer")

    assert signed_in_client(app, association, account).get("/staff/audit").status_code == 403


def test_export_holds_the_rows_and_no_formulas(app, association, staff):
    entry(actor=staff_actor(), changes={"name": ["=cmd()", "@x"]}, reason="-1")
    db.session.commit()

    response = staff.get("/staff/audit.csv")
    rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))

    assert response.mimetype == "text/csv"
    assert [tuple(row.values())[6:] for row in rows] == [("name", "'=cmd()", "'@x", "'-1")]
    assert list(rows[0]) == [
        "When",
        "Who",
        "What",
        "About",
        "Its id",
        "Who may read it",
        "Field",
        "Before",
        "After",
        "Reason",
    ]


def test_entry_of_another_association_is_not_there(app, association, staff, other_association, in_association):
    foreign = in_association(other_association, lambda: entry(reason="foreign").object_id)

    assert "foreign" not in text_of(staff.get(f"/staff/audit?q={foreign}"))
    assert db.session.execute(select(AuditEntry).where(AuditEntry.object_id == foreign)).all() == []
