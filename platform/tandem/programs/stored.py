"""The configuration as the database has it, in the same shape as a folder of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from tandem.directory.models import Department
from tandem.extensions import db
from tandem.forms.models import Form, FormRevision
from tandem.programs.models import DocumentRevision, Program, ProgramRevision
from tandem.programs.tenant import ASSOCIATION_FILE, Part, Tenant, department_file, form_file, program_file


def stored_tenant() -> Tenant | None:
    """The newest revision of every document of the open association, or ``None`` where nothing was ever applied."""
    documents = _newest_documents()
    if None not in documents:
        return None
    slugs = {row.id: row.slug for row in db.session.execute(select(Department.id, Department.slug))}
    return Tenant(
        association=_part(ASSOCIATION_FILE, documents[None]),
        departments={
            slugs[department_id]: _part(department_file(slugs[department_id]), revision)
            for department_id, revision in documents.items()
            if department_id is not None
        },
        forms=_forms(),
        programs=_programs(),
    )


def _part(file: str, revision: DocumentRevision) -> Part:
    return Part(file, revision.document, number=revision.number, by_person=revision.created_by is not None)


def _newest_documents() -> dict[UUID | None, DocumentRevision]:
    newest = (
        select(DocumentRevision.department_id, func.max(DocumentRevision.number).label("number"))
        .group_by(DocumentRevision.department_id)
        .subquery()
    )
    rows = db.session.scalars(
        select(DocumentRevision).join(
            newest,
            and_(
                DocumentRevision.department_id.is_not_distinct_from(newest.c.department_id),
                DocumentRevision.number == newest.c.number,
            ),
        )
    )
    return {row.department_id: row for row in rows}


def _forms() -> dict[str, Part]:
    rows = db.session.execute(
        select(Form.key, FormRevision)
        .join(FormRevision, and_(FormRevision.association_id == Form.association_id, FormRevision.form_id == Form.id))
        .where(FormRevision.number == Form.current_number)
        .order_by(Form.key)
    )
    return {
        key: Part(form_file(key), row.definition, number=row.number, by_person=row.created_by is not None)
        for key, row in rows
    }


def _programs() -> dict[str, Part]:
    rows = db.session.execute(
        select(Program.slug, ProgramRevision)
        .join(
            ProgramRevision,
            and_(ProgramRevision.association_id == Program.association_id, ProgramRevision.program_id == Program.id),
        )
        .where(ProgramRevision.number == Program.current_number)
        .order_by(Program.slug)
    )
    return {
        slug: Part(
            program_file(slug),
            row.document,
            resolved=row.resolved,
            number=row.number,
            by_person=row.created_by is not None,
        )
        for slug, row in rows
    }


def document_at(file: str, number: int) -> Mapping[str, Any] | None:
    """What the document of ``file`` said in revision ``number``, or ``None`` where the database has no such revision."""
    kind, _slash, name = file.removesuffix(".yaml").partition("/")
    if kind == "programs":
        return db.session.scalar(
            select(ProgramRevision.document)
            .join(
                Program,
                and_(
                    Program.association_id == ProgramRevision.association_id, Program.id == ProgramRevision.program_id
                ),
            )
            .where(Program.slug == name, ProgramRevision.number == number)
        )
    if kind == "forms":
        return db.session.scalar(
            select(FormRevision.definition)
            .join(Form, and_(Form.association_id == FormRevision.association_id, Form.id == FormRevision.form_id))
            .where(Form.key == name, FormRevision.number == number)
        )
    department = select(Department.id).where(Department.slug == name).scalar_subquery() if name else None
    return db.session.scalar(
        select(DocumentRevision.document).where(
            DocumentRevision.department_id.is_(None)
            if department is None
            else DocumentRevision.department_id == department,
            DocumentRevision.number == number,
        )
    )
