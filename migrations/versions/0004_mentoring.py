"""Add what people in a mentorship plan, agree and say to each other, and what they say at its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tandem.tenancy.row_security import secure_tenant_table

revision = "0004_mentoring"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "evaluation",
    "message",
)


def upgrade() -> None:
    """Apply the change."""
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
    op.add_column("participant", sa.Column("messages_read_at", sa.DateTime(timezone=True), nullable=True))
    for table in TENANT_TABLES:
        for statement in secure_tenant_table(table):
            op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("What people wrote is not taken back.")
