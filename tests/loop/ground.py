"""An association in which everything is under way at once, to try bad input on; and a look at whether anything changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from tandem.clocks import program_today
from tandem.extensions import db
from tests.loop.stage import Stage
from tests.loop.walk import (
    Person,
    a_helper,
    a_pair,
    a_person,
    apply,
    approve,
    begin,
    by_hand_ids,
    day,
    run_match,
    wants,
)
from tests.pages import post

#: The tables of what people do. Sessions, jobs and deliveries have a life of their own.
TABLES = (
    "application", "application_file", "application_sending", "check_in", "concern", "submission", "answer_fact", "verdict", "waiver", "review", "recusal", "decision", "pool_entry",
    "match_run", "proposal", "lock", "mentorship", "participant", "pause", "meeting", "attendance", "hours",
    "journal_entry", "evaluation", "follow_up", "goal", "goal_change", "meeting_plan", "message", "reassignment_request", "notice", "audit_entry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """People, and the addresses of what they have under way.

    ``draft`` is ``newcomer``'s application, begun and not sent; ``waiting`` one with the reviewers; ``run`` a match with one
    pair proposed and one mentee left over; ``place`` the mentorship of ``mentee`` and ``mentor``, with an open request.
    """

    stage: Stage
    staff: Person
    newcomer: Person
    applicant: Person
    mentee: Person
    mentor: Person
    draft: str
    waiting: str
    run: str
    proposal: str
    left_entry: str
    mentor_entry: str
    place: str
    meeting: str
    hours: str
    entry: str
    request: str

    def snapshot(self) -> dict[str, str]:
        """A digest of every table of the association."""
        digest = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        columns = ", ".join(f'(SELECT {digest} FROM {table} t) AS "{table}"' for table in TABLES)
        with self.stage.open():
            return dict(db.session.execute(text(f"SELECT {columns}")).one()._mapping)

    def addresses(self) -> dict[str, tuple[Person, str]]:
        """Every address of an object here with who may use it, by a name for it."""
        waiting = f"/staff/applications/{self.waiting}"
        return {
            "draft": (self.newcomer, f"/applications/{self.draft}"),
            "section": (self.newcomer, f"/applications/{self.draft}/sections/need"),
            "check": (self.newcomer, f"/applications/{self.draft}/check"),
            "evidence": (self.newcomer, f"/applications/{self.draft}/evidence/career-builder"),
            "change": (self.applicant, f"/applications/{self.waiting}/change"),
            "withdraw": (self.newcomer, f"/applications/{self.draft}/withdraw"),
            "review": (self.staff, waiting),
            "decision": (self.staff, f"{waiting}/decision"),
            "rule": (self.staff, f"{waiting}/rules/need"),
            "notes": (self.staff, f"{waiting}/notes"),
            "recusal": (self.staff, f"{waiting}/recusal"),
            "pool": (self.staff, f"/staff/pools/{self.left_entry}"),
            "own-pool": (self.mentor, f"/home/pool/{self.mentor_entry}"),
            "run": (self.staff, self.run),
            "pair": (self.staff, f"{self.run}/pairs/{self.proposal}"),
            "locks": (self.staff, f"{self.run}/locks"),
            "by-hand": (self.staff, f"{self.run}/by-hand"),
            "confirm": (self.staff, f"{self.run}/confirm"),
            "publish": (self.staff, f"{self.run}/publish"),
            "discard": (self.staff, f"{self.run}/discard"),
            "mentorship": (self.mentee, self.place),
            "meetings": (self.mentee, f"{self.place}/meetings"),
            "meeting-remove": (self.mentee, f"{self.place}/meetings/{self.meeting}/remove"),
            "meeting-restore": (self.mentee, f"{self.place}/meetings/{self.meeting}/restore"),
            "hours": (self.mentee, f"{self.place}/hours"),
            "hours-remove": (self.mentee, f"{self.place}/hours/{self.hours}/remove"),
            "journal": (self.mentee, f"{self.place}/journal"),
            "goals": (self.mentee, f"{self.place}/goals"),
            "follow-ups": (self.mentee, f"{self.place}/follow-ups"),
            "plan": (self.mentee, f"{self.place}/plan"),
            "concern": (self.mentee, f"{self.place}/concern"),
            "messages": (self.mentee, f"{self.place}/messages"),
            "journal-entry": (self.mentee, f"{self.place}/journal/{self.entry}"),
            "reassignment": (self.mentor, f"{self.place}/reassignment"),
            "end": (self.mentee, f"{self.place}/end"),
            "staff-mentorship": (self.staff, f"/staff{self.place}"),
            "pause": (self.staff, f"/staff{self.place}/pause"),
            "resume": (self.staff, f"/staff{self.place}/resume"),
            "staff-end": (self.staff, f"/staff{self.place}/end"),
            "answer": (self.staff, f"/staff{self.place}/requests/{self.request}"),
        }


def a_ground(stage: Stage) -> Ground:
    """Everything under way at once."""
    staff, newcomer, applicant = a_helper(stage), a_person(stage, "Nova"), a_person(stage, "Wanda")
    mentee, mentor = a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    with stage.open():
        today = program_today()
    post(mentee.browser, f"{place}/meetings", {**day("held_on", today), "minutes": "45", "way": "phone"})
    post(mentee.browser, f"{place}/hours", {**day("spent_on", today), "minutes": "10", "about": "Reading"})
    post(mentee.browser, f"{place}/journal", {"body": "Mine alone.", "visibility": "self"})
    post(mentee.browser, f"{place}/reassignment", {"reason": "Another field."})
    approve(
        staff,
        apply(a_person(stage, "Pia"), "mentee", wants("payroll")),
        apply(a_person(stage, "Lena"), "mentee", wants("safety")),
    )
    run = run_match(stage, staff)
    waiting = apply(applicant, "mentee", wants("payroll"))
    own = mentee.browser.get(place).get_data(as_text=True)
    theirs = staff.browser.get(f"/staff{place}").get_data(as_text=True)
    left_entry, mentor_entry = by_hand_ids(stage, staff, run, "Lena", mentor)
    return Ground(
        stage=stage, staff=staff, newcomer=newcomer, applicant=applicant, mentee=mentee, mentor=mentor,
        draft=begin(newcomer, "mentee").rpartition("/")[2], waiting=str(waiting), run=run,
        proposal=_id(staff.browser.get(run).get_data(as_text=True), r"/pairs/(ID)"),
        left_entry=left_entry, mentor_entry=mentor_entry, place=place, meeting=_id(own, r"/meetings/(ID)/remove"),
        hours=_id(own, r"/hours/(ID)/remove"), entry=_id(own, r"/journal/(ID)"),
        request=_id(theirs, r"/requests/(ID)"),
    )  # fmt: skip


def _id(page: str, pattern: str) -> str:
    found = re.search(pattern.replace("ID", "[0-9a-f-]{36}"), page)
    assert found, pattern
    return str(UUID(found[1]))
