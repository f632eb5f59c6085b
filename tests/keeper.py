"""Keeps one PostgreSQL for all test runs of this checkout, for as long as somebody uses it.

Every test process holds a shared lock on ``users.lock``, which the system releases however the process ends. The keeper is
the server's parent. Once it has been able to take the lock for itself for ``--idle`` seconds it stops the server and
ends; without ``--idle`` it stays until Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from tandem.local.environment import LocalInstallation
from tandem.local.postgres import PostgresServer

FOLDER = "test"
_CONNECTIONS = 300


def test_folder() -> Path:
    """The folder of the test server, made if need be."""
    folder = LocalInstallation().state / FOLDER
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    return folder


def server(folder: Path) -> PostgresServer:
    """The test server of ``folder``, running or not."""
    return PostgresServer(folder / "postgres", fast=True, max_connections=_CONNECTIONS)


def _others_use(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def keep(folder: Path, idle: float | None) -> None:
    """Run the server until it has been idle, or until SIGTERM or Ctrl-C."""
    finished = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: finished.set())
    with (folder / "users.lock").open("a") as users, server(folder) as running:
        print(f"PostgreSQL for tests on port {running.port}, process {running.pid}", flush=True)
        used = time.monotonic()
        while not finished.wait(0.5) and running.pid is not None:
            if _others_use(users):
                used = time.monotonic()
            elif idle is not None and time.monotonic() - used > idle:
                # The lock is held until the server has stopped: a test process that comes now waits, then starts anew.
                running.stop()
                return
            else:
                fcntl.flock(users, fcntl.LOCK_UN)


def main() -> int:
    """Keep the server, unless another keeper does already."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--idle", type=float, help="seconds without any user after which to stop")
    idle = arguments.parse_args().idle
    folder = test_folder()
    with (folder / "keeper.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            print(f"Process {lock.read().strip()} keeps the test server already", file=sys.stderr)
            return 0
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        with contextlib.suppress(KeyboardInterrupt):
            keep(folder, idle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
