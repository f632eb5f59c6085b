"""What is kept about a member's person, in the directory and around signing in."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.roles import ROLE_WORDS
from tandem.audit.models import AuditEntry
from tandem.audit.words import action_words
from tandem.clocks import as_program_time, local_day
from tandem.directory.models import Experience, Membership, Position
from tandem.directory.queries import title_of
from tandem.identity.browsers import describe_browser
from tandem.identity.models import RoleGrant, SignInSession
from tandem.notices.models import Notice
from tandem.notices.templates_registry import TEMPLATES
from tandem.privacy.kept import Fact, Group, Item, Person, Reader, all_of, fact, moment_title, rows_of
from tandem.privacy.models import CorrectionRequest
from tandem.privacy.words import STATE_WORDS
from tandem.web.formatting import say_zone
from tandem.web.languages import language_names


def _person(person: Person) -> Group:
    member, account = person.member, person.account
    language = (account and account.language) or member.language
    facts = [
        fact("given_name", _("Given name"), member.given_name),
        fact("family_name", _("Family name"), member.family_name),
        fact("number", _("Member number"), member.number),
        fact("email", _("E-mail address"), member.email),
        fact("phone", _("Telephone"), member.phone),
        Fact("time_zone", _("Time zone"), member.time_zone, say_zone(member.time_zone) if member.time_zone else ""),
        Fact("language", _("Language"), language, language_names([language])[0][1] if language else ""),
        fact("created_at", _("In the directory since"), local_day(member.created_at)),
    ]
    return Group(
        "person", _("Who you are"),
        source=_("From the association’s directory: its own lists and what its staff record."),
        readers=_("You, the association’s staff and who reviews your applications; partners see your name, address and telephone."),
        items=[Item(member.name, facts)], total=1, asks=True,
        own=(_("Change telephone and time zone"), url_for("my_data.details")) if person.most else None,
    )  # fmt: skip


def _memberships(person: Person) -> Group:
    rows = all_of(
        select(Membership).where(Membership.member_id == person.member.id).order_by(Membership.valid_from.desc())
    )
    items = [
        Item(
            person.lists["membership-type"].label(row.type),
            [
                fact("type", _("Type"), person.lists["membership-type"].label(row.type)),
                fact("level", _("Level"), person.lists["membership-level"].label(row.level) if row.level else None),
                fact("organisational", _("Organization’s membership"), row.organisational or None),
                fact("valid_from", _("First day"), row.valid_from),
                fact("valid_to", _("Last day"), row.valid_to),
                fact("paid_through", _("Paid through"), row.paid_through),
            ],
        )
        for row in rows
    ]
    return Group(
        "memberships", _("Memberships and dues"),
        source=_("From the association’s lists, and payments that staff record."),
        readers=_("You, the association’s staff and who reviews your applications."),
        items=items, total=len(items), asks=True, empty=_("No membership is recorded."),
    )  # fmt: skip


def _positions(person: Person) -> Group:
    rows = all_of(
        select(Position)
        .where(Position.member_id == person.member.id)
        .options(joinedload(Position.employer))
        .order_by(Position.valid_from.desc())
    )
    items = [
        Item(
            title_of(row, person.lists) or row.employer.name,
            [
                fact("employer", _("Employer"), row.employer.name),
                fact("region", _("Region"), person.lists["region"].label(row.employer.region) if row.employer.region else None),
                fact("valid_from", _("First day"), row.valid_from),
                fact("valid_to", _("Last day"), row.valid_to),
                fact("acting", _("Acting"), row.acting or None),
                fact("retired", _("Retired"), row.retired or None),
            ],
        )
        for row in rows
    ]  # fmt: skip
    return Group(
        "positions", _("Positions"),
        source=_("From the association’s directory."),
        readers=_("You, the association’s staff and who reviews your applications; your employer counts when partners are found."),
        items=items, total=len(items), asks=True, empty=_("No position is recorded."),
    )  # fmt: skip


def _experience(person: Person) -> Group:
    rows = all_of(select(Experience).where(Experience.member_id == person.member.id).order_by(Experience.discipline))
    items = [
        Item(person.lists["discipline"].label(row.discipline), [fact("years", _("Years"), row.years)]) for row in rows
    ]
    return Group(
        "experience", _("Experience"),
        source=_("From the association’s directory, by discipline."),
        readers=_("You, the association’s staff and who reviews your applications."),
        items=items, total=len(items), asks=True, empty=_("No experience is recorded."),
    )  # fmt: skip


def _corrections(person: Person) -> Group:
    rows, total = rows_of(
        person,
        select(CorrectionRequest)
        .where(CorrectionRequest.member_id == person.member.id)
        .order_by(CorrectionRequest.created_at.desc(), CorrectionRequest.id),
    )
    items = [
        Item(
            moment_title(row.created_at),
            [
                fact("state", _("State"), STATE_WORDS[row.state]),
                fact("answer", _("Answer"), row.answer),
                fact("answered_at", _("Answered"), row.answered_at),
            ],
            text=row.wish,
        )
        for row in rows
    ]
    return Group(
        "corrections", _("Corrections you asked for"), source=_("From you, and staff’s answers."),
        readers=_("You and the association’s staff."), items=items, total=total, empty=_("You have asked for none."),
    )  # fmt: skip


def _changes(person: Person) -> Group:
    rows, total = rows_of(
        person,
        select(AuditEntry)
        .where(
            AuditEntry.object_id == person.member.id,
            AuditEntry.object_kind == "member",
            # Notes are staff's own; that there is one is not told either.
            AuditEntry.action.not_like("member.note-%"),
        )
        .order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc()),
    )
    items = [
        Item(
            moment_title(row.happened_at),
            [
                fact("who", _("Who"), row.actor_name or _("The program")),
                fact("what", _("What"), action_words(row.action)),
            ],
        )
        for row in rows
    ]
    return Group(
        "changes", _("Changes of your record"), source=_("Written down by the program at each change."),
        readers=_("You and the association’s staff."), items=items, total=total, empty=_("Nothing has been changed."),
    )  # fmt: skip


def _letters(person: Person) -> Group:
    recipient = Notice.member_id == person.member.id
    if person.account is not None:
        recipient = recipient | (Notice.account_id == person.account.id)
    rows, total = rows_of(person, select(Notice).where(recipient).order_by(Notice.created_at.desc(), Notice.id.desc()))
    items = [
        Item(
            row.subject,
            [
                fact("sent", _("Written"), row.created_at),
                fact("address", _("To"), row.address),
                fact(
                    "kind", _("Kind"), str(TEMPLATES[row.template].title) if row.template in TEMPLATES else row.template
                ),
            ],
            text="" if person.most else row.text_body,
            url=url_for("notices.show", notice_id=row.id) if person.most else "",
        )
        for row in rows
    ]
    return Group(
        "letters", _("Letters to you"), source=_("Written by the program."),
        readers=_("You and the staff of the program each belongs to. No letter holds what you write in a journal or a message."),
        items=items, total=total, own=(_("All letters"), url_for("notices.index")) if person.most else None,
        empty=_("None has been written."),
    )  # fmt: skip


def _sign_ins(person: Person) -> Group:
    if person.account is None:
        return Group("sign-ins", _("Signing in"), source="", readers="", empty=_("You have no account."))
    rows, total = rows_of(
        person,
        select(SignInSession)
        .where(SignInSession.account_id == person.account.id)
        .order_by(SignInSession.created_at.desc(), SignInSession.id),
    )
    items = [
        Item(
            describe_browser(row.user_agent),
            [
                # Kept on the system clock, and read beside program dates.
                fact("signed_in", _("Signed in"), as_program_time(row.created_at)),
                fact("last_seen", _("Last used"), as_program_time(row.last_seen_at)),
                fact("ended", _("Ended"), as_program_time(row.ended_at) if row.ended_at else None),
            ],
        )
        for row in rows
    ]
    if person.account.password_set_at is not None:
        items.append(Item(_("A password"), [fact("set", _("Set"), as_program_time(person.account.password_set_at))]))
    grants = all_of(
        select(RoleGrant).where(RoleGrant.account_id == person.account.id).order_by(RoleGrant.created_at, RoleGrant.id)
    )
    for grant in grants:
        label = str(ROLE_WORDS[grant.role].label) if grant.role in ROLE_WORDS else grant.role
        items.append(
            Item(
                label,
                [
                    fact("given", _("Role given"), as_program_time(grant.created_at)),
                    fact("ended", _("Ended"), as_program_time(grant.ended_at) if grant.ended_at else None),
                ],
            )
        )
    return Group(
        "sign-ins", _("Signing in"),
        source=_("Written down when you sign in: the browser and the times. Your password itself is kept nowhere."),
        readers=_("You and the association’s staff who look after accounts."),
        items=items, total=total + len(items) - len(rows),
        own=(_("Your account"), url_for("account.page")) if person.most else None,
        empty=_("You have not signed in yet."),
    )  # fmt: skip


READERS: tuple[Reader, ...] = (_person, _memberships, _positions, _experience)
LAST: tuple[Reader, ...] = (_letters, _sign_ins, _corrections, _changes)
