"""The mentorship's pages in a real browser: a pair and a group, before and after the end, and what staff see."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.mentorships.models import MeetingPlan
from tandem.mentorships.touch import ask_the_silent
from tests.browser import sign_in
from tests.loop.cohorts import WOOD, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.pages import SESSION_COOKIE, post
from tests.views import problems_in_every_view, thorough

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scenes(app, tmp_path_factory):
    """A busy pair, a new one, a silent one, one that has ended, and a group."""
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("pages"))
    busy, fresh, ended = a_pairing(stage, since=45), a_pairing(stage), a_pairing(stage)
    french = set_cohorts(app, tmp_path_factory.mktemp("french"))
    group = a_pairing(french, mentees=3, program=WOOD)
    with stage.open():
        today = program_today()
    for back, minutes in ((3, "60"), (17, "45"), (31, "90"), (40, "30")):
        held = {**day("held_on", today - timedelta(days=back)), "minutes": minutes, "way": "phone"}
        post(busy.mentee.browser if back > 5 else busy.mentor.browser, f"{busy.place}/meetings", held)
    _lively(busy, "phone", today)
    _lively(group, "atelier", today)
    over = _plan(stage, busy, "phone", today)
    with stage.open():
        plan = db.session.query(MeetingPlan).where(MeetingPlan.id == over.rpartition("/")[2]).one()
        plan.starts_at = program_now() - timedelta(hours=2)
        db.session.commit()
    post(ended.mentee.browser, f"{ended.place}/end", {"reason": "completed"})
    given = {"helped": "mostly", "remarks": "Patient and clear.", "thanks": "You made year end look easy."}
    of = re.search(
        r'href="([^"]*/evaluations/of-the-mentor[^"]*)"', ended.mentee.browser.get(ended.place).get_data(as_text=True)
    )
    post(ended.mentee.browser, of[1].replace("&amp;", "&"), given)
    post(busy.mentee.browser, f"{busy.place}/concern", {"body": "We never find a time."})
    return stage, french, busy, fresh, ended, group, over


def _lively(pair, way, today):
    for person, body in (
        (pair.mentee, "Would Thursday suit you? I have the draft budget with me, and two questions about the reserve."),
        (pair.mentor, "It would. Bring the draft.\n\nAnd the question about the reserve."),
        (pair.mentee, "I will."),
    ):
        post(person.browser, f"{pair.place}/messages", {"body": body})
    post(pair.mentee.browser, f"{pair.place}/goals", {"body": "Close the year on my own by June"})
    page = pair.mentor.browser.get(pair.place).get_data(as_text=True)
    goal = re.search(r'action="([^"]*/goals/[0-9a-f-]{36})"', page)[1]
    post(pair.mentor.browser, goal, {"body": "Close the year on my own by July", "state": "open"})
    for body, ahead in (("Send the template for the year-end list", 4), ("Read the reserve policy", 9)):
        post(
            pair.mentee.browser,
            f"{pair.place}/follow-ups",
            {"body": body, **day("due_on", today + timedelta(days=ahead))},
        )
    post(
        pair.mentee.browser,
        f"{pair.place}/journal",
        {"body": "I was less nervous than I expected.", "visibility": "self"},
    )
    times = {}
    for number, ahead in enumerate((4, 6), 1):
        times |= day(f"time{number}", today + timedelta(days=ahead)) | {f"time{number}-clock": "16:00"}
    post(pair.mentor.browser, f"{pair.place}/plan", {**times, "minutes": "45", "way": way})


def _plan(stage, pair, way, today):
    times = day("time1", today + timedelta(days=1)) | {"time1-clock": "10:00"}
    before = set(_plans(pair))
    post(pair.mentee.browser, f"{pair.place}/plan", {**times, "minutes": "45", "way": way})
    (plan,) = set(_plans(pair)) - before
    page = pair.mentor.browser.get(plan).get_data(as_text=True)
    post(pair.mentor.browser, plan, {"time": re.findall(r'value="(2[0-9-]{9}T[^"]+)"', page)[0]})
    return plan


def _plans(pair):
    return re.findall(
        rf'href="({pair.place}/plans/[0-9a-f-]{{36}})"', pair.mentor.browser.get(pair.place).get_data(as_text=True)
    )


def _pages(scenes):
    stage, french, busy, fresh, ended, group, over = scenes
    proposed = next(plan for plan in _plans(busy) if plan != over)
    concern = re.search(
        r'href="(/staff/concerns/[0-9a-f-]{36})"', busy.staff.browser.get("/staff/concerns/").get_data(as_text=True)
    )[1]
    said = re.search(
        r'href="(/staff/evaluations/[0-9a-f-]{36})"',
        busy.staff.browser.get("/staff/evaluations/").get_data(as_text=True),
    )[1]
    with stage.open():
        ask_the_silent()
    return [
        ("busy-mentee", stage, busy.mentee, busy.place),
        ("busy-mentor", stage, busy.mentor, busy.place),
        ("new", stage, fresh.mentee, fresh.place),
        ("ended-mentee", stage, ended.mentee, ended.place),
        ("ended-mentor", stage, ended.mentor, ended.place),
        ("evaluation", stage, ended.mentee, f"{ended.place}/evaluations/of-the-mentor?{_about(ended)}"),
        ("messages", stage, busy.mentor, f"{busy.place}/messages"),
        ("messages-empty", stage, fresh.mentor, f"{fresh.place}/messages"),
        ("propose", stage, busy.mentee, f"{busy.place}/plan"),
        ("plan-proposed", stage, busy.mentee, proposed),
        ("plan-met", stage, busy.mentee, f"{over}/met"),
        ("concern", stage, busy.mentee, f"{busy.place}/concern"),
        ("in-touch", stage, busy.mentee, f"{busy.place}/in-touch"),
        ("start", stage, fresh.mentee, "/programs/member-to-member/apply/mentor"),
        ("group-mentor", french, group.mentor, group.place),
        ("group-mentee", french, group.mentee, group.place),
        ("group-messages", french, group.mentees[1], f"{group.place}/messages"),
        ("staff-mentorship", stage, busy.staff, f"/staff{busy.place}"),
        ("staff-evaluations", stage, busy.staff, "/staff/evaluations/"),
        ("staff-evaluation", stage, busy.staff, said),
        ("staff-concerns", stage, busy.staff, "/staff/concerns/"),
        ("staff-concern", stage, busy.staff, concern),
    ]


def _about(pair):
    page = pair.mentee.browser.get(pair.place).get_data(as_text=True)
    return re.search(r"evaluations/of-the-mentor\?(about=[0-9a-f-]{36})", page)[1]


#: How many folds of the page are closed, and what opens them. Only proofs look at a page with its folds closed as well.
_FOLDS = "document.querySelectorAll('main details:not([open])').length"
_OPEN_ALL = "document.querySelectorAll('main details:not([open])').forEach(one => { one.open = true })"


@pytest.mark.proof
def test_pages_are_accessible_and_fit(scenes, site, new_page):
    window = new_page()
    window.set_default_timeout(60_000)
    found = []
    for name, stage, person, path in _pages(scenes):
        host = stage.scope.hostname
        cookie = person.browser.get_cookie(SESSION_COOKIE, domain=host).value
        sign_in(window, host, cookie)
        answer = window.goto(site.url(host, path))
        assert answer.status == 200, path
        folds = window.evaluate(_FOLDS)
        if thorough() or not folds:
            found += [f"{name}: {problem}" for problem in problems_in_every_view(window, name)]
        if folds:
            window.evaluate(_OPEN_ALL)
            found += [f"{name}-open: {problem}" for problem in problems_in_every_view(window, f"{name}-open")]

    assert found == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_press_sends_a_message_once(scenes, site, new_page, scripts):
    stage, _french, _busy, fresh, *_rest = scenes
    host, body = stage.scope.hostname, f"Pressed twice, {'with' if scripts else 'without'} scripts."
    window, sent = new_page(scripts=scripts), []
    sign_in(window, host, fresh.mentee.browser.get_cookie(SESSION_COOKIE, domain=host).value)
    window.on("request", lambda request: sent.append(request.method))
    window.goto(site.url(host, f"{fresh.place}/messages"))
    window.get_by_label("Your message").fill(body)
    window.get_by_role("button", name="Send").dblclick()
    window.get_by_text(body).wait_for()
    window.goto(site.url(host, f"{fresh.place}/messages"))

    assert window.get_by_text(body).count() == 1
    if scripts:
        assert sent.count("POST") == 1


def test_the_weekday_stands_beside_a_day_as_it_is_typed(scenes, site, new_page):
    stage, _french, _busy, fresh, *_rest = scenes
    host, window = stage.scope.hostname, new_page()
    sign_in(window, host, fresh.mentee.browser.get_cookie(SESSION_COOKIE, domain=host).value)
    window.goto(site.url(host, f"{fresh.place}/plan"))
    first = window.get_by_role("group", name="First time")

    for month, day_of_month, year, said in (("2", "29", "2028", "Tuesday"), ("2", "30", "2028", ""), ("3", "1", "2028", "Wednesday")):  # fmt: skip
        first.get_by_label("Month").fill(month)
        first.get_by_label("Day").fill(day_of_month)
        first.get_by_label("Year").fill(year)
        assert first.locator("[data-weekday]").text_content() == said
        assert first.locator("[data-weekday]").is_visible() == bool(said)
