"""Writing a configuration as YAML in its canonical form: keys in the order of the schemas, defaults left out."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from marshmallow import Schema, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from tandem.plugin_api.registry import Registry
from tandem.programs.document import read_text
from tandem.programs.schemas.association import AssociationSchema, DepartmentSchema
from tandem.programs.schemas.form import FormSchema
from tandem.programs.schemas.plugged import plugins
from tandem.programs.schemas.program import ProgramSchema
from tandem.programs.tenant import Part, Tenant

_WIDTH = 110
_SCHEMAS: Mapping[str, type[Schema]] = {
    "association.yaml": AssociationSchema,
    "departments": DepartmentSchema,
    "forms": FormSchema,
    "programs": ProgramSchema,
}


def export_files(tenant: Tenant, registry: Registry) -> dict[str, str]:
    """File name → content for every document; each carries the number of the revision that it was written from."""
    with plugins(registry):
        return {file: _written(file, part) for file, part in sorted(tenant.parts().items())}


def write_files(files: Mapping[str, str], folder: FilePath) -> None:
    """Write exported files below ``folder``, which must be empty or not there yet. Raises ``FileExistsError``."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(str(folder))
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def with_revision(content: str, number: int) -> str:
    """The content of a file whose ``exported_from:`` line says ``number``; unchanged where it has no such line."""
    lines = content.splitlines(keepends=True)
    for place, line in enumerate(lines):
        if line.startswith("exported_from:"):
            lines[place] = f"exported_from: {number}\n"
    return "".join(lines)


def _written(file: str, part: Part) -> str:
    schema = _SCHEMAS[file.split("/", maxsplit=1)[0]]
    try:
        ordered: dict[str, Any] = schema().load(dict(part.document), partial=True)
    except ValidationError:
        # A plugin that it names is gone; what was stored is still to be had, in whatever order it is in.
        ordered = copy.deepcopy(dict(part.document))
    if schema is FormSchema:
        _leave_out_defaults(ordered)
    ordered = _first(ordered, {"exported_from": part.number} if part.number is not None else {})
    yaml = YAML()
    yaml.version = None
    yaml.default_flow_style = False
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_styled(ordered), stream)
    content = stream.getvalue()
    # A file that reads as something else would change what it was meant to keep.
    if read_text(content, file).data != ordered:
        raise AssertionError(f"{file} does not read as it was written")
    return content


def _first(document: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what names it at the top."""
    head = {key: document[key] for key in ("note", "name", "department", "state") if key in document}
    return {
        "id": document["id"],
        **extra,
        **head,
        **{key: document[key] for key in document if key not in {"id", *head}},
    }


def _leave_out_defaults(form: dict[str, Any]) -> None:
    for section in form["sections"]:
        for question in section["questions"]:
            if question.get("required") is False:
                del question["required"]


def _styled(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = [key for key in ("id", "note") if key in value] + [key for key in value if key not in {"id", "note"}]
        return {key: _styled(value[key]) for key in keys}
    if isinstance(value, list):
        return [_styled(item) for item in value]
    if isinstance(value, str):
        if "\n" in value:
            return LiteralScalarString(value) if _is_literal(value) else DoubleQuotedScalarString(value)
        if value.startswith("#"):
            return DoubleQuotedScalarString(value)
    return value


def _is_literal(text: str) -> bool:
    lines = text.split("\n")
    return not lines[0].startswith(" ") and all(line == line.rstrip() for line in lines) and bool(lines[-1])
