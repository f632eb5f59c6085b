"""A stranger's plugin, built as a wheel of its own: with it a program may use its rule, without it the same program is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from click.testing import CliRunner

from tandem.cli import main
from tandem.eligibility.queries import sweep_role
from tandem.eligibility.services import check_tree, requirements_of
from tandem.plugin_api import Facts, MembershipFact, Truth
from tandem.plugin_api.hooks import ENTRY_POINT_GROUP
from tandem.plugin_api.registry import Registry, load_registry
from tandem.programs.errors import ConfigurationError
from tandem.programs.reading import read_tenant
from tandem.wording import in_words
from tests.eligibility.people import TODAY, Drawn, insert_people

NAME = "night-school"

ASSOCIATION = """
id: sample
name: Sample Association
language: en
time_zone: UTC
{plugins}
"""

FORM = """
id: mentee-application
title: Apply
sections:
  - id: about
    title: About you
    questions:
      - {id: goal, type: text, label: What do you want to reach?}
"""

PROGRAM = """
id: evening
name: Evening program
summary: One colleague helps another.
roles:
  mentee:
    form: mentee-application
    eligibility:
      all:
        - {id: long-standing, rule: night-school.joined-before, day: 2020-07-01}
  mentor:
    form: mentee-application
    eligibility:
      all:
        - {id: member, rule: membership.current, types: [regular]}
matching:
  criteria: []
  constraints: []
review: {staff_decide: true}
"""


def offline(*command: str | Path, cwd: Path) -> None:
    """Run a tool of the environment; it may not fetch anything."""
    environment = {**os.environ, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "UV_NO_INDEX": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel_target(tmp_path_factory) -> Path:
    """The skeleton, as ``tandem plugin new`` writes it, built into a wheel and installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("third-party")
    written = CliRunner().invoke(main, ["plugin", "new", NAME, "--into", str(folder)])
    assert written.exit_code == 0, written.output
    source, wheels, target = folder / f"tandem-{NAME}", folder / "wheels", folder / "target"
    offline(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, source, cwd=folder)
    (wheel,) = wheels.glob("*.whl")
    offline(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", target, wheel, cwd=folder)
    return target


@pytest.fixture
def with_plugin(wheel_target, monkeypatch) -> Registry:
    """What is offered with the plugin installed."""
    monkeypatch.syspath_prepend(wheel_target)
    return load_registry()


@pytest.fixture
def without_plugin() -> Registry:
    """What is offered without."""
    return load_registry()


@pytest.fixture
def tenant(tmp_path):
    """Write the configuration of an association that lists ``plugins``."""

    def write(plugins: str) -> Path:
        for folder in ("forms", "programs"):
            (tmp_path / folder).mkdir(exist_ok=True)
        vocabulary = "vocabularies: [{id: membership-type, terms: [{id: regular, label: Regular}]}]"
        (tmp_path / "association.yaml").write_text(ASSOCIATION.format(plugins=plugins) + vocabulary)
        (tmp_path / "forms" / "mentee-application.yaml").write_text(FORM)
        (tmp_path / "programs" / "evening.yaml").write_text(PROGRAM)
        return tmp_path

    return write


LISTED = "plugins: [{id: night-school, on: true}]"


def test_wheel_brings_its_entry_point(wheel_target):
    (distribution,) = distributions(path=[str(wheel_target)])

    points = [(point.name, point.value) for point in distribution.entry_points.select(group=ENTRY_POINT_GROUP)]

    assert points == [(NAME, "tandem_night_school")]


def test_its_own_tests_pass(wheel_target):
    tests = wheel_target.parent / f"tandem-{NAME}" / "tests"
    environment = {**os.environ, "PYTHONPATH": str(wheel_target)}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests],
        cwd=wheel_target, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_program_uses_the_rule(app, with_plugin, tenant):
    with app.app_context():
        read = read_tenant(tenant(LISTED), with_plugin)

        role = read.programs["evening"].resolved["roles"]["mentee"]
        sentences = [in_words(one.message) for one in requirements_of(role, registry=with_plugin)]
        member = Facts(TODAY, [MembershipFact("regular", None, False, TODAY.replace(year=2019, day=1), None, None)])
        checked = check_tree(role["eligibility"], member, registry=with_plugin)

    assert sentences == ["You became a member before July 1, 2020."]
    assert [(rule.id, rule.verdict.truth) for rule in checked] == [("long-standing", Truth.MET)]


def test_program_is_refused_where_the_association_does_not_list_the_plugin(app, with_plugin, tenant):
    with app.app_context(), pytest.raises(ConfigurationError) as refused:
        read_tenant(tenant(""), with_plugin)

    (problem,) = refused.value.problems
    assert str(problem) == (
        "programs/evening.yaml:10: roles.mentee.eligibility.all[long-standing].rule: comes from the plugin “night-school”, "
        "which is off; add it under plugins in association.yaml"
    )


def test_program_is_refused_without_the_wheel(app, without_plugin, tenant):
    with app.app_context(), pytest.raises(ConfigurationError) as refused:
        read_tenant(tenant(LISTED), without_plugin)

    problems = [str(problem) for problem in refused.value.problems]
    assert problems[0].startswith("association.yaml:6: plugins[night-school]: is not an installed plugin.")
    assert problems[1].startswith(
        "programs/evening.yaml:10: roles.mentee.eligibility.all[long-standing].rule: “night-school.joined-before” is not offered "
        "by any plugin."
    )
    assert len(problems) == 2


def test_pinned_program_goes_on_when_the_wheel_is_gone(association, without_plugin):
    document = {"all": [{"id": "long-standing", "rule": "night-school.joined-before", "day": "2020-07-01"}]}

    (checked,) = check_tree(document, Facts(TODAY), registry=without_plugin)

    assert (checked.id, checked.verdict.truth) == ("long-standing", Truth.UNKNOWN)
    assert in_words(checked.verdict.reason) == "This could not be checked."


def test_sweep_uses_its_sql(app, association, with_plugin, monkeypatch):
    monkeypatch.setitem(app.extensions, "tandem.registry", with_plugin)
    membership = {
        "type": "regular", "level": None, "organisational": False, "valid_to": None, "paid_through": None,
    }  # fmt: skip
    early, late, nobody = insert_people(
        [
            Drawn([{**membership, "valid_from": TODAY.replace(year=2020, month=6, day=30)}]),
            Drawn([{**membership, "valid_from": TODAY.replace(year=2020, month=7, day=1)}]),
            Drawn(),
        ]
    )
    role = {"eligibility": {"all": [{"id": "x", "rule": "night-school.joined-before", "day": "2020-07-01"}]}}

    swept = sweep_role(resolved={"roles": {"mentee": role}}, role="mentee", today=TODAY)

    assert (swept.met, swept.not_met, swept.unknown) == ([early[0]], [late[0]], [nobody[0]])
