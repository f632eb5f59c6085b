"""The matching engine against what others would take, each in a process of its own, by turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measuring import Grid

_HERE = Path(__file__).parent
#: The peers have an environment of their own: nothing of Tandem depends on them.
_PEERS = Path(".tandem/benchmark-peers")
_PINNED = ("numpy==2.4.6", "scipy==1.17.1", "lapx==0.11.1", "networkx==3.6.1", "mentor-match==7.0.1")
#: Nobody waits longer than this for one answer, in seconds.
_PATIENCE = 300
#: Up to this many mentees a method is tried; beyond, it is known not to finish in time or in memory.
_UP_TO = {
    "tandem": 100_000,
    "greedy": 10_000,
    "scipy": 10_000,
    "lapx": 30_000,
    "networkx": 1_000,
    "mentor-match": 1_000,
}
_COLUMNS = ("mentees", "places", "method", "CPU s", "wall s", "MB", "people", "points", "at most", "CPU ×", "memory ×")


def run(*, quick: bool) -> list[Grid]:
    """All sizes; with ``quick`` the small ones."""
    python = _peers()
    rows: list[list[str]] = []
    for size in (100, 1_000) if quick else (100, 1_000, 5_000, 10_000, 30_000, 100_000):
        for places in ("tight", "spacious"):
            rows += _compared(
                size, places, python, rounds=1 if quick or size > 1_000 else 3, patience=30 if quick else _PATIENCE
            )
    about = (
        "Half as many mentors as mentees, about 30 % of the pairs allowed; *tight*: seven places for eight people, *spacious*: five for four. "
        "Scoring is part of every figure. Each method runs in a process of its own, by turns; medians. *At most* is the proven share of points "
        "that can be missing (0 means that the answer is proven best; above 50,000 mentees a thousandth is allowed). The last two columns "
        "say how many times Tandem’s processor time and memory the method takes. A method that is missing at a size does not finish "
        f"there in {_PATIENCE} seconds, or needs more than 6 GB."
    )
    return [Grid("Matching", about, _COLUMNS, rows)]


def _compared(size: int, places: str, python: Path | None, *, rounds: int, patience: int) -> list[list[str]]:
    found: dict[str, list[dict[str, Any]]] = {}
    methods = [name for name, most in _UP_TO.items() if size <= most and (python or name in {"tandem", "greedy"})]
    for _round in range(rounds):
        for name in methods:
            if (one := _measured(name, size, places, python, patience)) is not None:
                found.setdefault(name, []).append(one)
    own = found.get("tandem")
    return [_row(size, places, name, answers, own) for name, answers in found.items()]


def _measured(name: str, size: int, places: str, python: Path | None, patience: int) -> dict[str, Any] | None:
    own = name in {"tandem", "greedy"}
    command = [sys.executable if own or python is None else str(python), str(_HERE / "one.py"), name, str(size), places]
    # One thread: what is compared is work, and the machine has other guests.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=patience, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{name} at {size} {places}: {type(error).__name__}", flush=True)
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    print(f"{name} at {size} {places}: {answer}", flush=True)
    return None if "failed" in answer else answer


def _row(
    size: int, places: str, name: str, answers: list[dict[str, Any]], own: list[dict[str, Any]] | None
) -> list[str]:
    cpu, wall, memory = (median(answer[key] for answer in answers) for key in ("cpu", "wall", "mb"))
    first = answers[0]
    row = [
        f"{size:,}",
        places,
        name,
        f"{cpu:.3g}",
        f"{wall:.3g}",
        f"{memory:.0f}",
        f"{first['people']:,}",
        f"{first['points']:,}",
    ]
    row.append(f"{first['gap']:.5%}" if "gap" in first else "")
    if own is None or name == "tandem":
        return [*row, "", ""]
    return [
        *row,
        f"{cpu / median(answer['cpu'] for answer in own):.1f}",
        f"{memory / median(answer['mb'] for answer in own):.1f}",
    ]


def _peers() -> Path | None:
    """The Python of the peers' environment, made at the first call; ``None`` where they cannot be had."""
    python = _PEERS / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(_PEERS)], check=True, capture_output=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *_PINNED], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        print(f"the peers cannot be installed: {error}", flush=True)
        return None
    return python
