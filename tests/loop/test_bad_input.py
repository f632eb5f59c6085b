"""Bad input to every form and address of the loop: a clear answer, nothing changed, never a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.programs.models import Program
from tests.app_fixtures import client_at
from tests.loop.crawl import MISSING, of_a_missing_object
from tests.loop.ground import a_ground
from tests.loop.stage import set_stage
from tests.loop.walk import day, version_on
from tests.pages import post, text_of
from tests.selection import examples

LONG = "x" * 200_001
#: Texts that no field takes for anything; a proof tries them all.
JUNK = (
    "\u202e<b>½</b>", "9" * 40, "'; select 1 --",
    "-1", "1e309", "{}", "../../etc", "\ud800".encode("utf-8", "replace").decode(),
)[: examples(3, 8)]  # fmt: skip


@pytest.fixture(scope="module")
def ground(app, tmp_path_factory):
    return a_ground(set_stage(app, "casbo", tmp_path_factory.mktemp("ground")))


@pytest.fixture(scope="module")
def elsewhere(app, tmp_path_factory):
    return a_ground(set_stage(app, "casbo", tmp_path_factory.mktemp("elsewhere")))


@pytest.fixture(scope="module")
def today(ground):
    with ground.stage.open():
        return program_today()


def answered(person, address, data, statuses):
    """Send a form that has to be refused with one of ``statuses``."""
    answer = post(person.browser, address, data)
    assert answer.status_code in statuses, (
        f"{address} {str(data)[:200]} answers {answer.status_code}: {text_of(answer)[:300]}"
    )
    page = answer.get_data(as_text=True)
    assert not re.search(r">\s*None\s*:", page), f"{address} {str(data)[:200]} names no field"
    return answer


def refused(ground, person, address, data, statuses, before=None):
    """The same, and see that nothing changed since ``before`` (or now)."""
    before = before or ground.snapshot()
    answer = answered(person, address, data, statuses)
    assert ground.snapshot() == before, f"{address} {str(data)[:200]}"
    return answer


def forms(ground, today) -> dict[str, tuple[str, Mapping[str, Any], Mapping[str, tuple[Any, ...]]]]:
    """Each form: its address by name, what it takes, and for each field what it must not take; ``None`` leaves a field out."""
    no_choice = (*JUNK, "", None, LONG)
    no_day = ("", None, "abc", "0", "32", "9" * 40, "½")
    no_minutes = ("", None, "abc", "0", "-5", "25:61", "9" * 15, "1e3", "½", LONG)
    no_text = ("", None, "  \n ", LONG)
    no_id = (*JUNK, "", None, str(MISSING), str(uuid4()))
    no_rest = {
        "until-day": no_day, "until-month": (*no_day, "13"), "until-year": (*no_day, "10000", "1990", str(today.year + 4)),
    }  # fmt: skip
    meeting = {**day("held_on", today), "minutes": "45", "way": "phone"}
    spent = {**day("spent_on", today), "minutes": "45"}
    return {
        "decision": ("decision", {"outcome": "declined", "reason": "No.", "next_steps": "None.", "do": "send"}, {
            "outcome": no_choice, "reason": no_text, "next_steps": no_text,
        }),
        "decision-returned": ("decision", {"outcome": "returned", "reason": "What?", "do": "send"}, {"reason": no_text}),
        "letter": ("decision", {"outcome": "declined", "reason": "No.", "next_steps": "None."}, {
            "outcome": no_choice, "reason": no_text, "next_steps": no_text,
        }),
        "rule": ("rule", {"reason": "Known to us.", "do": "set-aside"}, {"do": (*JUNK, LONG)}),
        "notes": ("notes", {"note": "Fine."}, {"note": no_text}),
        "recusal": ("recusal", {"reason": "A friend."}, {"reason": no_text}),
        "pool": ("pool", {"do": "pause", "reason": "Later."}, {"do": no_choice}),
        "pool-places": ("pool", {"do": "places", "places": "2"}, {"places": (*JUNK, "", None, "51", "2.5", LONG)}),
        "own-pool": ("own-pool", {"do": "pause"}, {"do": no_choice}),
        "pool-until": ("pool", {"do": "pause", **day("until", today + timedelta(days=9))}, no_rest),
        "own-pool-until": ("own-pool", {"do": "pause", **day("until", today + timedelta(days=9))}, no_rest),
        "evidence": ("evidence", {}, {"file": (*JUNK, "", None, LONG), "remove": no_id[:-1], "put-back": no_id[:-1]}),
        "change": ("change", {"do": "begin"}, {"do": (*no_choice, "leave")}),
        "pair": ("pair", {"do": "confirm"}, {"do": no_choice}),
        "locks": ("locks", {"mentee": ground.left_entry, "mentor": ground.mentor_entry, "kind": "apart"}, {
            "mentee": (*no_id, ground.mentor_entry), "mentor": (*no_id, ground.left_entry), "kind": (*JUNK, LONG),
            "reason": (LONG,),
        }),
        "by-hand": ("by-hand", {"mentee": ground.left_entry, "mentor": ground.mentor_entry}, {
            "mentee": (*no_id, ground.mentor_entry), "mentor": (*no_id, ground.left_entry),
        }),
        "meetings": ("meetings", meeting, {
            "held_on-day": no_day, "held_on-month": (*no_day, "13"), "held_on-year": (*no_day, "10000", str(today.year + 1), "1990"),
            "minutes": (*no_minutes, "25:00"), "way": no_choice, "attended": (*no_id[:-3], str(MISSING)),
        }),
        "hours": ("hours", spent, {
            "spent_on-day": no_day, "spent_on-month": no_day, "spent_on-year": (*no_day, str(today.year + 1), "1990"),
            "minutes": no_minutes, "about": (LONG, "y" * 201),
        }),
        "goals": ("goals", {"body": "A goal."}, {"body": (*no_text, "y" * 1_001)}),
        "follow-ups": ("follow-ups", {"body": "A thing."}, {"body": (*no_text, "y" * 1_001)}),
        "concern": ("concern", {"body": "A worry."}, {"body": (*no_text, "y" * 5_001)}),
        "messages": ("messages", {"body": "A line."}, {"body": (*no_text, "y" * 10_001)}),
        "journal": ("journal", {"body": "A thought.", "visibility": "self"}, {
            "body": (*no_text, "y" * 10_001), "visibility": (*JUNK, LONG, "staff", "public"),
        }),
        "journal-entry": ("journal-entry", {"body": "Another."}, {"body": (*no_text, "y" * 10_001)}),
        "reassignment": ("reassignment", {"reason": "Please."}, {"reason": (*no_text, "y" * 2_001)}),
        "end": ("end", {"reason": "completed"}, {"reason": (*no_choice, "ended-by-mentor", "ended-by-staff"), "note": (LONG,)}),
        "staff-end": ("staff-end", {"reason": "completed"}, {
            "reason": (*no_choice, "ended-by-mentee", "reassigned"), "note": (LONG,),
        }),
        "answer": ("answer", {"do": "refuse", "answer": "Not now."}, {"do": no_choice, "answer": (*no_text, "y" * 2_001)}),
    }  # fmt: skip


FORMS = (
    "decision", "decision-returned", "letter", "rule", "notes", "recusal", "pool", "pool-places", "own-pool", "pool-until",
    "own-pool-until", "evidence", "change", "pair", "locks", "by-hand",
    "meetings", "hours", "goals", "follow-ups", "concern", "messages", "journal", "journal-entry", "reassignment", "end", "staff-end", "answer",
)  # fmt: skip


def test_every_form_is_tried(ground, today):
    assert set(forms(ground, today)) == set(FORMS)


@pytest.mark.proof
@pytest.mark.parametrize("name", FORMS)
def test_a_form_refuses_what_it_cannot_take(ground, today, name):
    form, valid, fields = forms(ground, today)[name]
    person, address = ground.addresses()[form]
    before = ground.snapshot()
    for field, values in fields.items():
        for value in values:
            data = {key: given for key, given in {**valid, field: value}.items() if given is not None}
            answer = answered(person, address, data, {400, 404, 409, 413, 422})
            if answer.status_code == 422:
                assert 'class="td-errors' in answer.get_data(as_text=True) or "Go back" in text_of(answer), (
                    field,
                    value,
                )
        assert ground.snapshot() == before, field


@pytest.mark.parametrize("name", FORMS)
def test_a_form_refuses_a_nul_character(ground, today, name):
    form, valid, fields = forms(ground, today)[name]
    person, address = ground.addresses()[form]
    before = ground.snapshot()
    for field in fields:
        refused(ground, person, address, {**valid, field: "a\0b"}, {400, 404, 422}, before)
    refused(ground, person, address, {**valid, "n\0": "x"}, {400}, before)


def test_a_form_without_its_token_is_refused(ground, today):
    for form, valid, _fields in forms(ground, today).values():
        person, address = ground.addresses()[form]
        before = ground.snapshot()
        answer = person.browser.post(address, data=valid)
        assert answer.status_code == 400
        assert "This form was no longer valid" in text_of(answer)
        assert ground.snapshot() == before


class TestDraft:
    """The form of an application, which keeps what was typed and says what to mend."""

    def save(self, ground, section, data):
        place = f"/applications/{ground.draft}/sections/{section}"
        version = version_on(ground.newcomer.browser.get(place))
        return post(ground.newcomer.browser, place, {"version": version, **data})

    @pytest.mark.parametrize(
        ("section", "data", "says"),
        [
            ("need", {"needs": ["payroll", "no-such"]}, "Choose from the answers that are offered."),
            ("need", {"needs": []}, "Choose at least one"),
            ("need", {"needs": ["payroll"], "need-kind": "x" * 5000}, "Choose from the answers that are offered."),
            ("need", {"needs": ["payroll"], "need-kind": "technical", "about": "y" * 2001}, "2,000"),
            ("need", {"needs": ["payroll"], "need-kind": "technical", "about": LONG}, "too long"),
            ("need", {"needs": ["payroll"] * 600}, "too many"),
            ("practical", {"expected-hours.hours": "abc"}, "hours"),
            ("practical", {"expected-hours.hours": "41"}, "40"),
            ("practical", {"expected-hours.hours": "9" * 40}, ""),
            ("practical", {"needed-by.day": "31", "needed-by.month": "2", "needed-by.year": "2027"}, ""),
            ("practical", {"needed-by.day": "½", "needed-by.month": "1e9", "needed-by.year": "-4"}, ""),
            ("practical", {"ways": ["carrier-pigeon"]}, "Choose from the answers that are offered."),
        ],
    )
    def test_an_answer_that_cannot_be_taken_is_kept_and_said(self, ground, section, data, says):
        answer = self.save(ground, section, data)
        page = text_of(answer)

        assert answer.status_code == 422
        assert says in page

    def test_unknown_questions_are_left_aside(self, ground):
        before = ground.snapshot()["answer_fact"]

        assert self.save(ground, "practical", {"no-such-question": "x", "": "y", "ways.no": "z"}).status_code == 303
        assert ground.snapshot()["answer_fact"] == before
        assert "no-such-question" not in ground.newcomer.browser.get(f"/applications/{ground.draft}/check").text

    def test_an_unknown_section_is_not_there(self, ground):
        for method in ("get", "post"):
            place = f"/applications/{ground.draft}/sections/no-such"
            browser = ground.newcomer.browser
            answer = browser.get(place) if method == "get" else post(browser, place, {"version": "0"})
            assert answer.status_code == 404

    @pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 40, "½"])
    def test_a_version_that_is_none_is_a_conflict_that_loses_nothing(self, ground, version):
        place = f"/applications/{ground.draft}/sections/need"
        data = {"version": version, "needs": ["safety"], "need-kind": ["project"], "about": f"Typed with {version}."}

        answer = post(ground.newcomer.browser, place, data)

        assert answer.status_code == 409
        assert "saved in another window" in text_of(answer)
        assert f"Typed with {version}." in text_of(answer)

    def test_an_unfinished_draft_is_not_sent(self, ground):
        assert self.save(ground, "need", {"needs": [], "about": ""}).status_code == 422
        before = ground.snapshot()

        sent = post(ground.newcomer.browser, f"/applications/{ground.draft}/check")

        assert sent.status_code == 422
        assert ground.snapshot() == before


#: Addresses without an object, and whether they are a member's or staff's: every argument that they read.
ARGUMENTS = {
    "/staff/applications/": ("status", "role", "program", "q", "after"),
    "/staff/pools/": ("state", "role", "program", "q", "after"),
    "/staff/matching/": ("page",),
    "/staff/mentorships/": ("state", "program", "q", "asked", "after"),
    "/staff/programs/member-to-member": ("revision",),
    "/staff/": ("x",),
}
ODD = (*JUNK, "", "x" * 5000, "2026-01-01T00:00:00~x", "9999-12-31T23:59:59+23:59~" + str(MISSING), "0001-01-01T00:00:00-23:59~" + str(MISSING),
       "2026-01-01~" + str(MISSING))  # fmt: skip


@pytest.mark.proof
@pytest.mark.parametrize("address", ARGUMENTS)
def test_odd_arguments_of_a_list_are_no_fault(ground, address):
    for name in ARGUMENTS[address]:
        for value in ODD:
            answer = ground.staff.browser.get(address, query_string={name: value})
            assert answer.status_code in {200, 404}, f"{address}?{name}={value[:50]} answers {answer.status_code}"
        assert ground.staff.browser.get(address, query_string={name: "a\0b"}).status_code == 400


@pytest.mark.proof
def test_odd_arguments_of_an_object_are_no_fault(ground):
    for person, address, names in (
        (ground.staff, ground.run, ("page", "q", "state")),
        (ground.mentee, ground.place, ("removed",)),
    ):
        for name in names:
            for value in ODD:
                answer = person.browser.get(address, query_string={name: value})
                assert answer.status_code == 200, f"{address}?{name}={value[:50]} answers {answer.status_code}"


@pytest.mark.parametrize(
    "address",
    ["/programs/no-such", "/programs/no-such/apply/mentee", "/programs/member-to-member/apply/boss", "/applications/1",
     "/applications/not-a-uuid", "/mentorships/%00", "/mentorships/" + "9" * 3000, "/staff/applications/../pools",
     "/programs/%F0%9F%98%80", "/programs/" + "x" * 3000],
)  # fmt: skip
def test_an_address_of_nothing_is_not_there(ground, address):
    for person in (ground.mentee, ground.staff):
        assert person.browser.get(address).status_code in {400, 403, 404}
        assert post(person.browser, address).status_code in {400, 403, 404, 405}


def test_another_associations_objects_are_like_missing_ones(ground, elsewhere):
    before, theirs = ground.snapshot(), elsewhere.snapshot()
    for name, (_, address) in elsewhere.addresses().items():
        person = ground.addresses()[name][0]
        for ask in (
            lambda path, browser=person.browser: browser.get(path),
            lambda path, browser=person.browser: post(browser, path),
        ):
            answer, missing = ask(address), ask(of_a_missing_object(address))
            assert answer.status_code == missing.status_code, name
            assert answer.status_code in {303, 404, 405}, name
            assert answer.get_data() == missing.get_data(), name
    assert (ground.snapshot(), elsewhere.snapshot()) == (before, theirs)


def test_another_associations_ids_inside_a_form_are_like_missing_ones(ground, elsewhere):
    hand, lock = ground.addresses()["by-hand"][1], ground.addresses()["locks"][1]
    pair = {"mentee": ground.left_entry, "mentor": ground.mentor_entry}
    for address, more in ((hand, {}), (lock, {"kind": "apart"})):
        for field, foreign in (("mentee", elsewhere.left_entry), ("mentor", elsewhere.mentor_entry)):
            answers = [
                refused(ground, ground.staff, address, {**pair, **more, field: identifier}, {404})
                for identifier in (foreign, str(MISSING))
            ]
            assert answers[0].get_data() == answers[1].get_data()
    for foreign in (elsewhere.run, ground.run):
        proposal = elsewhere.proposal if foreign == ground.run else ground.proposal
        refused(ground, ground.staff, f"{foreign}/pairs/{proposal}", {"do": "confirm"}, {404})


def test_other_peoples_objects_are_like_missing_ones(ground):
    """Within the association: a member sees neither another's application nor another's mentorship, however they ask."""
    stranger = ground.newcomer
    before = ground.snapshot()
    for name, (person, address) in ground.addresses().items():
        if person.id in {stranger.id, ground.staff.id}:
            continue
        for ask in (stranger.browser.get, lambda path: post(stranger.browser, path)):
            answer, missing = ask(address), ask(of_a_missing_object(address))
            assert answer.status_code in {303, 404, 405}, name
            assert answer.get_data() == missing.get_data(), name
    assert ground.snapshot() == before


def test_a_run_of_a_pool_that_is_not_there(ground, elsewhere):
    own = post(ground.staff.browser, "/staff/matching/", {})
    assert own.status_code == 404
    for data in ({"program": "abc"}, {"program": str(MISSING)}, {"program": program_of(elsewhere)}):
        refused(ground, ground.staff, "/staff/matching/", data, {404})
    for cohort in ("abc", str(MISSING)):
        refused(ground, ground.staff, "/staff/matching/", {"program": program_of(ground), "cohort": cohort}, {404})
    again = refused(ground, ground.staff, "/staff/matching/", {"program": program_of(ground)}, {409})
    assert "A run for this pool is not finished yet." in text_of(again)


def program_of(ground):
    with ground.stage.open():
        return str(db.session.scalar(select(Program.id)))


def test_nobodys_host(ground):
    browser = client_at(ground.stage.app, "nobody.localhost")
    for address in ("/", "/home", ground.place, "/staff/applications/"):
        answer = browser.get(address)
        assert answer.status_code == 404
        assert "localhost" in answer.get_data(as_text=True)
    assert browser.post(f"{ground.place}/end", data={"reason": "completed"}).status_code == 404


def test_a_wrong_part_of_a_time_or_a_day_is_said_at_the_question(ground):
    person, address = ground.addresses()["draft"]
    place = f"{address}/sections/practical"
    typed = {"version": version_on(person.browser.get(place)), "expected-hours.hours": "-3", "needed-by.month": "Feb"}

    answer = post(person.browser, place, typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for question in ("expected-hours", "needed-by"):
        assert f'id="{question}-error"' in page
        assert f'href="#{question}"' in page
