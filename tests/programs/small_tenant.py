"""A small configuration for tests: written as files, changed by replacing lines."""

from __future__ import annotations

from pathlib import Path

ASSOCIATION = """\
id: {slug}
name: Sample Society
language: en
time_zone: UTC
departments:
  - {{id: east, name: Eastern Chapter}}
committees:
  - {{id: readers, name: Readers}}
vocabularies:
  - id: membership-type
    terms:
      - {{id: full, label: Full Member}}
      - {{id: student, label: Student}}
  - id: topic
    terms:
      - {{id: payroll, label: Payroll}}
      - {{id: safety, label: School Safety, valid_from: 2020-01-01}}
shared:
  definition: One colleague helps another.
  roles:
    mentor:
      eligibility:
        all:
          - {{id: member, rule: membership.current, types: [full]}}
locks: [definition]
"""

DEPARTMENT = """\
id: east
shared:
  roles:
    mentor:
      places: {default: 1, max: 3}
locks: ["roles.mentor.places.max"]
"""

PROGRAM = """\
id: year
name: The Year
department: east
state: open
length: {kind: months, months: 9}
intake:
  kind: cohorts
  cohorts:
    - id: spring
      name: Spring
      applications_from: 2027-01-01
      applications_to: 2027-02-28
      starts_on: 2027-03-15
      ends_on: 2027-12-15
roles:
  mentee:
    form: apply
    eligibility:
      all:
        - {id: topics, rule: answer.count, field: topics, at_least: 1}
  mentor:
    form: apply
    eligibility:
      all:
        - {id: tenure, rule: membership.tenure, years: 5}
review: {committee: readers}
matching:
  constraints:
    - {id: shared, constraint: overlap, mentee: topics, mentor: topics, strength: hard}
  criteria:
    - {id: overlap, criterion: overlap, mentee: topics, mentor: topics, weight: 70}
"""

FORM = """\
id: apply
title: Apply
sections:
  - id: topics
    title: Topics
    questions:
      - id: topics
        type: choices
        label: Which topics?
        required: true
        choices: {vocabulary: topic}
      - id: kind
        type: choice
        label: Which kind?
        choices:
          - {id: short, label: Short}
          - {id: long, label: Long}
      - id: more
        type: text
        label: Say more
        condition: {field: kind, is: long}
"""


def write_tenant(folder: Path, slug: str = "sample") -> Path:
    """Write the small configuration below ``folder`` and return it."""
    for name, content in (
        ("association.yaml", ASSOCIATION.format(slug=slug)),
        ("departments/east.yaml", DEPARTMENT),
        ("forms/apply.yaml", FORM),
        ("programs/year.yaml", PROGRAM),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace ``old``, which must stand once in the file, by ``new``."""
    path = folder / name
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {name}"
    path.write_text(content.replace(old, new), encoding="utf-8")
