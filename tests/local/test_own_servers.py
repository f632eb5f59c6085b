"""PostgreSQL and Valkey of our own: passwords, restarts, and nothing left behind whatever is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tandem.local import postgres as postgres_module
from tandem.local import processes
from tandem.local.place import remove_state, resolve_state
from tandem.local.postgres import PostgresServer, find_binaries
from tandem.local.processes import LocalServerError, ServerUser
from tandem.local.valkey import ValkeyServer

pytestmark = pytest.mark.long


def wait_until(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def runs_as(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_postgres_serves_both_roles_with_their_passwords_only(servers_dir):
    with PostgresServer(servers_dir / "postgres", fast=True) as server:
        pid = server.pid
        with psycopg.connect(server.url("tandem_owner")) as connection:
            connection.execute("CREATE TABLE thing (id int)")
        with psycopg.connect(server.url("tandem_app")) as connection:
            who = connection.execute("SELECT current_user, current_database()").fetchone()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM thing")
        wrong = server.url("tandem_app").replace(server.password("tandem_app"), "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        none = f"postgresql://tandem_app@127.0.0.1:{server.port}/tandem"
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(none)

    assert who == ("tandem_app", "tandem")
    assert not processes.is_alive(pid)
    assert not processes.is_listening(server.port)


def test_postgres_runs_unprivileged_and_keeps_passwords_private(servers_dir):
    with PostgresServer(servers_dir / "postgres", fast=True) as server:
        uid = runs_as(server.pid)
        private = [
            stat.S_IMODE((server.directory / name).stat().st_mode) for name in ("passwords.json", "port", "data")
        ]
        left_over = list(server.directory.glob("initial-*"))

    expected = server.user.uid if server.user else os.getuid()
    assert uid == expected != 0
    assert private == [0o600, 0o600, 0o700]
    assert left_over == []


def test_postgres_restarts_on_its_port_with_its_data(servers_dir):
    with PostgresServer(servers_dir / "postgres") as first, psycopg.connect(first.url("tandem_owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        connection.commit()

    with PostgresServer(servers_dir / "postgres") as second, psycopg.connect(second.url("tandem_owner")) as connection:
        rows = connection.execute("SELECT one FROM kept").fetchall()

    assert second.port == first.port
    assert rows == [(1,)]


def test_postgres_comes_back_after_being_killed(servers_dir):
    server = PostgresServer(servers_dir / "postgres")
    with server:
        with psycopg.connect(server.url("tandem_owner")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        server.kill()
        assert (server.data / "postmaster.pid").exists()

        server.start()
        with psycopg.connect(server.url("tandem_owner")) as connection:
            rows = connection.execute("SELECT one FROM kept").fetchall()

    assert rows == [(1,)]


def test_start_ignores_a_process_note_that_another_program_now_has(servers_dir):
    server = PostgresServer(servers_dir / "postgres", fast=True)
    with server:
        pass
    note = f"{os.getpid()}\n{server.data}\n{int(time.time())}\n{server.port}\n\n127.0.0.1\n"
    (server.data / "postmaster.pid").write_text(note)

    with server:
        pid = server.pid

    assert pid is not None


def test_start_takes_another_port_when_its_own_is_taken(servers_dir):
    server = PostgresServer(servers_dir / "postgres", fast=True)
    with server:
        first = server.port
    with processes.socket.create_server(("127.0.0.1", first)), server:
        second = server.port

    assert second != first


def test_half_made_data_is_made_anew(servers_dir):
    server = PostgresServer(servers_dir / "postgres", fast=True)
    data = processes.own_folder(server.data, server.user)
    (data / "base").mkdir()

    with server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT 1").fetchone()

    assert row == (1,)


def test_machine_postgres_is_used_where_the_wheel_fails(servers_dir, monkeypatch):
    machine = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    monkeypatch.setattr(postgres_module.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", os.defpath)

    if not machine:
        with pytest.raises(LocalServerError, match="No PostgreSQL 15 or newer was found"):
            PostgresServer(servers_dir / "postgres").start()
        return
    with PostgresServer(servers_dir / "postgres") as server, psycopg.connect(server.url()) as connection:
        version = connection.info.server_version // 10000

    assert find_binaries(servers_dir, server.user).major == version >= 15


def test_data_of_a_version_that_is_gone_says_what_to_do(servers_dir):
    server = PostgresServer(servers_dir / "postgres")
    data = processes.own_folder(server.data, server.user)
    (data / "PG_VERSION").write_text("14\n")

    with pytest.raises(LocalServerError, match=r"No PostgreSQL 14 was found .* RESET=1"):
        server.start()


def test_wheel_is_copied_for_a_user_who_cannot_reach_it(servers_dir, monkeypatch):
    reach = processes.can_reach
    monkeypatch.setattr(
        processes, "can_reach", lambda path, user: "site-packages" not in str(path) and reach(path, user)
    )

    with PostgresServer(servers_dir / "postgres", fast=True) as server, ValkeyServer(servers_dir / "valkey") as valkey:
        folders = (server._binaries.folder, valkey._binary.parent)
        with psycopg.connect(server.url()) as connection:
            row = connection.execute("SELECT 1").fetchone()

    assert row == (1,)
    assert [servers_dir in folder.parents for folder in folders] == [True, True]


def test_state_moves_where_the_servers_user_can_reach_it(servers_dir, monkeypatch):
    someone = ServerUser("someone", 65_500, 65_500)
    monkeypatch.setattr(processes, "unprivileged_user", lambda: someone)
    servers_dir.chmod(0o711)
    closed = servers_dir / "closed"
    closed.mkdir(mode=0o700)

    moved = resolve_state(closed / ".tandem")
    again = resolve_state(closed / ".tandem")
    beside = resolve_state(servers_dir / "open" / ".tandem")

    assert (moved == again, closed in moved.parents) == (True, False)
    assert processes.can_reach(moved, someone)
    assert beside == servers_dir / "open" / ".tandem"
    remove_state(closed / ".tandem")
    assert not moved.exists()


def test_valkey_asks_for_its_password_and_stops(servers_dir):
    with ValkeyServer(servers_dir / "valkey") as server:
        pid = server.pid
        with contextlib.closing(redis.Redis.from_url(server.url)) as client:
            client.set("a", "b")
            value = client.get("a")
        with (
            contextlib.closing(redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0))) as client,
            pytest.raises(redis.AuthenticationError, match="authenticated"),
        ):
            client.get("a")
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()

    assert value == b"b"
    assert server.password("default").encode() not in command_line
    assert not processes.is_alive(pid)


_STARTER = """
import json, sys, time
from pathlib import Path
from tandem.local.postgres import PostgresServer
from tandem.local.valkey import ValkeyServer

folder = Path(sys.argv[1])
with PostgresServer(folder / "postgres") as postgres, ValkeyServer(folder / "valkey") as valkey:
    print(json.dumps([postgres.pid, valkey.pid]), flush=True)
    time.sleep(120)
"""


def test_servers_end_with_a_killed_parent_and_start_again(servers_dir):
    parent = subprocess.Popen([sys.executable, "-c", _STARTER, str(servers_dir)], stdout=subprocess.PIPE)
    with parent.stdout as lines:
        pids = json.loads(lines.readline())
    alive = [processes.is_alive(pid) for pid in pids]

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    assert alive == [True, True]
    # At once, while they are still on their way out: the next start waits for them or ends them.
    with PostgresServer(servers_dir / "postgres") as postgres, ValkeyServer(servers_dir / "valkey") as valkey:
        started = [postgres.pid, valkey.pid]
        with psycopg.connect(postgres.url()) as connection:
            row = connection.execute("SELECT 1").fetchone()
    assert row == (1,)
    assert set(started).isdisjoint(pids)
    assert wait_until(lambda: not any(processes.is_alive(pid) for pid in (*pids, *started)))


def test_a_stranded_server_is_ended_by_the_next_start(servers_dir):
    first = PostgresServer(servers_dir / "postgres").start()
    stranded = first.pid

    # A second object knows nothing of the first, as a new process would after its predecessor was killed.
    with PostgresServer(servers_dir / "postgres") as second:
        assert second.pid != stranded
        assert wait_until(lambda: not processes.is_alive(stranded))
    first.stop()
