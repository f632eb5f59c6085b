"""What single answers cost, in a process of its own: ``python answers.py MENTORS MENTEES SECONDS`` prints figures as JSON.

A shortlist among ``MENTORS`` mentors, and explanations of a result for ``MENTEES`` mentees and half as many mentors. Processor time of
each call, in milliseconds: median, the 99th of a hundred, the longest.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from crowd import a_crowd  # type: ignore[import-not-found]
from one import a_problem, processor_time  # type: ignore[import-not-found]

from tandem.matching.engine import Explainer, Problem, Shortlists, explain_pair, solve
from tandem.matching.engine.candidates import SCAN_PIECE
from tandem.matching.engine.scan import Scan

CALLS = 1_000
ROUNDS = 5
#: Bytes that no cache holds.
UNCACHED = 400 << 20


def timed(ask: Callable[[Any], object], whom: Sequence[Any]) -> dict[str, float]:
    """The cost of a call for each of them, after one to warm up."""
    ask(whom[0])
    spent = []
    for one in whom:
        began = time.thread_time_ns()
        ask(one)
        spent.append((time.thread_time_ns() - began) / 1e6)
    return {"median": float(np.median(spent)), "p99": float(np.percentile(spent, 99)), "most": max(spent)}


def scoring(problem: Problem) -> dict[str, float]:
    """Nanoseconds that scoring a pair takes, and what moving its numbers takes by itself, from memory and within the caches.

    The bounds are as many additions of 16-bit numbers as there are tables to add up, less one, over whole pieces at once: read
    in order from arrays larger than any cache, or again and again from small ones.
    """
    m = len(problem.mentors)
    scan = Scan(problem, np.zeros(m, dtype=np.int16))
    pieces = list(problem.pieces(SCAN_PIECE))[: max(1, (1 << 26) // SCAN_PIECE)]
    size, tables = (pieces[0].stop - pieces[0].start) * m, len(scan.tables or ())
    spent = []
    for _round in range(ROUNDS):
        began = processor_time()
        for piece in pieces:
            scan.rows(piece)
        spent.append((processor_time() - began) / sum(piece.stop - piece.start for piece in pieces) / m)
    found = {"ns": min(spent) * 1e9, "tables": tables}
    for name, held in (("memory", UNCACHED), ("cache", 0)):
        given = np.zeros((max(tables + 2, held // (2 * size)), size), dtype=np.int16)
        given += 1
        turns = UNCACHED // (2 * size) // (tables + 1)
        taken = []
        for _round in range(ROUNDS):
            began = processor_time()
            for turn in range(turns):
                at = turn * (tables + 1) % (len(given) - tables)
                for table in range(1, tables):
                    np.add(given[at + table], given[at + table - 1], out=given[at])
            taken.append((processor_time() - began) / turns / size)
        found[name] = min(taken) * 1e9
    return found


def main() -> None:
    """Measure and print."""
    mentors, mentees, seconds = (int(given) for given in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    rng = np.random.default_rng(1)
    found: dict[str, Any] = {}

    wide = a_problem(a_crowd(2 * mentors, tight=True))
    prices = {name: int(price) for name, price in zip(wide.mentors, rng.integers(0, 20, mentors), strict=True)}
    lists = Shortlists(wide, prices)
    found["shortlist"] = timed(lists.of, [wide.mentees[k] for k in rng.integers(0, 2 * mentors, CALLS)])
    del wide, lists

    problem = a_problem(a_crowd(mentees, tight=True))
    found["scoring"] = scoring(problem)
    began = processor_time()
    result = solve(problem)
    found["solve"] = processor_time() - began
    began = processor_time()
    explainer = Explainer(problem, result)
    found["explainer"] = processor_time() - began
    some = [(problem.mentees[i], problem.mentors[j]) for i, j in zip(
        rng.integers(0, mentees, CALLS), rng.integers(0, mentees // 2, CALLS), strict=True)]  # fmt: skip
    found["pair"] = timed(lambda pair: explain_pair(problem, *pair), some)
    found["unmatched"] = timed(explainer.why_unmatched, [one.mentee for one in result.unmatched][:CALLS])
    found["best"] = timed(
        explainer.why_not_best, [pair.mentee for pair in result.pairs][:: max(1, len(result.pairs) // 30)]
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
