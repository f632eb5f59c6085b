"""Staff's page of every letter, and each with the data of a real person."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tandem.extensions import db
from tandem.notices.models import Notice
from tandem.notices.templates_registry import TEMPLATES
from tests.factories import a_department, a_member
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

KINDS = sorted(set(TEMPLATES) - {"group-letter"})


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    def words(document):
        for role, one in (("mentee", "learner"), ("mentor", "guide")):
            document["roles"][role]["name"] = {"one": one, "other": f"{one}s"}

    return set_stage(app, "casbo", tmp_path_factory.mktemp("every"), **{"programs__member-to-member": words})


@pytest.fixture(scope="module")
def pair(stage):
    return a_pairing(stage)


def test_list_says_when_to_whom_and_whether_it_is_essential(stage, pair):
    page = text_of(pair.staff.browser.get("/staff/notices/every"))

    for kind in KINDS:
        assert str(TEMPLATES[kind].title) in page
    assert "A day before the meeting" in page
    assert "always sent" in page
    assert "people choose: at once, once a day, or not by mail" in page


@pytest.mark.parametrize("kind", KINDS)
def test_each_letter_is_shown_with_a_real_persons_data(stage, pair, kind):
    page = pair.staff.browser.get(f"/staff/notices/every/{kind}?member={pair.mentee.id}")
    mail = pair.staff.browser.get(f"/staff/notices/every/{kind}/mail?member={pair.mentee.id}")

    assert (page.status_code, mail.status_code) == (200, 200)
    said = text_of(mail)
    assert "None" not in said
    assert "Hello " in said
    if "partners" in TEMPLATES[kind].required:
        assert pair.mentor.name in said


def test_words_of_the_program_reach_its_letters(stage, pair):
    page = pair.staff.browser.get(f"/staff/notices/every/match-published-mentee/mail?member={pair.mentee.id}")

    assert f"your guide is {pair.mentor.name}" in text_of(page)


def test_language_can_be_chosen_among_the_associations(stage, pair):
    place = f"/staff/notices/every/meeting-soon/mail?member={pair.mentee.id}"

    assert 'lang="en"' in pair.staff.browser.get(f"{place}&language=xx").get_data(as_text=True)


def test_looking_sends_nothing_and_to_me_goes_to_me_alone(stage, pair):
    with stage.open():
        before = db.session.scalar(select(func.count()).select_from(Notice))
    for kind in KINDS:
        pair.staff.browser.get(f"/staff/notices/every/{kind}?member={pair.mentee.id}")
    with stage.open():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == before

    answer = post(pair.staff.browser, "/staff/notices/every/meeting-soon/to-me", {"member": str(pair.mentee.id)})

    assert answer.status_code == 303
    with stage.open():
        newest = db.session.scalars(select(Notice).order_by(Notice.created_at.desc()).limit(1)).one()
        assert (newest.account_id, newest.template, newest.about_kind) == (pair.staff.id, "meeting-soon", "preview")
        assert db.session.scalar(select(func.count()).select_from(Notice)) == before + 1


def test_search_is_scoped(stage, pair):
    with stage.open():
        slug = a_department().slug
        stranger_id = a_member(family_name="Outsideworth").id
        db.session.commit()
    helper = a_helper(stage, "department-staff", department=slug)
    place = "/staff/notices/every/meeting-soon"

    assert helper.browser.get(f"{place}?member={stranger_id}").status_code == 404
    assert helper.browser.get(f"{place}/mail?member={stranger_id}").status_code == 404
    assert "Outsideworth" not in text_of(helper.browser.get(f"{place}?q=Outsideworth"))
    assert "Outsideworth" in text_of(pair.staff.browser.get(f"{place}?q=Outsideworth&member={pair.mentee.id}"))
    assert pair.staff.browser.get("/staff/notices/every/nothing").status_code == 404
