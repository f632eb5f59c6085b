"""A season of a rolling program: applications all the year, a match each month, dues that lapse and are paid again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.models import Application, ApplicationStatus, Outcome, Role
from tandem.applications.queries import packet
from tandem.applications.review import decide
from tandem.behalf.queries import entries_for
from tandem.behalf.services import acting_as, begin_acting, end_acting, note_deed
from tandem.clocks import program_today
from tandem.demo.names import Cast, Places
from tandem.demo.people import Somebody, add_somebody
from tandem.demo.stage import (
    Stage,
    actor_of,
    apply,
    approve_waiting,
    change_answers,
    match,
    member_actor,
    mentorship,
    one_page_pdf,
    ready_member,
    staff_account,
)
from tandem.directory.services.memberships import record_payment
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import pause_entry
from tandem.mentorships.models import JournalVisibility, Mentorship
from tandem.mentorships.reassignment import ask_for_reassignment, grant_reassignment, open_request
from tandem.mentorships.services import end_mentorship, participants_of
from tandem.mentorships.work import log_meeting, note_time, write_journal
from tandem.privacy.services import answer_correction, ask_for_copy, ask_for_correction
from tandem.tenancy.scope import current_association_id

PLACES = Places(
    given=(
        "Ada",
        "Amara",
        "Benoni",
        "Briar",
        "Calla",
        "Dara",
        "Edda",
        "Elwin",
        "Fenna",
        "Gideon",
        "Hollis",
        "Imani",
        "Iris",
        "Jonas",
        "Kaveh",
        "Keziah",
        "Lark",
        "Leona",
        "Mabry",
        "Marlo",
        "Nadir",
        "Noor",
        "Odessa",
        "Orin",
        "Pilar",
        "Quill",
        "Ravi",
        "Rosalind",
        "Sage",
        "Soren",
        "Tamsin",
        "Tobin",
        "Uma",
        "Vesper",
        "Wendel",
        "Wren",
        "Yara",
        "Zora",
    ),
    first=(
        "Ash",
        "Bright",
        "Cedar",
        "Dun",
        "Elder",
        "Fern",
        "Gold",
        "Hart",
        "Iron",
        "Juniper",
        "Kings",
        "Lind",
        "Moss",
        "North",
        "Oak",
        "Pine",
        "Quarry",
        "River",
        "Stone",
        "Thistle",
        "Under",
        "Vale",
        "Willow",
    ),
    second=(
        "brook",
        "bury",
        "croft",
        "field",
        "ford",
        "grove",
        "ley",
        "mere",
        "ridge",
        "song",
        "stead",
        "water",
        "well",
        "wick",
        "wood",
    ),
    employers=(
        ("Sample Creek Unified", "north"),
        ("Fallow Hills Elementary", "north"),
        ("Larkmeadow Unified", "sacramento-valley"),
        ("Two Rivers Joint Union", "sacramento-valley"),
        ("Saltmarsh Unified", "bay-area"),
        ("Fogharbor City Schools", "bay-area"),
        ("Almond Flats Elementary", "central-valley"),
        ("Cottonwood Plain Unified", "central-valley"),
        ("Seacliff Union High", "central-coast"),
        ("Palisade County Office", "los-angeles"),
        ("Brightwater Unified", "los-angeles"),
        ("Dry Lake Unified", "inland"),
        ("Mesa Verde Valley Union", "inland"),
        ("Coronet Bay Elementary", "south"),
    ),
)

PROGRAM = "member-to-member"
FIRST, LAST = date(2026, 9, 1), date(2027, 4, 20)
DISCIPLINES = (
    "accounting",
    "payroll",
    "purchasing",
    "human-resources",
    "facilities",
    "child-nutrition",
    "transportation",
    "risk-management",
    "information-technology",
    "maintenance",
)
TITLES = ("chief-business-official", "director", "manager", "analyst", "technician")
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
    """The play, act by act; ``tell`` hears what happens."""

    def __init__(self, stage: Stage, tell: Callable[[str], None]) -> None:
        self.stage = stage
        self.tell = tell
        self.cast = Cast(PLACES, 31, "members.example")
        self.mentees: list[Somebody] = []
        self.mentors: list[Somebody] = []
        self.live: list[UUID] = []
        self.staff_id: UUID
        self.reviewer_id: UUID

    def play(self) -> dict[str, str]:
        """Play all of it; returns the addresses of those who can sign in, by what they are."""
        self.stage.begin(FIRST)
        self._people()
        self._year()
        return self._last_scene()

    def _people(self) -> None:
        self.tell("members, staff and reviewers")
        with self.stage.open():
            self.staff_id = staff_account(
                system=SYSTEM, email="staff@casbo.example", name="Robin Marchbanks", role="association-staff"
            ).id
            self.reviewer_id = staff_account(
                system=SYSTEM, email="reviewer@casbo.example", name="Jude Alderwyn", role="reviewer",
                committee="pslc-mentorship",
            ).id  # fmt: skip
            random = self.cast.random
            for number in range(34):
                self.mentees.append(
                    add_somebody(
                        actor=SYSTEM,
                        cast=self.cast,
                        type="career-builder",
                        titles=TITLES[2:],
                        since=date(2023, 7, 1) + timedelta(days=random.randrange(1000)),
                        paid_through=date(2027, 1, 31) if number in (3, 5) else date(2027, 6, 30),
                    )
                )
            for number in range(20):
                own = random.sample(DISCIPLINES, 2)
                self.mentors.append(
                    add_somebody(
                        actor=SYSTEM,
                        cast=self.cast,
                        titles=TITLES[:3],
                        type="retiree" if number % 6 == 5 else "career-builder",
                        since=date(2018, 7, 1) + timedelta(days=random.randrange(1400)),
                        paid_through=date(2027, 6, 30),
                        years={own[0]: random.randrange(6, 24), own[1]: random.randrange(5, 12)},
                    )
                )
            for _number in range(36):
                add_somebody(
                    actor=SYSTEM,
                    cast=self.cast,
                    type=random.choice(("career-builder", "retiree", "organizational")),
                    since=date(2019, 7, 1) + timedelta(days=random.randrange(2000)),
                    paid_through=date(2027, 6, 30),
                    titles=TITLES,
                )

    def _year(self) -> None:
        waiting_mentees, waiting_mentors = list(self.mentees), list(self.mentors)
        month = FIRST
        while month <= date(2027, 3, 1):
            self.tell(f"{month:%B %Y}")
            self.stage.go_to(month + timedelta(days=6))
            with self.stage.open():
                for somebody in waiting_mentors[:4]:
                    self._mentor_applies(somebody)
                for somebody in waiting_mentees[:4]:
                    self._mentee_applies(somebody)
            waiting_mentors, waiting_mentees = waiting_mentors[4:], waiting_mentees[4:]
            self.stage.go_to(month + timedelta(days=13))
            with self.stage.open():
                approve_waiting(reviewers=[self._actor(self.reviewer_id)])
            self.stage.go_to(month + timedelta(days=16))
            self.live += match(stage=self.stage, staff_id=self.staff_id, program=PROGRAM, cohort_id=None)
            self.stage.go_to(month + timedelta(days=22))
            self._work(month)
            month = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
        self.left = waiting_mentees

    def _work(self, month: date) -> None:
        random = self.cast.random
        with self.stage.open():
            for place, identifier in enumerate(list(self.live)):
                found = mentorship(identifier)
                people = participants_of(identifier)
                if found.state.value != "active" or len(people) < 2:
                    continue
                actor = member_actor(people[random.randrange(2)].member_id)
                log_meeting(
                    actor=actor,
                    mentorship=found,
                    held_on=program_today() - timedelta(days=random.randrange(0, 5)),
                    minutes=random.choice((25, 45, 60, 90)),
                    way=random.choice(("phone", "in-person", "email")),
                )
                if place % 3 == 0:
                    write_journal(
                        actor=actor,
                        mentorship=found,
                        visibility=JournalVisibility.PAIR,
                        body="We wrote down three questions for next time, and answered a fourth by accident.",
                    )
                    note_time(
                        actor=actor, mentorship=found, spent_on=program_today(), minutes=20, about="Reading a draft"
                    )
            if month >= date(2027, 1, 1) and self.live:
                oldest = mentorship(self.live.pop(0))
                mentee = next(one for one in participants_of(oldest.id) if one.side is Role.MENTEE)
                end_mentorship(actor=member_actor(mentee.member_id), mentorship=oldest, reason="completed")
        if month == date(2026, 12, 1):
            self._reassignment()
        if month == date(2027, 2, 1):
            with self.stage.open():
                # One of the two whose dues ran out at the end of January pays; the other's mentorship still rests.
                record_payment(
                    actor=SYSTEM,
                    member_id=self.mentees[3].id,
                    membership_id=self.mentees[3].membership_id,
                    paid_through=date(2028, 1, 31),
                )

    def _reassignment(self) -> None:
        with self.stage.open():
            found = mentorship(self.live[-1])
            mentee = next(one for one in participants_of(found.id) if one.side is Role.MENTEE)
            ask_for_reassignment(
                actor=member_actor(mentee.member_id),
                mentorship=found,
                reason="We are both kind about it, but our questions do not meet.",
            )
        with self.stage.open():
            found = mentorship(self.live.pop())
            mentee = next(one for one in participants_of(found.id) if one.side is Role.MENTEE)
            request = open_request(found.id, mentee.id)
            if request is not None:
                grant_reassignment(
                    actor=self._actor(self.staff_id),
                    request=request,
                    answer="Thank you for saying so early. You are first in line for the next match.",
                )

    def _last_scene(self) -> dict[str, str]:
        """April: one request for another match, one declined application, some that wait, and a match to publish."""
        self.tell("the week of the visit")
        self.stage.go_to(LAST - timedelta(days=6))
        with self.stage.open():
            for somebody in self.mentees[28:30]:
                self._mentee_applies(somebody)
        with self.stage.open():
            self._decline_newest()
            approve_waiting(reviewers=[self._actor(self.reviewer_id)])
        self.stage.go_to(LAST - timedelta(days=2))
        with self.stage.open():
            for place, somebody in enumerate(self.mentees[30:]):
                sent = self._mentee_applies(somebody)
                if place == 0:
                    change_answers(
                        member_id=somebody.id,
                        application_id=sent,
                        section="practical",
                        answers={"expected-hours.hours": ["12"], "ways": ["phone", "in-person"]},
                    )
            self._rest_until(LAST + timedelta(days=40))
            found = mentorship(self.live[1])
            mentor = next(one for one in participants_of(found.id) if one.side is Role.MENTOR)
            ask_for_reassignment(
                actor=member_actor(mentor.member_id),
                mentorship=found,
                reason="The need turned out to be in transportation, which I do not know well enough.",
            )
            self._own_data()
        self.stage.go_to(LAST)
        match(stage=self.stage, staff_id=self.staff_id, program=PROGRAM, cohort_id=None, publish=False)
        with self.stage.open():
            pair = participants_of(self._busiest().id)
            mentee = next(one for one in pair if one.side is Role.MENTEE)
            mentor = next(one for one in pair if one.side is Role.MENTOR)
            return {
                "mentee": ready_member(system=SYSTEM, member_id=mentee.member_id).email,
                "mentor": ready_member(system=SYSTEM, member_id=mentor.member_id).email,
                "reviewer": "reviewer@casbo.example",
                "association staff": "staff@casbo.example",
            }

    def _own_data(self) -> None:
        """One correction answered, one that waits for staff, a copy of one's data, and staff acting for someone on the telephone."""
        staff = self._actor(self.staff_id)
        first, second, third = (member_actor(somebody.id) for somebody in self.mentors[:3])
        request = ask_for_correction(
            actor=first,
            about="positions",
            wish="I am director since July 2024, not 2023. My letter of appointment says so.",
        )
        answer_correction(actor=staff, request_id=request.id, outcome="accepted", answer="Thank you; it is put right.")
        ask_for_correction(
            actor=second, about="experience", wish="My years in payroll are missing: nine, at Two Rivers, until 2019."
        )
        pair = participants_of(self._busiest().id)
        ask_for_copy(actor=member_actor(next(one for one in pair if one.side is Role.MENTEE).member_id))
        acting = begin_acting(
            actor=staff, member_id=third.member_id or self.mentors[2].id, reason="They called from the road."
        )
        entry = next((one for one in entries_for(staff, acting.member_id) if one.state is PoolState.OPEN), None)
        if entry is not None:
            pause_entry(actor=acting_as(staff, acting), entry=entry, reason="On leave until the summer")
            note_deed(acting=acting, deed="rested", program=entry.application.program.name)
        end_acting(actor=staff, acting=acting)

    def _busiest(self) -> Mentorship:
        return next(
            found for found in (mentorship(identifier) for identifier in self.live) if found.state.value == "active"
        )

    def _decline_newest(self) -> None:
        newest = db.session.scalar(
            select(Application.id)
            .where(Application.status == ApplicationStatus.SUBMITTED)
            .order_by(Application.status_since.desc())
        )
        if newest is not None:
            reviewer = self._actor(self.reviewer_id)
            decide(
                actor=reviewer,
                application=packet(actor=reviewer, application_id=newest).application,
                outcome=Outcome.DECLINED,
                reason="Your question is about a matter in dispute, which a mentor cannot advise on.",
                next_steps="Ask your county office’s counsel first. You are welcome to apply again with any other question.",
            )

    def _rest_until(self, day: date) -> None:
        """The mentor who is longest on file rests for a while."""
        entry = db.session.scalars(
            select(PoolEntry)
            .where(PoolEntry.role == Role.MENTOR, PoolEntry.state == PoolState.OPEN)
            .order_by(PoolEntry.entered_at, PoolEntry.id)
        ).first()
        if entry is not None:
            pause_entry(actor=member_actor(entry.member_id), entry=entry, reason="at their own wish", until=day)

    def _mentee_applies(self, somebody: Somebody) -> UUID:
        random = self.cast.random
        needs = random.sample(DISCIPLINES, random.choice((1, 2, 2)))
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
        papers = [("Letter of the district office.pdf", letter)] if years > 15 else []
        apply(member_id=somebody.id, program=PROGRAM, role=Role.MENTOR, answers=answers, files={"papers": papers})

    def _actor(self, account_id: UUID) -> Actor:
        return actor_of(db.session.get_one(Account, (current_association_id(), account_id)))
