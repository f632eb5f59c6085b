"""Trees of clauses: three values, requirements, sentences, guarded rules, waivers."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from marshmallow import fields

from tandem.eligibility.checking import kleene_all, kleene_any, kleene_not, truth_of
from tandem.eligibility.clauses import read_clause
from tandem.eligibility.services import check_tree, requirements_of, rule_is_waivable
from tandem.plugin_api import EligibilityRule, Evidence, Facts, SettingsSchema, Source, Truth, Verdict, say
from tandem.plugin_api.registry import Registry
from tandem.wording import in_words

FACTS = Facts(date(2026, 11, 22))
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


class SaysSchema(SettingsSchema):
    truth = fields.String(required=True)


class Says(EligibilityRule):
    """Says what its settings say."""

    name = "says"
    settings_schema = SaysSchema

    def check(self, facts, settings):
        known = (Evidence(Source.DIRECTORY, say("says.evidence", "On file: %(truth)s.", truth=settings["truth"])),)
        if settings["truth"] == "met":
            return Verdict(MET, evidence=known)
        reason = say("says.reason", "Because it is %(truth)s.", truth=settings["truth"])
        return Verdict(
            Truth(settings["truth"]),
            reason,
            say("says.remedy", "Change the %(truth)s.", truth=settings["truth"]),
            known,
        )

    def describe(self, settings):
        return say("says.describe", "You say %(truth)s.", truth=settings["truth"])


class Firm(Says):
    """Cannot be waived."""

    name = "firm"
    waivable = False


class Breaks(Says):
    """Raises."""

    name = "breaks"

    def check(self, facts, settings):
        raise ZeroDivisionError

    def describe(self, settings):
        raise ZeroDivisionError


class Mumbles(Says):
    """Answers with something else than a verdict."""

    name = "mumbles"

    def check(self, facts, settings):
        return True

    def describe(self, settings):
        return "You say something."


class NoReason(Says):
    """Is not met and does not say why."""

    name = "no-reason"

    def check(self, facts, settings):
        return Verdict(NOT_MET)


REGISTRY = Registry({rule.name: rule() for rule in (Says, Firm, Breaks, Mumbles, NoReason)}, {}, {}, {}, {}, ())


def leaf(truth: Truth, id: str | None = None, rule: str = "says", **more) -> dict[str, object]:
    return {**({"id": id} if id else {}), "rule": rule, "truth": truth.value, **more}


def truth(document) -> Truth:
    return truth_of(read_clause(document, REGISTRY), FACTS)


def checked(document):
    return check_tree(document, FACTS, registry=REGISTRY)


ALL = {(MET, MET): MET, (MET, NOT_MET): NOT_MET, (MET, UNKNOWN): UNKNOWN, (NOT_MET, NOT_MET): NOT_MET,
       (NOT_MET, UNKNOWN): NOT_MET, (UNKNOWN, UNKNOWN): UNKNOWN}  # fmt: skip
ANY = {(MET, MET): MET, (MET, NOT_MET): MET, (MET, UNKNOWN): MET, (NOT_MET, NOT_MET): NOT_MET,
       (NOT_MET, UNKNOWN): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN}  # fmt: skip


@pytest.mark.parametrize(("one", "two"), list(itertools.product(Truth, repeat=2)))
def test_groups_follow_kleene(one, two):
    pair = tuple(sorted((one, two), key=list(Truth).index))
    assert kleene_all([one, two]) is truth({"all": [leaf(one, "a"), leaf(two, "b")]}) is ALL[pair]
    assert kleene_any([one, two]) is truth({"any": [leaf(one, "a"), leaf(two, "b")]}) is ANY[pair]
    assert truth({"when": leaf(one), "then": leaf(two)}) is kleene_any([kleene_not(one), two])
    assert truth({"not": leaf(one)}) is kleene_not(one)


def test_empty_tree_asks_for_nothing():
    assert truth({}) is MET
    assert checked({}) == []
    assert checked({"all": []}) == []


def test_each_part_of_nested_alls_is_a_requirement_of_its_own():
    tree = {"all": [leaf(MET, "a"), {"id": "group", "all": [leaf(NOT_MET, "b"), leaf(UNKNOWN, "c")]}]}

    assert [(rule.id, rule.verdict.truth) for rule in checked(tree)] == [("a", MET), ("b", NOT_MET), ("c", UNKNOWN)]


def test_alternatives_are_one_requirement():
    tree = {"all": [{"id": "either", "any": [leaf(NOT_MET, "a"), leaf(MET, "b")]}]}

    (rule,) = checked(tree)

    assert (rule.id, rule.verdict.truth, len(rule.verdict.evidence)) == ("either", MET, 1)


def test_alternatives_that_all_fail_give_every_reason_and_remedy(app):
    tree = {"all": [{"id": "either", "any": [leaf(NOT_MET, "a"), leaf(NOT_MET, "b")]}]}

    (rule,) = checked(tree)

    with app.app_context():
        assert in_words(rule.verdict.reason) == "Because it is not-met. Because it is not-met."
        assert in_words(rule.verdict.remedy) == "Change the not-met. Or: Change the not-met."


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (NOT_MET, []),
        (MET, [("retired", NOT_MET, "Because it is not-met.")]),
        (UNKNOWN, [("retired", UNKNOWN, "Because it is unknown.")]),
    ],
)
def test_condition_decides_whether_a_requirement_is_asked(app, condition, found):
    tree = {"all": [{"id": "retired", "when": leaf(condition), "then": leaf(NOT_MET)}]}

    with app.app_context():
        assert [(rule.id, rule.verdict.truth, in_words(rule.verdict.reason)) for rule in checked(tree)] == found


def test_exclusion_that_applies_says_what_must_not_be(app):
    (rule,) = checked({"id": "not-x", "not": leaf(MET)})

    with app.app_context():
        assert (rule.id, in_words(rule.verdict.reason)) == ("not-x", "This must not be the case: You say met.")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (leaf(MET, "broken", rule="breaks"), "This could not be checked."),
        (leaf(MET, "broken", rule="mumbles"), "This could not be checked."),
        ({"id": "broken", "rule": "not-installed"}, "This could not be checked."),
        ({"id": "broken", "rule": "says", "wrong": 1}, "This could not be checked."),
    ],
)
def test_rule_that_fails_is_unknown_and_the_others_go_on(app, caplog, broken, words):
    found = checked({"all": [leaf(MET, "first"), broken, leaf(NOT_MET, "last")]})

    assert [(rule.id, rule.verdict.truth) for rule in found] == [("first", MET), ("broken", UNKNOWN), ("last", NOT_MET)]
    with app.app_context():
        assert in_words(found[1].verdict.reason) == words
        assert in_words(found[1].requirement.message)
    assert "'broken'" in caplog.text


def test_rule_that_gives_no_reason_gives_its_sentence(app):
    (rule,) = checked(leaf(MET, "x", rule="no-reason"))

    with app.app_context():
        assert in_words(rule.verdict.reason) == "You say met."


def test_requirement_may_be_waived_if_every_rule_in_it_may():
    role = {
        "eligibility": {
            "all": [
                leaf(MET, "plain"),
                leaf(MET, "locked", waivable=False),
                leaf(MET, "firm", rule="firm"),
                leaf(MET, "unlocked", rule="firm", waivable=True),
                {"id": "group", "any": [leaf(MET, "a"), leaf(MET, "b", waivable=False)]},
            ]
        }
    }

    waivable = {rule.id: rule.waivable for rule in checked(role["eligibility"])}

    assert waivable == {"plain": True, "locked": False, "firm": False, "unlocked": True, "group": False}
    assert {id: rule_is_waivable(role, id, registry=REGISTRY) for id in waivable} == waivable
    assert rule_is_waivable(role, "never-heard-of", registry=REGISTRY) is False


def test_requirements_read_as_sentences_with_their_condition(app):
    role = {
        "eligibility": {
            "all": [
                leaf(MET, "a"),
                {"id": "b", "any": [leaf(MET, "x"), leaf(UNKNOWN, "y")]},
                {"id": "c", "when": leaf(UNKNOWN), "then": leaf(MET)},
            ]
        }
    }

    found = requirements_of(role, registry=REGISTRY)

    with app.app_context():
        assert [(one.id, in_words(one.message), one.only_if and in_words(one.only_if)) for one in found] == [
            ("a", "You say met.", None),
            ("b", "You say met. Or: You say unknown.", None),
            ("c", "You say met.", "You say unknown."),
        ]
