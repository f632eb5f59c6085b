"""What staff do beside reviewing and matching: letters, notes, views, duplicates, lists of pairs, data, acting for somebody."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.applications.review import add_note as add_review_note
from tandem.applications.review import step_aside
from tandem.behalf.queries import entries_for
from tandem.behalf.services import acting_as, begin_acting, end_acting, note_deed
from tandem.clocks import program_today
from tandem.demo.stage import Stage, actor_of, member_actor
from tandem.directory.merging import merge_members
from tandem.directory.notes import add_note
from tandem.extensions import db
from tandem.home.saved import save_view
from tandem.identity.models import Account
from tandem.ids import uuid7
from tandem.letters.audience import audience, fingerprint
from tandem.letters.services import send_letter, start_letter
from tandem.matching.decided.bringing import bring_list, request_apply
from tandem.matching.models import MatchRun, PoolEntry, PoolState, Proposal
from tandem.matching.pool import leave_pool, pause_entry
from tandem.matching.publishing import publish_run
from tandem.matching.resting import come_back
from tandem.matching.runs import confirm_all, start_run
from tandem.notices.bouncing import note_report
from tandem.notices.holding import hold_mail, release_mail
from tandem.notices.models import Delivery, DeliveryState, Notice
from tandem.notices.reports import Became, Report
from tandem.notices.templates_registry import SECRET
from tandem.privacy.leaving import leave_altogether, stop_taking_part
from tandem.privacy.services import answer_correction, ask_for_copy, ask_for_correction
from tandem.programs.models import Program
from tandem.tenancy.scope import current_association_id
from tandem_tenants.casbo.sample.people import Members

VIEWS = (
    ("applications", "Mentors who wait", "role=mentor&status=submitted"),
    ("pools", "Payroll, on file", "discipline=payroll&role=mentor&state=open"),
    ("mentorships", "Paused", "state=paused"),
)


class Office:
    """The office of the association's staff."""

    def __init__(self, stage: Stage, staff_id: UUID, members: Members) -> None:
        self.stage = stage
        self.staff_id = staff_id
        self.members = members

    def winter(self) -> None:
        """January: mail is held while dues are looked through, a letter goes to a group, two records become one."""
        with self.stage.open():
            hold = hold_mail(
                actor=self._staff(), reason="Dues of January are being put in; nobody should hear of it twice."
            )
            hold_id = hold.id
        with self.stage.open():
            self._letter(
                page="pools", query="discipline=purchasing&role=mentor&state=open",
                subject="Mentors for purchasing: a call on February 5",
                body="Several of your mentees begin their first bids in March. We meet by telephone on **February 5** at noon.",
            )  # fmt: skip
            kept, gone = self.members.twins
            merge_members(actor=self._staff(), kept_id=kept.id, gone_id=gone.id)
        with self.stage.open():
            release_mail(actor=self._staff(), hold_id=hold_id, dropping=False)

    def match_by_list(self) -> None:
        """The month's match as a spreadsheet says it: brought in, checked, applied and published."""
        run_id = self.bring_list()
        with self.stage.open():
            request_apply(actor=self._staff(), run=_run(run_id))
        with self.stage.open():
            confirm_all(actor=self._staff(), run=_run(run_id))
            publish_run(actor=self._staff(), run=_run(run_id))

    def bring_list(self) -> UUID:
        """Start a match and bring in a list of its pairs, of which one is taken out again; returns the run's id."""
        with self.stage.open():
            program = db.session.scalars(select(Program)).one()
            run_id = start_run(actor=self._staff(), program=program, cohort_id=None).id
        with self.stage.open():
            bring_list(
                actor=self._staff(), run=_run(run_id), filename="pairs of the committee.csv", content=_list(run_id)
            )
        return run_id

    def spring(self, live: Sequence[tuple[UUID, UUID]]) -> None:
        """April: views, notes, corrections, rests, people who leave. ``live`` are the members of mentorships, mentee and mentor."""
        with self.stage.open():
            staff = self._staff()
            for page, name, query in VIEWS:
                save_view(actor=staff, page=page, name=name, query=query)
            for place, note in enumerate(
                (
                    "Prefers the telephone before eight. Said so twice, kindly.",
                    "Would speak at the spring meeting about being mentored late in a career.",
                    "Asked not to be matched within the own county.",
                )
            ):
                add_note(actor=staff, member_id=live[place][place % 2], body=note)
            start_letter(
                actor=staff, letter_id=uuid7(), page="mentorships", query="silent=yes&state=active",
                subject="How are the two of you?", body="We have not heard of a meeting for a while. Is there something we can do?",
            )  # fmt: skip
            self._review(staff)
        with self.stage.open():
            self._own_data(live[0][0])
        with self.stage.open():
            self._comes_back({member_id for pair in live for member_id in pair})
        with self.stage.open():
            self._rests()
            self._leaving()

    def _review(self, staff: Actor) -> None:
        waiting = db.session.scalars(
            select(Application)
            .where(Application.status == ApplicationStatus.SUBMITTED)
            .order_by(Application.status_since, Application.id)
            .limit(2)
        ).all()
        for application in waiting[:1]:
            add_review_note(actor=staff, application=application, note="I have asked the district about the dates.")
        for application in waiting[1:]:
            step_aside(actor=staff, application=application, reason="We worked in the same office until last year.")

    def _own_data(self, member_id: UUID) -> None:
        """One correction answered, one that waits, a copy of one's data, and staff acting for someone on the telephone."""
        staff = self._staff()
        first, second, third = (member_actor(somebody.id) for somebody in self.members.mentors[:3])
        request = ask_for_correction(
            actor=first,
            about="positions",
            wish="I am director since July 2024, not 2023. My letter of appointment says so.",
        )
        answer_correction(actor=staff, request_id=request.id, outcome="accepted", answer="Thank you; it is put right.")
        ask_for_correction(
            actor=second, about="experience", wish="My years in payroll are missing: nine, at Two Rivers, until 2019."
        )
        ask_for_copy(actor=member_actor(member_id))
        acting = begin_acting(
            actor=staff, member_id=third.member_id or self.members.mentors[2].id, reason="They called from the road."
        )
        entry = next((one for one in entries_for(staff, acting.member_id) if one.state is PoolState.OPEN), None)
        if entry is not None:
            pause_entry(actor=acting_as(staff, acting), entry=entry, reason="On leave until the summer")
            note_deed(acting=acting, deed="rested", program=entry.application.program.name)
        end_acting(actor=staff, acting=acting)

    def _comes_back(self, busy: set[UUID]) -> None:
        """Of the newest letters one came back, and one is late; none of somebody in a mentorship."""
        newest = db.session.execute(
            select(Delivery.id, Delivery.attempts, Notice.member_id)
            .join(Notice, (Notice.association_id == Delivery.association_id) & (Notice.id == Delivery.notice_id))
            .where(Delivery.state == DeliveryState.SENT, Notice.member_id.is_not(None), Notice.template.not_in(SECRET))
            .order_by(Delivery.finished_at.desc(), Delivery.id)
            .limit(200)
        ).all()
        letters = {row.member_id: row for row in reversed(newest) if row.member_id not in busy}
        reports = (
            Report(Became.REFUSED, "5.1.1", "550 5.1.1 The account that you tried to reach does not exist"),
            Report(Became.LATE, "4.4.1", "connect: connection timed out"),
        )
        for row, report in zip(list(letters.values())[-2:], reports, strict=False):
            note_report(delivery_id=row.id, attempt=row.attempts, report=report)

    def _rests(self) -> None:
        """Mentors rest until a day or without one, one leaves the pool, and one comes back to it."""
        entries = db.session.scalars(
            select(PoolEntry)
            .where(PoolEntry.role == Role.MENTOR, PoolEntry.state == PoolState.OPEN)
            .order_by(PoolEntry.entered_at, PoolEntry.id)
            .limit(40)
        ).all()
        for place, entry in enumerate(entries[::5]):
            until = program_today() + timedelta(days=10 + 9 * place) if place % 4 else None
            pause_entry(actor=member_actor(entry.member_id), entry=entry, reason="at their own wish", until=until)
        for entry in entries[1:9:5]:
            leave_pool(actor=member_actor(entry.member_id), entry=entry, reason="Retiring, and travelling first")
        for entry in entries[1:2]:
            come_back(actor=member_actor(entry.member_id), entry=entry)

    def _leaving(self) -> None:
        """One stops taking part, two leave the association; all of them had been on file longest among those who came last."""
        last = [member_actor(somebody.id) for somebody in self.members.leaving]
        stop_taking_part(actor=last[0])
        for actor in last[1:]:
            leave_altogether(actor=actor)

    def _letter(self, *, page: str, query: str, subject: str, body: str) -> None:
        staff = self._staff()
        letter = start_letter(actor=staff, letter_id=uuid7(), page=page, query=query, subject=subject, body=body)
        seen = fingerprint(audience(actor=staff, page=page, query=query))
        send_letter(actor=staff, letter_id=letter.id, seen=seen)

    def _staff(self) -> Actor:
        return actor_of(db.session.get_one(Account, (current_association_id(), self.staff_id)))


def _run(run_id: UUID) -> MatchRun:
    return db.session.get_one(MatchRun, (current_association_id(), run_id))


def _list(run_id: UUID) -> bytes:
    """The pairs of a run as somebody would send them: numbers, a state, a reason where one is taken out."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("mentee", "mentor", "state", "reason"))
    pairs = db.session.scalars(select(Proposal).where(Proposal.match_run_id == run_id).order_by(Proposal.id)).all()
    for place, pair in enumerate(pairs):
        row = (pair.mentee_entry.member.number, pair.mentor_entry.member.number)
        out = place == len(pairs) - 1
        writer.writerow((*row, "taken out" if out else "kept", "They work in the same office." if out else ""))
    return table.getvalue().encode()
