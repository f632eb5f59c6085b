"""Add what people in a mentorship plan, agree and say to each other, and what they say at its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import secure_tenant_table

revision = "0004_mentoring"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "check_in",
    "concern",
    "evaluation",
    "follow_up",
    "goal",
    "goal_change",
    "meeting_plan",
    "message",
)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "check_in",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("still", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_check_in_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_check_in_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_check_in_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_check_in")),
    )
    op.create_index(
        op.f("ix_check_in_association_id_mentorship_id_asked_at"),
        "check_in",
        ["association_id", "mentorship_id", "asked_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_check_in_association_id_participant_id_asked_at"),
        "check_in",
        ["association_id", "participant_id", "asked_at"],
        unique=False,
    )
    op.create_table(
        "concern",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_concern_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_concern_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_concern_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_concern")),
    )
    op.create_index(
        op.f("ix_concern_association_id_created_at_id"), "concern", ["association_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_concern_association_id_mentorship_id"), "concern", ["association_id", "mentorship_id"], unique=False
    )
    op.create_index(
        op.f("ix_concern_association_id_participant_id"), "concern", ["association_id", "participant_id"], unique=False
    )
    op.create_table(
        "evaluation",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "about_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_evaluation_association_id_about_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_evaluation_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_evaluation_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "submission_id"],
            ["submission.association_id", "submission.id"],
            name=op.f("fk_evaluation_association_id_submission_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_evaluation_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_evaluation")),
    )
    op.create_index(
        op.f("ix_evaluation_association_id_about_id"), "evaluation", ["association_id", "about_id"], unique=False
    )
    op.create_index(
        op.f("ix_evaluation_association_id_created_at_id"),
        "evaluation",
        ["association_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_evaluation_association_id_participant_id"),
        "evaluation",
        ["association_id", "participant_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_evaluation_association_id_submission_id"),
        "evaluation",
        ["association_id", "submission_id"],
        unique=False,
    )
    op.create_index(
        "uq_evaluation_once",
        "evaluation",
        ["association_id", "mentorship_id", "participant_id", "key", "about_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "follow_up",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_follow_up_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_follow_up_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_follow_up_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_follow_up")),
    )
    op.create_index(
        op.f("ix_follow_up_association_id_due_on_done_at"),
        "follow_up",
        ["association_id", "due_on", "done_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_follow_up_association_id_mentorship_id_due_on"),
        "follow_up",
        ["association_id", "mentorship_id", "due_on"],
        unique=False,
    )
    op.create_table(
        "goal",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "reached", "left", name="goal_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_goal_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_goal_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_goal_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_goal")),
    )
    op.create_index(
        op.f("ix_goal_association_id_mentorship_id_created_at"),
        "goal",
        ["association_id", "mentorship_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "meeting_plan",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("times", postgresql.JSONB(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "agreed",
                "cancelled",
                "held",
                name="plan_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes between 1 and 1440", name=op.f("ck_meeting_plan_minutes")),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_meeting_plan_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "proposed_by"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_meeting_plan_association_id_proposed_by"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_meeting_plan_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_meeting_plan")),
    )
    op.create_index(
        op.f("ix_meeting_plan_association_id_mentorship_id_state"),
        "meeting_plan",
        ["association_id", "mentorship_id", "state"],
        unique=False,
    )
    op.create_table(
        "message",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_message_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_message_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_message_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_message")),
    )
    op.create_index(
        op.f("ix_message_association_id_mentorship_id_created_at_id"),
        "message",
        ["association_id", "mentorship_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "goal_change",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "reached", "left", name="goal_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "goal_id"],
            ["goal.association_id", "goal.id"],
            name=op.f("fk_goal_change_association_id_goal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_goal_change_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_goal_change_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_goal_change")),
    )
    op.create_index(
        op.f("ix_goal_change_association_id_goal_id_changed_at"),
        "goal_change",
        ["association_id", "goal_id", "changed_at"],
        unique=False,
    )
    op.add_column("participant", sa.Column("messages_read_at", sa.DateTime(timezone=True), nullable=True))
    for table in TENANT_TABLES:
        for statement in secure_tenant_table(table):
            op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("What people wrote is not taken back.")
