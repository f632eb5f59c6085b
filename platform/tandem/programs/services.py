"""Taking a configuration into the database: everything or nothing, with a new revision only where something changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tandem.access.actor import Actor
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_today
from tandem.directory.models import Department, VocabularyTerm
from tandem.extensions import db
from tandem.forms.models import Form, FormRevision
from tandem.plugin_api.registry import Registry
from tandem.programs.differences import Sayer, differences, part_differences
from tandem.programs.errors import ConfigurationError, Moved, MovedOnError, Problem
from tandem.programs.models import Cohort, Committee, DocumentRevision, Program, ProgramRevision, ProgramState
from tandem.programs.queries import forget
from tandem.programs.rewording import confirmed, stale
from tandem.programs.schemas.program import SIDES
from tandem.programs.stored import document_at, stored_tenant
from tandem.programs.tenant import ASSOCIATION_FILE, Part, Tenant, program_file
from tandem.tenancy.scope import current_scope
from tandem.tenancy.services import update_association
from tandem.wording import in_words, labels_from


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did (or would do): sentences, the number of each document's revision by file, words that need a look."""

    changes: tuple[str, ...]
    numbers: Mapping[str, int]
    stale_wordings: tuple[str, ...]


def apply_tenant(*, actor: Actor, tenant: Tenant, registry: Registry, confirm: Collection[str] = ()) -> Applied:
    """Make ``tenant`` the open association's configuration.

    Waits for another apply of the same association. Writes revisions of what changed, vocabulary terms (never deleting one),
    departments, committees, cohorts and the association's name, language and time zone, and an audit entry for each document.
    ``confirm`` names reworded messages whose words are to count as confirmed.

    Raises ``MovedOnError`` where a file was exported before the database's present revision, ``ConfigurationError`` where the
    files leave out what the database has or name another association, ``ForbiddenError`` without ``programs.configure`` for
    the whole association. Nothing is committed here.
    """
    require_everywhere(actor, "programs.configure")
    _lock()
    _refuse_other(tenant)
    stored = stored_tenant()
    wanted = confirmed(_with_past_terms(tenant, stored, program_today()), stored, confirm)
    if stored is not None:
        _refuse_left_out(wanted, stored)
        _refuse_moved(wanted, stored, registry)
    found = tuple(differences(stored, wanted, registry, sayer))
    numbers = _write(actor, wanted, stored)
    forget()
    return Applied(found, numbers, tuple(stale(wanted)))


def sayer(tenant: Tenant) -> Sayer:
    """Says messages with the labels of ``tenant``'s own vocabularies and forms."""
    terms = {
        (vocabulary["id"], term["id"]): term["label"]
        for vocabulary in tenant.association.document.get("vocabularies") or ()
        for term in vocabulary.get("terms") or ()
    }
    labels = labels_from(terms, *(form.document for form in tenant.forms.values()))
    return lambda message: in_words(message, labels)


def _lock() -> None:
    association_id = current_scope().association_id
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"configuration:{association_id}", 0))))


def _refuse_other(tenant: Tenant) -> None:
    if tenant.slug != current_scope().slug:
        message = _("is “%(found)s”, but the association is “%(slug)s”", found=tenant.slug, slug=current_scope().slug)
        raise ConfigurationError([Problem(ASSOCIATION_FILE, 1, ("id",), message)])


def _with_past_terms(tenant: Tenant, stored: Tenant | None, today: date) -> Tenant:
    """``tenant`` with the terms that only the database has, ended yesterday: members' records still name them."""
    if stored is None:
        return tenant
    given = {item["id"]: item for item in tenant.association.document.get("vocabularies") or ()}
    vocabularies = dict(given)
    for old in stored.association.document.get("vocabularies") or ():
        new = given.get(old["id"], {key: value for key, value in old.items() if key != "terms"})
        kept = {term["id"] for term in new.get("terms") or ()}
        past = [_ended(term, today) for term in old.get("terms") or () if term["id"] not in kept]
        if past:
            vocabularies[old["id"]] = {**new, "terms": [*(new.get("terms") or ()), *past]}
    if vocabularies == given:
        return tenant
    document = {**tenant.association.document, "vocabularies": list(vocabularies.values())}
    return replace(tenant, association=replace(tenant.association, document=document))


def _ended(term: Mapping[str, Any], today: date) -> dict[str, Any]:
    yesterday = (today - timedelta(days=1)).isoformat()
    ended = {**term, "valid_to": min(term.get("valid_to") or yesterday, yesterday)}
    if ended.get("valid_from", "") > ended["valid_to"]:
        del ended["valid_from"]
    return ended


def _refuse_left_out(tenant: Tenant, stored: Tenant) -> None:
    """A folder is the whole configuration: what it leaves out was forgotten rather than meant to go."""
    problems = [
        Problem(file, 1, (), _("is missing, but the association has it; export the configuration to have it again"))
        for file in stored.parts()
        if file not in tenant.parts()
    ]
    given = {
        key: {item["id"] for item in tenant.association.document.get(key) or ()}
        for key in ("departments", "committees")
    }
    existing = {
        "departments": db.session.scalars(select(Department.slug)),
        "committees": db.session.scalars(select(Committee.key)),
    }
    problems += [
        Problem(
            ASSOCIATION_FILE,
            1,
            (key, f"[{name}]"),
            _("is missing, but the association has it; it cannot be taken out here"),
        )
        for key, names in existing.items()
        for name in names
        if name not in given[key]
    ]
    if problems:
        raise ConfigurationError(problems)


def _refuse_moved(tenant: Tenant, stored: Tenant, registry: Registry) -> None:
    moved = [
        found
        for file, part in tenant.parts().items()
        if (current := stored.parts().get(file)) is not None
        and (found := _moved(part, current, registry, sayer(stored))) is not None
    ]
    if moved:
        raise MovedOnError(moved)


def _moved(part: Part, current: Part, registry: Registry, say: Sayer) -> Moved | None:
    if part.document == current.document or part.exported_from == current.number or current.number is None:
        return None
    if part.exported_from is None:
        return Moved(part.file, None, current.number, ()) if current.by_person else None
    base = document_at(part.file, part.exported_from)
    if base == current.document:
        return None  # the number moved on because something above the document did
    changed = tuple(part_differences(base, current.document, registry, say)) if base is not None else ()
    return Moved(part.file, part.exported_from, current.number, changed)


def _write(actor: Actor, tenant: Tenant, stored: Tenant | None) -> dict[str, int]:
    document = tenant.association.document
    scope = current_scope()
    if (scope.name, scope.language, scope.time_zone) != (document["name"], document["language"], document["time_zone"]):
        update_association(
            association_id=scope.association_id, name=document["name"], language=document["language"],
            time_zone=document["time_zone"],
        )  # fmt: skip
    departments = _departments(document)
    committees = _committees(document, departments)
    _terms(document)
    was = stored.parts() if stored is not None else {}
    numbers = {ASSOCIATION_FILE: _document(actor, tenant.association, was.get(ASSOCIATION_FILE), None)}
    for slug, part in tenant.departments.items():
        numbers[part.file] = _document(actor, part, was.get(part.file), departments[slug])
    forms: dict[str, FormRevision] = {}
    for key, part in tenant.forms.items():
        forms[key] = _form(actor, key, part)
        numbers[part.file] = forms[key].number
    for slug, part in tenant.programs.items():
        resolved = _with_forms(part, forms)
        department, committee = resolved["department"], resolved["review"]["committee"]
        program = _program(
            slug,
            resolved,
            departments[department] if department else None,
            committees[committee] if committee else None,
        )
        numbers[part.file] = _program_revision(actor, program, part.document, resolved)
    return numbers


def _departments(document: Mapping[str, Any]) -> dict[str, UUID]:
    rows = {row.slug: row for row in db.session.scalars(select(Department))}
    for item in document.get("departments") or ():
        row = rows.setdefault(item["id"], Department(slug=item["id"], name=item["name"]))
        row.name = item["name"]
    db.session.add_all(rows.values())
    db.session.flush()
    return {slug: row.id for slug, row in rows.items()}


def _committees(document: Mapping[str, Any], departments: Mapping[str, UUID]) -> dict[str, UUID]:
    rows = {row.key: row for row in db.session.scalars(select(Committee))}
    for item in document.get("committees") or ():
        row = rows.setdefault(item["id"], Committee(key=item["id"], name=item["name"]))
        row.name = item["name"]
        row.department_id = departments[item["department"]] if "department" in item else None
    db.session.add_all(rows.values())
    db.session.flush()
    return {key: row.id for key, row in rows.items()}


def _terms(document: Mapping[str, Any]) -> None:
    rows = {(row.vocabulary, row.key): row for row in db.session.scalars(select(VocabularyTerm))}
    for vocabulary in document.get("vocabularies") or ():
        for position, term in enumerate(vocabulary.get("terms") or ()):
            key = (vocabulary["id"], term["id"])
            row = rows.setdefault(key, VocabularyTerm(vocabulary=key[0], key=key[1], label=term["label"]))
            row.label = term["label"]
            row.position = position
            row.valid_from = _day(term.get("valid_from"))
            row.valid_to = _day(term.get("valid_to"))
            row.sample = bool(term.get("sample", False))
    db.session.add_all(rows.values())
    db.session.flush()


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value is not None else None


def _document(actor: Actor, part: Part, current: Part | None, department_id: UUID | None) -> int:
    if current is not None and current.number is not None and current.document == part.document:
        return current.number
    number = (current.number or 0) + 1 if current is not None else 1
    revision = DocumentRevision(
        department_id=department_id, number=number, document=dict(part.document), created_by=actor.account_id
    )
    db.session.add(revision)
    db.session.flush()
    _audit(actor, "document", revision.id, number)
    return number


def _form(actor: Actor, key: str, part: Part) -> FormRevision:
    form = db.session.scalar(select(Form).where(Form.key == key))
    if form is None:
        form = Form(key=key, current_number=0)
        db.session.add(form)
        db.session.flush()
    current = db.session.scalar(
        select(FormRevision).where(FormRevision.form_id == form.id, FormRevision.number == form.current_number)
    )
    if current is not None and current.definition == part.document:
        return current
    revision = FormRevision(
        form_id=form.id, number=form.current_number + 1, definition=dict(part.document), created_by=actor.account_id
    )
    db.session.add(revision)
    form.current_number = revision.number
    db.session.flush()
    _audit(actor, "form", form.id, revision.number)
    return revision


def _program(slug: str, resolved: Mapping[str, Any], department_id: UUID | None, committee_id: UUID | None) -> Program:
    program = db.session.scalar(select(Program).where(Program.slug == slug))
    if program is None:
        program = Program(slug=slug, name=resolved["name"], current_number=0)
        db.session.add(program)
    program.name = resolved["name"]
    program.state = ProgramState(resolved["state"])
    program.department_id = department_id
    program.committee_id = committee_id
    db.session.flush()
    _cohorts(program, resolved["intake"].get("cohorts", ()))
    return program


def _program_revision(actor: Actor, program: Program, document: Mapping[str, Any], resolved: dict[str, Any]) -> int:
    current = db.session.scalar(
        select(ProgramRevision).where(
            ProgramRevision.program_id == program.id, ProgramRevision.number == program.current_number
        )
    )
    if current is not None and current.document == document and current.resolved == resolved:
        return current.number
    revision = ProgramRevision(
        program_id=program.id, number=program.current_number + 1, document=dict(document), resolved=resolved,
        created_by=actor.account_id,
    )  # fmt: skip
    db.session.add(revision)
    program.current_number = revision.number
    db.session.flush()
    _audit(actor, "program", program.id, revision.number, program_id=program.id)
    return revision.number


def _with_forms(part: Part, forms: Mapping[str, FormRevision]) -> dict[str, Any]:
    resolved = dict(part.resolved or {})
    resolved["roles"] = {
        side: {**resolved["roles"][side], "form_revision": _reference(forms[resolved["roles"][side]["form"]])}
        for side in SIDES
    }
    resolved["mentorship"] = {
        **resolved["mentorship"],
        "evaluations": [
            {**item, "form_revision": _reference(forms[item["form"]])} for item in resolved["mentorship"]["evaluations"]
        ],
    }
    return resolved


def _reference(revision: FormRevision) -> dict[str, Any]:
    return {"id": str(revision.id), "number": revision.number}


def _cohorts(program: Program, wanted: Collection[Mapping[str, Any]]) -> None:
    rows = {row.key: row for row in db.session.scalars(select(Cohort).where(Cohort.program_id == program.id))}
    for item in wanted:
        row = rows.pop(item["id"], None) or Cohort(program_id=program.id, key=item["id"])
        row.name = item["name"]
        row.applications_from = date.fromisoformat(item["applications_from"])
        row.applications_to = date.fromisoformat(item["applications_to"])
        row.starts_on = date.fromisoformat(item["starts_on"])
        row.ends_on = date.fromisoformat(item["ends_on"])
        db.session.add(row)
    db.session.flush()
    for key, row in rows.items():
        try:
            with db.session.begin_nested():
                db.session.delete(row)
        except IntegrityError as error:
            message = _("is missing, but people have applied for it; put it back")
            path = ("intake", "cohorts", f"[{key}]")
            raise ConfigurationError([Problem(program_file(program.slug), 1, path, message)]) from error


def _audit(actor: Actor, kind: str, object_id: UUID, number: int, *, program_id: UUID | None = None) -> None:
    record(
        actor=actor, action=f"{kind}.configured", object_kind=kind, object_id=object_id, program_id=program_id,
        changes={"revision": [number - 1 or None, number]},
    )  # fmt: skip
