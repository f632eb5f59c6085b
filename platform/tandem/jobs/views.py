"""Pages of background work: one's own job while it runs, and all of them for staff."""

from __future__ import annotations

from types import MappingProxyType
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from tandem.access.current import signed_in
from tandem.access.errors import ConflictError
from tandem.jobs import queries
from tandem.jobs.models import Job, JobState
from tandem.jobs.registry import job_kinds
from tandem.jobs.services import cancel_job, retry_job
from tandem.web.redirects import safe_target

blueprint = Blueprint("jobs", __name__, template_folder="templates")

STATE_WORDS = MappingProxyType(
    {
        JobState.QUEUED: lazy_gettext("Waits"),
        JobState.RUNNING: lazy_gettext("Under way"),
        JobState.DONE: lazy_gettext("Done"),
        JobState.DEAD: lazy_gettext("Failed"),
        JobState.CANCELLED: lazy_gettext("Canceled"),
    }
)
STATE_BADGES = MappingProxyType(
    {
        JobState.QUEUED: "", JobState.RUNNING: "info", JobState.DONE: "ok", JobState.DEAD: "bad", JobState.CANCELLED: "outline",
    }
)  # fmt: skip
#: The words of the progress component.
_PROGRESS = MappingProxyType(
    {
        JobState.QUEUED: "waiting", JobState.RUNNING: "running", JobState.DONE: "done", JobState.DEAD: "failed",
        JobState.CANCELLED: "cancelled",
    }
)  # fmt: skip


@blueprint.get("/jobs/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """One job while it runs: a page that reloads itself, or with htmx only the part that changes.

    ``back`` in the address is the page to go on to.
    """
    actor = signed_in()
    job = queries.job_for(actor=actor, job_id=job_id)
    back = safe_target(request.args.get("back")) if request.args.get("back") else ""
    template = "jobs/_progress.html" if request.headers.get("HX-Request") == "true" else "jobs/show.html"
    busy = job.state in {JobState.QUEUED, JobState.RUNNING}
    return render_template(
        template, job=job, title=_title(job), state=_PROGRESS[job.state], word=STATE_WORDS[job.state], sentence=_sentence(job),
        back=back, busy=busy, concerns=_page_of(job) if queries.may_see_all(actor) else None,
        requester=queries.requesters([job]).get(job.requested_by) if job.requested_by else None,
        refresh_seconds=3 if busy else None,
    )  # fmt: skip


@blueprint.post("/jobs/<uuid:job_id>/cancel")
def cancel(job_id: UUID) -> ResponseReturnValue:
    """Stop a job of one's own, or any as staff."""
    try:
        job = cancel_job(actor=signed_in(), job_id=job_id)
    except ConflictError as error:
        raise ConflictError(
            _("This work has ended already, so it can no longer be canceled. Reload the page to see how.")
        ) from error
    if job.state is JobState.CANCELLED:
        flash(_("Canceled before it began."), "success")
    else:
        flash(_("It stops at the next step, and leaves nothing behind."), "info")
    return redirect(_after(job_id), 303)


@blueprint.post("/jobs/<uuid:job_id>/retry")
def retry(job_id: UUID) -> ResponseReturnValue:
    """Try failed work once more."""
    try:
        retry_job(actor=signed_in(), job_id=job_id)
    except ConflictError as error:
        raise ConflictError(
            _("This work has not failed, or is being tried again already. Reload the page to see.")
        ) from error
    flash(_("It is tried again."), "success")
    return redirect(_after(job_id), 303)


@blueprint.get("/staff/jobs")
def staff_index() -> ResponseReturnValue:
    """All background work, newest first."""
    actor = signed_in()
    filters = {name: request.args.get(name, "").strip()[:100] for name in ("state", "kind")}
    page = queries.jobs_page(actor=actor, **filters, after=request.args.get("after"))
    return render_template(
        "jobs/staff_index.html", page=page, filters=filters, kinds=job_kinds(), states=JobState, words=STATE_WORDS,
        badges=STATE_BADGES, counts=queries.job_counts(actor=actor), requesters=queries.requesters(page.rows), title=_title,
        sentence=_sentence,
    )  # fmt: skip


def _after(job_id: UUID) -> str:
    if request.form.get("from") == "list":
        return url_for("jobs.staff_index")
    return url_for("jobs.show", job_id=job_id, back=request.form.get("back") or None)


def _title(job: Job) -> str:
    kind = job_kinds().get(job.kind)
    return str(kind.title) if kind is not None else job.kind


def _page_of(job: Job) -> str | None:
    kind = job_kinds().get(job.kind)
    return kind.page(job.arguments) if kind is not None and kind.page is not None else None


def _sentence(job: Job) -> str:
    """Where the job stands, in a sentence."""
    if job.state is JobState.RUNNING:
        return _running_sentence(job)
    if job.state is JobState.QUEUED:
        if job.attempts:
            return str(
                ngettext(
                    "Failed %(num)d time so far; it is tried again by itself.",
                    "Failed %(num)d times so far; it is tried again by itself.",
                    job.attempts,
                )
            )
        return str(_("Begins as soon as a worker is free."))
    if job.state is JobState.DEAD:
        return str(
            ngettext(
                "Failed after %(num)d attempt. Try again, or tell whoever keeps the platform.",
                "Failed after %(num)d attempts. Try again, or tell whoever keeps the platform.",
                job.attempts,
            )
        )
    if job.state is JobState.CANCELLED:
        return str(_("Stopped before its end."))
    return ""


def _running_sentence(job: Job) -> str:
    if job.cancel_requested:
        return str(_("Stops at the next step."))
    return str(_("%(done)d of %(total)d", done=job.progress, total=job.total)) if job.total else ""
