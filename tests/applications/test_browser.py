"""The pages of applying in a real browser: nothing for axe to find, nothing wider than the window, files without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.directory.models import Membership
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.identity.models import Account
from tandem.matching.models import MentorAsk, PoolEntry
from tests.applications.steps import JPEG, PDF, experience, rest, show, strict
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, begin, day, offers, wants
from tests.pages import post, session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


def secret_of(stage, person):
    """The cookie's value of a new session of somebody."""
    with stage.open():
        return session_for(db.session.scalars(select(Account).where(Account.email == person.email)).one())


def edited(program):
    strict(program)
    program["roles"]["mentor"]["eligibility"]["all"][0].pop("evidence")
    program["roles"]["mentor"]["eligibility"]["all"][0]["evidence"] = "required"
    program["matching"]["acceptance"] = {"by": "mentor", "within": "7d"}


@pytest.fixture
def places(app, tmp_path):
    """Addresses by the person who opens them: a draft with files, one sent, one that is changed, mentors at rest."""
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=edited)
    staff = a_helper(stage)
    drafting, sent, changing = (a_person(stage, name) for name in ("Drafta", "Senta", "Changa"))
    draft, done, opened = (begin(person, "mentor") for person in (drafting, sent, changing))
    for person, address in ((drafting, draft), (sent, done), (changing, opened)):
        experience(person, address, ("letter from my employer.pdf", PDF), ("certificate.jpg", JPEG), then="upload")
        rest(person, address)
        show(person, address, "experience", ("years at the district office, signed and stamped.pdf", PDF))
    page = drafting.browser.get(f"{draft}/sections/experience").get_data(as_text=True)
    experience(drafting, draft, remove=page.partition('name="remove" value="')[2][:36])
    post(sent.browser, f"{done}/check")
    post(sent.browser, f"{done}/change", {"do": "begin"})
    experience(sent, done, background="Twenty year ends, and two new systems.")
    post(sent.browser, f"{done}/check")
    post(changing.browser, f"{opened}/check")
    post(changing.browser, f"{opened}/change", {"do": "begin"})
    fresh = a_person(stage, "Fresha")
    waiting = f"/applications/{apply(fresh, 'mentee', wants('payroll'))}"
    begun = a_person(stage, "Beguna")
    fixed = f"/applications/{apply(begun, 'mentee', wants('payroll'))}"
    post(staff.browser, f"/staff{fixed}/notes", {"note": "Looks well."})
    full, resting, gone = (a_person(stage, name, years={"payroll": 9}) for name in ("Fulla", "Resta", "Gona"))
    approve(staff, *(apply(one, "mentor", offers({"payroll": 9}, mentees=2)) for one in (full, resting, gone)))
    paula = a_person(stage, "Paula")
    approve(staff, apply(paula, "mentee", wants("payroll")))
    with stage.open():
        entries = dict(db.session.execute(select(PoolEntry.member_id, PoolEntry.id)).all())
    post(staff.browser, f"/staff/pools/{entries[full.id]}", {"do": "places", "places": "0"})
    from tandem.clocks import program_today

    with stage.open():
        until = program_today().replace(year=program_today().year + 1)
    post(resting.browser, f"/home/pool/{entries[resting.id]}", {"do": "pause", **day("until", until)})
    asked = a_person(stage, "Aska", years={"payroll": 9})
    approve(staff, apply(asked, "mentor", offers({"payroll": 9})))
    with stage.open():
        entries = dict(db.session.execute(select(PoolEntry.member_id, PoolEntry.id)).all())
    post(staff.browser, f"/staff/pools/{entries[paula.id]}/suggestions", {"mentor": entries[asked.id]})
    post(gone.browser, f"/home/pool/{entries[gone.id]}", {"do": "leave"})
    with stage.open():
        ask = db.session.scalars(select(MentorAsk.id)).one()
    by_person = {
        drafting: [f"{draft}/sections/experience", f"{draft}/check"],
        sent: [done],
        changing: [f"{opened}/sections/experience", "/home"],
        fresh: [waiting],
        begun: [fixed],
        resting: ["/home"],
        gone: ["/home"],
        asked: [f"/asked/{ask}"],
        staff: [f"/staff{done}", f"/staff{opened}", "/staff/pools/?state="],
    }
    with stage.open():
        secrets = {
            session_for(db.session.scalars(select(Account).where(Account.email == who.email)).one()): paths
            for who, paths in by_person.items()
        }
        db.session.commit()
    return stage.scope.hostname, secrets


@pytest.mark.proof
def test_pages_are_accessible_and_fit(places, site, new_page):
    host, by_person = places
    found, number = [], 0
    for secret, paths in by_person.items():
        window = new_page()
        sign_in(window, host, secret)
        for path in paths:
            assert window.goto(site.url(host, path)).status == 200, path
            for fold in window.locator("main .td-more > summary").all()[:3]:
                if fold.is_visible():
                    fold.click()
            for choice in window.locator("input[value=rest]").all():
                choice.check()
            number += 1
            found += [f"{path}: {problem}" for problem in problems_in_every_view(window, f"applying-{number:02}")]

    assert found == []


def test_the_enter_key_goes_on_and_does_not_leave(app, site, new_page, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    person = a_person(stage, "Enta")
    secret = secret_of(stage, person)
    address = begin(person, "mentee")
    window = new_page()
    sign_in(window, stage.scope.hostname, secret)

    window.goto(site.url(stage.scope.hostname, f"{address}/sections/practical"))
    window.get_by_label("Phone").check()
    window.get_by_label("Hours").fill("3")
    window.get_by_label("Hours").press("Enter")
    window.wait_for_url("**/check")

    with stage.open():
        answers = db.session.scalars(select(Submission)).one().answers
    assert answers["ways"] == ["phone"]


def test_back_to_a_refused_section_does_not_send_it_again(app, site, new_page, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    person = a_person(stage, "Backa")
    secret = secret_of(stage, person)
    address = begin(person, "mentee")
    window = new_page()
    sign_in(window, stage.scope.hostname, secret)
    sent = []
    window.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    window.goto(site.url(stage.scope.hostname, f"{address}/sections/need"))
    window.fill("#about", "Half of an answer.")
    window.get_by_role("button", name="Save and continue").last.click()
    window.wait_for_selector(".td-errors")
    window.get_by_role("link", name="Check and send").first.click()
    window.wait_for_url("**/check")
    window.get_by_role("button", name="Send the application").click()
    window.wait_for_selector(".td-errors")
    window.goto(site.url(stage.scope.hostname, "/home"))
    for place in ("/check", "/sections/need"):
        while not window.url.endswith(place):
            window.go_back()
        assert window.locator(".td-errors").count() == 0

    assert len(sent) == 2
    assert window.input_value("#about") == "Half of an answer."


def test_what_is_half_typed_stays_while_another_form_of_the_page_is_sent(app, tmp_path, site, page):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Halva")
    address = f"/staff/applications/{apply(person, 'mentee', wants('payroll'))}"
    secret = secret_of(stage, staff)
    sign_in(page, stage.scope.hostname, secret)
    page.goto(site.url(stage.scope.hostname, address))

    def typed():
        words = page.get_by_label("What can be done next").input_value()
        return page.get_by_label("Do not approve").is_checked(), page.locator("#reason").input_value(), words

    page.get_by_label("Do not approve").check()
    page.locator("#reason").fill("The need is not said.")
    page.get_by_label("What can be done next").fill("Say what you need.")
    page.get_by_label("Add a note").fill("Ask Ruth about them.")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_text("Ask Ruth about them.").wait_for()
    after_the_note = typed()
    page.get_by_label("Add a note").fill("A second one, not yet added.")
    page.get_by_role("button", name="See the letter").click()
    page.get_by_role("button", name="Back without deciding").click()
    after_the_letter = (*typed(), page.get_by_label("Add a note").input_value())
    page.goto(site.url(stage.scope.hostname, "/staff/applications/"))
    page.goto(site.url(stage.scope.hostname, address))

    words = (True, "The need is not said.", "Say what you need.")
    assert after_the_note == words
    assert after_the_letter == (*words, "A second one, not yet added.")
    assert typed() == (False, "", "")
    assert page.get_by_label("Add a note").input_value() == ""


def test_an_address_that_may_not_be_copied_is_shown(app, site, new_page, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    window = new_page(size="phone")
    window.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    window.goto(site.url(stage.scope.hostname, "/programs/member-to-member"))
    share = window.locator(".td-passon")

    share.get_by_role("button", name="Copy the link").click()

    said = share.get_by_role("status")
    said.filter(has_text="Copy the address from here: http").wait_for()
    assert said.inner_text().endswith("/programs/member-to-member")
    assert [button.bounding_box()["height"] for button in share.locator(".btn").all()] == [44, 44]


def test_a_refused_decision_stays_typed_while_what_it_wants_is_done(app, tmp_path, site, page):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Wanda")
    with stage.open():
        held = db.session.scalars(select(Membership).where(Membership.member_id == person.id)).one()
        held.paid_through = program_today() - timedelta(days=3)
        db.session.commit()
    address = f"/staff/applications/{apply(person, 'mentee', wants('payroll'))}"
    secret = secret_of(stage, staff)
    sign_in(page, stage.scope.hostname, secret)
    page.goto(site.url(stage.scope.hostname, address))

    def typed():
        words = page.get_by_label("What can be done next").input_value()
        return page.locator("input[name=outcome][value=approved]").is_checked(), words

    page.locator("input[name=outcome][value=approved]").check()
    page.get_by_label("What can be done next").fill("Bring a colleague.")
    page.get_by_role("button", name="See the letter").click()
    page.wait_for_selector(".td-errors")
    page.get_by_label("Add a note").fill("They know the field.")
    page.get_by_role("button", name="Add the note").click()
    page.locator("article", has_text="They know the field.").wait_for()
    after_the_note = typed()
    page.locator(".td-verdict-actions summary").first.click()
    page.locator("input[id^=reason-]").first.fill("The board knows them.")
    page.locator(".td-verdict-actions button").first.click()
    page.get_by_text(": The board knows them.").wait_for()

    assert (after_the_note, typed()) == ((True, "Bring a colleague."), (True, "Bring a colleague."))
    # What the page itself suggested for the open requirement goes with it.
    assert page.locator("#reason").input_value() == ""
