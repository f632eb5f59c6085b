"""The list of members and one person's page, through the browser's eyes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tandem.access.actor import Grant
from tandem.applications.models import ApplicationStatus
from tandem.audit.models import AuditEntry
from tandem.clocks import program_today
from tandem.directory.models import Member, MemberState
from tandem.directory.queries import Dues, Filters, members_page
from tandem.directory.services import fingerprint
from tandem.extensions import db
from tandem.programs.models import ProgramRevision
from tests.factories import (
    a_department,
    a_grant,
    a_member,
    a_membership,
    a_position,
    a_program,
    an_account,
    an_actor,
    an_application,
    an_employer,
    an_experience,
)
from tests.pages import post, signed_in_client, text_of

DETAILS = {"number": "A-1", "given_name": "Zoë", "family_name": "Núñez", "email": "zoe@example.org", "phone": "",
           "language": "", "time_zone": ""}  # fmt: skip


def names(response):
    return re.findall(
        r'<a class="td-link" href="/staff/members/[0-9a-f-]{36}">([^<]+)</a>', response.get_data(as_text=True)
    )


def applied(member, program, status=ApplicationStatus.SUBMITTED):
    revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
    return an_application(member, program, revision, status=status)


def test_list_is_sorted_by_family_name_whatever_the_accents(desk, committed):
    for family in ("Øster", "Zed", "Núñez", "Nunn", "O’Brien"):
        desk_member = a_member(family_name=family)
        desk_member.name_key = {"Øster": "oster alex", "Zed": "zed alex", "Núñez": "nunez alex", "Nunn": "nunn alex",
                                "O’Brien": "obrien alex"}[family]  # fmt: skip
    committed()

    page = desk.get("/staff/members")

    assert page.status_code == 200
    assert names(page) == ["Núñez, Alex", "Nunn, Alex", "O’Brien, Alex", "Øster, Alex", "Zed, Alex"]
    assert "5 members" in text_of(page)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("pet", ["Pettibone, Alma"]),
        ("alma", ["Pettibone, Alma", "Quade, Alma"]),
        ("PETTIBÓNE", ["Pettibone, Alma"]),
        ("alma pet", ["Pettibone, Alma"]),
        ("Pettibone, A", ["Pettibone, Alma"]),
        ("ettib", []),
        ("N-200", ["Quade, Alma"]),
        ("n-200", ["Quade, Alma"]),
        ("ravi@ex", ["Solano, Ravi"]),
        ("RAVI@Example.org", ["Solano, Ravi"]),
        ("%", []),
        ("___", []),
        ("\\", []),
        ("' or 1=1 --", []),
    ],
)
def test_search_looks_at_beginnings_of_names_numbers_and_addresses(desk, committed, search, found):
    a_member(given_name="Alma", family_name="Pettibone", number="N-1001", email="alma@example.org")
    a_member(given_name="Alma", family_name="Quade", number="N-2002")
    a_member(given_name="Ravi", family_name="Solano", number="N-1003", email="ravi@example.org")
    committed()

    page = desk.get("/staff/members", query_string={"q": search})

    assert page.status_code == 200
    assert names(page) == found


def test_filters_narrow_by_type_dues_department_and_state(desk, staff, committed):
    today = program_today()
    paid = a_member(family_name="Paid")
    a_membership(paid, type="career")
    lapsed = a_member(family_name="Lapsed")
    a_membership(lapsed, type="career", paid_through=today - timedelta(days=1))
    last_day = a_member(family_name="Lastday")
    a_membership(last_day, type="retiree", paid_through=today, valid_to=today)
    over = a_member(family_name="Over")
    a_membership(over, type="career", valid_to=today - timedelta(days=1))
    two = a_member(family_name="Two")
    a_membership(two, type="career", paid_through=today - timedelta(days=9))
    a_membership(two, type="retiree")
    gone = a_member(family_name="Gone")
    gone.state = MemberState.REMOVED
    department = a_department()
    applied(paid, a_program(department_id=department.id))
    committed()

    def families(**filters):
        return [row.member.family_name for row in members_page(actor=staff, filters=Filters(**filters)).rows]

    assert families() == ["Lapsed", "Lastday", "Over", "Paid", "Two"]
    assert families(type="career") == ["Lapsed", "Paid", "Two"]
    assert families(type="retiree") == ["Lastday", "Two"]
    assert families(type="nothing") == []
    assert families(dues=Dues.PAID) == ["Lastday", "Paid", "Two"]
    assert families(dues=Dues.LAPSED) == ["Lapsed"]
    assert families(dues=Dues.NONE) == ["Over"]
    assert families(department_id=department.id) == ["Paid"]
    assert families(removed=True) == ["Gone"]
    page = desk.get(f"/staff/members?type=career&dues=lapsed&department={uuid4()}")
    assert "No member fits this search." in text_of(page)


@pytest.mark.parametrize(
    "query",
    ["after=nonsense", "dues=never", "department=x", "type=nothing", "state=gone", "q=" + "x" * 5000, "page=-1"],
)
def test_list_ignores_values_it_does_not_know(desk, query):
    assert desk.get(f"/staff/members?{query}").status_code == 200


def test_paging_goes_forth_and_back_through_everybody(desk, staff, committed):
    for number in range(120):
        a_member(family_name=f"Row{number:03d}")
    committed()
    first = members_page(actor=staff)
    second = members_page(actor=staff, after=first.next)
    third = members_page(actor=staff, after=second.next)

    found = [row.member.family_name for page in (first, second, third) for row in page.rows]

    assert found == [f"Row{number:03d}" for number in range(120)]
    assert (first.previous, third.next) == (None, None)
    back = members_page(actor=staff, before=third.previous)
    assert [row.member.id for row in back.rows] == [row.member.id for row in second.rows]
    start = members_page(actor=staff, before=back.previous)
    assert ([row.member.id for row in start.rows], start.previous) == ([row.member.id for row in first.rows], None)
    page = desk.get("/staff/members")
    assert f"after={first.next}" in page.get_data(as_text=True)
    assert names(desk.get(f"/staff/members?after={first.next}"))[0] == "Row050, Alex"


def test_list_runs_the_same_statements_whatever_its_size(desk, statements, committed):
    def count():
        statements()
        assert desk.get("/staff/members").status_code == 200
        return statements()

    one = a_member()
    a_membership(one)
    committed()
    desk.get("/staff/members")
    small = count()
    for _ in range(60):
        member = a_member()
        a_membership(member)
        a_position(member)
    committed()

    # 6 of them are the list's own: members, how many, memberships, positions, words, departments.
    assert (small, count()) == (small, small)
    assert small <= 16


def test_person_page_shows_everything_in_a_constant_number_of_statements(desk, statements, committed):
    member = a_member(given_name="Alma", family_name="Pettibone", email="alma@example.org")
    a_membership(member, type="career", level="gold", valid_from=date(2019, 7, 1), paid_through=date(2099, 6, 30))
    a_position(member, employer=an_employer(name="Sample Creek", region="north"), title="director", title_text=None)
    an_experience(member, "payroll", 7.5)
    committed()
    path = f"/staff/members/{member.id}"

    desk.get(path)
    statements()
    page = desk.get(path)
    first = statements()

    said = text_of(page)
    for words in ("Alma Pettibone", "Career Builder", "Gold", "July 1, 2019", "June 30, 2099", "Director of Finance",
                  "Sample Creek", "Northern", "Payroll", "7.5", "Dues paid"):  # fmt: skip
        assert words in said
    for year in range(2001, 2016):
        a_membership(member, type="retiree", valid_from=date(year, 1, 1), valid_to=date(year, 12, 31))
        a_position(member)
    committed()
    statements()
    desk.get(path)
    assert statements() == first


def test_new_member_is_added_and_stands_in_the_trace(desk, association):
    answer = post(desk, "/staff/members/new", DETAILS)

    member = db.session.scalars(select(Member).where(Member.number == "A-1")).one()
    assert (answer.status_code, answer.location) == (303, f"/staff/members/{member.id}")
    assert (member.name, member.email_key, member.name_key) == ("Zoë Núñez", "zoe@example.org", "nunez zoe")
    page = text_of(desk.get(answer.location))
    assert "Zoë Núñez is in the directory" in page
    assert "Ines Vargas added a member" in page
    assert desk.get("/staff/members/new").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", "", "This is missing"),
        ("number", "9" * 41, "at most 40 fit"),
        ("number", "a\u202eb", "control character"),
        ("number", "TAKEN", "Pat Present has this number already"),
        ("family_name", "  ", "This is missing"),
        ("family_name", "x" * 101, "at most 100 fit"),
        ("given_name", "x" * 101, "at most 100 fit"),
        ("email", "", "This is missing"),
        ("email", "zoe", "“zoe” is no e-mail address"),
        ("email", "a@b@c.org", "is no e-mail address"),
        ("email", "Pat@Example.org", "Pat Present (TAKEN) has this address already"),
        ("phone", "1" * 41, "at most 40 fit"),
        ("language", "english", "is no language code"),
        ("language", "xx", "is no language code"),
        ("time_zone", "Mars/Olympus", "is no time zone"),
        ("time_zone", "../etc/passwd", "is no time zone"),
    ],
)
def test_member_form_says_what_is_wrong_at_the_field_and_changes_nothing(desk, committed, field, value, said):
    a_member(given_name="Pat", family_name="Present", number="TAKEN", email="pat@example.org")
    other = a_member(number="B-2", email="b2@example.org")
    committed()
    before = fingerprint(other)

    for path, base in (
        ("/staff/members/new", DETAILS),
        (f"/staff/members/{other.id}/edit", {**DETAILS, "number": "B-2"}),
    ):
        answer = post(desk, path, {**base, field: value})

        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert said in text_of(answer)
        assert f'href="#{field}"' in page
        assert f'id="{field}-error"' in page
        assert "<title>Error:" in page
    db.session.expire_all()
    assert fingerprint(db.session.get_one(Member, (other.association_id, other.id))) == before
    assert db.session.scalar(select(func.count()).select_from(Member)) == 2


def test_form_keeps_what_was_typed(desk):
    answer = post(desk, "/staff/members/new", {**DETAILS, "email": "broken", "phone": "555 <b>0100"})

    page = answer.get_data(as_text=True)
    assert 'value="broken"' in page
    assert "555 &lt;b&gt;0100" in page


def test_double_submit_adds_one_member(desk, association):
    assert post(desk, "/staff/members/new", DETAILS).status_code == 303
    assert post(desk, "/staff/members/new", DETAILS).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Member)) == 1


def test_change_is_written_and_traced_with_what_was_there(desk, committed):
    member = a_member(given_name="Alma", family_name="Pettibone", number="B-2", email="b2@example.org")
    committed()

    answer = post(desk, f"/staff/members/{member.id}/edit", {**DETAILS, "number": "B-2", "phone": "555"})

    assert answer.status_code == 303
    db.session.expire_all()
    assert (member.name, member.email, member.phone, member.name_key) == (
        "Zoë Núñez",
        "zoe@example.org",
        "555",
        "nunez zoe",
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.object_id == member.id)).one()
    assert entry.changes == {
        "given_name": ["Alma", "Zoë"], "family_name": ["Pettibone", "Núñez"], "email": ["b2@example.org", "zoe@example.org"],
        "phone": [None, "555"],
    }  # fmt: skip
    assert "Given name: Alma now Zoë" in text_of(desk.get(f"/staff/members/{member.id}"))


def test_change_of_a_record_that_moved_on_is_a_conflict(desk, committed):
    member = a_member(number="B-2", email="b2@example.org")
    committed()
    page = desk.get(f"/staff/members/{member.id}/edit").get_data(as_text=True)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)[1]
    assert post(desk, f"/staff/members/{member.id}/edit", {**DETAILS, "number": "B-2", "seen": seen}).status_code == 303

    late = post(desk, f"/staff/members/{member.id}/edit", {**DETAILS, "number": "B-3", "seen": seen})

    assert late.status_code == 409
    assert "Someone was faster" in text_of(late)
    assert "Someone else changed this record" in text_of(late)
    db.session.expire_all()
    assert member.number == "B-2"


def test_removing_needs_a_reason_keeps_the_record_and_can_be_taken_back(desk, committed):
    member = a_member(given_name="Alma", family_name="Pettibone")
    a_membership(member)
    committed()
    path = f"/staff/members/{member.id}"

    assert desk.get(f"{path}/remove").status_code == 200
    assert post(desk, f"{path}/remove", {"reason": " "}).status_code == 422
    assert post(desk, f"{path}/remove", {"reason": "Moved away"}).status_code == 303

    db.session.expire_all()
    assert member.state is MemberState.REMOVED
    page = text_of(desk.get(path))
    assert "Removed from the directory on" in page
    assert "Moved away" in page
    assert names(desk.get("/staff/members")) == []
    assert post(desk, f"{path}/edit", {**DETAILS}).status_code == 409
    assert post(desk, f"{path}/remove", {"reason": "Again"}).status_code == 409
    assert post(desk, f"{path}/restore").status_code == 303
    assert post(desk, f"{path}/restore").status_code == 409
    db.session.expire_all()
    assert (member.state, member.removed_at) == (MemberState.ACTIVE, None)


PATHS = ("", "/edit", "/remove", "/memberships/new", "/positions/new", "/experience/new")


def test_other_associations_members_answer_like_missing_ones(desk, other_association, in_association):
    foreign = in_association(other_association, lambda: a_member().id)

    for path in PATHS:
        there, missing = desk.get(f"/staff/members/{foreign}{path}"), desk.get(f"/staff/members/{uuid4()}{path}")
        assert (there.status_code, missing.status_code) == (404, 404)
        assert there.get_data() == missing.get_data()
        if path:
            there, missing = (post(desk, f"/staff/members/{each}{path}", DETAILS) for each in (foreign, uuid4()))
            assert (there.status_code, there.get_data()) == (404, missing.get_data())
    assert post(desk, f"/staff/members/{foreign}/restore").status_code == 404
    assert desk.get(f"/staff/members?after={foreign}").status_code == 404
    assert desk.get("/staff/members/not-an-id").status_code == 404


def test_list_and_search_show_nothing_of_other_associations(desk, other_association, in_association, committed):
    a_member(family_name="Ours")
    committed()
    in_association(other_association, lambda: a_member(family_name="Theirs", number="T-1", email="t@example.org"))

    for search in ("", "theirs", "T-1", "t@example.org", "Theirs, A"):
        page = desk.get("/staff/members", query_string={"q": search})
        assert names(page) == (["Ours, Alex"] if not search else [])
        assert "T-1" not in text_of(page)
    assert "Theirs" not in desk.get("/staff/members/export.csv").get_data(as_text=True)


@pytest.fixture
def department_desk(app, association, committed):
    """A department's staff, with somebody who applied there, somebody who applied elsewhere, and a draft."""
    ours, theirs = a_department(), a_department()
    program, elsewhere = a_program(department_id=ours.id), a_program(department_id=theirs.id)
    seen, unseen, draft = a_member(family_name="Seen"), a_member(family_name="Unseen"), a_member(family_name="Drafting")
    applied(seen, program)
    applied(unseen, elsewhere)
    applied(draft, program, ApplicationStatus.DRAFT)
    account = an_account()
    a_grant(account, "department-staff", department_id=ours.id)
    committed()
    return signed_in_client(app, association, account), seen, unseen, draft, theirs


def test_department_staff_see_those_who_applied_there_and_nobody_else(department_desk):
    desk, seen, unseen, draft, theirs = department_desk

    assert names(desk.get("/staff/members")) == ["Seen, Alex"]
    assert names(desk.get("/staff/members?q=unseen")) == []
    assert names(desk.get(f"/staff/members?department={theirs.id}")) == []
    page = desk.get(f"/staff/members/{seen.id}")
    assert page.status_code == 200
    assert "Change details" not in text_of(page)
    missing = desk.get(f"/staff/members/{uuid4()}").get_data()
    for member in (unseen, draft):
        answer = desk.get(f"/staff/members/{member.id}")
        assert (answer.status_code, answer.get_data()) == (404, missing)
    exported = desk.get("/staff/members/export.csv").get_data(as_text=True)
    assert "Seen" in exported
    assert "Unseen" not in exported


def test_department_staff_change_nothing(department_desk):
    desk, seen, *_ = department_desk

    for path in ("/staff/members/new", f"/staff/members/{seen.id}/edit", f"/staff/members/{seen.id}/remove",
                 "/staff/members/import", f"/staff/members/{seen.id}/memberships/new"):  # fmt: skip
        assert desk.get(path).status_code == 403
        assert post(desk, path, DETAILS).status_code == 403


def test_grant_for_one_department_does_not_write_even_with_the_staff_role(association, committed):
    department = a_department()
    actor = an_actor(an_account(), Grant("association-staff", department_id=department.id))
    applied(a_member(family_name="Seen"), a_program(department_id=department.id))
    a_member(family_name="Unseen")

    assert [row.member.family_name for row in members_page(actor=actor).rows] == ["Seen"]


def test_visitors_and_members_are_turned_away(app, association, client, committed):
    member = a_member()
    account = an_account(member)
    committed()

    assert client.get("/staff/members").status_code == 303
    browser = signed_in_client(app, association, account)
    assert browser.get("/staff/members").status_code == 403
    assert browser.get(f"/staff/members/{member.id}").status_code == 403


def test_empty_directory_offers_the_import(desk):
    page = desk.get("/staff/members")

    assert "There are no members yet." in text_of(page)
    assert 'href="/staff/members/import"' in page.get_data(as_text=True)


def test_person_page_shows_applications_of_ones_own_programs_only(department_desk, desk):
    browser, seen, _unseen, _draft, theirs = department_desk
    elsewhere = a_program(department_id=theirs.id, slug="far-away")
    applied(seen, elsewhere)
    db.session.commit()

    assert "Far-Away" in text_of(desk.get(f"/staff/members/{seen.id}"))
    own = browser.get(f"/staff/members/{seen.id}")
    assert len(re.findall(r'href="/staff/applications/[0-9a-f-]{36}"', own.get_data(as_text=True))) == 1
    assert "Far-Away" not in text_of(own)
    assert "No mentorship yet." in text_of(own)


def test_removed_member_in_mid_flow_is_out_of_everything(app, association, desk, committed):
    member = a_member()
    account = an_account(member)
    application = applied(member, a_program())
    committed()
    browser = signed_in_client(app, association, account)
    assert browser.get("/account").status_code == 200

    assert post(desk, f"/staff/members/{member.id}/remove", {"reason": "Left"}).status_code == 303

    db.session.expire_all()
    assert application.status is ApplicationStatus.WITHDRAWN
    assert browser.get("/account").location.startswith("/sign-in")
    assert "Withdrawn" in text_of(desk.get(f"/staff/members/{member.id}"))


def test_an_address_breaks_after_its_signs_alone(desk, committed):
    alma = a_member(email="alma.p@members.example")
    committed()

    for path in ("", f"/{alma.id}"):
        page = desk.get(f"/staff/members{path}")
        assert "alma.<wbr>p@<wbr>members.<wbr>example" in page.get_data(as_text=True)
        assert "alma.p@members.example" in text_of(page)
