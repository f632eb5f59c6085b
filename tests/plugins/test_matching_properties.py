"""What holds of every constraint and criterion for whatever people there are: values for all at once are those of each pair."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, Facts, Message, Person, PositionFact
from tandem.plugin_api.registry import load_registry
from tandem.plugin_api.rules import Block
from tandem.wording import Labels, in_words

REGISTRY = load_registry()
TODAY = date(2026, 11, 22)
OPTIONS = ["a", "b", "c", "d"]
NAMES = ["m1", "m2", "ada@example.org", "ada lovelace", "bo ek"]
LABELS = Labels(
    {
        **{(f"choice:{side}", option): option.upper() for side in ("left", "right") for option in OPTIONS},
        **{("title", option): option.upper() for option in OPTIONS},
        ("question", "left"): "Left",
        ("question", "right"): "Right",
    }
)
QUESTIONS = {"mentee": "left", "mentor": "right"}


def choices(field):
    return st.lists(st.sampled_from(OPTIONS), unique=True, max_size=3).map(
        lambda keys: [AnswerFact(field, key=key, text_value=key) for key in keys]
    )


def typed_names(field):
    one = st.sampled_from([*NAMES, "Ada  Lovelace", "M1", "nobody", ""])
    return st.lists(one, max_size=3).flatmap(
        lambda parts: st.sampled_from([", ", ";", "\n"]).map(
            lambda between: [AnswerFact(field, text_value=between.join(parts))] if parts else []
        )
    )


positions = st.lists(
    st.builds(
        lambda title, employer, ended: PositionFact(
            title, None, employer, None, date(2015, 1, 1), TODAY - timedelta(days=1) if ended else None, False, False
        ),
        st.sampled_from([*OPTIONS, None]),
        st.sampled_from("ABC"),
        st.booleans(),
    ),
    max_size=3,
)


def people(field):
    """Up to five people with positions, what they chose in ``field``, whom they name in ``<field>-names``, and their own names."""
    one = st.builds(
        lambda posts, chosen, named, called: Person(
            "p", Facts(TODAY, positions=posts, answers=[*chosen, *named]), frozenset(called)
        ),
        positions,
        choices(field),
        typed_names(f"{field}-names"),
        st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
    )
    return st.lists(one, max_size=5)


crowds = {"mentees": people("left"), "mentors": people("right")}


def values(given_back, dtype):
    """Written out, shape (mentees, mentors)."""
    if isinstance(given_back, Block):
        table = given_back.values
    else:
        assert given_back.mentee_codes.dtype == given_back.mentor_codes.dtype == np.int32
        table = given_back.table[given_back.mentee_codes][:, given_back.mentor_codes]
    assert given_back.table.dtype == dtype
    return table


def chosen(person, field):
    return {answer.key for answer in person.facts.answers if answer.field == field}


def named(person, field):
    for answer in person.facts.answers:
        if answer.field == field:
            text = answer.text_value.replace(";", ",").replace("\n", ",")
            return {" ".join(part.split()).lower() for part in text.split(",")} - {""}
    return set()


def titles(person, former=False):
    return {one.title for one in person.facts.positions if one.title and (former or one.valid_to is None)}


def employers(person):
    return {one.employer for one in person.facts.positions if one.valid_to is None}


def level(person, field):
    held = titles(person) if field is None else chosen(person, field)
    return max((("a", "b", "c").index(one) for one in held if one in "abc"), default=None)


def levels_points(mentee, mentor, own):
    low, high = level(mentee, own.get("mentee")), level(mentor, own.get("mentor"))
    if low is None or high is None:
        return 0
    return max(0, 100 - own.get("step_points", 25) * abs(high - low - own.get("steps", 1)))


def levels_allowed(mentee, mentor, own):
    low, high = level(mentee, own.get("mentee")), level(mentor, own.get("mentor"))
    if low is None or high is None:
        return True
    return own.get("at_least", 1) <= high - low <= own.get("at_most", 99)


def roles_points(mentee, mentor, own):
    left, right = titles(mentee), titles(mentor, own.get("former", False))
    if left & right:
        return 100
    alike = any({one, other} <= set(family) for one in left for other in right for family in own.get("families", []))
    return own.get("family_points", 60) if alike else 0


def spoken(person, field, own):
    return chosen(person, field) or set(own.get("assumed", []))


def languages_points(mentee, mentor, own):
    shared = spoken(mentee, "left", own) & spoken(mentor, "right", own)
    if not shared:
        return 0
    return 100 if shared - {own.get("common")} else own.get("common_points", 50)


def wishes(mentee, mentor, own):
    return (
        bool(named(mentee, own.get("mentee")) & mentor.called),
        bool(named(mentor, own.get("mentor")) & mentee.called),
    )


def request_points(mentee, mentor, own):
    asked = sum(wishes(mentee, mentor, own))
    return [0, own.get("one_sided", 100), 100][asked]


def share_points(mentee, mentor, _own):
    wanted = chosen(mentee, "left")
    return int(Fraction(100 * len(wanted & chosen(mentor, "right")), max(1, len(wanted))) + Fraction(1, 2))


def common(mentee, mentor):
    return chosen(mentee, "left") & chosen(mentor, "right")


BY_NAME = {"mentee": "left-names", "mentor": "right-names"}
LADDER = {"levels": ["a", "b", "c"]}

#: The offer, settings, and what it says of one pair in the plainest way.
CASES = [
    ("criteria", "overlap", QUESTIONS, share_points),
    ("constraints", "overlap", {**QUESTIONS, "at_least": 2}, lambda one, other, _own: len(common(one, other)) >= 2),
    ("criteria", "equality", QUESTIONS, lambda one, other, _own: 100 if common(one, other) else 0),
    ("constraints", "equality", QUESTIONS, lambda one, other, _own: bool(common(one, other))),
    ("criteria", "difference", QUESTIONS,
     lambda one, other, _own: 100 if chosen(one, "left") and chosen(other, "right") and not common(one, other) else 0),
    ("constraints", "difference", QUESTIONS, lambda one, other, _own: not common(one, other)),
    ("constraints", "employer.differs", {}, lambda one, other, _own: not employers(one) & employers(other)),
    ("criteria", "levels", LADDER, levels_points),
    ("criteria", "levels", {**LADDER, **QUESTIONS, "steps": 0, "step_points": 60}, levels_points),
    ("constraints", "levels", {**LADDER, **QUESTIONS}, levels_allowed),
    ("constraints", "levels", {**LADDER, "at_least": -1, "at_most": 1}, levels_allowed),
    ("criteria", "roles", {"families": [["a", "b"], ["c"]]}, roles_points),
    ("criteria", "roles", {"families": [["a", "d"]], "family_points": 30, "former": True}, roles_points),
    ("criteria", "languages", {**QUESTIONS, "assumed": ["a"], "common": "a"}, languages_points),
    ("criteria", "languages", QUESTIONS, languages_points),
    ("constraints", "languages", {**QUESTIONS, "assumed": ["b"]},
     lambda one, other, own: bool(spoken(one, "left", own) & spoken(other, "right", own))),
    ("criteria", "people.request", {**BY_NAME, "one_sided": 70}, request_points),
    ("criteria", "people.request", {"mentee": "left-names"}, request_points),
    ("constraints", "people.exclusion", BY_NAME, lambda one, other, own: not any(wishes(one, other, own))),
    ("constraints", "people.exclusion", {"mentor": "right-names"}, lambda one, other, own: not any(wishes(one, other, own))),
]  # fmt: skip

each_case = pytest.mark.parametrize(
    ("kind", "name", "own", "plain"), CASES, ids=[f"{c[0]}-{c[1]}-{n}" for n, c in enumerate(CASES)]
)


def ask(kind, name, own, mentees, mentors):
    offer = getattr(REGISTRY, kind)[name]
    loaded = offer.settings_schema().load(own)
    if kind == "criteria":
        return values(offer.score(mentees, mentors, loaded), np.uint8)
    return values(offer.allowed(mentees, mentors, loaded), np.bool_)


@each_case
@settings(deadline=None, max_examples=40)
@given(**crowds)
def test_all_at_once_are_the_pairs_one_by_one(kind, name, own, plain, mentees, mentors):
    found = ask(kind, name, own, mentees, mentors)

    assert found.shape == (len(mentees), len(mentors))
    assert found.tolist() == [[plain(one, other, own) for other in mentors] for one in mentees]


@each_case
@settings(deadline=None, max_examples=10)
@given(**crowds)
def test_their_order_does_not_matter(kind, name, own, plain, mentees, mentors):
    found = ask(kind, name, own, mentees, mentors)

    assert ask(kind, name, own, mentees[::-1], mentors[::-1]).tolist() == found[::-1, ::-1].tolist()


@each_case
@settings(deadline=None, max_examples=10)
@given(**crowds)
def test_every_pair_has_a_sentence(app, kind, name, own, plain, mentees, mentors):
    offer = getattr(REGISTRY, kind)[name]
    loaded = offer.settings_schema().load(own)

    with app.app_context():
        for message in (
            offer.describe(loaded),
            *(offer.explain(one, other, loaded) for one in mentees for other in mentors),
        ):
            assert isinstance(message, Message)
            assert in_words(message, LABELS).endswith(".")


def chooser(field, *keys, called=(), text=None):
    answers = [AnswerFact(field, key=key, text_value=key) for key in keys]
    if text is not None:
        answers.append(AnswerFact(field, text_value=text))
    return Person("p", Facts(TODAY, answers=answers), frozenset(called))


def worker(*held):
    return Person(
        "p",
        Facts(
            TODAY, positions=[PositionFact(one, None, "A", None, date(2020, 1, 1), None, False, False) for one in held]
        ),
    )


ADA, BO = {"m1", "ada lovelace"}, {"m2", "bo ek"}


@pytest.mark.parametrize(
    ("kind", "name", "own", "mentee", "mentor", "words"),
    [
        ("criteria", "difference", QUESTIONS, chooser("left", "a"), chooser("right", "b"), "Different answers."),
        ("constraints", "equality", QUESTIONS, chooser("left", "a"), chooser("right", "a"), "The same answer: A."),
        ("criteria", "levels", LADDER, worker("a"), worker("b", "c"), "C is above A."),
        ("criteria", "levels", LADDER, worker("b"), worker("a"), "A is below B."),
        ("constraints", "levels", {**LADDER, **QUESTIONS}, chooser("left", "a"), chooser("right", "a"), "Both are at A."),
        ("constraints", "levels", LADDER, worker("d"), worker("a"), "The level of one of them is not known."),
        ("criteria", "roles", {}, worker("a"), worker("a"), "The same work: A."),
        ("criteria", "roles", {"families": [["a", "b"]]}, worker("a"), worker("b"), "Similar work: A and B."),
        ("criteria", "roles", {}, worker("a"), worker("b"), "Different work."),
        ("criteria", "roles", {}, worker(), worker("b"), "No title is on file for one of them."),
        ("criteria", "languages", QUESTIONS, chooser("left", "a", "b"), chooser("right", "b", "a"), "Both speak A and B."),
        ("constraints", "languages", QUESTIONS, chooser("left", "a"), chooser("right", "b"), "They have no language in common."),
        ("constraints", "languages", QUESTIONS, chooser("left"), chooser("right", "b"), "One of them gave no language."),
        ("criteria", "people.request", QUESTIONS, chooser("left", text="Bo  Ek", called=ADA), chooser("right", called=BO), "The mentee asked for this mentor."),
        ("criteria", "people.request", QUESTIONS, chooser("left", called=ADA), chooser("right", text="M1", called=BO), "The mentor asked for this mentee."),
        ("criteria", "people.request", QUESTIONS, chooser("left", text="M2", called=ADA), chooser("right", text="M1", called=BO), "They asked for each other."),
        ("criteria", "people.request", QUESTIONS, chooser("left", called=ADA), chooser("right", called=BO), "Neither asked for the other by name."),
        ("constraints", "people.exclusion", QUESTIONS, chooser("left", called=ADA), chooser("right", text="x; m1", called=BO), "One of them asked not to be matched with the other."),
    ],
)  # fmt: skip
def test_pair_is_explained(app, kind, name, own, mentee, mentor, words):
    offer = getattr(REGISTRY, kind)[name]

    with app.app_context():
        assert in_words(offer.explain(mentee, mentor, offer.settings_schema().load(own)), LABELS) == words


@pytest.mark.parametrize(
    ("kind", "name", "own", "words"),
    [
        ("criteria", "difference", QUESTIONS, "Whether the mentee’s “Left” is another one than the mentor’s “Right”."),
        ("constraints", "difference", QUESTIONS, "The mentee’s “Left” is not the mentor’s “Right”."),
        ("constraints", "equality", QUESTIONS, "The mentee’s “Left” is the mentor’s “Right”."),
        ("criteria", "levels", LADDER, "Whether the mentor is 1 level above the mentee."),
        ("criteria", "levels", {**LADDER, "steps": 2}, "Whether the mentor is 2 levels above the mentee."),
        ("constraints", "levels", {**LADDER, "at_least": 2}, "The mentor is at least 2 levels above the mentee."),
        ("constraints", "levels", {**LADDER, "at_most": 2}, "The mentor is between 1 and 2 levels above the mentee."),
        ("criteria", "roles", {}, "Whether the mentor does work like the mentee’s."),
        ("criteria", "roles", {"former": True}, "Whether the mentor does, or did, work like the mentee’s."),
        ("criteria", "languages", QUESTIONS, "Whether the mentee and the mentor speak a language in common."),
        ("criteria", "languages", {**QUESTIONS, "common": "a"}, "Whether the mentee and the mentor speak a language in common, best another one than A."),
        ("constraints", "languages", QUESTIONS, "The mentee and the mentor speak at least one language in common."),
        ("criteria", "people.request", QUESTIONS, "Whether the mentee and the mentor asked for each other."),
        ("criteria", "people.request", {"mentee": "left"}, "Whether the mentee asked for this mentor."),
        ("criteria", "people.request", {"mentor": "right"}, "Whether the mentor asked for this mentee."),
        ("constraints", "people.exclusion", QUESTIONS, "Neither the mentee nor the mentor asked not to be matched with the other."),
    ],
)  # fmt: skip
def test_offer_describes_itself(app, kind, name, own, words):
    offer = getattr(REGISTRY, kind)[name]

    with app.app_context():
        assert in_words(offer.describe(offer.settings_schema().load(own)), LABELS) == words


@pytest.mark.parametrize(
    ("kind", "name", "own", "errors"),
    [
        ("criteria", "levels", {}, {"levels": ["Missing data for required field."]}),
        ("criteria", "levels", {**LADDER, "mentee": "left"}, {"mentor": ["name the question of both sides, or of neither"]}),
        ("constraints", "levels", {**LADDER, "at_least": 2, "at_most": 1}, {"at_most": ["must not be less than at_least"]}),
        ("criteria", "roles", {"families": [["a", "b"], ["b", "c"]]}, {"families": ["has b in two families"]}),
        ("criteria", "roles", {"former": "yes"}, {"former": ["Not a valid boolean."]}),
        ("criteria", "people.request", {}, {"mentee": ["name the question of the mentee, of the mentor, or both"]}),
        ("criteria", "people.request", {"mentee": "left", "one_sided": 0}, {"one_sided": ["must be 1–100"]}),
        ("criteria", "languages", {**QUESTIONS, "assumed": ["a", "a"]}, {"assumed": ["names a twice"]}),
    ],
)  # fmt: skip
def test_wrong_settings_say_what_to_write(kind, name, own, errors):
    with pytest.raises(ValidationError) as refused:
        getattr(REGISTRY, kind)[name].settings_schema().load(own)

    assert refused.value.messages == errors
