"""Staff's daily pages in a real browser: accessible, fitting on phone and desk, with keys for the queue."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.programs.models import Program
from tests.browser import sign_in
from tests.facts.test_committee import COMMITTEE, scored
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair, apply
from tests.loop.walk import a_helper, a_person, decide, vote, wants
from tests.pages import SESSION_COOKIE, post
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


def scored_and_staff(program):
    scored(program)
    program["review"]["staff_decide"] = True


@pytest.fixture(scope="module")
def house(app, mail, tmp_path_factory):
    """A committee at work: applications given out, one vote in, one refusal, one pair. Gives the people and the addresses."""
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("house"), programs__member_to_member=scored_and_staff)
    staff = a_helper(stage)
    reviewers = [a_helper(stage, "reviewer", committee=COMMITTEE) for _ in range(3)]
    mentee, mentor = a_person(stage, "Tora"), a_person(stage, "Sol", years={"payroll": 9})
    a_pair(stage, staff, mentee, mentor)
    applications = [apply(a_person(stage, name), "mentee", wants("payroll")) for name in ("Rowan", "Mina", "Ida")]
    with stage.open():
        program = db.session.scalars(select(Program.id)).one()
    post(staff.browser, "/staff/applications/committees/share", {"program": program})
    vote(reviewers[0], applications[0], "approve", **{"score-clear": "4", "score-time": "2", "note": "Clear and kind."})
    decide(
        staff, applications[2], "declined", reason="Ask your county office first.", next_steps="Apply again after that."
    )
    post(staff.browser, f"/staff/members/{mentee.id}/notes", {"note": "Prefers the telephone."})
    post(staff.browser, "/staff/views", {"page": "pools", "query": "role=mentor", "name": "Mentors"})
    first = f"/staff/applications/{applications[0]}"
    pages = [
        "/staff/", "/staff/applications/", "/staff/applications/?queue=overdue", first, f"{first}/packet",
        "/staff/applications/committees", "/staff/applications/minutes", "/staff/search?q=walker", "/staff/search",
        "/staff/search?q=nobody", f"/staff/members/{mentee.id}", "/staff/pools/?role=mentor", "/staff/pools/?region=north",
        "/staff/mentorships/?queue=silent", "/staff/members/duplicates", f"/staff/members/{mentee.id}/merge/{mentor.id}",
    ]  # fmt: skip
    return stage, staff, reviewers, applications, pages


@pytest.fixture
def enter(house, new_page, site):
    """Open a window in which one of the house's people is signed in."""
    host = house[0].scope.hostname

    def opened(person, **more):
        window = new_page(**more)
        secret = person.browser.get_cookie(SESSION_COOKIE, domain=host).value
        sign_in(window, host, secret)
        return window, lambda path: site.url(host, path)

    return opened


@pytest.mark.proof
def test_pages_are_accessible_and_fit(house, enter):
    _stage, staff, reviewers, applications, pages = house
    found = []
    for person, paths in ((staff, pages), (reviewers[1], [f"/staff/applications/{applications[0]}"])):
        window, url = enter(person)
        for number, path in enumerate(paths):
            answer = window.goto(url(path))
            assert answer.status == 200, path
            picture = f"{'staff' if person is staff else 'reviewer'}-{number:02}"
            found += [f"{path}: {problem}" for problem in problems_in_every_view(window, picture)]

    assert found == []


def test_letters_lead_through_the_queue_and_a_vote_needs_no_script(house, enter):
    _stage, staff, reviewers, applications, _pages = house
    window, url = enter(staff)
    window.goto(url(f"/staff/applications/{applications[0]}"))
    window.keyboard.press("j")
    window.wait_for_url(url(f"/staff/applications/{applications[1]}"))
    window.keyboard.press("k")
    window.wait_for_url(url(f"/staff/applications/{applications[0]}"))
    window.locator("#note").press("j")
    assert window.url == url(f"/staff/applications/{applications[0]}")

    window, url = enter(reviewers[2], scripts=False)
    window.goto(url(f"/staff/applications/{applications[1]}"))
    for name in ("score-clear", "score-time"):
        window.locator(f"input[name={name}][value='3']").check(force=True)
    window.get_by_label("For", exact=True).check()
    window.get_by_role("button", name="Vote", exact=True).click()

    window.get_by_text("Your vote is kept.").wait_for()
