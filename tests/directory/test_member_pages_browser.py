"""The directory's pages in Chromium: looked at by axe, no sideways scrolling, the search key, an import watched to its end."""

from __future__ import annotations

import threading
from contextvars import Context
from datetime import date

import pytest

from tandem.directory.models import MemberState
from tandem.directory.services.imports import import_members_from, upload_import
from tandem.extensions import db
from tandem.jobs.runner import run_pending
from tandem.tenancy.edge import open_association
from tests.browser import sign_in
from tests.factories import a_member, a_membership, a_position, an_employer, an_experience
from tests.pages import session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser

BAD = "number,family name,email,membership type,membership from\n1,Pettibone,broken,Carrer Builder,2019-07-01\n2,Fine,fine@example.org,,\n"
FOREIGN = "No,Nom,Courriel,Adhésion,Début,Organisation\n7,Pettibone,alma3@example.org,Career Builder,1/7/2019,oui\n"
GOOD = "number,family name,email\n1,Pettibone,alma2@example.org\n2,Fine,fine@example.org\n"


@pytest.fixture
def people(association, lists, staff, tmp_path):
    """A few members with everything, one removed, and imports in two states; gives the pages to look at."""
    alma = a_member(given_name="Alma", family_name="Pettibone", number="1", email="alma@example.org")
    part = a_membership(alma, type="career", level="gold", valid_from=date(2019, 7, 1))
    post = a_position(
        alma, employer=an_employer(name="Sample Creek Unified", region="north"), title="director", title_text=None
    )
    years = an_experience(alma, "payroll", 7.5)
    gone = a_member(given_name="Cleo", family_name="Barrow")
    gone.state = MemberState.REMOVED
    runs = []
    for text in (BAD, GOOD):
        (tmp_path / "members.csv").write_text(text)
        runs.append(import_members_from(actor=staff, path=tmp_path / "members.csv").id)
    settled = upload_import(actor=staff, filename="legacy.csv", content=FOREIGN.encode())
    twin = a_member(given_name="Dora", family_name="Twin", number="4")
    a_membership(twin, type="career", level="gold", valid_from=date(2019, 7, 1))
    a_position(twin, employer=post.employer, title="director", title_text=None, valid_from=post.valid_from)
    an_experience(twin, "payroll", 3)
    db.session.commit()
    here = f"/staff/members/{alma.id}"
    return [
        "/staff/members", "/staff/members?q=nobody", here, f"/staff/members/{gone.id}", f"{here}/edit", f"{here}/remove",
        f"{here}/memberships/{part.id}", f"{here}/memberships/{part.id}/payment", f"{here}/positions/{post.id}",
        f"{here}/positions/new", f"{here}/experience/{years.id}", f"{here}/experience/new",
        f"{here}/employers/{post.employer_id}", "/staff/members/new", "/staff/members/import",
        f"/staff/members/import/{settled.id}/columns", f"{here}/merge/{twin.id}", f"{here}/merge?q=twin",
        *(f"/staff/members/import/{run}" for run in runs),
    ]  # fmt: skip


@pytest.fixture
def enter(association, staff_account, site, new_page):
    """Open a window in which association staff are signed in."""
    secret = session_for(staff_account)

    def opened(**more):
        window = new_page(**more)
        sign_in(window, association.hostname, secret)
        return window

    return opened


@pytest.mark.proof
def test_pages_are_accessible_and_fit(people, enter, site, association):
    window = enter()
    found = []
    for number, path in enumerate(people):
        answer = window.goto(site.url(association.hostname, path))
        name = path.replace("/staff/members", "") or "/"
        assert answer.status == 200
        found += [f"{name}: {problem}" for problem in problems_in_every_view(window, f"members-{number:02}")]

    assert found == []


def test_slash_goes_to_the_search(people, enter, site, association):
    window = enter()
    window.goto(site.url(association.hostname, "/staff/members"))

    window.keyboard.press("/")
    window.keyboard.type("pet")
    window.keyboard.press("Enter")

    window.wait_for_url("**q=pet**")
    assert window.get_by_role("link", name="Alma Pettibone").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_import_is_watched_from_file_to_result(app, people, enter, site, association, tmp_path, scripts):
    file = tmp_path / "season.csv"
    file.write_text("number,family name,email\n77,Newcomer,newcomer@example.org\n")
    window = enter(scripts=scripts)
    window.goto(site.url(association.hostname, "/staff/members/import"))
    window.get_by_label("CSV file").set_input_files(str(file))
    window.get_by_role("button", name="Check the file").click()
    window.get_by_text("Checking the file").wait_for()

    work(app, association)
    if not scripts:
        window.reload()
    window.get_by_text("Nothing is changed yet.").wait_for()
    window.get_by_role("button", name="Apply").click()
    window.get_by_text("Writing to the directory").wait_for()
    work(app, association)
    if not scripts:
        window.reload()

    window.get_by_text("Applied today", exact=False).wait_for()
    window.goto(site.url(association.hostname, "/staff/members?q=newcomer"))
    assert window.get_by_role("link", name="Newcomer").count() == 1


def work(app, association):
    """Do what is due in the association, as a worker would: elsewhere."""

    def inside():
        with app.app_context(), open_association(association.association_id):
            run_pending(reraise=True)

    thread = threading.Thread(target=lambda: Context().run(inside))
    thread.start()
    thread.join()
