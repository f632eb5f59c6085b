"""People who name others in their application: whom they ask for, and with whom they do not want to be matched."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import Proposal
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import post, text_of


def names_people(document):
    document["plugins"].append({"id": "people"})


def asks_for_people(document):
    document["sections"][0]["questions"] += [
        {"id": "wish", "type": "text", "label": "Is there somebody you would like?", "visibility": "committee"},
        {"id": "not-with", "type": "text", "label": "Is there somebody it should not be?", "visibility": "staff"},
    ]


def heeds_wishes(document):
    document["matching"]["criteria"].append(
        {"id": "wish", "criterion": "people.request", "mentee": "wish", "weight": 60}
    )
    document["matching"]["constraints"].append(
        {"id": "not-with", "constraint": "people.exclusion", "mentee": "not-with", "strength": "hard"}
    )


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(
        app, "casbo", tmp_path_factory.mktemp("naming"),
        association=names_people, forms__mentee_application=asks_for_people, programs__member_to_member=heeds_wishes,
    )  # fmt: skip


def the_pairs(stage, discipline, *, wish="", not_with=""):
    """Who gets whom, by given name, and the page of the run: Ada is near Thora, Bea near Ugo; each mentor has one place.

    ``wish`` is Ada's, ``not_with`` Bea's; ``{thora.name}`` in them stands for what the person is called.
    """
    staff = a_helper(stage)
    ada, bea = a_person(stage, "Ada", region="north"), a_person(stage, "Bea", region="south")
    thora = a_person(stage, "Thora", years={discipline: 9}, region="north")
    ugo = a_person(stage, "Ugo", years={discipline: 9}, region="south")
    words = {"thora": thora, "ugo": ugo}

    def answers(**more):
        first, *others = wants(discipline)
        return [{**first, **{key.replace("_", "-"): text.format(**words) for key, text in more.items()}}, *others]

    approve(
        staff,
        apply(ada, "mentee", answers(wish=wish)),
        apply(bea, "mentee", answers(not_with=not_with)),
        *(apply(one, "mentor", offers({discipline: 9}, mentees=1)) for one in (thora, ugo)),
    )
    run = run_match(stage, staff)
    with stage.open():
        rows = db.session.scalars(select(Proposal).where(Proposal.match_run_id == run.rpartition("/")[2])).all()
        pairs = {
            row.mentee_entry.member.given_name: row.mentor_entry.member.given_name
            for row in rows
            if row.mentee_entry.member_id in (ada.id, bea.id)
        }
    page = text_of(staff.browser.get(run))
    assert post(staff.browser, f"{run}/discard").status_code == 303
    return pairs, page


NEAREST = {"Ada": "Thora", "Bea": "Ugo"}
CROSSED = {"Ada": "Ugo", "Bea": "Thora"}


def test_without_a_name_the_nearest_are_matched(stage):
    pairs, page = the_pairs(stage, "payroll")

    assert pairs == NEAREST
    assert "The mentee asked for this mentor." not in page


@pytest.mark.parametrize(
    ("discipline", "wish"),
    [("safety", "{ugo.email}"), ("transportation", "Somebody kind; {ugo.name}"), ("purchasing", " {ugo.name} ")],
)
def test_whom_somebody_asks_for_counts(stage, discipline, wish):
    pairs, page = the_pairs(stage, discipline, wish=wish)

    assert pairs == CROSSED
    assert "The mentee asked for this mentor." in page


def test_nobody_is_matched_with_whom_they_name(stage):
    pairs, page = the_pairs(stage, "maintenance", wish="{ugo.email}", not_with="{thora.name}")

    # Bea alone can give way, and everybody is to have somebody.
    assert pairs == NEAREST
    assert "asked not to be matched" not in page
