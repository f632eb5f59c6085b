"""What mail people want, holding all of it, addresses that refuse it, and letters to groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import secure_tenant_table

revision = "0008_letters"
down_revision = "0007_applying"
branch_labels = None
depends_on = None

TABLES = ("mail_hold", "mail_choice", "address_mark", "group_letter", "letter_recipient")

_BEFORE = ("pending", "sending", "sent", "uncertain", "failed")
_STATES = (*_BEFORE, "held", "digest", "digested", "unwanted", "dropped")


def upgrade() -> None:
    """Apply the change."""
    _create_mail_hold()
    _create_mail_choice()
    _create_address_mark()
    _create_group_letter()
    _create_letter_recipient()
    op.add_column("notice", sa.Column("reason", postgresql.JSONB(), nullable=True))
    op.add_column("delivery", sa.Column("hold_id", sa.Uuid(), nullable=True))
    op.add_column("delivery", sa.Column("digest_id", sa.Uuid(), nullable=True))
    # PostgreSQL checks the rows that are there as the owner, who is under row security as well.
    _force("NO FORCE")
    op.create_foreign_key(*_key("delivery", "hold_id", "mail_hold"))
    op.create_foreign_key(*_key("delivery", "digest_id", "notice"), ondelete="SET NULL (digest_id)")
    _force("FORCE")
    op.create_index(
        op.f("ix_delivery_association_id_hold_id_state"), "delivery", ["association_id", "hold_id", "state"]
    )
    _states(_STATES)
    for table in TABLES:
        for statement in secure_tenant_table(table):
            op.execute(statement)


def downgrade() -> None:
    """Take the change back. Mail that waits for a release or a daily letter counts as not delivered."""
    _force("NO FORCE")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state IN ('held', 'digest', 'unwanted', 'dropped')")
    op.execute("UPDATE delivery SET state = 'sent' WHERE state = 'digested'")
    _force("FORCE")
    _states(_BEFORE)
    op.drop_index(op.f("ix_delivery_association_id_hold_id_state"), "delivery")
    op.drop_column("delivery", "digest_id")
    op.drop_column("delivery", "hold_id")
    op.drop_column("notice", "reason")
    for table in reversed(TABLES):
        op.drop_table(table)


def _force(force: str) -> None:
    for table in ("delivery", "notice"):
        op.execute(f"ALTER TABLE {table} {force} ROW LEVEL SECURITY")


def _states(states: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f("ck_delivery_delivery_state"), "delivery")
    op.create_check_constraint(op.f("ck_delivery_delivery_state"), "delivery", f"state in ({listed})")


def _key(table: str, column: str, target: str) -> tuple[str, str, str, list[str], list[str]]:
    return (
        op.f(f"fk_{table}_association_id_{column}"), table, target, ["association_id", column], ["association_id", "id"],
    )  # fmt: skip


def _table(name: str, *parts: sa.schema.SchemaItem, references: dict[str, tuple[str, str | None]]) -> None:
    op.create_table(
        name,
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f(f"fk_{name}_association_id")),
        *(
            sa.ForeignKeyConstraint(
                ["association_id", column],
                [f"{table}.association_id", f"{table}.id"],
                name=op.f(f"fk_{name}_association_id_{column}"),
                ondelete=ondelete,
            )
            for column, (table, ondelete) in references.items()
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f(f"pk_{name}")),
    )


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_mail_hold() -> None:
    _table(
        "mail_hold",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by_name", sa.Text(), nullable=False),
        _moment("held_at"),
        sa.Column("released_by_name", sa.Text(), nullable=True),
        _moment("released_at", nullable=True),
        sa.Column("dropping", sa.Boolean(), nullable=False),
        references={},
    )
    op.create_index(
        "uq_mail_hold_open", "mail_hold", ["association_id"], unique=True,
        postgresql_where=sa.text("released_at is null"),
    )  # fmt: skip
    op.create_index(op.f("ix_mail_hold_association_id_held_at"), "mail_hold", ["association_id", "held_at"])


def _create_mail_choice() -> None:
    _table(
        "mail_choice",
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("pace", _choice("pace", "at-once", "daily", "never"), nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("(account_id is null) <> (member_id is null)", name=op.f("ck_mail_choice_owner")),
        references={"account_id": ("account", "CASCADE"), "member_id": ("member", None)},
    )
    for column in ("account_id", "member_id"):
        op.create_index(
            op.f(f"ix_mail_choice_association_id_{column}_topic"), "mail_choice", ["association_id", column, "topic"],
            unique=True,
        )  # fmt: skip


def _create_address_mark() -> None:
    _table(
        "address_mark",
        sa.Column("address_key", sa.Text(collation="C"), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        _moment("marked_at"),
        _moment("cleared_at", nullable=True),
        sa.Column("cleared_by_name", sa.Text(), nullable=True),
        references={"notice_id": ("notice", "SET NULL (notice_id)")},
    )
    op.create_index(
        "uq_address_mark_open", "address_mark", ["association_id", "address_key"], unique=True,
        postgresql_where=sa.text("cleared_at is null"),
    )  # fmt: skip
    op.create_index(
        op.f("ix_address_mark_association_id_marked_at_id"), "address_mark", ["association_id", "marked_at", "id"]
    )


def _create_group_letter() -> None:
    _table(
        "group_letter",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", _choice("letter_state", "draft", "sending", "written"), nullable=False),
        _moment("created_at"),
        _moment("sent_at", nullable=True),
        references={"account_id": ("account", None)},
    )
    op.create_index(
        op.f("ix_group_letter_association_id_created_at_id"), "group_letter", ["association_id", "created_at", "id"]
    )


def _create_letter_recipient() -> None:
    _table(
        "letter_recipient",
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        _moment("handled_at", nullable=True),
        references={
            "letter_id": ("group_letter", "CASCADE"), "member_id": ("member", None), "program_id": ("program", None),
            "notice_id": ("notice", "SET NULL (notice_id)"),
        },
    )  # fmt: skip
    op.create_index(
        op.f("ix_letter_recipient_association_id_letter_id_member_id"), "letter_recipient",
        ["association_id", "letter_id", "member_id"], unique=True,
    )  # fmt: skip
    op.create_index(
        op.f("ix_letter_recipient_association_id_notice_id"), "letter_recipient", ["association_id", "notice_id"]
    )
