"""Twelve months of the rolling program, and every letter that they bring: none twice, none missing, none to somebody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tandem.clocks import local_day, program_today
from tandem.extensions import db
from tandem.notices.models import Delivery, Notice
from tests.facts.test_dues import pay
from tests.facts.test_evaluations import link_to
from tests.facts.test_rolling_pool import answer, entry_of
from tests.loop.stage import Stage, set_stage
from tests.loop.walk import (
    Person,
    Section,
    a_helper,
    a_person,
    apply,
    approve,
    begin,
    day,
    decide,
    left_over,
    mentorship_of,
    mentorships_of,
    offers,
    proposed,
    publish,
    run_match,
    version_on,
    wants,
)
from tests.mentorships.test_planning import pick, plan_on
from tests.pages import post, text_of

pytestmark = pytest.mark.long

#: What was written in the year: the day, counted from the one on which the association was set up, the letter, and to whom.
WRITTEN = [
    # Four applications; the draft that is left writes nothing, then or later.
    (1, "application-received", "dora"),
    (1, "application-received", "mena"),
    (1, "application-received", "rita"),
    (1, "application-received", "thora"),
    (1, "reviewer-waiting", "reviewer"),
    (1, "reviewer-waiting", "reviewer"),
    (1, "reviewer-waiting", "reviewer"),
    (1, "reviewer-waiting", "reviewer"),
    # Decisions, an answer to a question, and another mentor.
    (3, "application-approved", "mena"),
    (3, "application-approved", "thora"),
    (3, "application-declined", "dora"),
    (3, "application-received", "rita"),
    (3, "application-received", "sverre"),
    (3, "application-returned", "rita"),
    (3, "reviewer-waiting", "reviewer"),
    (3, "reviewer-waiting", "reviewer"),
    (8, "match-published-mentee", "mena"),
    (8, "match-published-mentor", "thora"),
    (15, "application-approved", "rita"),
    (15, "application-approved", "sverre"),
    (15, "match-published-mentee", "rita"),
    (15, "match-published-mentor", "sverre"),
    (15, "review-due", "reviewer"),
    # The first end; Thora says how it was and is not reminded.
    (40, "mentorship-ended", "mena"),
    (40, "mentorship-ended", "thora"),
    (41, "evaluation-offered", "mena"),
    (41, "evaluation-offered", "thora"),
    # Dues were paid through day 49. From the payment on day 64 forty-five days of silence are counted anew.
    (50, "dues-lapsed-own", "rita"),
    (50, "dues-lapsed-partner", "sverre"),
    (50, "evaluation-reminder", "mena"),
    (64, "dues-resumed", "rita"),
    (64, "dues-resumed", "sverre"),
    (109, "reassignment-received", "staff"),
    (109, "still-in-touch", "rita"),
    (109, "still-in-touch", "sverre"),
    (112, "reassignment-granted", "rita"),
    (112, "reassignment-granted", "sverre"),
    (113, "evaluation-offered", "rita"),
    (113, "evaluation-offered", "sverre"),
    (120, "pool-rest-ended", "thora"),
    (122, "evaluation-reminder", "rita"),
    (122, "evaluation-reminder", "sverre"),
    (122, "match-published-mentee", "rita"),
    (122, "match-published-mentor", "thora"),
    (142, "application-approved", "nova"),
    (142, "application-received", "nova"),
    (142, "application-received", "ugo"),
    (142, "reviewer-waiting", "reviewer"),
    (142, "reviewer-waiting", "reviewer"),
    (147, "application-approved", "ugo"),
    (147, "match-published-mentee", "nova"),
    (147, "match-published-mentor", "ugo"),
    # Two messages, one letter: Thora has not looked in between.
    (147, "message-received", "thora"),
    (192, "still-in-touch", "rita"),
    (192, "still-in-touch", "thora"),
    # Forty-five days after the meeting that Ugo noted; nobody answers, and nobody is asked again.
    (225, "mentorship-ended", "rita"),
    (225, "mentorship-ended", "thora"),
    (225, "still-in-touch", "nova"),
    (225, "still-in-touch", "ugo"),
    (226, "evaluation-offered", "rita"),
    (226, "evaluation-offered", "thora"),
    (235, "evaluation-reminder", "thora"),
    (260, "application-received", "mena"),
    (260, "reviewer-waiting", "reviewer"),
    (262, "application-approved", "mena"),
    (262, "match-published-mentee", "mena"),
    (262, "match-published-mentor", "thora"),
    (262, "meeting-agreed", "mena"),
    (262, "meeting-agreed", "thora"),
    (262, "meeting-proposed", "thora"),
    (269, "meeting-soon", "mena"),
    (269, "meeting-soon", "thora"),
    (270, "meeting-after", "mena"),
    (270, "meeting-after", "thora"),
    (315, "still-in-touch", "mena"),
    (315, "still-in-touch", "thora"),
]


class Year:
    """The association's year: its people by name, and its days."""

    def __init__(self, stage: Stage, *, each_day: bool) -> None:
        self.stage, self.each_day = stage, each_day
        with stage.open():
            self.first = program_today()
        self.staff = a_helper(stage)
        self.reviewer = a_helper(stage, "reviewer", committee="pslc-mentorship")
        self.people = {"staff": self.staff, "reviewer": self.reviewer}
        self.until(1)

    def on(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def until(self, number: int) -> None:
        """Noon of a day. Days on which nothing is expected are passed over, unless each day is to pass."""
        if not self.each_day and number > 1:
            self.stage.nobody_works_until(self.on(number))
        self.stage.pass_until(self.on(number))

    def joins(self, name: str, *, paid_for: int = 500, **more) -> Person:
        self.people[name] = a_person(self.stage, name.title(), paid_through=self.on(paid_for), **more)
        return self.people[name]

    def applies(self, person: Person, role: str, sections: Sequence[Section]) -> UUID:
        """Send an application, and let the letters go out before anybody acts on it."""
        application = apply(person, role, sections)
        self.stage.work()
        return application

    def does(self, person: Person, address: str, **fields: object) -> None:
        done = post(person.browser, address, fields)
        assert done.status_code == 303, text_of(done)
        self.stage.work()

    def matches(self) -> set[tuple[str, str]]:
        """Run the match and publish it; returns the pairs by given names."""
        run = run_match(self.stage, self.staff)
        pairs = {(one.split()[0], other.split()[0]) for one, other in proposed(self.staff.browser.get(run))}
        publish(self.staff, run)
        self.stage.work()
        return pairs

    def written(self) -> list[tuple[int, str, str]]:
        """Every letter of the association; each has gone out, once."""
        names = {person.email: name for name, person in self.people.items()}
        with self.stage.open():
            rows = db.session.execute(
                select(Notice, Delivery.state)
                .outerjoin(
                    Delivery, (Delivery.association_id == Notice.association_id) & (Delivery.notice_id == Notice.id)
                )
                .order_by(Notice.created_at)
            ).all()
            assert [(notice.template, state) for notice, state in rows if state != "sent"] == []
            return sorted(
                ((local_day(notice.created_at) - self.first).days, notice.template, names[notice.address])
                for notice, _state in rows
            )


@pytest.mark.proof
def test_a_year_writes_each_letter_once_and_to_the_right_person(app, mail, tmp_path, proof_count):
    year = Year(set_stage(app, "casbo", tmp_path), each_day=bool(proof_count(0, 1)))

    winter(year)
    spring(year)
    summer(year)
    autumn(year)

    assert year.written() == WRITTEN
    emails = {name: person.email for name, person in year.people.items()}
    assert Counter(mail.recipients) == Counter(emails[name] for _day, _letter, name in WRITTEN)


def winter(year: Year) -> None:
    """Applications approved, declined, returned and left as a draft; a pair, its hours over the limit, its end."""
    mena, dora, dina = year.joins("mena"), year.joins("dora"), year.joins("dina")
    rita = year.joins("rita", paid_for=49)
    thora = year.joins("thora", years={"payroll": 9, "safety": 9})
    sverre = year.joins("sverre", years={"safety": 9})
    by_mena = year.applies(mena, "mentee", wants("payroll"))
    by_dora = year.applies(dora, "mentee", wants("payroll"))
    by_rita = year.applies(rita, "mentee", wants("safety"))
    by_thora = year.applies(thora, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1))
    draft = dina.browser.get(begin(dina, "mentee")).location
    year.does(dina, draft, version=version_on(dina.browser.get(draft)), **wants("payroll")[0])

    year.until(3)
    approve(year.reviewer, by_mena, by_thora)
    declined = decide(year.reviewer, by_dora, "declined", reason="You ask for an audit.", next_steps="Ask the county.")
    assert declined.status_code == 303
    assert decide(year.reviewer, by_rita, "returned", reason="Which site is it?").status_code == 303
    year.stage.work()
    year.does(rita, f"/applications/{by_rita}/check", unchanged="yes")
    by_sverre = year.applies(sverre, "mentor", offers({"safety": 9}, mentees=1))

    year.until(8)
    assert year.matches() == {("Mena", "Thora")}
    place = mentorship_of(mena)
    for person, minutes in ((mena, "19 h"), (thora, "20:30")):
        year.does(person, f"{place}/hours", minutes=minutes, about="Year end", **day("spent_on", year.on(8)))
    near = text_of(thora.browser.get(place)).replace("\N{NO-BREAK SPACE}", " ")
    assert "39 h 30 min of 40 hours used, 30 minutes left." in near

    # Of their fourteen days the reviewers have had eleven and a night.
    year.until(15)
    approve(year.reviewer, by_rita, by_sverre)
    assert year.matches() == {("Rita", "Sverre")}
    year.does(mena, f"{place}/hours", minutes="2 h", about="Closing", **day("spent_on", year.on(15)))
    assert "Nothing is closed by this" in text_of(mena.browser.get(place))

    year.until(40)
    year.does(mena, f"{place}/end", reason="completed")
    year.until(41)
    year.does(thora, link_to(thora, place, "Comment on your mentee"), comments="Asks well.")
    year.does(thora, link_to(thora, place, "Rate your experience"), overall="very-good")


def spring(year: Year) -> None:
    """Dues that lapse and are paid, a mentor's rest, a silence, another partner, a mentor who is taken off."""
    rita, thora, sverre = (year.people[name] for name in ("rita", "thora", "sverre"))
    place = mentorship_of(rita)
    year.until(50)
    assert "Your membership dues are not paid" in text_of(rita.browser.get(place))
    year.until(64)
    pay(year.stage, year.staff, rita, year.on(500))
    year.does(thora, f"/home/pool/{entry_of(thora)}", do="pause", **day("until", year.on(120)))

    year.until(109)
    year.does(rita, f"{place}/in-touch", answer="no")
    year.does(rita, f"{place}/reassignment", reason="We never find the time.")
    year.until(112)
    assert answer(year.staff, place, "grant").status_code == 303
    year.stage.work()

    year.until(113)
    year.until(120)
    year.until(122)
    assert year.matches() == {("Rita", "Thora")}
    year.does(sverre, f"/home/pool/{entry_of(sverre)}", do="leave")


def summer(year: Year) -> None:
    """Somebody for whom there is nobody, then a Retiree; messages; a silence that is answered, and one that is not."""
    rita, thora, nova = year.people["rita"], year.people["thora"], year.joins("nova")
    ugo = year.joins("ugo", type="retiree", years={"safety": 20})
    year.until(142)
    approve(year.reviewer, year.applies(nova, "mentee", wants("safety")))
    year.stage.work()
    run = run_match(year.stage, year.staff)
    assert list(left_over(year.staff.browser.get(run))) == [nova.name]
    year.does(year.staff, f"{run}/discard")
    by_ugo = year.applies(ugo, "mentor", offers({"safety": 20}, promise=True))

    year.until(147)
    approve(year.reviewer, by_ugo)
    assert year.matches() == {("Nova", "Ugo")}
    place = mentorship_of(rita)
    for body in ("Shall we talk about the drill?", "Tuesday would do."):
        year.does(rita, f"{place}/messages", body=body)
    year.until(180)
    year.does(ugo, f"{mentorship_of(ugo)}/meetings", minutes="1:00", way="phone", **day("held_on", year.on(180)))
    year.until(192)
    year.does(thora, f"{place}/in-touch", answer="yes")


def autumn(year: Year) -> None:
    """An end with a reminder for the one who said nothing, a second application, a meeting; then one question, and no more."""
    rita, mena, thora, dina = (year.people[name] for name in ("rita", "mena", "thora", "dina"))
    place = mentorship_of(rita)
    year.until(225)
    year.does(rita, f"{place}/end", reason="completed")
    year.until(226)
    year.does(rita, link_to(rita, place, "Evaluate your mentor"), helped="mostly")
    year.until(235)

    year.until(260)
    again = year.applies(mena, "mentee", wants("payroll"))
    year.until(262)
    approve(year.reviewer, again)
    assert year.matches() == {("Mena", "Thora")}
    place = mentorship_of(mena)
    when = day("time1", year.on(270)) | {"time1-clock": "10:00", "minutes": "45", "way": "phone"}
    year.does(mena, f"{place}/plan", **when)
    plan = f"{place}/plans/{plan_on(thora, place)}"
    assert pick(thora, plan).status_code == 303
    year.stage.work()
    year.until(269)
    year.until(270)
    year.does(thora, f"{plan}/met", minutes="45")

    year.until(315)
    year.until(366)
    assert mentorships_of(mena) == [place]
    assert "Not sent yet" in text_of(dina.browser.get("/home"))
