"""How migrations run: as the owner, one process at a time, with limits so that they cannot hold up a serving site."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tandem.models import Base

#: An arbitrary number that all migrating processes agree on.
ADVISORY_LOCK = 7_426_336


def run() -> None:
    """Upgrade under an advisory lock, in one transaction."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("Migrations need the owner's database address.")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("set lock_timeout = '10s'"))
        connection.execute(text("set statement_timeout = '15min'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
    engine.dispose()


run()
