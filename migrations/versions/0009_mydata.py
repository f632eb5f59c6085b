"""Let members ask for corrections and copies of their data; erase old entries of the audit trail by one function."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tandem.tenancy.row_security import APPLICATION_ROLE, secure_tenant_table

revision = "0009_mydata"
down_revision = "0008_letters"
branch_labels = None
depends_on = None

#: The trail's trigger lets one thing through: the function below, which runs as the owner and says so for itself alone.
_REFUSE = """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {exception}
      RAISE EXCEPTION '% rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
"""
_EXCEPTION = """IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entry' AND current_user <> session_user
         AND current_setting('app.erasing', true) = 'audit' THEN
        RETURN NULL;
      END IF;"""
#: At most ``most`` entries of the open association that happened before ``before`` and more than a year ago.
_ERASE = """
    CREATE FUNCTION audit_erase(before timestamptz, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $function$
    DECLARE erased integer;
    BEGIN
      IF before > clock_timestamp() - interval '365 days' + (
          SELECT clock_offset FROM association WHERE id = current_setting('app.association_id')::uuid) THEN
        RAISE EXCEPTION 'the audit trail is kept for a year at least' USING ERRCODE = 'restrict_violation';
      END IF;
      PERFORM set_config('app.erasing', 'audit', true);
      DELETE FROM audit_entry WHERE association_id = current_setting('app.association_id')::uuid AND id IN (
        SELECT e.id FROM audit_entry AS e
        WHERE e.association_id = current_setting('app.association_id')::uuid AND e.happened_at < before
        ORDER BY e.happened_at, e.id LIMIT most);
      GET DIAGNOSTICS erased = ROW_COUNT;
      PERFORM set_config('app.erasing', '', true);
      RETURN erased;
    END $function$
"""


def upgrade() -> None:
    """Apply the change."""
    _create_correction_request()
    _create_data_copy()
    _create_acting()
    _create_import_mapping()
    op.add_column("import_run", sa.Column("meaning", postgresql.JSONB(), nullable=True))
    for table in ("correction_request", "data_copy", "acting", "import_mapping"):
        for statement in secure_tenant_table(table):
            op.execute(statement)
    op.execute(_REFUSE.format(exception=_EXCEPTION))
    op.execute(_ERASE)
    op.execute("REVOKE ALL ON FUNCTION audit_erase FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION audit_erase TO {APPLICATION_ROLE}")


def downgrade() -> None:
    """Take the change back."""
    op.execute("DROP FUNCTION audit_erase")
    op.execute(_REFUSE.format(exception=""))
    op.drop_column("import_run", "meaning")
    op.drop_table("import_mapping")
    op.drop_table("acting")
    op.drop_table("data_copy")
    op.drop_table("correction_request")


def _own_columns(table: str, ondelete: str | None = "CASCADE") -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f(f"fk_{table}_association_id")),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"], ["member.association_id", "member.id"],
            name=op.f(f"fk_{table}_association_id_member_id"), ondelete=ondelete,
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f(f"pk_{table}")),
    ]  # fmt: skip


def _create_correction_request() -> None:
    op.create_table(
        "correction_request",
        *_own_columns("correction_request"),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "accepted", "declined", "withdrawn", name="correction_state", native_enum=False,
                    create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_by_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
    )  # fmt: skip
    for columns in (("state", "created_at", "id"), ("member_id", "created_at")):
        _index("correction_request", *columns)


def _create_data_copy() -> None:
    op.create_table(
        "data_copy",
        *_own_columns("data_copy"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )
    for columns in (("member_id", "asked_at"), ("expires_at",)):
        _index("data_copy", *columns)


def _create_acting() -> None:
    op.create_table(
        "acting",
        *_own_columns("acting", ondelete=None),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deeds", postgresql.JSONB(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"], ["account.association_id", "account.id"],
            name=op.f("fk_acting_association_id_account_id"),
        ),
    )  # fmt: skip
    _index("acting", "member_id", "started_at")
    op.create_index(
        "uq_acting_open", "acting", ["association_id", "account_id"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip


def _create_import_mapping() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("headings_key", sa.Text(), nullable=False),
        sa.Column("meaning", postgresql.JSONB(), nullable=False),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_import_mapping_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_import_mapping")),
    )
    _index("import_mapping", "headings_key", "used_at")
    op.create_index(
        op.f("ix_import_mapping_association_id_name"), "import_mapping", ["association_id", "name"], unique=True
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_association_id_{'_'.join(columns)}"), table, ["association_id", *columns])
