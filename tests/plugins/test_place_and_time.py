"""Offers on place and time: known distances and weeks, and random people against plain reckoning pair by pair."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, Facts, Message, Minutes, Person, PositionFact
from tandem.wording import Labels, in_words
from tandem_plugins import availability, proximity
from tandem_plugins.proximity.distance import DistanceSchema, _meters
from tests.selection import examples

# Taken from the packages themselves, so that a package is tried before it is installed anew.
[PROXIMITY, DISTANCE] = proximity.matching_criteria()
[NEARBY] = proximity.matching_constraints()
[POINTS_FOR_HOURS] = availability.matching_criteria()
[ENOUGH_HOURS] = availability.matching_constraints()

TODAY = date(2026, 11, 22)
REGIONS = ("east", "middle", "north", "south")
LABELS = Labels(
    {("region", name): name.title() for name in REGIONS}
    | {("question", "asked"): "When?", ("question", "offered"): "Your hours"}
)
SLOTS = {
    "monday-early": {"day": "monday", "from": "00:00", "until": "10:00"},
    "monday-morning": {"day": "monday", "from": "08:00", "until": "12:00"},
    "monday-noon": {"day": "monday", "from": "11:45", "until": "12:30"},
    "tuesday": {"day": "tuesday", "from": "09:15", "until": "17:00"},
    "sunday-night": {"day": "sunday", "from": "20:00", "until": "24:00"},
}
WEEK = {"mentee": "asked", "mentor": "offered", "slots": SLOTS}


def person(regions=(), slots=(), *, today: date = TODAY, ended=(), field: str = "asked") -> Person:
    def post(region, until):
        return PositionFact(None, None, "A", region, date(2000, 1, 1), until, False, False)

    posts = [post(region, None) for region in regions]
    posts += [post(region, today - timedelta(days=1)) for region in ended]
    return Person("p", Facts(today, positions=posts, answers=[AnswerFact(field, slot, slot) for slot in slots]))


def offering(regions=(), slots=(), **more) -> Person:
    return person(regions, slots, field="offered", **more)


def load(offer, /, **settings):
    return offer.settings_schema().load(settings)


def tabled(offer, mentees, mentors, settings):
    return (offer.score if hasattr(offer, "score") else offer.allowed)(mentees, mentors, settings)


def values(offer, mentees, mentors, settings) -> list[list[int]]:
    tables = tabled(offer, mentees, mentors, settings)
    return tables.table[tables.mentee_codes][:, tables.mentor_codes].tolist()


def one(offer, mentee, mentor, /, **settings) -> int:
    return values(offer, [mentee], [mentor], load(offer, **settings))[0][0]


# Examples


def test_table_goes_before_neighbors_and_is_read_both_ways():
    settings = {"near": {"north": ["middle", "south"]}, "table": {"middle": {"north": 70, "middle": 3, "east": 0}}}
    north, middle, south, east = (person([name]) for name in ("north", "middle", "south", "east"))

    assert values(PROXIMITY, [north, middle], [north, middle, south, east], load(PROXIMITY, **settings)) == [
        [100, 70, 50, 0],
        [70, 100, 0, 0],
    ]
    assert one(PROXIMITY, person(["north", "east"]), middle, **settings) == 70


def test_pair_in_one_region_or_next_to_it_is_allowed():
    people = [person(["north"]), person(["middle", "east"]), person(["south"]), person(), person(ended=["south"])]

    assert values(NEARBY, people, people[:3], load(NEARBY)) == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [True, True, True],
        [True, True, True],
    ]
    assert values(NEARBY, people[:3], people[:3], load(NEARBY, near={"middle": ["north"]})) == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]


@pytest.mark.parametrize(
    ("place", "other", "km"),
    [
        # A quarter and a half of the way round, along the equator, over a pole and from pole to pole.
        ((0, 0), (0, 90), 6371 * math.pi / 2),
        ((0, 0), (0, 180), 6371 * math.pi),
        ((60, 10), (60, -170), 6371 * math.pi / 3),
        ((90, 0), (-90, 77), 6371 * math.pi),
        # One degree of the meridian; across the 180th.
        ((10, 20), (11, 20), 6371 * math.pi / 180),
        ((0, 179.5), (0, -179.5), 6371 * math.pi / 180),
        # Nashville's airport to that of Los Angeles, the example of many texts on the formula: 2887.26 km on a sphere of 6372.8.
        ((36.12, -86.67), (33.94, -118.40), 2887.2599506 / 6372.8 * 6371),
    ],
)
def test_distance_is_that_of_the_great_circle(place, other, km):
    settings = DistanceSchema().load({"places": {"north": list(place), "south": list(other)}})

    assert _meters(["north"], ["south"], settings)[0, 0] == pytest.approx(1000 * km, abs=1)
    assert _meters(["south"], ["north"], settings)[0, 0] == pytest.approx(1000 * km, abs=1)


def test_points_fall_with_the_distance():
    # One degree of a meridian is 111.195 km.
    places = {"north": [10, 20], "middle": [9, 20], "south": [8, 20], "east": [-80, 20]}
    people = [person(["north"]), person(["middle"]), person(["south"]), person(["east"]), person(["west"]), person()]

    assert values(DISTANCE, people[:1], people, load(DISTANCE, places=places)) == [[100, 86, 62, 0, 0, 0]]
    assert values(DISTANCE, people[:1], people, load(DISTANCE, places=places, near_km=112, far_km=222)) == [
        [100, 100, 0, 0, 0, 0]
    ]
    assert one(DISTANCE, person(["east", "south"]), person(["west", "middle"]), places=places) == 86


def test_hours_that_suit_both_give_points():
    mentee = person(slots=["monday-morning"])

    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["monday-morning"]), **WEEK) == 100
    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["monday-early"]), **WEEK) == 67
    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["monday-early"]), **WEEK, enough=1) == 100
    # A quarter of an hour of three: 8.33; of two: 12.5, rounded up.
    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["monday-noon"]), **WEEK) == 8
    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["monday-noon"]), **WEEK, enough=2) == 13
    assert one(POINTS_FOR_HOURS, mentee, offering(slots=["tuesday"]), **WEEK) == 0
    # What is in two slots is counted once.
    both = offering(slots=["monday-morning", "monday-early"])
    assert one(POINTS_FOR_HOURS, mentee, both, **WEEK, enough=8) == 50


def test_who_gave_no_slot_has_no_points_and_may_be_matched():
    mentees = [person(), person(slots=["some-other-time"]), person(slots=["tuesday"])]
    mentors = [offering(slots=["tuesday"]), offering(), offering(slots=["monday-early"])]

    assert values(POINTS_FOR_HOURS, mentees, mentors, load(POINTS_FOR_HOURS, **WEEK)) == [
        [0, 0, 0],
        [0, 0, 0],
        [100, 0, 0],
    ]
    assert values(ENOUGH_HOURS, mentees, mentors, load(ENOUGH_HOURS, **WEEK)) == [
        [True, True, True],
        [True, True, True],
        [True, True, False],
    ]
    nobody_knows = Person("p", Facts(TODAY, answers=None))
    assert one(ENOUGH_HOURS, nobody_knows, mentors[0], **WEEK) is True


@pytest.mark.parametrize(
    ("mentee", "mentor", "here", "there", "today", "quarters"),
    [
        # 08:00–12:00 in India is 02:30–06:30 UTC, of Nepal's 02:15–06:15 all but a quarter of an hour.
        ("monday-morning", "monday-early", "Asia/Kolkata", "UTC", TODAY, 16),
        ("monday-morning", "monday-morning", "Asia/Kolkata", "Asia/Kathmandu", TODAY, 15),
        ("monday-morning", "monday-morning", "Asia/Kolkata", "Asia/Dhaka", TODAY, 14),
        # Sunday evening in the west is Monday morning further east, across the week's end.
        ("sunday-night", "monday-early", "America/Denver", "UTC", TODAY, 16),
        ("sunday-night", "monday-morning", "Pacific/Pago_Pago", "UTC", TODAY, 12),
        # And Monday's beginning in the east is Sunday: of 10:00–20:00 UTC nothing, of Denver's Monday less.
        ("monday-early", "sunday-night", "Pacific/Kiritimati", "UTC", TODAY, 0),
        ("monday-early", "sunday-night", "Pacific/Kiritimati", "Asia/Kathmandu", TODAY, 16),
        # Clocks change: in November Denver is seven hours behind, in July six.
        ("sunday-night", "monday-early", "America/Denver", "Europe/London", TODAY, 16),
        ("tuesday", "tuesday", "America/Denver", "America/Phoenix", date(2026, 7, 1), 27),
        ("tuesday", "tuesday", "America/Denver", "America/Phoenix", date(2026, 12, 1), 31),
        # On the day of the change itself noon counts: this is winter already.
        ("tuesday", "tuesday", "America/Denver", "America/Phoenix", date(2026, 11, 1), 31),
    ],
)
def test_weeks_of_two_zones_are_laid_over_each_other(mentee, mentor, here, there, today, quarters):
    settings = load(POINTS_FOR_HOURS, **WEEK, zones={"north": here, "south": there}, enough=40)
    pair = person(["north"], [mentee], today=today), offering(["south"], [mentor], today=today)

    said = POINTS_FOR_HOURS.explain(*pair, settings)

    assert said.params.get("time", Minutes(0)) == Minutes(15 * quarters)
    assert values(POINTS_FOR_HOURS, [pair[0]], [pair[1]], settings) == [[(200 * quarters + 160) // 320]]


def test_zone_is_that_of_the_first_current_region_that_has_one():
    settings = {**WEEK, "zones": {"middle": "America/Denver", "south": "UTC"}, "zone": "Asia/Kolkata", "enough": 40}
    early = offering(["south"], ["monday-early"])

    def shared(*regions, ended=()):
        return one(POINTS_FOR_HOURS, person(regions, ["monday-morning"], ended=ended), early, **settings)

    # 15:00 UTC onward; 08:00–10:00; 02:30–06:30.
    assert [shared("south", "middle"), shared("south", "east"), shared("east"), shared()] == [0, 5, 10, 10]
    assert shared("south", ended=["middle"]) == 5


@pytest.mark.parametrize(
    ("offer", "settings", "mentee", "mentor", "words"),
    [
        (PROXIMITY, {"table": {"north": {"south": 35}}}, person(["south"]), person(["north"]), "South and North: 35 of 100 in the table of regions."),
        (PROXIMITY, {"table": {"north": {"south": 100}}}, person(["south"]), person(["north", "south"]), "Both in South."),
        (PROXIMITY, {"table": {"north": {"south": 35}}}, person(["east"]), person(["north"]), "East and North are not in the table of regions, and not neighbors."),
        (PROXIMITY, {"table": {"north": {"south": 35}}, "near": {"east": ["north"]}}, person(["east"]), person(["north"]), "East is next to North."),
        (NEARBY, {}, person(["east"]), person(["east"]), "Both in East."),
        (NEARBY, {"near": {"north": ["east"]}}, person(["east"]), person(["north"]), "East is next to North."),
        (NEARBY, {}, person(["east"]), person(["north"]), "East and North are not neighbors."),
        (NEARBY, {}, person(), person(["north"]), "The region of one of them is not on file."),
        (DISTANCE, {"places": {"north": [10, 20], "south": [9, 20]}}, person(["north"]), person(["south"]), "From North to South it is 111 km."),
        (DISTANCE, {"places": {"north": [10, 20]}}, person(["north"]), person(["north"]), "Both in North."),
        (DISTANCE, {"places": {"north": [10, 20]}}, person(["south"]), person(["north"]), "Where one of them works is not on file."),
        (POINTS_FOR_HOURS, WEEK, person(slots=["monday-morning"]), offering(slots=["monday-morning"]), "They have 4 hours of the week in common."),
        (POINTS_FOR_HOURS, WEEK, person(slots=["monday-morning"]), offering(slots=["monday-noon"]), "They have 15 minutes of the week in common."),
        (POINTS_FOR_HOURS, WEEK, person(slots=["monday-morning"]), offering(slots=["tuesday"]), "No hour of the week suits both."),
        (ENOUGH_HOURS, WEEK, person(slots=["tuesday"]), offering(slots=["tuesday"]), "They have 7 hours 45 minutes of the week in common."),
        (ENOUGH_HOURS, WEEK, person(), offering(slots=["tuesday"]), "One of them did not say which hours of the week suit them."),
    ],
)  # fmt: skip
def test_pair_is_explained(app, offer, settings, mentee, mentor, words):
    with app.app_context():
        assert in_words(offer.explain(mentee, mentor, load(offer, **settings)), LABELS) == words


@pytest.mark.parametrize(
    ("offer", "settings", "words"),
    [
        (PROXIMITY, {"table": {"north": {"south": 1}}}, "How near the regions of the mentee and the mentor are to each other, by a table of regions."),
        (NEARBY, {}, "The mentee and the mentor work in the same region."),
        (NEARBY, {"near": {"north": ["south"]}}, "The mentee and the mentor work in the same region, or in neighboring ones."),
        (DISTANCE, {"places": {"north": [1, 2]}, "far_km": 1500}, "How far apart the mentee and the mentor work: all points up to 50 km, none from 1,500 km."),
        (POINTS_FOR_HOURS, WEEK, "How much of the week suits both by the mentee’s “When?” and the mentor’s “Your hours”; 3 hours are enough."),
        (POINTS_FOR_HOURS, {**WEEK, "enough": 1}, "How much of the week suits both by the mentee’s “When?” and the mentor’s “Your hours”; 1 hour is enough."),
        (ENOUGH_HOURS, WEEK, "At least 1 hour of the week suits both by the mentee’s “When?” and the mentor’s “Your hours”."),
        (ENOUGH_HOURS, {**WEEK, "at_least": 2}, "At least 2 hours of the week suit both by the mentee’s “When?” and the mentor’s “Your hours”."),
    ],
)  # fmt: skip
def test_offer_describes_itself(app, offer, settings, words):
    with app.app_context():
        assert in_words(offer.describe(load(offer, **settings)), LABELS) == words


TIME = "must be a time on the quarter hour such as 08:00 or 17:30"
PLACE = "must be [latitude, longitude] in degrees, such as [39.74, -104.99]"
NORTH = "must have a latitude from -90 to 90, and the latitude first"
ZONE = "must be a time zone's name such as Europe/Paris"


def slot(**changes) -> dict[str, Any]:
    return {**WEEK, "slots": {"tuesday": {"day": "tuesday", "from": "08:00", "until": "12:00", **changes}}}


@pytest.mark.parametrize(
    ("offer", "settings", "errors"),
    [
        (PROXIMITY, {"table": {"north": {"south": 101}}}, {"table": {"north": {"value": {"south": {"value": ["must be 0–100"]}}}}}),
        (
            PROXIMITY, {"table": {"north": {"south": 10}, "south": {"north": 20}}},
            {"table": ["gives north and south 10 points, and 20 the other way round; write the pair once"]},
        ),
        (NEARBY, {"near_points": 3}, {"near_points": ["is not a setting here"]}),
        (NEARBY, {"on": "street"}, {"on": ["must be region"]}),
        (DISTANCE, {}, {"places": ["Missing data for required field."]}),
        (DISTANCE, {"places": {}}, {"places": ["must name 1–500 places"]}),
        (DISTANCE, {"places": {"north": [39.7]}}, {"places": {"north": {"value": [PLACE]}}}),
        (DISTANCE, {"places": {"north": "39.7, 10"}}, {"places": {"north": {"value": [PLACE]}}}),
        (DISTANCE, {"places": {"north": [True, 10]}}, {"places": {"north": {"value": [PLACE]}}}),
        (DISTANCE, {"places": {"north": [math.nan, 10]}}, {"places": {"north": {"value": [PLACE]}}}),
        (DISTANCE, {"places": {"north": [-104.9, 39.7]}}, {"places": {"north": {"value": [NORTH]}}}),
        (DISTANCE, {"places": {"north": [0, 180.5]}}, {"places": {"north": {"value": ["must have a longitude from -180 to 180"]}}}),
        (DISTANCE, {"places": {"north": [0, 0]}, "near_km": 500}, {"far_km": ["must be more than near_km, which is 500"]}),
        (POINTS_FOR_HOURS, {"mentee": "asked", "mentor": "offered"}, {"slots": ["Missing data for required field."]}),
        (POINTS_FOR_HOURS, {**WEEK, "slots": {}}, {"slots": ["must name 1–200 slots"]}),
        (POINTS_FOR_HOURS, {**WEEK, "enough": 41}, {"enough": ["must be 1–40"]}),
        (ENOUGH_HOURS, {**WEEK, "at_least": 0}, {"at_least": ["must be 1–40"]}),
        (POINTS_FOR_HOURS, slot(day="mon"), {"slots": {"tuesday": {"value": {"day": ["must be a day such as monday"]}}}}),
        (POINTS_FOR_HOURS, slot(until="12:10"), {"slots": {"tuesday": {"value": {"until": [TIME]}}}}),
        (POINTS_FOR_HOURS, slot(until="24:15"), {"slots": {"tuesday": {"value": {"until": [TIME]}}}}),
        (POINTS_FOR_HOURS, slot(until=720), {"slots": {"tuesday": {"value": {"until": [TIME]}}}}),
        (
            POINTS_FOR_HOURS, slot(until="08:00"),
            {"slots": {"tuesday": {"value": {"until": ["must be after from; a slot ends on its day, at 24:00 at the latest"]}}}},
        ),
        (POINTS_FOR_HOURS, {**WEEK, "zone": "Denver"}, {"zone": [ZONE]}),
        (POINTS_FOR_HOURS, {**WEEK, "zone": "America"}, {"zone": [ZONE]}),
        (POINTS_FOR_HOURS, {**WEEK, "zones": {"north": "../etc"}}, {"zones": {"north": {"value": [ZONE]}}}),
    ],
)  # fmt: skip
def test_wrong_settings_say_what_to_write(offer, settings, errors):
    with pytest.raises(ValidationError) as refused:
        load(offer, **settings)

    assert refused.value.messages == errors


def test_the_end_of_the_day_is_a_time():
    assert load(POINTS_FOR_HOURS, **slot(until="24:00"))["slots"]["tuesday"] == {
        "day": "tuesday", "from_": 32, "until": 96,
    }  # fmt: skip


@pytest.mark.parametrize("offer", [POINTS_FOR_HOURS, ENOUGH_HOURS])
def test_both_questions_are_read(offer):
    assert offer.fields(load(offer, **WEEK)) == (["asked"], ["offered"])
    assert offer.reads == {"answers", "positions"}


# Random people


tried = trying(
    max_examples=examples(100, 2000), deadline=None, derandomize=not os.environ.get("TANDEM_PROVE")
)  # fmt: skip


ZONES = (
    "UTC", "America/Denver", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Paris",
    "Pacific/Kiritimati", "Pacific/Marquesas", "Pacific/Pago_Pago",
)  # fmt: skip
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@st.composite
def sides(draw) -> tuple[list[Person], list[Person]]:
    """Two sides on one day: people with some current and former regions, and some slots, of which one means nothing."""
    today = draw(days)
    regions = st.lists(st.sampled_from([*REGIONS, None]), max_size=3)
    slots = st.lists(st.sampled_from([*SLOTS, "any-time"]), max_size=3, unique=True)
    return tuple(
        [
            person(draw(regions), draw(slots), today=today, ended=draw(regions), field=field)
            for _ in range(draw(st.integers(0, 5)))
        ]
        for field in ("asked", "offered")
    )


neighbors = st.dictionaries(
    st.sampled_from(REGIONS), st.lists(st.sampled_from(REGIONS), min_size=1, unique=True), max_size=3
)
tables = st.dictionaries(
    st.tuples(st.sampled_from(REGIONS), st.sampled_from(REGIONS)).map(sorted).map(tuple), st.integers(0, 100)
)
places = st.dictionaries(
    st.sampled_from(REGIONS), st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(list), min_size=1
)
time_zones = st.fixed_dictionaries(
    {"zones": st.dictionaries(st.sampled_from(REGIONS), st.sampled_from(ZONES)), "zone": st.sampled_from(ZONES)}
)

#: What the value of one pair must be, and what it says: the value that can be read from the explanation.
Reference = Callable[[Person, Person], int]
Reading = Callable[[Message], Any]


def check(offer, people, settings, reference: Reference, reading: Reading) -> None:
    """That an offer gives each pair what the reference does, in any order, and explains it truly."""
    mentees, mentors = people
    expected = [[reference(mentee, mentor) for mentor in mentors] for mentee in mentees]
    made = tabled(offer, mentees, mentors, settings)

    assert made.table.dtype == (np.uint8 if hasattr(offer, "score") else np.bool_)
    assert (len(made.mentee_codes), len(made.mentor_codes)) == (len(mentees), len(mentors))
    assert made.table.max(initial=0) <= 100
    assert values(offer, mentees, mentors, settings) == expected
    assert values(offer, mentees[::-1], mentors[::-1], settings) == [row[::-1] for row in expected[::-1]]
    for mentee, row in zip(mentees, expected, strict=True):
        for mentor, value in zip(mentors, row, strict=True):
            assert reading(offer.explain(mentee, mentor, settings)) == value
    assert offer.describe(settings).text


def now(one: Person) -> set[str]:
    today = one.facts.today
    return {
        post.region for post in one.facts.positions if post.region and (post.valid_to is None or post.valid_to >= today)
    }


def next_to(a: str, b: str, near: Mapping[str, list[str]]) -> bool:
    return b in near.get(a, []) or a in near.get(b, [])


def rounded(number: float) -> int:
    return math.floor(number + 0.5)


@tried
@given(sides(), neighbors, tables, st.integers(0, 100))
def test_points_for_regions_agree_pair_by_pair(people, near, table, near_points):
    nested: dict[str, dict[str, int]] = {}
    for (a, b), points in table.items():
        nested.setdefault(b if points % 2 else a, {})[a if points % 2 else b] = points
    settings = load(PROXIMITY, near=near, table=nested, near_points=near_points)

    def points_of(a: str, b: str) -> int:
        if a == b:
            return 100
        first, second = sorted((a, b))
        return table.get((first, second), near_points if next_to(a, b, near) else 0)

    def reading(said: Message) -> int:
        return {"proximity.same": 100, "proximity.near": near_points}.get(said.id, said.params.get("points", 0))

    def reference(mentee, mentor):
        return max((points_of(a, b) for a in now(mentee) for b in now(mentor)), default=0)

    check(PROXIMITY, people, settings, reference, reading)


@tried
@given(sides(), neighbors)
def test_regions_that_are_allowed_agree_pair_by_pair(people, near):
    def reference(mentee, mentor):
        pairs = [(a, b) for a in now(mentee) for b in now(mentor)]
        return not pairs or any(a == b or next_to(a, b, near) for a, b in pairs)

    check(NEARBY, people, load(NEARBY, near=near), reference, lambda said: said.id != "proximity.apart")


@tried
@given(sides(), places, st.integers(0, 5000), st.integers(1, 15000))
def test_points_for_kilometers_agree_pair_by_pair(people, where, near, more):
    far = near + more

    def meters(a: str, b: str) -> int:
        (x, u), (y, v) = (map(math.radians, where[name]) for name in (a, b))
        share = math.sin((y - x) / 2) ** 2 + math.cos(x) * math.cos(y) * math.sin((v - u) / 2) ** 2
        return rounded(6371000 * 2 * math.asin(math.sqrt(min(share, 1))))

    def nearest(mentee, mentor) -> int | None:
        return min((meters(a, b) for a in now(mentee) & where.keys() for b in now(mentor) & where.keys()), default=None)

    def reference(mentee, mentor):
        found = nearest(mentee, mentor)
        if found is None or found >= 1000 * far:
            return 0
        return 100 if found <= 1000 * near else (200 * (1000 * far - found) + 1000 * more) // (2000 * more)

    settings = load(DISTANCE, places=where, near_km=near, far_km=far)
    made = tabled(DISTANCE, *people, settings)
    for mentee in people[0]:
        for mentor in people[1]:
            said, found = DISTANCE.explain(mentee, mentor, settings), nearest(mentee, mentor)
            assert (said.id == "distance.unknown") == (found is None)
            if said.id == "distance.apart":
                assert said.params["km"] == rounded(found / 1000)
            if said.id == "distance.same":
                assert found == 0
    assert made.table.dtype == np.uint8
    expected = [[reference(mentee, mentor) for mentor in people[1]] for mentee in people[0]]
    assert values(DISTANCE, *people, settings) == expected
    assert values(DISTANCE, people[0][::-1], people[1][::-1], settings) == [row[::-1] for row in expected[::-1]]


@tried
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_meters_agree_with_the_angle_between_two_vectors(latitude, longitude, other_latitude, other_longitude):
    settings = DistanceSchema().load(
        {"places": {"north": [latitude, longitude], "south": [other_latitude, other_longitude]}}
    )

    def vector(north, east):
        north, east = math.radians(north), math.radians(east)
        return np.array([math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)])

    a, b = vector(latitude, longitude), vector(other_latitude, other_longitude)
    angle = math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))

    assert _meters(["north"], ["south"], settings)[0, 0] == pytest.approx(6371000 * angle, abs=1)


def quarters_of(one: Person, field: str, zones: Mapping[str, Any]) -> set[tuple[int, int, int]]:
    """Day of the week, hour and minute of every quarter hour in UTC, by the calendar of some week."""
    noon = datetime.combine(one.facts.today, time(12))
    named = [zones["zones"][region] for region in sorted(now(one)) if region in zones["zones"]]
    clock = timezone(noon.replace(tzinfo=ZoneInfo([*named, zones["zone"]][0])).utcoffset())
    found = set()
    for option in one.facts.chosen(field):
        if option in SLOTS:
            weekday = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].index(
                SLOTS[option]["day"]
            )
            start, end = (
                60 * int(text[:2]) + int(text[3:]) for text in (SLOTS[option]["from"], SLOTS[option]["until"])
            )
            for minute in range(start, end, 15):
                # Some Monday.
                local = datetime(2026, 6, 1 + weekday, tzinfo=clock) + timedelta(minutes=minute)
                there = local.astimezone(UTC)
                found.add((there.weekday(), there.hour, there.minute))
    return found


def minutes_in(said: Message) -> int:
    return said.params["time"].minutes if "time" in said.params else 0


@tried
@given(sides(), time_zones, st.integers(1, 40))
def test_points_for_hours_agree_pair_by_pair(people, zones, enough):
    def points(minutes: int) -> int:
        return (200 * min(minutes, 60 * enough) + 60 * enough) // (2 * 60 * enough)

    def reference(mentee, mentor):
        return points(15 * len(quarters_of(mentee, "asked", zones) & quarters_of(mentor, "offered", zones)))

    settings = load(POINTS_FOR_HOURS, **WEEK, **zones, enough=enough)
    check(POINTS_FOR_HOURS, people, settings, reference, lambda said: points(minutes_in(said)))


@tried
@given(sides(), time_zones, st.integers(1, 8))
def test_hours_that_are_enough_agree_pair_by_pair(people, zones, least):
    def reference(mentee, mentor):
        left, right = quarters_of(mentee, "asked", zones), quarters_of(mentor, "offered", zones)
        return not left or not right or len(left & right) >= 4 * least

    def reading(said: Message) -> bool:
        return said.id == "availability.unknown" or minutes_in(said) >= 60 * least

    check(ENOUGH_HOURS, people, load(ENOUGH_HOURS, **WEEK, **zones, at_least=least), reference, reading)


def test_more_people_than_are_reckoned_at_once():
    mentees = [
        person(["north"], [option for number, option in enumerate(SLOTS) if mask >> number & 1]) for mask in range(32)
    ]
    zones = {f"zone-{number}": name for number, name in enumerate(ZONES)}
    everybody = [person([region], mentee.facts.chosen("asked")) for region in zones for mentee in mentees]
    mentors = [offering(["zone-0"], ["monday-early"]), offering(["zone-3"], ["tuesday"])]
    settings = load(POINTS_FOR_HOURS, **WEEK, zones=zones, enough=40)

    assert len(everybody) > 256
    assert values(POINTS_FOR_HOURS, everybody, mentors, settings) == [
        values(POINTS_FOR_HOURS, [mentee], mentors, settings)[0] for mentee in everybody
    ]
