"""Put every association table under row security, and grant what the application needs."""

from __future__ import annotations

from alembic import op

from tandem.tenancy.row_security import APPEND_ONLY, APPLICATION_ROLE, secure_platform_table, secure_tenant_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


#: The associations' tables of this revision; a later migration secures its own.
TENANT_TABLES = (
    "account",
    "answer_fact",
    "application",
    "attendance",
    "audit_entry",
    "cohort",
    "committee",
    "committee_member",
    "decision",
    "delivery",
    "department",
    "document_revision",
    "employer",
    "experience",
    "form",
    "form_revision",
    "hours",
    "identity",
    "import_row",
    "import_run",
    "journal_entry",
    "lock",
    "match_run",
    "meeting",
    "member",
    "membership",
    "mentorship",
    "notice",
    "participant",
    "pause",
    "pool_entry",
    "position",
    "program",
    "program_revision",
    "proposal",
    "rate_limit",
    "reassignment_request",
    "recusal",
    "review",
    "role_grant",
    "session",
    "submission",
    "token",
    "verdict",
    "vocabulary_term",
    "waiver",
)


def upgrade() -> None:
    """Apply the change."""
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}")
    for table in TENANT_TABLES:
        for statement in secure_tenant_table(table):
            op.execute(statement)
    for table in ("job", "schedule"):
        for statement in secure_platform_table(table):
            op.execute(statement)
    op.execute(f"GRANT SELECT ON association, host, operator TO {APPLICATION_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON operator_session, operator_attempt TO {APPLICATION_ROLE}")
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '% rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("Row security is not taken back.")
