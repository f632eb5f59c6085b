"""Staff's daily work: queues that open their rows, the search, notes, saved views, files."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.models import ApplicationStatus, Decision, Outcome, Recusal, Role
from tandem.audit.models import AuditEntry
from tandem.clocks import as_program_time, program_now, program_today
from tandem.directory.models import StaffNote
from tandem.directory.spreadsheets import xlsx_bytes
from tandem.extensions import db
from tandem.home.health import disciplines, waits
from tandem.home.models import SavedView
from tandem.mentorships.models import Concern, MentorshipState, Pause, ReassignmentRequest
from tandem.mentorships.queries import people_in
from tandem.notices.models import AddressMark, Delivery, DeliveryState
from tandem.notices.services import write_notice
from tandem.privacy.models import CorrectionRequest
from tandem.programs.models import ProgramRevision
from tandem.web.formatting import say_day
from tests.factories import (
    a_department,
    a_grant,
    a_member,
    a_mentorship,
    a_pool_entry,
    a_position,
    a_program,
    a_term,
    an_account,
    an_application,
    an_employer,
)
from tests.pages import post, signed_in_client, text_of

MATCHING = {
    "roles": {"mentee": {"eligibility": {}}, "mentor": {"eligibility": {}}},
    "matching": {"constraints": [{"id": "shared", "constraint": "overlap", "mentee": "needs", "mentor": "offers"}]},
}


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


@pytest.fixture
def program(association):
    return a_program(resolved=MATCHING)


@pytest.fixture
def revision(program):
    return db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()


def of_department(department):
    return Actor(
        account_id=None, member_id=None, name="D", grants=(Grant("department-staff", department_id=department),)
    )


def test_each_queue_opens_its_rows(staff, program, revision):
    late, fresh, quiet, busy = (a_member(given_name=name) for name in ("Late", "Fresh", "Quiet", "Busy"))
    for member, days in ((late, -1), (fresh, 5)):
        row = an_application(member, program, revision, status=ApplicationStatus.SUBMITTED)
        row.decide_by = program_now() + timedelta(days=days)
    mentor = a_pool_entry(an_application(a_member(), program, revision, role=Role.MENTOR), places=5)
    for member, days in ((quiet, 60), (busy, 3)):
        found = a_mentorship(program, revision, mentor, a_pool_entry(an_application(member, program, revision)))
        found.started_at = program_now() - timedelta(days=days)
    db.session.commit()

    home = text_of(staff.get("/staff/"))
    overdue = text_of(staff.get("/staff/applications/?queue=overdue"))
    silent = text_of(staff.get("/staff/mentorships/?queue=silent"))

    assert "Decisions that are late" in home
    assert "Silent pairs" in home
    assert ("Late" in overdue, "Fresh" in overdue) == (True, False)
    assert ("Quiet" in silent, "Busy" in silent) == (True, False)


def test_the_number_and_the_day_are_those_of_the_list_that_the_line_opens(app, association, program, revision):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    staff = signed_in_client(app, association, account)
    now = program_now()
    found = {}
    for name, days in (("Aside", 300), ("Oldest", 40), ("Newer", 3)):
        row = an_application(a_member(given_name=name), program, revision, status=ApplicationStatus.SUBMITTED)
        row.submitted_at, row.status_since = now - timedelta(days=days), now - timedelta(days=days)
        found[name] = row
    # The one that waits longest is not theirs: they stepped aside from it. It is given to nobody all the same.
    db.session.add(Recusal(application_id=found["Aside"].id, account_id=account.id, reason="A friend."))
    db.session.commit()

    home = staff.get("/staff/")
    mine = text_of(staff.get("/staff/applications/?queue=mine"))
    nobody = text_of(staff.get("/staff/applications/?queue=unassigned"))

    day = say_day(as_program_time(found["Oldest"].status_since), program_today())
    assert f"The oldest waits since {day}. 2 of them are given to nobody. 2" in text_of(home)
    aside = "1 of them is not yours to review: you stepped aside from it, or it is your own"
    assert f"Applications given to nobody {aside} 3" in text_of(home)
    assert (mine.count("Oldest"), mine.count("Newer"), mine.count("Aside")) == (1, 1, 0)
    assert all(name in nobody for name in found)
    assert "Given to nobody 3" in nobody


def numbers_on(home):
    """The numbers on staff's home with the addresses that they open."""
    page = html.unescape(home.get_data(as_text=True))
    queues = re.findall(r'<div><a href="([^"]+)">.*?<span class="td-queue-count">(\d+)</span></li>', page)
    pool = re.findall(r'<a href="(/staff/pools/[^"]*)">(\d+)</a>', page)
    waiting = re.findall(r'<a class="td-link" href="(/staff/pools/[^"]*role=mentee[^"]*)">(\d+)<', page)
    states = re.findall(r'<a href="(/staff/mentorships/[^"]*)" aria-label="(\d+) [^"]+">', page)
    return {url: int(number) for url, number in (*queues, *pool, *waiting, *states) if not url.startswith("#")}


def rows_on(page):
    """How many rows a list has."""
    body = page.get_data(as_text=True).partition("<main")[2]
    return body.count("<tr") - body.count("<thead")


def test_every_number_opens_a_list_of_as_many_rows(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    staff = signed_in_client(app, association, account)
    a_term("discipline", "payroll")
    for count in (2, 3):
        program = a_program(resolved=MATCHING)
        revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
        for days in range(count):
            row = an_application(a_member(), program, revision, status=ApplicationStatus.SUBMITTED)
            row.decide_by = program_now() + timedelta(days=days * 2 - 1)
            answers = {"needs": ["payroll"]}
            a_pool_entry(an_application(a_member(), program, revision, answers=answers))
        db.session.add(Recusal(application_id=row.id, account_id=account.id, reason="A friend."))
        mentor = a_pool_entry(an_application(a_member(), program, revision, role=Role.MENTOR), places=5)
        for state in MentorshipState:
            pair = a_mentorship(program, revision, mentor, a_pool_entry(an_application(a_member(), program, revision)))
            pair.state, pair.started_at = state, program_now() - timedelta(days=60)
            if state is MentorshipState.PAUSED:
                db.session.add(Pause(mentorship_id=pair.id, reason="dues", from_at=program_now()))
            for person in people_in([pair.id])[pair.id]:
                db.session.add(ReassignmentRequest(mentorship_id=pair.id, participant_id=person.id, reason="Please."))
                db.session.add(Concern(mentorship_id=pair.id, participant_id=person.id, body="A worry."))
    members = [a_member() for _ in range(4)]
    for member in members:
        db.session.add(CorrectionRequest(member_id=member.id, about="other", wish="Mend it."))
    db.session.commit()
    for number, state in enumerate((DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.BOUNCED)):
        notice = write_notice(template="dues-resumed", to_account_id=an_account().id, context={})
        db.session.scalars(select(Delivery).where(Delivery.notice_id == notice.id)).one().state = state
        db.session.add(AddressMark(address_key=f"gone{number}@example.org", answer="550 5.1.1", notice_id=notice.id))
    db.session.commit()

    said = numbers_on(staff.get("/staff/"))

    assert {url: rows_on(staff.get(url)) for url in said} == said
    assert len(said) >= 15


def test_waits_are_medians_of_ones_own_programs_by_month(association):
    department, other = a_department(), a_department()
    for home, days in ((department, (2, 4, 9)), (other, (50,))):
        program = a_program(department_id=home.id, resolved=MATCHING)
        revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
        for count in days:
            row = an_application(a_member(), program, revision)
            row.submitted_at = program_now() - timedelta(days=count)
            account = an_account()
            db.session.add(Decision(application_id=row.id, account_id=account.id, outcome=Outcome.APPROVED))
    db.session.flush()

    months = waits(of_department(department.id))

    assert [(month.to_decision, month.decided) for month in months] == [(None, 0)] * 11 + [(4.0, 3)]


def test_each_mentee_of_a_group_takes_a_place_of_its_mentor(association, program, revision):
    a_term("discipline", "payroll")
    mentor = a_pool_entry(
        an_application(a_member(), program, revision, role=Role.MENTOR, answers={"offers": ["payroll"]}), places=4
    )
    group = [a_pool_entry(an_application(a_member(), program, revision)) for _ in range(3)]
    a_mentorship(program, revision, mentor, *group)

    (row,) = disciplines(Actor(account_id=None, member_id=None, name="S", grants=(Grant("association-staff"),)))

    assert (row.key, row.waiting, row.free) == ("payroll", 0, 1)


def test_disciplines_short_of_mentors_stand_first_and_open_their_rows(staff, program, revision):
    for key in ("payroll", "purchasing"):
        a_term("discipline", key)
    for name in ("Mia", "Mo"):
        a_pool_entry(an_application(a_member(given_name=name), program, revision, answers={"needs": ["payroll"]}))
    a_pool_entry(
        an_application(a_member(given_name="Tor"), program, revision, role=Role.MENTOR,
                       answers={"offers": ["purchasing", "payroll"], "needs": ["safety"]}), places=1,
    )  # fmt: skip
    db.session.commit()

    found = [(row.key, row.waiting, row.free, row.short) for row in disciplines(
        Actor(account_id=None, member_id=None, name="S", grants=(Grant("association-staff"),)))]  # fmt: skip
    pool = text_of(staff.get(f"/staff/pools/?program={program.id}&role=mentee&discipline=payroll"))

    assert found == [("payroll", 2, 1, 1), ("purchasing", 0, 1, 0)]
    assert ("Mia" in pool, "Mo" in pool, "Tor" in pool) == (True, True, False)
    assert "Tor" not in text_of(staff.get("/staff/pools/?discipline=safety"))


def test_pools_are_narrowed_by_region_and_waiting(staff, program, revision):
    north, south = (a_member(given_name=name) for name in ("Nora", "Sula"))
    for member, region, days in ((north, "north", 100), (south, "south", 1)):
        a_position(member, employer=an_employer(region=region))
        entry = a_pool_entry(an_application(member, program, revision))
        entry.entered_at = program_now() - timedelta(days=days)
    db.session.commit()

    by_region, by_waiting = (text_of(staff.get(f"/staff/pools/?{asked}")) for asked in ("region=north", "waited=90"))

    assert ("Nora" in by_region, "Sula" in by_region) == (True, False)
    assert ("Nora" in by_waiting, "Sula" in by_waiting) == (True, False)


@pytest.mark.fact("P2b")
def test_search_finds_people_pairs_and_applications_of_ones_own_programs(app, association):
    departments = [a_department() for _ in range(2)]
    for department, mark in zip(departments, ("Mine", "Theirs"), strict=True):
        program = a_program(slug=f"{mark.lower()}-{department.slug}", department_id=department.id, resolved=MATCHING)
        revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
        mentee, mentor = (a_member(given_name=f"{mark}{side}", family_name="Searched") for side in ("mentee", "mentor"))
        a_mentorship(
            program, revision,
            a_pool_entry(an_application(mentor, program, revision, role=Role.MENTOR)),
            a_pool_entry(an_application(mentee, program, revision)),
        )  # fmt: skip
    account = an_account(name="Dora Desk")
    a_grant(account, "department-staff", department_id=departments[0].id)
    browser = signed_in_client(app, association, account)

    found = text_of(browser.get("/staff/search?q=searched"))

    assert "Minementee Searched" in found
    assert "Mentorships" in found
    assert "Theirs" not in found
    assert "Nothing was found." in text_of(browser.get("/staff/search?q=theirsmentee"))
    assert "Whom are you looking for?" in text_of(browser.get("/staff/search"))
    assert 'action="/staff/search"' in browser.get("/staff/").get_data(as_text=True)


@pytest.mark.control("P2b")
def test_search_of_the_associations_own_staff_finds_both(staff, program, revision):
    for name in ("Mine", "Theirs"):
        an_application(a_member(given_name=name, family_name="Searched"), program, revision)
    db.session.commit()

    found = text_of(staff.get("/staff/search?q=searched"))

    assert ("Mine" in found, "Theirs" in found) == (True, True)


def test_notes_are_staffs_their_text_is_not_in_the_trail_and_they_come_back(staff, association):
    member = a_member()
    db.session.commit()
    page = f"/staff/members/{member.id}"

    assert post(staff, f"{page}/notes", {"note": " "}).status_code == 422
    assert post(staff, f"{page}/notes", {"note": "Prefers the telephone."}).status_code == 303
    assert "Prefers the telephone." in text_of(staff.get(page))
    note = db.session.scalars(select(StaffNote.id)).one()
    assert post(staff, f"{page}/notes/{note}", {"do": "remove"}).status_code == 303
    assert "Prefers the telephone." not in text_of(staff.get(page))
    assert post(staff, f"{page}/notes/{note}", {"do": "restore"}).status_code == 303

    assert "Prefers the telephone." in text_of(staff.get(page))
    noted = select(AuditEntry).where(AuditEntry.action.like("member.note%"))
    entries = db.session.scalars(noted.order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["member.note-added", "member.note-removed", "member.note-restored"]
    assert "telephone" not in str([(entry.changes, entry.reason) for entry in entries])


def test_a_departments_staff_read_their_departments_notes_alone(app, association, staff):
    departments = [a_department() for _ in range(2)]
    member = a_member()
    browsers = []
    for department in departments:
        program = a_program(department_id=department.id, resolved=MATCHING)
        revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()
        an_application(member, program, revision)
        account = an_account()
        a_grant(account, "department-staff", department_id=department.id)
        browsers.append(signed_in_client(app, association, account))
    page = f"/staff/members/{member.id}"
    post(browsers[0], f"{page}/notes", {"note": "Said to the first."})

    seen = ["Said to the first." in text_of(browser.get(page)) for browser in (*browsers, staff)]

    assert seen == [True, False, True]


def test_a_view_is_kept_under_a_name_and_is_ones_own(app, association, staff):
    account = an_account()
    a_grant(account, "association-staff")
    other = signed_in_client(app, association, account)
    values = {"page": "pools", "query": "role=mentor&waited=90&evil=1&after=x", "name": "Long  waiting"}

    assert post(staff, "/staff/views", values).location == "/staff/pools/?role=mentor&waited=90"
    assert post(staff, "/staff/views", values | {"name": " "}).status_code == 303
    assert post(staff, "/staff/views", values | {"page": "members"}).status_code == 404
    assert post(staff, "/staff/views", values).status_code == 303, "the same view once more"
    assert post(staff, "/staff/views", values | {"query": "role=mentee"}).status_code == 303
    assert "You have another view of this name." in text_of(staff.get("/staff/pools/"))

    assert "Long waiting" in text_of(staff.get("/staff/pools/"))
    assert "Long waiting" not in text_of(other.get("/staff/pools/"))
    view = db.session.scalars(select(SavedView)).one()
    assert view.query == "role=mentor&waited=90"
    assert post(other, f"/staff/views/{view.id}").status_code == 404
    assert post(staff, f"/staff/views/{view.id}").status_code == 303


@pytest.mark.parametrize("address", ["applications/export", "pools/export", "mentorships/export"])
def test_lists_are_files_without_formulas_and_their_export_is_audited(staff, program, revision, address):
    for role in Role:
        member = a_member(given_name="=1+1", family_name="=cmd")
        entry = a_pool_entry(an_application(member, program, revision, role=role))
        if role is Role.MENTEE:
            first = entry
    a_mentorship(program, revision, entry, first)
    db.session.commit()

    text = staff.get(f"/staff/{address}?status=&state=")
    sheet = staff.get(f"/staff/{address}?status=&state=&as=xlsx")

    assert text.mimetype == "text/csv"
    assert "'=" in text.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(sheet.get_data())) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
        assert "=1+1" in book.read("xl/sharedStrings.xml").decode()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "list.exported")).all()
    assert len(entries) == 2


def test_the_files_hold_whom_and_where_to_reach_and_the_words_of_the_page(staff, program, revision):
    members = {role: a_member(given_name=role.value.capitalize()) for role in Role}
    mentee, mentor = (a_pool_entry(an_application(members[role], program, revision, role=role)) for role in Role)
    a_pool_entry(an_application(a_member(given_name="Nina"), program, revision, role=Role.MENTOR), places=0)
    a_mentorship(program, revision, mentor, mentee)
    db.session.commit()

    def file(address):
        found = csv.DictReader(io.StringIO(staff.get(address).get_data(as_text=True).removeprefix("\ufeff")))
        return list(found)

    (pair,) = file("/staff/mentorships/export")
    one, other = members[Role.MENTOR], members[Role.MENTEE]
    assert list(pair.items())[:6] == [
        ("Mentor", one.name), ("Mentor: number", one.number), ("Mentor: e-mail address", one.email),
        ("Mentees", other.name), ("Mentees: number", other.number), ("Mentees: e-mail address", other.email),
    ]  # fmt: skip
    states = {row["Given name"]: row["State"] for row in file("/staff/pools/export")}
    page = text_of(staff.get("/staff/pools/"))
    assert states == {"Mentor": "Full", "Mentee": "Full", "Nina": "Offers no place"}
    assert ("Full on file; in no match" in page, "Offers no place on file; in no match" in page) == (True, True)


def test_a_sheet_takes_any_text():
    cells = ["=1+1", "+1", "@x", "http://example.org", "\x00\x0b", "x" * 40_000, None, True, 3, 2.5]

    with zipfile.ZipFile(io.BytesIO(xlsx_bytes([["Head"], cells]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
