"""Whatever stands in a file, checking answers with problems that have a place, and never with anything else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tandem.plugin_api.registry import Registry
from tandem.programs.document import Document, read_text
from tandem.programs.errors import ConfigurationError, Problem
from tandem.programs.reading import Files, check_files
from tandem.programs.tenant import Tenant
from tests.programs.small_tenant import ASSOCIATION, DEPARTMENT, FORM, PROGRAM
from tests.selection import examples

DOCUMENTS = {
    "association": read_text(ASSOCIATION.format(slug="sample"), "a").data,
    "departments": read_text(DEPARTMENT, "d").data,
    "forms": read_text(FORM, "f").data,
    "programs": read_text(PROGRAM, "p").data,
}
WORDS = st.sampled_from(
    ["id", "name", "rule", "all", "any", "not", "when", "then", "kind", "remove", "note", "shared", "locks", "topics", "full",
     "x", "years", "overlap", "membership.current", "choices", "vocabulary", "condition", "field", "is", "fact", "in", ""]
)  # fmt: skip
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += places(inner, (*path, key))
    return found


def changed(document: Any, path: tuple[Any, ...], value: Any, *, delete: bool) -> Any:
    copied = copy.deepcopy(document)
    target = copied
    for key in path[:-1]:
        target = target[key]
    if delete:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return copied


@st.composite
def mutations(draw: st.DrawFn) -> dict[str, Any]:
    documents = dict(DOCUMENTS)
    for _number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(sorted(documents)))
        if places(documents[kind]):
            path = draw(st.sampled_from(places(documents[kind])))
            documents[kind] = changed(documents[kind], path, draw(VALUES), delete=draw(st.booleans()))
    return documents


def check(documents: dict[str, Any], registry: Registry) -> Tenant:
    def document(kind: str, name: str) -> Document:
        return Document(name, documents[kind], {})

    files = Files(
        association=document("association", "association.yaml"),
        departments={"east": document("departments", "departments/east.yaml")},
        forms={"apply": document("forms", "forms/apply.yaml")},
        programs={"year": document("programs", "programs/year.yaml")},
    )
    return check_files(files, registry)


@pytest.mark.proof
@given(documents=mutations())
@settings(
    max_examples=examples(100, 2_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_value_anywhere_breaks_the_checking(documents: dict[str, Any], registry: Registry) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        check(documents, registry)
    except ConfigurationError as error:
        problems = error.problems or (Problem("", 0, (), ""),)

    assert all(problem.file and problem.line >= 1 and problem.message for problem in problems)


@pytest.mark.proof
@given(content=st.binary(max_size=200) | st.text(alphabet=" -:[]{}&*!|>'\"#,\n\tab1?%@`~", max_size=60))
@settings(max_examples=examples(100, 2_000), deadline=None)
def test_no_text_breaks_the_reading(content: bytes | str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read_text(content, "a.yaml")
    except ConfigurationError as error:
        problems = error.problems

    assert all(problem.file == "a.yaml" and problem.line >= 1 for problem in problems)


def test_the_unchanged_documents_are_fine(registry: Registry) -> None:
    assert check(DOCUMENTS, registry).slug == "sample"
