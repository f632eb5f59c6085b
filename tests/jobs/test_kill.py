"""Killing everything that can be killed, again and again: nothing committed is lost, done twice, or done without its cause.

Workers, the children that do their jobs, relays, Valkey and PostgreSQL are ended with SIGKILL while associations go on asking
for work and mail. The control puts work straight into the transport before the commit, and must lose some.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError

from tandem.app import create_app
from tandem.database import upgrade
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.jobs import registry
from tandem.jobs.services import enqueue
from tandem.jobs.worker import connector
from tandem.local import processes
from tandem.local.postgres import PostgresServer
from tandem.local.processes import LocalServerError
from tandem.local.valkey import ValkeyServer
from tandem.notices.services import write_notice
from tandem.settings import Settings
from tandem.tenancy.edge import open_association
from tests.app_fixtures import settings_for
from tests.factories import an_account, an_association

pytestmark = [pytest.mark.proof]

CHECKOUT = Path(__file__).resolve().parents[2]
WORKERS, RELAYS, ASSOCIATIONS = 2, 2, 5
#: Seconds without a job done after which none will be: a lease and several tries fit into them.
STANDSTILL = 240


@dataclass
class Kept:
    """The mail server's side: how often each message arrived."""

    arrived: Counter[str] = field(default_factory=Counter)

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        """Count a message by its number."""
        head = envelope.content.split(b"\r\n\r\n", 1)[0].decode().replace("\r\n ", " ")
        number = next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
        self.arrived[number.partition(":")[2].strip()] += 1
        return "250 Kept"


class Machine:
    """Everything that runs, and how each part is killed and brought back."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        self.kept = kept
        self.random = random.Random(20261)
        self.postgres = PostgresServer(folder / "postgres").start()
        self.valkey = ValkeyServer(folder / "valkey").start()
        upgrade(self.postgres.url("tandem_owner"))
        self.mail = Controller(kept, hostname="127.0.0.1", server_hostname="localhost", port=processes.free_port())
        self.mail.start()
        self.settings: Settings = settings_for(
            self.postgres.url("tandem_app"), folder, valkey_url=self.valkey.url, smtp_port=self.mail.port
        )
        self.app: Flask = create_app(self.settings)
        self.running: dict[str, int] = {}
        self.kills: Counter[str] = Counter()
        self.log = (folder / "log").open("wb")
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.kill_process"], cwd=CHECKOUT, env=self.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        settings = self.settings
        return os.environ | {
            "TANDEM_ENV": "test", "TANDEM_DATABASE_URL": settings.database_url, "TANDEM_VALKEY_URL": settings.valkey_url,
            "TANDEM_SECRET_KEY": settings.secret_key, "TANDEM_BASE_DOMAIN": "localhost", "TANDEM_SCHEME": "http",
            "TANDEM_SMTP_HOST": "127.0.0.1", "TANDEM_SMTP_PORT": str(settings.smtp_port),
            "TANDEM_MAIL_FROM_DOMAIN": settings.mail_from_domain, "TANDEM_FILES_DIR": str(settings.files_dir),
        }  # fmt: skip

    def keep_up(self, *, relays: int = RELAYS) -> None:
        """Start what is not running."""
        wanted = {f"worker {n}": ["worker"] for n in range(WORKERS)}
        wanted |= {f"relay {n}": ["relay", "--poll", "0.1", "--stale", "2"] for n in range(relays)}
        for name, arguments in wanted.items():
            if not _lives(self.running.get(name)):
                self.launcher.stdin.write(f"{json.dumps(arguments)}\n".encode())
                self.launcher.stdin.flush()
                answer = self.launcher.stdout.readline()
                if not answer:
                    pytest.fail(f"No processes can be started:\n{Path(self.log.name).read_text()[-3000:]}")
                self.running[name] = int(answer)

    def kill_some(self) -> None:
        """Kill one process: mostly one that is in the midst of a job."""
        kind = self.random.choices(["job", "worker", "relay"], [6, 2, 2])[0]
        if kind == "job" and (pid := self._child()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.kills["jobs in work"] += 1
            return
        kind = "worker" if kind == "job" else kind
        names = [name for name, pid in self.running.items() if name.startswith(kind) and _lives(pid)]
        if names:
            os.kill(self.running[self.random.choice(names)], signal.SIGKILL)
            self.kills[f"{kind}s"] += 1

    def _child(self) -> int | None:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            for name, pid in self.running.items():
                if name.startswith("worker") and (found := _children(pid)):
                    return found[0]
            time.sleep(0.01)
        return None

    def kill_valkey(self) -> None:
        self.valkey.kill()
        self.kills["Valkey"] += 1
        time.sleep(self.random.uniform(0, 0.5))
        _start(self.valkey)

    def kill_postgres(self) -> None:
        self.postgres.kill()
        self.kills["PostgreSQL"] += 1
        time.sleep(self.random.uniform(0, 0.5))
        _start(self.postgres)

    def rows(self, query: str) -> list[tuple]:
        """Ask as the superuser, whom row security does not bind."""
        with psycopg.connect(self.postgres.url("postgres")) as connection:
            return connection.execute(query).fetchall()

    def stop(self) -> None:
        for pid in self.running.values():
            for each in (pid, *_children(pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError), self.launcher:
            self.launcher.stdin.close()
        with self.app.app_context():
            db.engine.dispose()
        self.mail.stop()
        self.valkey.stop()
        self.postgres.stop()
        self.log.close()


def _lives(pid: int | None) -> bool:
    return pid is not None and Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _start(server: PostgresServer | ValkeyServer) -> None:
    # Children of a killed PostgreSQL take a moment to notice; until then it refuses to start.
    deadline = time.monotonic() + 60
    while True:
        try:
            server.start()
        except LocalServerError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Servers and processes for this file alone: it kills them."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-test-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_kinds", dict(registry.job_kinds()))
        import tests.jobs.kill_handlers  # noqa: F401 - adds its kind

        machine = Machine(folder, Kept())
        try:
            yield machine
        finally:
            machine.stop()
            shutil.rmtree(folder)


@dataclass
class Asked:
    """What the associations asked for: what was committed, what was taken back, and what nobody can know."""

    committed: set[UUID] = field(default_factory=set)
    taken_back: set[UUID] = field(default_factory=set)
    unknown: set[UUID] = field(default_factory=set)


def _ask(machine: Machine, asked: Asked, association: UUID, account: UUID, act: Callable[[UUID], None]) -> None:
    """One change of one association: it asks for a job, sometimes for a mail, and commits or thinks better of it."""
    identifier = uuid7()
    give_up = machine.random.random() < 0.1
    committing = False
    try:
        with open_association(association):
            act(identifier)
            if machine.random.random() < 0.2:
                write_notice(template="dues-resumed", to_account_id=account, context={})
            if give_up:
                db.session.rollback()
                asked.taken_back.add(identifier)
                return
            committing = True
            db.session.commit()
            asked.committed.add(identifier)
    except DBAPIError:
        # Killed in the midst of it: before the commit nothing may come of it; during the commit either is right.
        (asked.unknown if committing else asked.taken_back).add(identifier)
        db.engine.dispose()


def _people(machine: Machine) -> list[tuple[UUID, UUID]]:
    people = []
    for _ in range(ASSOCIATIONS):
        scope = an_association()
        with open_association(scope.association_id):
            account = an_account().id
            db.session.commit()
        people.append((scope.association_id, account))
    return people


def _wait_until_idle(machine: Machine) -> None:
    """Wait for as long as jobs are being done: how fast that goes is the machine's affair."""
    least, since = None, time.monotonic()
    while time.monotonic() - since < STANDSTILL:
        machine.keep_up()
        [(busy,)] = machine.rows("select count(*) from job where state in ('queued', 'running')")
        if not busy:
            return
        if least is None or busy < least:
            least, since = busy, time.monotonic()
        time.sleep(0.3)
    left = machine.rows("select kind, state, attempts, error_kind, count(*) from job group by 1, 2, 3, 4")
    pytest.fail(f"Nothing was done for {STANDSTILL} seconds: {left}")


def test_nothing_is_lost_or_done_twice_whatever_is_killed(machine, proof_count, counted):
    kept = machine.kept
    jobs, kills = proof_count(40, 1_050), proof_count(6, 110)
    losses, crashes = proof_count(1, 12), proof_count(1, 4)
    asked = Asked()

    def run() -> None:
        with machine.app.app_context():
            _storm(machine, asked, jobs=jobs, kills=kills, losses=losses, crashes=crashes)

    Context().run(run)
    _wait_until_idle(machine)

    effects = _effects(machine)
    deliveries = machine.rows("select message_id, state from delivery")
    states = Counter(state for _, state in deliveries)
    lost = asked.committed - set(effects)
    twice = {identifier for identifier, count in effects.items() if count > 1}
    ghosts = set(effects) - asked.committed - asked.unknown
    mails_twice = {number for number, count in kept.arrived.items() if count > 1}
    mails_missing = {number for number, state in deliveries if state == "sent"} - set(kept.arrived)
    mail_ghosts = set(kept.arrived) - {number for number, _ in deliveries}
    doubtful = [number for number, state in deliveries if state == "uncertain"]
    [(dead,)] = machine.rows("select count(*) from job where state = 'dead'")
    arrived = sum(number in kept.arrived for number in doubtful)
    counted(f"killed: {', '.join(f'{count} {what}' for what, count in sorted(machine.kills.items()))}")
    counted(
        f"jobs: {len(asked.committed):,} committed, {len(asked.taken_back)} taken back, {len(asked.unknown)} unknown: "
        f"{len(lost)} lost, {len(twice)} done twice, {len(ghosts)} ghosts, {dead} dead"
    )
    counted(
        f"mail: {states['sent']:,} sent, {len(doubtful)} doubtful of which {arrived} arrived, {states['failed']} failed: "
        f"{len(mails_twice)} twice, {len(mails_missing)} missing, {len(mail_ghosts)} ghosts"
    )
    assert (len(lost), len(twice), len(ghosts), dead) == (0, 0, 0, 0)
    assert (len(mails_twice), len(mails_missing), len(mail_ghosts)) == (0, 0, 0)
    assert set(states) <= {"sent", "uncertain"}
    assert len(asked.committed) >= jobs * 0.8
    processes_killed = sum(count for what, count in machine.kills.items() if what not in {"Valkey", "PostgreSQL"})
    assert processes_killed >= kills
    assert machine.kills["Valkey"] >= losses
    assert machine.kills["PostgreSQL"] >= crashes


def _storm(machine: Machine, asked: Asked, *, jobs: int, kills: int, losses: int, crashes: int) -> None:
    people = _people(machine)
    machine.keep_up()
    rounds = kills
    lose_at = {round(rounds * (n + 0.5) / losses) for n in range(losses)}
    crash_at = {round(rounds * (n + 0.7) / crashes) for n in range(crashes)}
    each, rest = divmod(jobs * 10 // 9 + rounds, rounds)
    number = 0
    while sum(machine.kills.values()) - machine.kills["Valkey"] - machine.kills["PostgreSQL"] < kills:
        for _ in range(each + (number < rest) if number < rounds else 0):
            association, account = machine.random.choice(people)
            _ask(machine, asked, association, account, lambda identifier: _job(machine, identifier))
        if number == 0:
            _wait_for(lambda: _effects(machine))  # The killing begins once there is work to interrupt.
        if number in lose_at:
            machine.kill_valkey()
        if number in crash_at:
            machine.kill_postgres()
        time.sleep(machine.random.uniform(0.05, 0.4))
        machine.kill_some()
        machine.keep_up()
        number += 1


def _job(machine: Machine, identifier: UUID) -> None:
    enqueue(kind="kill.effect", arguments={"id": identifier, "seconds": machine.random.uniform(0, 0.1)})


def test_control_without_the_job_table_loses_and_invents_work(machine, proof_count, counted):
    """The same work, put into the transport before the commit: what the guard above keeps from happening."""
    jobs, losses = proof_count(60, 150), proof_count(2, 4)
    asked = Asked()

    def run() -> None:
        with machine.app.app_context():
            _storm_directly(machine, asked, jobs=jobs, losses=losses)

    Context().run(run)

    effects = set(_effects(machine))
    lost, ghosts = asked.committed - effects, effects & asked.taken_back
    counted(
        f"control, put in the queue before the commit: {len(lost)} of {len(asked.committed)} lost, {len(ghosts)} ghosts"
    )
    assert lost
    assert ghosts


def _storm_directly(machine: Machine, asked: Asked, *, jobs: int, losses: int) -> None:
    people = _people(machine)
    machine.keep_up(relays=0)
    for part in range(losses):
        with contextlib.closing(connector(machine.settings.valkey_url)()) as connection:
            queue = Queue("default", connection=connection, serializer=JSONSerializer)
            for _ in range(jobs // losses):
                association, account = machine.random.choice(people)
                _ask(machine, asked, association, account, partial(_push, queue, association))
        if part == 0:
            _wait_for(lambda: asked.taken_back & set(_effects(machine)))
        machine.kill_valkey()
        machine.keep_up(relays=0)
    time.sleep(2)


def _push(queue: Queue, association: UUID, identifier: UUID) -> None:
    queue.enqueue_call("tests.jobs.kill_handlers.direct", args=(str(association), str(identifier), 0.02), result_ttl=0)


def _effects(machine: Machine) -> dict[UUID, int]:
    return dict(machine.rows("select object_id, count(*) from audit_entry where action = 'kill.effect' group by 1"))


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not condition():
        time.sleep(0.1)
