"""Two records of one person: found, made one with everything that hangs on them, parted again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.access.errors import ConflictError, ForbiddenError
from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.audit.models import AuditEntry
from tandem.directory.merging import merge_members, twins, undo_merge
from tandem.directory.models import Experience, Member, MemberMerge, Membership, MemberState
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
    before = _owners(kept, gone)

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

    assert _owners(kept, gone) == before
    assert db.session.get_one(Member, (kept.association_id, gone.id)).state is MemberState.ACTIVE
    with pytest.raises(ConflictError):
        undo_merge(actor=actor, merge_id=merge.id)


def _owners(kept, gone):
    found = {}
    for model in (Membership, Experience, Application):
        for row in db.session.scalars(select(model).where(model.member_id.in_([kept.id, gone.id]))):
            owners = found.setdefault(model.__tablename__, {})
            owners[row.member_id] = owners.get(row.member_id, 0) + 1
    return found


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
