"""What the settings of our rules name is checked to exist, however deep it stands."""

from __future__ import annotations

import pytest

from tandem.plugin_api.registry import load_registry
from tandem.programs.errors import ConfigurationError
from tandem.programs.reading import read_tenant

ASSOCIATION = """
id: sample
name: Sample Association
language: en
time_zone: UTC
vocabularies:
  - {id: membership-type, terms: [{id: regular, label: Regular}]}
  - {id: membership-level, terms: [{id: full, label: Full}]}
  - {id: position-title, terms: [{id: clerk, label: Clerk}]}
  - {id: region, terms: [{id: north, label: North}, {id: south, label: South}]}
"""
FORM = """
id: apply
title: Apply
sections:
  - id: about
    title: About you
    questions:
      - {id: goal, type: choices, label: Goals, choices: [{id: one, label: One}]}
"""
PROGRAM = """
id: evening
name: Evening program
summary: One colleague helps another.
roles:
  mentee:
    form: apply
    eligibility: {{all: [{{id: it, {rule}}}]}}
  mentor:
    form: apply
    eligibility: {{all: [{{id: member, rule: membership.current}}]}}
matching:
  criteria: [{{id: that, {criterion}, weight: 1}}]
review: {{staff_decide: true}}
"""
RULE = "rule: membership.current"
CRITERION = "criterion: equality, mentee: goal, mentor: goal"


def problems(app, folder, rule: str = RULE, criterion: str = CRITERION) -> list[str]:
    for name in ("forms", "programs"):
        (folder / name).mkdir()
    (folder / "association.yaml").write_text(ASSOCIATION)
    (folder / "forms" / "apply.yaml").write_text(FORM)
    (folder / "programs" / "evening.yaml").write_text(PROGRAM.format(rule=rule, criterion=criterion))
    with app.app_context():
        try:
            read_tenant(folder, load_registry())
        except ConfigurationError as error:
            return [str(problem).split(": ", 1)[1] for problem in error.problems]
    return []


RULES = [
    (RULE, None),
    ("rule: membership.current, types: [regula]", "types: “regula” is not in the vocabulary “membership-type”."),
    ("rule: membership.current, levels: [ful]", "levels: “ful” is not in the vocabulary “membership-level”."),
    (
        "rule: membership.tenure, years: 3, current_types: [x]",
        "current_types: “x” is not in the vocabulary “membership-type”.",
    ),
    (
        "rule: membership.tenure, years: 3, counts: [{types: [regular]}, {levels: [ful]}]",
        "counts[#2].levels: “ful” is not in the vocabulary “membership-level”.",
    ),
    ("rule: position.holds, titles: [clrk]", "titles: “clrk” is not in the vocabulary “position-title”."),
    (
        "rule: experience.within_one, years: 3, field: goals",
        "field: names the question “goals”, which forms/apply.yaml does not have.",
    ),
    ("rule: answer.count, field: goals", "field: names the question “goals”, which forms/apply.yaml does not have."),
    ("rule: attestation, field: goals", "field: names the question “goals”, which forms/apply.yaml does not have."),
]


@pytest.mark.parametrize(("rule", "problem"), RULES)
def test_rule_names_what_there_is(app, tmp_path, rule, problem):
    found = problems(app, tmp_path, rule)

    assert len(found) == (problem is not None)
    assert problem is None or found[0].startswith(f"roles.mentee.eligibility.all[it].{problem}")


CRITERIA = [
    ("criterion: proximity, on: region, near: {north: [south]}", None),
    ("criterion: proximity, near: {north: [east]}", "near.north: “east” is not in the vocabulary “region”."),
    ("criterion: proximity, near: {west: [south]}", "near.west: “west” is not in the vocabulary “region”."),
    ("criterion: proximity, table: {north: {south: 40}}", None),
    ("criterion: proximity, table: {north: {east: 40}}", "table.north.east: “east” is not in the vocabulary “region”."),
    ("criterion: proximity, table: {north: {south: 101}}", "table.north.south: must be 0–100"),
    (
        "criterion: proximity, table: {north: {south: 40}, south: {north: 30}}",
        "table: gives north and south 40 points, and 30 the other way round; write the pair once",
    ),
    ("criterion: distance, places: {north: [60, -10.5]}", None),
    ("criterion: distance, places: {north: [60]}", "places.north: must be [latitude, longitude] in degrees"),
    ("criterion: distance, places: {North: [60]}", "places.North: must be lower-case words joined by hyphens"),
    (
        "criterion: proximity, near: {north: [south, South]}",
        "near.north[#2]: must be lower-case words joined by hyphens",
    ),
    ("criterion: distance, places: {west: [60, 10]}", "places.west: “west” is not in the vocabulary “region”."),
    (
        "criterion: equality, mentee: goal, mentor: goals",
        "mentor: names the question “goals”, which forms/apply.yaml does not have.",
    ),
]


@pytest.mark.parametrize(("criterion", "problem"), CRITERIA)
def test_criterion_names_what_there_is(app, tmp_path, criterion, problem):
    found = problems(app, tmp_path, criterion=criterion)

    assert len(found) == (problem is not None)
    assert problem is None or found[0].startswith(f"matching.criteria[that].{problem}")
