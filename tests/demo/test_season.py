"""The season of the demonstration, played by few: every state that a season brings, and every room with something in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tandem.applications.checks import check_now
from tandem.applications.models import Application, ApplicationStatus, Recusal, Role, Waiver
from tandem.applications.services import start_application
from tandem.demo.stage import Stage as DemoStage
from tandem.demo.stage import member_actor
from tandem.directory.models import Member, MemberMerge, MemberState, StaffNote
from tandem.extensions import db
from tandem.home.models import SavedView
from tandem.ids import repeatable
from tandem.letters.models import GroupLetter, LetterState
from tandem.matching.models import MatchRun, PoolEntry, PoolState, RunState
from tandem.mentorships.models import (
    CheckIn,
    Concern,
    Evaluation,
    FollowUp,
    Goal,
    MeetingPlan,
    Mentorship,
    MentorshipState,
    Message,
    PlanState,
    ReassignmentRequest,
    RequestState,
)
from tandem.notices.models import AddressMark, Delivery, DeliveryState, MailHold
from tandem.plugin_api.types import Truth
from tandem.privacy.models import CorrectionRequest, DataCopy
from tandem.tenancy.base import TenantBase
from tandem_tenants.casbo.sample.people import Size
from tandem_tenants.casbo.sample.season import Season
from tests.loop.stage import set_stage
from tests.mail_server import MailServer

pytestmark = pytest.mark.long

#: What is there at least once when the season is over.
ROOMS: tuple[type[TenantBase], ...] = (
    AddressMark, CheckIn, Concern, CorrectionRequest, DataCopy, Evaluation, FollowUp, Goal, MailHold, MemberMerge, Message, Recusal, SavedView,
    StaffNote, Waiver,
)  # fmt: skip


@pytest.fixture(scope="module")
def played(app: Flask, mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoStage, list[str]]:
    """The season of 49 mentees and 35 mentors among 110 members, in long strides, and its scenes."""
    stage = set_stage(app, "casbo", Path(tmp_path_factory.mktemp("season")))
    scenes: list[str] = []
    with app.app_context(), repeatable("casbo"):
        season = DemoStage(stage.scope.association_id, stage.scope.time_zone)
        sign_ins = Season(season, scenes.append, Size(members=110, mentees=49, mentors=35), stride=30).play()
    assert len(mail.messages) > 300
    assert sorted(sign_ins) == ["association staff", "member who never applied", "mentee", "mentor", "reviewer"]
    return season, [*scenes, sign_ins["member who never applied"]]


def test_every_state_of_a_season_is_there(app: Flask, played: tuple[DemoStage, list[str]]) -> None:
    stage, scenes = played
    assert scenes[0] == "110 members, staff and reviewers"
    with app.app_context(), stage.open():
        assert set(db.session.scalars(select(Application.status))) == set(ApplicationStatus)
        assert set(db.session.scalars(select(PoolEntry.state))) == set(PoolState)
        assert set(db.session.scalars(select(Mentorship.state))) == set(MentorshipState)
        assert {RequestState.OPEN, RequestState.GRANTED, RequestState.REFUSED} <= set(
            db.session.scalars(select(ReassignmentRequest.state))
        )
        assert {PlanState.PROPOSED, PlanState.AGREED} <= set(db.session.scalars(select(MeetingPlan.state)))
        assert set(db.session.scalars(select(GroupLetter.state))) == {LetterState.DRAFT, LetterState.WRITTEN}
        assert {DeliveryState.BOUNCED, DeliveryState.DELAYED} <= set(db.session.scalars(select(Delivery.state)))
        # One is merged into another, two have left.
        members = select(func.count(Member.id)).where(Member.state == MemberState.ACTIVE)
        assert db.session.scalar(members) == 107


def test_who_never_applied_may(app: Flask, played: tuple[DemoStage, list[str]]) -> None:
    stage, scenes = played
    with app.app_context(), stage.open():
        newcomer = db.session.scalars(select(Member).where(Member.email == scenes[-1])).one()
        assert db.session.scalars(select(Application).where(Application.member_id == newcomer.id)).all() == []
        started = start_application(actor=member_actor(newcomer.id), program_slug="member-to-member", role=Role.MENTEE)
        rules = check_now(started)
        db.session.rollback()
    said = {each.id: each.verdict.truth for each in rules}
    # What is still open is what the form asks.
    assert {name for name, truth in said.items() if truth is not Truth.MET} == {"need"}


def test_no_room_is_empty(app: Flask, played: tuple[DemoStage, list[str]]) -> None:
    stage, _scenes = played
    with app.app_context(), stage.open():
        empty = [model.__name__ for model in ROOMS if not db.session.scalar(select(func.count()).select_from(model))]
        assert empty == []
        runs = db.session.scalars(select(MatchRun).order_by(MatchRun.created_at)).all()
        # The last month's was a list that came in; the newest waits, with a list that was checked.
        assert [(run.decided or {}).get("state") for run in runs[-2:]] == ["applied", "checked"]
        assert [run.state for run in runs[-2:]] == [RunState.PUBLISHED, RunState.PROPOSED]
