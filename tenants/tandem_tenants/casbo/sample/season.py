"""A season of a rolling program: applications all the year, a match each month, dues that lapse and are paid again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.models import Application, ApplicationStatus, Outcome, Role
from tandem.applications.review import decide, set_rule_aside
from tandem.applications.services import withdraw_application
from tandem.clocks import program_today
from tandem.demo.names import Cast
from tandem.demo.people import Somebody
from tandem.demo.stage import (
    Stage,
    actor_of,
    apply,
    approve_waiting,
    change_answers,
    match,
    member_actor,
    one_page_pdf,
    ready_member,
    staff_account,
)
from tandem.directory.services.memberships import record_payment
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.mentorships.ending import end_mentorship
from tandem.mentorships.models import JournalVisibility, Mentorship, MentorshipState, Participant
from tandem.mentorships.reassignment import ask_for_reassignment, grant_reassignment, open_request, refuse_reassignment
from tandem.mentorships.work import log_meeting, note_time, write_journal
from tandem.notices.choosing import choose, owner_of
from tandem.notices.models import Pace
from tandem.notices.templates_registry import Topic
from tandem.tenancy.scope import current_association_id, current_scope
from tandem_tenants.casbo.sample.office import Office
from tandem_tenants.casbo.sample.people import DISCIPLINES, EVERYBODY, PLACES, Members, Size, bring_in, newcomer
from tandem_tenants.casbo.sample.rooms import Rooms

PROGRAM = "member-to-member"
FIRST, LAST = date(2026, 9, 1), date(2027, 4, 20)
#: Asked for now and then, and offered by nobody: who needs nothing else is left over.
RARE = ("safety", "associated-student-body", "attendance")
KINDS = ("technical", "project", "orientation")
STORIES = (
    "The year-end close is mine for the first time, and the checklist I inherited stops in May.",
    "We are changing our system in the summer. I would like to hear what others wish they had asked.",
    "I moved here from another department and need the vocabulary before I need the answers.",
    "A bid went wrong, and I would like to understand why before the next one.",
)
WORK = (
    "Twenty years with budgets, the last eight of them in a county office.",
    "I ran a small business office where everybody did everything, so I have seen most of it.",
    "I like questions that begin with “this may be silly, but”.",
)
SYSTEM = Actor(None, None, "Demonstration", (Grant("association-staff"),))


class Season:
    """The play, act by act; ``tell`` hears what happens.

    ``stride``: the days from one stop of the clock to the next. What is done daily is done that often, often enough for a season.
    """

    def __init__(
        self,
        stage: Stage,
        tell: Callable[[str], None],
        size: Size = EVERYBODY,
        *,
        stride: int = 3,
    ) -> None:
        self.stage = stage
        self.tell = tell
        self.size = size
        self.stride = stride
        self.cast = Cast(PLACES, 31, "members.example")
        self.members: Members
        self.rooms = Rooms(self.cast)
        self.staff_id: UUID
        self.reviewer_id: UUID

    def play(self) -> dict[str, str]:
        """Play all of it; returns the addresses of those who can sign in, by what they are."""
        self.stage.begin(FIRST)
        self._people()
        self._year()
        return self._last_scene()

    def _people(self) -> None:
        self.tell(f"{self.size.members} members, staff and reviewers")
        with self.stage.open():
            staff = staff_account(
                system=SYSTEM, email="staff@casbo.example", name="Robin Marchbanks", role="association-staff"
            )
            reviewer = staff_account(
                system=SYSTEM, email="reviewer@casbo.example", name="Jude Alderwyn", role="reviewer",
                committee="pslc-mentorship",
            )  # fmt: skip
            self.staff_id, self.reviewer_id = staff.id, reviewer.id
            for account in (staff, reviewer):
                # One letter in the morning instead of one for each application.
                actor = actor_of(account)
                choose(actor=actor, owner=owner_of(actor), paces={Topic.WORK: Pace.DAILY})
            self.members = bring_in(actor=SYSTEM, cast=self.cast, size=self.size)

    def _year(self) -> None:
        """Seven months, each with a seventh of nearly everybody; the rest come in the week of the visit.

        On which days people apply, reviewers decide and staff match varies a little, as it does in an office.
        """
        mentees = self.members.mentees[: self.size.mentees * 92 // 100]
        mentors = self.members.mentors[: self.size.mentors * 95 // 100]
        for turn, month in enumerate(_months()):
            self.tell(f"{month:%B %Y}")
            self._go_to(month, 1 + turn % 3)
            with self.stage.open():
                for somebody in mentors[turn::7]:
                    self._mentor_applies(somebody)
                sent = [self._mentee_applies(somebody) for somebody in mentees[turn + 7 :: 14]]
            self._go_to(month, 4 + turn % 2)
            with self.stage.open():
                for somebody in mentees[turn::28]:
                    self._mentee_applies(somebody)
                self._answers(sent)
            self._go_to(month, 7 + turn * 2 % 3)
            with self.stage.open():
                self._approve()
                for somebody in mentees[turn + 14 :: 28]:
                    self._mentee_applies(somebody)
            self._go_to(month, 11 + turn * 3 % 4)
            with self.stage.open():
                self._approve()
                self._approve_in_spite()
            self._go_to(month, 15 + turn * 2 % 5)
            if turn == 6:
                self._office().match_by_list()
            else:
                match(stage=self.stage, staff_id=self.staff_id, program=PROGRAM, cohort_id=None)
            self._go_to(month, 22)
            with self.stage.open():
                self._work(turn)
            self._changes(turn)

    def _go_to(self, month: date, days: int) -> None:
        self.stage.go_to(month + timedelta(days=days), stride=self.stride)

    def _answers(self, sent: list[UUID]) -> None:
        """What becomes of a month's applications besides being approved: declined, asked something, withdrawn."""
        reviewer = self._actor(self.reviewer_id)
        declined, asked, withdrawn = (
            db.session.get_one(Application, (current_association_id(), one)) for one in sent[:3]
        )
        decide(
            actor=reviewer,
            application=declined,
            outcome=Outcome.DECLINED,
            reason="Your question is about a matter in dispute, which a mentor cannot advise on.",
            next_steps="Ask your county office’s counsel first. You are welcome to apply again with any other question.",
        )
        decide(
            actor=reviewer,
            application=asked,
            outcome=Outcome.RETURNED,
            reason="Which system do you use today? A mentor who knows it would save you both an hour.",
        )
        withdraw_application(actor=member_actor(withdrawn.member_id), application=withdrawn)

    def _approve(self) -> None:
        approve_waiting(reviewers=[self._actor(self.reviewer_id)])

    def _approve_in_spite(self) -> None:
        """One mentor who joined too lately comes with twenty years of work; who else is too late waits for another reading."""
        reviewer = self._actor(self.reviewer_id)
        application = db.session.scalars(
            select(Application)
            .where(Application.status == ApplicationStatus.SUBMITTED, Application.role == Role.MENTOR)
            .order_by(Application.status_since, Application.id)
            .limit(1)
        ).first()
        if application is not None:
            reason = "Eleven years with another association before joining; the chair knows the work."
            set_rule_aside(actor=reviewer, application=application, rule_id="tenure", reason=reason)
            decide(actor=reviewer, application=application, outcome=Outcome.APPROVED)

    def _work(self, turn: int) -> None:
        """A month of a mentorship for every second pair; every tenth is never heard of."""
        pairs = self.pairs()
        for place, (found, people) in enumerate(pairs):
            if (place + turn) % 2 or place % 10 == 4 or len(people) < 2:
                continue
            actor = self._meet(found, people)
            if place % 6 == 0:
                write_journal(
                    actor=actor,
                    mentorship=found,
                    visibility=JournalVisibility.PAIR,
                    body="We wrote down three questions for next time, and answered a fourth by accident.",
                )
                note_time(actor=actor, mentorship=found, spent_on=program_today(), minutes=20, about="Reading a draft")
        if turn >= 2:
            # Whose question is answered ends it; the oldest first.
            for place, (found, people) in enumerate(pairs[: len(pairs) // 7]):
                end_mentorship(
                    actor=member_actor(_of(people, Role.MENTEE).member_id), mentorship=found, reason="completed"
                )
                if place % 2:
                    self.rooms.evaluate((found, people))

    def _meet(self, mentorship: Mentorship, people: list[Participant]) -> Actor:
        """One of the two notes that they met in these days."""
        random = self.cast.random
        actor = member_actor(people[random.randrange(2)].member_id)
        held_on = program_today() - timedelta(days=random.randrange(0, 5))
        began = mentorship.started_at.astimezone(current_scope().zone).date()
        log_meeting(
            actor=actor,
            mentorship=mentorship,
            held_on=max(held_on, began),
            minutes=random.choice((25, 45, 60, 90)),
            way=random.choice(("phone", "in-person", "email")),
        )
        return actor

    def _changes(self, turn: int) -> None:
        """Another match asked for and granted, refused once; payments that bring back what had paused; the rooms in between."""
        with self.stage.open():
            if turn >= 1:
                self._reassignment(granted=turn % 3 != 2)
            if turn == 5:
                # Of those whose dues ran out at the end of January every second one pays; the others' mentorships still rest.
                lapsed = self._lapsed()
                for somebody in [one for one in self.members.mentees if one.id in lapsed][1::2]:
                    record_payment(
                        actor=SYSTEM,
                        member_id=somebody.id,
                        membership_id=somebody.membership_id,
                        paid_through=date(2028, 1, 31),
                    )
        if turn == 4:
            self._office().winter()

    def _lapsed(self) -> set[UUID]:
        rows = select(Participant.member_id).join(
            Mentorship,
            (Mentorship.association_id == Participant.association_id) & (Mentorship.id == Participant.mentorship_id),
        )
        return set(
            db.session.scalars(rows.where(Mentorship.state == MentorshipState.PAUSED, Participant.side == Role.MENTEE))
        )

    def _reassignment(self, *, granted: bool) -> None:
        found, people = self.pairs()[-1]
        mentee = _of(people, Role.MENTEE)
        ask_for_reassignment(
            actor=member_actor(mentee.member_id),
            mentorship=found,
            reason="We are both kind about it, but our questions do not meet.",
        )
        request = open_request(found.id, mentee.id)
        if request is None:
            return
        staff = self._actor(self.staff_id)
        if granted:
            answer = "Thank you for saying so early. You are first in line for the next match."
            grant_reassignment(actor=staff, request=request, answer=answer)
        else:
            answer = "You have met once so far. Would you try one more conversation, and tell me on Friday how it went?"
            refuse_reassignment(actor=staff, request=request, answer=answer)

    def _last_scene(self) -> dict[str, str]:
        """April: requests for another match, drafts and applications that wait, rests, and a match to publish."""
        self.tell("the week of the visit")
        late = self.members.mentees[self.size.mentees * 92 // 100 :]
        self.stage.go_to(LAST - timedelta(days=6), stride=self.stride)
        with self.stage.open():
            for somebody in late[::3]:
                self._mentee_applies(somebody)
        self.stage.go_to(LAST - timedelta(days=4), stride=self.stride)
        with self.stage.open():
            self._approve()
        self.stage.go_to(LAST - timedelta(days=2), stride=self.stride)
        with self.stage.open():
            for place, somebody in enumerate(late[1::3]):
                sent = self._mentee_applies(somebody)
                if place == 0:
                    change_answers(
                        member_id=somebody.id,
                        application_id=sent,
                        section="practical",
                        answers={"expected-hours.hours": ["12"], "ways": ["phone", "in-person"]},
                    )
            for somebody in late[2::3]:
                self._mentee_applies(somebody, send=False)
            for somebody in self.members.mentors[self.size.mentors * 95 // 100 :]:
                self._mentor_applies(somebody)
            # Whoever leaves soon after would take the request along.
            leaving = {somebody.id for somebody in self.members.leaving}
            staying = ((found, _of(people, Role.MENTOR).member_id) for found, people in self.pairs()[1:])
            mentorship, mentor = next(one for one in staying if one[1] not in leaving)
            ask_for_reassignment(
                actor=member_actor(mentor),
                mentorship=mentorship,
                reason="The need turned out to be in transportation, which I do not know well enough.",
            )
        with self.stage.open():
            pairs = self.pairs()
            # Most have met by now; every fifth pair is silent.
            for place, (found, people) in enumerate(pairs):
                if place % 10 not in (4, 7) and len(people) == 2:
                    self._meet(found, people)
            self.rooms.play(pairs, self._actor(self.staff_id))
            live = [
                (_of(people, Role.MENTEE).member_id, _of(people, Role.MENTOR).member_id) for _found, people in pairs
            ]
        self._office().spring(live)
        self.stage.go_to(LAST, stride=self.stride)
        self._office().bring_list()
        with self.stage.open():
            people = self.pairs()[0][1]
            return {
                "mentee": ready_member(system=SYSTEM, member_id=_of(people, Role.MENTEE).member_id).email,
                "mentor": ready_member(system=SYSTEM, member_id=_of(people, Role.MENTOR).member_id).email,
                "member who never applied": ready_member(system=SYSTEM, member_id=newcomer()).email,
                "reviewer": "reviewer@casbo.example",
                "association staff": "staff@casbo.example",
            }

    def pairs(self) -> list[tuple[Mentorship, list[Participant]]]:
        """The mentorships under way with both people, the oldest first; two statements."""
        found = db.session.scalars(
            select(Mentorship)
            .where(Mentorship.state == MentorshipState.ACTIVE)
            .order_by(Mentorship.started_at, Mentorship.id)
        ).all()
        people: dict[UUID, list[Participant]] = {}
        for one in db.session.scalars(select(Participant).order_by(Participant.side, Participant.id)):
            people.setdefault(one.mentorship_id, []).append(one)
        return [(one, people[one.id]) for one in found]

    def _mentee_applies(self, somebody: Somebody, *, send: bool = True) -> UUID:
        random = self.cast.random
        needs = random.sample(DISCIPLINES, random.choice((1, 2, 2)))
        if random.randrange(40) == 0:
            needs = [random.choice(RARE)]
        return apply(
            member_id=somebody.id,
            program=PROGRAM,
            role=Role.MENTEE,
            answers={
                "needs": needs,
                "need-kind": [random.choice(KINDS)],
                "about": [random.choice(STORIES)],
                "expected-hours.hours": [str(random.choice((1, 3, 8)))],
                "ways": ["phone", "email"],
            },
            send=send,
        )

    def _mentor_applies(self, somebody: Somebody) -> None:
        random = self.cast.random
        answers = {
            "expertise": list(somebody.years), "help-kind": random.sample(KINDS, 2), "background": [random.choice(WORK)],
            "mentees": [str(random.choice((1, 2, 2, 3)))], "available-hours.hours": ["10"], "ways": ["phone", "in-person"],
            "no-consulting": ["yes"],
        }  # fmt: skip
        answers |= {f"expertise.years.{key}": [str(count)] for key, count in somebody.years.items()}
        discipline, years = next(iter(somebody.years.items()))
        letter = one_page_pdf(
            f"{somebody.name} has worked with us in {discipline} for {years} years.",
            "",
            "The Office of Human Resources",
        )
        papers = [("Letter of the district office.pdf", letter)] if years > 20 else []
        apply(member_id=somebody.id, program=PROGRAM, role=Role.MENTOR, answers=answers, files={"papers": papers})

    def _office(self) -> Office:
        return Office(self.stage, self.staff_id, self.members)

    def _actor(self, account_id: UUID) -> Actor:
        return actor_of(db.session.get_one(Account, (current_association_id(), account_id)))


def _months() -> Iterator[date]:
    month = FIRST
    while month <= date(2027, 3, 1):
        yield month
        month = (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _of(people: list[Participant], side: Role) -> Participant:
    return next(one for one in people if one.side is side)
