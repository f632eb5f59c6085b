"""A season of two departments with dated cohorts: groups of three in one, pairs in the other, each with staff of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.models import Application, ApplicationStatus, Outcome, Role
from tandem.applications.queries import packet
from tandem.applications.review import decide
from tandem.clocks import program_today
from tandem.demo.names import Cast, Places
from tandem.demo.people import Somebody, add_somebody
from tandem.demo.stage import (
    Stage,
    actor_of,
    apply,
    approve_waiting,
    match,
    member_actor,
    mentorship,
    ready_member,
    staff_account,
)
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.mentorships.reassignment import ask_for_reassignment
from tandem.mentorships.services import participants_of
from tandem.mentorships.work import log_meeting, ways_of
from tandem.programs.models import Cohort, Program
from tandem.tenancy.scope import current_association_id

PLACES = Places(
    given=(
        "Adèle",
        "Ambroise",
        "Apolline",
        "Basile",
        "Capucine",
        "Céleste",
        "Cyprien",
        "Éloi",
        "Émeline",
        "Fantine",
        "Firmin",
        "Gaspard",
        "Honorine",
        "Isaure",
        "Joachim",
        "Léonie",
        "Lubin",
        "Maël",
        "Mahaut",
        "Noémie",
        "Octave",
        "Oriane",
        "Pacôme",
        "Rosalie",
        "Séraphin",
        "Sidonie",
        "Théa",
        "Ulysse",
        "Victoire",
        "Zélie",
    ),
    first=("Bel", "Clair", "Beau", "Haut", "Mont", "Val", "Font", "Roche", "Bois", "Champ", "Mire", "Noir"),
    second=("aubin", "bourg", "court", "essart", "gard", "joly", "lac", "mont", "pré", "rive", "ron", "val"),
    employers=(
        ("Atelier du Vieux Pont", "haut-valmoray"),
        ("Menuiserie des Tilleuls", "haut-valmoray"),
        ("Scierie Blanche", "bas-valmoray"),
        ("Les Copeaux d’Or", "bas-valmoray"),
        ("Lutherie de la Halle", "plaine"),
        ("Filature des Trois Eaux", "plaine"),
        ("Teinturerie du Quai", "littoral"),
        ("Dentelles Morvane", "littoral"),
        ("Maison Tisserande", "sylve"),
        ("Charpentes de la Sylve", "sylve"),
    ),
)

FIRST, LAST = date(2026, 11, 17), date(2027, 4, 20)
WOOD, CLOTH = "compagnonnage", "fil-a-fil"
CRAFTS = {
    WOOD: ("ebenisterie", "marqueterie", "charpente", "lutherie", "tournage"),
    CLOTH: ("tissage", "teinture", "broderie", "dentelle", "tapisserie"),
}
GOALS = ("geste", "clientele", "gestion", "installation", "transmission")
STORIES = (
    "Je sors d’apprentissage et je voudrais un regard avant d’acheter mes machines.",
    "Je sais faire, mais je ne sais pas encore dire mon prix.",
    "J’ai repris l’atelier de ma tante : le métier, oui ; les papiers, non.",
)
WORK = (
    "Trente ans de métier, et encore des copeaux dans les poches.",
    "Un atelier de deux personnes, ouvert à qui pose des questions.",
)
SYSTEM = Actor(None, None, "Démonstration", (Grant("association-staff"),))
DEPARTMENTS = {WOOD: ("bois", "comite-bois"), CLOTH: ("textile", "comite-textile")}
STARTS = {WOOD: date(2027, 2, 15), CLOTH: date(2027, 3, 1)}
#: For the next cohort: how many come in time for the first sitting of the committee, and how many after it.
EARLY, LATE = {"mentees": 4, "mentors": 2}, {"mentees": 3, "mentors": 1}


class Season:
    """The play of both departments; ``tell`` hears what happens."""

    def __init__(self, stage: Stage, tell: Callable[[str], None]) -> None:
        self.stage = stage
        self.tell = tell
        self.cast = Cast(PLACES, 17, "adherents.example")
        self.mentees: dict[str, list[Somebody]] = {WOOD: [], CLOTH: []}
        self.mentors: dict[str, list[Somebody]] = {WOOD: [], CLOTH: []}
        self.staff: dict[str, UUID] = {}
        self.reviewers: dict[str, list[UUID]] = {}

    def play(self) -> dict[str, str]:
        """Play all of it; returns the addresses of those who can sign in, by what they are."""
        self.stage.begin(FIRST)
        self._people()
        self._applications()
        made = {program: self._match(program) for program in (WOOD, CLOTH)}
        self._work([identifier for found in made.values() for identifier in found])
        returned = self._next_cohort()
        with self.stage.open():
            self._unhappy(made[CLOTH][0])
            group = participants_of(made[WOOD][0])
            mentor = next(one for one in group if one.side is Role.MENTOR)
            mentee = next(one for one in group if one.side is Role.MENTEE)
            return {
                "mentee": ready_member(system=SYSTEM, member_id=mentee.member_id).email,
                "mentor": ready_member(system=SYSTEM, member_id=mentor.member_id).email,
                "applicant with a question": ready_member(system=SYSTEM, member_id=returned).email,
                "reviewer (wood)": "comite.bois@valmoray.example",
                "reviewer (textile)": "comite.textile@valmoray.example",
                "association staff": "secretariat@valmoray.example",
                "department staff (wood)": "bois@valmoray.example",
                "department staff (textile)": "textile@valmoray.example",
            }

    def _people(self) -> None:
        self.tell("members, staff and reviewers")
        with self.stage.open():
            staff_account(
                system=SYSTEM, email="secretariat@valmoray.example", name="Aurore Belcourt", role="association-staff"
            )
            for program, (department, committee) in DEPARTMENTS.items():
                self.staff[program] = staff_account(
                    system=SYSTEM, email=f"{department}@valmoray.example", name=" ".join(self.cast.name()),
                    role="department-staff", department=department,
                ).id  # fmt: skip
                self.reviewers[program] = [
                    staff_account(
                        system=SYSTEM, email=f"comite.{department}{place}@valmoray.example",
                        name=" ".join(self.cast.name()), role="reviewer", committee=committee,
                    ).id
                    for place in ("", "2", "3")
                ]  # fmt: skip
                self.mentees[program] += [self._mentee() for _number in range(13 if program == WOOD else 6)]
                self.mentors[program] += [self._mentor(program) for _number in range(5)]

    def _mentee(self) -> Somebody:
        random = self.cast.random
        return add_somebody(
            actor=SYSTEM,
            cast=self.cast,
            type=random.choice(("apprenti", "compagnon")),
            since=date(2024, 1, 1) + timedelta(days=random.randrange(700)),
            paid_through=date(2027, 12, 31),
            titles=("ouvrier",),
        )

    def _mentor(self, program: str) -> Somebody:
        random = self.cast.random
        crafts = random.sample(CRAFTS[program], 3)
        return add_somebody(
            actor=SYSTEM,
            cast=self.cast,
            type=random.choice(("compagnon", "maitre")),
            since=date(2015, 1, 1) + timedelta(days=random.randrange(1500)),
            paid_through=date(2027, 12, 31),
            titles=("chef-atelier", "artisan", "formateur"),
            years={crafts[0]: random.randrange(9, 30), crafts[1]: random.randrange(8, 12), crafts[2]: 8},
        )

    def _applications(self) -> None:
        for place, day in enumerate((date(2026, 12, 1), date(2026, 12, 16), date(2027, 1, 12))):
            self.tell(f"{day:%B %Y}")
            self.stage.go_to(day)
            with self.stage.open():
                for program in (WOOD, CLOTH):
                    for somebody in self.mentees[program][place::3]:
                        self._mentee_applies(program, somebody)
                    for somebody in self.mentors[program][place::3]:
                        self._mentor_applies(program, somebody)
            self.stage.go_to(day + timedelta(days=8))
            with self.stage.open():
                for program in (WOOD, CLOTH):
                    self._decide(program)

    def _decide(self, program: str) -> None:
        program_id = db.session.scalar(select(Program.id).where(Program.slug == program))
        approve_waiting(reviewers=self._reviewers(program), program_id=program_id)

    def _reviewers(self, program: str) -> list[Actor]:
        return [
            actor_of(db.session.get_one(Account, (current_association_id(), identifier)))
            for identifier in self.reviewers[program]
        ]

    def _match(self, program: str) -> list[UUID]:
        self.tell(f"match, {program}")
        self.stage.go_to(STARTS[program])
        with self.stage.open():
            cohort_id = db.session.scalar(
                select(Cohort.id)
                .join(Program, (Program.association_id == Cohort.association_id) & (Program.id == Cohort.program_id))
                .where(Program.slug == program)
                .order_by(Cohort.starts_on)
            )
        return match(stage=self.stage, staff_id=self.staff[program], program=program, cohort_id=cohort_id)

    def _work(self, made: list[UUID]) -> None:
        for day in (date(2027, 3, 10), date(2027, 4, 8)):
            self.tell(f"meetings in {day:%B}")
            self.stage.go_to(day)
            with self.stage.open():
                for identifier in made:
                    found = mentorship(identifier)
                    mentor = next(one for one in participants_of(identifier) if one.side is Role.MENTOR)
                    log_meeting(
                        actor=member_actor(mentor.member_id),
                        mentorship=found,
                        held_on=program_today(),
                        minutes=self.cast.random.choice((60, 90, 120)),
                        way=next(iter(ways_of(found))),
                    )

    def _next_cohort(self) -> UUID:
        """April: each department has people in its pool, one who was asked something, and some who wait.

        Returns the member whose application came back with a question.
        """
        self.tell("the next cohort")
        self.stage.go_to(LAST - timedelta(days=8))
        self._newcomers(EARLY)
        self.stage.go_to(LAST - timedelta(days=5))
        with self.stage.open():
            returned = [self._ask(program) for program in (WOOD, CLOTH)]
            for program in (WOOD, CLOTH):
                self._decide(program)
        self.stage.go_to(LAST - timedelta(days=2))
        self._newcomers(LATE)
        self.stage.go_to(LAST)
        return returned[0]

    def _newcomers(self, counts: Mapping[str, int]) -> None:
        with self.stage.open():
            for program in (WOOD, CLOTH):
                for _number in range(counts["mentees"]):
                    self._mentee_applies(program, self._mentee())
                for _number in range(counts["mentors"]):
                    self._mentor_applies(program, self._mentor(program))

    def _ask(self, program: str) -> UUID:
        """The committee returns the mentee's application that waits longest, with a question; returns whose it is."""
        waiting = (
            select(Application.id)
            .join(
                Program, (Program.association_id == Application.association_id) & (Program.id == Application.program_id)
            )
            .where(Program.slug == program, Application.role == Role.MENTEE)
            .where(Application.status == ApplicationStatus.SUBMITTED)
            .order_by(Application.status_since, Application.id)
            .limit(1)
        )
        reviewer = self._reviewers(program)[0]
        application = packet(actor=reviewer, application_id=db.session.scalars(waiting).one()).application
        decide(
            actor=reviewer,
            application=application,
            outcome=Outcome.RETURNED,
            reason="Votre récit s’arrête à la fin de l’apprentissage. Qu’avez-vous fait depuis ?",
        )
        return application.member_id

    def _unhappy(self, identifier: UUID) -> None:
        """A mentee asks for another mentor; nobody has answered yet."""
        mentee = next(one for one in participants_of(identifier) if one.side is Role.MENTEE)
        ask_for_reassignment(
            actor=member_actor(mentee.member_id),
            mentorship=mentorship(identifier),
            reason="Nos ateliers sont à deux heures de route l’un de l’autre, et nous ne nous voyons pas.",
        )

    def _mentee_applies(self, program: str, somebody: Somebody) -> None:
        random = self.cast.random
        apply(
            member_id=somebody.id,
            program=program,
            role=Role.MENTEE,
            answers={
                "savoir-faire": random.sample(CRAFTS[program], 3),
                "objectifs": random.sample(GOALS, 2),
                "recit": [random.choice(STORIES)],
                "rythme": [random.choice(("semaine", "samedi"))],
                "temps.hours": ["4"],
            },
        )

    def _mentor_applies(self, program: str, somebody: Somebody) -> None:
        random = self.cast.random
        answers = {
            "savoir-faire": list(somebody.years), "objectifs": random.sample(GOALS, 3), "presentation": [random.choice(WORK)],
            "places": ["3"], "rythme": [random.choice(("semaine", "samedi"))], "charte": ["yes"],
        }  # fmt: skip
        answers |= {f"savoir-faire.years.{key}": [str(count)] for key, count in somebody.years.items()}
        apply(member_id=somebody.id, program=program, role=Role.MENTOR, answers=answers)
