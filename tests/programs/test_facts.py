"""Facts about configuration, shown on pages and by the commands' own refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tandem.extensions import db
from tandem.programs.errors import ConfigurationError
from tests.app_fixtures import client_at
from tests.factories import a_member, a_membership, an_account
from tests.loop.stage import Stage, set_stage
from tests.pages import post, signed_in_client, text_of

PROGRAM = "member-to-member"


@pytest.fixture
def stage(app: Flask, tmp_path: Path) -> Stage:
    return set_stage(app, "casbo", tmp_path)


@pytest.fixture
def departments(app: Flask, tmp_path: Path) -> Stage:
    return set_stage(app, "atelier", tmp_path)


def page(stage: Stage, slug: str = PROGRAM) -> str:
    return text_of(client_at(stage.app, stage.scope.hostname).get(f"/programs/{slug}"))


def member_browser(stage: Stage) -> FlaskClient:
    with stage.open() as scope:
        member = a_member()
        a_membership(member, type="career-builder")
        browser = signed_in_client(stage.app, scope, an_account(member))
        db.session.commit()
    return browser


def begin(browser: FlaskClient) -> str:
    begun = post(browser, f"/programs/{PROGRAM}/apply/mentee")
    assert begun.status_code == 303, text_of(begun)
    return str(browser.get(begun.location).location)


def rule(document: Any, side: str, name: str) -> Any:
    return next(item for item in document["roles"][side]["eligibility"]["all"] if item["id"] == name)


def new_rules(document: Any) -> None:
    rule(document, "mentor", "experience")["years"] = 7
    document["length"]["max"] = "20h"
    document["matching"]["criteria"] = [
        {"id": "kind", "criterion": "equality", "mentee": "need-kind", "mentor": "help-kind", "weight": 50}
    ]


def new_question(document: Any) -> None:
    document["sections"][0]["questions"][0]["label"] = "Where does the shoe pinch?"


@pytest.mark.fact("P3")
def test_rules_length_criteria_and_forms_change_without_code(stage: Stage) -> None:
    stage.reapply(programs__member_to_member=new_rules, forms__mentee_application=new_question)

    shown = page(stage)
    browser = member_browser(stage)
    form = text_of(browser.get(begin(browser)))

    assert "7 or more years of experience" in shown
    assert "20 hours" in shown or "20 h" in shown
    assert "Where does the shoe pinch?" in form


@pytest.mark.control("P3")
def test_without_the_change_the_pages_say_what_the_files_say(stage: Stage) -> None:
    shown = page(stage)
    browser = member_browser(stage)
    form = text_of(browser.get(begin(browser)))

    assert "5 or more years of experience" in shown
    assert "40 hours" in shown or "40 h" in shown
    assert "In which disciplines do you need help?" in form


@pytest.mark.fact("P5")
def test_a_change_does_not_reach_an_application_under_way(stage: Stage) -> None:
    browser = member_browser(stage)
    place = begin(browser)

    stage.reapply(programs__member_to_member=new_rules, forms__mentee_application=new_question)

    assert "In which disciplines do you need help?" in text_of(browser.get(place))
    assert "Where does the shoe pinch?" not in text_of(browser.get(place))


@pytest.mark.control("P5")
def test_an_application_begun_after_the_change_is_reached(stage: Stage) -> None:
    stage.reapply(programs__member_to_member=new_rules, forms__mentee_application=new_question)
    browser = member_browser(stage)

    assert "Where does the shoe pinch?" in text_of(browser.get(begin(browser)))


def other_definition(document: Any) -> None:
    document["definition"] = "Quelque chose d’autre."


def without_locks(document: Any) -> None:
    del document["locks"]


@pytest.mark.fact("P6")
def test_a_department_inherits_and_cannot_change_what_is_locked(departments: Stage) -> None:
    shown = {slug: page(departments, slug) for slug in ("compagnonnage", "fil-a-fil")}

    assert all("d’égal à égal" in words for words in shown.values())
    assert all("Je garde pour moi ce qui m’est confié" in words for words in shown.values())
    with pytest.raises(ConfigurationError) as caught:
        departments.reapply(programs__fil_a_fil=other_definition)
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == ("programs/fil-a-fil.yaml", ("definition",))
    assert "is locked by the association (association.yaml:" in problem.message
    assert page(departments, "fil-a-fil") == shown["fil-a-fil"]


@pytest.mark.control("P6")
def test_without_its_lock_the_definition_can_be_changed(departments: Stage) -> None:
    departments.reapply(association=without_locks, programs__fil_a_fil=other_definition)

    assert "Quelque chose d’autre." in page(departments, "fil-a-fil")
