"""Starts real ``tandem worker`` and ``tandem relay`` processes for the kill test, quickly.

Importing everything takes seconds and the test starts a hundred processes, so this one imports once and forks: it reads the
arguments of a command from each line of its standard input and answers with the number of the process that runs it. Leases are
short enough to wait for.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta
from importlib import import_module

from tandem.app import BLUEPRINTS
from tandem.cli import main
from tandem.jobs import registry, runner

registry.HANDLER_MODULES = ("tandem.notices.jobs", "tests.jobs.kill_handlers")
runner.LEASE = timedelta(seconds=3)
runner.FIRST_RETRY = timedelta(seconds=1)


def serve() -> None:
    """Fork a command for each line until the input ends."""
    for module in (*BLUEPRINTS, *registry.HANDLER_MODULES, "tandem.cli.worker"):
        import_module(module)
    # Nobody waits for them: they are killed by whoever asked for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            main(json.loads(line))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
