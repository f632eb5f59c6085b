"""The association with dated cohorts and departments: its stage, with dates around today, and what its people answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from tandem.mentorships.services import add_months
from tests.loop.stage import Edit, Stage, set_stage
from tests.loop.walk import Person, Section, a_person, apply

WOOD, CLOTH = "compagnonnage", "fil-a-fil"

#: How many days from today applications open and close, the cohort starts and ends.
OPENS, CLOSES, STARTS, ENDS = -10, 20, 21, 300


def set_cohorts(app: Flask, folder: Path, **edits: Edit) -> Stage:
    """The association with both programs open for applications today; ``edits`` as ``set_stage`` takes them, after the dates."""
    files = {f"programs__{WOOD}": _open_now, f"programs__{CLOTH.replace('-', '_')}": _open_now}
    for name, edit in edits.items():
        files[name] = _both(files[name], edit) if name in files else edit
    return set_stage(app, "atelier", folder, **files)


def begin_day(months: int) -> date:
    """The day so many months after the cohort's first."""
    return add_months(datetime.now(UTC).date() + timedelta(days=STARTS), months)


def _both(first: Edit, second: Edit) -> Edit:
    def edit(document: Any) -> None:
        first(document)
        second(document)

    return edit


def _open_now(program: Any) -> None:
    today = datetime.now(UTC).date()
    cohort, *later = program["intake"]["cohorts"]
    program["intake"]["cohorts"] = [cohort] if later else program["intake"]["cohorts"]
    for key, days in (
        ("applications_from", OPENS),
        ("applications_to", CLOSES),
        ("starts_on", STARTS),
        ("ends_on", ENDS),
    ):
        cohort[key] = today + timedelta(days=days)


def a_filleul(stage: Stage, given_name: str, program: str, craft: str, **more: Any) -> Person:
    """A mentee whose application to ``program`` is sent."""
    person = a_person(stage, given_name, type="compagnon", region="plaine", **more)
    apply(person, "mentee", asks(craft), program=program)
    return person


def a_parrain(stage: Stage, given_name: str, program: str, years: Mapping[str, int], *, places: int = 3) -> Person:
    """A mentor whose application to ``program`` is sent."""
    person = a_person(stage, given_name, type="maitre", title="artisan", region="plaine")
    apply(person, "mentor", gives(years, places=places), program=program)
    return person


def asks(*crafts: str, story: str = "Un parcours ordinaire.") -> list[Section]:
    """A mentee's answers, section by section."""
    return [
        {"savoir-faire": list(crafts), "objectifs": ["geste"], "recit": story},
        {"rythme": "semaine", "temps.hours": "4"},
    ]


def gives(years: Mapping[str, int], *, places: int = 3) -> list[Section]:
    """A mentor's answers, section by section."""
    return [
        {"savoir-faire": list(years), "objectifs": ["geste"], "presentation": "Un atelier ouvert."}
        | {f"savoir-faire.years.{craft}": str(count) for craft, count in years.items()},
        {"places": str(places), "rythme": "semaine"},
        {"charte": "yes"},
    ]
