"""The statements that put a table under row security, in one place for migrations and for the gate that checks them."""

from __future__ import annotations

APPLICATION_ROLE = "tandem_app"

#: The sub-select is evaluated once per statement; without it PostgreSQL reads the setting for every row.
CONDITION = "association_id = (SELECT current_setting('app.association_id'::text)::uuid)"

#: Tables to which rows are only ever added.
APPEND_ONLY = ("audit_entry", "document_revision", "form_revision", "program_revision")


def secure_tenant_table(table: str) -> list[str]:
    """Statements that force row security on an association's table, for its owner too, and grant it to the application."""
    privileges = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY association ON {table} USING ({CONDITION}) WITH CHECK ({CONDITION})",
        f"GRANT {privileges} ON {table} TO {APPLICATION_ROLE}",
    ]


def secure_platform_table(table: str) -> list[str]:
    """Statements for a platform table with an association column: secured for the application, open to its owner.

    The definer functions that claim work across associations run as the owner.
    """
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY association ON {table} USING ({CONDITION}) WITH CHECK ({CONDITION})",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION_ROLE}",
    ]
