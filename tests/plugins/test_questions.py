"""The first-party kinds of question: what they take, refuse, keep and show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, Choice, FieldError, Question
from tandem.plugin_api.registry import load_registry
from tandem.wording import in_words

TYPES = load_registry().field_types
CHOICES = (
    Choice("payroll", "Payroll"),
    Choice("budgeting", "Budgeting"),
    Choice("stenography", "Stenography", offered=False),
)


def question(type: str, **settings) -> Question:
    loaded = TYPES[type].settings_schema().load(settings)
    return Question(
        "q", "What is it?", required=False, settings=loaded, choices=CHOICES if TYPES[type].takes_choices else ()
    )


def load(type: str, raw: dict[str, list[str]], **settings):
    return TYPES[type].load(raw, question(type, **settings))


TAKEN = [
    ("text", {}, {"": ["  Hello  world "]}, "Hello world", ["Hello world"]),
    ("text", {"lines": "many"}, {"": ["One\r\ntwo\rthree"]}, "One\ntwo\nthree", ["One", "two", "three"]),
    ("text", {}, {"": ["   "]}, None, None),
    ("text", {}, {}, None, None),
    ("number", {}, {"": ["7"]}, "7", ["7"]),
    ("number", {}, {"": ["7.0"]}, "7", ["7"]),
    ("number", {"decimals": 1, "unit": "km"}, {"": ["2,5"]}, "2.5", ["2.5 km"]),
    ("number", {"min": -5}, {"": ["−3"]}, "-3", ["-3"]),
    ("number", {}, {"": ["1 000"]}, "1000", ["1,000"]),
    ("number", {}, {"": [""]}, None, None),
    ("date", {}, {"": ["2026-07-01"]}, "2026-07-01", ["July 1, 2026"]),
    ("date", {}, {"day": ["1"], "month": ["7"], "year": ["2026"]}, "2026-07-01", ["July 1, 2026"]),
    ("date", {}, {"day": ["1"], "month": ["July"], "year": ["2026"]}, "2026-07-01", ["July 1, 2026"]),
    ("date", {}, {"day": [""], "month": [""], "year": [""]}, None, None),
    ("choice", {}, {"": ["payroll"]}, "payroll", ["Payroll"]),
    ("choice", {}, {"": [""]}, None, None),
    ("choices", {}, {"": ["budgeting", "payroll", "payroll"]}, [{"key": "payroll"}, {"key": "budgeting"}], ["Payroll", "Budgeting"]),
    (
        "choices",
        {"years": True},
        {"": ["payroll", "budgeting"], "years.payroll": ["7"], "years.budgeting": ["1"], "years.other": ["x"]},
        [{"key": "payroll", "years": "7"}, {"key": "budgeting", "years": "1"}],
        ["Payroll, 7 years", "Budgeting, 1 year"],
    ),
    ("choices", {"years": True}, {"": ["payroll"], "years.payroll": ["2,5"]}, [{"key": "payroll", "years": "2.5"}], ["Payroll, 2.5 years"]),
    ("choices", {}, {}, None, None),
    ("ratings", {}, {"budgeting": ["1"], "payroll": ["5"]}, {"payroll": 5, "budgeting": 1}, ["Payroll: 5 of 5", "Budgeting: 1 of 5"]),
    ("ratings", {"scale": 7}, {"payroll": [" 7 "], "budgeting": [""]}, {"payroll": 7}, ["Payroll: 7 of 7"]),
    ("ratings", {}, {"payroll": ["3", "3"], "": [""]}, {"payroll": 3}, ["Payroll: 3 of 5"]),
    ("ratings", {}, {"payroll": ["2"], "stenography": ["4"]}, {"payroll": 2}, ["Payroll: 2 of 5"]),
    ("ratings", {}, {"stenography": ["4"]}, None, None),
    ("ratings", {}, {"payroll": [""], "budgeting": []}, None, None),
    ("ratings", {}, {}, None, None),
    ("attestation", {}, {"": ["yes"]}, True, ["Agreed"]),
    ("attestation", {}, {}, None, None),
    ("files", {}, {"": ["7 a letter.pdf", "8 b.png"]}, [{"id": "7", "name": "a letter.pdf"}, {"id": "8", "name": "b.png"}], ["a letter.pdf", "b.png"]),
    ("files", {}, {"": [""]}, None, None),
    ("hours", {}, {"hours": ["1"], "minutes": ["30"]}, 90, ["1 hour 30 minutes"]),
    ("hours", {}, {"hours": [""], "minutes": ["5"]}, 5, ["5 minutes"]),
    ("hours", {}, {"": ["40"]}, 2400, ["40 hours"]),
    ("hours", {}, {"": ["1:30"]}, 90, ["1 hour 30 minutes"]),
    ("hours", {}, {"": ["1,5"]}, 90, ["1 hour 30 minutes"]),
    ("hours", {}, {"hours": [""], "minutes": [""]}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("type", "settings", "raw", "value", "shown"), TAKEN)
def test_answer_is_taken_and_shown(app, type, settings, raw, value, shown):
    asked = question(type, **settings)

    loaded = TYPES[type].load(raw, asked)

    assert loaded == value
    if value is not None:
        with app.app_context():
            assert [in_words(line) for line in TYPES[type].show(loaded, asked)] == shown


FACTS = [
    ("text", "Hello", [AnswerFact("q", text_value="Hello")]),
    ("number", "2.5", [AnswerFact("q", number_value=Decimal("2.5"))]),
    ("date", "2026-07-01", [AnswerFact("q", date_value=date(2026, 7, 1))]),
    ("choice", "payroll", [AnswerFact("q", key="payroll", text_value="payroll")]),
    (
        "choices",
        [{"key": "payroll", "years": "7"}, {"key": "budgeting"}],
        [
            AnswerFact("q", key="payroll", text_value="payroll", number_value=Decimal(7)),
            AnswerFact("q", key="budgeting", text_value="budgeting"),
        ],
    ),
    (
        "ratings",
        {"payroll": 5, "budgeting": 1},
        [
            AnswerFact("q", key="payroll", number_value=Decimal(5)),
            AnswerFact("q", key="budgeting", number_value=Decimal(1)),
        ],
    ),
    ("attestation", True, [AnswerFact("q", truth_value=True)]),
    ("files", [{"id": "7", "name": "a.pdf"}], [AnswerFact("q", number_value=Decimal(1))]),
    ("hours", 90, [AnswerFact("q", number_value=Decimal(90))]),
]


TODAY = date(2026, 11, 22)
YESTERDAY, TOMORROW = date(2026, 11, 21), date(2026, 11, 23)


@pytest.mark.parametrize(
    ("settings", "taken", "refused", "message"),
    [
        ({"earliest": "today"}, TOMORROW, YESTERDAY, "Enter today or a later day."),
        ({"latest": "today"}, YESTERDAY, TOMORROW, "Enter today or an earlier day."),
    ],
)
def test_a_bound_can_be_the_day_of_the_answer(settings, taken, refused, message):
    asked = replace(question("date", **settings), today=TODAY)
    for day in (TODAY, taken):
        assert TYPES["date"].load({"": [day.isoformat()]}, asked) == day.isoformat()
    with pytest.raises(FieldError) as caught:
        TYPES["date"].load({"": [refused.isoformat()]}, asked)
    assert in_words(caught.value.message) == message


def test_a_bound_of_today_does_not_hide_an_answer_taken_earlier():
    asked = question("date", earliest="today")
    assert TYPES["date"].load({"": [YESTERDAY.isoformat()]}, asked) == YESTERDAY.isoformat()


@pytest.mark.parametrize(
    ("settings", "example"),
    [({}, "21 1 2027"), ({"earliest": "2027-03-01"}, "1 3 2027"), ({"latest": "today"}, "22 11 2026")],
)
def test_the_example_of_a_day_is_one_that_would_be_taken(settings, example):
    asked = replace(question("date", **settings), today=TODAY)
    assert TYPES["date"].example(asked) == example
    assert TYPES["date"].load(
        dict(zip(("day", "month", "year"), ([part] for part in example.split()), strict=True)), asked
    )


@pytest.mark.parametrize(("type", "value", "facts"), FACTS)
def test_answer_yields_typed_facts(type, value, facts):
    assert list(TYPES[type].facts(value, question(type))) == facts


def test_every_kind_takes_part():
    assert {one[0] for one in TAKEN} == {one[0] for one in FACTS} == {one[0] for one in REFUSED} == set(TYPES)


REFUSED = [
    ("files", {"most": 1}, {"": ["7 a.pdf", "8 b.pdf"]}, None, "Keep 1 file at most."),
    ("text", {"max_length": 3}, {"": ["four"]}, None, "Use 3 characters or fewer. You have written 4."),
    ("text", {"min_length": 5}, {"": ["four"]}, None, "Write at least 5 characters."),
    ("number", {}, {"": ["seven"]}, None, "Enter a number, for example 4."),
    ("number", {}, {"": ["1e9"]}, None, "Enter a number, for example 4."),
    ("number", {}, {"": ["NaN"]}, None, "Enter a number, for example 4."),
    ("number", {}, {"": ["9" * 40]}, None, "Enter a number, for example 4."),
    ("number", {}, {"": ["٣"]}, None, "Enter a number, for example 4."),
    ("number", {}, {"": ["2.5"]}, None, "Enter a whole number, for example 4."),
    ("number", {"decimals": 1}, {"": ["2.55"]}, None, "Enter a number with at most 1 decimal place."),
    ("number", {"min": 1, "max": 6}, {"": ["7"]}, None, "Enter a number between 1 and 6."),
    ("number", {"min": 1}, {"": ["0"]}, None, "Enter 1 or more."),
    ("number", {"max": 6}, {"": ["7"]}, None, "Enter 6 or less."),
    ("date", {}, {"": ["1.7.2026"]}, None, "Enter a date with day, month and year, for example 30 8 2026."),
    ("date", {}, {"": ["0026-07-01"]}, None, "Enter a day from January 1, 1900 on."),
    ("date", {}, {"day": ["1"], "month": [""], "year": ["2026"]}, "month", "Enter a date with day, month and year, for example 30 8 2026."),
    ("date", {}, {"day": ["30"], "month": ["2"], "year": ["2026"]}, None, "There is no such day. Check the day and the month."),
    ("date", {"earliest": "2026-01-01"}, {"": ["2025-12-31"]}, None, "Enter a day from January 1, 2026 on."),
    ("date", {"latest": "2026-01-01"}, {"": ["2026-01-02"]}, None, "Enter a day up to January 1, 2026."),
    ("choice", {}, {"": ["unheard-of"]}, None, "Choose from the answers that are offered."),
    ("choice", {}, {"": ["payroll", "budgeting"]}, None, "Choose one answer only."),
    ("choice", {}, {"": ["stenography"]}, None, "No longer offered: Stenography. Choose something else."),
    ("choices", {}, {"": ["payroll", "unheard-of"]}, None, "Choose from the answers that are offered."),
    ("choices", {"at_most": 1}, {"": ["payroll", "budgeting"]}, None, "Choose at most 1."),
    ("choices", {"at_least": 2}, {"": ["payroll"]}, None, "Choose at least 2."),
    ("choices", {"years": True}, {"": ["payroll"]}, "years.payroll", "Enter how many years in Payroll, for example 4."),
    (
        "choices", {"years": True}, {"": ["payroll"], "years.payroll": ["-1"]}, "years.payroll",
        "Enter the years in Payroll as a number from 0 to 60, for example 4.",
    ),
    (
        "choices", {"years": True, "years_max": 40}, {"": ["payroll"], "years.payroll": ["41"]}, "years.payroll",
        "Enter the years in Payroll as a number from 0 to 40, for example 4.",
    ),
    ("ratings", {}, {"payroll": ["many"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["0"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["6"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {"scale": 2}, {"payroll": ["3"]}, "payroll", "Choose a number from 1 to 2 for Payroll."),
    ("ratings", {}, {"payroll": ["2.5"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["-1"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["٣"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["1e0"]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["9" * 5000]}, "payroll", "Choose a number from 1 to 5 for Payroll."),
    ("ratings", {}, {"payroll": ["3", "4"]}, "payroll", "Choose one number only for Payroll."),
    ("ratings", {}, {"unheard-of": ["3"]}, None, "Rate only what is offered here."),
    ("ratings", {}, {"": ["3"]}, None, "Rate only what is offered here."),
    ("attestation", {}, {"": ["no"]}, None, "Tick the box, or leave it empty."),
    ("hours", {}, {"": ["long"]}, None, "Enter the time in hours and minutes, for example 1 and 30."),
    ("hours", {}, {"hours": ["1"], "minutes": ["x"]}, "minutes", "Enter the time in hours and minutes, for example 1 and 30."),
    ("hours", {"min": "5m", "max": "40h"}, {"minutes": ["4"]}, None, "Enter between 5 minutes and 40 hours."),
    ("hours", {"min": "5m", "max": "40h"}, {"hours": ["41"]}, None, "Enter between 5 minutes and 40 hours."),
    ("hours", {"min": "5m", "max": "40h"}, {"hours": ["9999999"]}, None, "Enter between 5 minutes and 40 hours."),
    ("hours", {}, {"": ["-1"]}, None, "Enter the time in hours and minutes, for example 1 and 30."),
]  # fmt: skip


@pytest.mark.parametrize(("type", "settings", "raw", "part", "words"), REFUSED)
def test_answer_is_refused_at_its_input_with_what_to_do(app, type, settings, raw, part, words):
    with pytest.raises(FieldError) as refused:
        load(type, raw, **settings)

    with app.app_context():
        assert (refused.value.part, in_words(refused.value.message)) == (part, words)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("month day year", "Enter a date with month, day and year, for example 8 30 2026."),
        ("year month day", "Enter a date with year, month and day, for example 2026 8 30."),
    ],
)
def test_a_date_is_asked_for_in_the_order_of_its_fields(app, order, words):
    with pytest.raises(FieldError) as refused:
        TYPES["date"].load({"": ["1.7.2026"]}, replace(question("date"), date_order=tuple(order.split())))

    with app.app_context():
        assert in_words(refused.value.message) == words


def test_every_option_without_its_years_is_told():
    with pytest.raises(FieldError) as refused:
        load("choices", {"": ["payroll", "budgeting"], "years.budgeting": ["many"]}, years=True)

    assert [one.part for one in (refused.value, *refused.value.also)] == ["years.payroll", "years.budgeting"]


def test_every_rating_that_is_wrong_or_missing_is_told():
    needed = replace(question("ratings"), required=True, today=TODAY)

    with pytest.raises(FieldError) as refused:
        TYPES["ratings"].load({"budgeting": ["many"]}, needed)

    assert [one.part for one in (refused.value, *refused.value.also)] == ["payroll", "budgeting"]


def test_a_required_rating_is_of_every_option_that_is_offered(app):
    kind, needed = TYPES["ratings"], replace(question("ratings"), required=True, today=TODAY)

    assert kind.load({"payroll": ["1"], "budgeting": ["2"]}, needed) == {"payroll": 1, "budgeting": 2}
    # With nothing rated the form itself says so, once.
    assert kind.load({}, needed) is kind.load({"payroll": [""]}, needed) is None
    with app.app_context():
        assert in_words(kind.missing(needed)) == "Choose a number on each line of “What is it?”."


def test_ratings_that_were_taken_earlier_are_read_though_options_came_since():
    earlier = replace(question("ratings"), required=True, today=None)

    assert TYPES["ratings"].load({"payroll": ["1"]}, earlier) == {"payroll": 1}


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["", "payroll", "budgeting", "stenography", "payroll.x", "other"]),
        st.lists(
            st.one_of(st.sampled_from(["", "1", "5", "7", "8", "3.0", "2,5", "-1"]), st.text(max_size=5)), max_size=3
        ),
    ),
    st.booleans(),
    st.integers(2, 7),
)
def test_whatever_is_sent_is_ratings_of_the_scale_or_told(raw, required, scale):
    asked = replace(question("ratings", scale=scale), required=required, today=TODAY)
    value, parts = None, set()
    try:
        value = TYPES["ratings"].load(raw, asked)
    except FieldError as refused:
        parts = {one.part for one in (refused, *refused.also)}

    assert parts <= {None, "payroll", "budgeting"}
    assert value is None or value
    assert set(value or ()) <= {"payroll", "budgeting"}
    assert set((value or {}).values()) <= {*range(1, scale + 1)}
    assert not (required and value) or len(value) == 2


@pytest.mark.parametrize(
    ("type", "settings", "errors"),
    [
        ("text", {"lines": "two"}, {"lines": ["must be one or many"]}),
        ("text", {"max_length": 20000}, {"max_length": ["must be 1–10000"]}),
        ("text", {"min_length": 5, "max_length": 4}, {"max_length": ["is below min_length"]}),
        ("number", {"min": 5, "max": 4}, {"max": ["is below min"]}),
        ("date", {"earliest": "2026-02-30"}, {"earliest": ["must be a date such as 2026-07-01, or today"]}),
        ("date", {"earliest": "2026-02-02", "latest": "2026-02-01"}, {"latest": ["is before earliest"]}),
        ("choice", {"look": "wheel"}, {"look": ["must be radios or list"]}),
        ("choices", {"at_least": 3, "at_most": 2}, {"at_most": ["is below at_least"]}),
        ("ratings", {"scale": 8}, {"scale": ["must be 2–7"]}),
        ("ratings", {"scale": 1}, {"scale": ["must be 2–7"]}),
        ("ratings", {"scale": "5"}, {"scale": ["must be a whole number"]}),
        ("ratings", {"low": ""}, {"low": ["must have between 1 and 60 characters"]}),
        ("ratings", {"high": "x" * 61}, {"high": ["must have between 1 and 60 characters"]}),
        ("ratings", {"low": ["x"]}, {"low": ["Not a valid string."]}),
        ("hours", {"max": "40"}, {"max": ["must be a duration such as 30m or 40h"]}),
        ("hours", {"min": "2h", "max": "90m"}, {"max": ["is below min"]}),
        ("attestation", {"statement": ""}, {"statement": ["Length must be between 1 and 2000."]}),
    ],
)
def test_wrong_settings_say_what_to_write(type, settings, errors):
    with pytest.raises(ValidationError) as refused:
        question(type, **settings)

    assert refused.value.messages == errors


@pytest.mark.parametrize("type", sorted(TYPES))
def test_partial_settings_of_a_lower_level_do_not_fail(type):
    TYPES[type].settings_schema().load({}, partial=True)
