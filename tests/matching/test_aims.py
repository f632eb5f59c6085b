"""The aim of a program's matching, from its configuration to the page of a run."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import MatchRun, Proposal
from tandem.programs.schemas.plugged import plugins
from tandem.programs.schemas.program import MatchingSchema
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import post, text_of


def a_room(app, folder, **matching):
    """Ada and Bea, Thora and Ugo; Wim is left over, for there is one place too few."""

    def edit(document):
        document["matching"].update(matching)
        document["matching"]["criteria"][0]["counts_for"] = "mentee"

    stage = set_stage(app, "casbo", folder, programs__member_to_member=edit)
    staff = a_helper(stage)
    mentees = [
        a_person(stage, name, region=region) for name, region in (("Ada", "north"), ("Bea", "south"), ("Wim", "south"))
    ]
    thora = a_person(stage, "Thora", years={"payroll": 9, "safety": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    approve(
        staff,
        *(apply(one, "mentee", wants("payroll", "safety")) for one in mentees),
        apply(thora, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)),
        apply(ugo, "mentor", offers({"payroll": 9}, mentees=1)),
    )
    return stage, staff


def summary_of(stage):
    with stage.open():
        return db.session.scalars(select(MatchRun.summary).order_by(MatchRun.created_at.desc())).first()


@pytest.mark.parametrize(
    ("aim", "said", "proven"),
    [
        (None, "Aim: as many people as possible, then the best fit in total.", "nor the same people better"),
        ("points", "Aim: as many people as possible, then the best fit in total.", "nor the same people better"),
        (
            "max-min",
            "then the weakest pair as good as possible",
            "nobody can place more people, nor lift the weakest pair",
        ),
        (
            "stable",
            "Aim: no two people would rather have each other than whom they got.",
            "none would rather have each other",
        ),
    ],
)
def test_the_page_of_a_run_says_its_aim_and_what_is_proven(app, tmp_path, aim, said, proven):
    stage, staff = a_room(app, tmp_path, **({"aim": aim} if aim else {}))

    page = text_of(staff.browser.get(run_match(stage, staff)))

    summary = summary_of(stage)
    assert said in page
    assert proven in page
    assert summary["aim"] == (aim or "points")
    assert (summary["counts"]["people"], summary["proof"]["optimal"]) == (2, True)
    assert (
        (summary["instead"] is not None)
        == ("Aiming at the best fit in total would match 2 people" in page)
        == (aim in ("max-min", "stable"))
    )
    with stage.open():
        assert f"The weakest pair fits {min(db.session.scalars(select(Proposal.points)))}." in page


def test_who_is_left_over_by_a_stable_match_reads_who_is_kept(app, tmp_path):
    stage, staff = a_room(app, tmp_path, aim="stable")

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "Everybody who would do keeps others who rank higher. The best fit is Thora" in page
    assert "One more place with Thora" in page


def test_pairs_of_the_last_run_are_kept_and_counted(app, tmp_path):
    stage, staff = a_room(app, tmp_path, keep_bonus=5)
    first = run_match(stage, staff)
    with stage.open():
        before = {
            row.mentee_entry_id: (row.mentor_entry_id, row.points) for row in db.session.scalars(select(Proposal))
        }
    assert "pairs of the last run" not in text_of(staff.browser.get(first))
    assert post(staff.browser, f"{first}/discard").status_code == 303

    again = run_match(stage, staff)

    page = text_of(staff.browser.get(again))
    assert "Of 2 pairs of the last run 2 stay; each counted 5 points more." in page
    with stage.open():
        run = db.session.scalars(select(MatchRun).order_by(MatchRun.created_at.desc())).first()
        rows = db.session.scalars(select(Proposal).where(Proposal.match_run_id == run.id)).all()
        assert {row.mentee_entry_id: (row.mentor_entry_id, row.points) for row in rows} == before
        assert run.summary["points"] == sum(row.points for row in rows)
        assert all(sum(part["points"] for part in row.parts) == row.points for row in rows)
    assert staff.browser.get(f"{again}/what-if?weight-near=40").status_code == 200


def test_a_pair_set_aside_is_not_kept(app, tmp_path):
    stage, staff = a_room(app, tmp_path, keep_bonus=5)
    first = run_match(stage, staff)
    with stage.open():
        proposal = db.session.scalars(select(Proposal.id)).first()
    post(staff.browser, f"{first}/pairs/{proposal}", {"do": "decline"})
    post(staff.browser, f"{first}/discard")

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "Of 1 pairs of the last run 1 stays" in page


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("aim", "cheap", "must be one of: points, max-min, stable"), ("keep_bonus", 101, "must be 0–100"), ("keep_bonus", True, "must be 0–100")],
)  # fmt: skip
def test_a_wrong_aim_is_refused_at_its_key(app, key, value, said):
    with app.app_context(), plugins(app.extensions["tandem.registry"]):
        errors = MatchingSchema().validate({key: value})

    assert errors == {key: [said]}
