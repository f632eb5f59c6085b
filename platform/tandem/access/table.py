"""Who may call what: one row per endpoint. An endpoint without a row is refused, and a test walks the table both ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HostKind(StrEnum):
    """The hosts Tandem answers on."""

    ASSOCIATION = "association"
    FINDER = "finder"
    OPERATOR = "operator"


class Who(StrEnum):
    """What the guard asks of the caller; ``STAFF`` goes with a permission."""

    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    MEMBER = "member"
    STAFF = "staff"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Access:
    """One row: who, with which permission, on which hosts. Object scope is checked by the service that loads the object."""

    who: Who
    permission: str | None = None
    hosts: frozenset[HostKind] = frozenset({HostKind.ASSOCIATION})


ANYWHERE = frozenset(HostKind)


def anyone(*hosts: HostKind) -> Access:
    """Open to all, on the association's host unless others are named."""
    return Access(Who.ANYONE, hosts=frozenset(hosts) or frozenset({HostKind.ASSOCIATION}))


def staff(permission: str) -> Access:
    """Open to grants that carry ``permission``."""
    return Access(Who.STAFF, permission)


SIGNED_IN = Access(Who.SIGNED_IN)
MEMBER = Access(Who.MEMBER)
OPERATOR = Access(Who.OPERATOR, hosts=frozenset({HostKind.OPERATOR}))

ACCESS: dict[str, Access] = {
    # endpoint: access — sorted, one line each
    "account.end_session": SIGNED_IN,
    "account.page": SIGNED_IN,
    "account.password_page": SIGNED_IN,
    "account.save": SIGNED_IN,
    "account.set_password": SIGNED_IN,
    "account.sign_out_everywhere": SIGNED_IN,
    "accounts.create": staff("accounts.manage"),
    "accounts.end_role": staff("accounts.manage"),
    "accounts.give_role": staff("accounts.manage"),
    "accounts.index": staff("accounts.manage"),
    "accounts.new": staff("accounts.manage"),
    "accounts.show": staff("accounts.manage"),
    "accounts.sign_out": staff("accounts.manage"),
    "application_files.evidence": MEMBER,
    "application_files.own": MEMBER,
    "application_files.staff": staff("applications.read"),
    "applications.change": MEMBER,
    "applications.check": MEMBER,
    "applications.save": MEMBER,
    "applications.section": MEMBER,
    "applications.show": MEMBER,
    "applications.start": MEMBER,
    "applications.withdraw": MEMBER,
    "asking.answer": MEMBER,
    "asking.show": MEMBER,
    "audit.export": staff("audit.read"),
    "audit.index": staff("audit.read"),
    "confidence.concern": MEMBER,
    "confidence.in_touch": MEMBER,
    "edge.health": anyone(*ANYWHERE),
    "edge.home": anyone(*ANYWHERE),
    "evaluations.give": MEMBER,
    "goals.add": MEMBER,
    "goals.agree": MEMBER,
    "goals.change": MEMBER,
    "goals.tick": MEMBER,
    "home.member": MEMBER,
    "home.pool": MEMBER,
    "home.search_page": staff("staff.home"),
    "home.staff": staff("staff.home"),
    "jobs.cancel": SIGNED_IN,
    "jobs.retry": SIGNED_IN,
    "jobs.show": SIGNED_IN,
    "jobs.staff_index": staff("jobs.read"),
    "mailbox.index": anyone(HostKind.FINDER),
    "mailbox.mail": anyone(HostKind.FINDER),
    "mailbox.show": anyone(HostKind.FINDER),
    "member_imports.apply": staff("members.write"),
    "member_imports.cancel": staff("members.write"),
    "member_imports.index": staff("members.write"),
    "member_imports.retry": staff("members.write"),
    "member_imports.rows": staff("members.write"),
    "member_imports.show": staff("members.write"),
    "member_imports.template": staff("members.write"),
    "member_imports.upload": staff("members.write"),
    "member_merging.index": staff("members.write"),
    "member_merging.merge": staff("members.write"),
    "member_merging.show": staff("members.write"),
    "member_merging.undo": staff("members.write"),
    "member_notes.add": staff("notes.write"),
    "member_notes.change": staff("notes.write"),
    "member_parts.add_experience": staff("members.write"),
    "member_parts.add_membership": staff("members.write"),
    "member_parts.add_position": staff("members.write"),
    "member_parts.employer": staff("members.write"),
    "member_parts.experience": staff("members.write"),
    "member_parts.membership": staff("members.write"),
    "member_parts.new_experience": staff("members.write"),
    "member_parts.new_membership": staff("members.write"),
    "member_parts.new_position": staff("members.write"),
    "member_parts.payment": staff("members.write"),
    "member_parts.position": staff("members.write"),
    "member_parts.record_payment": staff("members.write"),
    "member_parts.remove_experience": staff("members.write"),
    "member_parts.remove_membership": staff("members.write"),
    "member_parts.remove_position": staff("members.write"),
    "member_parts.save_employer": staff("members.write"),
    "member_parts.save_experience": staff("members.write"),
    "member_parts.save_membership": staff("members.write"),
    "member_parts.save_position": staff("members.write"),
    "members.create": staff("members.write"),
    "members.edit": staff("members.write"),
    "members.export": staff("members.read"),
    "members.index": staff("members.read"),
    "members.new": staff("members.write"),
    "members.removal": staff("members.write"),
    "members.remove": staff("members.write"),
    "members.restore": staff("members.write"),
    "members.save": staff("members.write"),
    "members.show": staff("members.read"),
    "mentorships.end": MEMBER,
    "mentorships.journal_change": MEMBER,
    "mentorships.journal_write": MEMBER,
    "mentorships.meeting_log": MEMBER,
    "mentorships.meeting_remove": MEMBER,
    "mentorships.meeting_restore": MEMBER,
    "mentorships.promise": MEMBER,
    "mentorships.reassignment": MEMBER,
    "mentorships.show": MEMBER,
    "mentorships.time_note": MEMBER,
    "mentorships.time_remove": MEMBER,
    "messages.index": MEMBER,
    "messages.write": MEMBER,
    "notices.again": staff("notices.read"),
    "notices.index": SIGNED_IN,
    "notices.mail": SIGNED_IN,
    "notices.show": SIGNED_IN,
    "notices.staff_index": staff("notices.read"),
    "notices.staff_mail": staff("notices.read"),
    "notices.staff_show": staff("notices.read"),
    "operator.answer_again": OPERATOR,
    "operator.ask": anyone(HostKind.OPERATOR),
    "operator.index": OPERATOR,
    "operator.show": OPERATOR,
    "operator.sign_in": anyone(HostKind.OPERATOR),
    "operator.sign_out": anyone(HostKind.OPERATOR),
    "operator.suspend": OPERATOR,
    "plans.calendar": MEMBER,
    "plans.change": MEMBER,
    "plans.met": MEMBER,
    "plans.propose": MEMBER,
    "plans.show": MEMBER,
    "programs.index": anyone(),
    "programs.show": anyone(),
    "saved_views.remove": staff("staff.home"),
    "saved_views.save": staff("staff.home"),
    "sign_in.ask": anyone(),
    "sign_in.code": anyone(),
    "sign_in.code_page": anyone(),
    "sign_in.link": anyone(),
    "sign_in.link_page": anyone(),
    "sign_in.page": anyone(),
    "sign_in.password": anyone(),
    "sign_in.password_page": anyone(),
    "sign_in.sign_out": anyone(),
    "staff_applications.decision": staff("applications.decide"),
    "staff_applications.export": staff("applications.read"),
    "staff_applications.index": staff("applications.read"),
    "staff_applications.note": staff("applications.read"),
    "staff_applications.printed": staff("applications.read"),
    "staff_applications.recuse": staff("applications.read"),
    "staff_applications.rule": staff("applications.decide"),
    "staff_applications.show": staff("applications.read"),
    "staff_applications.vote": staff("applications.decide"),
    "staff_asking.choose": staff("matching.run"),
    "staff_asking.show": staff("matching.run"),
    "staff_asking.withdraw": staff("matching.run"),
    "staff_committee.assign": staff("applications.assign"),
    "staff_committee.chair": staff("applications.assign"),
    "staff_committee.index": staff("applications.assign"),
    "staff_committee.minutes_csv": staff("minutes.read"),
    "staff_committee.minutes_page": staff("minutes.read"),
    "staff_committee.share": staff("applications.assign"),
    "staff_committee.unassign": staff("applications.assign"),
    "staff_concerns.index": staff("concerns.read"),
    "staff_concerns.show": staff("concerns.read"),
    "staff_evaluations.index": staff("evaluations.read"),
    "staff_evaluations.show": staff("evaluations.read"),
    "staff_matching.begin": staff("matching.run"),
    "staff_matching.by_hand": staff("matching.run"),
    "staff_matching.confirm": staff("matching.run"),
    "staff_matching.discard": staff("matching.run"),
    "staff_matching.index": staff("matching.run"),
    "staff_matching.lock": staff("matching.run"),
    "staff_matching.pair": staff("matching.run"),
    "staff_matching.publish": staff("matching.run"),
    "staff_matching.show": staff("matching.run"),
    "staff_mentorships.answer": staff("mentorships.manage"),
    "staff_mentorships.end": staff("mentorships.manage"),
    "staff_mentorships.export": staff("mentorships.read"),
    "staff_mentorships.index": staff("mentorships.read"),
    "staff_mentorships.pause": staff("mentorships.manage"),
    "staff_mentorships.resume": staff("mentorships.manage"),
    "staff_mentorships.show": staff("mentorships.read"),
    "staff_pools.change": staff("pools.manage"),
    "staff_pools.export": staff("pools.manage"),
    "staff_pools.index": staff("pools.manage"),
    "staff_programs.index": staff("programs.read"),
    "staff_programs.show": staff("programs.read"),
    "staff_workbench.compare": staff("matching.run"),
    "staff_workbench.note": staff("matching.run"),
    "staff_workbench.swap": staff("matching.run"),
    "staff_workbench.swap_page": staff("matching.run"),
    "staff_workbench.undo": staff("matching.run"),
    "staff_workbench.what_if": staff("matching.run"),
    "static": anyone(*ANYWHERE),
    "web.brand": anyone(*ANYWHERE),
    "web.language": anyone(*ANYWHERE),
    "web.style_guide": anyone(*ANYWHERE),
    "web.theme": anyone(*ANYWHERE),
}
