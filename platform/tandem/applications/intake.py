"""Whether a program takes applications today, and into which cohort. Pure functions over the resolved document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tandem.programs.models import Cohort


@dataclass(frozen=True, slots=True)
class Intake:
    """The answer: open or not, into which cohort, until when, or from when again."""

    open: bool
    cohort: Cohort | None = None
    closes_on: date | None = None
    opens_on: date | None = None


def intake_on(resolved: Mapping[str, Any], cohorts: Iterable[Cohort], today: date) -> Intake:
    """The state of a program's intake on ``today``.

    A rolling program is always open. One with cohorts is open for the cohort whose application dates include ``today`` (both
    ends count); of several, the one that closes first.
    """
    if resolved.get("intake", {}).get("kind", "rolling") == "rolling":
        return Intake(open=True)
    dated = list(cohorts)
    running = [cohort for cohort in dated if cohort.applications_from <= today <= cohort.applications_to]
    if running:
        first = min(running, key=lambda cohort: (cohort.applications_to, cohort.key))
        return Intake(open=True, cohort=first, closes_on=first.applications_to)
    coming = [cohort.applications_from for cohort in dated if cohort.applications_from > today]
    return Intake(open=False, opens_on=min(coming, default=None))
