"""What is kept about a member's taking part: applications, pools, mentorships, and what they wrote in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import joinedload

from tandem.applications.models import Application, Decision, Role
from tandem.applications.shown import labels_of, status_sentence
from tandem.clocks import local_day
from tandem.forms.models import Submission
from tandem.forms.queries import shown_submission
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.resting import mentors_who_left
from tandem.mentorships.evaluations import told_about
from tandem.mentorships.models import (
    Concern,
    Evaluation,
    FollowUp,
    Goal,
    Hours,
    JournalEntry,
    JournalVisibility,
    Meeting,
    Mentorship,
    Message,
    Participant,
    ReassignmentRequest,
)
from tandem.mentorships.queries import mentorships_of, people_in
from tandem.mentorships.work import ways_of
from tandem.privacy.kept import Fact, Group, Item, Person, Reader, all_of, fact, mentorship_url, moment_title, rows_of
from tandem.programs.queries import role_word
from tandem.web.formatting import say_duration
from tandem.wording import labels_for


def _applications(person: Person) -> Group:
    rows, total = rows_of(
        person,
        select(Application)
        .where(Application.member_id == person.member.id)
        .options(
            joinedload(Application.program),
            joinedload(Application.cohort),
            joinedload(Application.program_revision),
            joinedload(Application.submission).joinedload(Submission.form_revision),
        )
        .order_by(Application.created_at.desc(), Application.id),
    )
    decided: dict[Any, list[Decision]] = {}
    for decision in all_of(
        select(Decision).where(Decision.application_id.in_([row.id for row in rows])).order_by(Decision.created_at)
    ):
        decided.setdefault(decision.application_id, []).append(decision)
    items = []
    for row in rows:
        facts = [
            fact("role", _("As"), role_word(row.program_revision.resolved, row.role.value)),
            fact("cohort", _("Cohort"), row.cohort.name if row.cohort else None),
            fact("status", _("Where it stands"), status_sentence(row)),
            fact("begun", _("Begun"), row.created_at),
            fact("sent", pgettext("application", "Sent"), row.submitted_at),
        ]
        for decision in decided.get(row.id, []):
            said = [part for part in (decision.reason, decision.next_steps) if part]
            facts.append(fact("decided", _("Decided"), decision.created_at))
            facts.append(fact("reason", _("What you were told"), said))
        if not person.most:
            facts += _answers(row.submission, row)
        items.append(
            Item(
                row.program.name, facts, url=url_for("applications.show", application_id=row.id) if person.most else ""
            )
        )
    return Group(
        "applications", _("Applications and answers"), source=_("From you."),
        readers=_("A draft: you alone. Once sent: its reviewers and the program’s staff. Partners read what the form says beside a question."),
        items=items, total=total, empty=_("You have not applied to a program."),
    )  # fmt: skip


def _answers(submission: Submission, application: Application | None = None) -> list[Fact]:
    labels = labels_of(application) if application else labels_for(submission.form_revision.definition)
    return [
        Fact(f"answer.{answer.id}", answer.label, list(answer.lines), "\n".join(answer.lines))
        for section in shown_submission(submission, labels)
        for answer in section.answers
        if answer.lines
    ]


def _pools(person: Person) -> Group:
    states = {
        "open": _("waiting, or available"), "paused": _("at rest"), "matched": _("matched, and no longer waiting"), "left": _("left")
    }  # fmt: skip
    rows, total = rows_of(
        person,
        select(PoolEntry)
        .where(PoolEntry.member_id == person.member.id)
        .options(joinedload(PoolEntry.application).joinedload(Application.program))
        .order_by(PoolEntry.entered_at.desc(), PoolEntry.id),
    )
    items = [
        Item(
            row.application.program.name,
            [
                fact("role", _("As"), role_word({}, row.role.value)),
                fact("state", _("State"), states[row.state.value]),
                fact("entered", _("Since"), local_day(row.entered_at)),
                fact("places", _("Places"), row.places if row.role.value == "mentor" else None),
                fact("reason", _("Reason"), row.state_reason),
                fact("left", _("Left"), row.left_at),
            ],
        )
        for row in rows
    ]
    return Group(
        "pools", _("Places in pools"), source=_("From approved applications, and what you or staff changed since."),
        readers=_("You and the program’s staff."), items=items, total=total,
        own=_pool_way(person, rows),
        empty=_("You are in no pool."),
    )  # fmt: skip


def _pool_way(person: Person, rows: Sequence[PoolEntry]) -> tuple[str, str] | None:
    """What Home lets somebody do about their places: nothing once a match has taken them, or they were left for good."""
    on_file = {row.role for row in rows if row.state in (PoolState.OPEN, PoolState.PAUSED)}
    if not person.most:
        return None
    if Role.MENTOR in on_file:
        label = _("Rest or leave on Home")
    elif on_file:
        label = _("Leave on Home")
    elif any(row.role is Role.MENTOR and row.state is PoolState.LEFT for row in rows) and mentors_who_left(
        person.member.id
    ):
        label = _("Come back on Home")
    else:
        return None
    return label, url_for("home.member", _anchor="pools")


def _mentorships(person: Person) -> Group:
    states = {"active": _("under way"), "paused": _("at rest"), "ended": _("ended")}
    found = mentorships_of(person.member.id)
    shown = found[: person.most] if person.most else found
    people = people_in([row.id for row in shown])
    items = []
    for row in shown:
        me = next(one for one in people[row.id] if one.member_id == person.member.id)
        partners = [one.member.name for one in people[row.id] if one.side is not me.side]
        facts = [
            fact("role", _("As"), role_word({}, me.side.value)),
            fact("partners", _("With"), partners),
            fact("state", _("State"), states[row.state.value]),
            fact("began", _("Began"), local_day(row.started_at)),
            fact("ends_on", _("Last day"), row.ends_on),
            fact("ended", _("Ended"), row.ended_at),
        ]
        items.append(Item(row.program.name, facts, url=mentorship_url(person, row.id)))
    return Group(
        "mentorships", _("Mentorships"), source=_("From the match, and what happened since."),
        readers=_("You, your partners and the program’s staff: that you are matched and how it goes, not what is said."),
        items=items, total=len(found), asks=True, empty=_("You have had none."),
    )  # fmt: skip


def _mine(model: Any, participant: Any) -> Select[Any]:
    """Rows of ``model`` by the participants that a member is, with their mentorship's program."""
    return (
        select(model)
        .join(Participant, and_(Participant.association_id == model.association_id, Participant.id == participant))
        .join(Mentorship, and_(Mentorship.association_id == model.association_id, Mentorship.id == Participant.mentorship_id))
    )  # fmt: skip


def _own(person: Person, model: Any, participant: Any, *order: Any) -> tuple[list[Any], int]:
    statement = _mine(model, participant).where(Participant.member_id == person.member.id)
    if hasattr(model, "removed_at"):
        statement = statement.where(model.removed_at.is_(None))
    return rows_of(person, statement.order_by(*order, model.id))


def _hours(person: Person) -> Group:
    rows, total = _own(person, Hours, Hours.participant_id, Hours.spent_on.desc())
    items = [
        Item(
            say_duration(row.minutes),
            [fact("day", _("Day"), row.spent_on), _minutes(row.minutes), fact("about", _("About"), row.about)],
            url=mentorship_url(person, row.mentorship_id),
        )
        for row in rows
    ]
    return Group(
        "hours", _("Hours you noted"), source=_("From you."),
        readers=_("You, your partners and the program’s staff."), items=items, total=total, empty=_("None are noted."),
    )  # fmt: skip


def _meetings(person: Person) -> Group:
    mine = select(Participant.mentorship_id).where(Participant.member_id == person.member.id)
    rows, total = rows_of(
        person,
        select(Meeting, Mentorship)
        .join(
            Mentorship,
            and_(Mentorship.association_id == Meeting.association_id, Mentorship.id == Meeting.mentorship_id),
        )
        .where(Meeting.mentorship_id.in_(mine), Meeting.removed_at.is_(None))
        .options(joinedload(Mentorship.program_revision))
        .order_by(Meeting.held_on.desc(), Meeting.id),
    )
    items = [
        Item(
            say_duration(row.minutes),
            [
                fact("day", _("Day"), row.held_on),
                _minutes(row.minutes),
                Fact("way", _("Way"), row.way, ways_of(mentorship).get(row.way, row.way)),
            ],
            url=mentorship_url(person, row.mentorship_id),
        )
        for row, mentorship in rows
    ]
    return Group(
        "meetings", _("Meetings"), source=_("From you or your partners."),
        readers=_("You, your partners and the program’s staff: that you met, never what was said."),
        items=items, total=total, empty=_("None is noted."),
    )  # fmt: skip


def _minutes(minutes: int) -> Fact:
    # The item is called by it, so it is said once.
    return Fact("minutes", _("Time"), minutes, "")


def _journal(person: Person) -> Group:
    readers = {JournalVisibility.SELF: _("you alone"), JournalVisibility.PAIR: _("you and your partners")}
    rows, total = _own(person, JournalEntry, JournalEntry.participant_id, JournalEntry.created_at.desc())
    items = [
        Item(
            moment_title(row.created_at), [fact("readers", _("Can be read by"), readers[row.visibility])], row.body,
            mentorship_url(person, row.mentorship_id),
        )
        for row in rows
    ]  # fmt: skip
    return Group(
        "journal", _("Your journal"), source=_("From you."),
        readers=_("You alone, or you and your partners where you shared an entry. Never staff."),
        items=items, total=total, empty=_("You have written nothing."),
    )  # fmt: skip


def _messages(person: Person) -> Group:
    rows, total = _own(person, Message, Message.participant_id, Message.created_at.desc())
    items = [
        Item(moment_title(row.created_at), (), row.body, mentorship_url(person, row.mentorship_id)) for row in rows
    ]
    return Group(
        "messages", _("Messages you wrote"), source=_("From you."), readers=_("You and your partners. Never staff."),
        items=items, total=total, empty=_("You have written none."),
    )  # fmt: skip


def _plans(person: Person) -> Group:
    states = {"open": _("open"), "reached": _("reached"), "left": _("left aside")}
    goals, count = _own(person, Goal, Goal.participant_id, Goal.created_at.desc())
    tasks, more = _own(person, FollowUp, FollowUp.participant_id, FollowUp.created_at.desc())
    items = [
        Item(moment_title(row.created_at), [fact("state", _("Goal"), states[row.state.value])], row.body,
             mentorship_url(person, row.mentorship_id))
        for row in goals
    ] + [
        Item(moment_title(row.created_at), [fact("due", _("To do by"), row.due_on), fact("done", _("Done"), row.done_at)],
             row.body, mentorship_url(person, row.mentorship_id))
        for row in tasks
    ]  # fmt: skip
    return Group(
        "goals", _("Your goals and what you will do"), source=_("From you and your partners."),
        readers=_("You and your partners. Never staff."), items=items, total=count + more, empty=_("None is written down."),
    )  # fmt: skip


def _to_staff(person: Person) -> Group:
    asked, count = _own(
        person, ReassignmentRequest, ReassignmentRequest.participant_id, ReassignmentRequest.created_at.desc()
    )
    raised, more = _own(person, Concern, Concern.participant_id, Concern.created_at.desc())
    items = [
        Item(moment_title(row.created_at), [fact("kind", _("What"), what), fact("answer", _("Answer"), row.answer)],
             getattr(row, column))
        for rows, what, column in (
            (asked, _("You asked for another match"), "reason"), (raised, _("You raised a concern in confidence"), "body")
        )
        for row in rows
    ]  # fmt: skip
    return Group(
        "to-staff", _("What you wrote to staff"), source=_("From you, and staff’s answers."),
        readers=_("You and the program’s staff; a concern only those who look after concerns. Your partners never."),
        items=items, total=count + more, empty=_("Nothing."),
    )  # fmt: skip


def _evaluations(person: Person) -> Group:
    rows, total = rows_of(
        person,
        _mine(Evaluation, Evaluation.participant_id)
        .where(Participant.member_id == person.member.id)
        .options(joinedload(Evaluation.submission).joinedload(Submission.form_revision))
        .order_by(Evaluation.created_at.desc(), Evaluation.id),
    )
    items = [
        Item(
            row.submission.form_revision.definition.get("title") or row.key,
            [fact("given", _("Given"), row.created_at), *([] if person.most else _answers(row.submission))],
            url=mentorship_url(person, row.mentorship_id),
        )
        for row in rows
    ]
    if not person.most:
        items += _told(person)
    return Group(
        "evaluations", _("What was said at the end"), source=_("From you; and from partners, as far as you may read it."),
        readers=_("It stands beside each question who can read the answer."),
        items=items, total=max(total, len(items)), empty=_("You have said nothing yet."),
    )  # fmt: skip


def _told(person: Person) -> list[Item]:
    participants = all_of(select(Participant).where(Participant.member_id == person.member.id).order_by(Participant.id))
    return [
        Item(
            _("What %(name)s said of you", name=told.name),
            [
                Fact(f"answer.{answer.id}", answer.label, list(answer.lines), "\n".join(answer.lines))
                for answer in told.answers
            ],
        )
        for me in participants
        for told in told_about(me)
    ]


READERS: tuple[Reader, ...] = (
    _applications, _pools, _mentorships, _meetings, _hours, _plans, _journal, _messages, _to_staff, _evaluations,
)  # fmt: skip
