from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tandem.access.actor import SYSTEM
from tandem.extensions import db
from tandem.plugin_api.registry import Registry, load_registry
from tandem.programs.models import ProgramRevision
from tandem.programs.reading import read_tenant
from tandem.programs.services import Applied, apply_tenant
from tandem.tenancy.scope import Scope
from tests.programs.small_tenant import edit, write_tenant


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def folder(tmp_path: Path, association: Scope) -> Path:
    return write_tenant(tmp_path / "files", association.slug)


@pytest.fixture
def applied(folder: Path, registry: Registry) -> Any:
    def run(**kwargs: Any) -> Applied:
        return apply_tenant(actor=SYSTEM, tenant=read_tenant(folder, registry), registry=registry, **kwargs)

    return run


def test_apply_writes_one_revision_of_everything(applied: Any) -> None:
    result = applied()

    assert result.numbers == {
        "association.yaml": 1, "departments/east.yaml": 1, "forms/apply.yaml": 1, "programs/year.yaml": 1,
    }  # fmt: skip
    assert applied().changes == ()
    assert db.session.scalar(select(func.count()).select_from(ProgramRevision)) == 1


def test_apply_says_in_words_what_a_rule_becomes(applied: Any, folder: Path) -> None:
    applied()
    edit(folder, "programs/year.yaml", "years: 5", "years: 3")

    result = applied()

    assert result.changes == ("x",)
    assert result.numbers["programs/year.yaml"] == 2
