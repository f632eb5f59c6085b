"""Two records of one person: found, made one with everything that hangs on them, parted again."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tandem.access.errors import ConflictError, ForbiddenError
from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.audit.models import AuditEntry
from tandem.directory.merging import in_both, merge_members, twins, undo_merge
from tandem.directory.models import Experience, Member, MemberMerge, Membership, MemberState, Position
from tandem.directory.services.imports import import_members_from
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.programs.models import ProgramRevision
from tests.factories import (
    a_grant,
    a_member,
    a_membership,
    a_mentorship,
    a_pool_entry,
    a_position,
    a_program,
    an_account,
    an_actor,
    an_application,
    an_employer,
    an_experience,
    staff_actor,
)
from tests.pages import post, signed_in_client, text_of


@pytest.fixture
def pair(association):
    """The same person twice, at one employer."""
    employer = an_employer()
    kept, gone = (a_member(given_name="Ada", family_name="Twin") for _ in range(2))
    for member in (kept, gone):
        a_position(member, employer=employer)
        an_experience(member, "payroll", 3)
    a_membership(gone)
    an_experience(gone, "facilities", 5)
    return kept, gone


def test_the_same_name_at_one_employer_or_with_one_telephone_is_found(pair):
    kept, gone = pair
    same_name = a_member(given_name="Ada", family_name="Twin")
    a_position(same_name)
    first, second = (a_member(given_name="Bo", family_name="Phone") for _ in range(2))
    first.phone = second.phone = "555 0100"
    db.session.flush()

    found = {(found.first.id, found.second.id, found.same_phone) for found in twins()}

    assert found == {(kept.id, gone.id, False), (first.id, second.id, True)}


def test_merging_moves_everything_and_parting_moves_it_back(pair):
    kept, gone = pair
    program = a_program()
    revision = db.session.scalars(select(ProgramRevision)).one()
    application = an_application(gone, program, revision)
    entry = a_pool_entry(application)
    mentor = a_pool_entry(an_application(a_member(), program, revision, role=Role.MENTOR))
    mentorship = a_mentorship(program, revision, mentor, entry)
    account = an_account(gone)
    actor = staff_actor()
    before, rows = _owners(kept, gone), _rows(kept, gone)

    merge = merge_members(actor=actor, kept_id=kept.id, gone_id=gone.id)

    after = _owners(kept, gone)
    assert after["membership"] == {kept.id: 1}
    assert after["experience"] == {kept.id: 2, gone.id: 1}
    assert after["application"] == {kept.id: 1}
    assert db.session.get_one(Account, (account.association_id, account.id)).member_id == kept.id
    assert db.session.get_one(Member, (kept.association_id, gone.id)).state is MemberState.REMOVED
    assert mentorship.ended_at is None
    said = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("member.%"))).all()
    assert sorted(said) == ["member.merged", "member.removed"]

    undo_merge(actor=actor, merge_id=merge.id)

    assert (_owners(kept, gone), _rows(kept, gone)) == (before, rows)
    assert db.session.get_one(Member, (kept.association_id, gone.id)).state is MemberState.ACTIVE
    with pytest.raises(ConflictError):
        undo_merge(actor=actor, merge_id=merge.id)


def _rows(*people):
    """Everything that memberships, positions and years of the two hold, with whose they are."""
    db.session.expire_all()
    ids = [person.id for person in people]
    return {
        (row.id, *(str(getattr(row, column.key)) for column in model.__table__.columns))
        for model in (Membership, Position, Experience)
        for row in db.session.scalars(select(model).where(model.member_id.in_(ids)))
    }


def _of(model, member):
    return db.session.scalars(select(model).where(model.member_id == member.id)).all()


def test_what_both_say_alike_is_kept_once_with_the_later_dues_and_parting_brings_every_row_back(pair):
    kept, gone = pair
    days = [date(2026, 6, 30), date(2027, 6, 30)]
    for member, paid in zip(pair, days, strict=True):
        a_membership(member, type="retiree", valid_from=date(2024, 7, 27), paid_through=paid, organisational=True)
    unpaid = a_membership(kept, type="access", valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    unpaid.paid_through = None
    a_membership(
        gone, type="access", valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1), paid_through=date(2021, 1, 1)
    )
    before = _rows(kept, gone)
    both = in_both(kept.id, gone.id)
    assert (both.same, both.overlapping) == ({"membership": 2, "position": 1, "experience": 1}, 0)
    assert in_both(gone.id, kept.id) == both

    merge = merge_members(actor=staff_actor(), kept_id=kept.id, gone_id=gone.id)

    held = {(row.type, row.paid_through) for row in _of(Membership, kept)}
    assert len(_of(Membership, kept)) == 3
    assert {("retiree", days[1]), ("access", date(2021, 1, 1))} < held
    assert len(_of(Position, kept)) == 1
    assert sorted(row.discipline for row in _of(Experience, kept)) == ["facilities", "payroll"]
    trace = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "member.membership-changed")).all()
    assert sorted(changes["paid_through"] for changes in trace if changes["type"] == ["retiree"] * 2) == [
        ["2026-06-30", "2027-06-30"]
    ]

    undo_merge(actor=staff_actor(), merge_id=merge.id)

    assert _rows(kept, gone) == before


def test_dues_that_were_recorded_after_the_merge_stay_when_the_two_are_parted(pair):
    kept, gone = pair
    mine = a_membership(kept, type="retiree", valid_from=date(2024, 7, 27), paid_through=date(2025, 6, 30))
    a_membership(gone, type="retiree", valid_from=date(2024, 7, 27), paid_through=date(2026, 6, 30))
    merge = merge_members(actor=staff_actor(), kept_id=kept.id, gone_id=gone.id)
    db.session.scalars(select(Membership).where(Membership.id == mine.id)).one().paid_through = date(2028, 6, 30)

    undo_merge(actor=staff_actor(), merge_id=merge.id)

    assert db.session.scalars(select(Membership.paid_through).where(Membership.id == mine.id)).one() == date(
        2028, 6, 30
    )


def test_what_differs_is_kept_from_both(pair):
    kept, gone = pair
    employer = _of(Position, kept)[0].employer
    a_position(gone, employer=employer, title_text="Controller")
    a_membership(kept, valid_from=date(2023, 1, 1))

    assert in_both(kept.id, gone.id).overlapping == 1
    merge_members(actor=staff_actor(), kept_id=kept.id, gone_id=gone.id)

    assert sorted(row.title_text for row in _of(Position, kept)) == ["Analyst", "Controller"]
    assert len(_of(Membership, kept)) == 2


def test_the_members_list_can_be_imported_again_after_a_merge(desk, staff, tmp_path):
    employer = an_employer(name="Sample Creek", region="north")
    kept, gone = (a_member(given_name="Ada", family_name="Twin") for _ in range(2))
    for member in (kept, gone):
        for year in (2018, 2024):
            last = date(2020, 1, 1) if year == 2018 else None
            a_position(member, employer=employer, title="director", title_text=None, valid_from=date(year, 10, 13),
                       valid_to=last)  # fmt: skip
            a_membership(member, type="career", level="gold", valid_from=date(year, 7, 27), valid_to=last,
                         paid_through=last or date(2027, 6, 30))  # fmt: skip
        an_experience(member, "payroll", 3)
    db.session.commit()
    page = f"/staff/members/{kept.id}/merge/{gone.id}"
    assert text_of(desk.get(page)).count("2 are the same in both and are kept once") == 2
    assert post(desk, page, {"kept": str(kept.id)}).status_code == 303

    path = tmp_path / "members.csv"
    path.write_bytes(desk.get("/staff/members/export.csv").data)
    run = import_members_from(actor=staff, path=path, dry_run=True)

    assert {name: count for name, count in run.report["outcomes"].items() if count} == {"unchanged": 1}
    assert not any(found["added"] or found["changed"] for found in run.report["parts"].values())


def _owners(kept, gone):
    found = {}
    for model in (Membership, Experience, Application):
        for row in db.session.scalars(select(model).where(model.member_id.in_([kept.id, gone.id]))):
            owners = found.setdefault(model.__tablename__, {})
            owners[row.member_id] = owners.get(row.member_id, 0) + 1
    return found


def test_memberships_and_positions_of_both_are_read_side_by_side(desk):
    employer = an_employer(name="Sample Creek")
    kept, gone = (a_member(given_name="Ada", family_name="Twin") for _ in range(2))
    a_membership(
        kept, type="career", level="gold", valid_from=date(2019, 7, 1), valid_to=None, paid_through=date(2027, 6, 30)
    )
    other = a_membership(gone, type="career", valid_from=date(2020, 1, 15), valid_to=date(2024, 6, 30))
    other.paid_through = None
    held = a_position(gone, employer=employer, title="director", title_text=None, valid_from=date(2021, 9, 1))
    held.acting = True
    db.session.commit()

    said = text_of(desk.get(f"/staff/members/{kept.id}/merge/{gone.id}"))

    assert (
        "Memberships Career Builder, Gold July 1, 2019 – runs dues paid through June 30, 2027 "
        "Career Builder January 15, 2020 – June 30, 2024 no dues recorded "
        "Positions – Director of Finance, Sample Creek, acting September 1, 2021 – held now"
    ) in said


def test_the_other_record_is_looked_for_from_a_persons_page(desk):
    kept = a_member(given_name="Ada", family_name="Twin", number="100")
    other = a_member(given_name="Adelaide", family_name="Twin", number="200")
    gone = a_member(given_name="Ada", family_name="Twin", number="300")
    gone.state = MemberState.REMOVED
    db.session.commit()
    page = f"/staff/members/{kept.id}/merge"

    assert f'href="{page}"' in desk.get(f"/staff/members/{kept.id}").get_data(as_text=True)
    assert "Nothing is searched yet." in text_of(desk.get(page))
    for words in ("200", "twin", "Twin, Ade"):
        found = desk.get(page, query_string={"q": words}).get_data(as_text=True)
        assert [each for each in (kept, other, gone) if f'href="{page}/{each.id}"' in found] == [other]
    assert desk.get(f"{page}/{other.id}").status_code == 200
    assert "No other member fits this search." in text_of(desk.get(f"{page}?q=100"))


def test_two_with_an_open_application_each_are_refused_and_nothing_moves(pair):
    kept, gone = pair
    program = a_program()
    revision = db.session.scalars(select(ProgramRevision)).one()
    for member in pair:
        an_application(member, program, revision, status=ApplicationStatus.SUBMITTED)
    before = _owners(kept, gone)

    with pytest.raises(ConflictError):
        merge_members(actor=staff_actor(), kept_id=kept.id, gone_id=gone.id)

    assert _owners(kept, gone) == before
    assert db.session.scalars(select(MemberMerge)).all() == []


def test_only_the_associations_own_staff_merge(pair):
    kept, gone = pair

    with pytest.raises(ForbiddenError):
        merge_members(actor=an_actor(an_account()), kept_id=kept.id, gone_id=gone.id)


def test_pages_show_both_ask_which_stays_and_offer_the_way_back(app, association, pair):
    kept, gone = pair
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    browser = signed_in_client(app, association, account)
    page = f"/staff/members/{kept.id}/merge/{gone.id}"

    assert gone.number in text_of(browser.get("/staff/members/duplicates"))
    assert gone.email in text_of(browser.get(page))
    assert post(browser, page, {"kept": "nobody"}).status_code == 422
    assert browser.get(f"/staff/members/{kept.id}/merge/{kept.id}").status_code == 404
    assert post(browser, page, {"kept": str(kept.id)}).status_code == 303
    assert "Part them again" in text_of(browser.get("/staff/members/duplicates"))
    merge = db.session.scalars(select(MemberMerge.id)).one()
    assert post(browser, f"/staff/members/merges/{merge}/undo").status_code == 303
    assert "May be one person" in text_of(browser.get("/staff/members/duplicates"))
