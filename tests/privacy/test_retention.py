"""What is over its time is erased, in batches and with its number alone; what is under way never; without the setting nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from tandem.applications.models import Application, ApplicationStatus
from tandem.audit.models import AuditEntry
from tandem.clocks import program_now, program_today, system_now
from tandem.extensions import db
from tandem.forms.models import AnswerFact, Submission
from tandem.identity.models import SignInSession
from tandem.mentorships.models import Concern, Hours, JournalEntry, Mentorship, MentorshipState, Message, Participant
from tandem.notices.models import Delivery, DeliveryState, Notice
from tandem.privacy.retention import due_now, erase_due
from tandem.programs.errors import ConfigurationError
from tests.factories import a_member, an_application
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person
from tests.mentorships.pairs import a_pairing
from tests.pages import text_of
from tests.privacy.test_my_data import write_everywhere


def keeping(**periods):
    """Programs keep things for so long."""

    def edit(association):
        association.setdefault("shared", {})["retention"] = {
            key: value for key, value in periods.items() if key in {"private_texts", "declined_applications", "drafts"}
        }
        association["retention"] = {
            key: value for key, value in periods.items() if key in {"sign_ins", "letters", "audit"}
        }

    return edit


def forgetting(association):
    """The control: without periods."""
    association.pop("retention", None)
    association.get("shared", {}).pop("retention", None)


def ended(stage, place, days_ago):
    with stage.open():
        db.session.execute(
            update(Mentorship)
            .where(Mentorship.id == place.rpartition("/")[2])
            .values(state=MentorshipState.ENDED, ended_at=program_now() - timedelta(days=days_ago), end_note="Private.")
        )
        db.session.execute(update(Concern).values(answered_at=program_now(), answer="Seen."))
        db.session.commit()


def texts(stage, place):
    with stage.open():
        identifier = place.rpartition("/")[2]
        return [
            db.session.scalar(select(func.count()).select_from(model).where(model.mentorship_id == identifier))
            for model in (JournalEntry, Message, Concern)
        ]


def erased(stage, **how):
    with stage.open():
        done = [(period.kind, count) for period, count in erase_due(**how)]
        db.session.commit()
    return done


def test_private_texts_go_so_long_after_the_end_and_not_before(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=keeping(private_texts="365d"))
    old, young, running = a_pairing(stage), a_pairing(stage), a_pairing(stage)
    for pair in (old, young, running):
        write_everywhere(stage, pair)
    with stage.open():
        own = db.session.scalars(
            select(Participant).where(Participant.mentorship_id == old.place.rpartition("/")[2])
        ).first()
        db.session.add(Hours(mentorship_id=own.mentorship_id, participant_id=own.id, spent_on=program_today(), minutes=30,
                             about="Budget talk"))  # fmt: skip
        db.session.commit()
    ended(stage, old.place, 366)
    ended(stage, young.place, 364)

    with stage.open():
        assert [(due.period.kind, due.count) for due in due_now() if due.count] == [("private_texts", 1)]
    assert erased(stage) == [("private_texts", 1)]
    assert erased(stage) == []

    assert [texts(stage, pair.place) for pair in (old, young, running)] == [[0, 0, 0], [4, 2, 1], [4, 2, 1]]
    with stage.open():
        row = db.session.get(Mentorship, (stage.scope.association_id, old.place.rpartition("/")[2]))
        assert (row.state, row.end_note) == (MentorshipState.ENDED, None)
        assert db.session.scalars(select(Hours.about)).all() == [None]
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.erased")).all()
        assert [(entry.changes, entry.reason, entry.account_id) for entry in entries] == [
            ({"private_texts": [1, 0]}, None, None)
        ]


def test_an_unanswered_concern_keeps_its_mentorship(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=keeping(private_texts="30d"))
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    ended(stage, pair.place, 400)
    with stage.open():
        db.session.execute(update(Concern).values(answered_at=None))
        db.session.commit()

    assert erased(stage) == []
    assert texts(stage, pair.place) == [4, 2, 1]


def test_without_the_setting_nothing_is_ever_erased(app, tmp_path_factory):
    """The control: the same things, as old, once with periods and once with the setting taken out."""
    everything = {
        "private_texts": "30d", "declined_applications": "30d", "drafts": "30d", "sign_ins": "7d", "letters": "90d",
    }  # fmt: skip
    seen = []
    for edit in (keeping(**everything), forgetting):
        stage = set_stage(app, "casbo", tmp_path_factory.mktemp("retention"), association=edit)
        pair = a_pairing(stage)
        write_everywhere(stage, pair)
        make_old(stage)
        ended(stage, pair.place, 400)
        seen.append((dict(sorted(erased(stage))), texts(stage, pair.place)))

    assert seen == [(dict.fromkeys(sorted(everything), 1), [0, 0, 0]), ({}, [4, 2, 1])]


def make_old(stage):
    """A declined application, a draft, a sign-in and a letter, all long over; and one of each that is not."""
    person = a_person(stage, "Olda")
    with stage.open():
        revision = db.session.scalars(select(Application)).first().program_revision
        program = db.session.scalars(select(Application)).first().program
        long_ago = program_now() - timedelta(days=800)
        for status in (ApplicationStatus.DECLINED, ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED):
            row = an_application(a_member(), program, revision, status=status, answers={"needs": ["payroll"]})
            row.status_since = row.created_at = long_ago
            db.session.flush()
            db.session.execute(update(Submission).where(Submission.id == row.submission_id).values(saved_at=long_ago))
        young = an_application(a_member(), program, revision, status=ApplicationStatus.DECLINED)
        young.status_since = program_now()
        session = db.session.scalars(
            select(SignInSession).order_by(SignInSession.created_at.desc(), SignInSession.id.desc())
        ).first()
        db.session.add(
            SignInSession(account_id=session.account_id, token_hash=f"spent-{session.id}", method="link",
                          created_at=system_now() - timedelta(days=900), expires_at=system_now() - timedelta(days=870))
        )  # fmt: skip
        for number, state in enumerate((DeliveryState.SENT, DeliveryState.UNCERTAIN)):
            notice = Notice(member_id=person.id, template="copy-ready", language="en", address="x@example.org", subject="s",
                            text_body="t", html_body="h", created_at=long_ago)  # fmt: skip
            db.session.add(notice)
            db.session.flush()
            db.session.add(
                Delivery(notice_id=notice.id, channel="email", state=state, message_id=f"<{number}@{notice.id}>")
            )
        db.session.commit()


def test_applications_sign_ins_and_letters_go_and_what_is_under_way_stays(app, tmp_path):
    stage = set_stage(
        app, "casbo", tmp_path,
        association=keeping(declined_applications="365d", drafts="180d", sign_ins="90d", letters="730d"),
    )  # fmt: skip
    a_pairing(stage)
    make_old(stage)

    assert sorted(erased(stage)) == [("declined_applications", 1), ("drafts", 1), ("letters", 1), ("sign_ins", 1)]

    with stage.open():
        left = db.session.scalars(select(Application.status).order_by(Application.status)).all()
        assert left == ["approved", "approved", "declined", "submitted"]
        assert db.session.scalar(select(func.count()).select_from(Submission)) == 4
        assert db.session.scalar(select(func.count()).select_from(AnswerFact)) == 1
        assert db.session.scalars(select(Delivery.state)).all() == [DeliveryState.UNCERTAIN]
        assert db.session.scalar(select(func.count()).select_from(SignInSession)) == 4


def test_large_numbers_are_erased_in_batches_of_their_own(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=keeping(private_texts="30d"))
    for _number in range(3):
        pair = a_pairing(stage)
        write_everywhere(stage, pair)
        ended(stage, pair.place, 40)

    assert erased(stage, batch=2) == [("private_texts", 2)]
    stage.work()

    with stage.open():
        numbers = db.session.scalars(
            select(AuditEntry.changes).where(AuditEntry.action == "retention.erased").order_by(AuditEntry.id)
        ).all()
        assert numbers == [{"private_texts": [2, 0]}, {"private_texts": [1, 0]}]


def test_the_audit_trail_is_cut_by_its_own_function_alone(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=keeping(audit="400d"))
    with stage.open():
        before = db.session.scalar(select(func.count()).select_from(AuditEntry))
        for age in (399, 401):
            db.session.add(
                AuditEntry(actor_name="Somebody", action="member.changed", object_kind="member",
                           object_id=stage.scope.association_id, visibility="staff",
                           happened_at=program_now() - timedelta(days=age))
            )  # fmt: skip
        db.session.commit()

    assert erased(stage) == [("audit", 1)]

    with stage.open():
        # The young one, and the entry that says how many were erased.
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before + 2
        for statement in (
            "SELECT audit_erase(now() - interval '364 days', 10)", "DELETE FROM audit_entry",
            "SELECT set_config('app.erasing', 'audit', true); DELETE FROM audit_entry",
        ):  # fmt: skip
            with pytest.raises(DBAPIError):
                db.session.execute(db.text(statement))
            db.session.rollback()


def test_the_nightly_job_erases(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=keeping(private_texts="30d"))
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    ended(stage, pair.place, 28)
    with stage.open():
        today = program_today()
    stage.pass_until(today + timedelta(days=1))
    assert texts(stage, pair.place) == [4, 2, 1]

    stage.pass_until(today + timedelta(days=3))

    assert texts(stage, pair.place) == [0, 0, 0]


def test_staff_read_beforehand_what_would_be_erased(app, tmp_path_factory):
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("read"), association=keeping(private_texts="30d"))
    staff, reviewer = a_helper(stage), a_helper(stage, "reviewer")
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    ended(stage, pair.place, 40)

    page = text_of(staff.browser.get("/staff/retention/"))

    assert "Private texts of ended mentorships" in page
    assert "30 days" in page
    assert texts(stage, pair.place) == [4, 2, 1]
    assert reviewer.browser.get("/staff/retention/").status_code == 403
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("kept"), association=forgetting)
    staff = a_helper(stage)
    assert "Everything is kept for good." in text_of(staff.browser.get("/staff/retention/"))


@pytest.mark.parametrize(
    ("key", "value"), [("private_texts", "29d"), ("audit", "364d"), ("letters", "2y"), ("sign_ins", "0d")]
)
def test_a_period_that_is_too_short_is_refused(app, tmp_path, key, value):
    with pytest.raises(ConfigurationError, match=key):
        set_stage(app, "casbo", tmp_path, association=keeping(**{key: value}))


def test_the_command_says_and_erases(app, tmp_path, monkeypatch):
    from tandem.cli import retention as command

    stage = set_stage(app, "casbo", tmp_path, association=keeping(private_texts="30d"))
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    ended(stage, pair.place, 40)
    monkeypatch.setattr(command, "create_app", lambda _settings: app)
    monkeypatch.setattr(command, "load_settings", lambda: None)

    shown = CliRunner().invoke(command.retention, ["show", stage.scope.slug])
    assert shown.exit_code == 0, shown.output
    assert "30 days" in shown.output
    assert texts(stage, pair.place) == [4, 2, 1]
    done = CliRunner().invoke(command.retention, ["run", stage.scope.slug, "--yes"])

    assert done.exit_code == 0, done.output
    assert "1 × private_texts (member-to-member)" in done.output
    assert texts(stage, pair.place) == [0, 0, 0]
    assert CliRunner().invoke(command.retention, ["show", "nobody"]).exit_code == 1
