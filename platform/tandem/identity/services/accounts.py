"""Whose account it is. The association is the authority for its own directory, so a member's account follows the directory."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import changes_between, record
from tandem.clocks import system_now
from tandem.directory.models import Member, MemberState
from tandem.directory.normalise import email_key, is_email
from tandem.extensions import db
from tandem.identity.models import Account, AccountState, account_name_key
from tandem.ids import uuid7

NAME_LENGTH = 200


def check_address(address: str) -> str:
    """The address without surrounding spaces. Raises ``InvalidError`` at ``email`` for anything that is none."""
    address = address.strip()
    if not address:
        raise InvalidError({"email": _("Enter an e-mail address.")})
    if not is_email(address):
        raise InvalidError({"email": _("Enter an e-mail address like name@example.org.")})
    return address


def find_account(address: str) -> tuple[Account | None, Member | None]:
    """Whose account or member record ``address`` leads to, without changing anything; ``(None, None)`` for nobody's.

    A member's address is the one in the directory: once that is changed, the earlier one leads nowhere, whatever their
    account still says. Accounts without a member record (staff, nominees) go by their own address.
    """
    key = email_key(address)
    member = db.session.scalar(select(Member).where(Member.email_key == key, Member.state == MemberState.ACTIVE))
    if member is not None:
        account = db.session.scalar(select(Account).where(Account.member_id == member.id))
        if account is not None:
            return account, member
    # Staff who later join as members keep the account that goes by the same address.
    own = db.session.scalar(select(Account).where(Account.email_key == key, Account.member_id.is_(None)))
    return own, member


def account_for_address(address: str) -> Account | None:
    """The account that ``address`` signs in to, made at a member's first sign-in; ``None`` for nobody's or a closed one."""
    account, member = find_account(address)
    if member is not None:
        account = _tie(account, member) if account is not None else account_for_member(member=member)
    return account if account is not None and account.state is AccountState.ACTIVE else None


def account_for_member(*, member: Member) -> Account:
    """The account of ``member``, made if there is none yet. Two callers at once get the same one."""
    account = db.session.scalar(select(Account).where(Account.member_id == member.id))
    if account is not None:
        return account
    db.session.execute(
        insert(Account)
        .values(
            id=uuid7(), association_id=member.association_id, member_id=member.id, name=member.name,
            name_key=member.name_key, email=member.email, email_key=_free_key(member), language=member.language, state=AccountState.ACTIVE,
            created_at=system_now(),
        )
        .on_conflict_do_nothing(index_elements=["association_id", "member_id"])
    )  # fmt: skip
    return db.session.scalars(select(Account).where(Account.member_id == member.id)).one()


def ensure_account(*, actor: Actor, email: str, name: str, member_id: UUID | None = None) -> Account:
    """The account with this address, made if there is none; audited when made.

    With ``member_id`` it is that member's account; name and address then come from the directory.

    Raises ``ForbiddenError``, ``InvalidError`` (``email``, ``name``), ``NotYoursError`` for an unknown member.
    """
    require_everywhere(actor, "accounts.manage")
    if member_id is not None:
        member = db.session.scalar(select(Member).where(Member.id == member_id))
        if member is None:
            raise NotYoursError
        return account_for_member(member=member)
    address, name = check_address(email), _check_name(name)
    account, member = find_account(address)
    if member is not None:
        return _tie(account, member) if account is not None else account_for_member(member=member)
    if account is not None:
        return account
    if db.session.scalar(select(Account.id).where(Account.email_key == email_key(address))) is not None:
        raise InvalidError(
            {
                "email": _(
                    "A member who has another address now signed in with this one. Use the member’s present address."
                )
            }
        )
    account = Account(name=name, name_key=account_name_key(name), email=address, email_key=email_key(address))
    db.session.add(account)
    db.session.flush()
    record(
        actor=actor, action="account.created", object_kind="account", object_id=account.id,
        changes={"name": [None, name], "email": [None, address]},
    )  # fmt: skip
    return account


def change_own_settings(*, actor: Actor, language: str | None, theme: str | None) -> None:
    """Keep the language and theme that someone chose for their own pages. Not audited: nobody else is touched."""
    account = own_account(actor)
    account.language, account.theme = language, theme
    db.session.flush()


def change_own_choice(*, actor: Actor, what: str, value: str | None) -> None:
    """Keep one choice, ``language`` or ``theme``, that someone made in the foot of a page."""
    if what not in {"language", "theme"}:
        raise ValueError(f"Nobody chooses {what!r}.")
    setattr(own_account(actor), what, value)
    db.session.flush()


def change_own_name(*, actor: Actor, name: str) -> None:
    """Change the name of an account without a member record; a member's name is the directory's.

    Raises ``InvalidError`` at ``name``.
    """
    account = own_account(actor)
    if account.member_id is not None:
        raise InvalidError({"name": _("Your name comes from the directory. Ask the association’s staff to change it.")})
    name = _check_name(name)
    changes = changes_between({"name": account.name}, {"name": name})
    if changes:
        account.name, account.name_key = name, account_name_key(name)
        db.session.flush()
        record(actor=actor, action="account.renamed", object_kind="account", object_id=account.id, changes=changes)


def own_account(actor: Actor) -> Account:
    """The actor's account row. Raises ``NotYoursError`` when it was deleted meanwhile."""
    account = db.session.scalar(select(Account).where(Account.id == actor.account_id))
    if account is None:
        raise NotYoursError
    return account


def _tie(account: Account, member: Member) -> Account:
    """Have an account follow its member record."""
    account.member_id = member.id
    account.name, account.name_key = member.name, member.name_key
    account.email = member.email
    if account.email_key != member.email_key:
        account.email_key = _free_key(member)
    db.session.flush()
    return account


def _free_key(member: Member) -> str:
    """The member's address as the account's key, or a key of its own while an outdated account still holds the address."""
    taken = db.session.scalar(
        select(Account.id).where(Account.email_key == member.email_key, Account.member_id.is_distinct_from(member.id))
    )
    return member.email_key if taken is None else f"member:{member.id}"


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidError({"name": _("Enter a name.")})
    if len(name) > NAME_LENGTH:
        raise InvalidError({"name": _("Use at most %(most)s characters.", most=NAME_LENGTH)})
    return name
