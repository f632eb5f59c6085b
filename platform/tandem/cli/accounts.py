"""``tandem account`` and ``tandem operator``: the first accounts, before anyone can sign in to make others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TextIO
from uuid import UUID

import click
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tandem.access.actor import Actor
from tandem.access.errors import ForbiddenError, InvalidError
from tandem.access.roles import ROLE_WORDS
from tandem.app import create_app
from tandem.directory.models import Department
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.services import ensure_account, grant_role, set_password, sign_out_account
from tandem.identity.services.accounts import find_account
from tandem.operator.services import set_operator
from tandem.programs.models import Committee, Program
from tandem.tenancy.edge import UnknownAssociationError, open_association

#: Who acts in an association's audit trail when a command did.
COMMAND = Actor(account_id=None, member_id=None, name="tandem account")

_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.File(),
    help="Read the password from the first line of a file, - for the standard input.",
)


@click.group()
def account() -> None:
    """Create accounts, give roles, set passwords and sign people out. ASSOCIATION is its short name."""


@click.group()
def operator() -> None:
    """Look after the platform's operators."""


def _told(command: Callable[..., None]) -> Callable[..., None]:
    """Say what is wrong and leave with status 1; a programming error still shows itself."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InvalidError as error:
            raise click.ClickException("\n".join(error.problems.values())) from error
        except (UnknownAssociationError, ForbiddenError) as error:
            raise click.ClickException(str(error)) from error
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(_("The database cannot be reached: %(reason)s", reason=reason)) from error

    return run


@contextmanager
def _platform() -> Iterator[None]:
    with create_app().app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _opened(association: str) -> Iterator[None]:
    """The association, open; what the body did is committed at its end."""
    with _platform(), open_association(association):
        yield
        db.session.commit()


@account.command()
@click.argument("association")
@click.argument("email")
@click.option("--name", prompt="Name", help="The person's name; a member's comes from the directory.")
@_told
def create(association: str, email: str, name: str) -> None:
    """Create an account for EMAIL; one that is there already is left as it is."""
    with _opened(association):
        made = ensure_account(actor=COMMAND, email=email, name=name)
        click.echo(f"{made.name} <{made.email}> has an account.")


@account.command()
@click.argument("association")
@click.argument("email")
@click.argument("role", type=click.Choice(sorted(ROLE_WORDS)))
@click.option("--department", help="Only in the department with this short name.")
@click.option("--program", help="Only in the program with this short name.")
@click.option("--committee", help="Only on the committee with this key.")
@_told
def grant(
    *, association: str, email: str, role: str, department: str | None, program: str | None, committee: str | None
) -> None:
    """Give the account of EMAIL a ROLE, for the whole association unless an option says where."""
    with _opened(association):
        grant_role(
            actor=COMMAND,
            account_id=_account(email).id,
            role=role,
            department_id=_id(Department.id, Department.slug, department, "department"),
            program_id=_id(Program.id, Program.slug, program, "program"),
            committee_id=_id(Committee.id, Committee.key, committee, "committee"),
        )
        click.echo(f"{email} has the role {role}.")


@account.command("set-password")
@click.argument("association")
@click.argument("email")
@_PASSWORD_FILE
@_told
def set_password_command(association: str, email: str, password_file: TextIO | None) -> None:
    """Set the password of EMAIL, asking for it; signs all their browsers out."""
    with _opened(association):
        found = _account(email)
        set_password(actor=COMMAND, account_id=found.id, password=_password(password_file))
        click.echo(f"{found.name} has a new password.")


@account.command("sign-out")
@click.argument("association")
@click.argument("email")
@_told
def sign_out(association: str, email: str) -> None:
    """Sign EMAIL out of all browsers."""
    with _opened(association):
        ended = sign_out_account(actor=COMMAND, account_id=_account(email).id)
        click.echo(f"{ended} sessions ended.")


@operator.command("set-password")
@click.argument("email")
@click.option("--name", prompt="Name", help="The operator's name, as the associations' audit trails show it.")
@_PASSWORD_FILE
@_told
def set_operator_password(email: str, name: str, password_file: TextIO | None) -> None:
    """Create the operator with EMAIL, or set a new name and password; signs their browsers out."""
    password = _password(password_file)
    with _platform():
        set_operator(email=email, name=name, password=password)
        db.session.commit()
        click.echo(f"{email} can sign in to the console.")


def _password(file: TextIO | None) -> str:
    if file is not None:
        return file.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


def _account(email: str) -> Account:
    found, member = find_account(email)
    if found is None and member is not None:
        return ensure_account(actor=COMMAND, email=email, name=member.name)
    if found is None:
        raise click.ClickException(
            f"{email} has no account and is no member’s address. Create one: tandem account create."
        )
    return found


def _id(identifier: Any, key: Any, value: str | None, what: str) -> UUID | None:
    if value is None:
        return None
    found: UUID | None = db.session.scalar(select(identifier).where(key == value))
    if found is None:
        raise click.ClickException(f"There is no {what} {value!r}.")
    return found
