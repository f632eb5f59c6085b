"""A pool of seven, and its run, for tests of what staff do with pairs."""

from __future__ import annotations

from tests.loop.stage import Stage
from tests.loop.straight import apply, approve
from tests.loop.walk import Person, a_helper, a_person, offers, run_match, wants


def seven_matched(stage: Stage, *, places_of_vera: int = 2) -> tuple[Person, str, dict[str, Person]]:
    """Staff, the run's address, and people by given name.

    Ada and Bea can have Thora or Ugo, each of whom is near to one of them; Tess only Vera, who shares nothing with the others;
    Wim is left over.
    """
    staff = a_helper(stage)
    ada, bea = a_person(stage, "Ada", region="north"), a_person(stage, "Bea", region="south")
    tess, wim = a_person(stage, "Tess"), a_person(stage, "Wim")
    thora = a_person(stage, "Thora", years={"payroll": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    vera = a_person(stage, "Vera", years={"transportation": 9})
    approve(
        staff,
        *(apply(one, "mentee", wants("payroll")) for one in (ada, bea)),
        apply(tess, "mentee", wants("transportation")),
        apply(wim, "mentee", wants("safety")),
        *(apply(one, "mentor", offers({"payroll": 9}, mentees=1)) for one in (thora, ugo)),
        apply(vera, "mentor", offers({"transportation": 9}, mentees=places_of_vera)),
    )
    people = (ada, bea, tess, wim, thora, ugo, vera)
    return staff, run_match(stage, staff), {one.name.split()[0]: one for one in people}
