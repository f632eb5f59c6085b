"""Who may be a mentee (C3) and a mentor (C5)."""

from __future__ import annotations

import pytest

from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, decide, offers, wants
from tests.pages import text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    """The program as it is, except that its form lets the disciplines be left out, so that the rule is what refuses."""
    return set_stage(app, "casbo", tmp_path_factory.mktemp("rules"), forms__mentee_application=needs_optional)


def needs_optional(form):
    question = form["sections"][0]["questions"][0]
    question["required"] = False
    del question["at_least"]


def without(side, *names):
    """The program without some of a side's rules."""

    def edit(program):
        rules = program["roles"][side]["eligibility"]["all"]
        program["roles"][side]["eligibility"]["all"] = [rule for rule in rules if rule["id"] not in names]

    return edit


def each_not_asked(program):
    rule = next(rule for rule in program["roles"]["mentor"]["eligibility"]["all"] if rule["id"] == "experience")
    del rule["offered"]


def outcome(helper, person, role, sections):
    """What an approval answers, and its page."""
    application = apply(person, role, sections)
    decided = decide(helper, application)
    return decided.status_code, text_of(decided) + text_of(helper.browser.get(f"/staff/applications/{application}"))


@pytest.mark.fact("C3")
def test_a_mentee_is_a_career_builder_with_a_need(stage):
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Mena"), "mentee", wants("payroll"))[0] == 303
    for type in ("retiree", "honorary-life", "organizational"):
        status, page = outcome(staff, a_person(stage, "Rhea", type=type), "mentee", wants("payroll"))
        assert status == 422
        assert "A requirement is still open." in page
    status, page = outcome(staff, a_person(stage, "Nina"), "mentee", wants())
    assert status == 422
    assert "A requirement is still open." in page


@pytest.mark.control("C3")
def test_without_the_rule_on_membership_anybody_is_a_mentee(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without("mentee", "career-builder"))
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Rhea", type="retiree"), "mentee", wants("payroll"))[0] == 303


@pytest.mark.control("C3")
def test_without_the_rule_on_needs_none_is_needed(app, tmp_path):
    stage = set_stage(
        app, "casbo", tmp_path, forms__mentee_application=needs_optional,
        programs__member_to_member=without("mentee", "need"),
    )  # fmt: skip
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Nina"), "mentee", wants())[0] == 303


SUMMED = offers({"payroll": 3, "purchasing": 4})
SHORT_OFFER = offers({"payroll": 9, "purchasing": 2})


@pytest.mark.fact("C5")
def test_a_mentor_has_five_years_within_one_discipline(stage):
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Five"), "mentor", offers({"payroll": 5}))[0] == 303
    assert outcome(staff, a_person(stage, "Four"), "mentor", offers({"payroll": 4}))[0] == 422
    status, page = outcome(staff, a_person(stage, "Sum"), "mentor", SUMMED)
    assert status == 422
    assert "You offer Payroll and benefits and Purchasing and contracts with less than 5 years." in page
    assert "The association lets nobody set this aside." in page


@pytest.mark.fact("C5")
def test_only_disciplines_with_enough_years_are_offered(stage):
    staff = a_helper(stage)

    status, page = outcome(staff, a_person(stage, "Wide"), "mentor", SHORT_OFFER)
    assert status == 422
    assert "You offer Purchasing and contracts with less than 5 years." in page
    # Years on file count as well as years that were typed.
    on_file = a_person(stage, "File", years={"purchasing": 12})
    assert outcome(staff, on_file, "mentor", SHORT_OFFER)[0] == 303


@pytest.mark.control("C5")
def test_without_the_rule_years_do_not_count(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without("mentor", "experience"))
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Sum"), "mentor", SUMMED)[0] == 303
    assert outcome(staff, a_person(stage, "Wide"), "mentor", SHORT_OFFER)[0] == 303


@pytest.mark.control("C5")
def test_without_the_setting_a_short_discipline_may_be_offered_too(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=each_not_asked)
    staff = a_helper(stage)

    assert outcome(staff, a_person(stage, "Wide"), "mentor", SHORT_OFFER)[0] == 303
    assert outcome(staff, a_person(stage, "Sum"), "mentor", SUMMED)[0] == 422
