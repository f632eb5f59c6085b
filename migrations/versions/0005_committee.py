"""Committee room and staff's daily work: votes, assignments, notes, saved views, merged members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import secure_tenant_table

revision = "0005_committee"
down_revision = "0004_mentoring"
branch_labels = None
depends_on = None

TABLES = ("member_merge", "review_assignment", "saved_view", "staff_note", "vote")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "member_merge",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("moved", postgresql.JSONB(), nullable=False),
        sa.Column("merged_by_name", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "gone_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_member_merge_association_id_gone_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "kept_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_member_merge_association_id_kept_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_member_merge_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_member_merge")),
    )
    op.create_index(
        op.f("ix_member_merge_association_id_gone_id"), "member_merge", ["association_id", "gone_id"], unique=False
    )
    op.create_index(
        op.f("ix_member_merge_association_id_kept_id"), "member_merge", ["association_id", "kept_id"], unique=False
    )
    op.create_index(
        op.f("ix_member_merge_association_id_merged_at_id"),
        "member_merge",
        ["association_id", "merged_at", "id"],
        unique=False,
    )
    op.create_table(
        "saved_view",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_saved_view_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_saved_view_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_saved_view")),
    )
    op.create_index(
        op.f("ix_saved_view_association_id_account_id_page_name"),
        "saved_view",
        ["association_id", "account_id", "page", "name"],
        unique=True,
    )
    op.create_table(
        "staff_note",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_staff_note_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "department_id"],
            ["department.association_id", "department.id"],
            name=op.f("fk_staff_note_association_id_department_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_staff_note_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_staff_note_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_staff_note")),
    )
    op.create_index(
        op.f("ix_staff_note_association_id_account_id"), "staff_note", ["association_id", "account_id"], unique=False
    )
    op.create_index(
        op.f("ix_staff_note_association_id_member_id_created_at_id"),
        "staff_note",
        ["association_id", "member_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "review_assignment",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_review_assignment_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_review_assignment_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_review_assignment_association_id")
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_review_assignment")),
    )
    op.create_index(
        op.f("ix_review_assignment_association_id_account_id_application_id"),
        "review_assignment",
        ["association_id", "account_id", "application_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_assignment_association_id_application_id_account_id"),
        "review_assignment",
        ["association_id", "application_id", "account_id"],
        unique=True,
    )
    op.create_table(
        "vote",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "choice",
            sa.Enum(
                "approve",
                "decline",
                "abstain",
                name="vote_choice",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("scores", postgresql.JSONB(), nullable=False),
        sa.Column("cast_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_vote_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_vote_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_vote_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_vote")),
    )
    op.create_index(
        op.f("ix_vote_association_id_account_id_application_id"),
        "vote",
        ["association_id", "account_id", "application_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_association_id_application_id_sent_at_account_id"),
        "vote",
        ["association_id", "application_id", "sent_at", "account_id"],
        unique=True,
    )
    op.add_column("application", sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("application", sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_application_association_id_status_decide_by"),
        "application",
        ["association_id", "status", "decide_by"],
        unique=False,
    )
    op.add_column("decision", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_decision_association_id_created_at_id"),
        "decision",
        ["association_id", "created_at", "id"],
        unique=False,
    )
    for table in TABLES:
        for statement in secure_tenant_table(table):
            op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("Votes, notes and saved views are not thrown away.")
