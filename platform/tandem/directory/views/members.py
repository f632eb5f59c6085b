"""The list of members, one page per person, and the forms for what is known about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.current import signed_in
from tandem.audit.queries import entries_about
from tandem.audit.services import record
from tandem.audit.words import action_words
from tandem.clocks import program_today
from tandem.directory import queries, schemas, services
from tandem.directory.changes import say_changes
from tandem.directory.downloads import file_response
from tandem.directory.exporting import export_rows
from tandem.directory.models import Member, MemberState
from tandem.directory.queries import Filters
from tandem.directory.sections import AFTER_RECORD, person_sections
from tandem.directory.views.forms import FormPage, seen_before
from tandem.tenancy.scope import current_association_id

blueprint = Blueprint("members", __name__, template_folder="../templates", url_prefix="/staff/members")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Members by name, 50 a page, with search and filters."""
    actor = signed_in()
    search, filters = _search(), _filters()
    page = queries.members_page(
        actor=actor, search=search, filters=filters,
        after=_cursor("after"), before=_cursor("before"),
    )  # fmt: skip
    kept = _kept(search, filters)
    return render_template(
        "directory/index.html",
        page=page, search=search, filters=filters, counted=queries.COUNTED,
        departments=queries.departments(),
        next_url=url_for(".index", **kept, after=page.next) if page.next else None,
        previous_url=url_for(".index", **kept, before=page.previous) if page.previous else None,
        kept=kept,
        may_write=may_write(actor),
        crumbs=[(_("Members"), None)],
    )  # fmt: skip


@blueprint.get("/export.csv")
def export() -> ResponseReturnValue:
    """The same list as a file that spreadsheets and the import can read; ``as=xlsx`` for Excel. Written to the audit trail."""
    actor = signed_in()
    rows = list(export_rows(actor=actor, search=_search(), filters=_filters()))
    record(
        actor=actor, action="members.exported", object_kind="association", object_id=current_association_id(),
        changes={"members": [None, len(rows) - 1]},
    )  # fmt: skip
    kind = "xlsx" if request.args.get("as") == "xlsx" else "csv"
    return file_response(rows, f"members-{program_today().isoformat()}", kind)


@blueprint.get("/<uuid:member_id>")
def show(member_id: UUID) -> ResponseReturnValue:
    """One person: the directory's record, what other parts of the program know, and the trace of changes."""
    return person_page(member_id)


def person_page(member_id: UUID, *, problems: Mapping[str, str] | None = None) -> str:
    """The page of one person; ``problems`` are those of a form on it."""
    actor, problems = signed_in(), problems or {}
    found = queries.member_record(actor=actor, member_id=member_id)
    trace = []
    if actor.may_everywhere("audit.read"):
        entries = entries_about(object_kind="member", object_id=member_id)
        trace = [(entry, action_words(entry.action), say_changes(entry.changes, found.lists)) for entry in entries]
    return render_template(
        "directory/show.html",
        record=found, member=found.member, today=program_today(), trace=trace,
        after_record=AFTER_RECORD, sections=person_sections(actor, member_id), may_write=may_write(actor),
        holds_on=queries.holds_on, title_of=queries.title_of, seen=services.fingerprint,
        crumbs=[(_("Members"), url_for("members.index")), (found.member.name, None)],
        problems=problems, typed=request.form, removed_note=request.args.get("removed", type=UUID),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for a new member's details."""
    return _new_page().show({})


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Add a member."""

    def act(values: Any) -> str:
        member = services.add_member(actor=signed_in(), **values)
        flash(_("%(name)s is in the directory. Add a membership next.", name=member.name), "success")
        return url_for(".show", member_id=member.id)

    return _new_page().answer(act)


@blueprint.get("/<uuid:member_id>/edit")
def edit(member_id: UUID) -> ResponseReturnValue:
    """Show a member's details for changing."""
    member = queries.member_for(actor=signed_in(), member_id=member_id)
    return _edit_page(member).show(schemas.typed_of(schemas.MEMBER, member))


@blueprint.post("/<uuid:member_id>/edit")
def save(member_id: UUID) -> ResponseReturnValue:
    """Change a member's details."""
    member = queries.member_for(actor=signed_in(), member_id=member_id)

    def act(values: Any) -> str:
        changed = services.change_member(actor=signed_in(), member_id=member_id, values=values, seen=seen_before())
        flash(_("The record of %(name)s is changed.", name=changed.name), "success")
        return url_for(".show", member_id=member_id)

    return _edit_page(member).answer(act)


@blueprint.get("/<uuid:member_id>/remove")
def removal(member_id: UUID) -> ResponseReturnValue:
    """Say what removing a member means, and ask why."""
    return _removal_page(queries.member_for(actor=signed_in(), member_id=member_id)).show({})


@blueprint.post("/<uuid:member_id>/remove")
def remove(member_id: UUID) -> ResponseReturnValue:
    """Remove a member."""
    member = queries.member_for(actor=signed_in(), member_id=member_id)

    def act(values: Any) -> str:
        services.remove_member(actor=signed_in(), member_id=member_id, reason=values["reason"], seen=seen_before())
        flash(
            _("%(name)s is removed from the directory. The record stays and can be restored.", name=member.name),
            "success",
        )
        return url_for(".show", member_id=member_id)

    return _removal_page(member).answer(act)


@blueprint.post("/<uuid:member_id>/restore")
def restore(member_id: UUID) -> ResponseReturnValue:
    """Take a removal back."""
    queries.member_for(actor=signed_in(), member_id=member_id)
    member = services.restore_member(actor=signed_in(), member_id=member_id)
    flash(_("%(name)s is in the directory again.", name=member.name), "success")
    return redirect(url_for(".show", member_id=member_id), 303)


def may_write(actor: Actor) -> bool:
    """Whether the pages offer changes to this actor."""
    return actor.may_everywhere("members.write")


def person_crumbs(member: Member, last: str) -> list[tuple[str, str | None]]:
    """The way to a form about a person."""
    return [
        (_("Members"), url_for("members.index")),
        (member.name, url_for("members.show", member_id=member.id)),
        (last, None),
    ]


def _new_page() -> FormPage:
    return FormPage(
        title=_("New member"), action=url_for(".create"), back=(_("Back to the members"), url_for(".index")),
        fields=schemas.MEMBER, submit=_("Add member"), crumbs=[(_("Members"), url_for(".index")), (_("New member"), None)],
        lede=_("For many at once, import a file instead."),
    )  # fmt: skip


def _edit_page(member: Member) -> FormPage:
    removal_link = None
    if member.state is MemberState.ACTIVE:
        removal_link = (
            _("Remove from the directory"),
            url_for(".removal", member_id=member.id),
            _("Someone who has left for good. What this means is said on the next page."),
        )
    return FormPage(
        title=_("Details of %(name)s", name=member.name), action=url_for(".save", member_id=member.id),
        back=(_("Back to the record"), url_for(".show", member_id=member.id)), fields=schemas.MEMBER,
        submit=_("Save"), crumbs=person_crumbs(member, _("Details")), seen=services.fingerprint(member),
        danger=removal_link,
    )  # fmt: skip


def _removal_page(member: Member) -> FormPage:
    return FormPage(
        title=_("Remove %(name)s from the directory", name=member.name), action=url_for(".remove", member_id=member.id),
        back=(_("Keep %(name)s", name=member.name), url_for(".show", member_id=member.id)), fields=schemas.REMOVAL,
        submit=_("Remove"), crumbs=person_crumbs(member, _("Remove")), destructive=True, seen=services.fingerprint(member),
        lede=_("They are signed out and can no longer apply or take part. Open applications are withdrawn, mentorships end and "
               "their partners are told. The record and its history stay, and you can restore it; what ended stays ended."),
    )  # fmt: skip


def _search() -> str:
    return request.args.get("q", "").replace("\0", "").strip()[:100]


def _filters() -> Filters:
    return Filters.asked(request.args)


def _cursor(name: str) -> UUID | None:
    return request.args.get(name, type=UUID)


def _kept(search: str, filters: Filters) -> dict[str, Any]:
    return {
        "q": search or None, "type": filters.type or None, "dues": filters.dues.value if filters.dues else None,
        "department": filters.department_id, "state": "removed" if filters.removed else None,
    }  # fmt: skip
