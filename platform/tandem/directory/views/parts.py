"""Memberships, positions and experience of one person: a form each, and taking away what was recorded by mistake."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.clocks import program_today
from tandem.directory import queries, schemas, services
from tandem.directory.models import Employer, Experience, Member, Membership, Position
from tandem.directory.views.forms import FormPage, seen_before
from tandem.directory.views.members import person_crumbs
from tandem.directory.vocabularies import vocabularies

blueprint = Blueprint(
    "member_parts", __name__, template_folder="../templates", url_prefix="/staff/members/<uuid:member_id>"
)


@blueprint.get("/memberships/new")
def new_membership(member_id: UUID) -> ResponseReturnValue:
    """Ask for a membership."""
    return _membership_page(_member(member_id), None).show({})


@blueprint.post("/memberships/new")
def add_membership(member_id: UUID) -> ResponseReturnValue:
    """Add a membership."""

    def act(values: Any) -> str:
        services.add_membership(actor=signed_in(), member_id=member_id, **values)
        return _kept(member_id, _("The membership is recorded."), "memberships")

    return _membership_page(_member(member_id), None).answer(act)


@blueprint.get("/memberships/<uuid:part_id>")
def membership(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Show a membership for changing."""
    found = queries.part_for(actor=signed_in(), model=Membership, member_id=member_id, part_id=part_id)
    return _membership_page(_member(member_id), found).show(schemas.typed_of(schemas.MEMBERSHIP, found))


@blueprint.post("/memberships/<uuid:part_id>")
def save_membership(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Change a membership."""
    found = queries.part_for(actor=signed_in(), model=Membership, member_id=member_id, part_id=part_id)

    def act(values: Any) -> str:
        services.change_membership(
            actor=signed_in(), member_id=member_id, membership_id=part_id, seen=seen_before(), **values
        )
        return _kept(member_id, _("The membership is changed."), "memberships")

    return _membership_page(_member(member_id), found).answer(act)


@blueprint.get("/memberships/<uuid:part_id>/payment")
def payment(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Ask through which day dues are paid."""
    found = queries.part_for(actor=signed_in(), model=Membership, member_id=member_id, part_id=part_id)
    return _payment_page(_member(member_id), found).show(schemas.typed_of(schemas.PAYMENT, found))


@blueprint.post("/memberships/<uuid:part_id>/payment")
def record_payment(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Note a payment."""
    found = queries.part_for(actor=signed_in(), model=Membership, member_id=member_id, part_id=part_id)
    before, today = found.paid_through, program_today()

    def act(values: Any) -> str:
        said = _("The payment is recorded.")
        if values["paid_through"] >= today and (before is None or before < today):
            said = _(
                "The payment is recorded. A mentorship that rests because dues were not paid goes on by itself in a moment."
            )
        typed = request.form["paid_through"]
        services.record_payment(
            actor=signed_in(), member_id=member_id, membership_id=part_id, seen=seen_before(),
            earlier=typed == request.form.get("asked"), **values,
        )  # fmt: skip
        return _kept(member_id, said, "memberships")

    return _payment_page(_member(member_id), found).answer(act)


@blueprint.post("/memberships/<uuid:part_id>/remove")
def remove_membership(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Take a membership away that was recorded by mistake."""
    services.remove_membership(actor=signed_in(), member_id=member_id, membership_id=part_id, seen=seen_before())
    return redirect(
        _kept(member_id, _("The membership is gone. What it held stands in the trace."), "memberships"), 303
    )


@blueprint.get("/positions/new")
def new_position(member_id: UUID) -> ResponseReturnValue:
    """Ask for a position."""
    return _position_page(_member(member_id), None).show({})


@blueprint.post("/positions/new")
def add_position(member_id: UUID) -> ResponseReturnValue:
    """Add a position."""

    def act(values: Any) -> str:
        services.add_position(actor=signed_in(), member_id=member_id, **values)
        return _kept(member_id, _("The position is recorded."), "positions")

    return _position_page(_member(member_id), None).answer(act)


@blueprint.get("/positions/<uuid:part_id>")
def position(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Show a position for changing."""
    found = queries.part_for(actor=signed_in(), model=Position, member_id=member_id, part_id=part_id)
    own = tuple(field for field in schemas.POSITION if field.name not in {"employer", "region"})
    typed = schemas.typed_of(own, found)
    return _position_page(_member(member_id), found).show(
        {**typed, "employer": found.employer.name, "region": found.employer.region or ""}
    )


@blueprint.post("/positions/<uuid:part_id>")
def save_position(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Change a position."""
    found = queries.part_for(actor=signed_in(), model=Position, member_id=member_id, part_id=part_id)

    def act(values: Any) -> str:
        services.change_position(
            actor=signed_in(), member_id=member_id, position_id=part_id, seen=seen_before(), **values
        )
        return _kept(member_id, _("The position is changed."), "positions")

    return _position_page(_member(member_id), found).answer(act)


@blueprint.post("/positions/<uuid:part_id>/remove")
def remove_position(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Take a position away that was recorded by mistake."""
    services.remove_position(actor=signed_in(), member_id=member_id, position_id=part_id, seen=seen_before())
    return redirect(_kept(member_id, _("The position is gone. What it held stands in the trace."), "positions"), 303)


@blueprint.get("/experience/new")
def new_experience(member_id: UUID) -> ResponseReturnValue:
    """Ask for years within a discipline."""
    return _experience_page(_member(member_id), None).show({})


@blueprint.post("/experience/new")
def add_experience(member_id: UUID) -> ResponseReturnValue:
    """Record years within a discipline that has none yet."""

    def act(values: Any) -> str:
        services.set_experience(actor=signed_in(), member_id=member_id, new=True, **values)
        return _kept(member_id, _("The experience is recorded."), "experience")

    return _experience_page(_member(member_id), None).answer(act)


@blueprint.get("/experience/<uuid:part_id>")
def experience(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Show the years within a discipline for changing."""
    found = queries.part_for(actor=signed_in(), model=Experience, member_id=member_id, part_id=part_id)
    return _experience_page(_member(member_id), found).show(schemas.typed_of(schemas.EXPERIENCE, found))


@blueprint.post("/experience/<uuid:part_id>")
def save_experience(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Change the years within a discipline."""
    found = queries.part_for(actor=signed_in(), model=Experience, member_id=member_id, part_id=part_id)

    def act(values: Any) -> str:
        services.set_experience(
            actor=signed_in(), member_id=member_id, discipline=found.discipline, seen=seen_before(), **values
        )
        return _kept(member_id, _("The experience is changed."), "experience")

    return _experience_page(_member(member_id), found).answer(act)


@blueprint.post("/experience/<uuid:part_id>/remove")
def remove_experience(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Take the years within a discipline away."""
    services.remove_experience(actor=signed_in(), member_id=member_id, experience_id=part_id, seen=seen_before())
    return redirect(_kept(member_id, _("The experience is gone. What it held stands in the trace."), "experience"), 303)


@blueprint.get("/employers/<uuid:part_id>")
def employer(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Show an employer's name and region for changing; reached from somebody who works there."""
    found = queries.employer_for(actor=signed_in(), member_id=member_id, employer_id=part_id)
    return _employer_page(_member(member_id), found).show(schemas.typed_of(schemas.EMPLOYER, found))


@blueprint.post("/employers/<uuid:part_id>")
def save_employer(member_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Change an employer for everyone who works there."""
    found = queries.employer_for(actor=signed_in(), member_id=member_id, employer_id=part_id)

    def act(values: Any) -> str:
        services.change_employer(actor=signed_in(), employer_id=part_id, seen=seen_before(), **values)
        return _kept(member_id, _("The employer is changed for everyone who works there."), "positions")

    return _employer_page(_member(member_id), found).answer(act)


def _member(member_id: UUID) -> Member:
    return queries.member_for(actor=signed_in(), member_id=member_id)


def _kept(member_id: UUID, said: str, anchor: str) -> str:
    flash(said, f"success@{anchor}")
    return url_for("members.show", member_id=member_id, _anchor=anchor)


def _page(
    member: Member, title: str, fields: tuple[schemas.FormField, ...], part: Any, removal: str = "", **more: Any
) -> FormPage:
    here = request.path
    danger = None
    if part is not None and removal:
        danger = (
            removal,
            f"{here}/remove",
            _("Only where it was recorded by mistake: one that ended gets its last day instead."),
        )
    return FormPage(
        title=title, action=here, back=(_("Back to the record"), url_for("members.show", member_id=member.id)), fields=fields,
        submit=_("Save"), crumbs=person_crumbs(member, title), seen=services.fingerprint(part) if part is not None else "",
        danger=danger, danger_posts=True, **more,
    )  # fmt: skip


def _membership_page(member: Member, part: Membership | None) -> FormPage:
    title = _("Membership of %(name)s", name=member.name)
    return _page(member, title, schemas.MEMBERSHIP, part, _("Take this membership away"))


def _payment_page(member: Member, part: Membership) -> FormPage:
    label = vocabularies(("membership-type",))["membership-type"].label(part.type)
    lede = _("%(type)s, %(name)s", type=label, name=member.name)
    return _page(member, _("Dues paid"), schemas.PAYMENT, part, lede=lede, asked=request.form.get("paid_through", ""))


def _position_page(member: Member, part: Position | None) -> FormPage:
    title = _("Position of %(name)s", name=member.name)
    return _page(member, title, schemas.POSITION, part, _("Take this position away"))


def _experience_page(member: Member, part: Experience | None) -> FormPage:
    if part is None:
        return _page(member, _("Experience of %(name)s", name=member.name), schemas.NEW_EXPERIENCE, None)
    label = vocabularies(("discipline",))["discipline"].label(part.discipline)
    title = _("Experience in %(discipline)s", discipline=label)
    return _page(member, title, schemas.EXPERIENCE, part, _("Take this experience away"), lede=member.name)


def _employer_page(member: Member, part: Employer) -> FormPage:
    lede = _("A change here holds for everyone who works or worked there.")
    return _page(member, part.name, schemas.EMPLOYER, part, lede=lede)
