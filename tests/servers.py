"""Fixtures for real servers: one PostgreSQL for all test processes, a fresh database for each, Valkey on request.

``TANDEM_TEST_POSTGRES`` (a superuser's address, ending in a database such as ``/postgres``) names a server to use instead of our own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tandem.database import migrations_folder, upgrade
from tandem.local import roles
from tandem.local.postgres import PostgresServer
from tandem.local.processes import LocalServerError, unprivileged_user
from tandem.local.valkey import ValkeyServer
from tests import keeper

_CHECKOUT = Path(__file__).resolve().parents[1]
_IDLE_SECONDS = 30
_START_SECONDS = 90
_TEMPLATE_LOCK = 7_223_002
_DATABASE_PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server with both roles. ``url`` gives any role's address of any database."""

    superuser_url: str
    passwords: dict[str, str]

    def url(self, role: str, database: str) -> str:
        """The address of ``database`` for ``role``: postgres (the superuser), tandem_owner or tandem_app."""
        parts = conninfo_to_dict(self.superuser_url)
        user = parts["user"] if role == "postgres" else role
        password = parts.get("password", "") if role == "postgres" else self.passwords[role]
        return f"postgresql://{user}:{password}@{parts['host']}:{parts.get('port', 5432)}/{database}"

    def admin(self, name: str = "tests") -> psycopg.Connection:
        """A superuser's connection in autocommit mode, seen by others under ``name``."""
        return psycopg.connect(self.superuser_url, autocommit=True, application_name=name)


@dataclass(frozen=True, slots=True)
class Database:
    """One migrated database and its addresses."""

    name: str
    app_url: str
    owner_url: str
    superuser_url: str


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL server of this run."""
    given = os.environ.get("TANDEM_TEST_POSTGRES")
    if given:
        yield _given_cluster(given)
        return
    folder = keeper.test_folder()
    with (folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server = keeper.server(folder)
        with (folder / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            _ensure_running(server, folder)
        yield Cluster(
            server.url("postgres", "postgres"), {role: server.password(role) for role in (roles.OWNER, roles.APP)}
        )


def _given_cluster(url: str) -> Cluster:
    # Derived, so that test processes that share the server at the same time set the same passwords.
    key = conninfo_to_dict(url).get("password") or ""
    passwords = {
        role: hmac.new(str(key).encode(), role.encode(), hashlib.sha256).hexdigest()[:32]
        for role in (roles.OWNER, roles.APP)
    }
    cluster = Cluster(url, passwords)
    with cluster.admin() as connection:
        roles.ensure_roles(connection, passwords)
    return cluster


def _answers(server: PostgresServer) -> bool:
    # The server is ready for tests once its roles' database is there, which is made last.
    with (
        contextlib.suppress(psycopg.OperationalError, RuntimeError),
        psycopg.connect(server.url(roles.OWNER), connect_timeout=5),
    ):
        return True
    return False


def _ensure_running(server: PostgresServer, folder: Path) -> None:
    """Have a keeper start the server, unless it runs. It outlives this process, which may end before others do."""
    if (folder / "postgres" / "passwords.json").exists() and _answers(server):
        return
    with (folder / "keeper.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.keeper", "--idle", str(_IDLE_SECONDS)],
            cwd=_CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if (folder / "postgres" / "passwords.json").exists() and _answers(server):
            # It is left running on purpose; without this the interpreter warns about a child that nobody waited for.
            process.returncode = 0
            return
        if process.poll() not in {None, 0}:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    said = (folder / "keeper.log").read_text(errors="replace").splitlines()[-15:]
    raise LocalServerError("The test server did not start:\n" + "\n".join(said))


@pytest.fixture(scope="session")
def new_database(cluster: Cluster) -> Iterator[Callable[[], Database]]:
    """Makes migrated databases, each fresh and unique; all are dropped at the end of the session."""
    made: list[str] = []
    # Seen under its own name, this connection also tells other processes that the databases are in use.
    mark = f"{_DATABASE_PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    with cluster.admin(mark) as connection:
        _drop_abandoned(connection)

        def make() -> Database:
            name = f"{mark}_{len(made)}"
            with _template_lock(connection):
                template = _ensure_template(cluster, connection)
                roles.ensure_database(connection, name, template)
            made.append(name)
            addresses = (cluster.url(role, name) for role in (roles.APP, roles.OWNER, "postgres"))
            return Database(name, *addresses)

        yield make
        for name in made:
            _drop(connection, name)


@pytest.fixture(scope="session")
def database(new_database: Callable[[], Database]) -> Database:
    """This test process's own migrated database. Tests share it and work in associations of their own."""
    return new_database()


@pytest.fixture
def fresh_database(new_database: Callable[[], Database]) -> Database:
    """A migrated database for one test alone: for what counts rows, kills servers or changes the schema."""
    return new_database()


@contextlib.contextmanager
def _template_lock(connection: psycopg.Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_TEMPLATE_LOCK])


def _schema_hash() -> str:
    """A hash of everything that a migration may read: the migrations, the models and the row security they install."""
    platform = _CHECKOUT / "platform" / "tandem"
    files = sorted(
        {
            *migrations_folder().rglob("*.py"),
            *migrations_folder().rglob("*.sql"),
            *platform.rglob("models.py"),
            *(platform / "tenancy").glob("*.py"),
            platform / "database.py",
        }
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _ensure_template(cluster: Cluster, connection: psycopg.Connection) -> str:
    """The name of the migrated template, built once for each state of the schema. The caller holds the lock."""
    name = f"template_{_schema_hash()}"
    state = connection.execute("SELECT datallowconn FROM pg_database WHERE datname = %s", [name]).fetchone()
    if state is not None and not state[0]:
        return name
    older = connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'template\_%'").fetchall()
    for (each,) in older:
        _drop(connection, each)
    roles.ensure_database(connection, name)
    try:
        upgrade(cluster.url(roles.OWNER, name))
    except BaseException:
        _drop(connection, name)
        raise
    # Closed to connections from here on, which also says that it is complete.
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    return name


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_abandoned(connection: psycopg.Connection) -> None:
    """Drop the databases of test processes that were killed: those whose marking connection is gone."""
    with _template_lock(connection):
        rows = connection.execute(
            r"""SELECT datname FROM pg_database d WHERE datname LIKE 'test\_%\_%\_%' AND NOT EXISTS (
                SELECT 1 FROM pg_stat_activity a WHERE starts_with(d.datname, a.application_name || '_')
                AND a.application_name LIKE 'test\_%')"""
        ).fetchall()
        for (name,) in rows:
            _drop(connection, name)


@pytest.fixture
def servers_dir() -> Iterator[Path]:
    """A folder for servers that a test starts itself. ``tmp_path`` would not do: other users cannot reach it."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-test-"))
    if unprivileged_user() is not None:
        folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A Valkey of this test process's own, started when the first test asks for it."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-test-"))
    folder.chmod(0o711)
    try:
        with ValkeyServer(folder / "valkey") as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def valkey_url(valkey_server: ValkeyServer) -> str:
    """The address of an empty Valkey."""
    with contextlib.closing(redis.Redis.from_url(valkey_server.url)) as client:
        client.flushall()
    return valkey_server.url
