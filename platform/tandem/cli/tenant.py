"""``tandem tenant``: an association's configuration from files and to files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import OperationalError

from tandem.app import create_app
from tandem.extensions import db
from tandem.plugin_api.registry import load_registry
from tandem.plugins import installed
from tandem.programs.differences import overrides
from tandem.programs.errors import ConfigurationError, Moved, MovedOnError, NoConfigurationError
from tandem.programs.export import export_files, with_revision, write_files
from tandem.programs.rewording import stale
from tandem.programs.services import Applied, sayer
from tandem.programs.stored import stored_tenant
from tandem.tenancy.edge import UnknownAssociationError, open_association
from tandem.tenancy.queries import active_associations
from tandem.tenancy.services import ReservedSlugError
from tandem.tenants import establish, folder_of, read

_WHAT = click.argument("configuration", metavar="PATH|SLUG")


@click.group()
def tenant() -> None:
    """Check, apply, compare and export associations' configurations."""


def _told(command: Callable[..., None]) -> Callable[..., None]:
    """Say what is wrong and leave with status 1; a programming error still shows itself."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except ConfigurationError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            count = len(error.problems)
            message = ngettext("%(num)s problem. Nothing was changed.", "%(num)s problems. Nothing was changed.", count)
            raise click.ClickException(message) from error
        except MovedOnError as error:
            for moved in error.moved:
                click.echo(_moved(moved), err=True)
            raise click.ClickException(_("The database has moved on. Nothing was changed.")) from error
        except OperationalError as error:
            raise click.ClickException(
                _("The database cannot be reached: %(reason)s", reason=str(error.orig).strip())
            ) from error
        except (UnknownAssociationError, NoConfigurationError, ReservedSlugError) as error:
            raise click.ClickException(str(error)) from error

    return run


@contextmanager
def _application() -> Iterator[None]:
    with create_app().app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@tenant.command("list")
@_told
def list_() -> None:
    """List the associations with their hosts."""
    with _application():
        for row in active_associations():
            click.echo(f"{row.slug:24} {row.hostname:40} {row.name}")


@tenant.command()
@_WHAT
@_told
def check(configuration: str) -> None:
    """Check a configuration without asking the database."""
    found = read(configuration, load_registry())
    for line in _stale(tuple(stale(found))):
        click.echo(line)
    click.echo(
        _(
            "%(name)s: nothing wrong in %(count)s files.",
            name=found.association.document["name"], count=len(found.parts()),
        )
    )  # fmt: skip


@tenant.command()
@_WHAT
@_told
def levels(configuration: str) -> None:
    """Say what departments and programs set differently from what is above them."""
    registry = load_registry()
    found = read(configuration, registry)
    lines = overrides(found, registry, sayer(found))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo(_("Everything is as it is inherited."))


@tenant.command()
@_WHAT
@_told
def diff(configuration: str) -> None:
    """Say in words what applying a configuration would change."""
    with _application():
        _report(establish(tenant=read(configuration, installed()), dry_run=True), done=False)


@tenant.command()
@_WHAT
@click.option("--dry-run", is_flag=True, help="Do everything, say what changed, and take it back.")
@click.option("--confirm", multiple=True, metavar="ID", help="Confirm the association's own words for this message.")
@_told
def apply(configuration: str, dry_run: bool, confirm: tuple[str, ...]) -> None:
    """Make a configuration the association's own: all of it or nothing."""
    with _application():
        applied = establish(tenant=read(configuration, installed()), confirm=confirm, dry_run=dry_run)
        _report(applied, done=not dry_run)
        if not dry_run:
            _note_revisions(folder_of(configuration), applied)


@tenant.command()
@click.argument("slug")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_told
def export(slug: str, folder: Path) -> None:
    """Write an association's configuration as files into a new folder."""
    with _application(), open_association(slug):
        found = stored_tenant()
        if found is None:
            raise NoConfigurationError(_("“%(slug)s” has no configuration yet. Apply one first.", slug=slug))
        files = export_files(found, installed())
    try:
        write_files(files, folder)
    except FileExistsError as error:
        raise click.ClickException(_("%(folder)s is not empty. Name a new folder.", folder=folder)) from error
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}") from error
    click.echo(
        ngettext(
            "%(num)s file written to %(folder)s.", "%(num)s files written to %(folder)s.", len(files), folder=folder
        )
    )


def _report(applied: Applied, *, done: bool) -> None:
    for line in applied.changes:
        click.echo(line)
    for line in _stale(applied.stale_wordings):
        click.echo(line)
    if not applied.changes:
        click.echo(_("No change."))
    elif done:
        click.echo(ngettext("%(num)s change applied.", "%(num)s changes applied.", len(applied.changes)))
    else:
        click.echo(
            ngettext(
                "%(num)s change. Nothing was applied.", "%(num)s changes. Nothing was applied.", len(applied.changes)
            )
        )


def _stale(ids: tuple[str, ...]) -> list[str]:
    return [
        _(
            "The words for “%(id)s” were written for other settings. Read them again; then apply with --confirm %(id)s.",
            id=name,
        )
        for name in ids
    ]


def _moved(moved: Moved) -> str:
    if moved.exported_from is None:
        return _(
            "%(file)s: was changed in the browser since (revision %(current)s). Export the configuration and change that.",
            file=moved.file, current=moved.current,
        )  # fmt: skip
    first = _(
        "%(file)s: was exported from revision %(exported)s, and the database is at revision %(current)s:",
        file=moved.file, exported=moved.exported_from, current=moved.current,
    )  # fmt: skip
    last = _("Run “tandem tenant diff” to see all of it, or export again and make your changes there.")
    return "\n".join([first, *(f"  {line}" for line in moved.changes), last])


def _note_revisions(folder: Path, applied: Applied) -> None:
    """Bring the ``exported_from:`` lines of the applied files up to date, so that they can be applied again."""
    for name, number in applied.numbers.items():
        path = folder / name
        content = path.read_text(encoding="utf-8")
        updated = with_revision(content, number)
        if updated != content:
            path.write_text(updated, encoding="utf-8")
