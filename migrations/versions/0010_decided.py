"""Keep with a run the list of pairs that staff bring in, from its check until it is applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_decided"
down_revision = "0009_mydata"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("match_run", sa.Column("decided", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("match_run", "decided")
