"""A mentor has been an individual member for three years, added up over dated memberships, each type in its own time (C6)."""

from __future__ import annotations

from datetime import date

import pytest

from tandem.directory.models import Member
from tandem.extensions import db
from tandem.tenancy.scope import current_association_id
from tests.factories import a_membership
from tests.facts.test_eligibility import outcome, without
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, offers

pytestmark = pytest.mark.long

OFFER = offers({"payroll": 9})
EXECUTIVE = {"type": "individual", "level": "executive-access"}
BUILDER = {"type": "career-builder"}
SCHOOL = {"type": "organizational", "organisational": True}

#: A year and a half at an old level, then one and a half as a Career Builder: three years to the day.
STRADDLING = [(EXECUTIVE, "2016-01-01", "2017-06-30"), (BUILDER, "2017-07-01", "2018-12-31")]
A_DAY_LESS = [STRADDLING[0], (BUILDER, "2017-07-01", "2018-12-30")]
OVERLAPPING = [(EXECUTIVE, "2016-07-01", "2018-06-30"), (BUILDER, "2017-07-01", "2018-12-31")]
AN_OLD_LEVEL_TOO_LATE = [(EXECUTIVE, "2015-10-01", "2018-12-31")]
A_BUILDER_TOO_EARLY = [(BUILDER, "2015-07-01", "2018-12-31")]
WITH_A_GAP = [(BUILDER, "2018-01-01", "2019-06-30"), (BUILDER, "2021-01-01", "2022-07-04")]
WITH_A_GAP_AND_SHORT = [WITH_A_GAP[0], (BUILDER, "2021-01-01", "2022-06-30")]
LAPSED = [(BUILDER, "2018-01-01", "2023-12-31")]
THROUGH_THE_SCHOOL = [(SCHOOL, "2010-01-01", None)]


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("tenure"))


def everything_counts(program):
    rule = next(rule for rule in program["roles"]["mentor"]["eligibility"]["all"] if rule["id"] == "tenure")
    del rule["counts"]


def a_candidate(stage, held, *, current="honorary-life"):
    """Somebody with memberships of the past: what, from, to. Their ``current`` one begins today, so that it adds no day yet."""
    person = a_person(stage, "Thora", type=current, member_for=0)
    with stage.open():
        member = db.session.get_one(Member, (current_association_id(), person.id))
        for what, first, last in held:
            until = date.fromisoformat(last) if last else None
            a_membership(member, valid_from=date.fromisoformat(first), valid_to=until, paid_through=until, **what)
        db.session.commit()
    return person


def decided(stage, held, **more):
    """What an approval of such a mentor answers, and what the reviewer's page says."""
    return outcome(a_helper(stage), a_candidate(stage, held, **more), "mentor", OFFER)


@pytest.mark.fact("C6")
@pytest.mark.parametrize("held", [STRADDLING, WITH_A_GAP], ids=["straddling", "gap"])
def test_three_years_in_all_are_enough(stage, held):
    status, page = decided(stage, held)

    assert status == 303
    assert "3 years of membership count." in page


@pytest.mark.fact("C6")
def test_each_membership_is_named_with_the_days_that_count(stage):
    _status, page = decided(stage, STRADDLING)

    assert "Executive Access from January 1, 2016 to June 30, 2017." in page
    assert "Career Builder from July 1, 2017 to December 31, 2018." in page


@pytest.mark.fact("C6")
@pytest.mark.parametrize(
    ("held", "counted"),
    [
        (A_DAY_LESS, "2 years and 11 months of membership count."),
        (OVERLAPPING, "2 years and 6 months of membership count."),
        (AN_OLD_LEVEL_TOO_LATE, "2 years and 9 months of membership count."),
        (A_BUILDER_TOO_EARLY, "1 year and 6 months of membership count."),
        (WITH_A_GAP_AND_SHORT, "2 years and 11 months of membership count."),
    ],
    ids=["a day less", "overlapping", "old level after its end", "new type before its beginning", "gap and short"],
)
def test_fewer_days_that_count_are_not_enough(stage, held, counted):
    status, page = decided(stage, held)

    assert status == 422
    assert "A requirement is still open." in page
    assert counted in page


@pytest.mark.fact("C6")
def test_a_lapsed_type_refuses_whatever_was_collected(stage):
    status, page = decided(stage, LAPSED, current="organizational")

    assert status == 422
    assert "The Career Builder membership ended on December 31, 2023." in page
    assert "Years you have already collected count again once you renew." in page


@pytest.mark.fact("C6")
def test_membership_through_an_organisation_does_not_count(stage):
    status, page = decided(stage, THROUGH_THE_SCHOOL)

    assert status == 422
    assert "The directory has no membership that counts." in page


@pytest.mark.control("C6")
def test_without_the_rule_nobody_asks_for_years(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without("mentor", "tenure"))

    assert decided(stage, A_DAY_LESS)[0] == 303
    assert decided(stage, LAPSED, current="organizational")[0] == 303
    assert decided(stage, THROUGH_THE_SCHOOL)[0] == 303


@pytest.mark.control("C6")
def test_without_what_counts_each_type_counts_at_any_time(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=everything_counts)

    assert decided(stage, AN_OLD_LEVEL_TOO_LATE)[0] == 303
    assert decided(stage, A_BUILDER_TOO_EARLY)[0] == 303
    assert decided(stage, OVERLAPPING)[0] == 422
