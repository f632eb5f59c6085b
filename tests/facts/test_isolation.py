"""An association sees its own people and nothing of another (P2a); a department's staff see their department only (P2b)."""

from __future__ import annotations

from functools import cache

import pytest
from sqlalchemy import select

import tandem.app as app_module
from tandem.app import create_app
from tandem.applications.models import Application
from tandem.extensions import db
from tests.app_fixtures import IsolatedClient, client_at, settings_for
from tests.loop.cohorts import CLOTH, WOOD, a_filleul, a_parrain, set_cohorts
from tests.loop.crawl import addresses_of_objects, crawl, ids_in, of_a_missing_object
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import a_helper, a_person, apply, decide, mentorship_of, publish, run_match, vote, wants
from tests.pages import SESSION_COOKIE, post

pytestmark = pytest.mark.long

#: Lists that a search or a filter opens further; each is read as it is and with the name that must not be found.
LISTS = (
    "/staff/applications/?status=", "/staff/pools/?state=", "/staff/mentorships/", "/staff/members/", "/staff/notices/",
    "/staff/audit/", "/staff/matching/", "/staff/jobs/", "/staff/programs/", "/staff/members/export.csv",
    "/staff/audit/export.csv", "/staff/search", "/staff/applications/export?status=", "/staff/pools/export?state=",
    "/staff/mentorships/export", "/staff/applications/minutes",
)  # fmt: skip


def lived_in(stage, mark):
    """A pair with a mentorship, an open request, a declined application and one that waits; all of them named ``mark``."""
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, f"{mark}a"), a_person(stage, f"{mark}b", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    post(mentee.browser, f"{place}/reassignment", {"reason": f"{mark} would rather not."})
    post(mentee.browser, f"{place}/journal", {"body": f"{mark} writes.", "visibility": "pair"})
    decide(
        staff,
        apply(a_person(stage, f"{mark}c"), "mentee", wants("safety")),
        "declined",
        reason=f"{mark} no.",
        next_steps="None.",
    )
    apply(a_person(stage, f"{mark}d"), "mentee", wants("safety"))
    stage.work()
    return staff, mentee


def everything_read(browser, search, pages):
    """All that a helper can read: what links lead to (``pages``), and every list as it is and searched for a word."""
    return {**pages, **lists_read(browser, search)}


def lists_read(browser, search):
    """Every list as it is, and searched for a word."""
    pages = {}
    for address in LISTS:
        for query in ("", f"q={search}"):
            page = browser.get(f"{address}{'&' if '?' in address else '?'}{query}")
            if page.status_code != 404:
                assert page.status_code == 200, f"{address} answers {page.status_code}"
                # The word itself stands in the search field and in the address to come back to.
                content = page.get_data(as_text=True).replace(f'value="{search}"', "").replace(f"q={search}", "")
                pages[f"{address} {query}"] = content
    return pages


@cache
def unknown(helper, address):
    """What a helper is answered at the address of an object that does not exist."""
    return helper.browser.get(address).get_data()


def leaks(pages, *words):
    """Where one of the words stands."""
    return {address for address, content in pages.items() if any(word in content for word in words)}


@pytest.fixture(scope="module")
def two(app, tmp_path_factory):
    """Two associations with the same program, each with people of its own."""
    first = set_stage(app, "casbo", tmp_path_factory.mktemp("first"))
    second = set_stage(app, "casbo", tmp_path_factory.mktemp("second"))
    return (first, *lived_in(first, "Qartz")), (second, *lived_in(second, "Zelkova"))


@pytest.mark.fact("P2a")
def test_nothing_of_another_association_is_seen(two):
    (_, staff, member), (_, their_staff, their_member) = two
    theirs = addresses_of_objects(crawl(their_staff.browser)) | addresses_of_objects(
        crawl(their_member.browser, ["/home"])
    )

    pages = everything_read(staff.browser, "Zelkova", crawl(staff.browser)) | crawl(member.browser, ["/home"])

    assert leaks(pages, "Zelkova", *ids_in(theirs)) == set()
    assert leaks(pages, "Qartz") != set()
    for helper in (staff, member):
        for address in sorted(theirs):
            answer = helper.browser.get(address)
            assert (answer.status_code, address) in {(404, address), (403, address)}
            assert answer.get_data() == unknown(helper, of_a_missing_object(address))


@pytest.mark.fact("P2a")
def test_a_session_of_another_association_is_nobodys(two):
    (first, staff, _), (second, _, _) = two
    secret = staff.browser.get_cookie(SESSION_COOKIE, domain=first.scope.hostname).value
    elsewhere = client_at(second.app, second.scope.hostname)
    elsewhere.set_cookie(SESSION_COOKIE, secret, domain=second.scope.hostname)

    assert elsewhere.get("/staff/").location.startswith("/sign-in")


@pytest.mark.control("P2a")
def test_with_row_security_out_of_the_way_the_same_lists_leak(two, database, tmp_path, monkeypatch):
    """The same pages, asked of a database role that row security does not bind."""
    (first, staff, _), _ = two
    monkeypatch.setattr(app_module, "verify_role", lambda _connection: None)
    unbound = create_app(settings_for(database.superuser_url, tmp_path))
    unbound.test_client_class = IsolatedClient
    browser = client_at(unbound, first.scope.hostname)
    cookie = staff.browser.get_cookie(SESSION_COOKIE, domain=first.scope.hostname)
    browser.set_cookie(SESSION_COOKIE, cookie.value, domain=first.scope.hostname)
    try:
        found = leaks({address: browser.get(address).get_data(as_text=True) for address in LISTS}, "Zelkova")
    finally:
        with unbound.app_context():
            db.engine.dispose()

    assert {"/staff/applications/export?status=", "/staff/pools/export?state=", "/staff/mentorships/"} <= found


COMMITTEES = {WOOD: "comite-bois", CLOTH: "comite-textile"}


def departments(app, folder, committees=COMMITTEES, **edits):
    """Both departments with a cohort matched, and with an application that waits; people are named for their department."""
    stage = set_cohorts(app, folder, **edits)
    for program, mark, craft in ((WOOD, "Sapin", "lutherie"), (CLOTH, "Coton", "dentelle")):
        staff = a_helper(stage)
        people = [
            a_filleul(stage, f"{mark}a", program, craft),
            a_parrain(stage, f"{mark}b", program, {craft: 9}, places=1),
        ]
        approve_all(stage, people, committees[program])
        publish(staff, run_match(stage, staff, program=program))
        a_filleul(stage, f"{mark}c", program, craft)
        place = mentorship_of(people[0])
        post(people[0].browser, f"{place}/reassignment", {"reason": f"{mark} préfère changer."})
    stage.work()
    return stage


#: What a reviewer of the wood committee gives, which votes; the other's first reviewer decides.
POINTS = {"score-projet": "4", "score-disponibilite": "3", "score-entraide": "3"}


def approve_all(stage, people, committee):
    first, second = (a_helper(stage, "reviewer", committee=committee) for _ in range(2))
    for person in people:
        with stage.open():
            application = db.session.scalars(select(Application.id).where(Application.member_id == person.id)).one()
        if committee == COMMITTEES[WOOD]:
            assert vote(first, application, "approve", **POINTS).status_code == 303
            decided = vote(second, application, "approve", do="send", expected="approved", **POINTS)
        else:
            decided = decide(first, application)
        assert decided.status_code == 303


@pytest.mark.fact("P2b")
def test_department_staff_see_their_department_only(app, tmp_path):
    stage = departments(app, tmp_path)
    wood, cloth = (a_helper(stage, "department-staff", department=name) for name in ("bois", "textile"))
    seen_by = {helper: crawl(helper.browser) for helper in (wood, cloth)}
    of_wood, of_cloth = (addresses_of_objects(pages) for pages in seen_by.values())
    assert of_wood & of_cloth == set()

    for helper, own, other, objects in ((wood, "Sapin", "Coton", of_cloth), (cloth, "Coton", "Sapin", of_wood)):
        pages = everything_read(helper.browser, other, seen_by[helper])
        assert leaks(pages, other, *ids_in(objects)) == set()
        assert len(leaks(pages, own)) >= 6
        for address in sorted(objects):
            answer = helper.browser.get(address)
            assert (answer.status_code, address) == (404, address)
            assert answer.get_data() == unknown(helper, of_a_missing_object(address))
    everywhere = lists_read(a_helper(stage).browser, "Coton")
    assert leaks(everywhere, "Sapin")
    assert leaks(everywhere, "Coton")


def to_the_other_department(program):
    program["department"] = "bois"


@pytest.mark.control("P2b")
def test_in_the_same_department_staff_see_both(app, tmp_path):
    both = dict.fromkeys(COMMITTEES, COMMITTEES[WOOD])
    stage = departments(app, tmp_path, both, programs__fil_a_fil=to_the_other_department)
    wood = a_helper(stage, "department-staff", department="bois")

    pages = lists_read(wood.browser, "Coton")

    assert len(leaks(pages, "Coton")) >= 6
    assert len(leaks(pages, "Sapin")) >= 6
