"""The words of notices: our own, and those that an association or a program has put in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.extensions import db
from tandem.notices.templates_registry import COMMON, TEMPLATES, NoticeTemplate
from tandem.programs.models import DocumentRevision, Program, ProgramRevision

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def check_override(template_id: str, subject: str | None, body: str | None) -> Sequence[str]:
    """What is wrong with an association's own words for a notice, as sentences; none where all is well.

    The words are CommonMark in which ``{variable}`` stands for what ``templates_registry`` lists for the notice. A part that is
    ``None`` keeps our own words.
    """
    template = TEMPLATES.get(template_id)
    if template is None or not template.listed:
        known_ids = ", ".join(sorted(kind.id for kind in TEMPLATES.values() if kind.listed))
        return [_("There is no notice “%(name)s”. There are: %(all)s.", name=template_id, all=known_ids)]
    problems = list(check_words(template, subject, body))
    if body is not None:
        problems += [
            _("The body does not use {%(name)s}, without which this notice is of no use.", name=name)
            for name in sorted(template.required & template.secret)
            if f"{{{name}}}" not in body
        ]
    return problems


def check_words(
    template: NoticeTemplate, subject: str | None, body: str | None, *, without: frozenset[str] = frozenset()
) -> Sequence[str]:
    """What is wrong with the variables and the subject of words for a notice, as sentences. ``without``: variables it cannot use here."""
    known = allowed_variables(template) - without
    problems = []
    for part, words in ((_("subject"), subject), (_("body"), body)):
        problems += [
            _("{%(name)s} in the %(part)s stands for nothing. Take it out, or use one of: %(all)s.",
              part=part, name=name, all=", ".join(f"{{{each}}}" for each in sorted(known)))
            for name in sorted(set(_VARIABLE.findall(words or "")) - known)
        ]  # fmt: skip
    if subject is not None and "\n" in subject.strip():
        problems.append(_("The subject is more than one line."))
    return problems


def allowed_variables(template: NoticeTemplate) -> frozenset[str]:
    """The variables that words for ``template`` may use."""
    return frozenset(template.variables) | frozenset(COMMON)


def fill(words: str, variables: Mapping[str, str]) -> str:
    """``words`` with each ``{variable}`` replaced; one that was not given leaves nothing behind."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], ""), words)


@dataclass(frozen=True, slots=True)
class Wording:
    """What an association has set for one notice, and how its mail is signed. Parts left empty keep our own words.

    ``resolved`` is the program's newest document, which knows what its mentees and mentors are called; empty without a program.
    """

    program: str = ""
    send: bool = True
    subject: str = ""
    body: str = ""
    contact: str = ""
    signature: str = ""
    resolved: Mapping[str, Any] = field(default_factory=dict)


def wording_of(template_id: str, program_id: UUID | None) -> Wording:
    """The words that hold for a notice now.

    Words are live: the program's newest revision counts, whatever an application or a mentorship has pinned.
    """
    shared = _association_document()
    name, document = _program_document(program_id) if program_id is not None else ("", _part(shared, "shared"))
    return _wording(template_id, shared, name, document, of_program=program_id is not None)


def shared_wordings() -> Mapping[str, Wording]:
    """The words that hold for every notice where a program has no others, by template; one statement."""
    shared = _association_document()
    return {
        template_id: _wording(template_id, shared, "", _part(shared, "shared"), of_program=False)
        for template_id in TEMPLATES
    }


def _wording(
    template_id: str, shared: Mapping[str, Any], name: str, document: Mapping[str, Any], *, of_program: bool
) -> Wording:
    own = _item(document.get("notices"), template_id) or _item(_part(shared, "shared").get("notices"), template_id)
    contact = _part(document, "contact") or _part(shared, "contact")
    return Wording(
        program=name,
        send=own.get("send", True) is not False,
        subject=str(own.get("subject") or ""),
        body=str(own.get("body") or ""),
        contact=", ".join(str(contact[key]) for key in ("name", "email", "phone") if contact.get(key)),
        signature=str(_part(shared, "mail").get("signature") or ""),
        resolved=document if of_program else {},
    )


def sender() -> tuple[str, str | None]:
    """The name that the open association's mail bears (empty: its own), and the address that answers go to, if any."""
    shared = _association_document()
    mail, contact = _part(shared, "mail"), _part(shared, "contact")
    return str(mail.get("from_name") or ""), mail.get("reply_to") or contact.get("email") or None


def _program_document(program_id: UUID) -> tuple[str, Mapping[str, Any]]:
    row = db.session.execute(
        select(Program.name, ProgramRevision.resolved)
        .join(
            ProgramRevision,
            (ProgramRevision.association_id == Program.association_id)
            & (ProgramRevision.program_id == Program.id)
            & (ProgramRevision.number == Program.current_number),
            isouter=True,
        )
        .where(Program.id == program_id)
    ).one()
    return row.name, row.resolved or {}


def _association_document() -> Mapping[str, Any]:
    statement = (
        select(DocumentRevision.document)
        .where(DocumentRevision.department_id.is_(None))
        .order_by(DocumentRevision.number.desc())
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none() or {}


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _item(items: Any, item_id: str) -> Mapping[str, Any]:
    """The item of that id in a list of items."""
    for item in items or ():
        if isinstance(item, Mapping) and item.get("id") == item_id:
            return item
    return {}
