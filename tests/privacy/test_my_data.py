"""My data: all of one's own and nothing of others', corrections with an answer, a copy that expires, leaving."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.audit.models import AuditEntry
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.identity.models import Account, SignInSession
from tandem.matching.models import PoolEntry, PoolState
from tandem.mentorships.models import (
    Concern,
    JournalEntry,
    JournalVisibility,
    Meeting,
    Mentorship,
    Message,
    Participant,
)
from tandem.notices.models import Notice
from tandem.privacy.models import CorrectionRequest, DataCopy
from tests.factories import an_experience
from tests.loop.stage import set_stage
from tests.loop.straight import apply
from tests.loop.walk import a_helper, a_person, wants
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

OWN, THEIRS, CONCERN = "My own words 8813.", "Their own words 9914.", "A concern about the mentee 7715."


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("mydata"))


@pytest.fixture(scope="module")
def neighbours(app, tmp_path_factory):
    """Another association in which the same is written."""
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("neighbours"))
    write_everywhere(stage, a_pairing(stage), mark="Next door. ")
    return stage


def write_everywhere(stage, pair, mark=""):
    """Both sides write a journal and a message; the mentor raises a concern about the mentee and staff note something."""
    with stage.open():
        identifier = pair.place.rpartition("/")[2]
        people = {
            row.member_id: row.id
            for row in db.session.scalars(select(Participant).where(Participant.mentorship_id == identifier))
        }
        for person, words in ((pair.mentee, OWN), (pair.mentor, THEIRS)):
            for visibility in JournalVisibility:
                db.session.add(
                    JournalEntry(mentorship_id=identifier, participant_id=people[person.id], visibility=visibility,
                                 body=f"{mark}{words} {visibility}")
                )  # fmt: skip
            db.session.add(
                Message(mentorship_id=identifier, participant_id=people[person.id], body=f"{mark}{words} sent")
            )
        db.session.add(Concern(mentorship_id=identifier, participant_id=people[pair.mentor.id], body=mark + CONCERN))
        db.session.commit()


def copy_of(stage, person):
    """Ask for a copy, have it made, download it: the texts of the ZIP's files."""
    assert post(person.browser, "/my-data/copy").status_code == 303
    stage.work()
    address = re.search(r'href="(/my-data/copy/[^"]+\.zip)"', person.browser.get("/my-data").get_data(as_text=True))[1]
    answer = person.browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}, address


def test_the_page_shows_what_is_ones_own_and_nothing_of_others(stage, neighbours):
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    post(pair.staff.browser, f"/staff/members/{pair.mentee.id}/notes", {"note": "Staff note 5512."})

    said = text_of(pair.mentee.browser.get("/my-data"))

    assert f"{OWN} self" in said
    assert f"{OWN} pair" in said
    assert f"{OWN} sent" in said
    assert pair.mentor.name in said
    for words in (THEIRS, CONCERN, "Staff note 5512", "Next door"):
        assert words not in said


def test_the_copy_holds_all_of_it_as_a_page_and_for_programs(stage, neighbours):
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    sender = a_person(stage, "Sanna")
    apply(sender, "mentee", wants("payroll"))

    files, address = copy_of(stage, pair.mentee)
    applied, _address = copy_of(stage, sender)

    assert sorted(files) == ["my-data.css", "my-data.html", "my-data.json"]
    for name in ("my-data.html", "my-data.json"):
        assert OWN in files[name]
        for words in (THEIRS, CONCERN, "Next door"):
            assert words not in files[name]
    told = json.loads(files["my-data.json"])
    journal = next(group for group in told["groups"] if group["id"] == "journal")
    assert {item["text"] for item in journal["items"]} == {f"{OWN} self", f"{OWN} pair"}
    assert "Year end is new to me." in applied["my-data.json"]
    assert "Year end is new to me." in applied["my-data.html"]
    assert "Your copy of your data is ready" in text_of(pair.mentee.browser.get("/notices"))
    # Nobody else's, staff or partner.
    for other in (pair.mentor, pair.staff):
        assert other.browser.get(address).status_code in {403, 404}


def test_a_copy_expires_and_its_file_is_dropped(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    person = a_person(stage, "Egon")
    _files, address = copy_of(stage, person)
    with stage.open():
        today = program_today()
    stage.wake_on(today + timedelta(days=6))
    assert person.browser.get(address).status_code == 200

    stage.wake_on(today + timedelta(days=8))

    assert person.browser.get(address).status_code == 303
    assert "Have a copy made" in text_of(person.browser.get("/my-data"))
    with stage.open():
        assert db.session.scalars(select(DataCopy.content)).all() == [None]


def test_a_second_wish_for_a_copy_is_the_first_while_it_is_made(stage):
    person = a_person(stage, "Ola")

    for _time in range(2):
        post(person.browser, "/my-data/copy")

    with stage.open():
        count = select(func.count()).select_from(DataCopy).where(DataCopy.member_id == person.id)
        assert db.session.scalar(count) == 1


def test_telephone_and_time_zone_are_ones_own_to_change(stage):
    person = a_person(stage, "Tela")

    refused = post(person.browser, "/my-data/details", {"phone": "5" * 41, "time_zone": "Mars/Olympus"})
    changed = post(person.browser, "/my-data/details", {"phone": "+1 555 0177", "time_zone": "Europe/Paris"})

    assert refused.status_code == 422
    assert changed.status_code == 303
    with stage.open():
        member = db.session.scalars(select(Member).where(Member.id == person.id)).one()
        assert (member.phone, member.time_zone) == ("+1 555 0177", "Europe/Paris")
        trace = db.session.scalars(select(AuditEntry).where(AuditEntry.object_id == person.id)).all()
        assert [(entry.action, entry.actor_name) for entry in trace] == [("member.changed", person.name)]


def test_a_telephone_number_has_digits(stage):
    person = a_person(stage, "Tela")

    refused = post(person.browser, "/my-data/details", {"phone": "abc", "time_zone": ""})

    assert refused.status_code == 422
    assert "“abc” is not a telephone number: there is no digit in it." in text_of(refused)


def test_a_zone_is_offered_under_its_present_name_alone(stage):
    page = a_person(stage, "Zita").browser.get("/my-data/details").get_data(as_text=True)
    offered = set(re.findall(r'<option value="([^"]+)"', page))

    assert {"Africa/Asmara", "America/Argentina/Buenos_Aires", "Europe/Kyiv"} <= offered
    assert offered & {
        "Africa/Asmera", "Africa/Timbuktu", "America/Buenos_Aires", "America/Argentina/ComodRivadavia", "Europe/Kiev",
    } == set()  # fmt: skip


def test_time_zones_are_offered_by_region_with_plain_names(stage):
    person = a_person(stage, "Zoe")

    page = person.browser.get("/my-data/details").get_data(as_text=True)
    post(person.browser, "/my-data/details", {"phone": "", "time_zone": "US/Pacific"})
    chosen = person.browser.get("/my-data/details").get_data(as_text=True)
    options = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)<', chosen)

    assert '<option value="">As the association, Los Angeles</option>' in page
    assert re.search(r'<option value="America/Los_Angeles">Los Angeles \(UTC−0[78]:00\)</option>', page)
    assert re.findall(r'<optgroup label="([^"]+)"', page)[:3] == ["Africa", "America", "Antarctica"]
    assert re.search(r'<option value="America/Indiana/Knox">Knox, Indiana \(UTC−0[56]:00\)</option>', page)
    # Association and present choice first, each once; an old name is offered to nobody else.
    assert [value for value, _selected, _label in options[:3]] == ["", "US/Pacific", "America/Los_Angeles"]
    assert [value for value, selected, _label in options if selected] == ["US/Pacific"]
    assert len({value for value, _selected, _label in options}) == len(options)
    assert "US/Pacific" not in page


def test_a_correction_waits_for_staff_and_is_answered_by_letter(stage):
    staff, person = a_helper(stage), a_person(stage, "Cora")
    wish = {"about": "positions", "wish": "My position began in 2021."}

    assert post(person.browser, "/my-data/correction", {"about": "nothing"}).status_code == 422
    assert post(person.browser, "/my-data/correction", wish).status_code == 303
    assert "Corrections asked for" in text_of(staff.browser.get("/staff/"))
    assert person.name in text_of(staff.browser.get("/staff/members/corrections/"))
    place = request_place(stage, person)
    assert "My position began in 2021." in text_of(staff.browser.get(place))
    assert post(staff.browser, place, {"outcome": "declined"}).status_code == 422
    assert post(staff.browser, place, {"outcome": "accepted", "answer": "Thank you."}).status_code == 303

    assert "Corrected: My positions" in text_of(person.browser.get("/notices"))
    assert post(staff.browser, place, {"outcome": "declined", "answer": "No."}).status_code == 409
    assert person.name in text_of(staff.browser.get("/staff/members/corrections/?state=all"))
    assert person.name not in text_of(staff.browser.get("/staff/members/corrections/"))
    with stage.open():
        trail = str(db.session.scalars(select(AuditEntry.changes).where(AuditEntry.object_id == person.id)).all())
        assert "2021" not in trail


def request_place(stage, person):
    with stage.open():
        identifier = db.session.scalars(
            select(CorrectionRequest.id).where(CorrectionRequest.member_id == person.id)
        ).one()
    return f"/staff/members/corrections/{identifier}"


def test_a_correction_can_be_taken_back_by_its_author_alone(stage):
    person, other = a_person(stage, "Tak"), a_person(stage, "Oth")
    post(person.browser, "/my-data/correction", {"about": "other", "wish": "Never mind."})
    place = request_place(stage, person).replace("/staff/members/corrections", "/my-data/correction") + "/take-back"

    assert post(other.browser, place).status_code == 404
    assert post(person.browser, place).status_code == 303
    assert post(person.browser, place).status_code == 409


def test_department_staff_and_members_do_not_see_corrections(stage):
    helper, person = a_helper(stage, "reviewer"), a_person(stage, "Per")

    assert helper.browser.get("/staff/members/corrections/").status_code == 403
    assert person.browser.get("/staff/members/corrections/").status_code == 403


def test_what_is_kept_is_said_in_words_with_whole_dates(stage):
    pair = a_pairing(stage)
    with stage.open():
        mentorship = db.session.scalars(select(Mentorship).where(Mentorship.id == pair.place.rpartition("/")[2])).one()
        author = db.session.scalars(select(Participant.id).where(Participant.mentorship_id == mentorship.id)).first()
        held_on = program_today()
        db.session.add(
            Meeting(mentorship_id=mentorship.id, held_on=held_on, minutes=90, way="in-person", logged_by=author)
        )
        member = db.session.scalars(select(Member).where(Member.id == pair.mentee.id)).one()
        member.time_zone, member.language = "America/Indiana/Knox", "fr"
        an_experience(member, "payroll", 20)
        db.session.commit()

    page = text_of(pair.mentee.browser.get("/my-data"))
    files, _address = copy_of(stage, pair.mentee)
    copy = files["my-data.html"]
    told = json.loads(files["my-data.json"])
    meetings = next(group for group in told["groups"] if group["id"] == "meetings")

    assert "Way: In person" in page
    assert "in-person" not in page
    assert "Years: 20" in page
    assert "Central Time" in page
    assert "Language Français" in page
    assert "<dd>In person</dd>" in copy or "<dd>En personne</dd>" in copy
    assert meetings["items"][0]["values"] == {"day": held_on.isoformat(), "minutes": 90, "way": "in-person"}
    assert re.search(r"Signed in: \w+ \d+, 20\d\d, \d+:\d\d", page)
    assert "today, " not in page.partition("Letters to you")[2].partition("Not on this page")[0]


def test_the_way_to_home_is_one_that_is_there(stage):
    pair = a_pairing(stage)

    def way(person, role, state):
        with stage.open():
            for entry in db.session.scalars(select(PoolEntry).where(PoolEntry.member_id == person.id)):
                entry.role, entry.state = role, state
                entry.left_at = program_now() if state is PoolState.LEFT else None
            db.session.commit()
        page = text_of(person.browser.get("/my-data"))
        return [label for label in ("Rest or leave on Home", "Leave on Home", "Come back on Home") if label in page]

    assert way(pair.mentee, Role.MENTEE, PoolState.MATCHED) == []
    assert way(pair.mentee, Role.MENTEE, PoolState.OPEN) == ["Leave on Home"]
    assert way(pair.mentor, Role.MENTOR, PoolState.PAUSED) == ["Rest or leave on Home"]
    assert way(pair.mentor, Role.MENTOR, PoolState.MATCHED) == []
    assert way(pair.mentor, Role.MENTOR, PoolState.LEFT) == ["Come back on Home"]


def test_how_long_things_are_kept_is_said_in_years_and_months(app, tmp_path):
    def configure(association):
        association["retention"] = {"letters": "1825d", "sign_ins": "90d", "audit": "400d"}

    person = a_person(set_stage(app, "casbo", tmp_path, association=configure), "Lena")

    page = text_of(person.browser.get("/my-data/leave"))

    for length in ("5 years", "3 months", "400 days"):
        assert f"erased after {length}" in page


def test_stopping_ends_everything_and_the_member_remains(stage):
    pair = a_pairing(stage)
    address = apply(pair.mentee, "mentor", [{"expertise": ["payroll"], "expertise.years.payroll": "9", "help-kind": ["technical"],
                    "background": "x"}, {"mentees": "1", "available-hours.hours": "5", "ways": ["phone"]}, {}])  # fmt: skip
    page = text_of(pair.mentee.browser.get("/my-data/leave"))
    assert f"Your mentorship with {pair.mentor.name}" in page
    assert "is withdrawn" in page

    assert post(pair.mentee.browser, "/my-data/leave", {"how": "sideways"}).status_code == 400
    assert post(pair.mentee.browser, "/my-data/leave", {"how": "participation"}).status_code == 303

    with stage.open():
        mentorship = db.session.get(Mentorship, (stage.scope.association_id, pair.place.rpartition("/")[2]))
        assert (mentorship.state, mentorship.end_reason) == ("ended", "ended-by-mentee")
        application = db.session.get(Application, (stage.scope.association_id, address))
        assert application.status is ApplicationStatus.WITHDRAWN
        assert db.session.scalars(select(Member.state).where(Member.id == pair.mentee.id)).one() is MemberState.ACTIVE
    assert pair.mentee.browser.get("/home").status_code == 200
    assert "ended" in text_of(pair.mentor.browser.get("/notices"))
    assert "You have stopped taking part" in text_of(pair.mentee.browser.get("/notices"))
    assert "there is nothing to stop" in text_of(pair.mentee.browser.get("/my-data/leave"))


def test_leaving_altogether_signs_out_and_erases_what_was_ones_own(stage):
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    post(pair.mentee.browser, "/programs/member-to-member/apply/mentor")

    left = post(pair.mentee.browser, "/my-data/leave", {"how": "altogether"})

    assert (left.status_code, "You have left" in text_of(left)) == (200, True)
    assert pair.mentee.browser.get("/home").status_code == 303
    assert post(pair.mentee.browser, "/my-data/leave", {"how": "altogether"}).status_code == 303
    with stage.open():
        member = db.session.scalars(select(Member).where(Member.id == pair.mentee.id)).one()
        assert member.state is MemberState.REMOVED
        bodies = db.session.scalars(
            select(JournalEntry.body).where(JournalEntry.mentorship_id == pair.place.rpartition("/")[2])
        )
        assert all(THEIRS in body for body in bodies)
        assert db.session.scalars(select(Application.status).where(Application.member_id == pair.mentee.id)).all() == [
            ApplicationStatus.APPROVED
        ]
        account_id = db.session.scalars(select(Account.id).where(Account.member_id == pair.mentee.id)).one()
        assert not db.session.scalars(select(SignInSession.id).where(SignInSession.account_id == account_id)).all()
        letters = db.session.scalars(select(Notice.template).where(Notice.member_id == pair.mentee.id)).all()
        assert letters == ["member-left"]
        assert (
            "member.left"
            in db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == member.id)).all()
        )
    # The partner keeps what is theirs, and staff can bring the record back.
    assert THEIRS in text_of(pair.mentor.browser.get(pair.place))
    assert post(pair.staff.browser, f"/staff/members/{pair.mentee.id}/restore").status_code == 303


def test_staff_without_a_member_record_have_no_such_pages(stage):
    staff = a_helper(stage)

    assert [staff.browser.get(path).status_code for path in ("/my-data", "/my-data/leave", "/my-data/details")] == [
        403
    ] * 3
