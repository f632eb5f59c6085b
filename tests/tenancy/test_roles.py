"""The start is refused to a role that row security would not hold."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine

from tandem import app as app_module
from tandem.app import create_app
from tandem.database import UnsafeDatabaseError, verify_role
from tests.app_fixtures import settings_for


@pytest.fixture
def role(cluster, database) -> Iterator[Callable[..., str]]:
    """Makes roles and gives their addresses: ``role("BYPASSRLS", member_of="tandem_owner")``."""
    made: list[str] = []
    with cluster.admin() as admin:

        def make(attributes: str = "", *, member_of: str | None = None, table: bool = False) -> str:
            name, password = f"test_role_{os.getpid()}_{secrets.token_hex(3)}", secrets.token_hex(16)
            admin.execute(f"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{password}'")
            made.append(name)
            admin.execute(f"GRANT CONNECT ON DATABASE {database.name} TO {name}")
            if member_of:
                admin.execute(f"GRANT {member_of} TO {name}")
            if table:
                with psycopg.connect(database.superuser_url, autocommit=True) as connection:
                    connection.execute(f"CREATE TABLE of_{name} (id int); ALTER TABLE of_{name} OWNER TO {name}")
            return database.app_url.replace("tandem_app:", f"{name}:").replace(
                database.app_url.split(":")[2].split("@")[0], password
            )

        yield make
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            for name in made:
                connection.execute(f"DROP OWNED BY {name} CASCADE")
        for name in reversed(made):
            admin.execute(f"REVOKE ALL ON DATABASE {database.name} FROM {name}")
            admin.execute(f"DROP ROLE {name}")


@pytest.fixture
def engines(monkeypatch) -> Iterator[list[Engine]]:
    """The engines of the applications that a test starts, closed at its end."""
    seen: list[Engine] = []

    def noting(connection: Connection) -> None:
        seen.append(connection.engine)
        verify_role(connection)

    monkeypatch.setattr(app_module, "verify_role", noting)
    yield seen
    for engine in seen:
        engine.dispose()


def _refusal(url: str) -> str:
    engine = create_engine(url)
    try:
        with engine.connect() as connection, pytest.raises(UnsafeDatabaseError) as refused:
            verify_role(connection)
    finally:
        engine.dispose()
    return str(refused.value)


def test_the_applications_own_role_is_accepted(database, tmp_path, engines):
    engine = create_engine(database.app_url)
    with engine.connect() as connection:
        verify_role(connection)
    engine.dispose()

    assert create_app(settings_for(database.app_url, tmp_path)).name == "tandem"


@pytest.mark.parametrize("which", ["superuser_url", "owner_url"])
def test_the_start_is_refused_to_the_servers_own_roles(database, tmp_path, engines, which):
    with pytest.raises(UnsafeDatabaseError, match="could pass by row security"):
        create_app(settings_for(getattr(database, which), tmp_path))


@pytest.mark.parametrize(
    ("attributes", "more", "reason"),
    [
        ("SUPERUSER", {}, "it is (or can become) a superuser"),
        ("BYPASSRLS", {}, "it has (or can take) BYPASSRLS"),
        ("", {"member_of": "tandem_owner"}, "it owns tables"),
        ("NOINHERIT", {"member_of": "tandem_owner"}, "it owns tables"),
        ("", {"table": True}, "it owns tables"),
        ("CREATEROLE", {}, "it may make roles"),
    ],
)
def test_a_role_that_could_pass_by_is_refused_with_what_to_change(role, attributes, more, reason):
    said = _refusal(role(attributes, **more))

    assert reason in said
    assert "NOSUPERUSER NOBYPASSRLS" in said


def test_a_role_that_can_become_one_that_bypasses_is_refused(role):
    bypassing = role("BYPASSRLS").split("//")[1].split(":")[0]

    assert "it has (or can take) BYPASSRLS" in _refusal(role("NOINHERIT", member_of=bypassing))


def test_a_role_that_can_become_a_superuser_is_refused(role):
    assert "it is (or can become) a superuser" in _refusal(role("NOINHERIT", member_of="postgres"))


def test_a_plain_role_is_accepted(role):
    engine = create_engine(role())
    with engine.connect() as connection:
        verify_role(connection)
    engine.dispose()
