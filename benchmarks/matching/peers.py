"""The methods that are compared, each in a process of its own; the peers in environments of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
#: Nothing of Tandem depends on the peers. Two of them call their package ``matching`` and so cannot live together.
_ENVIRONMENTS = {
    "peers": (Path(".tandem/benchmark-peers"), ("numpy==2.4.6", "scipy==1.17.1", "lapx==0.11.1", "networkx==3.6.1",
                                                "ortools==9.15.6755", "mentor-match==7.0.1")),
    "games": (Path(".tandem/benchmark-games"), ("numpy==2.4.6", "matching==1.4.3")),
}  # fmt: skip

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """How a method is called in the results, and where it lives."""

    key: str
    name: str
    environment: str


METHODS = (
    Method("tandem", "Tandem", ""),
    Method("greedy", "greedy, best pair first", ""),
    Method("scipy", "SciPy linear_sum_assignment", "peers"),
    Method("lapx", "lapx lapjv", "peers"),
    Method("networkx", "networkx max_weight_matching", "peers"),
    Method("cp-sat", "OR-tools CP-SAT", "peers"),
    Method("mentor-match", "mentor-match 7.0.1", "peers"),
    Method("matching", "matching 1.4.3 (stable)", "games"),
)


def python_of(environment: str) -> str | None:
    """The interpreter of an environment, made at the first call; ``None`` where it cannot be had."""
    if not environment:
        return sys.executable
    folder, pinned = _ENVIRONMENTS[environment]
    python, ready = folder / "bin" / "python", folder / "ready"
    try:
        if not ready.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *pinned], check=True, capture_output=True)
            ready.touch()
    except subprocess.CalledProcessError as error:
        print(f"{environment} cannot be installed: {error.stderr.decode()[-500:]}", flush=True)
        return None
    return str(python)


def measured(script: str, python: str, *arguments: str) -> Answer | str:
    """What a script of this folder prints as its last line, or why it did not finish."""
    # One thread: what is compared is work, and the machine has other guests.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [python, str(_HERE / script), *arguments], env=environment, capture_output=True, text=True, check=True
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()
        why = said[-1] if said else "out of patience" if error.returncode < 0 else "no answer"
        print(f"{' '.join(arguments)}: {why}", flush=True)
        return why
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    print(f"{' '.join(arguments)}: {answer}", flush=True)
    return str(answer["failed"]) if "failed" in answer else answer
