"""``tandem plugin list`` and ``tandem plugin new``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tandem.cli import main
from tandem.cli import plugin as commands
from tandem.plugin_api.registry import PluginProblem, load_registry


def run(*arguments: str):
    return CliRunner().invoke(main, ["plugin", *arguments])


def test_list_names_plugins_with_what_they_offer():
    result = run("list")

    assert result.exit_code == 0
    assert "membership (tandem 0" in result.output
    assert "  rules: membership.current, membership.tenure\n" in result.output


def test_list_tells_of_broken_ones_and_fails(monkeypatch):
    registry = load_registry([])
    broken = type(registry)({}, {}, {}, {}, {}, (), (PluginProblem("night-school", "ImportError: no such module"),))
    monkeypatch.setattr(commands, "load_registry", lambda: broken)

    result = run("list")

    assert result.exit_code == 1
    assert result.stderr == "night-school could not be loaded: ImportError: no such module\n"


@pytest.mark.parametrize("name", ["Night", "night_school", "-night", "night--school", "../night", "", "n" * 41, "1st"])
def test_new_refuses_a_name_that_is_none(tmp_path, name):
    result = run("new", "--into", str(tmp_path), "--", name)

    assert result.exit_code == 2
    assert "use lower-case words joined by hyphens" in result.output
    assert list(tmp_path.iterdir()) == []


def test_new_leaves_an_existing_folder_alone(tmp_path):
    folder = tmp_path / "tandem-night-school"
    folder.mkdir()

    result = run("new", "night-school", "--into", str(tmp_path))

    assert result.exit_code == 1
    assert "exists already" in result.output
    assert list(folder.iterdir()) == []


def test_new_into_a_place_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")

    result = run("new", "night-school", "--into", str(tmp_path / "file" / "below"))

    assert result.exit_code == 1
    assert "could not be written: Not a directory." in result.output


def test_new_writes_no_marks_of_the_skeleton(tmp_path):
    assert run("new", "night-school", "--into", str(tmp_path)).exit_code == 0

    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())

    assert [str(path.relative_to(tmp_path / "tandem-night-school")) for path in written] == [
        "README.md", "pyproject.toml", "src/tandem_night_school/__init__.py", "src/tandem_night_school/joined_before.py",
        "tests/test_joined_before.py",
    ]  # fmt: skip
    assert [path for path in written if "@NAME@" in path.read_text() or "@MODULE@" in path.read_text()] == []
