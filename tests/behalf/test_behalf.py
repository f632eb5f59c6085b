"""Acting for a member: only with the permission and within it, under both names, told by letter, closed rooms stay closed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask_babel import force_locale
from sqlalchemy import select, update

from tandem.applications.models import Application, ApplicationStatus
from tandem.audit.models import AuditEntry
from tandem.behalf.models import Acting
from tandem.behalf.services import close_overdue
from tandem.clocks import program_today, system_now
from tandem.directory.models import Department
from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import Hours, JournalEntry, JournalVisibility, Meeting, Participant
from tandem.notices.models import Notice
from tandem.programs.models import Program
from tandem.tenancy.services import set_clock_offset
from tandem.web.formatting import say_date
from tests.loop.cohorts import set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, day, version_on, wants
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("behalf"))


def begin(staff, person, reason="They called."):
    """Begin to act; the address of the desk."""
    begun = post(staff.browser, f"/staff/members/behalf/begin/{person.id}", {"behalf_reason": reason})
    assert begun.status_code == 303, text_of(begun)
    return begun.location


def entries(stage, action):
    with stage.open():
        return db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.happened_at.desc())
        ).all()


def letters(stage, person, template="acted-for-you"):
    with stage.open():
        return db.session.scalars(
            select(Notice.text_body).where(Notice.member_id == person.id, Notice.template == template)
        ).all()


def test_an_application_is_filled_in_and_sent_for_somebody(stage):
    staff, person = a_helper(stage), a_person(stage, "Ruth")
    desk = begin(staff, person)
    assert f"You are acting for {person.name}" in text_of(staff.browser.get(desk))
    asked = {"program": "member-to-member", "role": "mentee"}
    rules = text_of(staff.browser.get(f"{desk}/apply", query_string=asked))
    with stage.open():
        drafts = db.session.scalars(select(Application).where(Application.member_id == person.id)).all()
    assert f"What is asked of {person.name}" in rules
    assert "met so far" in rules
    assert drafts == []
    place = post(staff.browser, f"{desk}/apply", asked).location
    assert staff.browser.get(f"{desk}/apply", query_string=asked).location == place
    assert f"You are acting for {person.name}" in text_of(staff.browser.get(place))
    wrong = post(staff.browser, place, {"version": version_on(staff.browser.get(place)), "about": "x"})
    assert wrong.status_code == 422
    for answers in wants("payroll"):
        saved = post(staff.browser, place, {"version": version_on(staff.browser.get(place)), **answers})
        assert saved.status_code == 303, text_of(saved)
        place = saved.location
    assert place.endswith("/check")
    assert f"You are acting for {person.name}" in text_of(staff.browser.get(place))

    assert post(staff.browser, place).status_code == 303
    assert post(staff.browser, f"{desk}/end").status_code == 303

    with stage.open():
        application = db.session.scalars(select(Application).where(Application.member_id == person.id)).one()
        assert application.status is ApplicationStatus.SUBMITTED
    sent = next(entry for entry in entries(stage, "application.sent") if entry.object_id == application.id)
    assert (sent.actor_name, sent.account_id) == (f"{staff.name} for {person.name}", staff.id)
    [letter] = letters(stage, person)
    assert f"{staff.name} of the association’s staff acted for you. The reason: They called." in letter
    assert "your application to Member-to-Member Mentorship was sent" in letter
    assert len(letters(stage, person, "application-received")) == 1
    # The person finds it as their own.
    assert person.browser.get(f"/applications/{application.id}").status_code == 200


def test_meetings_hours_and_rests_are_noted_under_both_names(stage):
    pair = a_pairing(stage)
    desk = begin(pair.staff, pair.mentor)
    with stage.open():
        today = program_today()
        entry = db.session.scalars(select(PoolEntry.id).where(PoolEntry.member_id == pair.mentor.id)).one()
    met = {**day("held_on", today), "minutes": "45", "way": "phone"}

    assert post(pair.staff.browser, f"{desk}{pair.place}/meeting", {**met, "minutes": "long"}).status_code == 422
    assert post(pair.staff.browser, f"{desk}{pair.place}/meeting", met).status_code == 303
    asked = post(pair.staff.browser, f"{desk}{pair.place}/meeting", met)
    assert asked.status_code == 422
    assert "One like this is noted already: " in text_of(asked)
    assert "Yes, note it as well" in text_of(asked)
    assert post(pair.staff.browser, f"{desk}{pair.place}/time", {"minutes": "x"}).status_code == 422
    assert (
        post(pair.staff.browser, f"{desk}{pair.place}/time", {**day("spent_on", today), "minutes": "1:30"}).status_code
        == 303
    )
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "pause"}).status_code == 303
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "resume"}).status_code == 303
    past, later = day("until", today), date(today.year + 1, 3, 1)
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "pause", **past}).status_code == 422
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "pause", "until-day": "soon"}).status_code == 422
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "pause", **day("until", later)}).status_code == 303
    assert f"at rest until March 1, {later.year}" in text_of(pair.staff.browser.get(desk))
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "resume"}).status_code == 303
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "resume"}).status_code == 409
    assert post(pair.staff.browser, f"{desk}/pool/{entry}", {"do": "leave"}).status_code == 400

    both = f"{pair.staff.name} for {pair.mentor.name}"
    for action in ("meeting.logged", "time.noted", "pool.paused"):
        assert entries(stage, action)[0].actor_name == both
    with stage.open():
        me = db.session.scalars(select(Participant.id).where(Participant.member_id == pair.mentor.id)).one()
        assert db.session.scalars(select(Meeting.minutes).where(Meeting.logged_by == me)).all() == [45]
        assert db.session.scalars(select(Hours.minutes).where(Hours.participant_id == me)).all() == [90]
    post(pair.staff.browser, f"{desk}/end")
    [letter] = letters(stage, pair.mentor)
    with stage.open(), force_locale("en_US"):
        on = say_date(today)
    name = "Member-to-Member Mentorship"
    assert " ".join(letter.split()).partition("What was done: ")[2].partition(" Your journal")[0] == (
        f"a meeting in {name} was noted ({on}, 45 minutes), hours in {name} were noted ({on}, 1 h 30 min), "
        f"your place in the pool of {name} was set to rest (until it is taken up again), your place in the pool of {name} was "
        f"taken up again and your place in the pool of {name} was set to rest (until March 1, {later.year})."
    )
    assert letters(stage, pair.mentee) == []


def test_private_rooms_settings_and_the_session_stay_closed(stage):
    pair = a_pairing(stage)
    with stage.open():
        me = db.session.scalars(select(Participant).where(Participant.member_id == pair.mentee.id)).one()
        db.session.add(JournalEntry(mentorship_id=me.mentorship_id, participant_id=me.id, visibility=JournalVisibility.SELF,
                                    body="Canary 3391."))  # fmt: skip
        db.session.commit()
    desk = begin(pair.staff, pair.mentee)
    staff = pair.staff.browser

    for path in (pair.place, f"{pair.place}/messages", f"{pair.place}/concern", "/my-data", "/home"):
        assert staff.get(path).status_code in {403, 404}, path
    for path in (f"{pair.place}/journal", f"{pair.place}/messages", f"{pair.place}/concern", f"{pair.place}/end"):
        assert post(staff, path, {"body": "x"}).status_code in {403, 404}, path
    for path in ("journal", "messages", "concern", "end", "goals"):
        assert post(staff, f"{desk}{pair.place}/{path}", {"body": "x"}).status_code == 404
    for path in (desk, f"/staff/members/{pair.mentee.id}"):
        assert "Canary 3391" not in text_of(staff.get(path))
    assert pair.mentee.name not in text_of(staff.get("/account"))
    # The member is signed in as before, and nobody else has become them.
    assert pair.mentee.browser.get("/home").status_code == 200


def test_it_ends_by_itself_and_the_letter_is_written_then(stage):
    staff, person = a_helper(stage), a_person(stage, "Late")
    desk = begin(staff, person)
    post(staff.browser, f"{desk}/apply", {"program": "member-to-member", "role": "mentee"})
    with stage.open():
        identifier = desk.rpartition("/")[2]
        db.session.execute(
            update(Acting).where(Acting.id == identifier).values(until_at=system_now() - timedelta(seconds=1))
        )
        db.session.commit()

    assert staff.browser.get(desk).status_code == 409
    assert post(staff.browser, f"{desk}/apply", {"program": "member-to-member", "role": "mentor"}).status_code == 409
    for _time in range(2):
        with stage.open():
            close_overdue(acting_id=identifier)
            db.session.commit()

    assert len(letters(stage, person)) == 1
    assert entries(stage, "behalf.ended")[0].account_id is None


def test_its_end_is_read_in_the_programs_time_and_comes_in_the_real_one(stage):
    staff, person = a_helper(stage), a_person(stage, "Clock")
    with stage.open() as scope:
        offset, zone = scope.clock_offset + timedelta(hours=5, minutes=7), scope.zone
        set_clock_offset(association_id=scope.association_id, offset=offset)
        db.session.commit()
    desk = begin(staff, person)
    with stage.open():
        acting = db.session.get(Acting, (scope.association_id, UUID(desk.rpartition("/")[2])))
        until = acting.until_at
        began = select(AuditEntry.happened_at).where(AuditEntry.action == "behalf.began").order_by(AuditEntry.id)
        begun = db.session.scalars(began).all()[-1]

    said = f"{(until + offset).astimezone(zone):%I:%M %p}".lstrip("0")
    assert abs(until + offset - begun - timedelta(hours=1)) < timedelta(seconds=10)
    assert f"Until {said}." in text_of(staff.browser.get(desk))
    assert f"until {said}." in text_of(staff.browser.get(f"/staff/members/{person.id}"))
    assert timedelta(minutes=59) < until - system_now() <= timedelta(hours=1)
    with stage.open():
        set_clock_offset(association_id=scope.association_id, offset=scope.clock_offset)
        db.session.commit()


def test_nothing_done_is_no_letter_and_one_member_at_a_time(stage):
    staff, first, second = a_helper(stage), a_person(stage, "One"), a_person(stage, "Two")
    earlier = begin(staff, first)
    later = begin(staff, second)

    assert staff.browser.get(earlier).status_code == 409
    assert staff.browser.get(later).status_code == 200
    assert "until" in text_of(staff.browser.get(f"/staff/members/{second.id}"))
    assert letters(stage, first) == []


def test_a_reason_is_needed_and_the_page_says_so(stage):
    staff, person = a_helper(stage), a_person(stage, "Why")

    refused = post(staff.browser, f"/staff/members/behalf/begin/{person.id}", {"behalf_reason": " "})

    assert refused.status_code == 422
    assert "Write why: the member reads it in the letter." in text_of(refused)
    with stage.open():
        assert db.session.scalars(select(Acting).where(Acting.member_id == person.id)).all() == []


def test_who_may_not_finds_nothing_there(stage):
    staff, person, other = a_helper(stage), a_person(stage, "May"), a_person(stage, "Not")
    reviewer, colleague = a_helper(stage, "reviewer"), a_helper(stage)
    desk = begin(staff, person)

    for browser in (person.browser, reviewer.browser):
        assert post(browser, f"/staff/members/behalf/begin/{other.id}", {"behalf_reason": "x"}).status_code == 403
        assert browser.get(desk).status_code == 403
    # Another of the staff does not step into it, and a removed member cannot be acted for.
    assert colleague.browser.get(desk).status_code == 404
    assert post(colleague.browser, f"{desk}/end").status_code == 404
    with stage.open():
        identifier = db.session.scalars(select(Acting.id).where(Acting.member_id == person.id)).one()
    post(staff.browser, f"/staff/members/{person.id}/remove", {"reason": "Left"})
    assert post(staff.browser, f"{desk}/apply", {"program": "member-to-member", "role": "mentee"}).status_code == 404
    assert post(staff.browser, f"/staff/members/behalf/begin/{person.id}", {"behalf_reason": "x"}).status_code == 404
    assert str(identifier) in desk


def test_department_staff_act_in_their_own_programs_alone(app, tmp_path):
    stage = set_cohorts(app, tmp_path)
    helper = a_helper(stage, "department-staff", department="bois")
    with stage.open():
        slugs = dict(db.session.execute(select(Program.slug, Program.department_id)).all())
        department_id = db.session.scalars(select(Department.id).where(Department.slug == "bois")).one()
    own = next(slug for slug, department in slugs.items() if department == department_id)
    foreign = next(slug for slug, department in slugs.items() if department not in {department_id, None})
    pairs = {}
    for slug in (own, foreign):
        pairs[slug] = a_pairing(stage, program=slug)
    desk = begin(helper, pairs[own].mentee)
    today = day("held_on", _today(stage))

    def meet(pair):
        page = helper.browser.get(desk).get_data(as_text=True)
        ways = re.findall(r'name="way" value="([^"]+)"', page) or ["phone"]
        return post(
            helper.browser, f"{desk}{pair.place}/meeting", {**today, "minutes": "30", "way": ways[0]}
        ).status_code

    assert meet(pairs[own]) == 303
    assert meet(pairs[foreign]) == 404
    assert (
        post(
            helper.browser, f"/staff/members/behalf/begin/{pairs[foreign].mentee.id}", {"behalf_reason": "x"}
        ).status_code
        == 404
    )
    assert post(helper.browser, f"{desk}/apply", {"program": foreign, "role": "mentee"}).status_code == 404


def _today(stage):
    with stage.open():
        return program_today()


def test_the_programs_page_tells_staff_how_to_apply_for_somebody(stage):
    staff = a_helper(stage)
    page = text_of(staff.browser.get("/programs/member-to-member"))

    assert "You are signed in without being a member" in page
    assert "open their page and act on their behalf" in page
    assert "Apply as" not in page
    start = staff.browser.get("/programs/member-to-member/apply/mentee")
    assert start.location == "/programs/member-to-member"
