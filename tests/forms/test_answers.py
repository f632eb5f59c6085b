"""Reading a form: conditions, hidden answers, cleaning, problems at their inputs, facts and words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tandem.forms.answers import (
    MAX_LENGTH,
    FieldProblem,
    answer_facts,
    inputs_of,
    load_answers,
    show_answers,
    visible_questions,
)
from tandem.forms.definition import build, vocabularies_of
from tandem.plugin_api import AnswerFact, Choice, Facts, FieldType, MembershipFact, PositionFact, SettingsSchema
from tandem.plugin_api.registry import Registry, load_registry
from tandem.wording import in_words

TODAY = date(2026, 11, 22)
REGISTRY = load_registry()
NOBODY = Facts(TODAY)
RETIREE = Facts(TODAY, [MembershipFact("retiree", "full", False, TODAY - timedelta(days=9), None, None)])

DEFINITION = {
    "id": "sample",
    "title": "Apply",
    "visibility": "staff",
    "sections": [
        {
            "id": "first",
            "title": "First",
            "questions": [
                {
                    "id": "needs", "type": "choices", "label": "What do you need?", "required": True, "years": True,
                    "visibility": "pair", "choices": {"vocabulary": "discipline"},
                },
                {
                    "id": "why-payroll", "type": "text", "label": "Why payroll?", "required": True,
                    "condition": {"field": "needs", "includes": "payroll"},
                },
                {
                    "id": "more", "type": "text", "label": "More?", "condition": {"field": "why-payroll", "is": "because"},
                },
            ],
        },
        {
            "id": "second",
            "title": "Second",
            "questions": [
                {
                    "id": "promise", "type": "attestation", "label": "I will not.", "required": True,
                    "condition": {"fact": "membership.type", "in": ["retiree"]},
                },
                {"id": "size", "type": "number", "label": "How many?", "required": True},
                {"id": "small", "type": "text", "label": "Why one?", "condition": {"field": "size", "is": 1}},
            ],
        },
    ],
}  # fmt: skip
DISCIPLINES = [Choice("payroll", "Payroll"), Choice("budgeting", "Budgeting")]
MODEL = build(DEFINITION, REGISTRY, {"discipline": DISCIPLINES})


def one_question(**more):
    """A form with a first question that conditions may refer to, and a second one that has the condition."""
    first = {
        "id": "first",
        "type": "choices",
        "label": "First",
        "choices": [{"id": key, "label": key} for key in "abc"],
        **more,
    }
    return lambda condition: build(
        {"id": "x", "sections": [{"id": "s", "title": "S", "questions": [
            first, {"id": "second", "type": "text", "label": "Second", "condition": condition},
        ]}]},
        REGISTRY,
    )  # fmt: skip


def problems(app, raw, facts=NOBODY, **options) -> list[tuple[str, str]]:
    with app.app_context():
        return [(problem.input, problem.words) for problem in load_answers(MODEL, raw, facts, **options).problems]


def test_model_has_what_a_page_needs():
    needs = MODEL.section("first").questions[0]

    assert (needs.widget, needs.visibility, needs.required, needs.settings["years"]) == ("choices", "pair", True, True)
    assert [(choice.key, choice.label) for choice in needs.choices] == [
        ("payroll", "Payroll"),
        ("budgeting", "Budgeting"),
    ]
    assert MODEL.section("second").questions[0].visibility == "staff"
    assert vocabularies_of(DEFINITION) == {"discipline"}
    with pytest.raises(LookupError):
        MODEL.section("third")


def test_ended_options_are_not_offered_but_keep_their_label():
    model = build(
        DEFINITION, REGISTRY, {"discipline": [Choice("payroll", "Payroll"), Choice("telex", "Telex", offered=False)]}
    )

    needs = model.section("first").questions[0]

    assert [choice.key for choice in needs.choices] == ["payroll"]
    assert needs.question.label_of("telex") == "Telex"


def test_missing_answers_are_told_in_order_at_visible_questions(app):
    assert problems(app, {}) == [
        ("needs", "Choose at least one answer to “What do you need?”."),
        ("size", "Enter a number for “How many?”."),
    ]
    assert problems(app, {"needs": ["payroll"], "needs.years.payroll": ["3"]}, RETIREE) == [
        ("why-payroll", "Write an answer to “Why payroll?”."),
        ("promise", "Tick the box if you agree."),
        ("size", "Enter a number for “How many?”."),
    ]


def test_problems_of_one_section_alone(app):
    assert problems(app, {}, section="second") == [("size", "Enter a number for “How many?”.")]


def test_partial_answers_may_be_missing_but_not_wrong(app):
    assert problems(app, {}, partial=True) == []
    assert problems(app, {"size": ["many"]}, partial=True) == [("size", "Enter a number, for example 4.")]


def test_problem_names_the_input_of_its_part(app):
    raw = {"needs": ["payroll", "budgeting"], "needs.years.budgeting": ["4"], "why-payroll": ["x"], "size": ["2"]}

    assert problems(app, raw) == [("needs.years.payroll", "Enter how many years in Payroll, for example 4.")]


def test_hidden_answers_are_dropped_before_they_are_checked():
    raw = {
        "needs": ["budgeting"], "needs.years.budgeting": ["4"], "why-payroll": ["x" * 5000], "promise": ["no such value"],
        "size": ["2"], "small": ["y" * 5000],
    }  # fmt: skip

    loaded = load_answers(MODEL, raw, NOBODY)

    assert loaded.problems == []
    assert loaded.values == {"needs": [{"key": "budgeting", "years": "4"}], "size": "2"}
    assert loaded.visible == ("needs", "size")


def test_question_behind_a_hidden_one_is_hidden_too():
    raw = {"needs": ["payroll"], "needs.years.payroll": ["3"], "why-payroll": ["because"], "more": ["m"]}
    assert "more" in load_answers(MODEL, raw, NOBODY).visible

    raw = {**raw, "needs": ["budgeting"], "needs.years.budgeting": ["3"]}
    assert "more" not in load_answers(MODEL, raw, NOBODY).visible


def test_unknown_inputs_are_left_aside():
    raw = {"size": ["2"], "csrf_token": ["x"], "is_admin": ["1"], "sizes": ["9"], "size.part": ["9"]}

    assert load_answers(MODEL, raw, NOBODY, partial=True).values == {"size": "2"}


CONDITIONS = [
    ({"field": "first", "is": "a"}, ["a"], True),
    ({"field": "first", "is": "a"}, ["a", "b"], False),
    ({"field": "first", "is": "a"}, [], False),
    ({"field": "first", "includes": "a"}, ["a", "b"], True),
    ({"field": "first", "includes": "a"}, ["b"], False),
    ({"field": "first", "any_of": ["a", "c"]}, ["c"], True),
    ({"field": "first", "any_of": ["a", "c"]}, ["b"], False),
]


@pytest.mark.parametrize(("condition", "chosen", "asked"), CONDITIONS)
def test_condition_on_an_earlier_choice(condition, chosen, asked):
    model = one_question()(condition)

    assert ("second" in load_answers(model, {"first": chosen}, NOBODY).visible) is asked


@pytest.mark.parametrize(
    ("type", "wanted", "typed", "asked"),
    [
        ("attestation", True, ["yes"], True), ("attestation", True, [], False), ("number", 3, ["3"], True), ("number", 3, ["4"], False),
        ("text", "because", ["because"], True), ("date", "2026-07-01", ["2026-07-01"], True), ("hours", 90, ["1:30"], True),
    ],
)  # fmt: skip
def test_condition_on_an_earlier_answer_of_any_kind(type, wanted, typed, asked):
    first = {"id": "first", "type": type, "label": "First"}
    second = {"id": "second", "type": "text", "label": "Second", "condition": {"field": "first", "is": wanted}}
    model = build({"id": "x", "sections": [{"id": "s", "title": "S", "questions": [first, second]}]}, REGISTRY)

    assert ("second" in load_answers(model, {"first": typed}, NOBODY).visible) is asked


def person(**more) -> Facts:
    post = PositionFact(
        "director", None, "Sample Creek", "north", TODAY - timedelta(days=9), more.get("left"), False, False
    )
    return Facts(TODAY, RETIREE.memberships, [post])


@pytest.mark.parametrize(
    ("fact", "wanted", "facts", "asked"),
    [
        ("membership.type", ["retiree", "other"], person(), True),
        ("membership.type", ["other"], person(), False),
        ("membership.level", ["full"], person(), True),
        ("position.title", ["director"], person(), True),
        ("position.title", ["director"], person(left=TODAY - timedelta(days=1)), False),
        ("region", ["north"], person(), True),
        ("region", ["north"], NOBODY, False),
        ("shoe-size", ["44"], person(), False),
    ],
)
def test_condition_on_the_person(fact, wanted, facts, asked):
    model = one_question()({"fact": fact, "in": wanted})

    assert ("second" in [one.id for one in visible_questions(model, {}, facts)]) is asked


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (["a\0b"], "This holds characters that cannot be stored. We took them out; check the answer."),
        (["a\ud800b"], "This holds characters that cannot be stored. We took them out; check the answer."),
        (["a" * (MAX_LENGTH + 1)], "This is far too long to be stored. Write 100,000 characters at most."),
        (["a"] * 501, "There are too many answers here. Choose fewer."),
    ],
)
def test_what_cannot_be_stored_is_a_problem_at_its_input(app, sent, words):
    assert problems(app, {"size": sent}, partial=True) == [("size", words)]


def test_facts_and_words_of_a_whole_form(app):
    raw = {
        "needs": ["payroll"],
        "needs.years.payroll": ["3"],
        "why-payroll": ["Because\nof it"],
        "promise": ["yes"],
        "size": ["2"],
    }
    loaded = load_answers(MODEL, raw, RETIREE)

    facts = answer_facts(MODEL, loaded.values)
    with app.app_context():
        shown = show_answers(MODEL, loaded)

    assert facts == [
        AnswerFact("needs", key="payroll", text_value="payroll", number_value=Decimal(3)),
        AnswerFact("why-payroll", text_value="Because of it"),
        AnswerFact("promise", truth_value=True),
        AnswerFact("size", number_value=Decimal(2)),
    ]
    assert [
        (section.title, [(one.label, one.visibility, one.lines) for one in section.answers]) for section in shown
    ] == [
        ("First", [("What do you need?", "pair", ["Payroll, 3 years"]), ("Why payroll?", "staff", ["Because of it"])]),
        ("Second", [("I will not.", "staff", ["Agreed"]), ("How many?", "staff", ["2"])]),
    ]


def test_unanswered_question_is_shown_empty():
    shown = show_answers(MODEL, load_answers(MODEL, {}, NOBODY))

    assert [(one.id, one.lines) for section in shown for one in section.answers] == [("needs", []), ("size", [])]


def test_inputs_of_a_question_are_told_from_those_of_one_whose_id_begins_alike():
    raw = {"size": ["1"], "size.a": ["2"], "sizes": ["3"], "size-b": ["4"]}

    assert inputs_of(raw, "size") == {"": ["1"], "a": ["2"]}


class Broken(FieldType):
    """A kind of question that fails wherever it can."""

    name = "broken"
    widget = "text"
    settings_schema = SettingsSchema
    at = ""

    def load(self, raw, question):
        if self.at == "load":
            raise ZeroDivisionError
        return "value"

    def facts(self, value, question):
        raise ZeroDivisionError

    def show(self, value, question):
        raise ZeroDivisionError


@pytest.mark.parametrize("at", ["load", "facts"])
def test_kind_of_question_that_fails_stops_nothing(app, caplog, at):
    kind = Broken()
    kind.at = at
    registry = Registry({}, {}, {}, {**REGISTRY.field_types, "broken": kind}, {}, ())
    questions = [{"id": "bad", "type": "broken", "label": "Bad"}, {"id": "good", "type": "text", "label": "Good"}]
    model = build({"id": "x", "sections": [{"id": "s", "title": "S", "questions": questions}]}, registry)

    loaded = load_answers(model, {"bad": ["x"], "good": ["y"]}, NOBODY)

    assert loaded.values["good"] == "y"
    assert [problem.question for problem in loaded.problems] == (["bad"] if at == "load" else [])
    assert [fact.field for fact in answer_facts(model, loaded.values)] == ["good"]
    with app.app_context():
        assert [one.lines for section in show_answers(model, loaded) for one in section.answers][1] == ["y"]
    assert "broken" in caplog.text


@pytest.mark.parametrize("item", [{"type": "gone"}, {"type": "text", "lines": "seven"}])
def test_question_that_cannot_be_asked_any_more_is_left_out(caplog, item):
    questions = [{"id": "bad", "label": "Bad", **item}, {"id": "good", "type": "text", "label": "Good"}]

    model = build({"id": "x", "sections": [{"id": "s", "title": "S", "questions": questions}]}, REGISTRY)

    assert [asked.id for asked in model.questions()] == ["good"]
    assert "'bad'" in caplog.text


NAMES = st.sampled_from(
    [
        "needs",
        "needs.years.payroll",
        "needs.years.budgeting",
        "why-payroll",
        "more",
        "promise",
        "size",
        "size.x",
        "small",
        "other",
        "",
        ".",
    ]
)
VALUES = st.one_of(
    st.sampled_from(["payroll", "budgeting", "yes", "1", "3", "because", "2026-07-01", "", "1:30", "\0", "١", "1e5"]),
    st.text(max_size=12),
)


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(NAMES, st.lists(VALUES, max_size=3)), st.sampled_from([NOBODY, RETIREE]), st.booleans())
def test_nothing_a_browser_sends_is_an_error(raw, facts, partial):
    loaded = load_answers(MODEL, raw, facts, partial=partial)

    answer_facts(MODEL, loaded.values)
    assert set(loaded.values) <= set(loaded.visible)
    assert all(isinstance(problem, FieldProblem) and problem.question in loaded.visible for problem in loaded.problems)
    assert load_answers(MODEL, raw, facts, partial=partial) == loaded


def test_words_of_a_problem_are_text(app):
    with app.app_context():
        assert (
            in_words(load_answers(MODEL, {}, NOBODY).problems[0].message)
            == load_answers(MODEL, {}, NOBODY).problems[0].words
        )
