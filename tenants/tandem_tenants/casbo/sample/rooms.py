"""What pairs do in their mentorship: goals, messages, meetings planned, what is agreed, what is told to staff alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from tandem.access.actor import Actor
from tandem.applications.models import Role
from tandem.clocks import program_today
from tandem.demo.names import Cast
from tandem.demo.stage import member_actor
from tandem.mentorships.concerns import answer_concern, raise_concern
from tandem.mentorships.evaluations import give_evaluation
from tandem.mentorships.goals import add_goal, agree_follow_up, change_goal, tick_follow_up
from tandem.mentorships.messages import write_message
from tandem.mentorships.models import GoalState, Mentorship, Participant
from tandem.mentorships.planning import pick_time, propose_meeting
from tandem.mentorships.touch import answer_check_in, open_check_in
from tandem.tenancy.scope import current_scope

Pair = tuple[Mentorship, list[Participant]]

GOALS = (
    "Close the year without the week of overtime that it cost last time.",
    "Write the purchasing calendar down, so that it does not live in one head.",
    "Read a collective agreement and know which of its clauses cost money.",
    "Explain the multi-year projection to the board in ten minutes.",
)
TASKS = (
    "Send the checklist of last year",
    "Ask the county office for the template",
    "Try the reconciliation with the figures of March",
)
MESSAGES = (
    "Thank you for today. I tried it in the afternoon, and it came out to the cent.",
    "Could we look at the second sheet first next time? It is where I got lost.",
    "Of course. Bring the one of last year too; the difference tells most of it.",
)
THANKS = ("I would have given up at the second sheet.", "You never made me feel that I should have known.")


class Rooms:
    """The rooms of the pairs that show more than a meeting a month."""

    def __init__(self, cast: Cast) -> None:
        self.random = cast.random

    def play(self, pairs: Sequence[Pair], staff: Actor) -> None:
        """The first twenty pairs work; of the silent ones, some answer that they are in touch, some that they are not."""
        for place, pair in enumerate([pair for pair in pairs if len(pair[1]) == 2][:20]):
            self._goals(pair, place)
            self._messages(pair, place)
            self._meeting(pair, place)
            if place in (3, 9):
                self._concern(pair, staff if place == 3 else None)
        for place, (found, people) in enumerate(pairs):
            asked = [one for one in people if open_check_in(one) is not None] if place % 10 == 4 else []
            for one in asked[: place % 3]:
                answer_check_in(actor=member_actor(one.member_id), mentorship=found, still=place % 20 == 4)

    def evaluate(self, pair: Pair) -> None:
        """What both say after the end."""
        found, people = pair
        mentee, mentor = _both(people)
        random = self.random
        give_evaluation(
            actor=member_actor(mentee.member_id), mentorship=found, key="of-the-mentor", about_id=mentor.id, version=0,
            raw={"helped": [random.choice(("fully", "fully", "mostly", "little"))], "thanks": [random.choice(THANKS)]},
        )  # fmt: skip
        give_evaluation(
            actor=member_actor(mentor.member_id), mentorship=found, key="experience", about_id=None, version=0,
            raw={"overall": [random.choice(("very-good", "good", "good", "mixed"))]},
        )  # fmt: skip

    def _goals(self, pair: Pair, place: int) -> None:
        found, people = pair
        mentee, mentor = _both(people)
        actor = member_actor(mentee.member_id)
        goal = add_goal(actor=actor, mentorship=found, body=self.random.choice(GOALS))
        if place % 3 == 0:
            add_goal(actor=actor, mentorship=found, body=GOALS[place % len(GOALS)])
            change_goal(actor=actor, mentorship=found, goal_id=goal.id, body=goal.body, state=GoalState.REACHED)
        due = program_today() + timedelta(days=place % 9)
        task = agree_follow_up(
            actor=actor, mentorship=found, body=TASKS[place % len(TASKS)], owner_id=mentor.id, due_on=due
        )
        if place % 4 == 1:
            tick_follow_up(actor=member_actor(mentor.member_id), mentorship=found, follow_up_id=task.id, done=True)

    def _messages(self, pair: Pair, place: int) -> None:
        found, people = pair
        mentee, mentor = _both(people)
        for line, one in zip(MESSAGES[: 1 + place % 3], (mentee, mentee, mentor), strict=False):
            write_message(actor=member_actor(one.member_id), mentorship=found, body=line)

    def _meeting(self, pair: Pair, place: int) -> None:
        """Times are proposed; every second pair has picked one."""
        found, people = pair
        mentee, mentor = _both(people)
        first = program_today() + timedelta(days=5 + place % 7)
        plan = propose_meeting(
            actor=member_actor(mentee.member_id), mentorship=found, minutes=45, way="phone",
            times=[_at(first, 15), _at(first + timedelta(days=1), 9)],
        )  # fmt: skip
        if place % 2 == 0:
            pick_time(actor=member_actor(mentor.member_id), mentorship=found, plan=plan, time=plan.times[0])

    def _concern(self, pair: Pair, staff: Actor | None) -> None:
        found, people = pair
        concern = raise_concern(
            actor=member_actor(_both(people)[0].member_id),
            mentorship=found,
            body="We were asked for figures of our district that I am not free to give. I would rather hear how to say no.",
        )
        if staff is not None:
            answer_concern(
                actor=staff,
                concern=concern,
                answer="You need give none. I will call you on Thursday, before you meet again.",
            )


def _both(people: Sequence[Participant]) -> tuple[Participant, Participant]:
    mentee = next(one for one in people if one.side is Role.MENTEE)
    return mentee, next(one for one in people if one.side is Role.MENTOR)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=current_scope().zone)
