"""A question whose options are rated on a scale, in the form of an application: asked, kept as it was typed, mended and sent."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.identity.models import Account
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.loop.walk import a_person, begin, version_on, wants
from tests.pages import mistakes_in, post, session_for, text_of
from tests.views import problems_in_every_view

SKILLS = {
    "id": "skills",
    "type": "ratings",
    "label": "How well do you know each of these?",
    "hint": "Nobody expects high numbers.",
    "required": True,
    "visibility": "pair",
    "low": "New to me",
    "high": "I could teach it",
    "choices": [
        {"id": "payroll", "label": "Payroll"},
        {"id": "budgeting", "label": "Budgeting and multi-year projections for collective bargaining"},
        {"id": "audit", "label": "Getting ready for the audit"},
    ],
}
TOOLS = {
    "id": "tools", "type": "ratings", "label": "Which tools do you use?", "scale": 7,
    "choices": [{"id": "sheets", "label": "Spreadsheets"}, {"id": "database", "label": "Databases"}],
}  # fmt: skip


def rated(form):
    form["sections"][0]["questions"] += [SKILLS, TOOLS]


@pytest.fixture
def stage(app, tmp_path):
    return set_stage(app, "casbo", tmp_path, forms__mentee_application=rated)


def save(person, place, **ratings):
    version = version_on(person.browser.get(place))
    return post(person.browser, place, {"version": version, **wants("payroll")[0], **ratings})


def checked(page):
    """The fields of ratings whose number is chosen, with it."""
    buttons = re.findall(
        r'<input type="radio" name="([a-z]+\.[a-z]+)" value="(\d?)"([^>]*)>', page.get_data(as_text=True)
    )
    return {name: value for name, value, rest in buttons if " checked" in rest}


def test_ratings_are_asked_kept_mended_and_sent(stage):
    person = a_person(stage, "Ratea")
    address = begin(person, "mentee")
    place = person.browser.get(address).location

    asked = person.browser.get(place)
    assert checked(asked) == {"tools.sheets": "", "tools.database": ""}
    assert "1 New to me 5 I could teach it" in text_of(asked)

    nothing = save(person, place)
    assert nothing.status_code == 422
    assert mistakes_in(nothing) == ["Choose a number on each line of “How well do you know each of these?”."]
    assert 'href="#skills"' in nothing.get_data(as_text=True)

    partly = save(person, place, **{"skills.payroll": "2", "skills.audit": "6", "tools.sheets": "7"})
    assert partly.status_code == 422
    of = "“How well do you know each of these?”: "
    assert mistakes_in(partly) == [
        f"{of}Choose a number from 1 to 5 for Budgeting and multi-year projections for collective bargaining.",
        f"{of}Choose a number from 1 to 5 for Getting ready for the audit.",
    ]
    body = partly.get_data(as_text=True)
    assert 'href="#skills.budgeting"' in body
    assert 'id="skills.budgeting"' in body
    assert 'aria-invalid="true" aria-describedby="skills.audit-error"' in body
    assert 'id="skills.audit-error"' in body
    assert checked(partly) == {"skills.payroll": "2", "tools.sheets": "7", "tools.database": ""}
    assert checked(person.browser.get(place)) == checked(partly)

    whole = save(
        person, place, **{"skills.payroll": "2", "skills.budgeting": "1", "skills.audit": "5", "tools.sheets": ""}
    )
    assert whole.status_code == 303, text_of(whole)
    last = save_rest(person, whole.location)
    said = text_of(person.browser.get(last))
    assert "Payroll: 2 of 5" in said
    assert "Getting ready for the audit: 5 of 5" in said
    assert "Spreadsheets" not in said

    sent = post(person.browser, last)
    assert sent.status_code == 303, text_of(sent)
    with stage.open():
        facts = db.session.execute(
            select(AnswerFact.key, AnswerFact.number_value, AnswerFact.text_value)
            .where(AnswerFact.member_id == person.id, AnswerFact.field.in_(["skills", "tools"]))
            .order_by(AnswerFact.position)
        ).all()
    assert [tuple(fact) for fact in facts] == [
        ("payroll", Decimal(2), None), ("budgeting", Decimal(1), None), ("audit", Decimal(5), None),
    ]  # fmt: skip


def save_rest(person, place):
    saved = post(person.browser, place, {"version": version_on(person.browser.get(place)), **wants("payroll")[1]})
    assert saved.status_code == 303, text_of(saved)
    assert saved.location.endswith("/check")
    return saved.location


ALL = {"skills.payroll": "2", "skills.budgeting": "1", "skills.audit": "5"}


@pytest.mark.parametrize(
    "sent",
    [
        {"skills": "3"},
        {"skills.unheard-of": "3"},
        {"skills.payroll.x": "3"},
        {"skills.payroll": ["1", "2"]},
        {"skills.payroll": "x" * 2000},
        {"tools.sheets": "8"},
    ],
)
def test_whatever_a_browser_sends_the_page_comes_back_with_what_to_do(stage, sent):
    person = a_person(stage, "Ratea")
    place = person.browser.get(begin(person, "mentee")).location

    answer = save(person, place, **{**ALL, **sent})

    assert answer.status_code == 422
    assert len(mistakes_in(answer)) == 1
    assert save(person, place, **ALL).status_code == 303


@pytest.mark.browser
def test_ratings_are_for_everybody(stage, site, new_page):
    person = a_person(stage, "Ratea")
    place = person.browser.get(begin(person, "mentee")).location
    save(person, place, **{"skills.payroll": "2", "tools.sheets": "7"})
    with stage.open():
        secret = session_for(db.session.scalars(select(Account).where(Account.member_id == person.id)).one())
    host = stage.scope.hostname
    found = []
    # Whoever has no scripts fills the same form; axe itself is one.
    for scripts in (False, True):
        window = new_page(scripts=scripts)
        sign_in(window, host, secret)
        window.goto(site.url(host, place))
        found += problems_in_every_view(window, "ratings") if scripts else []
        four = window.get_by_role("radiogroup", name="Payroll").get_by_role("radio", name="4 of 5")
        four.check()
        window.get_by_role("button", name="Save and continue").first.click()
        window.locator(".td-errors").wait_for()
        assert four.is_checked()
        found += problems_in_every_view(window, "ratings-wrong") if scripts else []

    assert found == []
