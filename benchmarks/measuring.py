"""Counting what work costs: processor time of this process and of PostgreSQL's, statements, and the clock on the wall.

Ratios are between things measured by turns in one run, so that a busy machine weighs on both sides.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, event


@dataclass(slots=True)
class Spent:
    """What something cost: seconds of the processor here and in PostgreSQL, seconds that passed, statements."""

    app: float = 0.0
    server: float = 0.0
    passed: float = 0.0
    statements: int = 0

    @property
    def processor(self) -> float:
        """Seconds of the processor in both."""
        return self.app + self.server


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results: two things that were compared. ``promise`` is what the ratio may be at most."""

    name: str
    unit: str
    one: float
    other: float
    ratio: float
    promise: float | None = None
    spread: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A table of figures: what is compared, the names of its two columns, and what a reader should know."""

    title: str
    about: str
    one: str
    other: str
    figures: Sequence[Figure]


def processor_seconds(pid: int) -> float:
    """Processor time that the process has used so far; to the nanosecond where the kernel keeps it, else to its ticks."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def measured(pids: Sequence[int], engine: Engine | None = None) -> Iterator[Spent]:
    """Measure the body: this process, the PostgreSQL processes ``pids``, and the statements that go through ``engine``."""
    spent = Spent()

    def note(*_: Any) -> None:
        spent.statements += 1

    if engine is not None:
        event.listen(engine, "before_cursor_execute", note)
    app, server, clock = time.process_time(), sum(map(processor_seconds, pids)), time.perf_counter()
    try:
        yield spent
    finally:
        spent.passed = time.perf_counter() - clock
        spent.app = time.process_time() - app
        spent.server = sum(map(processor_seconds, pids)) - server
        if engine is not None:
            event.remove(engine, "before_cursor_execute", note)


def compared(
    name: str, unit: str, ones: Sequence[float], others: Sequence[float], promise: float | None = None
) -> Figure:
    """The medians of two series that were measured by turns, and the median, least and greatest of their ratios."""
    ratios = sorted(other / one for one, other in zip(ones, others, strict=True))
    return Figure(name, unit, median(ones), median(others), median(ratios), promise, (ratios[0], ratios[-1]))


def machine(server_version: str) -> list[str]:
    """What the figures were measured on."""
    load = os.getloadavg()
    return [
        *hardware(),
        f"PostgreSQL {server_version} with its default settings, without parallel workers",
        f"load at the end: {load[0]:.1f} over 1 minute, {load[2]:.1f} over 15",
    ]


def hardware() -> list[str]:
    """The machine, and the Python on it."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return [
        f"{os.cpu_count()} processors ({model}), {memory / 2**20:.0f} GiB of memory, {platform.system()} {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}",
    ]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except FileNotFoundError:
        return []
