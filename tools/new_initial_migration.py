"""Write ``migrations/versions/0001_initial.py`` anew from the models. Only until the first release; needs an empty database.

Usage: python tools/new_initial_migration.py postgresql://owner@host/empty_database
"""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent, indent

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from tandem.models import Base

HEADER = '''"""Create every table."""

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
'''

FOOTER = '''

def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("The first migration is not taken back.")
'''


def main() -> None:
    """Compare the models with the empty database and write the difference as the first migration."""
    engine = create_engine(sys.argv[1])
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        script = produce_migrations(context, Base.metadata)
    assert script.upgrade_ops is not None
    code = render_python_code(script.upgrade_ops)
    code = code.replace("postgresql.JSONB(astext_type=Text())", "postgresql.JSONB()")
    body = indent(dedent("\n".join(line for line in code.split("\n") if not line.strip().startswith("#"))), "    ")
    target = Path(__file__).parents[1] / "migrations" / "versions" / "0001_initial.py"
    target.write_text(HEADER + body + FOOTER)
    print(f"wrote {target}, {body.count('create_table')} tables")


if __name__ == "__main__":
    main()
