from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tandem.access.actor import SYSTEM
from tandem.plugin_api.registry import Registry, load_registry
from tandem.programs.reading import read_tenant
from tandem.programs.services import Applied, apply_tenant
from tandem.tenancy.scope import Scope
from tests.programs.small_tenant import write_tenant


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The small configuration as files, of no association in the database."""
    return write_tenant(tmp_path / "files")


@pytest.fixture
def folder(tmp_path: Path, association: Scope) -> Path:
    """The small configuration as files, of the open association."""
    return write_tenant(tmp_path / "files", association.slug)


@pytest.fixture
def applied(folder: Path, registry: Registry) -> Callable[..., Applied]:
    """Applies ``folder`` (or another one)."""

    def run(source: Path | None = None, **options: Any) -> Applied:
        tenant = read_tenant(source or folder, registry)
        return apply_tenant(actor=options.pop("actor", SYSTEM), tenant=tenant, registry=registry, **options)

    return run
