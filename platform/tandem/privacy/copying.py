"""A member's copy of everything that is kept about them: a ZIP file with a page to read and the same as JSON."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import select

from tandem.clocks import program_now
from tandem.extensions import db
from tandem.notices.services import write_notice
from tandem.privacy.kept import Group
from tandem.privacy.models import DataCopy
from tandem.privacy.queries import kept_about, person_for
from tandem.privacy.services import HOLDS
from tandem.tenancy.scope import current_scope


def make_copy(*, copy_id: UUID) -> None:
    """Write the file of a copy that was asked for and tell the member by letter. Done once; a copy dropped meanwhile stays so."""
    copy = db.session.scalar(select(DataCopy).where(DataCopy.id == copy_id).with_for_update())
    if copy is None or copy.ready_at is not None:
        return
    person = person_for(copy.member_id, most=None)
    language = (person.account and person.account.language) or person.member.language or current_scope().language
    with force_locale(language):
        content = zip_of(kept_about(person), name=person.member.name, language=language)
    copy.content, copy.size = content, len(content)
    copy.ready_at = program_now()
    copy.expires_at = copy.ready_at + HOLDS
    db.session.flush()
    write_notice(
        template="copy-ready", to_member_id=copy.member_id, context={"until": copy.expires_at},
        dedupe_key=f"copy-ready:{copy.id}",
    )  # fmt: skip


def zip_of(groups: Sequence[Group], *, name: str, language: str) -> bytes:
    """The file's bytes: ``my-data.html`` with its style sheet, and ``my-data.json``."""
    made = {"association": current_scope().name, "name": name, "made_at": program_now().isoformat()}
    page = render_template(
        "privacy/copy.html", groups=groups, name=name, association_name=current_scope().name, made_at=program_now(),
        language=language,
    )  # fmt: skip
    told = json.dumps({**made, "groups": [as_json(group) for group in groups]}, ensure_ascii=False, indent=2)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-data.html", page)
        archive.writestr("my-data.css", render_template("privacy/copy.css"))
        archive.writestr("my-data.json", told)
    return stream.getvalue()


def as_json(group: Group) -> Mapping[str, Any]:
    """One group as it stands in the JSON file. A key that comes twice (several decisions) has all its values."""
    return {
        "id": group.id,
        "title": group.title,
        "comes_from": group.source,
        "can_be_read_by": group.readers,
        "items": [
            {"title": item.title, **({"text": item.text} if item.text else {}), "values": _values(item.facts)}
            for item in group.items
        ],
    }


def _values(facts: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in facts:
        if one.key in found:
            before = found[one.key]
            found[one.key] = [*before, one.value] if isinstance(before, list) else [before, one.value]
        else:
            found[one.key] = one.value
    return found
