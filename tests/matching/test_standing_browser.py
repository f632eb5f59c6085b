"""A run that staff changed, suggestions that ask before a mentorship begins, and Home, in a real browser."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.identity.models import Account
from tandem.matching.models import PoolEntry, Proposal
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.mentorships.pairs import a_pairing
from tests.pages import post, session_for
from tests.views import SIZES, problems_in_every_view

pytestmark = pytest.mark.browser


@pytest.fixture
def places(app, tmp_path):
    """Staff's session, and addresses: a run with a pair set aside and one kept apart, suggestions, Home."""
    stage = set_stage(app, "casbo", tmp_path)
    talks = a_pairing(stage)
    post(talks.mentee.browser, f"{talks.place}/concern", {"body": "They never answer me."})
    staff = a_helper(stage)
    mentees = [a_person(stage, name, region="north") for name in ("Ada", "Bea", "Cleo")]
    thora = a_person(stage, "Thora", years={"payroll": 9, "safety": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    approve(
        staff,
        *(apply(one, "mentee", wants("payroll", "safety")) for one in mentees),
        *(apply(one, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)) for one in (thora, ugo)),
    )
    run = run_match(stage, staff)
    with stage.open():
        aside, apart = db.session.scalars(select(Proposal).order_by(Proposal.points.desc())).all()
        entry = db.session.scalars(select(PoolEntry.id).where(PoolEntry.id == aside.mentee_entry_id)).one()
        pair, ids = aside.id, {"mentee": apart.mentee_entry_id, "mentor": apart.mentor_entry_id}
        secret = session_for(db.session.scalars(select(Account).where(Account.email == staff.email)).one())
        db.session.commit()
    post(staff.browser, f"{run}/pairs/{pair}", {"do": "decline"})
    post(staff.browser, f"{run}/locks", {**ids, "kind": "apart"})
    waiting = apply(a_person(stage, "Zoe"), "mentee", wants("payroll"))
    return stage.scope.hostname, secret, {
        "run": run, "suggestions": f"/staff/pools/{entry}/suggestions", "home": "/staff/",
        "application": f"/staff/applications/{waiting}",
    }  # fmt: skip


@pytest.mark.proof
def test_pages_are_accessible_and_fit(places, site, new_page):
    host, secret, paths = places
    window = new_page()
    sign_in(window, host, secret)
    found = []
    for name, path in paths.items():
        assert window.goto(site.url(host, path)).status == 200, path
        if name == "suggestions":
            window.locator("details.td-ask summary").first.click()
            assert window.get_by_text("This begins the mentorship and tells both.").first.is_visible()
        found += [f"{path}: {problem}" for problem in problems_in_every_view(window, f"standing-{name}")]

    assert found == []


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_was_done_to_a_pair_and_its_undo_are_in_view(places, site, new_page, size):
    host, secret, paths = places
    window = new_page()
    sign_in(window, host, secret)
    window.set_viewport_size(SIZES[size])
    window.goto(site.url(host, paths["run"]))
    said = window.get_by_role("status").filter(has_text="confirmed. Nobody is told before you publish.")

    window.get_by_role("button", name="Confirm Ada").or_(window.get_by_role("button", name="Confirm Bea")).or_(
        window.get_by_role("button", name="Confirm Cleo")
    ).first.click()
    said.wait_for()
    undo = said.get_by_role("button", name="Take the last change back")
    seen = [said.evaluate(IN_VIEW), undo.evaluate(IN_VIEW)]
    undo.click()
    back = window.get_by_role("status").filter(has_text="The last change is taken back.")
    back.wait_for()

    assert [*seen, back.evaluate(IN_VIEW)] == [True, True, True]


IN_VIEW = """(element) => {
    const box = element.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= window.innerHeight && (element.contains(seen) || seen?.contains(element) === true);
}"""


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_one_lands_on_what_trying_changes_found_or_on_the_mistake(places, site, new_page, size):
    host, secret, paths = places
    window = new_page()
    sign_in(window, host, secret)
    window.set_viewport_size(SIZES[size])
    window.goto(site.url(host, f"{paths['run']}/what-if"))

    window.get_by_role("button", name="Try it").click()
    figures = window.get_by_role("heading", name="In figures")
    figures.wait_for()
    landed = figures.evaluate(IN_VIEW)
    window.locator("#mentor").fill("Nobody")
    window.get_by_role("button", name="Try it").click()
    mistake = window.get_by_role("alert")
    mistake.wait_for()

    assert [landed, mistake.evaluate(IN_VIEW)] == [True, True]
