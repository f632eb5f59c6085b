"""Working on a run by hand: the effect is shown first, the last change can be taken back, runs and weights are compared."""

from __future__ import annotations

import csv
import io
import re
from uuid import UUID

import pytest
from sqlalchemy import event, select

from tandem.directory.models import Member
from tandem.extensions import db
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_person, by_hand, by_hand_ids, left_over, offers, proposed, publish, run_match
from tests.matching.seven import seven_matched
from tests.pages import post, text_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("workbench"))


@pytest.fixture
def room(laid_out):
    """The module's room, as it was for the first test."""
    room, put_back = laid_out
    yield room
    put_back()


@pytest.fixture(scope="module")
def laid_out(stage, keep):
    return seven_matched(stage), keep(stage)


def rows(stage):
    with stage.open():
        return {
            row.mentee_entry.member.name: (
                row.id,
                row.mentor_entry.member.name,
                row.points,
                row.state.value,
                row.by_hand,
            )
            for row in db.session.scalars(select(Proposal))
        }


def total(stage):
    with stage.open():
        return db.session.scalars(select(MatchRun.summary)).one()["points"]


def test_whoever_is_left_over_reads_which_discipline_nobody_offers(stage, room):
    staff, run, who = room

    found = left_over(staff.browser.get(run))

    assert found[who["Wim"].name].startswith(
        "Nobody with a free place offers School safety, which was asked for. Nobody may be paired with them: “"
    )


def test_a_swap_shows_its_effect_does_it_and_is_taken_back(stage, room):
    staff, run, who = room
    before = rows(stage)
    ada, bea = before[who["Ada"].name], before[who["Bea"].name]
    assert (ada[1], bea[1]) == (who["Thora"].name, who["Ugo"].name)
    page = f"{run}/pairs/{ada[0]}/swap"

    shown = text_of(staff.browser.get(page))
    told = re.search(r"([+-]\d+) points?", shown)
    assert told is not None
    swapped = post(staff.browser, page, {"other": bea[0]})

    after = rows(stage)
    assert swapped.status_code == 303
    assert after[who["Ada"].name][1:] == (who["Ugo"].name, ada[2] + int(told[1]) // 2, "confirmed", True)
    assert after[who["Bea"].name][1] == who["Thora"].name
    assert total(stage) == sum(row[2] for row in after.values())
    assert sum(row[2] for row in after.values()) - sum(row[2] for row in before.values()) == int(told[1])

    assert "Take the last change back" in text_of(staff.browser.get(run))
    assert post(staff.browser, f"{run}/undo").status_code == 303
    assert rows(stage) == before
    assert total(stage) == sum(row[2] for row in before.values())
    assert post(staff.browser, f"{run}/undo").status_code == 409


@pytest.mark.fact("C2")
def test_a_note_says_of_which_pair_it_was_written_once_that_is_swapped(stage, room):
    staff, run, who = room
    before = rows(stage)
    ada, bea = before[who["Ada"].name], before[who["Bea"].name]
    assert post(staff.browser, f"{run}/pairs/{ada[0]}/note", {"note": "They know each other."}).status_code == 303

    def notes():
        with stage.open():
            return {one.mentee_entry.member.name: one.note for one in db.session.scalars(select(Proposal)) if one.note}

    assert post(staff.browser, f"{run}/pairs/{ada[0]}/swap", {"other": bea[0]}).status_code == 303
    assert notes() == {who["Ada"].name: f"Of the pair with {who['Thora'].name}: They know each other."}
    assert post(staff.browser, f"{run}/undo").status_code == 303
    assert notes() == {who["Ada"].name: "They know each other."}


def test_a_pair_that_is_kept_together_is_not_swapped_until_that_is_lifted(stage, room):
    staff, run, who = room
    before = rows(stage)
    ada, bea = before[who["Ada"].name], before[who["Bea"].name]
    with stage.open():
        pair = db.session.get_one(Proposal, (stage.scope.association_id, UUID(str(bea[0]))))
        ids = {"mentee": pair.mentee_entry_id, "mentor": pair.mentor_entry_id}
    post(staff.browser, f"{run}/locks", {**ids, "kind": "together"})
    kept = f"{who['Bea'].name} and {who['Ugo'].name} are kept together. Lift that first."

    for one, other in ((ada, bea), (bea, ada)):
        page = f"{run}/pairs/{one[0]}/swap"
        assert kept in text_of(staff.browser.get(page))
        refused = post(staff.browser, page, {"other": other[0]})
        assert (refused.status_code, kept in text_of(refused)) == (422, True)
    assert rows(stage) == before

    post(staff.browser, f"{run}/locks", {**ids, "kind": ""})
    assert post(staff.browser, f"{run}/pairs/{ada[0]}/swap", {"other": bea[0]}).status_code == 303
    assert post(staff.browser, f"{run}/undo").status_code == 303


def test_the_swap_page_counts_the_pairs_that_it_shows(stage, room):
    staff, run, who = room

    shown = text_of(staff.browser.get(f"{run}/pairs/{rows(stage)[who['Ada'].name][0]}/swap"))

    assert "2 other pairs" in shown
    assert [f"with {who[name].name}" in shown for name in ("Ugo", "Vera")] == [True, True]
    assert f"{who['Ada'].name} with {who['Thora'].name}" not in shown


def test_the_pair_that_was_set_aside_is_offered_last_and_marked(stage, room):
    staff, run, who = room
    pair = rows(stage)[who["Ada"].name][0]
    post(staff.browser, f"{run}/pairs/{pair}/note", {"note": "They share an office."})
    post(staff.browser, f"{run}/pairs/{pair}", {"do": "decline"})
    mentee, _mentor = by_hand_ids(stage, staff, run, who["Ada"].name, who["Thora"])

    page = text_of(staff.browser.get(f"{run}/by-hand/{mentee}")).partition("the best fit first, then those set aside")[
        2
    ]

    aside = f"{who['Thora'].name} Staff set this pair aside in this run. They wrote: They share an office."
    assert aside in page
    assert page.index(who["Ugo"].name) < page.index(aside)


def test_whoever_is_kept_apart_is_marked_with_the_reason(stage, room):
    staff, run, who = room
    pair = rows(stage)[who["Ada"].name]
    with stage.open():
        found = db.session.scalars(select(Proposal).where(Proposal.id == pair[0])).one()
        ids = {"mentee": found.mentee_entry_id, "mentor": found.mentor_entry_id}
    post(staff.browser, f"{run}/locks", {**ids, "kind": "apart", "reason": "They share an office."})

    page = text_of(staff.browser.get(f"{run}/by-hand/{ids['mentee']}?q={who['Thora'].name.split()[-1]}"))

    said = "Staff keep these two apart; pairing them lifts that. They wrote: They share an office."
    assert f"{who['Thora'].name} {said}" in page


def test_one_comes_back_to_the_search_of_pairs_that_one_came_from(stage, room):
    staff, run, who = room
    pair = rows(stage)[who["Ada"].name][0]

    def to(**more):
        return post(staff.browser, f"{run}/pairs/{pair}", {"do": "confirm", **more}).location

    assert to(next=f"{run}?state=proposed") == f"{run}?state=proposed#pairs"
    assert to(next="https://elsewhere.example/") == f"{run}#pairs"
    assert to() == f"{run}#pairs"


def test_what_was_done_is_said_once_at_the_pairs_with_its_undo(stage, room):
    staff, run, who = room
    before = rows(stage)
    pair, names = before[who["Ada"].name][0], f"{who['Ada'].name} and {who['Thora'].name}"
    staff.browser.get(run)  # What was said before is shown here.

    post(staff.browser, f"{run}/pairs/{pair}", {"do": "decline"})
    page = staff.browser.get(run).get_data(as_text=True)
    top, at_pairs = page.split('id="pairs"')
    said = f"The pair of {names} is set aside. Both stay in the pool."
    assert (said in top, said in at_pairs) == (False, True)
    assert at_pairs.index(said) < at_pairs.index("Take the last change back") < at_pairs.index('id="pairs-title"')

    post(staff.browser, f"{run}/pairs/{pair}/note", {"note": "Ask Ada."})
    at_pairs = staff.browser.get(run).get_data(as_text=True).split('id="pairs"')[1]
    assert "The note is kept." in at_pairs
    assert "Take the last change back" not in at_pairs


def test_a_swap_never_makes_a_pair_without_a_common_discipline(stage, room):
    staff, run, who = room
    before = rows(stage)
    page = f"{run}/pairs/{before[who['Ada'].name][0]}/swap"

    shown = text_of(staff.browser.get(page))
    refused = post(staff.browser, page, {"other": before[who["Tess"].name][0]})

    assert "Nothing in common. Asked for: " in shown
    assert refused.status_code == 422
    assert "Nothing has been changed." in text_of(refused)
    assert rows(stage) == before


def test_a_confirmation_and_a_pair_by_hand_are_taken_back(stage, room):
    staff, run, who = room
    before = rows(stage)
    ada = before[who["Ada"].name]

    post(staff.browser, f"{run}/pairs/{ada[0]}", {"do": "decline"})
    post(staff.browser, f"{run}/undo")
    assert rows(stage) == before

    refused = by_hand(stage, staff, run, who["Wim"], who["Thora"])
    assert refused.status_code == 422
    assert list(left_over(staff.browser.get(run))) == [who["Wim"].name]
    assert rows(stage) == before


def test_confirming_all_is_taken_back(stage, room):
    staff, run, who = room
    ada = rows(stage)[who["Ada"].name][0]
    post(staff.browser, f"{run}/pairs/{ada}", {"do": "confirm"})
    before = rows(stage)

    said = text_of(post(staff.browser, f"{run}/confirm", follow_redirects=True))
    assert f"{len(before) - 1} pairs are confirmed." in said
    assert {row[3] for row in rows(stage).values()} == {"confirmed"}

    # Who was confirmed before stays so.
    assert post(staff.browser, f"{run}/undo").status_code == 303
    assert rows(stage) == before
    assert post(staff.browser, f"{run}/undo").status_code == 409


def test_notes_stay_with_the_pair(stage, room):
    staff, run, who = room
    page = f"{run}/pairs/{rows(stage)[who['Ada'].name][0]}"

    assert post(staff.browser, f"{page}/note", {"note": "Both know Rio."}).status_code == 303
    too_long = post(staff.browser, f"{page}/note", {"note": "x" * 501})

    assert "Both know Rio." in text_of(staff.browser.get(run))
    assert too_long.status_code == 422
    assert "Shorten this to 500 characters." in text_of(too_long)


def test_two_runs_stand_side_by_side(stage, room):
    staff, run, who = room
    assert "This is the only run of this pool." in text_of(staff.browser.get(f"{run}/compare"))
    post(staff.browser, f"{run}/discard")
    sam = a_person(stage, "Sam", years={"safety": 9})
    approve(staff, apply(sam, "mentor", offers({"safety": 9})))

    page = text_of(staff.browser.get(f"{run_match(stage, staff)}/compare"))

    assert "People matched 3 4" in page
    assert "3 pairs are the same in both" in page
    assert f"{who['Wim'].name} nobody {sam.name}" in page
    assert staff.browser.get(f"{run}/compare?with=01890000-0000-7000-8000-000000000000").status_code == 200


def test_other_weights_are_tried_and_not_kept(stage, room):
    staff, run, _who = room
    before = rows(stage)

    tried = text_of(staff.browser.get(f"{run}/what-if?weight-disciplines=0&weight-kind-of-need=0&weight-near=100"))
    wrong = staff.browser.get(f"{run}/what-if?weight-near=many")

    assert "People matched 3 3" in tried
    assert "Everybody would be paired with the same person." in tried
    assert wrong.status_code == 422
    assert "Enter a whole number from 0 to 100." in text_of(wrong)
    assert rows(stage) == before
    with stage.open():
        assert len(db.session.scalars(select(MatchRun.id)).all()) == 1


def test_places_are_tried_and_not_kept(stage, room):
    staff, run, who = room
    before = rows(stage)

    def tried(**values):
        return text_of(staff.browser.get(f"{run}/what-if", query_string=values))

    # Ada and Bea share Thora and Ugo; with Ugo away one of them goes without. Wim is helped by nobody's places.
    family = who["Ugo"].name.split()[1]
    fewer, more = tried(mentor=family, more="-1"), tried(mentor=family.lower(), more="+2")

    assert "People matched 3 2" in fewer
    assert f"Places of {who['Ugo'].name} (" in fewer
    assert "People matched 3 3" in more
    assert rows(stage) == before
    with stage.open():
        number = db.session.scalars(select(Member.number).where(Member.id == who["Ugo"].id)).one()
    assert "People matched 3 2" in tried(mentor=number, more="−1")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mentor": "Nobody", "more": "1"}, "None of the mentors in this pool is called so."),
        ({"more": "1"}, "Say whose places: the beginning of the family name, or the member number."),
        ({"mentor": "W"}, "Enter a whole number from 1 to 99, with a minus sign for fewer places."),
        ({"mentor": "W", "more": "0"}, "Enter a whole number from 1 to 99, with a minus sign for fewer places."),
        ({"mentor": "W", "more": "many"}, "Enter a whole number from 1 to 99, with a minus sign for fewer places."),
        ({"mentor": "Walk", "more": "1"}, "Several are called so: "),
        ({"mentor": "x" * 300, "more": "\N{SUPERSCRIPT TWO}"}, "None of the mentors in this pool is called so."),
    ],
)
def test_wrong_places_are_said_at_their_field(room, typed, said):
    staff, run, _who = room

    answer = staff.browser.get(f"{run}/what-if", query_string=typed)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "In figures" not in text_of(answer)


def test_pictures_have_their_tables(room):
    staff, run, _who = room

    page = staff.browser.get(run)

    assert "Pairs by their fit, from 0 to 100 in steps of ten" in page.get_data(as_text=True)
    assert "People left over by the first reason that applies" in page.get_data(as_text=True)
    table = text_of(page).partition("Places by what is asked for In which disciplines do you need help?")[2]
    assert "School safety 1 0 0 Payroll and benefits 2 2 2 Transportation 1 1 2 Upper bar: who asks." in table
    assert len(proposed(page)) == 3


def test_a_published_run_is_not_worked_on_any_more(stage, room):
    staff, run, who = room
    ada = rows(stage)[who["Ada"].name][0]
    publish(staff, run)

    assert post(staff.browser, f"{run}/undo").status_code == 409
    assert post(staff.browser, f"{run}/pairs/{ada}/note", {"note": "late"}).status_code == 409


def test_what_criteria_do_not_read_is_not_loaded_and_nothing_shown_changes(stage, room, monkeypatch, statements):
    """The control loads every fact: no page says anything else for it, it only asks the database more."""
    staff, run, who = room
    with stage.open():
        wim = db.session.scalars(
            select(PoolEntry).join(Member, Member.id == PoolEntry.member_id).where(Member.given_name == "Wim")
        ).one()
    ada = rows(stage)[who["Ada"].name][0]
    pages = [
        f"{run}/by-hand/{wim.id}",
        f"{run}/by-hand/{wim.id}?q=",
        f"{run}/pairs/{ada}/swap",
        f"/staff/pools/{wim.id}/suggestions",
    ]

    def looked():
        statements()
        return [(text_of(staff.browser.get(page)), statements()) for page in pages]

    looked()
    narrow = looked()
    registry = stage.app.extensions["tandem.registry"]
    for plugin in (*registry.criteria.values(), *registry.constraints.values()):
        monkeypatch.setattr(type(plugin), "reads", None)
    whole = looked()

    assert [text for text, _ in narrow] == [text for text, _ in whole]
    assert who["Thora"].name in narrow[3][0]
    assert [more - fewer for (_, fewer), (_, more) in zip(narrow, whole, strict=True)] == [3, 3, 3, 3]


def test_the_state_that_ends_a_mentorship_stands_in_the_statement_that_counts_places(stage, room):
    """As a parameter it made PostgreSQL's prepared plan expect no mentorship under way, and take a second for 2,500 mentors."""
    staff, _run, _who = room
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(" ".join(statement.split()))

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        staff.browser.get("/staff/pools/")
    finally:
        event.remove(engine, "before_cursor_execute", note)

    counting = [one for one in seen if "FROM participant AS own" in one]
    assert ["mentorship.state != 'ended'" in one for one in counting] == [True]


def test_the_file_of_the_pools_has_what_matching_goes_by(stage, room):
    staff, _run, who = room

    text = staff.browser.get("/staff/pools/export").get_data(as_text=True).removeprefix("\ufeff")
    found = {row["Given name"]: row for row in csv.DictReader(io.StringIO(text))}

    heading = (
        "In which disciplines do you need help? / "
        "In which disciplines can you help, and for how many years have you worked in each?"
    )
    assert {name: found[name][heading] for name in who} == {
        "Ada": "Payroll and benefits", "Bea": "Payroll and benefits", "Tess": "Transportation", "Wim": "School safety",
        "Thora": "Payroll and benefits", "Ugo": "Payroll and benefits", "Vera": "Transportation",
    }  # fmt: skip
