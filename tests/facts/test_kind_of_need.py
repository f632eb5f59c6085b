"""The kind of need: asked, seen by the reviewer and by the mentor, and counted in the matching (C19)."""

from __future__ import annotations

import re

import pytest

from tests.facts.test_rolling_pool import entry_of
from tests.loop.stage import set_stage
from tests.loop.walk import (
    a_helper,
    a_person,
    apply,
    approve,
    begin,
    mentorship_of,
    offers,
    proposed,
    publish,
    run_match,
    version_on,
    wants,
)
from tests.pages import post, text_of

QUESTION = "What kind of help is it?"
FIT = r'<th scope="row">(\w+)[^<]*</th>\s*<td[^>]*><div class="td-fit"><b>(\d+)</b>'
KINDS = ("A technical question or skill", "A project", "Finding my way in a new job")


def without_the_criterion(program):
    program["matching"]["criteria"] = [one for one in program["matching"]["criteria"] if one["id"] != "kind-of-need"]


def without_the_question(form):
    section = form["sections"][0]
    section["questions"] = [one for one in section["questions"] if one["id"] != "need-kind"]


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("kinds"))


@pytest.mark.fact("C19")
def test_the_kind_is_asked_of_whoever_needs_help(stage):
    person = a_person(stage, "Mena")
    place = person.browser.get(begin(person, "mentee")).location
    page = person.browser.get(place)
    left_out = post(
        person.browser, place, {"version": version_on(page), "needs": ["payroll"], "about": "Year end is new to me."}
    )

    assert f"{QUESTION} Reviewers, staff and your partner can read this {' '.join(KINDS)}" in text_of(page)
    assert left_out.status_code == 422
    assert 'href="#need-kind"' in left_out.get_data(as_text=True)


@pytest.mark.fact("C19")
def test_reviewer_and_mentor_see_the_kind(stage):
    reviewer, staff = a_helper(stage, "reviewer", committee="pslc-mentorship"), a_helper(stage)
    mentee, mentor = a_person(stage, "Mena"), a_person(stage, "Thora", years={"safety": 9})
    asked = apply(mentee, "mentee", wants("safety", kind="project"))

    assert f"{QUESTION} A project" in text_of(reviewer.browser.get(f"/staff/applications/{asked}"))

    approve(staff, asked, apply(mentor, "mentor", offers({"safety": 9}, kind="orientation")))
    publish(staff, run_match(stage, staff))
    place = mentorship_of(mentee)
    assert f"From the application {QUESTION} A project" in text_of(mentor.browser.get(place))
    seen = text_of(mentee.browser.get(place))
    assert "What kind of help do you like to give? Finding one's way in a new job" in seen
    # What reviewers alone read of an application, its disciplines here, is not on the partner's page.
    assert "In which disciplines do you need help?" not in text_of(mentor.browser.get(place))
    assert "How much time can you give one mentee in all?" not in seen


def fits_for_each_kind(stage):
    """Two mentors alike but for their kind, and a mentee of each kind: the kind needed → how well each mentor's kind fits.

    What a run proposes is what fits best, where one fits better.
    """
    staff = a_helper(stage)
    mentors = {kind: a_person(stage, kind.title(), years={"payroll": 9}) for kind in ("technical", "project")}
    for kind, mentor in mentors.items():
        approve(staff, apply(mentor, "mentor", offers({"payroll": 9}, kind=kind)))
    fits = {}
    for kind in mentors:
        mentee = a_person(stage, "Mena")
        approve(staff, apply(mentee, "mentee", wants("payroll", kind=kind)))
        page = staff.browser.get(f"/staff/pools/{entry_of(mentee)}/suggestions").get_data(as_text=True)
        fits[kind] = {name.lower(): int(fit) for name, fit in re.findall(FIT, page)}
        run = run_match(stage, staff)
        [(_mentee, chosen)] = proposed(staff.browser.get(run))
        assert fits[kind][chosen.split()[0].lower()] == max(fits[kind].values())
        assert post(staff.browser, f"{run}/discard").status_code == 303
        assert post(mentee.browser, f"/home/pool/{entry_of(mentee)}", {"do": "leave"}).status_code == 303
    return fits


@pytest.mark.fact("C19")
def test_of_two_mentors_alike_the_one_of_the_same_kind_is_chosen(app, tmp_path):
    fits = fits_for_each_kind(set_stage(app, "casbo", tmp_path))

    assert fits == {
        "technical": {"technical": 100, "project": 75},
        "project": {"technical": 75, "project": 100},
    }


@pytest.mark.control("C19")
def test_without_the_criterion_the_kind_decides_nothing(app, tmp_path):
    fits = fits_for_each_kind(set_stage(app, "casbo", tmp_path, programs__member_to_member=without_the_criterion))

    assert fits == {
        "technical": {"technical": 100, "project": 100},
        "project": {"technical": 100, "project": 100},
    }


@pytest.mark.control("C19")
def test_without_the_question_nobody_sees_a_kind(app, tmp_path):
    stage = set_stage(
        app, "casbo", tmp_path, programs__member_to_member=without_the_criterion,
        forms__mentee_application=without_the_question,
    )  # fmt: skip
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, "Mena"), a_person(stage, "Thora", years={"safety": 9})
    asked = apply(mentee, "mentee", wants("safety", kind="project"))
    assert QUESTION not in text_of(staff.browser.get(f"/staff/applications/{asked}"))

    approve(staff, asked, apply(mentor, "mentor", offers({"safety": 9})))
    publish(staff, run_match(stage, staff))
    page = text_of(mentor.browser.get(mentorship_of(mentee)))
    assert "From the application Describe what you are facing" in page
    assert QUESTION not in page
