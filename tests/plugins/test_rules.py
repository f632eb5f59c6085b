"""The first-party rules on people made up for the purpose."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from marshmallow import ValidationError

from tandem.plugin_api import AnswerFact, ExperienceFact, Facts, MembershipFact, PositionFact, Source, Truth
from tandem.plugin_api.registry import load_registry
from tandem.wording import Labels, in_words

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
RULES = load_registry().rules
LABELS = Labels(
    {
        ("membership-type", "career-builder"): "Career Builder", ("membership-type", "retiree"): "Retiree",
        ("membership-level", "aspiring-access"): "Aspiring Access", ("discipline", "payroll"): "Payroll",
        ("discipline", "budgeting"): "Budgeting", ("question", "needs"): "What do you need?",
        ("position-title", "director"): "Director of finance", ("question", "promise"): "I will not sell anything.",
    }
)  # fmt: skip


def check(rule: str, facts: Facts, **settings):
    found = RULES[rule]
    return found.check(facts, found.settings_schema().load(settings))


def describe(app, rule: str, **settings) -> str:
    found = RULES[rule]
    with app.app_context():
        return in_words(found.describe(found.settings_schema().load(settings)), LABELS)


def words(app, message) -> str | None:
    with app.app_context():
        return None if message is None else in_words(message, LABELS)


def membership(
    type="career-builder", first=TODAY - 400 * DAY, last=None, *, paid=TODAY, level=None, organisational=False
):
    return MembershipFact(type, level, organisational, first, last, paid)


def member(*memberships: MembershipFact, today: date = TODAY) -> Facts:
    return Facts(today, memberships)


class TestCurrentMembership:
    @pytest.mark.parametrize(
        ("facts", "truth"),
        [
            (member(membership(paid=TODAY)), Truth.MET),
            (member(membership(paid=TODAY - DAY)), Truth.NOT_MET),
            (member(membership(paid=None)), Truth.UNKNOWN),
            (member(membership(paid=None), membership(paid=TODAY)), Truth.MET),
            (member(membership(paid=None), membership(paid=TODAY - DAY)), Truth.UNKNOWN),
            (member(membership("retiree")), Truth.NOT_MET),
            (member(membership(last=TODAY)), Truth.MET),
            (member(membership(last=TODAY - DAY)), Truth.NOT_MET),
            (member(membership(first=TODAY)), Truth.MET),
            (member(membership(first=TODAY + DAY)), Truth.NOT_MET),
            (member(membership(organisational=True)), Truth.NOT_MET),
            (member(), Truth.NOT_MET),
        ],
    )
    def test_type_day_and_dues(self, facts, truth):
        assert check("membership.current", facts, types=["career-builder"], dues="throughout").truth is truth

    def test_dues_are_not_looked_at_if_ignored(self):
        assert check("membership.current", member(membership(paid=None)), dues="ignore").truth is Truth.MET

    def test_organisational_counts_if_wanted(self):
        facts = member(membership(organisational=True))
        assert check("membership.current", facts, organisational=True).truth is Truth.MET

    def test_level_is_asked_for(self):
        facts = member(membership(level="full"))
        assert check("membership.current", facts, levels=["full"]).truth is Truth.MET
        assert check("membership.current", facts, levels=["basic"]).truth is Truth.NOT_MET
        assert check("membership.current", member(membership()), levels=["basic"]).truth is Truth.NOT_MET

    def test_lapse_says_since_when_and_what_helps(self, app):
        verdict = check("membership.current", member(membership(paid=date(2026, 10, 31))), types=["career-builder"])

        assert words(app, verdict.reason) == "Dues were paid through October 31, 2026."
        assert words(app, verdict.remedy) == "Pay the dues; the membership counts again the same day."

    def test_evidence_names_the_membership(self, app):
        verdict = check("membership.current", member(membership(first=date(2020, 7, 1), paid=date(2027, 6, 30))))

        assert [(one.source, words(app, one.message)) for one in verdict.evidence] == [
            (Source.DIRECTORY, "Career Builder since July 1, 2020, dues paid through June 30, 2027.")
        ]

    @pytest.mark.parametrize(
        ("settings", "sentence"),
        [
            ({"dues": "ignore"}, "You are a current individual member."),
            ({"types": ["retiree"], "dues": "ignore"}, "You are a current Retiree member."),
            (
                {"types": ["retiree", "career-builder"]},
                "You are a current Retiree or Career Builder member, and your dues are paid.",
            ),
            (
                {"types": ["career-builder"], "dues": "throughout", "on_lapse": {"grace": "0d", "then": "pause"}},
                (
                    "You are a current Career Builder member, and your dues stay paid throughout the mentorship. "
                    "If they lapse, the mentorship pauses until they are paid."
                ),
            ),
            (
                {"types": ["career-builder"], "dues": "throughout", "on_lapse": {"grace": "30d"}},
                (
                    "You are a current Career Builder member, and your dues stay paid throughout the mentorship. "
                    "If they lapse, you have 30 days before the mentorship pauses."
                ),
            ),
        ],
    )
    def test_sentence(self, app, settings, sentence):
        assert describe(app, "membership.current", **settings) == sentence


#: Levels counted until the restructuring, types from then on, as one association has it.
COUNTS = [
    {"types": ["career-builder", "retiree"], "from": "2017-07-01"},
    {"levels": ["aspiring-access"], "to": "2017-06-30"},
]


class TestTenure:
    def tenure(self, *memberships, years=3, today=TODAY, **settings):
        return check("membership.tenure", member(*memberships, today=today), years=years, **settings).truth

    def test_anniversary_meets_and_the_day_before_does_not(self):
        running = membership(first=date(2023, 11, 22))
        assert self.tenure(running) is Truth.MET
        assert self.tenure(running, today=TODAY - DAY) is Truth.NOT_MET

    def test_anniversary_of_a_leap_day_is_the_28th(self):
        running = membership(first=date(2024, 2, 29))
        assert self.tenure(running, today=date(2027, 2, 27)) is Truth.NOT_MET
        assert self.tenure(running, today=date(2027, 2, 28)) is Truth.MET

    def test_gap_is_taken_off(self):
        early, late = membership(first=date(2020, 1, 1), last=date(2021, 12, 31)), membership(first=date(2025, 11, 22))
        assert self.tenure(early, late) is Truth.MET
        assert self.tenure(early, membership(first=date(2025, 11, 24))) is Truth.NOT_MET

    def test_overlapping_memberships_count_once(self):
        one, two = membership(first=date(2024, 5, 1)), membership("retiree", first=date(2024, 5, 1))
        assert self.tenure(one, two) is Truth.NOT_MET

    def test_adjoining_memberships_add_up(self):
        one, two = (
            membership(first=date(2023, 11, 22), last=date(2025, 1, 31)),
            membership("retiree", first=date(2025, 2, 1)),
        )
        assert self.tenure(one, two) is Truth.MET

    def test_organisational_membership_does_not_count(self):
        assert self.tenure(membership(first=date(2010, 1, 1), organisational=True)) is Truth.NOT_MET

    def test_membership_yet_to_begin_does_not_count(self):
        assert self.tenure(membership(first=TODAY + DAY)) is Truth.NOT_MET

    def test_straddling_a_restructuring_counts_each_within_its_dates(self):
        before = membership("old", first=date(2016, 7, 1), last=date(2017, 6, 30), level="aspiring-access")
        after = membership(first=date(2017, 7, 1), last=date(2019, 6, 30))
        assert self.tenure(before, after, counts=COUNTS) is Truth.MET
        assert self.tenure(before, counts=COUNTS) is Truth.NOT_MET

    def test_level_after_its_dates_does_not_count(self):
        outlived = membership("old", first=date(2015, 7, 1), last=date(2019, 6, 30), level="aspiring-access")
        assert self.tenure(outlived, counts=COUNTS) is Truth.NOT_MET

    def test_type_before_its_dates_does_not_count(self):
        early = membership(first=date(2014, 7, 1), last=date(2018, 6, 30))
        assert self.tenure(early, counts=COUNTS) is Truth.NOT_MET

    def test_lapsed_current_type_does_not_meet(self, app):
        ended = membership("retiree", first=date(2015, 1, 1), last=date(2026, 6, 30))
        verdict = check("membership.tenure", member(ended), years=3, current_types=["retiree"])
        assert verdict.truth is Truth.NOT_MET
        assert words(app, verdict.reason) == "The Retiree membership ended on June 30, 2026."

    def test_current_type_held_through_an_employer_does_not_count(self):
        facts = [membership(first=date(2015, 1, 1), last=date(2020, 1, 1)), membership("retiree", organisational=True)]
        assert self.tenure(*facts, current_types=["retiree"]) is Truth.NOT_MET

    def test_verdict_adds_up_and_says_when(self, app):
        verdict = check("membership.tenure", member(membership(first=date(2024, 9, 22))), years=3)

        assert words(app, verdict.reason) == "2 years and 2 months of membership count."
        assert words(app, verdict.remedy) == "With an uninterrupted membership it is enough on September 22, 2027."
        assert self.tenure(membership(first=date(2024, 9, 22)), today=date(2027, 9, 22)) is Truth.MET
        after_a_month = check("membership.tenure", member(membership(first=date(2024, 10, 22))), years=3)
        assert words(app, after_a_month.reason) == "2 years and 1 month of membership count."

    def test_evidence_lists_what_counted(self, app):
        past = membership("old", first=date(2016, 7, 1), last=date(2017, 6, 30), level="aspiring-access")
        verdict = check("membership.tenure", member(past, membership(first=date(2020, 7, 1))), years=3, counts=COUNTS)

        assert [words(app, one.message) for one in verdict.evidence] == [
            "7 years and 4 months of membership count.",
            "Aspiring Access from July 1, 2016 to June 30, 2017.",
            "Career Builder from July 1, 2020.",
        ]

    def test_sentence(self, app):
        assert describe(app, "membership.tenure", years=3, current_types=["career-builder", "retiree"]) == (
            "You are a current Career Builder or Retiree member and have been an individual member for 3 or more years."
        )


def experienced(answers: dict[str, int] | None = None, **years: float) -> Facts:
    on_file = [ExperienceFact(discipline, Decimal(str(value))) for discipline, value in years.items()]
    given = None
    if answers is not None:
        given = [
            AnswerFact("expertise", key=key, text_value=key, number_value=Decimal(value))
            for key, value in answers.items()
        ]
    return Facts(TODAY, experience=on_file, answers=given)


class TestExperienceWithinOne:
    @pytest.mark.parametrize(
        ("facts", "truth"),
        [
            (experienced(payroll=5), Truth.MET),
            (experienced(payroll=4.9), Truth.NOT_MET),
            (experienced(payroll=4, budgeting=4), Truth.NOT_MET),
            (experienced(payroll=3, budgeting=5), Truth.MET),
            (experienced(), Truth.UNKNOWN),
        ],
    )
    def test_years_in_the_directory_are_never_summed(self, facts, truth):
        assert check("experience.within_one", facts, years=5).truth is truth

    @pytest.mark.parametrize(
        ("facts", "truth"),
        [
            (experienced({"payroll": 5}), Truth.MET),
            (experienced({"payroll": 4, "budgeting": 4}), Truth.NOT_MET),
            (experienced({}), Truth.NOT_MET),
            (experienced(None), Truth.UNKNOWN),
            (experienced(None, payroll=6), Truth.MET),
            (experienced({"payroll": 2}, payroll=6), Truth.MET),
            (experienced({"payroll": 6}, payroll=2), Truth.MET),
        ],
    )
    def test_years_in_the_form_count_too(self, facts, truth):
        assert check("experience.within_one", facts, years=5, field="expertise").truth is truth

    def test_evidence_says_whether_it_is_an_answer(self, app):
        verdict = check("experience.within_one", experienced({"payroll": 7}, payroll=3), years=5, field="expertise")

        assert [(one.source, words(app, one.message)) for one in verdict.evidence] == [
            (Source.ANSWER, "Payroll, 7 years."),
            (Source.DIRECTORY, "Payroll, 3 years."),
        ]

    @pytest.mark.parametrize(
        ("facts", "evidence"),
        [
            (
                experienced({"payroll": 7, "budgeting": 2}, payroll=3),
                [
                    (Source.ANSWER, "Payroll, 7 years."),
                    (Source.DIRECTORY, "Payroll, 3 years."),
                    (Source.ANSWER, "Budgeting, 2 years."),
                ],
            ),
            (
                experienced({"payroll": 6, "budgeting": 4}, payroll=9, budgeting=6, safety=7),
                [(Source.DIRECTORY, "Payroll, 9 years."), (Source.DIRECTORY, "Budgeting, 6 years.")],
            ),
            (
                experienced({"payroll": 3, "budgeting": 4}),
                [(Source.ANSWER, "Budgeting, 4 years."), (Source.ANSWER, "Payroll, 3 years.")],
            ),
        ],
    )
    def test_evidence_names_every_discipline_that_is_offered(self, app, facts, evidence):
        verdict = check("experience.within_one", facts, years=5, field="expertise")

        assert [(one.source, words(app, one.message)) for one in verdict.evidence] == evidence

    def test_answer_alone_is_unknown_where_evidence_is_required(self):
        settings = {"years": 5, "field": "expertise", "evidence": "required"}
        assert check("experience.within_one", experienced({"payroll": 7}), **settings).truth is Truth.UNKNOWN
        assert check("experience.within_one", experienced({"payroll": 7}, payroll=5), **settings).truth is Truth.MET
        assert check("experience.within_one", experienced({"payroll": 4}), **settings).truth is Truth.NOT_MET

    def test_each_discipline_offered_needs_the_years(self, app):
        settings = {"years": 5, "field": "expertise", "offered": "each"}
        verdict = check("experience.within_one", experienced({"payroll": 7, "budgeting": 2}), **settings)

        assert verdict.truth is Truth.NOT_MET
        assert words(app, verdict.reason) == "You offer Budgeting with less than 5 years."
        assert check("experience.within_one", experienced({"payroll": 7}), **settings).truth is Truth.MET
        assert check("experience.within_one", experienced({"payroll": 2}, payroll=6), **settings).truth is Truth.MET

    def test_reason_names_the_most(self, app):
        verdict = check("experience.within_one", experienced(payroll=3, budgeting=4), years=5)

        assert words(app, verdict.reason) == "The most is 4 in Budgeting."
        assert words(app, verdict.remedy) == "5 years within one discipline are needed."


class TestAnswers:
    def chosen(self, *keys: str) -> Facts:
        return Facts(TODAY, answers=[AnswerFact("needs", key=key, text_value=key) for key in keys])

    @pytest.mark.parametrize(
        ("keys", "truth"),
        [((), Truth.NOT_MET), (("a",), Truth.MET), (("a", "b"), Truth.MET), (("a", "b", "c"), Truth.NOT_MET)],
    )
    def test_count_lies_between_least_and_most(self, keys, truth):
        assert check("answer.count", self.chosen(*keys), field="needs", at_least=1, at_most=2).truth is truth

    def test_without_a_form_both_are_unknown(self):
        assert check("answer.count", Facts(TODAY), field="needs").truth is Truth.UNKNOWN
        assert check("attestation", Facts(TODAY), field="promise").truth is Truth.UNKNOWN

    @pytest.mark.parametrize(
        ("answers", "truth"),
        [
            ([], Truth.NOT_MET),
            ([AnswerFact("promise", truth_value=True)], Truth.MET),
            ([AnswerFact("promise", truth_value=False)], Truth.NOT_MET),
        ],
    )
    def test_promise_is_met_when_ticked(self, answers, truth):
        assert check("attestation", Facts(TODAY, answers=answers), field="promise").truth is truth

    def test_sentences_use_the_words_of_the_questions(self, app):
        assert (
            describe(app, "answer.count", field="needs", at_least=1)
            == "You choose at least 1 answer to “What do you need?”."
        )
        assert describe(app, "attestation", field="promise") == "You agree to this: “I will not sell anything.”"


def post(title="director", first=TODAY - 90 * DAY, last=None, *, text=None, acting=False, retired=False):
    return PositionFact(title, text, "Sample Creek", "north", first, last, acting, retired)


def holder(*positions: PositionFact) -> Facts:
    return Facts(TODAY, positions=positions)


class TestPositionHolds:
    @pytest.mark.parametrize(
        ("facts", "settings", "truth"),
        [
            (holder(post()), {}, Truth.MET),
            (holder(post("clerk")), {}, Truth.NOT_MET),
            (holder(post(None, text="Acting controller")), {}, Truth.UNKNOWN),
            (holder(), {}, Truth.UNKNOWN),
            (holder(post(last=TODAY)), {}, Truth.MET),
            (holder(post(last=TODAY - DAY)), {}, Truth.NOT_MET),
            (holder(post(first=date(2024, 11, 22))), {"within_months": 24}, Truth.MET),
            (holder(post(first=date(2024, 11, 21))), {"within_months": 24}, Truth.NOT_MET),
            (holder(post(acting=True)), {}, Truth.MET),
            (holder(post(acting=True)), {"acting": False}, Truth.NOT_MET),
            (
                holder(post(last=date(2021, 11, 22), first=date(2000, 1, 1), retired=True)),
                {"retired_within_years": 5},
                Truth.MET,
            ),
            (
                holder(post(last=date(2021, 11, 21), first=date(2000, 1, 1), retired=True)),
                {"retired_within_years": 5},
                Truth.NOT_MET,
            ),
            (holder(post(last=date(2025, 1, 1), first=date(2000, 1, 1))), {"retired_within_years": 5}, Truth.NOT_MET),
        ],
    )
    def test_held_taken_up_or_retired_from(self, facts, settings, truth):
        assert check("position.holds", facts, titles=["director"], **settings).truth is truth

    def test_verdict_names_the_position_it_used(self, app):
        verdict = check("position.holds", holder(post("clerk"), post(first=date(2026, 2, 1))), titles=["director"])

        assert [words(app, one.message) for one in verdict.evidence] == [
            "Director of finance, Sample Creek, since February 1, 2026."
        ]

    def test_sentence(self, app):
        assert describe(app, "position.holds", titles=["director"], retired_within_years=5) == (
            "You hold one of these positions, or retired from one within the last 5 years: Director of finance."
        )


@pytest.mark.parametrize(
    ("rule", "settings", "errors"),
    [
        ("membership.current", {"dues": "sometimes"}, {"dues": ["must be throughout, current or ignore"]}),
        ("membership.current", {"types": []}, {"types": ["Length must be between 1 and 200."]}),
        ("membership.current", {"types": ["a", "a"]}, {"types": ["names a twice"]}),
        ("membership.current", {"on_lapse": {"grace": "1 month"}}, {"on_lapse": {"grace": ["must be a number of days such as 30d or 2w"]}}),
        ("membership.current", {"kinds": ["a"]}, {"kinds": ["is not a setting here"]}),
        ("membership.tenure", {}, {"years": ["Missing data for required field."]}),
        ("membership.tenure", {"years": True}, {"years": ["must be a whole number"]}),
        ("membership.tenure", {"years": "3"}, {"years": ["must be a whole number"]}),
        ("membership.tenure", {"years": 0}, {"years": ["must be 1–60"]}),
        ("membership.tenure", {"years": 3, "counts": [{}]}, {"counts": {0: {"types": ["name types or levels that count"]}}}),
        (
            "membership.tenure",
            {"years": 3, "counts": [{"types": ["a"], "from": "2020-02-30"}]},
            {"counts": {0: {"from": ["must be a date such as 2026-07-01"]}}},
        ),
        (
            "membership.tenure",
            {"years": 3, "counts": [{"types": ["a"], "from": "2020-02-02", "to": "2020-02-01"}]},
            {"counts": {0: {"to": ["is before from"]}}},
        ),
        (
            "experience.within_one",
            {"years": 3, "offered": "each"},
            {"field": ["offered: each needs the question that asks for the disciplines"]},
        ),
        ("answer.count", {"field": "needs", "at_least": 3, "at_most": 2}, {"at_most": ["is below at_least"]}),
        ("attestation", {"field": "No Key"}, {"field": ["must be lower-case words joined by hyphens, for example career-builder"]}),
        ("position.holds", {}, {"titles": ["Missing data for required field."]}),
    ],
)  # fmt: skip
def test_wrong_settings_say_what_to_write(rule, settings, errors):
    with pytest.raises(ValidationError) as refused:
        RULES[rule].settings_schema().load(settings)

    assert refused.value.messages == errors


@pytest.mark.parametrize("rule", sorted(RULES))
def test_partial_settings_of_a_lower_level_do_not_fail(rule):
    RULES[rule].settings_schema().load({}, partial=True)
