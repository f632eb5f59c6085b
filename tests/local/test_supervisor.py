"""Programs that are started, watched and stopped together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from tandem.local import processes

_SUPERVISE = """
import os, sys
from pathlib import Path
from tandem.local.supervisor import Program, Supervisor

folder = Path(sys.argv[1])
sleeper = "import os, sys, time; print('process', os.getpid(), flush=True); time.sleep(120)"
stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + sleeper
kinds = {"sleeper": sleeper, "stubborn": stubborn, "failing": "print('process 0', flush=True); raise SystemExit(4)"}
programs = [
    Program(f"{kind}{number}", [sys.executable, "-c", kinds[kind]], dict(os.environ))
    for number, kind in enumerate(sys.argv[2:])
]
supervisor = Supervisor(programs, directory=folder)
sys.exit(supervisor.run(ready=lambda: (sys.stdout.write("ready\\n"), sys.stdout.flush())))
"""


@pytest.fixture
def supervise(tmp_path):
    started = []

    def run(*kinds: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _SUPERVISE, str(tmp_path), *kinds], stdout=subprocess.PIPE, text=True
        )
        # A test that waits for a line that never comes then reads the end of the output, and fails.
        limit = threading.Timer(60, process.kill)
        limit.start()
        started.append((process, limit))
        return process

    yield run
    for process, limit in started:
        limit.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def read_until(process, count: int) -> tuple[list[str], list[int]]:
    """The lines up to ``ready`` and up to ``count`` reported children, and the children's process ids."""
    lines: list[str] = []
    while not ("ready" in lines and sum("process" in line for line in lines) >= count):
        line = process.stdout.readline()
        if not line:
            break
        lines.append(line.rstrip("\n"))
    return lines, [int(found[1]) for line in lines if (found := re.search(r"process (\d+)", line))]


def all_gone(pids: list[int], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while any(processes.is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_output_carries_the_name_of_its_program(supervise):
    process = supervise("sleeper", "sleeper")

    lines, pids = read_until(process, 2)

    assert sorted(line for line in lines if line != "ready") == sorted(
        f"sleeper{number} | process {pid}" for number, pid in enumerate(pids_in_order(lines))
    )
    assert len(pids) == 2


def pids_in_order(lines: list[str]) -> list[int]:
    return [int(line.rpartition(" ")[2]) for line in sorted(line for line in lines if "process" in line)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_and_leaves_nothing(supervise, number):
    process = supervise("sleeper", "sleeper")
    _, pids = read_until(process, 2)

    process.send_signal(number)
    code = process.wait(timeout=15)

    assert code == 0
    assert all_gone(pids, 0.5)


def test_kill_leaves_no_child(supervise):
    process = supervise("sleeper", "sleeper", "sleeper")
    _, pids = read_until(process, 3)

    process.kill()
    process.wait()

    assert len(pids) == 3
    assert all_gone(pids)


def test_second_interrupt_ends_a_program_that_does_not_listen(supervise):
    process = supervise("stubborn")
    _, pids = read_until(process, 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    still_there = processes.is_alive(pids[0])

    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=5)

    assert still_there
    assert code == 0
    assert all_gone(pids, 0.5)


def test_a_program_that_was_killed_is_started_again(supervise):
    process = supervise("sleeper")
    _, [first] = read_until(process, 1)

    os.kill(first, signal.SIGKILL)
    told = process.stdout.readline()
    again = process.stdout.readline()

    assert told == "sleeper0 | ended with -9; starting it again\n"
    second = int(again.rpartition(" ")[2])
    assert processes.is_alive(second)
    assert second != first


def test_a_program_that_cannot_stay_up_stops_everything(supervise):
    process = supervise("sleeper", "failing")

    output, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "failing1 | ended with 4 for the third time; stopping everything" in output
    assert all_gone([pid for pid in pids_in_order(output.splitlines()) if pid])
