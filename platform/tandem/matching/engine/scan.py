"""Going through all pairs: what each weighs in points, less a price per mentor, and nothing where the pair is not open.

This is where a large problem spends its time, so the work for one pair is a few additions of 16-bit numbers. Whatever depends on
the mentor alone, the price among it, is added into one of the tables beforehand; tables with few codes are added to each other,
permissions included as a number far below all others. A row is then the sum of two or three rows of tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tandem.matching.engine.lookups import Index, Lookup, Rows, ranges
from tandem.matching.engine.problem import Problem

Short = NDArray[np.int16]

# Prices in points are kept within ±FAR; a pair beyond is left to the exact comparison that follows. NEVER as a price shuts a
# mentor out, SHUT a pair: lower than any two prices can lift it.
FAR, NEVER, SHUT = 2_000, 4_000, -4_500
# From so many mentors on adding row by row costs less than going through memory once more.
LONG_ROW = 4_096
# Tables are added to each other up to so many rows, and so many may be left: their sum stays within 16 bits.
MERGED_ROWS, MOST_TABLES = 96, 6


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    rows: Short
    codes: Index


class Scan:
    """All pairs of a problem with ``less`` ``(m,)`` taken off, within ``-FAR``…``NEVER``; made once, asked for many rows."""

    def __init__(self, problem: Problem, less: Short) -> None:
        self.problem, self.less = problem, less
        self.tables = _tables(problem, less)
        self._lines = [[*table.rows] for table in self.tables or ()]
        locked = np.bincount(problem.locks[:, 0], minlength=len(problem.mentees))
        self._full = problem.needs <= locked
        self._struck = np.concatenate((problem.apart, problem.locks))
        self._struck = self._struck[np.argsort(self._struck[:, 0], kind="stable")]
        self._kept = np.zeros((2, 0, len(problem.mentors)), dtype=np.int16)

    def rows(self, which: Rows) -> Short:
        """Points less the prices, under ``SHUT + 250 + FAR`` where a pair is not open; shape ``(rows, m)``, good until the next call."""
        if self.tables is None:
            values = self.problem.score_rows(which).astype(np.int16)
            values -= self.less
            values[~self.problem.open_rows(which)] = SHUT
            return values
        who = np.arange(len(self.problem.mentees), dtype=np.int64)[which]
        if self._kept.shape[1] < len(who):
            self._kept = np.empty((2, len(who), len(self.problem.mentors)), dtype=np.int16)
        values = self._summed(who, self.tables)
        self._except(values, who)
        return values

    def _summed(self, who: Index, tables: list[_Table]) -> Short:
        values: Short = self._kept[0, : len(who)]
        if values.shape[1] < LONG_ROW:
            others = self._kept[1, : len(who)]
            for at, table in enumerate(tables):
                # Codes are known to be good; ``clip`` spares the copy that NumPy's own check makes.
                np.take(table.rows, table.codes[who], axis=0, out=others if at else values, mode="clip")
                if at:
                    values += others
            return values
        first, *more = self._lines
        codes = [table.codes[who].tolist() for table in tables]
        if not more:
            for row, one in zip(values, codes[0], strict=True):
                row[:] = first[one]
            return values
        for row, one, other in zip(values, codes[0], codes[1], strict=True):
            np.add(first[one], more[0][other], row)
        for lines, numbers in zip(more[1:], codes[2:], strict=True):
            for row, one in zip(values, numbers, strict=True):
                np.add(row, lines[one], row)
        return values

    def _except(self, values: Short, who: Index) -> None:
        """What tables do not know: waivers, blocked and locked pairs, mentees with nothing left to ask for."""
        problem = self.problem
        for i, j in problem.waived:
            at = np.flatnonzero(who == i)
            if len(at) and not problem.broken_rules(i, j):
                points = int(problem.scores_at(np.array([i]), np.array([j]))[0])
                values[at, j] = points - int(self.less[j])
        if len(self._struck):
            first, last = (np.searchsorted(self._struck[:, 0], who, side=side) for side in ("left", "right"))
            values[np.repeat(np.arange(len(who)), last - first), self._struck[ranges(first, last), 1]] = SHUT
        values[self._full[who]] = SHUT


def _tables(problem: Problem, less: Short) -> list[_Table] | None:
    """The problem as tables to add up, few and small; ``None`` where it cannot be told so."""
    if problem.floor:
        return None
    found: list[_Table] = []
    for table, rule in [*((p.table, False) for p in problem.parts), *((r.allows, True) for r in problem.rules)]:
        if not isinstance(table, Lookup) or table.spread is None or table.mentee_codes is None:
            return None
        rows = np.where(table.spread != 0, 0, SHUT) if rule else table.spread
        found.append(_Table(rows.astype(np.int16), table.mentee_codes))
    if not found:
        return None
    found.sort(key=lambda one: len(one.rows))
    while len(found) > 1 and len(found[0].rows) * len(found[1].rows) <= MERGED_ROWS:
        one, other = found[0], found[1]
        # No lower than one rule would make it, so that many rules do not leave 16 bits.
        both = np.maximum(one.rows[:, None, :] + other.rows[None, :, :], SHUT).reshape(-1, len(problem.mentors))
        merged = _Table(both, one.codes * len(other.rows) + other.codes)
        found = sorted([merged, *found[2:]], key=lambda table: len(table.rows))
    if len(found) > MOST_TABLES:
        return None
    found[0] = _Table(found[0].rows - less, found[0].codes)
    return found
