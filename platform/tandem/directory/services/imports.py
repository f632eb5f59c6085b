"""Verbs on imports of members: check a file without changing anything, then apply exactly what the check said.

Checking and applying run in the background (``directory.jobs``); the command line does both here and now.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.importing.applying import apply, keep_rows, link_rows
from tandem.directory.importing.comparing import Report, compare, plain_problem
from tandem.directory.importing.meaning import Meaning
from tandem.directory.importing.reading import Table, UnreadableFile, open_table, read_head
from tandem.directory.importing.staging import Progress, stage
from tandem.directory.models import ImportRun, ImportState
from tandem.directory.services._base import WRITE
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.jobs.services import cancel_job, enqueue
from tandem.tenancy.scope import current_association_id

#: The kinds of job, as ``directory.jobs`` handles them.
CHECK, APPLY = "directory.check-import", "directory.apply-import"

#: Problems of a first row that only its own names make, and those that may come along.
_FOREIGN = {"column-unknown", "column-meant", "delimiter"}
_HEADINGS = {"column-missing", "column-needs", "column-twice"}

_WORKING = {ImportState.CHECKING, ImportState.APPLYING}


def upload_import(*, actor: Actor, filename: str, content: bytes, encoding: str | None = None) -> ImportRun:
    """Keep a file and ask for its check. ``encoding`` is a key of ``reading.ENCODINGS``, or found out.

    A file with headings of its own is kept as ``uploaded``: ``services.mappings`` settles what they mean before it is checked.
    Raises ``ForbiddenError``, and ``UnreadableFile`` with everything that is wrong with the file as a whole; a job is written.
    """
    require_everywhere(actor, WRITE)
    state = ImportState.CHECKING
    try:
        open_table(content, encoding=encoding)
    except UnreadableFile as error:
        if not _own_headings(error):
            raise
        read_head(content, encoding=encoding)
        state = ImportState.UPLOADED
    run = ImportRun(
        filename=plain_filename(filename),
        encoding=encoding,
        content=content,
        state=state,
        created_by=actor.account_id,
        created_by_name=actor.name,
    )
    db.session.add(run)
    db.session.flush()
    record(
        actor=actor, action="import.uploaded", object_kind="import", object_id=run.id,
        changes={"file": [None, run.filename]},
    )  # fmt: skip
    if state is ImportState.CHECKING:
        ask_for(run, CHECK, actor)
    return run


def check_import(*, run_id: UUID, progress: Progress) -> None:
    """Do the dry run of an import: nothing but its own report is written.

    Does nothing for a run that is not waiting for its check. A file that stops being a table makes the run ``failed``.
    """
    run = locked_run(run_id)
    if run.state is not ImportState.CHECKING or run.content is None:
        return
    try:
        staged = stage(_table(run), progress=progress)
    except UnreadableFile as error:
        _fail(run, error)
        return
    report, digest = compare(staged, progress=progress, lock=False)
    keep_rows(run.id)
    run.report, run.digest = report.plain(), digest
    run.state, run.checked_at = ImportState.CHECKED, program_now()
    db.session.flush()


def request_apply(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Ask for a checked import to be applied, as a job.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` if it has errors, is being worked on, or is done.
    """
    require_everywhere(actor, WRITE)
    run = settled_run(run_id)
    if run.state is not ImportState.CHECKED:
        raise ConflictError(_("This import is not waiting to be applied. Open it again to see how it stands."))
    if Report.read(run.report).errors:
        raise ConflictError(_("Some rows have errors, so nothing can be applied. Mend the file and upload it again."))
    run.state, run.applied_by, run.applied_by_name = ImportState.APPLYING, actor.account_id, actor.name
    ask_for(run, APPLY, actor)
    return run


def apply_import(*, run_id: UUID, progress: Progress) -> None:
    """Apply a checked import, all of it or nothing.

    The check is made anew first. If it now says something else, because the directory changed in between, nothing is applied:
    the run is ``checked`` again with the new report, and ``report["moved"]`` tells why.
    """
    run = locked_run(run_id)
    if run.state is not ImportState.APPLYING or run.content is None:
        return
    staged = stage(_table(run), progress=progress)
    report, digest = compare(staged, progress=progress, lock=True)
    if digest != run.digest or report.errors:
        keep_rows(run.id)
        run.report, run.digest = {**report.plain(), "moved": True}, digest
        run.state, run.checked_at = ImportState.CHECKED, program_now()
        db.session.flush()
        return
    # Whether they may was checked when they asked; the grant may have ended since, the request stands.
    actor = Actor(account_id=run.applied_by, member_id=None, name=run.applied_by_name or "")
    apply(staged, report, actor=actor, run_id=run.id, filename=run.filename, progress=progress)
    link_rows(run_id)
    run = locked_run(run_id)
    run.state, run.applied_at, run.content = ImportState.APPLIED, program_now(), None
    db.session.flush()


def cancel_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Stop a check or an application that is under way, or discard a checked file. Nothing of it is kept in the directory.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` if it ended already.
    """
    require_everywhere(actor, WRITE)
    run = db.session.get(ImportRun, _key(run_id))
    if run is None:
        raise NotYoursError
    job = current_job(run)
    if run.state in _WORKING and job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}:
        # The running job holds the run's row; how the run stands follows from the job's state.
        cancel_job(actor=actor, job_id=job.id)
        return run
    run = settled_run(run_id)
    if run.state not in {ImportState.CHECKED, ImportState.UPLOADED}:
        raise ConflictError(_("This import has ended already. Open it again to see how it stands."))
    run.state, run.content = ImportState.CANCELLED, None
    db.session.flush()
    record(actor=actor, action="import.cancelled", object_kind="import", object_id=run.id)
    return run


def retry_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Check a file anew whose check or application broke off by a fault of ours.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` if it did not break off.
    """
    require_everywhere(actor, WRITE)
    run = db.session.scalar(select(ImportRun).where(ImportRun.id == run_id).with_for_update())
    if run is None:
        raise NotYoursError
    if state_of(run, current_job(run)) is not ImportState.FAILED or run.state not in _WORKING:
        raise ConflictError(_("This import did not break off. Open it again to see how it stands."))
    run.state = ImportState.CHECKING
    ask_for(run, CHECK, actor)
    return run


def import_members_from(
    *,
    actor: Actor,
    path: Path,
    dry_run: bool = False,
    encoding: str | None = None,
    meaning: Meaning | None = None,
    progress: Progress = lambda _done: None,
    keep: bool = True,
) -> ImportRun:
    """Import a file here and now: check, and apply it if nothing is wrong and this is no ``dry_run``.

    The run that is returned has the report; it is ``applied``, ``checked`` (a dry run, or rows with errors) or ``failed``.
    ``meaning`` says what headings stand for that are not ours. ``keep`` keeps the findings row by row. Everything is in the caller's transaction, and only a commit makes it last.
    Raises ``ForbiddenError`` and ``OSError`` for a file that cannot be opened.
    """
    require_everywhere(actor, WRITE)
    content = path.read_bytes()
    run = ImportRun(
        filename=plain_filename(path.name), encoding=encoding, state=ImportState.CHECKING, created_by=actor.account_id,
        created_by_name=actor.name, meaning=meaning.plain() if meaning else None,
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    try:
        staged = stage(open_table(content, encoding=encoding, meaning=meaning), progress=progress)
    except UnreadableFile as error:
        _fail(run, error)
        return run
    report, run.digest = compare(staged, progress=progress, lock=not dry_run)
    run.report, run.checked_at = report.plain(), program_now()
    run.state = ImportState.CHECKED
    db.session.flush()
    run_id = run.id
    if keep or report.errors:
        keep_rows(run_id)
    if not dry_run and not report.errors:
        apply(staged, report, actor=actor, run_id=run_id, filename=run.filename, progress=progress)
        if keep:
            link_rows(run_id)
        run = locked_run(run_id)
        run.state, run.applied_at = ImportState.APPLIED, program_now()
        run.applied_by, run.applied_by_name = actor.account_id, actor.name
        db.session.flush()
    progress(100)
    return run


def current_job(run: ImportRun) -> Job | None:
    """The job that works on an import, or did last."""
    return db.session.get(Job, run.job_id, populate_existing=True) if run.job_id is not None else None


def state_of(run: ImportRun, job: Job | None) -> ImportState:
    """How an import stands, its job considered: one that was stopped or has died leaves the run's own row as it was."""
    if run.state not in _WORKING or job is None or job.state in {JobState.QUEUED, JobState.RUNNING}:
        return run.state
    if job.state is JobState.CANCELLED:
        return ImportState.CANCELLED if run.state is ImportState.CHECKING else ImportState.CHECKED
    return ImportState.FAILED


def plain_filename(name: str) -> str:
    """The last part of a file's name, without anything that is not printed, at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:120] or "members.csv"


def ask_for(run: ImportRun, kind: str, actor: Actor) -> None:
    """Have a job of ``kind`` work on an import."""
    job = enqueue(kind=kind, arguments={"import_run_id": run.id}, requested_by=actor.account_id, total=100)
    run.job_id = job.id
    db.session.flush()


def _table(run: ImportRun) -> Table:
    return open_table(run.content or b"", encoding=run.encoding, meaning=Meaning.read(run.meaning))


def _own_headings(error: UnreadableFile) -> bool:
    """Whether a file is refused for headings that are not ours, and for nothing else."""
    codes = {problem.code for problem in error.problems}
    return bool(codes & _FOREIGN) and codes <= _FOREIGN | _HEADINGS


def _fail(run: ImportRun, error: UnreadableFile) -> None:
    run.report = Report(problems=[plain_problem(problem) for problem in error.problems]).plain()
    run.state, run.checked_at, run.content = ImportState.FAILED, program_now(), None
    db.session.flush()


def locked_run(run_id: UUID) -> ImportRun:
    """An import, locked and read anew. Raises ``NotYoursError``."""
    run = db.session.scalar(
        select(ImportRun).where(ImportRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    )
    if run is None:
        raise NotYoursError
    return run


def settled_run(run_id: UUID) -> ImportRun:
    """The run, locked, with the state that follows from its job written into it."""
    run = db.session.get(ImportRun, _key(run_id))
    if run is None:
        raise NotYoursError
    if run.state in _WORKING and state_of(run, current_job(run)) is run.state:
        return run  # Its job holds the row; waiting for it would hold up the request.
    run = locked_run(run_id)
    run.state = state_of(run, current_job(run))
    return run


def _key(run_id: UUID) -> tuple[UUID, UUID]:
    return current_association_id(), run_id
