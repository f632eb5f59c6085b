"""Measure matching: ``python -m benchmarks.matching [--sizes 100 1000 …] [--rounds 3] [--patience 300] [--write FILE]``."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.matching.page import Outcome, write_page
from benchmarks.matching.peers import METHODS, Answer, measured, python_of
from benchmarks.measuring import hardware

SIZES = (100, 300, 1_000, 5_000, 10_000, 30_000, 100_000)
PLACES = ("tight", "spacious")
#: Up to this many mentees a method is asked several times, by turns with the others, as long as an answer takes less than so many seconds.
SEVERAL_UP_TO, SEVERAL_WITHIN = 1_000, 60
#: An answer that takes less than so many seconds is asked for so many times in each of these rounds: a moment's disturbance is much of it.
QUICK, QUICK_TIMES = 0.5, 5


def main() -> None:
    """Run what is asked for and write the page."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of mentees")
    arguments.add_argument(
        "--rounds", type=int, default=3, help=f"rounds up to {SEVERAL_UP_TO} mentees; beyond there is one"
    )
    arguments.add_argument("--patience", type=int, default=300, help="seconds of the processor for one answer")
    arguments.add_argument("--places", nargs="+", choices=PLACES, default=PLACES)
    arguments.add_argument("--methods", nargs="+", choices=[one.key for one in METHODS], help="only these")
    arguments.add_argument("--mentors", type=int, default=50_000, help="mentors for the shortlist")
    arguments.add_argument("--write", type=Path, metavar="FILE", default=Path("docs/benchmarks-matching.md"))
    asked = arguments.parse_args()
    began = time.perf_counter()
    pythons = {
        one.key: python_of(one.environment) for one in METHODS if asked.methods is None or one.key in asked.methods
    }
    mentees, own = min(10_000, max(asked.sizes)), pythons.get("tandem")
    given = (str(asked.mentors), str(mentees), str(asked.patience))
    single = measured("answers.py", own, *given) if own else ""
    answers = {} if isinstance(single, str) else single | {"mentors": asked.mentors, "mentees": mentees}
    outcomes: list[Outcome] = []
    unfinished: dict[tuple[str, str], str] = {}
    loads = [os.getloadavg()[0]]
    for size in asked.sizes:
        rounds = asked.rounds if size <= SEVERAL_UP_TO else 1
        for places in asked.places:
            outcomes += _compared(size, places, pythons, unfinished, rounds=rounds, patience=asked.patience)
            loads.append(os.getloadavg()[0])
        notes = [
            *hardware(),
            f"load while measuring: {min(loads):.1f} to {max(loads):.1f}; read the ratios",
            f"{datetime.now(UTC):%-d %B %Y}, {(time.perf_counter() - began) / 60:.0f} minutes",
            f"rounds: {asked.rounds} up to {SEVERAL_UP_TO:,} mentees, {QUICK_TIMES} answers in each where one takes under {QUICK} seconds; one beyond and where an answer takes over {SEVERAL_WITHIN} seconds",
            f"each answer had {asked.patience} seconds of the processor and 6 GB",
        ]
        # After each size: whoever ends a long run early keeps what there is.
        write_page(asked.write, outcomes, answers, notes, list(unfinished.values()))
    print(f"written: {asked.write}")


def _compared(
    size: int,
    places: str,
    pythons: Mapping[str, str | None],
    unfinished: dict[tuple[str, str], str],
    *,
    rounds: int,
    patience: int,
) -> list[Outcome]:
    """All methods on one crowd, by turns. Those in ``unfinished`` are left out, and those that do not finish join it."""
    found: dict[str, list[Answer]] = {}
    for _round in range(rounds):
        for one in METHODS:
            python, before = pythons.get(one.key), found.get(one.key)
            if python is None or (one.key, places) in unfinished or (before and before[0]["cpu"] > SEVERAL_WITHIN):
                continue
            for _time in range(QUICK_TIMES):
                answer = measured("one.py", python, one.key, str(size), places, str(patience))
                if isinstance(answer, str):
                    unfinished[one.key, places] = f"{one.name} at {size:,}, {places}: {answer}."
                    break
                found.setdefault(one.key, []).append(answer)
                if rounds == 1 or answer["cpu"] > QUICK:
                    break
    return [Outcome(size, places, one, found[one.key]) for one in METHODS if one.key in found]


if __name__ == "__main__":
    main()
