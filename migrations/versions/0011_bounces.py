"""Note what mail servers report of letters that they took; let the operator hold an association's mail beside its staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_bounces"
down_revision = "0010_decided"
branch_labels = None
depends_on = None

_BEFORE = ("pending", "sending", "sent", "uncertain", "failed", "held", "digest", "digested", "unwanted", "dropped")
_STATES = (*_BEFORE, "delayed", "bounced")


def upgrade() -> None:
    """Apply the change."""
    op.add_column("delivery", sa.Column("report_status", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("report_text", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    _states(_STATES)
    op.add_column("mail_hold", sa.Column("by_operator", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("mail_hold", "by_operator", server_default=None)
    _one_open(["association_id", "by_operator"])


def downgrade() -> None:
    """Undo the change. What came back counts as not delivered, and what is late as sent; an operator's holds are not known any more."""
    _force("NO FORCE")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state = 'bounced'")
    op.execute("UPDATE delivery SET state = 'sent' WHERE state = 'delayed'")
    op.execute("UPDATE mail_hold SET released_at = held_at WHERE by_operator AND released_at IS NULL")
    _force("FORCE")
    _one_open(["association_id"])
    op.drop_column("mail_hold", "by_operator")
    _states(_BEFORE)
    for column in ("reported_at", "report_text", "report_status"):
        op.drop_column("delivery", column)


def _force(force: str) -> None:
    for table in ("delivery", "mail_hold"):
        op.execute(f"ALTER TABLE {table} {force} ROW LEVEL SECURITY")


def _states(states: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f("ck_delivery_delivery_state"), "delivery")
    op.create_check_constraint(op.f("ck_delivery_delivery_state"), "delivery", f"state in ({listed})")


def _one_open(columns: list[str]) -> None:
    op.drop_index("uq_mail_hold_open", "mail_hold")
    op.create_index(
        "uq_mail_hold_open", "mail_hold", columns, unique=True, postgresql_where=sa.text("released_at is null")
    )
