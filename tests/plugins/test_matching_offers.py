"""The first-party constraints and criteria: values for pairs, and their explanations."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, Facts, Person, PositionFact
from tandem.plugin_api.registry import load_registry
from tandem.wording import Labels, in_words

REGISTRY = load_registry()
TODAY = date(2026, 11, 22)
LABELS = Labels(
    {
        ("choice:needs", "payroll"): "Payroll", ("choice:needs", "budgeting"): "Budgeting", ("question", "needs"): "Needs",
        ("question", "expertise"): "Expertise", ("region", "north"): "North", ("region", "south"): "South",
    }
)  # fmt: skip


def chooser(field: str, *keys: str) -> Person:
    return Person("p", Facts(TODAY, answers=[AnswerFact(field, key=key, text_value=key) for key in keys]))


def worker(*places: tuple[str, str | None], ended: tuple[str, str | None] | None = None) -> Person:
    posts = [
        PositionFact("clerk", None, employer, region, date(2020, 1, 1), None, False, False)
        for employer, region in places
    ]
    if ended:
        posts.append(PositionFact("clerk", None, *ended, date(2015, 1, 1), TODAY - timedelta(days=1), False, False))
    return Person("p", Facts(TODAY, positions=posts))


def values(tables) -> list[list[int]]:
    return tables.table[tables.mentee_codes][:, tables.mentor_codes].tolist()


def load(offer, **settings):
    return offer.settings_schema().load(settings)


BOTH = {"mentee": "needs", "mentor": "expertise"}
#: What some offer cannot do without, by the name of the setting.
NEEDED = {
    **BOTH,
    "levels": ["payroll", "budgeting"],
    "places": {"north": [60, 10]},
    "slots": {"payroll": {"day": "monday", "from": "08:00", "until": "12:00"}},
}
MENTEES = [
    chooser("needs", "payroll", "budgeting"),
    chooser("needs", "payroll"),
    chooser("needs"),
    chooser("needs", "payroll"),
]
MENTORS = [
    chooser("expertise", "payroll"),
    chooser("expertise", "payroll", "budgeting", "transport"),
    chooser("expertise"),
]


def test_overlap_allows_pairs_with_enough_in_common():
    rule = REGISTRY.constraints["overlap"]

    one, two = (
        rule.allowed(MENTEES, MENTORS, load(rule, **BOTH)),
        rule.allowed(MENTEES, MENTORS, load(rule, **BOTH, at_least=2)),
    )

    assert values(one) == [[True, True, False], [True, True, False], [False] * 3, [True, True, False]]
    assert values(two) == [[False, True, False], [False] * 3, [False] * 3, [False] * 3]
    assert one.table.dtype == np.bool_
    assert one.table.shape == (3, 3)


def test_overlap_scores_the_share_of_what_is_asked_for():
    rule = REGISTRY.criteria["overlap"]

    tables = rule.score(MENTEES, MENTORS, load(rule, **BOTH))

    assert values(tables) == [[50, 100, 0], [100, 100, 0], [0, 0, 0], [100, 100, 0]]
    assert tables.table.dtype == np.uint8


def test_overlap_rounds_half_up():
    rule = REGISTRY.criteria["overlap"]
    eight = chooser("needs", *"abcdefgh")

    assert values(rule.score([eight], [chooser("expertise", "a")], load(rule, **BOTH))) == [[13]]


def test_employers_of_all_current_positions_differ():
    rule = REGISTRY.constraints["employer.differs"]
    mentees = [worker(("A", None)), worker(("A", None), ("B", None)), worker(), worker(("C", None), ended=("A", None))]
    mentors = [worker(("A", None)), worker(("B", None))]

    assert values(rule.allowed(mentees, mentors, {})) == [[False, True], [False, False], [True, True], [True, True]]


def test_proximity_takes_the_nearest_regions_both_ways():
    rule = REGISTRY.criteria["proximity"]
    settings = load(rule, on="region", near={"north": ["middle"]}, near_points=40)
    people = [
        worker(("A", "north")),
        worker(("B", "middle")),
        worker(("C", "south"), ("D", "north")),
        worker(("E", None)),
        worker(),
    ]

    assert values(rule.score(people, people, settings)) == [
        [100, 40, 100, 0, 0],
        [40, 100, 40, 0, 0],
        [100, 40, 100, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]


def test_equality_is_all_or_nothing():
    rule = REGISTRY.criteria["equality"]

    assert values(rule.score(MENTEES, MENTORS, load(rule, **BOTH))) == [
        [100, 100, 0],
        [100, 100, 0],
        [0, 0, 0],
        [100, 100, 0],
    ]


@pytest.mark.parametrize(("mentees", "mentors"), [([], MENTORS), (MENTEES, []), ([], [])])
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("criteria", "constraints") for name in getattr(REGISTRY, kind)]
)
def test_nobody_on_one_side_is_no_error(kind, name, mentees, mentors):
    rule = getattr(REGISTRY, kind)[name]
    settings = load(rule, **{key: value for key, value in NEEDED.items() if key in rule.settings_schema().fields})

    tables = (rule.score if kind == "criteria" else rule.allowed)(mentees, mentors, settings)

    assert (len(tables.mentee_codes), len(tables.mentor_codes)) == (len(mentees), len(mentors))


@pytest.mark.parametrize(
    ("name", "settings", "mentee", "words"),
    [
        ("overlap", BOTH, chooser("needs", "travel"), "Nobody with a free place offers travel, which was asked for."),
        ("overlap", BOTH, chooser("needs", "travel", "safety"), "Nobody with a free place offers safety or travel, which was asked for."),
        ("overlap", {**BOTH, "at_least": 2}, chooser("needs", "travel", "payroll"), "Asked for: Payroll and travel. Nobody with a free place offers travel."),
        ("overlap", BOTH, chooser("needs", "payroll", "budgeting"), "Asked for: Budgeting and Payroll."),
        ("overlap", BOTH, chooser("needs"), "Nothing was chosen in “Needs”."),
        ("equality", BOTH, chooser("needs", "travel", "safety"), "For “Needs”, nobody with a free place has the answer safety or travel."),
        ("equality", BOTH, chooser("needs"), "“Needs” was not answered."),
        ("equality", BOTH, chooser("needs", "payroll"), None),
        ("difference", BOTH, chooser("needs", "payroll"), None),
        ("languages", BOTH, chooser("needs", "travel"), "Nobody with a free place speaks travel."),
        ("languages", BOTH, chooser("needs"), "No language was given."),
        ("languages", BOTH, chooser("needs", "payroll"), None),
    ],
)  # fmt: skip
def test_what_a_mentee_asks_for_and_nobody_has_is_named(app, name, settings, mentee, words):
    rule = REGISTRY.constraints[name]

    (said,) = rule.lacking([mentee], MENTORS, load(rule, **settings))

    with app.app_context():
        assert (said and in_words(said, LABELS)) == words


@pytest.mark.parametrize(
    ("kind", "name", "settings", "mentee", "mentor", "words"),
    [
        ("constraints", "overlap", BOTH, MENTEES[0], MENTORS[1], "In common: Budgeting and Payroll."),
        ("constraints", "overlap", BOTH, MENTEES[2], MENTORS[1], "Nothing was chosen in “Needs”."),
        ("constraints", "overlap", BOTH, MENTEES[0], MENTORS[2], "Nothing was chosen in “Expertise”."),
        ("constraints", "overlap", BOTH, chooser("needs", "budgeting"), MENTORS[0], "Nothing in common. Asked for: Budgeting; offered: payroll."),
        ("criteria", "overlap", BOTH, MENTEES[0], MENTORS[0], "1 of 2 asked for: Payroll."),
        ("criteria", "overlap", BOTH, MENTEES[0], MENTORS[2], "None of what is asked for."),
        ("criteria", "equality", BOTH, MENTEES[1], MENTORS[0], "The same answer: Payroll."),
        ("criteria", "equality", BOTH, MENTEES[1], MENTORS[2], "One of them did not answer."),
        ("constraints", "employer.differs", {}, worker(("A", None)), worker(("A", None)), "Both work at A now."),
        ("constraints", "employer.differs", {}, worker(), worker(("A", None)), "No current employer is on file for one of them."),
        ("criteria", "proximity", {}, worker(("A", "north")), worker(("B", "north")), "Both in North."),
        ("criteria", "proximity", {"near": {"north": ["south"]}}, worker(("A", "north")), worker(("B", "south")), "North is next to South."),
        ("criteria", "proximity", {}, worker(("A", "north")), worker(("B", "south")), "North and South are not neighbors."),
        ("criteria", "proximity", {}, worker(), worker(("B", "south")), "The region of one of them is not on file."),
    ],
)  # fmt: skip
def test_pair_is_explained(app, kind, name, settings, mentee, mentor, words):
    rule = getattr(REGISTRY, kind)[name]

    with app.app_context():
        assert in_words(rule.explain(mentee, mentor, load(rule, **settings)), LABELS) == words


@pytest.mark.parametrize(
    ("kind", "name", "settings", "words"),
    [
        ("constraints", "overlap", BOTH, "The mentee and the mentor share at least 1 of “Needs” and “Expertise”."),
        ("criteria", "overlap", BOTH, "How much of the mentee’s “Needs” is in the mentor’s “Expertise”."),
        ("criteria", "equality", BOTH, "Whether the mentee’s “Needs” is the mentor’s “Expertise”."),
        ("constraints", "employer.differs", {}, "The mentee and the mentor do not work for the same employer now."),
        ("criteria", "proximity", {}, "Whether the mentee and the mentor work in the same region."),
        (
            "criteria", "proximity", {"near": {"north": ["south"]}},
            "Whether the mentee and the mentor work in the same region, or in neighboring ones.",
        ),
    ],
)  # fmt: skip
def test_offer_describes_itself(app, kind, name, settings, words):
    rule = getattr(REGISTRY, kind)[name]

    with app.app_context():
        assert in_words(rule.describe(load(rule, **settings)), LABELS) == words


@pytest.mark.parametrize(
    ("kind", "name", "settings", "errors"),
    [
        ("constraints", "overlap", {"mentee": "needs"}, {"mentor": ["Missing data for required field."]}),
        ("constraints", "overlap", {**BOTH, "at_least": 0}, {"at_least": ["must be 1–50"]}),
        ("constraints", "employer.differs", {"on": "region"}, {"on": ["is not a setting here"]}),
        ("criteria", "proximity", {"on": "street"}, {"on": ["must be region"]}),
        ("criteria", "proximity", {"near_points": 101}, {"near_points": ["must be 0–100"]}),
    ],
)
def test_wrong_settings_say_what_to_write(kind, name, settings, errors):
    with pytest.raises(ValidationError) as refused:
        load(getattr(REGISTRY, kind)[name], **settings)

    assert refused.value.messages == errors
