"""The pools: who waits, since when, with how many places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import may_in, programs_for
from tandem.clocks import local_day, program_today
from tandem.directory.downloads import MOST_ROWS, list_file
from tandem.directory.vocabularies import vocabularies
from tandem.matching.answers import answers_compared
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import Places, change_places, free_places, leave_pool, pause_entry, resume_entry
from tandem.matching.queries import (
    WAITED,
    PoolFilters,
    PoolPage,
    disciplines_in_pools,
    pool_all,
    pool_page,
    proposed_runs,
    staff_entry,
)
from tandem.matching.resting import come_back
from tandem.mentorships.inputs import parse_day, sample_day, typed_day
from tandem.programs.queries import role_word
from tandem.web.formatting import ask_for_date, say_day
from tandem.web.redirects import safe_target

blueprint = Blueprint("staff_pools", __name__, template_folder="../templates", url_prefix="/staff/pools")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Everyone in the pools of the actor's programs."""
    return _page()


@blueprint.get("/export")
def export() -> ResponseReturnValue:
    """The same list as a file."""
    found = pool_all(actor=signed_in(), filters=_filters(), most=MOST_ROWS)
    return list_file(actor=signed_in(), name="pools", rows=_rows(found))


def _page(*, problems: dict[str, str] | None = None, wrong: PoolEntry | None = None) -> str:
    """The list; with ``problems`` of an entry as the list that it was changed from, with the entry on it."""
    actor, problems = signed_in(), problems or {}
    here = safe_target(request.form.get("next"), url_for(".index")) if wrong else request.full_path.rstrip("?")
    asked = MultiDict(parse_qsl(urlsplit(here).query, keep_blank_values=True))
    filters = PoolFilters.asked(asked)
    page = pool_page(actor=actor, filters=filters, after=asked.get("after"))
    if wrong and wrong not in page.rows:
        page = PoolPage([wrong], free_places([wrong]), 1, None)
    programs, lists = programs_for(actor, "pools.manage"), vocabularies(("discipline", "region"))
    # Whoever keeps some programs only is offered what is named there, not what other departments deal with.
    known = None if actor.may_everywhere("pools.manage") else disciplines_in_pools(actor)
    return render_template(
        "matching/pools.html",
        page=page,
        filters=filters,
        here=here,
        programs=programs,
        matched_programs={program.id for program in programs if may_in(actor, "matching.run", program)},
        runs=proposed_runs(actor),
        lists=lists,
        disciplines=[
            (key, label)
            for key, label in lists["discipline"].all_choices()
            if known is None or key in known or key == filters.discipline
        ],
        waited=WAITED,
        words=_words(),
        shown_state=_shown_state,
        problems=problems,
        part=wrong.id if wrong else None,
        typed=request.form,
        errors=[
            {
                "href": f"#{field}",
                "text": _("%(label)s: %(problem)s", label=wrong.member.name, problem=text) if wrong else text,
            }
            for field, text in problems.items()
        ],
    )


def _filters() -> PoolFilters:
    return PoolFilters.asked(request.args)


def _words() -> dict[str, str]:
    """What is said of an entry, by what ``_shown_state`` makes of it."""
    return {
        "open": _("In the pool"),
        "paused": _("At rest"),
        "matched": _("Matched"),
        "left": _("Left"),
        "full": _("Full"),
        "no-place": _("Offers no place"),
    }


def _shown_state(entry: PoolEntry, places: Places) -> str:
    """An entry's state, where ``full`` and ``no-place`` are open ones that no match can take."""
    if entry.state is PoolState.OPEN and not places.free:
        return "full" if entry.places else "no-place"
    return entry.state.value


def _rows(page: PoolPage) -> Iterator[Sequence[object]]:
    headings, answers = answers_compared(page.rows)
    yield [
        _("Family name"), _("Given name"), _("Number"), _("E-mail address"), _("Role"), _("Program"), _("Cohort"),
        _("State"), _("Since"), _("Places"), _("Free places"), _("At rest until"), *headings,
    ]  # fmt: skip
    words = _words()
    for entry in page.rows:
        member, application = entry.member, entry.application
        yield [
            member.family_name, member.given_name, member.number, member.email, role_word({}, entry.role.value),
            application.program.name, application.cohort.name if application.cohort else None, words[_shown_state(entry, page.places[entry.id])],
            local_day(entry.entered_at), entry.places, page.places[entry.id].free, entry.paused_until, *answers[entry.id],
        ]  # fmt: skip


@blueprint.post("/<uuid:entry_id>")
def change(entry_id: UUID) -> ResponseReturnValue:
    """Pause, resume, take out, or change the places of one entry."""
    entry = staff_entry(actor=signed_in(), entry_id=entry_id)
    try:
        return _do(entry)
    except InvalidError as error:
        return _page(problems=error.problems, wrong=entry), 422


def _do(entry: PoolEntry) -> ResponseReturnValue:
    actor, name, do = signed_in(), entry.member.name, request.form.get("do", "")
    if do == "pause":
        until = parse_day(request.form, "until")
        if until is None and typed_day(request.form, "until"):
            raise InvalidError({"until": ask_for_date(sample_day())})
        pause_entry(actor=actor, entry=entry, reason=request.form.get("reason", ""), until=until)
        flash(
            _("%(name)s rests until %(day)s.", name=name, day=say_day(until, program_today(), counted=False))
            if until
            else _("%(name)s rests and is in no match.", name=name),
            "success",
        )
    elif do == "come-back":
        come_back(actor=actor, entry=entry)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    elif do == "resume":
        resume_entry(actor=actor, entry=entry)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    elif do == "leave":
        leave_pool(actor=actor, entry=entry, reason=request.form.get("reason", ""))
        flash(_("%(name)s is out of the pool.", name=name), "success")
    elif do == "places":
        change_places(actor=actor, entry=entry, places=request.form.get("places", -1, type=int))
        flash(_("The places of %(name)s are changed.", name=name), "success")
    else:
        abort(400)
    return redirect(safe_target(request.form.get("next")) or url_for(".index"), 303)
