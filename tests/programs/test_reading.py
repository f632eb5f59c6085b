"""Checking a folder: every sort of mistake is told with file, line, path and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tandem.plugin_api.registry import Registry
from tandem.programs.errors import ConfigurationError
from tandem.programs.reading import read_tenant
from tandem.tenants import read
from tests.programs.small_tenant import edit


@pytest.fixture
def problems(files: Path, registry: Registry) -> Callable[[], list[str]]:
    def run() -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            read_tenant(files, registry)
        return [str(problem) for problem in caught.value.problems]

    return run


@pytest.mark.parametrize("slug", ["casbo", "atelier"])
def test_the_shipped_configurations_have_no_problem(slug: str, registry: Registry) -> None:
    assert read(slug, registry).slug == slug


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        # Wrong types and ranges.
        ("programs/year.yaml", "weight: 70", "weight: 170",
         ["programs/year.yaml:31: matching.criteria[overlap].weight: must be 0–100"]),
        ("programs/year.yaml", "weight: 70", "weight: lots",
         ["programs/year.yaml:31: matching.criteria[overlap].weight: must be 0–100"]),
        ("programs/year.yaml", "weight: 70", "weight: true",
         ["programs/year.yaml:31: matching.criteria[overlap].weight: must be 0–100"]),
        ("programs/year.yaml", "name: The Year", "name: 7",
         ["programs/year.yaml:2: name: must be text; put it in quotes"]),
        ("programs/year.yaml", "name: The Year", "name:",
         ["programs/year.yaml:2: name: has no value; write one, or take the line out"]),
        ("programs/year.yaml", "name: The Year", "name: '  '",
         ["programs/year.yaml:2: name: must not be empty; write the text, or take the line out"]),
        ("programs/year.yaml", "name: The Year", "name: " + "x" * 201,
         ["programs/year.yaml:2: name: is 201 characters long; at most 200 fit"]),
        ("programs/year.yaml", "state: open", "state: opened",
         ["programs/year.yaml:4: state: must be one of: draft, open, closed"]),
        ("programs/year.yaml", "length: {kind: months, months: 9}", "length: [9]",
         ["programs/year.yaml:5: length: must be “key: value” lines"]),
        ("programs/year.yaml", "kind: months, months: 9", "kind: decades, months: 9",
         ["programs/year.yaml:5: length.kind: must be one of: hours, months, cohort, open"]),
        ("programs/year.yaml", "kind: months, months: 9", "kind: hours, max: 40",
         ["programs/year.yaml:5: length.max: must be a length of time such as 5m / 40h"]),
        ("programs/year.yaml", "ends_on: 2027-12-15", "ends_on: 2027-02-30",
         ["programs/year.yaml:14: intake.cohorts[spring].ends_on: must be a date such as 2027-03-05"]),
        ("programs/year.yaml", "ends_on: 2027-12-15", "ends_on: 2027-01-15",
         ["programs/year.yaml:14: intake.cohorts[spring].ends_on: must not be before starts_on (2027-03-15)"]),
        ("programs/year.yaml", "id: spring", "id: Spring Term",
         ["programs/year.yaml:9: intake.cohorts[Spring Term].id: must be one word of small letters, digits and hyphens, such as “year-one”"]),
        ("association.yaml", "time_zone: UTC", "time_zone: Mars/Olympus",
         ["association.yaml:4: time_zone: must be a time zone's name such as Europe/Paris"]),
        ("association.yaml", "language: en", "language: klingon",
         ["association.yaml:3: language: must be a language's code such as en or fr"]),
        # What is missing.
        ("association.yaml", "name: Sample Society\n", "", ["association.yaml:1: name: is missing"]),
        ("programs/year.yaml", "name: The Year\n", "", ["programs/year.yaml:1: name: is missing"]),
        ("programs/year.yaml", "kind: months, months: 9", "kind: months", ["programs/year.yaml:5: length.months: is missing"]),
        ("programs/year.yaml", "id: overlap, criterion", "criterion",
         ["programs/year.yaml:31: matching.criteria[#1].id: is missing"]),
        ("programs/year.yaml", "{id: tenure, rule", "{rule",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[#1].id: is missing; every item of a list has an id"]),
        ("programs/year.yaml", "rule: membership.tenure, years: 5", "rule: membership.tenure",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].years: is missing"]),
        ("programs/year.yaml", ", mentor: topics, strength: hard", ", strength: hard",
         ["programs/year.yaml:29: matching.constraints[shared].mentor: is missing"]),
        # Unknown words, with the nearest known one.
        ("programs/year.yaml", "length:", "lenght:",
         ["programs/year.yaml:5: lenght: is not a known key. Did you mean “length”?"]),
        ("association.yaml", "label: Payroll}", "lable: Payroll}",
         ["association.yaml:16: vocabularies[topic].terms[payroll].label: is missing",
          "association.yaml:16: vocabularies[topic].terms[payroll].lable: is not a known key. Did you mean “label”?"]),
        ("programs/year.yaml", "rule: membership.tenure", "rule: membership.tenur",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].rule: “membership.tenur” is not offered by any plugin. Did you mean “membership.tenure” / “membership.current”?"]),
        ("programs/year.yaml", "years: 5", "yeers: 5",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].yeers: is not a known key. Did you mean “years”?"]),
        ("programs/year.yaml", "criterion: overlap", "criterion: overlaps",
         ["programs/year.yaml:31: matching.criteria[overlap].criterion: “overlaps” is not offered by any plugin. Did you mean “overlap”?"]),
        ("forms/apply.yaml", "type: text", "type: texts",
         ["forms/apply.yaml:19: sections[topics].questions[more].type: “texts” is not offered by any plugin. Did you mean “text”?"]),
        # Settings of plugins, in the same words.
        ("programs/year.yaml", "years: 5", "years: many",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].years: must be a whole number"]),
        ("programs/year.yaml", "years: 5", "years: 500",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].years: must be 1–60"]),
        ("association.yaml", "types: [full]", "types: full",
         ["association.yaml:24: shared.roles.mentor.eligibility.all[member].types: must be a list, such as [one, two]"]),
        ("association.yaml", "types: [full]", "organisational: perhaps",
         ["association.yaml:24: shared.roles.mentor.eligibility.all[member].organisational: must be true or false"]),
        ("programs/year.yaml", "years: 5", "years: 5, counts: [{type: [full]}]",
         ["programs/year.yaml:25: roles.mentor.eligibility.all[tenure].counts[#1].type: is not a setting here"]),
        # What is named and not there.
        ("programs/year.yaml", "field: topics", "field: topic",
         ["programs/year.yaml:20: roles.mentee.eligibility.all[topics].field: names the question “topic”, which forms/apply.yaml does not have. Did you mean “topics”?"]),
        ("programs/year.yaml", "mentee: topics, mentor: topics, weight", "mentee: topics, mentor: topix, weight",
         ["programs/year.yaml:31: matching.criteria[overlap].mentor: names the question “topix”, which forms/apply.yaml does not have. Did you mean “topics”?"]),
        ("programs/year.yaml", "committee: readers", "committee: reader",
         ["programs/year.yaml:26: review.committee: names no committee of association.yaml. Did you mean “readers”?"]),
        ("programs/year.yaml", "department: east", "department: west",
         ["programs/year.yaml:3: department: names no department of association.yaml. Did you mean “east”?"]),
        ("association.yaml", "types: [full]", "types: [ful]",
         ["association.yaml:24: shared.roles.mentor.eligibility.all[member].types: “ful” is not in the vocabulary “membership-type”. Did you mean “full”?"]),
        ("forms/apply.yaml", "vocabulary: topic", "vocabulary: topics",
         ["forms/apply.yaml:11: sections[topics].questions[topics].choices.vocabulary: names no vocabulary of association.yaml. Did you mean “topic”?"]),
        ("forms/apply.yaml", "is: long", "is: longer",
         ["forms/apply.yaml:21: sections[topics].questions[more].condition.is: “longer” is no option of “kind”. Did you mean “long”?"]),
        ("forms/apply.yaml", "field: kind", "field: later",
         ["forms/apply.yaml:21: sections[topics].questions[more].condition.field: names no question that comes before this one. Known here: kind, topics."]),
        # Twice.
        ("association.yaml", "id: student", "id: full",
         ["association.yaml:13: vocabularies[membership-type].terms[full].id: stands twice in this list; give one of them another id"]),
        ("forms/apply.yaml", "id: more", "id: kind",
         ["forms/apply.yaml:18: sections[topics].questions[kind].id: stands twice in this list; give one of them another id"]),
        # Files and ids.
        ("programs/year.yaml", "id: year", "id: years", ["programs/year.yaml:1: id: must be “year”, as the file is called"]),
        ("departments/east.yaml", "id: east", "id: west", ["departments/east.yaml:1: id: must be “east”, as the file is called"]),
        # Contradictions.
        ("programs/year.yaml", "all:\n        - {id: tenure", "any:\n        - {id: tenure",
         ["programs/year.yaml:24: roles.mentor.eligibility.any: cannot stand beside “all”; put one inside the other"]),
        ("programs/year.yaml", "{kind: months, months: 9}\nintake:\n  kind: cohorts", "{kind: cohort}\nintake:\n  kind: rolling",
         ["programs/year.yaml:8: intake.cohorts: is not a known key. Known here: kind."]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(
    name: str, old: str, new: str, expected: list[str], files: Path, problems: Callable[[], list[str]]
) -> None:
    edit(files, name, old, new)

    assert problems() == expected


def test_every_mistake_of_every_file_is_told_at_once(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "association.yaml", "language: en", "language: xx-what")
    edit(files, "programs/year.yaml", "weight: 70", "weight: -1")
    edit(files, "programs/year.yaml", "state: open", "state: shut")
    edit(files, "forms/apply.yaml", "title: Apply", "titel: Apply")
    (files / "programs" / "notes.txt").write_text("x")
    (files / "programs" / "broken.yaml").write_text("a: [")

    assert [problem.split(": ")[0] for problem in problems()] == [
        "association.yaml:3", "forms/apply.yaml:1", "forms/apply.yaml:2", "programs/broken.yaml:1", "programs/notes.txt:1",
        "programs/year.yaml:4", "programs/year.yaml:31",
    ]  # fmt: skip


def test_a_file_of_two_megabytes_is_refused(files: Path, problems: Callable[[], list[str]]) -> None:
    (files / "programs" / "huge.yaml").write_text("id: huge\n" + "# filler\n" * 230_000)

    assert problems() == [
        "programs/huge.yaml:1: is larger than 256 kB; split it, or take out what is not configuration"
    ]


def test_a_missing_folder_and_a_missing_association_are_told(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(ConfigurationError) as nothing:
        read_tenant(tmp_path / "none", registry)
    with pytest.raises(ConfigurationError) as empty:
        read_tenant(tmp_path, registry)

    assert str(nothing.value).endswith("is not a folder")
    assert str(empty.value) == "association.yaml:1: is missing; every association has one"


def test_a_lock_of_the_association_holds_in_a_program(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "programs/year.yaml", "state: open", "state: open\ndefinition: Something else.")

    assert problems() == [
        (
            "programs/year.yaml:5: definition: is locked by the association (association.yaml:25); "
            "take it out here, or have it unlocked there"
        )
    ]


def test_a_lock_of_a_department_holds_in_a_program(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "programs/year.yaml", "  mentor:\n    form: apply", "  mentor:\n    form: apply\n    places: {max: 4}")

    assert problems() == [
        (
            "programs/year.yaml:23: roles.mentor.places.max: is locked by the department Eastern Chapter (departments/east.yaml:6); "
            "take it out here, or have it unlocked there"
        )
    ]


def test_a_lock_of_the_association_holds_in_a_department(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "departments/east.yaml", "shared:\n", "shared:\n  definition: Another.\n")

    assert problems() == [
        (
            "departments/east.yaml:3: shared.definition: is locked by the association (association.yaml:25); "
            "take it out here, or have it unlocked there"
        )
    ]


def test_a_lock_on_nothing_is_told(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "association.yaml", "locks: [definition]", "locks: [definitoin]")

    assert problems() == [
        "association.yaml:25: locks[#1]: locks “definitoin”, where nothing is set; set it under shared, or correct the path"
    ]


def test_a_mistake_of_an_inherited_part_is_told_in_the_file_that_made_it(
    files: Path, problems: Callable[[], list[str]]
) -> None:
    edit(files, "departments/east.yaml", "{default: 1, max: 3}", "{default: 1, max: 3, field: seats}")

    assert problems() == [
        (
            "departments/east.yaml:5: shared.roles.mentor.places.field: names the question “seats”, "
            "which forms/apply.yaml does not have. Known here: kind, more, topics."
        )
    ]


def test_a_program_takes_over_what_is_above_it(files: Path, registry: Registry) -> None:
    resolved = read_tenant(files, registry).programs["year"].resolved

    assert resolved is not None
    assert resolved["definition"] == "One colleague helps another."
    assert [rule["id"] for rule in resolved["roles"]["mentor"]["eligibility"]["all"]] == ["member", "tenure"]
    assert resolved["roles"]["mentor"]["places"] == {"default": 1, "max": 3, "field": None, "per_member": None}
    assert [resolved["roles"][side]["on_file"] for side in ("mentee", "mentor")] == ["until-matched", "until-matched"]
    assert resolved["roles"]["mentee"]["places"] == {"default": 1, "max": 1, "field": None, "per_member": None}


def test_a_program_can_take_an_inherited_rule_out(files: Path, registry: Registry) -> None:
    edit(files, "programs/year.yaml", "{id: tenure,", "{id: member, remove: true}\n        - {id: tenure,")

    resolved = read_tenant(files, registry).programs["year"].resolved

    assert resolved is not None
    assert [rule["id"] for rule in resolved["roles"]["mentor"]["eligibility"]["all"]] == ["tenure"]


def test_a_program_can_change_a_part_of_an_inherited_rule(files: Path, registry: Registry) -> None:
    rule = "          - {id: member, rule: membership.current, types: [full]}\n"
    conditional = (
        "          - id: student\n            when: {rule: membership.current, types: [student]}\n"
        "            then: {rule: answer.count, field: topics, at_least: 1}\n"
    )
    edit(files, "association.yaml", rule, rule + conditional)
    changes = "{id: member, waivable: false}\n        - {id: student, then: {at_least: 2}}\n        - {id: tenure,"
    edit(files, "programs/year.yaml", "{id: tenure,", changes)

    resolved = read_tenant(files, registry).programs["year"].resolved

    assert resolved is not None
    member, student, _tenure = resolved["roles"]["mentor"]["eligibility"]["all"]
    assert member == {"id": "member", "rule": "membership.current", "waivable": False, "types": ["full"]}
    assert student["then"] == {
        "id": "student.then", "rule": "answer.count", "waivable": True, "field": "topics", "at_least": 2,
    }  # fmt: skip


def test_a_rule_of_a_plugin_that_is_off_is_refused(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "association.yaml", "departments:", "plugins:\n  - {id: overlap, on: false}\ndepartments:")

    assert problems() == [
        f"programs/year.yaml:{line}: matching.{kind}: comes from the plugin “overlap”, which is off; "
        "add it under plugins in association.yaml"
        for line, kind in ((29, "constraints[shared].constraint"), (31, "criteria[overlap].criterion"))
    ]


def test_a_plugin_that_is_not_installed_is_told(files: Path, problems: Callable[[], list[str]]) -> None:
    edit(files, "association.yaml", "departments:", "plugins:\n  - {id: overlaps}\ndepartments:")

    assert problems() == ["association.yaml:6: plugins[overlaps]: is not an installed plugin. Did you mean “overlap”?"]


def test_colours_that_cannot_be_read_are_refused_with_a_suggestion(files: Path, registry: Registry) -> None:
    brand = 'brand:\n  light: {brand: "#ffff00", on_brand: "#ffffff"}\ndepartments:'
    edit(files, "association.yaml", "departments:", brand)

    with pytest.raises(ConfigurationError) as caught:
        read(str(files), registry)

    first = str(caught.value.problems[0])
    assert first.startswith("association.yaml:6: brand.light.")
    assert "contrast" in first


def test_a_notice_with_an_unknown_variable_is_refused(files: Path, registry: Registry) -> None:
    own = 'notices:\n  - {id: application-approved, subject: "Dear {nobody}"}\nreview:'
    edit(files, "programs/year.yaml", "review:", own)

    with pytest.raises(ConfigurationError) as caught:
        read(str(files), registry)

    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (27, ("notices", "[application-approved]"))
    ]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "www.example.org",
        "https://",
        "https://a.example/x y",
        'https://a.example/\\"',
        "https://a.example/)x",
        "ftp://a.example",
    ],
)
def test_a_link_that_is_no_web_address_is_refused(files: Path, problems: Callable[[], list[str]], address: str) -> None:
    edit(files, "programs/year.yaml", "{id: tenure,", f'{{id: tenure, help_link: {{label: Renew, url: "{address}"}},')

    assert [problem.partition(": ")[2] for problem in problems()] == [
        "roles.mentor.eligibility.all[tenure].help_link.url: must be a web address, such as https://www.example.org/renew"
    ]


def test_a_link_is_kept_with_its_rule(files: Path, registry: Registry) -> None:
    link = '{label: Renew, url: "https://a.example/renew?from=tandem#dues"}'
    edit(files, "programs/year.yaml", "{id: tenure,", f"{{id: tenure, help_link: {link},")

    resolved = read_tenant(files, registry).programs["year"].resolved

    assert resolved is not None
    assert resolved["roles"]["mentor"]["eligibility"]["all"][1]["help_link"] == {
        "label": "Renew", "url": "https://a.example/renew?from=tandem#dues",
    }  # fmt: skip
