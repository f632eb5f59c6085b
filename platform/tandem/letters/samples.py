"""What every letter would say of a real person: the data that there is, and in brackets what is only known when it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.clocks import program_today
from tandem.directory.models import Member, Membership
from tandem.extensions import db
from tandem.letters.services import TEMPLATE, variables_of
from tandem.mentorships.models import Mentorship, Participant
from tandem.mentorships.queries import people_in
from tandem.notices.markup import Source, quote
from tandem.notices.rendering import Rendered, link_to
from tandem.notices.services import preview_notice, write_notice
from tandem.notices.sorting import PREVIEW
from tandem.notices.templates_registry import NoticeTemplate, Topic
from tandem.programs.models import Program
from tandem.programs.queries import current_revision, role_word

#: A code such as a sign-in mail has; it opens nothing.
_CODE = "123 456"

#: What is asked of a program or a person to fill a letter.
READ = "notices.read"


@dataclass(frozen=True, slots=True)
class Sample:
    """What is put into a letter: ``known`` names the variables that come from the person's own data."""

    member: Member
    context: Mapping[str, Any]
    secrets: Mapping[str, str]
    program: Program | None
    known: frozenset[str] = field(default_factory=frozenset)


def sample_for(kind: NoticeTemplate, *, actor: Actor, member: Member, program_id: UUID | None = None) -> Sample:
    """What a letter would say of ``member``, out of the programs whose notices ``actor`` may read; five statements.

    ``program_id`` picks a program; else it is that of their newest mentorship or application.
    """
    mentorship = _mentorship(actor, kind, member, program_id)
    application = _application(actor, member, program_id)
    newest = mentorship or application
    program = newest.program if newest is not None else _program(actor, program_id)
    known = _known(member, program, mentorship, application)
    known = {name: value for name, value in known.items() if name in kind.variables and value not in (None, "", [])}
    context = {
        name: known.get(name, f"[{says}]")
        for name, says in kind.variables.items()
        if name not in kind.secret and (name in known or not _unused(kind, name, mentorship))
    }
    if "count" in context:
        context["count"] = 1
    if kind.id == "digest":
        context["items"] = Source(f"- [{quote('[' + str(kind.variables['items']) + ']')}]({link_to('/notices')})")
    secrets = {name: link_to(kind.page) if name == "link" else _CODE for name in kind.secret}
    return Sample(member, context, secrets, program, frozenset(known))


def sample_letter(kind: NoticeTemplate, sample: Sample, *, actor: Actor, language: str | None) -> Rendered | None:
    """The letter as it would be written; to staff's own letters the actor is the recipient. ``None`` for somebody who gets none."""
    to_actor = kind.topic is Topic.WORK and actor.account_id is not None
    return preview_notice(
        template=kind.id, context=sample.context, about=None, secrets=sample.secrets, language=language, unsent=True,
        program_id=sample.program.id if sample.program else None,
        to_member_id=None if to_actor else sample.member.id,
        to_account_id=actor.account_id if to_actor else None,
    )  # fmt: skip


def send_sample(kind: NoticeTemplate, sample: Sample, *, actor: Actor) -> bool:
    """Write the letter to the actor alone. Returns whether it was written: not where the configuration keeps it back."""
    notice = write_notice(
        template=kind.id, to_account_id=actor.account_id, context=sample.context, sensitive_text=sample.secrets or None,
        about=(PREVIEW, sample.member.id), program_id=sample.program.id if sample.program else None,
    )  # fmt: skip
    return notice is not None


def _known(
    member: Member, program: Program | None, mentorship: Mentorship | None, application: Application | None
) -> dict[str, Any]:
    today = program_today()
    found: dict[str, Any] = {
        "applicant": member.name,
        "applicants": [member.name],
        "minutes": 10,
        "answer_by": today + timedelta(days=7),
        "decide_by": today + timedelta(days=7),
        "open_until": today + timedelta(days=30),
        "paid_through": _paid_through(member),
        **variables_of(member),
    }
    if mentorship is not None:
        people = people_in([mentorship.id])[mentorship.id]
        side = next((person.side for person in people if person.member_id == member.id), None)
        others = [person.member.name for person in people if person.side is not side]
        mentors = [person.member.name for person in people if person.side is Role.MENTOR]
        found |= {
            "partners": others,
            "others": [
                person.member.name for person in people if person.side is side and person.member_id != member.id
            ],
            "person": others[0] if others else "",
            "by": others[0] if others else "",
            "mentor": mentors[0] if mentors else "",
            "ends_on": mentorship.ends_on,
            "ended_on": mentorship.ends_on or today,
        }
    if application is not None and program is not None:
        found["role"] = role_word(current_revision(program).resolved, application.role.value)
    return found


def _unused(kind: NoticeTemplate, name: str, mentorship: Mentorship | None) -> bool:
    # A mentorship that is known, and has no last day, has none in its letters either.
    if name == "ends_on" and mentorship is not None:
        return True
    # Some kinds share their words' variables; what is not used in one is left out of it.
    return name not in kind.required and name in {"others", "promise", "oldest", "missed", "earlier", "own_word"} | (
        {"answer_by"} if kind.id in {"application-approved", "application-declined"} else set()
    )


def _paid_through(member: Member) -> Any:
    return db.session.scalar(
        select(Membership.paid_through)
        .where(Membership.member_id == member.id)
        .order_by(Membership.valid_from.desc())
        .limit(1)
    )


def _mentorship(actor: Actor, kind: NoticeTemplate, member: Member, program_id: UUID | None) -> Mentorship | None:
    found = (
        select(Mentorship)
        .join(
            Participant,
            (Participant.association_id == Mentorship.association_id) & (Participant.mentorship_id == Mentorship.id),
        )
        .join(Program, (Program.association_id == Mentorship.association_id) & (Program.id == Mentorship.program_id))
        .where(Participant.member_id == member.id, programs_where(actor, READ))
        .options(joinedload(Mentorship.program))
        .order_by(Participant.side != _side(kind), Mentorship.started_at.desc(), Mentorship.id)
        .limit(1)
    )
    if program_id is not None:
        found = found.where(Mentorship.program_id == program_id)
    return db.session.scalar(found)


def _side(kind: NoticeTemplate) -> Role:
    # A member who is in mentorships on both sides reads each letter as the side that gets it.
    return Role.MENTOR if kind.id in {"match-published-mentor", "mentor-asked"} else Role.MENTEE


def _application(actor: Actor, member: Member, program_id: UUID | None) -> Application | None:
    found = (
        select(Application)
        .join(Program, (Program.association_id == Application.association_id) & (Program.id == Application.program_id))
        .where(
            Application.member_id == member.id,
            Application.status != ApplicationStatus.DRAFT,
            programs_where(actor, READ),
        )
        .options(joinedload(Application.program))
        .order_by(Application.submitted_at.desc(), Application.id)
        .limit(1)
    )
    if program_id is not None:
        found = found.where(Application.program_id == program_id)
    return db.session.scalar(found)


def _program(actor: Actor, program_id: UUID | None) -> Program | None:
    if program_id is None:
        return None
    return db.session.scalar(select(Program).where(Program.id == program_id, programs_where(actor, READ)))


__all__ = ["READ", "TEMPLATE", "Sample", "sample_for", "sample_letter", "send_sample"]
