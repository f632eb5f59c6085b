"""One method on one crowd, in a process of its own.

``python one.py METHOD MENTEES tight|spacious SECONDS`` prints its figures as JSON, or ends after so many seconds of the processor.

Runs in Tandem's environment or in the peers'. What a method imports is imported before the clock starts.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from crowd import Crowd, a_crowd  # type: ignore[import-not-found]

#: What a method may take, in bytes: dense methods meet it first.
MEMORY = 6 << 30
#: More than all points of a person: people come before points.
PERSON = 1000
#: Up to this many mentees Tandem's answer is exact; beyond, a thousandth may be missing.
EXACT = 50_000
#: How deep a method may call itself, and the bytes of its stack.
DEPTH, STACK = 1_000_000, 512 << 20

Found = dict[str, Any]


def a_problem(crowd: Crowd) -> Any:
    """The crowd as Tandem's engine takes it."""
    from tandem.matching.engine import Constraint, Criterion, Problem, Table

    n, m = len(crowd.rule_codes[0]), len(crowd.places)
    return Problem.of(
        mentees=[f"mentee-{k}" for k in range(n)],
        mentors=[f"mentor-{k}" for k in range(m)],
        capacities=crowd.places,
        criteria=[
            Criterion(str(k), int(weight), Table(*codes, np.clip(table * 100 / weight, 0, 100)))
            for k, (table, codes, weight) in enumerate(zip(crowd.tables, crowd.codes, (50, 30, 20), strict=True))
        ],
        constraints=[Constraint("discipline", Table(*crowd.rule_codes, crowd.rule))],
    )


def tandem(crowd: Crowd) -> Found:
    """Tandem's engine, proof included."""
    from tandem.matching.engine import Effort
    from tandem.matching.engine.solved import Solved

    problem = a_problem(crowd)
    solved = Solved.of(problem, Effort(tolerance=0.0 if len(problem.mentees) <= EXACT else 0.001))
    kept, bound = solved.residual, solved.bound()
    points = int(problem.scores_at(kept.kept_mentee, kept.kept_mentor).sum())
    most = bound // solved.arcs.scale
    return {"people": len(kept.kept), "points": points, "gap": (most - points) / most}


def greedy(crowd: Crowd) -> Found:
    """The best pair first, as long as there are any."""
    n, rows = len(crowd.rule_codes[0]), 512
    pairs = [[np.zeros(0, dtype=np.int32)] * 2]
    values = [np.zeros(0, dtype=np.int16)]
    for begin in range(0, n, rows):
        points = crowd.points(begin, min(n, begin + rows))
        i, j = np.nonzero(points >= 0)
        pairs.append([(i + begin).astype(np.int32), j.astype(np.int32)])
        values.append(points[i, j].astype(np.int16))
    value = np.concatenate(values)
    order = np.argsort(-value, kind="stable")
    mentees, mentors = (np.concatenate([piece[side] for piece in pairs])[order].tolist() for side in (0, 1))
    free, waiting, total = crowd.places.tolist(), [True] * n, 0
    for i, j, worth in zip(mentees, mentors, value[order].tolist(), strict=True):
        if waiting[i] and free[j]:
            waiting[i], free[j], total = False, free[j] - 1, total + worth
    return {"people": waiting.count(False), "points": total}


def scipy_assignment(crowd: Crowd) -> Found:
    """``linear_sum_assignment`` with a column for every place."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-not-found]

    worth = _dense(crowd, np.float64)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return _counted(worth[rows, columns])


def lapx(crowd: Crowd) -> Found:
    """``lapjv`` with a column for every place."""
    import lap  # type: ignore[import-not-found]

    worth = _dense(crowd, np.float32)
    np.negative(worth, out=worth)
    _cost, rows, _columns = lap.lapjv(worth, extend_cost=True)
    chosen = np.flatnonzero((rows >= 0) & (rows < worth.shape[1]))
    return _counted(-worth[chosen, rows[chosen]])


def networkx(crowd: Crowd) -> Found:
    """``max_weight_matching`` over all allowed pairs, with a node for every place."""
    import networkx as nx  # type: ignore[import-not-found]

    worth = _dense(crowd, np.int64)
    graph = nx.Graph()
    i, j = np.nonzero(worth)
    graph.add_weighted_edges_from(zip(i.tolist(), (-1 - j).tolist(), worth[i, j].tolist(), strict=True))
    pairs = [(max(pair), -1 - min(pair)) for pair in nx.max_weight_matching(graph)]
    return _counted(np.array([worth[pair] for pair in pairs]))


def cp_sat(crowd: Crowd) -> Found:
    """CP-SAT with a yes or no for every allowed pair, on one thread."""
    from ortools.sat.python import cp_model  # type: ignore[import-not-found]

    worth = _dense(crowd, np.int64, slots=False)
    model = cp_model.CpModel()
    of_mentee: dict[int, list[Any]] = {}
    of_mentor: dict[int, list[Any]] = {}
    chosen = []
    for i, j in zip(*(side.tolist() for side in np.nonzero(worth)), strict=True):
        variable = model.new_bool_var("")
        of_mentee.setdefault(i, []).append(variable)
        of_mentor.setdefault(j, []).append(variable)
        chosen.append((variable, int(worth[i, j])))
    for variables in of_mentee.values():
        model.add_at_most_one(variables)
    for j, variables in of_mentor.items():
        model.add(sum(variables) <= int(crowd.places[j]))
    model.maximize(sum(variable * value for variable, value in chosen))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        return {"failed": "not proven"}
    return _counted(np.array([value for variable, value in chosen if solver.value(variable)]))


def games(crowd: Crowd) -> Found:
    """The stable pairs of ``matching``'s hospitals and residents."""
    from matching.games import HospitalResident  # type: ignore[import-not-found]

    worth = _dense(crowd, np.int64, slots=False)
    rows = {i: [j for j in np.argsort(-row, kind="stable").tolist() if row[j]] for i, row in enumerate(worth)}
    columns = {j: [i for i in np.argsort(-row, kind="stable").tolist() if row[i]] for j, row in enumerate(worth.T)}
    mentees = {f"a{i}": [f"b{j}" for j in liked] for i, liked in rows.items() if liked}
    mentors = {f"b{j}": [f"a{i}" for i in liked] for j, liked in columns.items() if liked}
    places = {name: int(crowd.places[int(name[1:])]) for name in mentors}
    answer = HospitalResident.create_from_dictionaries(mentees, mentors, places).solve()
    pairs = [(int(one.name[1:]), int(mentor.name[1:])) for mentor, kept in answer.items() for one in kept]
    return _counted(np.array([worth[pair] for pair in pairs]))


def mentor_match(crowd: Crowd) -> Found:
    """mentor-match, with a mentor for every place, one round, and the crowd's points as its rule."""
    from matching.mentee import Mentee  # type: ignore[import-not-found]
    from matching.mentor import Mentor  # type: ignore[import-not-found]
    from matching.process import process_data  # type: ignore[import-not-found]
    from matching.rules.rule import Disqualify, Rule  # type: ignore[import-not-found]

    worth = _dense(crowd, np.int64).tolist()

    class Points(Rule):  # type: ignore[misc]
        def apply(self, match_object: Any) -> int:
            return int(worth[match_object.mentee.grade][match_object.mentor.grade])

    mentees = [Mentee(grade=k, email=f"a{k}") for k in range(len(worth))]
    mentors = [Mentor(grade=k, email=f"b{k}") for k in range(len(worth[0]))]
    rules = [Points(), Disqualify(lambda match: not worth[match.mentee.grade][match.mentor.grade])]
    process_data(mentors, mentees, [rules])
    return _counted(np.array([worth[one.grade][other.grade] for one in mentees for other in one.mentors]))


def _dense(crowd: Crowd, kind: Any, *, slots: bool = True) -> Any:
    """What each mentee's pair with each place (or else mentor) is worth: a person and the points, or nothing."""
    n, columns = len(crowd.rule_codes[0]), np.arange(len(crowd.places))
    if slots:
        columns = np.repeat(columns, crowd.places)
    worth = np.zeros((n, len(columns)), dtype=kind)
    for begin in range(0, n, 512):
        points = crowd.points(begin, min(n, begin + 512))[:, columns]
        worth[begin : begin + 512] = np.where(points >= 0, points + PERSON, 0)
    return worth


def _counted(worth: Any) -> Found:
    people = int(np.count_nonzero(worth))
    return {"people": people, "points": int(worth.sum()) - PERSON * people}


METHODS: dict[str, tuple[Callable[[Crowd], Found], str]] = {
    "tandem": (tandem, "tandem.matching.engine.solve"),
    "greedy": (greedy, "numpy"),
    "scipy": (scipy_assignment, "scipy.optimize"),
    "lapx": (lapx, "lap"),
    "networkx": (networkx, "networkx"),
    "cp-sat": (cp_sat, "ortools.sat.python.cp_model"),
    "mentor-match": (mentor_match, "matching.process"),
    "matching": (games, "matching.games"),
}


def processor_time() -> float:
    """Seconds of the processor that the process took.

    Not ``time.process_time``: with a limit on the processor's time Linux counts that one in ticks of some milliseconds.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    method, needed = METHODS[sys.argv[1]]
    importlib.import_module(needed)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    crowd = a_crowd(int(sys.argv[2]), tight=sys.argv[3] == "tight")
    # Some call themselves once for every person: they get the depth and the stack for it.
    sys.setrecursionlimit(DEPTH)
    threading.stack_size(STACK)
    with ThreadPoolExecutor(1) as worker:
        clock, cpu = time.perf_counter(), processor_time()
        try:
            found = worker.submit(method, crowd).result()
        except MemoryError:
            found = {"failed": f"more than {MEMORY >> 30} GB"}
        found |= {"cpu": processor_time() - cpu, "wall": time.perf_counter() - clock}
    # The process's own peak; what ``getrusage`` tells begins with the parent's.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps(found | {"mb": int(status["VmHWM"].split()[0]) / 1024}))


if __name__ == "__main__":
    main()
