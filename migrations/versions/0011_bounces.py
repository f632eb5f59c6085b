"""Note what mail servers report of letters that they took; let the operator hold an association's mail beside its staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tandem.tenancy.row_security import APPLICATION_ROLE

revision = "0011_bounces"
down_revision = "0010_decided"
branch_labels = None
depends_on = None

_BEFORE = ("pending", "sending", "sent", "uncertain", "failed", "held", "digest", "digested", "unwanted", "dropped")
_STATES = (*_BEFORE, "delayed", "bounced")

_SET_MAIL_HELD = """
    CREATE FUNCTION association_set_mail_held(which uuid, since timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
    SET search_path = public, pg_temp AS $function$
        UPDATE association SET mail_held_at = since WHERE id = which;
    $function$
"""


def upgrade() -> None:
    """Apply the change."""
    op.add_column("delivery", sa.Column("report_status", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("report_text", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    _states(_STATES)
    op.add_column("mail_hold", sa.Column("by_operator", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("mail_hold", "by_operator", server_default=None)
    _one_open(["association_id", "by_operator"])
    # What the console shows of an operator's holds: their reasons are the associations' own rows, which it does not see.
    op.add_column("association", sa.Column("mail_held_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SET_MAIL_HELD)
    op.execute("REVOKE ALL ON FUNCTION association_set_mail_held FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION association_set_mail_held TO {APPLICATION_ROLE}")


def downgrade() -> None:
    """Undo the change. What came back counts as not delivered, and what is late as sent; an operator's holds are not known any more."""
    _force("NO FORCE")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state = 'bounced'")
    op.execute("UPDATE delivery SET state = 'sent' WHERE state = 'delayed'")
    op.execute("UPDATE mail_hold SET released_at = held_at WHERE by_operator AND released_at IS NULL")
    _force("FORCE")
    op.execute("DROP FUNCTION association_set_mail_held")
    op.drop_column("association", "mail_held_at")
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
