"""Suggestions for one mentee: shown with fit and scarcity, chosen by staff, answered by the mentor within the deadline."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.matching.models import AskState, MatchRun, MentorAsk, PoolEntry, Proposal
from tandem.notices.models import Notice
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, left_over, mentorships_of, offers, proposed, run_match, wants
from tests.pages import post, text_of

pytestmark = pytest.mark.long


def accepting(then: str = "staff"):
    def edit(program):
        program["matching"]["acceptance"] = {"by": "mentor", "within": "7d", "then": then}

    return edit


def a_pool(stage):
    """Paula suits Thora better than Ugo; Vera shares no discipline with her."""
    staff, paula = a_helper(stage), a_person(stage, "Paula", region="north")
    thora = a_person(stage, "Thora", years={"payroll": 9, "safety": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    vera = a_person(stage, "Vera", years={"transportation": 9})
    approve(
        staff,
        apply(paula, "mentee", wants("payroll", "safety")),
        apply(thora, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)),
        apply(ugo, "mentor", offers({"payroll": 9}, mentees=1)),
        apply(vera, "mentor", offers({"transportation": 9})),
    )
    return staff, paula, thora, ugo, vera


def entry_of(stage, person):
    with stage.open():
        return db.session.scalars(select(PoolEntry.id).where(PoolEntry.member_id == person.id)).one()


def page_of(stage, person):
    return f"/staff/pools/{entry_of(stage, person)}/suggestions"


def ask(stage, staff, mentee, mentor):
    return post(staff.browser, page_of(stage, mentee), {"mentor": entry_of(stage, mentor)})


def last_ask(stage):
    with stage.open():
        return db.session.scalars(select(MentorAsk.id).order_by(MentorAsk.asked_at.desc(), MentorAsk.id.desc())).first()


def states(stage):
    with stage.open():
        return list(db.session.scalars(select(MentorAsk.state).order_by(MentorAsk.id)))


def letters(stage, person):
    with stage.open():
        return list(db.session.scalars(select(Notice.template).where(Notice.address == person.email)))


def a_week_on(stage):
    with stage.open():
        day = program_today() + timedelta(days=8)
    stage.wake_on(day)


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("asking"), programs__member_to_member=accepting())


@pytest.fixture(scope="module")
def laid_out(stage, keep):
    return a_pool(stage), keep(stage)


@pytest.fixture
def pool(laid_out):
    """The module's pool, as it was for the first test."""
    people, put_back = laid_out
    yield people
    put_back()


def test_suggestions_are_ranked_and_others_told_why_not(stage, pool):
    staff, paula, thora, ugo, vera = pool

    page = text_of(staff.browser.get(page_of(stage, paula)))

    suggested, excluded = page.split("Not suggested, and why")
    assert suggested.index(thora.name) < suggested.index(ugo.name)
    assert "no match run yet, so nobody is scarce" in suggested
    assert vera.name not in suggested.partition("the best first")[2]
    assert vera.name in excluded
    assert "Nothing in common. Asked for: " in excluded


def test_a_yes_begins_the_mentorship(stage, pool):
    staff, paula, thora, _ugo, _vera = pool

    assert ask(stage, staff, paula, thora).status_code == 303
    place = f"/asked/{last_ask(stage)}"
    waiting = text_of(staff.browser.get(page_of(stage, paula)))
    letter = letters(stage, thora)
    page = text_of(thora.browser.get(place))
    assert mentorships_of(paula) == []
    answered = post(thora.browser, place, {"do": "yes"})

    assert f"{thora.name} has been asked" in waiting
    assert "mentor-asked" in letter
    assert f"Would you be the mentor of {paula.name}?" in page
    assert answered.status_code == 303
    assert mentorships_of(paula) == mentorships_of(thora) != []
    assert states(stage) == [AskState.ACCEPTED]
    assert "match-published-mentee" in letters(stage, paula)
    assert post(thora.browser, place, {"do": "no"}).status_code == 409
    a_week_on(stage)
    assert states(stage) == [AskState.ACCEPTED]


def test_nobody_else_sees_or_answers_it(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    ask(stage, staff, paula, thora)
    place = f"/asked/{last_ask(stage)}"

    assert [ugo.browser.get(place).status_code, paula.browser.get(place).status_code] == [404, 404]
    assert post(ugo.browser, place, {"do": "yes"}).status_code == 404
    assert paula.browser.get(page_of(stage, paula)).status_code in {403, 404}
    assert states(stage) == [AskState.ASKED]


def test_a_no_comes_back_to_staff_with_its_words(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    ask(stage, staff, paula, thora)

    said = post(thora.browser, f"/asked/{last_ask(stage)}", {"do": "no", "answer": "I am away until May."})
    too_long = post(thora.browser, f"/asked/{last_ask(stage)}", {"do": "no", "answer": "x" * 501})

    assert (said.status_code, too_long.status_code) == (303, 409)
    page = text_of(staff.browser.get(page_of(stage, paula)))
    assert "Said no I am away until May." in page
    assert thora.name not in page.partition("Suggested, the best first")[2].partition("Who has been asked")[0]
    assert "mentor-said-no" in letters(stage, staff)
    assert ask(stage, staff, paula, ugo).status_code == 303
    assert states(stage) == [AskState.DECLINED, AskState.ASKED]


def test_silence_lapses_and_staff_are_told(stage, pool):
    staff, paula, thora, _ugo, _vera = pool
    ask(stage, staff, paula, thora)

    a_week_on(stage)

    assert states(stage) == [AskState.LAPSED]
    assert "mentor-did-not-answer" in letters(stage, staff)
    late = post(thora.browser, f"/asked/{last_ask(stage)}", {"do": "yes"})
    assert late.status_code == 409
    assert mentorships_of(paula) == []


def test_the_next_one_is_asked_where_the_program_says_so(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=accepting("next"))
    staff, paula, thora, ugo, _vera = a_pool(stage)
    ask(stage, staff, paula, thora)

    a_week_on(stage)
    assert states(stage) == [AskState.LAPSED, AskState.ASKED]
    assert "mentor-asked" in letters(stage, ugo)
    post(ugo.browser, f"/asked/{last_ask(stage)}", {"do": "no"})

    # Nobody is left: now it is staff's turn, and nobody is asked twice.
    assert states(stage) == [AskState.LAPSED, AskState.DECLINED]
    assert letters(stage, staff).count("mentor-said-no") == 1


def test_without_acceptance_the_choice_begins_the_mentorship(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, paula, thora, _ugo, _vera = a_pool(stage)

    assert ask(stage, staff, paula, thora).status_code == 303

    assert mentorships_of(paula) == mentorships_of(thora) != []
    assert states(stage) == []
    assert ask(stage, staff, paula, thora).status_code == 409


def test_without_acceptance_it_asks_before_the_mentorship_begins(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, paula, thora, _ugo, _vera = a_pool(stage)

    page = staff.browser.get(page_of(stage, paula))

    asked = r'<details class="td-ask"><summary[^>]*>Match<span class="visually-hidden"> [^<]*</span></summary>(.*?)</details>'
    found = re.findall(asked, page.get_data(as_text=True), flags=re.DOTALL)
    assert len(found) == 2
    for one in found:
        assert "This begins the mentorship and tells both. It cannot be taken back." in one
        assert "<form" in one
        assert "Begin the mentorship" in one
    assert "<form" not in re.sub(asked, "", _part_of_suggested(page), flags=re.DOTALL)
    assert thora.name in text_of(page)


def test_what_staff_said_of_the_pair_stands_with_the_suggestion(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    run = run_match(stage, staff)
    with stage.open():
        pair = db.session.scalars(select(Proposal.id)).one()
    place = page_of(stage, paula)
    aside = "Staff set this pair aside in the last run."
    assert aside not in text_of(staff.browser.get(place))

    post(staff.browser, f"{run}/pairs/{pair}", {"do": "decline"})
    page = text_of(staff.browser.get(place))
    assert page.count(aside) == 1
    assert f"{thora.name} {aside}" in page
    assert f"{ugo.name} {aside}" not in page

    ids = {"mentee": entry_of(stage, paula), "mentor": entry_of(stage, thora)}
    post(staff.browser, f"{run}/locks", {**ids, "kind": "apart"})
    page = text_of(staff.browser.get(place))
    assert aside not in page
    assert f"{thora.name} Kept apart: “staff keep them apart”." in page.split("Not suggested, and why")[1]


def test_how_many_are_not_suggested_and_why(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    rena, zoe = (a_person(stage, name, years={"payroll": 9}, region="south") for name in ("Rena", "Zoe"))
    approve(staff, *(apply(one, "mentor", offers({"payroll": 9}, mentees=1)) for one in (rena, zoe)))
    post(staff.browser, f"/staff/pools/{entry_of(stage, rena)}", {"do": "pause"})
    post(staff.browser, f"/staff/pools/{entry_of(stage, zoe)}", {"do": "places", "places": "0"})
    place = page_of(stage, paula)

    def said():
        return text_of(staff.browser.get(place)).partition("Suggested")[2].partition("Not suggested, and why")[0]

    assert (
        "2 of 5 are suggested. Not suggested: 1 whom a rule keeps away, 1 without a free place and 1 at rest." in said()
    )

    ask(stage, staff, paula, ugo)
    post(ugo.browser, f"/asked/{last_ask(stage)}", {"do": "no"})
    run = run_match(stage, staff)
    post(staff.browser, f"{run}/locks",
         {"mentee": entry_of(stage, paula), "mentor": entry_of(stage, thora), "kind": "apart"})  # fmt: skip
    assert (
        "0 of 5 are suggested. Not suggested: 1 whom a rule keeps away, 1 without a free place, 1 kept apart from them, "
        "1 at rest and 1 asked already, without a yes."
    ) in said()


def _part_of_suggested(page):
    return page.get_data(as_text=True).partition('id="best"')[2].partition("</section>")[0]


def test_a_mentor_who_leaves_meanwhile_is_not_waited_for(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    ask(stage, staff, paula, thora)

    left = post(staff.browser, f"/staff/pools/{entry_of(stage, thora)}", {"do": "leave"})

    assert left.status_code == 303
    assert states(stage) == [AskState.WITHDRAWN]
    assert post(thora.browser, f"/asked/{last_ask(stage)}", {"do": "yes"}).status_code == 409
    assert ask(stage, staff, paula, thora).status_code == 409
    assert ask(stage, staff, paula, ugo).status_code == 303


def test_a_promised_place_and_its_mentee_are_in_no_match(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    quinn = a_person(stage, "Quinn", region="north")
    approve(staff, apply(quinn, "mentee", wants("payroll", "safety")))
    ask(stage, staff, paula, thora)

    page = staff.browser.get(run_match(stage, staff))

    assert proposed(page) == {(quinn.name, ugo.name)}
    assert left_over(page) == {}
    assert ask(stage, staff, quinn, thora).status_code == 409


def test_two_staff_members_at_once_ask_one_mentor(stage, pool):
    staff, paula, thora, ugo, _vera = pool
    other = a_helper(stage)
    page, entries = page_of(stage, paula), [entry_of(stage, thora), entry_of(stage, ugo)]

    with ThreadPoolExecutor(2) as both:
        tries = [
            both.submit(post, who.browser, page, {"mentor": entry})
            for who, entry in zip((staff, other), entries, strict=True)
        ]
        codes = sorted(one.result().status_code for one in tries)

    assert codes == [303, 409]
    assert states(stage) == [AskState.ASKED]


def test_staff_take_an_ask_back(stage, pool):
    staff, paula, thora, _ugo, _vera = pool
    ask(stage, staff, paula, thora)

    taken = post(staff.browser, f"{page_of(stage, paula)}/{last_ask(stage)}/withdraw")

    assert taken.status_code == 303
    assert states(stage) == [AskState.WITHDRAWN]
    assert "Staff no longer wait for this answer." in text_of(thora.browser.get(f"/asked/{last_ask(stage)}"))


def test_scarcity_is_the_price_of_the_last_run(stage, pool):
    staff, paula, thora, _ugo, _vera = pool
    others = [a_person(stage, name, region="north") for name in ("Quinn", "Rosa")]
    approve(staff, *(apply(other, "mentee", wants("payroll", "safety")) for other in others))
    run_match(stage, staff)

    page = text_of(staff.browser.get(page_of(stage, paula)))

    assert "scarcity from the match run of" in page
    with stage.open():
        prices = db.session.scalars(select(MatchRun.prices)).one()
    assert prices[str(entry_of(stage, thora))] > 0


def test_a_retiree_reads_the_promise_again_before_the_yes(stage, pool):
    staff, paula = pool[:2]
    rhea = a_person(stage, "Rhea", type="retiree", years={"payroll": 20})
    approve(
        staff,
        apply(rhea, "mentor", offers({"payroll": 20}, promise=True)),
    )
    ask(stage, staff, paula, rhea)

    page = text_of(rhea.browser.get(f"/asked/{last_ask(stage)}"))

    assert "Your promise I will not promote consulting services to my mentee" in page
    assert f"{paula.name} works for" in page
