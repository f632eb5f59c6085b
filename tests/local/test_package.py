"""What is shipped, and the files that say how."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(_CHECKOUT)]
    built = subprocess.run(command, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def _tracked(*patterns: str) -> set[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=_CHECKOUT, check=True, capture_output=True, text=True)
    return {Path(line) for line in listed.stdout.splitlines() if (_CHECKOUT / line).exists()}


def test_wheel_has_every_file_of_the_source_roots(wheel_names):
    expected = {str(path.relative_to(path.parts[0])) for path in _tracked("platform", "plugins", "tenants")}
    expected |= {f"tandem/_{path}" for path in _tracked("migrations")}

    assert expected - wheel_names == set()


def test_wheel_has_nothing_else(wheel_names):
    roots = {name.split("/")[0] for name in wheel_names if ".dist-info/" not in name}
    unwanted = {name for name in wheel_names if "__pycache__" in name or name.endswith((".pyc", ".env"))}

    assert roots == {"tandem", "tandem_plugins", "tandem_tenants"}
    assert unwanted == set()


def test_source_root_is_no_package():
    # It would hide the standard library's module `platform` from everything that runs in the checkout.
    assert not (_CHECKOUT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("name", ["bootstrap", "runtime", "dev"])
def test_pinned_requirements_carry_hashes_and_no_place(name):
    text = (_CHECKOUT / "requirements" / f"{name}.txt").read_text()
    entries = re.findall(r"^[a-z0-9].*(?:\n    --hash=.*)+", text, re.MULTILINE)
    names = [line for line in text.splitlines() if line[:1].isalnum()]

    assert len(entries) == len(names) > 0
    assert all("==" in line for line in names)
    assert re.findall(r"://|@ |--(?:extra-)?index-url|--find-links", text) == []


def test_make_alone_lists_every_target():
    made = subprocess.run(["make"], cwd=_CHECKOUT, check=True, capture_output=True, text=True)
    listed = re.findall(r"^  make (\S+)", made.stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (_CHECKOUT / "Makefile").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(phony[1].split())
