"""Keep what a run found out, and ask mentors one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import secure_tenant_table

revision = "0006_matching"
down_revision = "0005_committee"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    for column, empty in (("prices", "{}"), ("recruiting", "[]")):
        op.add_column("match_run", sa.Column(column, postgresql.JSONB(), nullable=False, server_default=empty))
        op.alter_column("match_run", column, server_default=None)
    op.add_column("match_run", sa.Column("left_over", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("match_run", "left_over", server_default=None)
    op.execute("ALTER TABLE match_run NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE match_run SET left_over = jsonb_array_length(unmatched)")
    op.execute("ALTER TABLE match_run FORCE ROW LEVEL SECURITY")
    op.add_column("match_run", sa.Column("last_change", postgresql.JSONB(), nullable=True))
    op.add_column("proposal", sa.Column("missed", postgresql.JSONB(), nullable=True))
    op.add_column("proposal", sa.Column("note", sa.Text(), nullable=True))
    _create_mentor_ask()
    for statement in secure_tenant_table("mentor_ask"):
        op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("mentor_ask")
    for table, column in (
        ("proposal", "note"), ("proposal", "missed"), ("match_run", "last_change"), ("match_run", "left_over"), ("match_run", "recruiting"), ("match_run", "prices"),
    ):  # fmt: skip
        op.drop_column(table, column)


def _create_mentor_ask() -> None:
    states = ("asked", "accepted", "declined", "lapsed", "withdrawn")
    op.create_table(
        "mentor_ask",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("mentee_entry_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="ask_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("fit", sa.Integer(), nullable=False),
        sa.Column("scarcity", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("then_next", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_mentor_ask_association_id")),
        *(
            sa.ForeignKeyConstraint(
                ["association_id", column],
                [f"{table}.association_id", f"{table}.id"],
                name=op.f(f"fk_mentor_ask_association_id_{column}"),
            )
            for column, table in (
                ("program_id", "program"), ("mentee_entry_id", "pool_entry"), ("mentor_entry_id", "pool_entry"),
            )
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_mentor_ask")),
    )  # fmt: skip
    for columns in (("program_id", "state", "due_at"), ("mentor_entry_id", "state"), ("mentee_entry_id", "asked_at")):
        name = f"ix_mentor_ask_association_id_{'_'.join(columns)}"
        op.create_index(op.f(name), "mentor_ask", ["association_id", *columns])
    op.create_index(
        "uq_mentor_ask_open",
        "mentor_ask",
        ["association_id", "mentee_entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
