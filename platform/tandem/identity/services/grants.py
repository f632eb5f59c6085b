"""Who may do what where: giving a role, taking it back, signing someone out."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.access.roles import ROLE_WORDS, ScopeKind
from tandem.audit.services import record
from tandem.clocks import system_now
from tandem.directory.models import Department
from tandem.extensions import db
from tandem.identity.models import RoleGrant
from tandem.identity.queries import account_by_id
from tandem.identity.services.sessions import end_sessions
from tandem.ids import uuid7
from tandem.programs.models import Committee, CommitteeMember, Program
from tandem.tenancy.scope import current_association_id

_HOLDS_ALL = "association-staff"
_SCOPES = {ScopeKind.DEPARTMENT: Department, ScopeKind.PROGRAM: Program, ScopeKind.COMMITTEE: Committee}


def grant_role(
    *,
    actor: Actor,
    account_id: UUID,
    role: str,
    department_id: UUID | None = None,
    program_id: UUID | None = None,
    committee_id: UUID | None = None,
) -> RoleGrant:
    """Give an account a role, for the whole association or one department, program or committee; audited.

    A role on a committee also takes a seat on it. A role that the account has already is returned as it is.

    Raises ``ForbiddenError``; ``NotYoursError`` for an unknown account, department, program or committee; ``InvalidError``
    (``role``, ``scope``).
    """
    require_everywhere(actor, "accounts.manage")
    # Locked, so that a form sent twice gives the role once.
    account_by_id(account_id, lock=True)
    scope = _checked_scope(role, department_id, program_id, committee_id)
    running = db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.account_id == account_id,
            RoleGrant.role == role,
            RoleGrant.ended_at.is_(None),
            RoleGrant.department_id.is_not_distinct_from(department_id),
            RoleGrant.program_id.is_not_distinct_from(program_id),
            RoleGrant.committee_id.is_not_distinct_from(committee_id),
        )
    )
    if running is not None:
        return running
    grant = RoleGrant(
        account_id=account_id, role=role, department_id=department_id, program_id=program_id, committee_id=committee_id,
        granted_by=actor.account_id,
    )  # fmt: skip
    db.session.add(grant)
    if committee_id is not None:
        db.session.execute(
            insert(CommitteeMember)
            .values(association_id=current_association_id(), id=uuid7(), committee_id=committee_id,
                    account_id=account_id, chair=False)
            .on_conflict_do_nothing(index_elements=["association_id", "committee_id", "account_id"])
        )  # fmt: skip
    db.session.flush()
    record(
        actor=actor, action="account.role-given", object_kind="account", object_id=account_id, program_id=program_id,
        changes={"role": [None, role], "scope": [None, scope]},
    )  # fmt: skip
    return grant


def end_grant(*, actor: Actor, account_id: UUID, grant_id: UUID) -> RoleGrant:
    """Take a role back, with the seat on its committee; audited. The person's sessions go on with what is left to them.

    Raises ``ForbiddenError``; ``NotYoursError``; ``ConflictError`` for the last one who can give roles.
    """
    require_everywhere(actor, "accounts.manage")
    grant = db.session.scalar(select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.account_id == account_id))
    if grant is None:
        raise NotYoursError
    if grant.role == _HOLDS_ALL:
        # All of them are locked: two who take the role from each other at once must not both succeed.
        holders = db.session.scalars(
            select(RoleGrant)
            .where(RoleGrant.role == _HOLDS_ALL, RoleGrant.ended_at.is_(None))
            .order_by(RoleGrant.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        if grant in holders and not {holder.account_id for holder in holders} - {grant.account_id}:
            raise ConflictError(
                _(
                    "This is the last account that can give roles. Give the role to someone else first, then take it back here."
                )
            )
    if grant.ended_at is not None:
        return grant
    grant.ended_at = system_now()
    if grant.committee_id is not None:
        db.session.execute(
            delete(CommitteeMember).where(
                CommitteeMember.committee_id == grant.committee_id, CommitteeMember.account_id == grant.account_id
            )
        )
    db.session.flush()
    record(
        actor=actor, action="account.role-ended", object_kind="account", object_id=grant.account_id,
        program_id=grant.program_id, changes={"role": [grant.role, None]},
    )  # fmt: skip
    return grant


def sign_out_account(*, actor: Actor, account_id: UUID) -> int:
    """End all sessions of someone else's account; audited. Returns how many there were.

    Raises ``ForbiddenError`` and ``NotYoursError``.
    """
    require_everywhere(actor, "accounts.manage")
    account = account_by_id(account_id)
    ended = end_sessions(account_id=account.id)
    record(
        actor=actor, action="account.signed-out", object_kind="account", object_id=account.id,
        changes={"sessions": [ended, 0]},
    )  # fmt: skip
    return ended


def _checked_scope(role: str, department_id: UUID | None, program_id: UUID | None, committee_id: UUID | None) -> str:
    """The scope as the audit trail keeps it."""
    words = ROLE_WORDS.get(role)
    if words is None:
        raise InvalidError({"role": _("Choose a role.")})
    given = {
        ScopeKind.DEPARTMENT: department_id,
        ScopeKind.PROGRAM: program_id,
        ScopeKind.COMMITTEE: committee_id,
    }
    named = [(kind, identifier) for kind, identifier in given.items() if identifier is not None]
    if len(named) > 1:
        raise InvalidError({"scope": _("Choose one place where the role holds.")})
    kind = named[0][0] if named else ScopeKind.ASSOCIATION
    if kind not in words.scopes:
        raise InvalidError({"scope": _scope_refusal(words.scopes)})
    if not named:
        return ScopeKind.ASSOCIATION.value
    model = _SCOPES[kind]
    found = db.session.scalar(select(model.id).where(model.id == named[0][1]))
    if found is None:
        raise NotYoursError
    return f"{kind.value}:{found}"


def _scope_refusal(scopes: frozenset[ScopeKind]) -> str:
    if scopes == {ScopeKind.ASSOCIATION}:
        return str(_("This role holds for the whole association. Choose “The whole association”."))
    return str(_("This role holds for one department. Choose the department."))
