"""Applying again: what was written before stands in the new form, and a withdrawal is confirmed by letter."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.notices.models import Notice
from tests.applications.steps import PDF, experience
from tests.loop.stage import set_stage
from tests.loop.straight import apply
from tests.loop.walk import PROGRAM, a_helper, a_person, approve, begin, decide, offers, version_on, wants
from tests.pages import post, text_of

WITHDRAWN = "application-withdrawn"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("again"))


def letters(stage, person):
    with stage.open():
        found = db.session.scalars(
            select(Notice.text_body).where(Notice.member_id == person.id, Notice.template == WITHDRAWN)
        )
        return [" ".join(one.split()) for one in found]


def answers(stage, person):
    """The raw answers of the newest form of somebody."""
    with stage.open():
        return db.session.scalars(
            select(Submission.answers).where(Submission.member_id == person.id).order_by(Submission.id.desc())
        ).first()


def test_after_withdrawing_the_new_form_begins_with_what_was_written(stage):
    person = a_person(stage, "Agnes")
    address = f"/applications/{apply(person, 'mentee', wants('payroll'))}"
    written = answers(stage, person)

    withdrawn = post(person.browser, f"{address}/withdraw")
    said = text_of(person.browser.get(withdrawn.location))
    offered = text_of(person.browser.get(f"/programs/{PROGRAM}/apply/mentee"))
    again = begin(person, "mentee")
    first = person.browser.get(again).location
    page = text_of(person.browser.get(first))

    assert "Your application is withdrawn, and we have written to you to confirm it." in said
    assert "We kept what you wrote." in offered
    assert first == f"{again}/sections/need"
    assert "What was written in the earlier application is filled in." in page
    assert "anew" not in f"{offered} {page}", "this form asks for no promise and no file"
    assert "Year end is new to me." in page
    assert answers(stage, person) == written


def test_the_note_goes_with_the_first_change(stage):
    person = a_person(stage, "Alma")
    address = f"/applications/{apply(person, 'mentee', wants('payroll'))}"
    post(person.browser, f"{address}/withdraw")
    place = person.browser.get(begin(person, "mentee")).location

    data = {**wants("payroll")[0], "about": "All is new.", "version": version_on(person.browser.get(place))}
    saved = post(person.browser, place, data)

    assert saved.status_code == 303
    assert "earlier application" not in text_of(person.browser.get(place))


def test_promises_and_files_are_asked_for_anew(stage):
    person = a_person(stage, "Arne", type="retiree")
    address = begin(person, "mentor")
    assert experience(person, address, ("years.pdf", PDF)).status_code == 303
    for part, more in zip(("availability", "promise"), offers({"payroll": 9}, promise=True)[1:], strict=True):
        place = f"{address}/sections/{part}"
        assert (
            post(person.browser, place, {"version": version_on(person.browser.get(place)), **more}).status_code == 303
        )
    written = answers(stage, person)

    warned = text_of(person.browser.get(f"{address}/check"))
    post(person.browser, f"{address}/withdraw")
    page = text_of(person.browser.get(person.browser.get(begin(person, "mentor")).location))

    assert "The application ends here, and its files are deleted." in warned
    assert "Promises and files are asked for anew." in page
    assert {"papers", "no-consulting"} <= written.keys()
    assert answers(stage, person) == {
        name: values for name, values in written.items() if name not in {"papers", "no-consulting"}
    }


def test_a_declined_application_is_kept_and_an_approved_one_has_done_its_work(stage):
    staff = a_helper(stage)
    declined, approved = a_person(stage, "Dagny"), a_person(stage, "Ebba")
    application = apply(declined, "mentee", wants("payroll"))
    decide(staff, application, "declined", reason="A matter in dispute.", next_steps="Ask counsel.")
    place = apply(approved, "mentor", offers({"payroll": 9}))
    approve(staff, place)
    for person, role in ((declined, "mentee"), (approved, "mentee")):
        begin(person, role)

    assert answers(stage, declined)["about"] == ["Year end is new to me."]
    assert answers(stage, approved) == {}


def test_a_withdrawal_is_confirmed_by_a_letter_that_says_how_to_apply_again(stage):
    person, beginner = a_person(stage, "Fritzi"), a_person(stage, "Gerda")
    address = f"/applications/{apply(person, 'mentee', wants('payroll'))}"
    draft = begin(beginner, "mentee")

    post(person.browser, f"{address}/withdraw")
    post(beginner.browser, f"{draft}/withdraw")

    (letter,) = letters(stage, person)
    assert "your application for Member-to-Member Mentorship is withdrawn." in letter
    assert "the button is on the page of this application" in letter
    assert address in letter
    assert "Apply again" in text_of(person.browser.get(address))
    assert letters(stage, beginner) == []


def test_who_leaves_everything_gets_one_letter_about_it(stage):
    person = a_person(stage, "Hedda")
    apply(person, "mentee", wants("payroll"))

    post(person.browser, "/my-data/leave", {"how": "participation"})

    assert letters(stage, person) == []


def test_what_was_withdrawn_says_no_review_and_leads_to_what_was_sent_since(stage):
    person = a_person(stage, "Irma")
    address = f"/applications/{apply(person, 'mentee', wants('payroll'))}"
    warned = text_of(person.browser.get(address))
    post(person.browser, f"{address}/withdraw")
    alone = text_of(person.browser.get(address))
    newer = f"/applications/{apply(person, 'mentee', wants('payroll'))}"
    page = person.browser.get(address)

    assert "The reviewers stop reading it, and you lose your place in the queue." in warned
    assert "Review" not in alone.partition("Your answers")[0]
    assert "Apply again" in alone
    assert "Apply again" not in text_of(page)
    assert f'href="{newer}">Open your newer application' in page.get_data(as_text=True)


def test_what_the_form_asks_is_no_warning_beforehand(stage):
    page = a_person(stage, "Jonna").browser.get(f"/programs/{PROGRAM}/apply/mentor").get_data(as_text=True)

    assert "It depends on the years given in the form." in page
    assert ("is-asked" in page, "is-open" in page, "badge-warn" in page) == (True, False, False)
