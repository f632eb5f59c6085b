"""Create every table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "association",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active", "suspended", name="association_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("clock_offset", sa.Interval(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association")),
        sa.UniqueConstraint("slug", name=op.f("uq_association_slug")),
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("email_key", name=op.f("uq_operator_email_key")),
    )
    op.create_table(
        "operator_attempt",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_operator_attempt")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_audit_entry_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_association_id_account_id_happened_at"),
        "audit_entry",
        ["association_id", "account_id", "happened_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_entry_association_id_happened_at_id"),
        "audit_entry",
        ["association_id", "happened_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_entry_association_id_object_id_object_kind"),
        "audit_entry",
        ["association_id", "object_id", "object_kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_entry_association_id_program_id_happened_at"),
        "audit_entry",
        ["association_id", "program_id", "happened_at"],
        unique=False,
    )
    op.create_table(
        "department",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_department_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_department")),
    )
    op.create_index(op.f("ix_department_association_id_slug"), "department", ["association_id", "slug"], unique=True)
    op.create_table(
        "employer",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_employer_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_employer")),
    )
    op.create_index(
        op.f("ix_employer_association_id_name_key"), "employer", ["association_id", "name_key"], unique=True
    )
    op.create_table(
        "form",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("current_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_form_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_form")),
    )
    op.create_index(op.f("ix_form_association_id_key"), "form", ["association_id", "key"], unique=True)
    op.create_table(
        "host",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_host_association_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host")),
        sa.UniqueConstraint("hostname", name=op.f("uq_host_hostname")),
    )
    op.create_index(op.f("ix_host_association_id"), "host", ["association_id"], unique=False)
    op.create_index("uq_host_canonical", "host", ["association_id"], unique=True, postgresql_where="canonical")
    op.create_table(
        "import_run",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "checking",
                "checked",
                "applying",
                "applied",
                "failed",
                "cancelled",
                name="import_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("applied_by_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_import_run_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_import_run")),
    )
    op.create_index(
        op.f("ix_import_run_association_id_created_at"), "import_run", ["association_id", "created_at"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "dead",
                "cancelled",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_job_association_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_association", "job", ["association_id", "created_at"], unique=False)
    op.create_index(
        "ix_job_due", "job", ["run_after"], unique=False, postgresql_where=sa.text("state in ('queued', 'running')")
    )
    op.create_index("uq_job_dedupe", "job", ["association_id", "kind", "dedupe_key"], unique=True)
    op.create_table(
        "member",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(collation="C"), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("active", "removed", name="member_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_member_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_member")),
        sa.UniqueConstraint(
            "association_id",
            "email_key",
            deferrable=True,
            initially="IMMEDIATE",
            name=op.f("uq_member_association_id_email_key"),
        ),
    )
    op.create_index(
        op.f("ix_member_association_id_name_key_id"), "member", ["association_id", "name_key", "id"], unique=False
    )
    op.create_index(op.f("ix_member_association_id_number"), "member", ["association_id", "number"], unique=True)
    op.create_table(
        "operator_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_operator_session_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_operator_session_token_hash")),
    )
    op.create_index(op.f("ix_operator_session_operator_id"), "operator_session", ["operator_id"], unique=False)
    op.create_table(
        "rate_limit",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_rate_limit_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_rate_limit")),
    )
    op.create_index(
        op.f("ix_rate_limit_association_id_key_window_start"),
        "rate_limit",
        ["association_id", "key", "window_start"],
        unique=True,
    )
    op.create_index(
        op.f("ix_rate_limit_association_id_window_start"),
        "rate_limit",
        ["association_id", "window_start"],
        unique=False,
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeat", sa.Text(), nullable=True),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_schedule_association_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    op.create_index(
        "ix_schedule_due", "schedule", ["due_at"], unique=False, postgresql_where=sa.text("fired_at is null")
    )
    op.create_index("uq_schedule_dedupe", "schedule", ["association_id", "kind", "dedupe_key"], unique=True)
    op.create_table(
        "vocabulary_term",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vocabulary", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_vocabulary_term_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_vocabulary_term")),
    )
    op.create_index(
        op.f("ix_vocabulary_term_association_id_vocabulary_key"),
        "vocabulary_term",
        ["association_id", "vocabulary", "key"],
        unique=True,
    )
    op.create_table(
        "account",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(collation="C"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum("active", "closed", name="account_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_account_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_account_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_account")),
    )
    op.create_index(
        op.f("ix_account_association_id_email_key"), "account", ["association_id", "email_key"], unique=True
    )
    op.create_index(
        op.f("ix_account_association_id_member_id"), "account", ["association_id", "member_id"], unique=True
    )
    op.create_index(
        op.f("ix_account_association_id_name_key_id"), "account", ["association_id", "name_key", "id"], unique=False
    )
    op.create_table(
        "committee",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "department_id"],
            ["department.association_id", "department.id"],
            name=op.f("fk_committee_association_id_department_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_committee_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_committee")),
    )
    op.create_index(op.f("ix_committee_association_id_key"), "committee", ["association_id", "key"], unique=True)
    op.create_table(
        "document_revision",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "department_id"],
            ["department.association_id", "department.id"],
            name=op.f("fk_document_revision_association_id_department_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_document_revision_association_id")
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_document_revision")),
    )
    op.create_index(
        op.f("ix_document_revision_association_id_department_id_number"),
        "document_revision",
        ["association_id", "department_id", "number"],
        unique=True,
    )
    op.create_table(
        "experience",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("discipline", sa.Text(), nullable=False),
        sa.Column("years", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.CheckConstraint("years >= 0 and years <= 80", name=op.f("ck_experience_years")),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_experience_association_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_experience_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_experience")),
    )
    op.create_index(
        op.f("ix_experience_association_id_member_id_discipline"),
        "experience",
        ["association_id", "member_id", "discipline"],
        unique=True,
    )
    op.create_table(
        "form_revision",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "form_id"],
            ["form.association_id", "form.id"],
            name=op.f("fk_form_revision_association_id_form_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_form_revision_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_form_revision")),
    )
    op.create_index(
        op.f("ix_form_revision_association_id_form_id_number"),
        "form_revision",
        ["association_id", "form_id", "number"],
        unique=True,
    )
    op.create_table(
        "import_row",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_run_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "new",
                "changed",
                "unchanged",
                "removed",
                "error",
                name="row_outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "import_run_id"],
            ["import_run.association_id", "import_run.id"],
            name=op.f("fk_import_row_association_id_import_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_import_row_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_import_row")),
    )
    op.create_index(
        op.f("ix_import_row_association_id_import_run_id_outcome_row"),
        "import_row",
        ["association_id", "import_run_id", "outcome", "row"],
        unique=False,
    )
    op.create_index(
        op.f("ix_import_row_association_id_import_run_id_row"),
        "import_row",
        ["association_id", "import_run_id", "row"],
        unique=True,
    )
    op.create_table(
        "membership",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("organisational", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("paid_through", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name=op.f("ck_membership_dates")),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_membership_association_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_membership_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_membership")),
    )
    op.create_index(
        op.f("ix_membership_association_id_member_id_valid_from"),
        "membership",
        ["association_id", "member_id", "valid_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_membership_association_id_paid_through_member_id"),
        "membership",
        ["association_id", "paid_through", "member_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_membership_association_id_type_member_id"),
        "membership",
        ["association_id", "type", "member_id"],
        unique=False,
    )
    op.create_table(
        "position",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_text", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("acting", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name=op.f("ck_position_dates")),
        sa.ForeignKeyConstraint(
            ["association_id", "employer_id"],
            ["employer.association_id", "employer.id"],
            name=op.f("fk_position_association_id_employer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_position_association_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_position_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_position")),
    )
    op.create_index(
        op.f("ix_position_association_id_employer_id"), "position", ["association_id", "employer_id"], unique=False
    )
    op.create_index(
        op.f("ix_position_association_id_member_id_valid_from"),
        "position",
        ["association_id", "member_id", "valid_from"],
        unique=False,
    )
    op.create_table(
        "committee_member",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("committee_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("chair", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_committee_member_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "committee_id"],
            ["committee.association_id", "committee.id"],
            name=op.f("fk_committee_member_association_id_committee_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_committee_member_association_id")
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_committee_member")),
    )
    op.create_index(
        op.f("ix_committee_member_association_id_account_id"),
        "committee_member",
        ["association_id", "account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_member_association_id_committee_id_account_id"),
        "committee_member",
        ["association_id", "committee_id", "account_id"],
        unique=True,
    )
    op.create_table(
        "identity",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_identity_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_identity_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_identity")),
    )
    op.create_index(
        op.f("ix_identity_association_id_account_id"), "identity", ["association_id", "account_id"], unique=False
    )
    op.create_index(
        op.f("ix_identity_association_id_connection_issuer_subject"),
        "identity",
        ["association_id", "connection", "issuer", "subject"],
        unique=True,
    )
    op.create_table(
        "program",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "open", "closed", name="program_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("current_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "committee_id"],
            ["committee.association_id", "committee.id"],
            name=op.f("fk_program_association_id_committee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "department_id"],
            ["department.association_id", "department.id"],
            name=op.f("fk_program_association_id_department_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_program_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_program")),
    )
    op.create_index(op.f("ix_program_association_id_slug"), "program", ["association_id", "slug"], unique=True)
    op.create_table(
        "session",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_session_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_session_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_session")),
    )
    op.create_index(
        op.f("ix_session_association_id_account_id"), "session", ["association_id", "account_id"], unique=False
    )
    op.create_index(
        op.f("ix_session_association_id_expires_at"), "session", ["association_id", "expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_session_association_id_token_hash"), "session", ["association_id", "token_hash"], unique=True
    )
    op.create_table(
        "submission",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_revision_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "submitted", name="submission_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "form_revision_id"],
            ["form_revision.association_id", "form_revision.id"],
            name=op.f("fk_submission_association_id_form_revision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_submission_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_submission_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_submission")),
    )
    op.create_index(
        op.f("ix_submission_association_id_member_id"), "submission", ["association_id", "member_id"], unique=False
    )
    op.create_table(
        "token",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("next_path", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_token_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_token_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_association_id_account_id"), "token", ["association_id", "account_id"], unique=False)
    op.create_index(
        op.f("ix_token_association_id_browser_hash"), "token", ["association_id", "browser_hash"], unique=False
    )
    op.create_index(op.f("ix_token_association_id_expires_at"), "token", ["association_id", "expires_at"], unique=False)
    op.create_index(op.f("ix_token_association_id_token_hash"), "token", ["association_id", "token_hash"], unique=True)
    op.create_table(
        "answer_fact",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("text_value", sa.Text(), nullable=True),
        sa.Column("number_value", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.Column("truth_value", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_answer_fact_association_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "submission_id"],
            ["submission.association_id", "submission.id"],
            name=op.f("fk_answer_fact_association_id_submission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_answer_fact_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_answer_fact")),
    )
    op.create_index(
        op.f("ix_answer_fact_association_id_member_id_field"),
        "answer_fact",
        ["association_id", "member_id", "field"],
        unique=False,
    )
    op.create_index(
        op.f("ix_answer_fact_association_id_submission_id_field_position"),
        "answer_fact",
        ["association_id", "submission_id", "field", "position"],
        unique=True,
    )
    op.create_table(
        "cohort",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("applications_from", sa.Date(), nullable=False),
        sa.Column("applications_to", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_cohort_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_cohort_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_cohort")),
    )
    op.create_index(
        op.f("ix_cohort_association_id_program_id_key"), "cohort", ["association_id", "program_id", "key"], unique=True
    )
    op.create_table(
        "notice",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=False),
        sa.Column("about_kind", sa.Text(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("account_id is not null or member_id is not null", name=op.f("ck_notice_recipient")),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_notice_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_notice_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_notice_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_notice_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_notice")),
    )
    op.create_index(
        op.f("ix_notice_association_id_about_kind_about_id"),
        "notice",
        ["association_id", "about_kind", "about_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notice_association_id_account_id_created_at"),
        "notice",
        ["association_id", "account_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notice_association_id_created_at_id"), "notice", ["association_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_notice_association_id_dedupe_key"), "notice", ["association_id", "dedupe_key"], unique=True
    )
    op.create_index(
        op.f("ix_notice_association_id_member_id_created_at"),
        "notice",
        ["association_id", "member_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "program_revision",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("resolved", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_program_revision_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_program_revision_association_id")
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_program_revision")),
    )
    op.create_index(
        op.f("ix_program_revision_association_id_program_id_number"),
        "program_revision",
        ["association_id", "program_id", "number"],
        unique=True,
    )
    op.create_table(
        "role_grant",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_role_grant_association_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "committee_id"],
            ["committee.association_id", "committee.id"],
            name=op.f("fk_role_grant_association_id_committee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "department_id"],
            ["department.association_id", "department.id"],
            name=op.f("fk_role_grant_association_id_department_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_role_grant_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_role_grant_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        op.f("ix_role_grant_association_id_account_id"), "role_grant", ["association_id", "account_id"], unique=False
    )
    op.create_table(
        "application",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
            sa.Enum("mentee", "mentor", name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("program_revision_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "approved",
                "declined",
                "withdrawn",
                name="application_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "cohort_id"],
            ["cohort.association_id", "cohort.id"],
            name=op.f("fk_application_association_id_cohort_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_application_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_application_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_revision_id"],
            ["program_revision.association_id", "program_revision.id"],
            name=op.f("fk_application_association_id_program_revision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "submission_id"],
            ["submission.association_id", "submission.id"],
            name=op.f("fk_application_association_id_submission_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_application_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_application")),
    )
    op.create_index(
        op.f("ix_application_association_id_member_id"), "application", ["association_id", "member_id"], unique=False
    )
    op.create_index(
        op.f("ix_application_association_id_program_id_status_status_since_id"),
        "application",
        ["association_id", "program_id", "status", "status_since", "id"],
        unique=False,
    )
    op.create_index(
        "uq_application_open",
        "application",
        ["association_id", "member_id", "program_id", "cohort_id", "role"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("status in ('draft', 'submitted', 'returned')"),
    )
    op.create_table(
        "delivery",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sending",
                "sent",
                "uncertain",
                "failed",
                name="delivery_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("unredacted", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "notice_id"],
            ["notice.association_id", "notice.id"],
            name=op.f("fk_delivery_association_id_notice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_delivery_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_delivery")),
    )
    op.create_index(
        op.f("ix_delivery_association_id_notice_id_channel"),
        "delivery",
        ["association_id", "notice_id", "channel"],
        unique=True,
    )
    op.create_index(
        op.f("ix_delivery_association_id_state_created_at"),
        "delivery",
        ["association_id", "state", "created_at"],
        unique=False,
    )
    op.create_table(
        "match_run",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column("program_revision_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "proposed",
                "published",
                "discarded",
                "failed",
                name="run_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("unmatched", postgresql.JSONB(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "cohort_id"],
            ["cohort.association_id", "cohort.id"],
            name=op.f("fk_match_run_association_id_cohort_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_match_run_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_revision_id"],
            ["program_revision.association_id", "program_revision.id"],
            name=op.f("fk_match_run_association_id_program_revision_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_match_run_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_match_run")),
    )
    op.create_index(
        op.f("ix_match_run_association_id_program_id_created_at"),
        "match_run",
        ["association_id", "program_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_match_run_live",
        "match_run",
        ["association_id", "program_id", "cohort_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state in ('queued', 'running', 'proposed')"),
    )
    op.create_table(
        "decision",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "approved", "declined", "returned", name="outcome", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_steps", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_decision_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_decision_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_decision_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_decision")),
    )
    op.create_index(
        op.f("ix_decision_association_id_application_id_created_at"),
        "decision",
        ["association_id", "application_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "mentorship",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column("program_revision_id", sa.Uuid(), nullable=False),
        sa.Column("match_run_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "paused",
                "ended",
                name="mentorship_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "cohort_id"],
            ["cohort.association_id", "cohort.id"],
            name=op.f("fk_mentorship_association_id_cohort_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "match_run_id"],
            ["match_run.association_id", "match_run.id"],
            name=op.f("fk_mentorship_association_id_match_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_mentorship_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_revision_id"],
            ["program_revision.association_id", "program_revision.id"],
            name=op.f("fk_mentorship_association_id_program_revision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "replaces_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_mentorship_association_id_replaces_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_mentorship_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_mentorship")),
    )
    op.create_index(
        op.f("ix_mentorship_association_id_program_id_state_started_at_id"),
        "mentorship",
        ["association_id", "program_id", "state", "started_at", "id"],
        unique=False,
    )
    op.create_table(
        "pool_entry",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
            sa.Enum("mentee", "mentor", name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "paused",
                "matched",
                "left",
                name="pool_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("places >= 0 and places <= 50", name=op.f("ck_pool_entry_places")),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_pool_entry_association_id_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "cohort_id"],
            ["cohort.association_id", "cohort.id"],
            name=op.f("fk_pool_entry_association_id_cohort_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_pool_entry_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "program_id"],
            ["program.association_id", "program.id"],
            name=op.f("fk_pool_entry_association_id_program_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_pool_entry_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_pool_entry")),
    )
    op.create_index(
        op.f("ix_pool_entry_association_id_application_id"),
        "pool_entry",
        ["association_id", "application_id"],
        unique=True,
    )
    op.create_index(
        op.f("ix_pool_entry_association_id_member_id"), "pool_entry", ["association_id", "member_id"], unique=False
    )
    op.create_index(
        op.f("ix_pool_entry_association_id_program_id_role_state_entered_at_id"),
        "pool_entry",
        ["association_id", "program_id", "role", "state", "entered_at", "id"],
        unique=False,
    )
    op.create_table(
        "recusal",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_recusal_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_recusal_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_recusal_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_recusal")),
    )
    op.create_index(
        op.f("ix_recusal_association_id_application_id_account_id"),
        "recusal",
        ["association_id", "application_id", "account_id"],
        unique=True,
    )
    op.create_table(
        "review",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_review_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_review_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_review_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_review")),
    )
    op.create_index(
        op.f("ix_review_association_id_application_id_account_id"),
        "review",
        ["association_id", "application_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "verdict",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_verdict_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_verdict_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_verdict")),
    )
    op.create_index(
        op.f("ix_verdict_association_id_application_id_rule_id"),
        "verdict",
        ["association_id", "application_id", "rule_id"],
        unique=True,
    )
    op.create_table(
        "waiver",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("waived", "accepted", name="waiver_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "account_id"],
            ["account.association_id", "account.id"],
            name=op.f("fk_waiver_association_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "application_id"],
            ["application.association_id", "application.id"],
            name=op.f("fk_waiver_association_id_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_waiver_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_waiver")),
    )
    op.create_index(
        op.f("ix_waiver_association_id_application_id_rule_id"),
        "waiver",
        ["association_id", "application_id", "rule_id"],
        unique=True,
    )
    op.create_table(
        "lock",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentee_entry_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("together", "apart", name="lock_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "mentee_entry_id"],
            ["pool_entry.association_id", "pool_entry.id"],
            name=op.f("fk_lock_association_id_mentee_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentor_entry_id"],
            ["pool_entry.association_id", "pool_entry.id"],
            name=op.f("fk_lock_association_id_mentor_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_lock_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_lock")),
    )
    op.create_index(
        op.f("ix_lock_association_id_mentee_entry_id_mentor_entry_id"),
        "lock",
        ["association_id", "mentee_entry_id", "mentor_entry_id"],
        unique=True,
    )
    op.create_table(
        "participant",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("pool_entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("mentee", "mentor", name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.id"],
            name=op.f("fk_participant_association_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_participant_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "pool_entry_id"],
            ["pool_entry.association_id", "pool_entry.id"],
            name=op.f("fk_participant_association_id_pool_entry_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_participant_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_participant")),
    )
    op.create_index(
        op.f("ix_participant_association_id_member_id"), "participant", ["association_id", "member_id"], unique=False
    )
    op.create_index(
        op.f("ix_participant_association_id_mentorship_id_member_id"),
        "participant",
        ["association_id", "mentorship_id", "member_id"],
        unique=True,
    )
    op.create_index(
        op.f("ix_participant_association_id_pool_entry_id"),
        "participant",
        ["association_id", "pool_entry_id"],
        unique=False,
    )
    op.create_table(
        "proposal",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("match_run_id", sa.Uuid(), nullable=False),
        sa.Column("mentee_entry_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_entry_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("waived", postgresql.JSONB(), nullable=False),
        sa.Column("waiver_reason", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "declined",
                "published",
                name="proposal_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "match_run_id"],
            ["match_run.association_id", "match_run.id"],
            name=op.f("fk_proposal_association_id_match_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentee_entry_id"],
            ["pool_entry.association_id", "pool_entry.id"],
            name=op.f("fk_proposal_association_id_mentee_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentor_entry_id"],
            ["pool_entry.association_id", "pool_entry.id"],
            name=op.f("fk_proposal_association_id_mentor_entry_id"),
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_proposal_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_proposal")),
    )
    op.create_index(
        op.f("ix_proposal_association_id_match_run_id_mentee_entry_id_mentor_entry_id"),
        "proposal",
        ["association_id", "match_run_id", "mentee_entry_id", "mentor_entry_id"],
        unique=True,
    )
    op.create_table(
        "hours",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes between 1 and 2400", name=op.f("ck_hours_minutes")),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_hours_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_hours_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_hours_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_hours")),
    )
    op.create_index(
        op.f("ix_hours_association_id_mentorship_id_spent_on"),
        "hours",
        ["association_id", "mentorship_id", "spent_on"],
        unique=False,
    )
    op.create_table(
        "journal_entry",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum("self", "pair", name="journal_visibility", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_journal_entry_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_journal_entry_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_journal_entry_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_journal_entry")),
    )
    op.create_index(
        op.f("ix_journal_entry_association_id_mentorship_id_created_at"),
        "journal_entry",
        ["association_id", "mentorship_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "meeting",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("logged_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes between 1 and 1440", name=op.f("ck_meeting_minutes")),
        sa.ForeignKeyConstraint(
            ["association_id", "logged_by"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_meeting_association_id_logged_by"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_meeting_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_meeting_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_meeting")),
    )
    op.create_index(
        op.f("ix_meeting_association_id_mentorship_id_held_on"),
        "meeting",
        ["association_id", "mentorship_id", "held_on"],
        unique=False,
    )
    op.create_table(
        "pause",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_pause_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_pause_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_pause_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_pause")),
    )
    op.create_index(
        "uq_pause_open",
        "pause",
        ["association_id", "mentorship_id", "participant_id", "reason"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("until_at is null"),
    )
    op.create_table(
        "reassignment_request",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentorship_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "refused",
                "withdrawn",
                name="request_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "mentorship_id"],
            ["mentorship.association_id", "mentorship.id"],
            name=op.f("fk_reassignment_request_association_id_mentorship_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_reassignment_request_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_reassignment_request_association_id")
        ),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_reassignment_request")),
    )
    op.create_index(
        op.f("ix_reassignment_request_association_id_mentorship_id"),
        "reassignment_request",
        ["association_id", "mentorship_id"],
        unique=False,
    )
    op.create_index(
        "uq_reassignment_request_open",
        "reassignment_request",
        ["association_id", "mentorship_id", "participant_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "attendance",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "meeting_id"],
            ["meeting.association_id", "meeting.id"],
            name=op.f("fk_attendance_association_id_meeting_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "participant_id"],
            ["participant.association_id", "participant.id"],
            name=op.f("fk_attendance_association_id_participant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["association_id"], ["association.id"], name=op.f("fk_attendance_association_id")),
        sa.PrimaryKeyConstraint("association_id", "id", name=op.f("pk_attendance")),
    )
    op.create_index(
        op.f("ix_attendance_association_id_meeting_id_participant_id"),
        "attendance",
        ["association_id", "meeting_id", "participant_id"],
        unique=True,
    )
    op.create_index(
        op.f("ix_attendance_association_id_participant_id"),
        "attendance",
        ["association_id", "participant_id"],
        unique=False,
    )


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("The first migration is not taken back.")
