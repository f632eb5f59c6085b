"""What the offers on time share: the slots of a week in the settings, and people's weeks laid over each other.

A week is a ring of 672 quarter hours, of which the first begins on Monday at midnight, UTC. Every person's slots are moved onto it by
the offset of their own time zone from UTC, so that what is laid over each other is the same hour for both, wherever they are.
"""

# ruff: noqa: ARG002 - marshmallow hands every field all of this, whether it needs it or not.

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from marshmallow import ValidationError, fields, validate, validates_schema
from numpy.typing import NDArray

from tandem.plugin_api import Message, Minutes, Person, Settings, SettingsSchema, key, say, wrong
from tandem_plugins._choices import numbered, values_of
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Quarter hours of an hour, of a day and of a week.
HOUR, DAY, WEEK = 4, 96, 672
ROWS_AT_ONCE = 256

Value = TypeVar("Value", bound=np.generic)


class TimeOfDay(fields.Field[int]):
    """A time on the quarter hour, ``08:00`` to ``24:00``, as quarter hours since midnight (0 to 96)."""

    refusal = wrong("must be a time on the quarter hour such as 08:00 or 17:30")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = re.fullmatch(r"([0-9]{2}):(00|15|30|45)", value) if isinstance(value, str) else None
        quarters = int(found[1]) * HOUR + int(found[2]) // 15 if found else DAY + 1
        if quarters > DAY:
            raise ValidationError(self.refusal)
        return quarters


class SlotSchema(SettingsSchema):
    """One slot of the week: its day, and from when until when in the time zone of whoever chose it."""

    day = fields.String(required=True, validate=validate.OneOf(DAYS, error=wrong("must be a day such as monday")))
    from_ = TimeOfDay(required=True, data_key="from")
    until = TimeOfDay(required=True)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """A slot ends on its own day, after its beginning."""
        start, end = data.get("from_"), data.get("until")
        if start is not None and end is not None and end <= start:
            raise ValidationError(wrong("must be after from; a slot ends on its day, at 24:00 at the latest"), "until")


class Zone(fields.String):
    """The name of a time zone in the IANA's database."""

    refusal = wrong("must be a time zone's name such as Europe/Paris")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError) as error:
            raise ValidationError(self.refusal) from error
        return name


class WeekSchema(TwoQuestionsSchema):
    """The settings that the criterion and the constraint ``availability`` share."""

    slots = fields.Dict(
        keys=key(), values=fields.Nested(SlotSchema),
        required=True, validate=validate.Length(min=1, max=200, error=wrong("must name 1–200 slots")),
    )  # fmt: skip
    zones = fields.Dict(
        keys=key(metadata={"vocabulary": "region"}), values=Zone(),
        load_default=dict, validate=validate.Length(max=500, error=wrong("must name at most 500 regions")),
    )  # fmt: skip
    zone = Zone(load_default="UTC")


@dataclass(frozen=True, slots=True)
class Week:
    """What is known of somebody's week: the slots they chose, and how many quarter hours their clock is ahead of UTC."""

    slots: frozenset[str]
    ahead: int


def week_of(person: Person, field: str, settings: Settings) -> Week:
    """The week of one person. Options that ``slots`` does not name are left out; without a slot the clock is of no interest."""
    slots = frozenset(option for option in values_of(person, field) if option in settings["slots"])
    return Week(slots, _ahead(person, settings) if slots else 0)


def weeks_of(people: Sequence[Person], field: str, settings: Settings) -> tuple[list[Week], NDArray[np.int32]]:
    """The distinct weeks of many people, and for each person which of them is theirs."""
    return numbered([week_of(person, field, settings) for person in people])


def table_of(left: Sequence[Week], right: Sequence[Week], values: NDArray[Value], settings: Settings) -> NDArray[Value]:
    """For each week on the left and each on the right the value of what they share: ``values[n]`` for n quarter hours, 0 to 672."""
    rows, columns = _rows(left, settings), _rows(right, settings).T
    table = np.empty((len(left), len(right)), dtype=values.dtype)
    # The counts of all pairs at once would take many times the memory of their values.
    for start in range(0, len(left), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        table[block] = values[(rows[block] @ columns).astype(np.intp)]
    return table


class TwoWeeks(TwoQuestions):
    """Lays the weeks of two people over each other; their regions say on which clocks they are."""

    reads: ClassVar[frozenset[str] | None] = frozenset({"answers", "positions"})

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """How much of the week suits both."""
        left, right = week_of(mentee, settings["mentee"], settings), week_of(mentor, settings["mentor"], settings)
        if not left.slots or not right.slots:
            return say("availability.unknown", "One of them did not say which hours of the week suit them.")
        quarters = int(table_of([left], [right], np.arange(WEEK + 1), settings)[0, 0])
        if not quarters:
            return say("availability.none", "No hour of the week suits both.")
        return say("availability.shared", "They have %(time)s of the week in common.", time=Minutes(15 * quarters))


def _rows(weeks: Sequence[Week], settings: Settings) -> NDArray[np.float32]:
    """A row of 672 for each week, 1 where the quarter hour suits: the product of two rows is how many they share.

    As floats, because those are multiplied much faster than whole numbers, and counts up to 672 are exact in them.
    """
    rows = np.zeros((len(weeks), WEEK), dtype=np.float32)
    for number, week in enumerate(weeks):
        for option in week.slots:
            slot = settings["slots"][option]
            begin = DAYS.index(slot["day"]) * DAY - week.ahead
            # What begins on Monday in the east may still be Sunday in the west: the week closes to a ring.
            rows[number, np.arange(begin + slot["from_"], begin + slot["until"]) % WEEK] = 1
    return rows


def _ahead(person: Person, settings: Settings) -> int:
    """How many quarter hours the person's clock is ahead of UTC at noon of ``facts.today``, when no clock is just being changed.

    Their zone is that of the first of their current regions, in order of the alphabet, that ``zones`` names, or else ``zone``.
    """
    today = person.facts.today
    zones: Mapping[str, str] = settings["zones"]
    regions = {position.region for position in person.facts.positions if position.runs_on(today)}
    named = sorted(region for region in regions if region is not None and region in zones)
    return _offset(zones[named[0]] if named else settings["zone"], datetime.combine(today, time(12)))


@lru_cache(maxsize=4096)
def _offset(zone: str, noon: datetime) -> int:
    offset = noon.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    # Zones of today differ from UTC by whole quarter hours; for what was before, the nearest will do.
    return round(offset.total_seconds() / 900) if offset is not None else 0
