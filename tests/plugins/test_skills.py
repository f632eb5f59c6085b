"""The criterion on ratings: what the mentee has to learn that the mentor can teach, for everybody at once and for one pair."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, Facts, Person
from tandem.wording import Labels, in_words
from tandem_plugins.skills import matching_criteria
from tandem_plugins.skills.gap import SkillsGap

TODAY = date(2026, 11, 22)
SKILLS = ("audit", "budgeting", "payroll", "transport")
LABELS = Labels(
    {("question", "learn"): "To learn", ("question", "teach"): "To teach"}
    | {("choice:learn", skill): skill.title() for skill in SKILLS}
)
GAP = SkillsGap()
FIELDS = {"mentee": "learn", "mentor": "teach"}


def rater(field: str, **ratings: int) -> Person:
    answers = [AnswerFact(field, key=skill, number_value=Decimal(rating)) for skill, rating in ratings.items()]
    return Person("p", Facts(TODAY, answers=answers))


def mentee(**ratings: int) -> Person:
    return rater("learn", **ratings)


def mentor(**ratings: int) -> Person:
    return rater("teach", **ratings)


def loaded(**more):
    return GAP.settings_schema().load({**FIELDS, **more})


def values(mentees, mentors, **more) -> list[list[int]]:
    tables = GAP.score(mentees, mentors, loaded(**more))
    assert tables.table.dtype == np.uint8
    return tables.table[np.ix_(tables.mentee_codes, tables.mentor_codes)].tolist()


def plain(learning: dict[str, int], teaching: dict[str, int], scale: int) -> int:
    """The points of one pair, as the documentation says it."""
    to_learn = sum(scale - min(own, scale) for own in learning.values())
    if to_learn == 0:
        return 0
    taught = sum(max(0, min(teaching.get(skill, 0), scale) - min(own, scale)) for skill, own in learning.items())
    return floor(Fraction(100 * taught, to_learn) + Fraction(1, 2))


def test_the_plugin_offers_it():
    assert [one.name for one in matching_criteria()] == ["skills.gap"]


def test_points_are_the_share_of_what_is_to_learn():
    learner = mentee(payroll=1, budgeting=3)

    assert values(
        [learner],
        [
            mentor(payroll=5, budgeting=5),
            mentor(payroll=4, budgeting=2),
            mentor(payroll=1, budgeting=3),
            mentor(audit=5),
            mentor(),
        ],
    ) == [[100, 50, 0, 0, 0]]


def test_nothing_to_learn_gives_nothing_to_everybody():
    learners = [mentee(), mentee(payroll=5), mentee(payroll=9), Person("p", Facts(TODAY))]

    assert values(learners, [mentor(payroll=5, audit=5)]) == [[0], [0], [0], [0]]


def test_points_are_rounded_half_up():
    # 1 of 8: 12.5.
    assert values([mentee(payroll=1, budgeting=1)], [mentor(payroll=2)]) == [[13]]


def test_ratings_beyond_the_scale_are_its_top():
    assert values([mentee(payroll=2)], [mentor(payroll=7)], scale=3) == [[100]]
    assert values([mentee(payroll=7, audit=2)], [mentor(payroll=7, audit=2)], scale=3) == [[0]]


def test_answers_of_another_kind_are_no_ratings():
    odd = Person("p", Facts(TODAY, answers=[AnswerFact("learn", text_value="x"), AnswerFact("learn", key="payroll")]))

    assert values([odd], [mentor(payroll=5)]) == [[0]]


def test_each_list_of_ratings_is_met_once():
    tables = GAP.score([mentee(audit=1), mentee(audit=1)], [mentor(audit=2)] * 3, loaded())

    assert tables.table.shape == (1, 1)


@pytest.mark.parametrize(("mentees", "mentors"), [([], [mentor(audit=1)]), ([mentee(audit=1)], []), ([], [])])
def test_nobody_on_one_side_is_no_error(mentees, mentors):
    tables = GAP.score(mentees, mentors, loaded())

    assert (len(tables.mentee_codes), len(tables.mentor_codes)) == (len(mentees), len(mentors))


RATED = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 7))


@settings(max_examples=150, deadline=None)
@given(st.lists(RATED, max_size=8), st.lists(RATED, max_size=8), st.integers(2, 7), st.randoms(use_true_random=False))
def test_everybody_at_once_is_each_pair_alone(app, learning, teaching, scale, random):
    mentees, mentors = [mentee(**one) for one in learning], [mentor(**one) for one in teaching]

    found = values(mentees, mentors, scale=scale)

    assert found == [[plain(own, theirs, scale) for theirs in teaching] for own in learning]
    assert all(0 <= points <= 100 for row in found for points in row)
    order, other = random.sample(range(len(mentees)), len(mentees)), random.sample(range(len(mentors)), len(mentors))
    turned = values([mentees[at] for at in order], [mentors[at] for at in other], scale=scale)
    assert turned == [[found[row][column] for column in other] for row in order]
    with app.app_context():
        for row, one in zip(found, mentees, strict=True):
            for points, another in zip(row, mentors, strict=True):
                said = in_words(GAP.explain(one, another, loaded(scale=scale)), LABELS)
                assert said.lower().startswith(("ahead in", "furthest ahead in")) == (points > 0)


def test_rows_are_computed_in_parts_as_all_together(monkeypatch):
    random = np.random.default_rng(7)
    learning = [{skill: int(random.integers(1, 6)) for skill in SKILLS} for _ in range(90)]
    teaching = [{skill: int(random.integers(1, 6)) for skill in SKILLS} for _ in range(70)]
    monkeypatch.setattr("tandem_plugins.skills.gap._AT_ONCE", 700)

    found = values([mentee(**one) for one in learning], [mentor(**one) for one in teaching])

    assert found == [[plain(own, theirs, 5) for theirs in teaching] for own in learning]


@pytest.mark.parametrize(
    ("one", "another", "words"),
    [
        (mentee(payroll=1, budgeting=3), mentor(payroll=2, budgeting=5), "Ahead in Budgeting and Payroll."),
        (mentee(payroll=1, budgeting=1), mentor(payroll=2, budgeting=2), "Ahead in Budgeting and Payroll."),
        (mentee(payroll=1), mentor(payroll=9), "Ahead in Payroll."),
        (
            mentee(payroll=1, budgeting=1, audit=1, transport=1), mentor(payroll=3, budgeting=2, audit=2, transport=5),
            "Furthest ahead in Transport, Payroll and Audit.",
        ),
        (mentee(payroll=3), mentor(payroll=3), "The mentor is ahead in none of the skills rated."),
        (mentee(payroll=3), mentor(), "The mentor is ahead in none of the skills rated."),
        (mentee(payroll=5, audit=9), mentor(payroll=5), "The mentee is at the top of the scale in every skill rated."),
        (mentee(), mentor(payroll=5), "The mentee rated no skill."),
    ],
)  # fmt: skip
def test_pair_is_explained(app, one, another, words):
    with app.app_context():
        assert in_words(GAP.explain(one, another, loaded()), LABELS) == words


def test_it_describes_itself(app):
    with app.app_context():
        assert in_words(GAP.describe(loaded()), LABELS) == (
            "How much of what the mentee has to learn (“To learn”) the mentor can teach (“To teach”)."
        )
    assert GAP.fields(loaded()) == (["learn"], ["teach"])


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"mentee": "learn"}, {"mentor": ["Missing data for required field."]}),
        ({**FIELDS, "scale": 8}, {"scale": ["must be 2–7"]}),
        ({**FIELDS, "scale": "5"}, {"scale": ["must be a whole number"]}),
        ({**FIELDS, "top": 5}, {"top": ["is not a setting here"]}),
    ],
)
def test_wrong_settings_say_what_to_write(given, errors):
    with pytest.raises(ValidationError) as refused:
        GAP.settings_schema().load(given)

    assert refused.value.messages == errors
