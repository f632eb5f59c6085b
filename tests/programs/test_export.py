"""Writing files and reading them again: nothing is lost, and files know the revision they came from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tandem.access.actor import SYSTEM
from tandem.plugin_api.registry import Registry
from tandem.programs.errors import MovedOnError
from tandem.programs.export import export_files, with_revision, write_files
from tandem.programs.reading import read_tenant
from tandem.programs.services import apply_tenant
from tandem.programs.stored import stored_tenant
from tandem.programs.tenant import Tenant
from tandem.tenancy.scope import Scope
from tandem.tenants import folder_of
from tests.programs.small_tenant import edit, write_tenant
from tests.selection import examples

Apply = Callable[..., Any]


def stored() -> Tenant:
    tenant = stored_tenant()
    assert tenant is not None
    return tenant


@pytest.fixture
def exported(applied: Apply, registry: Registry, tmp_path: Path) -> Path:
    """The small configuration, applied and exported."""
    applied()
    folder = tmp_path / "exported"
    write_files(export_files(stored(), registry), folder)
    return folder


@pytest.mark.parametrize("slug", ["casbo", "atelier"])
def test_a_shipped_configuration_goes_round_without_loss(
    slug: str, association: Scope, registry: Registry, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for path in folder_of(slug).rglob("*.yaml"):
        target = source / path.relative_to(folder_of(slug))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    edit(source, "association.yaml", f"id: {slug}\n", f"id: {association.slug}\n")
    tenant = read_tenant(source, registry)
    apply_tenant(actor=SYSTEM, tenant=tenant, registry=registry)

    write_files(export_files(stored(), registry), tmp_path / "first")
    again = apply_tenant(actor=SYSTEM, tenant=read_tenant(tmp_path / "first", registry), registry=registry)
    second = export_files(stored(), registry)

    assert again.changes == ()
    assert set(again.numbers.values()) == {1}
    assert second == {
        str(path.relative_to(tmp_path / "first")): path.read_text(encoding="utf-8")
        for path in (tmp_path / "first").rglob("*.yaml")
    }
    assert {name: part.resolved for name, part in tenant.programs.items()} == {
        name: part.resolved for name, part in read_tenant(tmp_path / "first", registry).programs.items()
    }


def test_an_export_is_canonical(exported: Path) -> None:
    lines = (exported / "programs" / "year.yaml").read_text(encoding="utf-8").splitlines()

    assert lines[:8] == [
        "id: year", "exported_from: 1", "name: The Year", "department: east", "state: open", "length:", "  kind: months",
        "  months: 9",
    ]  # fmt: skip


def test_an_export_keeps_notes(applied: Apply, folder: Path, registry: Registry) -> None:
    edit(
        folder,
        "programs/year.yaml",
        "rule: membership.tenure, years: 5",
        "rule: membership.tenure, years: 5, note: Why five.",
    )
    edit(folder, "association.yaml", "label: Payroll}", "label: Payroll, note: Asked for in 2020.}")
    applied()

    files = export_files(stored(), registry)

    assert "note: Why five." in files["programs/year.yaml"]
    assert "note: Asked for in 2020." in files["association.yaml"]


def test_an_export_into_a_folder_with_files_is_refused(exported: Path, registry: Registry) -> None:
    with pytest.raises(FileExistsError):
        write_files(export_files(stored(), registry), exported)


texts = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Cn"), blacklist_characters="\ufeff\u2028\u2029"),
    min_size=1,
    max_size=60,
).filter(lambda text: text.strip())
paragraphs = st.lists(texts, min_size=1, max_size=4).map("\n".join).filter(lambda text: text.strip())


@given(summary=paragraphs, label=texts, months=st.integers(1, 60), weight=st.integers(0, 100), note=paragraphs)
@settings(max_examples=examples(15, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.proof
def test_whatever_is_written_is_read_again(
    summary: str,
    label: str,
    months: int,
    weight: int,
    note: str,
    tmp_path_factory: pytest.TempPathFactory,
    registry: Registry,
) -> None:
    files = write_tenant(tmp_path_factory.mktemp("any"))
    tenant = read_tenant(files, registry)
    program, form = dict(tenant.programs["year"].document), dict(tenant.forms["apply"].document)
    program |= {"summary": summary.strip(), "note": note.strip(), "length": {"kind": "months", "months": months}}
    program["matching"] = {
        **program["matching"],
        "criteria": [{**program["matching"]["criteria"][0], "weight": weight}],
    }
    form["title"] = label.strip()
    changed = {"programs/year.yaml": program, "forms/apply.yaml": form}

    for name, document in changed.items():
        path = files / name
        path.write_text(_only(tenant, name, document, registry), encoding="utf-8")
    again = read_tenant(files, registry)

    assert again.programs["year"].document == program
    assert again.forms["apply"].document == form


def _only(tenant: Tenant, name: str, document: dict[str, Any], registry: Registry) -> str:
    part = tenant.parts()[name]
    kind = "programs" if name.startswith("programs") else "forms"
    changed = type(part)(part.file, document)
    return export_files(type(tenant)(tenant.association, **{kind: {document["id"]: changed}}), registry)[name]


def test_files_are_refused_once_the_database_has_moved_on(applied: Apply, folder: Path, exported: Path) -> None:
    edit(folder, "programs/year.yaml", "years: 5", "years: 4")
    applied()
    edit(exported, "programs/year.yaml", "months: 9", "months: 12")

    with pytest.raises(MovedOnError) as caught:
        applied(exported)

    (moved,) = caught.value.moved
    assert (moved.file, moved.exported_from, moved.current) == ("programs/year.yaml", 1, 2)
    assert moved.changes == (
        "mentor, rule tenure: years 5 → 4; now “You have been an individual member for 4 or more years.”",
    )


def test_files_that_say_what_the_database_says_are_taken_whatever_their_revision(
    applied: Apply, folder: Path, exported: Path
) -> None:
    edit(folder, "programs/year.yaml", "years: 5", "years: 4")
    applied()
    edit(folder, "programs/year.yaml", "years: 4", "years: 5")
    applied()

    assert applied(exported).changes == ()


def test_files_are_taken_where_only_something_above_them_moved(applied: Apply, folder: Path, exported: Path) -> None:
    edit(folder, "departments/east.yaml", "max: 3", "max: 4")
    applied()
    edit(exported, "departments/east.yaml", "max: 3", "max: 4")
    edit(exported, "programs/year.yaml", "months: 9", "months: 12")

    assert applied(exported).changes == ("The Year, length, months: 9 → 12",)


def test_two_sets_of_exported_files_cannot_undo_each_other(
    applied: Apply, exported: Path, registry: Registry, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write_files(export_files(stored(), registry), other)
    edit(exported, "programs/year.yaml", "months: 9", "months: 12")
    edit(other, "programs/year.yaml", "months: 9", "months: 6")
    applied(exported)

    with pytest.raises(MovedOnError):
        applied(other)


def test_the_revision_line_is_brought_up_to_date_and_nothing_else() -> None:
    content = "id: year\nexported_from: 3\n# a remark\nname: The Year\n"

    assert with_revision(content, 4) == "id: year\nexported_from: 4\n# a remark\nname: The Year\n"
    assert with_revision("id: year\n", 4) == "id: year\n"
