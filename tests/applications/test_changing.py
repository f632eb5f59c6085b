"""Changing an application that was sent: until when, what is kept, what reviewers see, the way back."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from tandem.applications.models import Application, Sending
from tandem.extensions import db
from tandem.notices.models import Notice
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, begin, decide, offers, version_on, vote, wants
from tests.pages import post, text_of

COMMITTEE = "pslc-mentorship"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("changing"))


@pytest.fixture(scope="module")
def staff(stage):
    return a_helper(stage)


def changing(app, tmp_path, **review):
    def edit(program):
        program["review"] |= review

    return set_stage(app, "casbo", tmp_path, programs__member_to_member=edit)


def sent_by(stage, name="Chana"):
    person = a_person(stage, name)
    return person, f"/applications/{apply(person, 'mentee', wants('payroll'))}"


def reopen(person, address):
    return post(person.browser, f"{address}/change", {"do": "begin"})


def leave(person, address):
    return post(person.browser, f"{address}/change", {"do": "leave"})


def answer(person, address, about):
    place = f"{address}/sections/need"
    data = {**wants("payroll")[0], "about": about, "version": version_on(person.browser.get(place))}
    return post(person.browser, place, data)


def status(stage, address):
    with stage.open():
        found = db.session.scalars(select(Application).where(Application.id == address.rpartition("/")[2])).one()
        return found.status.value, found.changing


def letters(stage, person, template):
    with stage.open():
        found = db.session.scalars(select(Notice).where(Notice.address == person.email, Notice.template == template))
        return len(found.all())


def test_it_opens_again_with_all_answers_and_is_sent_again(stage, staff):
    person, address = sent_by(stage)
    offered = text_of(person.browser.get(address))

    opened = reopen(person, address)
    page = text_of(person.browser.get(opened.location))
    there = text_of(staff.browser.get(f"/staff{address}"))
    home = text_of(person.browser.get("/home"))
    assert answer(person, address, "Everything is new.").status_code == 303
    again = post(person.browser, f"{address}/check")
    after = text_of(staff.browser.get(f"/staff{address}"))

    assert "Change the application" in offered
    assert opened.location == f"{address}/sections/need"
    assert "Year end is new to me." in page
    assert "You are changing an application that was sent." in page
    assert f"{person.name.split()[0]} is changing this application since today" in there
    assert "Send your application again" in home
    assert "You took it back to change it on " in home
    assert again.status_code == 303
    assert status(stage, address) == ("submitted", False)
    changed = after.partition("What changed")[2].partition("Answers")[0]
    assert "Before: Year end is new to me." in changed
    assert "Now: Everything is new." in changed
    assert "1 change" in changed


def test_while_it_is_changed_nothing_says_that_it_was_never_sent(stage):
    person, address = sent_by(stage)
    reopen(person, address)
    place = f"{address}/sections/need"
    data = {"about": "", "version": version_on(person.browser.get(place))}

    left = post(person.browser, place, {**data, "then": "leave"})
    home = text_of(person.browser.get(left.location))
    unsent = text_of(post(person.browser, f"{address}/check"))

    for page in (home, unsent):
        assert "Your answers are saved. The reviewers wait until you send the application again." in page
        assert "not sent yet" not in page


def test_every_sending_is_kept(stage):
    person, address = sent_by(stage)
    for text in ("Second.", "Third."):
        reopen(person, address)
        answer(person, address, text)
        post(person.browser, f"{address}/check")

    with stage.open():
        kept = [
            one.answers["about"]
            for one in db.session.scalars(
                select(Sending).where(Sending.application_id == address.rpartition("/")[2]).order_by(Sending.sent_at)
            )
        ]
    assert kept == [["Year end is new to me."], ["Second."], ["Third."]]


def test_reviewers_are_told_only_where_the_program_says_so(app, tmp_path, stage):
    told = changing(app, tmp_path, tell_changes=True)
    found = []
    for each in (stage, told):
        reviewer = a_helper(each, "reviewer", committee=COMMITTEE)
        person, address = sent_by(each)
        reopen(person, address)
        answer(person, address, "Everything is new.")
        post(person.browser, f"{address}/check")
        found.append((letters(each, reviewer, "reviewer-waiting"), letters(each, reviewer, "application-changed")))

    assert found == [(1, 0), (1, 1)]


@pytest.mark.parametrize("act", ["note", "vote", "asked"])
def test_once_a_reviewer_has_begun_it_stays_as_it_is(app, tmp_path, stage, act):
    if act == "vote":
        stage = changing(app, tmp_path, quorum=2)
    reviewer = a_helper(stage, "reviewer", committee=COMMITTEE)
    person, address = sent_by(stage)
    if act == "note":
        post(reviewer.browser, f"/staff{address}/notes", {"note": "Looks well."})
    elif act == "vote":
        assert vote(reviewer, address.rpartition("/")[2], "approve").status_code == 303
    else:
        decide(reviewer, address.rpartition("/")[2], "returned", reason="What is new?")
        post(person.browser, f"{address}/check", {"unchanged": "yes"})

    page = text_of(person.browser.get(address))
    refused = reopen(person, address)

    assert "A reviewer has begun to work on it, so it can no longer be changed." in page
    assert "If something is wrong, write to staff; or withdraw it and apply again." in page
    assert "Change the application" not in page
    assert refused.status_code == 409
    assert status(stage, address) == ("submitted", False)


def test_until_the_decision_where_the_program_says_so(app, tmp_path):
    stage = changing(app, tmp_path, change_until="decision", quorum=2)
    reviewer = a_helper(stage, "reviewer", committee=COMMITTEE)
    person, address = sent_by(stage)
    assert vote(reviewer, address.rpartition("/")[2], "approve").status_code == 303

    assert reopen(person, address).status_code == 303
    answer(person, address, "Everything is new.")
    post(person.browser, f"{address}/check")
    waiting = text_of(reviewer.browser.get("/staff/applications/?queue=mine"))

    assert person.name in waiting, "what was sent again is voted on anew"


def test_never_where_the_program_says_so(app, tmp_path):
    stage = changing(app, tmp_path, change_until="never")
    person, address = sent_by(stage)

    assert "an application is not changed once it is sent" in text_of(person.browser.get(address))
    assert reopen(person, address).status_code == 409


def test_left_as_it_was_sent_it_keeps_its_place_and_its_files(stage):
    person = a_person(stage, "Lea")
    address = f"/applications/{apply(person, 'mentor', offers({'payroll': 9}))}"
    place = f"{address}/sections/experience"

    def save(*files, **more):
        data = {"version": version_on(person.browser.get(place)), **offers({"payroll": 9})[0], **more}
        data["papers"] = [(io.BytesIO(content), name) for name, content in files]
        return post(person.browser, place, data, content_type="multipart/form-data")

    reopen(person, address)
    save(("first.pdf", b"%PDF-1"))
    post(person.browser, f"{address}/check")
    with stage.open():
        before = db.session.scalars(
            select(Application.status_since).where(Application.id == address.rpartition("/")[2])
        ).one()
    reopen(person, address)
    page = person.browser.get(place).get_data(as_text=True)
    file_id = page.partition('name="remove" value="')[2][:36]
    save(remove=file_id)
    save(("second.pdf", b"%PDF-2"), background="Dropped.")

    left = leave(person, address)
    shown = text_of(person.browser.get(address))
    with stage.open():
        after = db.session.scalars(
            select(Application.status_since).where(Application.id == address.rpartition("/")[2])
        ).one()

    assert left.status_code == 303
    assert (status(stage, address), after) == (("submitted", False), before)
    assert "first.pdf" in shown
    assert "second.pdf" not in shown
    assert "Dropped." not in shown


def test_sent_again_unchanged_it_keeps_its_place(stage, staff):
    person, address = sent_by(stage)
    reopen(person, address)

    said = text_of(person.browser.get(post(person.browser, f"{address}/check").location))

    assert status(stage, address) == ("submitted", False)
    assert "Your application is as you sent it, and with the reviewers again." in said
    assert "What changed" not in text_of(staff.browser.get(f"/staff{address}"))


def test_nobody_decides_while_it_is_changed(stage, staff):
    person, address = sent_by(stage)
    reopen(person, address)

    refused = decide(staff, address.rpartition("/")[2])

    assert refused.status_code == 409
    assert f"{person.name} took this application back to change it." in text_of(refused)


def test_others_cannot_open_it_and_what_is_not_changed_cannot_be_left(app, stage, tmp_path):
    _person, address = sent_by(stage)
    other, elsewhere = a_person(stage, "Otha"), a_person(changing(app, tmp_path), "Outa")

    assert [reopen(one, address).status_code for one in (other, elsewhere)] == [404, 404]
    assert leave(_person, address).status_code == 409
    assert post(_person.browser, f"{address}/change", {"do": "sing"}).status_code == 400


def test_an_application_of_before_sendings_were_kept_opens_too(stage, staff):
    person, address = sent_by(stage)
    with stage.open():
        for one in db.session.scalars(select(Sending).where(Sending.application_id == address.rpartition("/")[2])):
            db.session.delete(one)
        db.session.commit()

    reopen(person, address)
    answer(person, address, "Everything is new.")
    post(person.browser, f"{address}/check")

    assert "Before: Year end is new to me." in text_of(staff.browser.get(f"/staff{address}"))


def asked(stage, staff, name="Retta"):
    person, address = sent_by(stage, name)
    assert decide(staff, address.rpartition("/")[2], "returned", reason="Which software?").status_code == 303
    return person, address


def test_a_question_leads_to_the_sections_in_which_it_is_answered(stage, staff):
    person, address = asked(stage, staff)

    page = person.browser.get(person.browser.get(address).location)
    alert = page.get_data(as_text=True).partition("The reviewers ask:")[2].partition("</div>")[0]

    assert page.request.path == f"{address}/check"
    assert re.findall(r'href="([^"]+)"', alert) == [f"{address}/sections/need", f"{address}/sections/practical"]


def test_a_question_is_not_spent_on_the_same_answers_unless_that_is_said(stage, staff):
    person, address = asked(stage, staff)

    page = text_of(person.browser.get(f"{address}/check"))
    refused = post(person.browser, f"{address}/check")
    between = status(stage, address)
    sent = post(person.browser, f"{address}/check", {"unchanged": "yes"})

    assert "You have changed nothing since the reviewers asked. Send it all the same?" in page
    assert refused.status_code == 409
    assert "Nothing is sent yet: you have changed nothing since the reviewers asked." in text_of(refused)
    assert between == ("returned", False)
    assert (sent.status_code, status(stage, address)) == (303, ("submitted", False))


def test_an_answered_question_is_sent_again_at_once(stage, staff):
    person, address = asked(stage, staff)
    answer(person, address, "The software of the county.")

    page = text_of(person.browser.get(f"{address}/check"))
    sent = post(person.browser, f"{address}/check")

    assert "Send it again" in page
    assert "You have changed nothing" not in page
    assert (sent.status_code, status(stage, address)) == (303, ("submitted", False))


def test_the_way_back_keeps_what_is_typed_and_asks_for_nothing_more(stage):
    person = a_person(stage, "Baxa")
    address = begin(person, "mentee")
    first, second = (f"{address}/sections/{one}" for one in ("need", "practical"))
    post(person.browser, first, {**wants("payroll")[0], "version": version_on(person.browser.get(first))})

    back = post(person.browser, second, {"version": version_on(person.browser.get(second)), "then": "back"})
    post(
        person.browser, second,
        {"version": version_on(person.browser.get(second)), "ways": ["phone"], "then": "back"},
    )  # fmt: skip
    page = person.browser.get(second).get_data(as_text=True)

    assert (back.status_code, back.location) == (303, first)
    assert re.findall(r'value="([a-z]+)" checked', page) == ["phone"]
    assert 'name="then" value="back"' in page
    assert 'name="then" value="back"' not in person.browser.get(first).get_data(as_text=True)
