"""Reads on programs and their configuration. Documents are cached for the transaction that read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, cast
from uuid import UUID

from babel import Locale
from flask_babel import ngettext
from sqlalchemy import and_, select

from tandem.clocks import program_today
from tandem.directory.models import VocabularyTerm
from tandem.extensions import db
from tandem.forms.models import Form, FormRevision
from tandem.programs.errors import UnknownProgramError
from tandem.programs.models import Cohort, DocumentRevision, Program, ProgramRevision, ProgramState
from tandem.tenancy.scope import current_scope

_T = TypeVar("_T")

#: What an association's document says where it says nothing, so that readers need not ask whether a part is there.
ASSOCIATION_DEFAULTS: Mapping[str, Any] = {
    "brand": {},
    "capacity": {"mentees_per_mentor": None},
    "contact": {},
    "mail": {},
    "retention": {},
    "words": {"roles": {}, "messages": []},
    "departments": [],
    "committees": [],
    "vocabularies": [],
    "shared": {},
    "locks": [],
}


def association_document() -> dict[str, Any]:
    """The association's newest document with every part there; only defaults where none was ever applied."""
    return once("association", _association_document)


#: Asked in every request, so it is put together once.
_NEWEST_DOCUMENT = (
    select(DocumentRevision.document)
    .where(DocumentRevision.department_id.is_(None))
    .order_by(DocumentRevision.number.desc())
    .limit(1)
)


def _association_document() -> dict[str, Any]:
    document = db.session.scalar(_NEWEST_DOCUMENT)
    filled = {**ASSOCIATION_DEFAULTS, **(document or {})}
    for key in ("capacity", "words"):
        filled[key] = {**ASSOCIATION_DEFAULTS[key], **filled[key]}
    filled.setdefault("languages", [current_scope().language])
    return filled


def program_by_slug(slug: str) -> Program | None:
    """The program of that slug, or ``None``."""
    return db.session.scalar(select(Program).where(Program.slug == slug))


def open_programs() -> Sequence[Program]:
    """The programs that are open, by name."""
    return db.session.scalars(select(Program).where(Program.state == ProgramState.OPEN).order_by(Program.name)).all()


def all_programs() -> Sequence[Program]:
    """Every program, by name."""
    return db.session.scalars(select(Program).order_by(Program.name)).all()


def current_revision(program: Program) -> ProgramRevision:
    """The program's newest revision, which new applications pin. Raises ``UnknownProgramError`` where it has none."""

    def read() -> ProgramRevision | None:
        return db.session.scalar(
            select(ProgramRevision).where(
                ProgramRevision.program_id == program.id, ProgramRevision.number == program.current_number
            )
        )

    revision = once(f"revision:{program.id}:{program.current_number}", read)
    if revision is None:
        raise UnknownProgramError(program.slug)
    return revision


def resolved(program_revision_id: UUID) -> Mapping[str, Any]:
    """The resolved document of a revision, as an application or a mentorship pinned it. Raises ``UnknownProgramError``."""
    document = once(
        f"resolved:{program_revision_id}",
        lambda: db.session.scalar(select(ProgramRevision.resolved).where(ProgramRevision.id == program_revision_id)),
    )
    if document is None:
        raise UnknownProgramError(str(program_revision_id))
    return cast(dict[str, Any], document)


def form_for(resolved: Mapping[str, Any], role: str) -> FormRevision:
    """The form revision that a resolved document names for ``role``. Raises ``UnknownProgramError`` if it names none."""
    reference = resolved["roles"].get(role, {}).get("form_revision")
    revision = (
        db.session.get(FormRevision, (current_scope().association_id, UUID(reference["id"]))) if reference else None
    )
    if revision is None:
        raise UnknownProgramError(f"{resolved.get('id')}: {role}")
    return revision


def newest_form(key: str) -> FormRevision | None:
    """The newest revision of a form."""
    return db.session.scalar(
        select(FormRevision)
        .join(Form, and_(Form.association_id == FormRevision.association_id, Form.id == FormRevision.form_id))
        .where(Form.key == key, FormRevision.number == Form.current_number)
    )


def cohorts_of(program_id: UUID) -> Sequence[Cohort]:
    """The cohorts of a program, the first first."""
    return db.session.scalars(
        select(Cohort).where(Cohort.program_id == program_id).order_by(Cohort.starts_on, Cohort.key)
    ).all()


def term_labels(vocabulary: str) -> dict[str, str]:
    """Key → label of all terms of a vocabulary, past ones too, in their order."""
    return {row.key: row.label for row in _terms(vocabulary)}


def terms_offered(vocabulary: str, on: date | None = None) -> dict[str, str]:
    """Key → label of the terms that may be chosen on a day (today on the program clock), in their order."""
    day = on or program_today()
    return {
        row.key: row.label
        for row in _terms(vocabulary)
        if (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)
    }


def _terms(vocabulary: str) -> Sequence[VocabularyTerm]:
    # All lists in one statement: a page names terms of several, and an association's lists are short.
    def read() -> dict[str, list[VocabularyTerm]]:
        found: dict[str, list[VocabularyTerm]] = {}
        for term in db.session.scalars(select(VocabularyTerm).order_by(VocabularyTerm.position, VocabularyTerm.key)):
            found.setdefault(term.vocabulary, []).append(term)
        return found

    return once("terms", read).get(vocabulary, [])


def role_word(resolved: Mapping[str, Any], role: str, count: int = 1) -> str:
    """What the association calls people in ``role`` (``mentee`` or ``mentor``), in the form for ``count``.

    Words are live: the program's newest revision counts, then the association's words, then our own in the reader's language.
    """
    forms = _live_role(resolved, role) or (association_document()["words"].get("roles") or {}).get(role)
    if not forms:
        return ngettext("mentor", "mentors", count) if role == "mentor" else ngettext("mentee", "mentees", count)
    category = Locale.parse(current_scope().language).plural_form(count)
    return str(forms.get(category) or forms["other"])


def _live_role(resolved: Mapping[str, Any], role: str) -> Mapping[str, str] | None:
    slug = resolved.get("id")
    if slug is None:
        return None

    def read() -> Mapping[str, Any] | None:
        return db.session.scalar(
            select(ProgramRevision.resolved["roles"])
            .join(
                Program,
                and_(
                    Program.association_id == ProgramRevision.association_id, Program.id == ProgramRevision.program_id
                ),
            )
            .where(Program.slug == slug, ProgramRevision.number == Program.current_number)
        )

    roles = once(f"roles:{slug}", read) or resolved["roles"]
    forms: Mapping[str, str] | None = roles.get(role, {}).get("name")
    return forms


def once(name: str, read: Callable[[], _T]) -> _T:
    """The answer of ``read``, kept for the rest of the transaction. Writers call ``forget``."""
    session = db.session()
    kept: tuple[Any, dict[str, Any]] | None = session.info.get("tandem.programs")
    if kept is not None and kept[0] is session.get_transaction() and name in kept[1]:
        return cast(_T, kept[1][name])
    answer = read()
    # The reading may have begun the transaction, or filled the store with what it needed itself.
    kept = session.info.get("tandem.programs")
    if kept is None or kept[0] is not session.get_transaction():
        kept = (session.get_transaction(), {})
        session.info["tandem.programs"] = kept
    kept[1][name] = answer
    return answer


def forget() -> None:
    """Forget what ``once`` kept: the configuration has changed in this transaction."""
    db.session().info.pop("tandem.programs", None)
