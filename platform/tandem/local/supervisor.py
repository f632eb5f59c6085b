"""Several programs run as one: started in order, their output side by side, stopped together."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from tandem.local import processes
from tandem.local.processes import LocalServerError

_STEADY_SECONDS = 20.0
_MOST_EARLY_ENDS = 3
_STOP_SIGNALS = ((signal.SIGTERM, 10.0),)


@dataclass(frozen=True, slots=True)
class Program:
    """One program to run.

    ``healthy`` tells, once it is started, whether it does its work; ``None`` means that running is enough.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    healthy: Callable[[], bool] | None = None


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    reader: threading.Thread
    early_ends: int = 0
    again_at: float | None = field(default=None)


class Supervisor:
    """Runs programs until it is told to stop by Ctrl-C, SIGTERM, SIGHUP or the death of a program that cannot stay up.

    A program that ends by itself is started again after a second; one that ends three times within twenty seconds of its
    start stops everything. On Linux the programs end with us, also when we are killed.
    """

    def __init__(self, programs: Sequence[Program], *, directory: Path, out: TextIO | None = None) -> None:
        self._programs = programs
        self._directory = directory
        self._out = out or sys.stdout
        self._width = max(len(program.name) for program in programs)
        self._running: list[_Running] = []
        self._asked_to_stop = False
        self._writing = threading.Lock()

    def run(self, *, ready: Callable[[], None], health_seconds: float = 120.0) -> int:
        """Start all in order, call ``ready`` when each is healthy, watch until told to stop, stop all in reverse order.

        Returns 0 if people stopped it, 1 if a program could not stay up. Must be called from the main thread.
        """
        with self._signals():
            try:
                for program in self._programs:
                    if not self._bring_up(program, health_seconds):
                        return 0 if self._asked_to_stop else 1
                if not self._asked_to_stop:
                    ready()
                return self._watch()
            finally:
                self._stop_all()

    def _bring_up(self, program: Program, seconds: float) -> bool:
        running = self._start(program)
        self._running.append(running)
        deadline = time.monotonic() + seconds
        while program.healthy is not None and not program.healthy():
            if self._asked_to_stop:
                return False
            if running.process.poll() is not None:
                self._say(program.name, f"ended with {running.process.returncode} before it was ready")
                return False
            if time.monotonic() > deadline:
                self._say(program.name, f"was not ready after {seconds:.0f} seconds")
                return False
            time.sleep(0.05)
        return not self._asked_to_stop

    def _start(self, program: Program) -> _Running:
        process = processes.start(
            program.argv, directory=self._directory, environment=program.environment, output=subprocess.PIPE
        )
        reader = threading.Thread(target=self._copy_output, args=(program.name, process), daemon=True)
        reader.start()
        return _Running(program, process, time.monotonic(), reader)

    def _watch(self) -> int:
        while not self._asked_to_stop:
            for running in self._running:
                if running.process.poll() is not None and not self._revive(running):
                    return 1
            time.sleep(0.1)
        return 0

    def _revive(self, running: _Running) -> bool:
        """Start a program again that ended by itself, a second after. False if that has been in vain too often."""
        now = time.monotonic()
        if running.again_at is None:
            code = running.process.returncode
            running.early_ends = running.early_ends + 1 if now - running.started < _STEADY_SECONDS else 1
            if running.early_ends >= _MOST_EARLY_ENDS:
                self._say(running.program.name, f"ended with {code} for the third time; stopping everything")
                return False
            self._say(running.program.name, f"ended with {code}; starting it again")
            running.again_at = now + 1
        elif now >= running.again_at:
            fresh = self._start(running.program)
            running.process, running.started, running.reader = fresh.process, fresh.started, fresh.reader
            running.again_at = None
        return True

    def _stop_all(self) -> None:
        for running in reversed(self._running):
            processes.stop(running.process, _STOP_SIGNALS)
            # What it wrote at the end is still in the pipe; a grandchild that keeps the pipe open must not hold us up.
            running.reader.join(timeout=2)
        self._running.clear()

    def _copy_output(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            raise LocalServerError(f"{name} was started without its output")
        with process.stdout as lines:
            for line in lines:
                self._say(name, line.decode(errors="replace").rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        with self._writing, contextlib.suppress(OSError, ValueError):
            # One write: print would send the end of the line apart, and another thread's text could come between.
            self._out.write(f"{name:<{self._width}} | {line}\n")
            self._out.flush()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
            if self._asked_to_stop and number == signal.SIGINT:
                for running in self._running:
                    running.process.kill()
            self._asked_to_stop = True

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
