"""Keep what was sent and the files that came with it, and let a pause in the pool end by its date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import secure_tenant_table

revision = "0007_applying"
down_revision = "0006_matching"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("pool_entry", sa.Column("paused_until", sa.Date(), nullable=True))
    op.create_index(
        "ix_pool_entry_rests",
        "pool_entry",
        ["association_id", "paused_until"],
        postgresql_where=sa.text("paused_until is not null"),
    )
    _create(
        "application_sending",
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
    )
    op.create_index(
        op.f("ix_application_sending_association_id_application_id_sent_at"),
        "application_sending",
        ["association_id", "application_id", "sent_at"],
        unique=True,
    )
    _create(
        "application_file",
        sa.Column("about", _choice("file_about", "question", "rule"), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", _choice("file_kind", "pdf", "jpeg", "png"), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(content) <= 8388608", name=op.f("ck_application_file_content")),
    )
    op.create_index(
        op.f("ix_application_file_association_id_application_id_about_item"),
        "application_file",
        ["association_id", "application_id", "about", "item"],
    )
    for table in ("application_sending", "application_file"):
        for statement in secure_tenant_table(table):
            op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("application_file")
    op.drop_table("application_sending")
    op.drop_index("ix_pool_entry_rests", "pool_entry")
    op.drop_column("pool_entry", "paused_until")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _create(table: str, *columns: sa.Column[object] | sa.CheckConstraint) -> None:
    """A table of an association whose rows belong to an application and go with it."""
    op.create_table(
        table,
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f(f"fk_{table}_association_id")),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f(f"fk_{table}_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f(f"pk_{table}")),
    )
