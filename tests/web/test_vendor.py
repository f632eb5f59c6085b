from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load_tool():
    spec = importlib.util.spec_from_file_location("vendor_tool", ROOT / "tools" / "vendor.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name while they are made.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


vendor = _load_tool()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("vendor.toml", "vendor.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("platform/tandem/web/static/vendor", "tests/vendor"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_vendored_files_are_those_of_the_lock():
    assert vendor.differences(ROOT) == []


def test_a_changed_a_missing_and_a_foreign_file_are_named(copy: Path):
    folder = copy / "platform/tandem/web/static/vendor"
    (folder / "htmx.min.js").write_bytes((folder / "htmx.min.js").read_bytes() + b" ")
    (folder / "tabler.min.css").unlink()
    (folder / "stray.js").write_text("", encoding="utf-8")

    assert vendor.differences(copy) == [
        "platform/tandem/web/static/vendor/htmx.min.js: differs from vendor.lock",
        "platform/tandem/web/static/vendor/stray.js: not in vendor.lock",
        "platform/tandem/web/static/vendor/tabler.min.css: missing",
    ]


def test_every_package_brings_its_licence():
    packages = {entry.package for entry in vendor.read_lock(ROOT)}
    licensed = {entry.package for entry in vendor.read_lock(ROOT) if "/licences/" in entry.path}

    assert licensed == packages


def test_the_lock_names_no_host():
    assert "://" not in (ROOT / "vendor.lock").read_text(encoding="utf-8")


def test_a_sprite_has_one_symbol_per_icon_and_refuses_unknown_names():
    nodes = {"dot": [["path", {"d": 'M1 "1"'}]], "ring": [["circle", {"r": "3"}]]}

    assert vendor.sprite(nodes, ["ring", "dot", "dot"]).count("<symbol") == 2
    with pytest.raises(KeyError):
        vendor.sprite(nodes, ["square"])
