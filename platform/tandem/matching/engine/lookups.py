"""Tables and blocks, checked once and sorted, that answer for rows, columns and single pairs.

Values become ``uint8`` (points or 0/1), so that one mentee's row of scores is a sum of a few byte vectors. ``n`` is the number of
mentees, ``m`` of mentors throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tandem.matching.engine.errors import NotFinite, OutOfRange, ShapeError
from tandem.matching.engine.inputs import Block, Table

Index = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Rows = slice | Index

# A table is spread over the mentors once (rows are then plain copies) unless that would take more than this many bytes.
SPREAD_LIMIT = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Values of one criterion or constraint: ``table`` with codes, or ``table`` of shape ``(n, m)`` with the codes left out.

    ``spread`` has shape ``(a, m)``: the table's columns already laid out by mentor, or ``None`` where that would be too large.
    """

    table: Bytes
    mentee_codes: Index | None = None
    mentor_codes: Index | None = None
    spread: Bytes | None = None

    def rows(self, which: Rows) -> Bytes:
        """Values of some mentees with every mentor, shape ``(rows, m)``; may be a view."""
        if self.mentee_codes is None or self.mentor_codes is None:
            return self.table[which]
        codes = self.mentee_codes[which]
        if self.spread is not None:
            return self.spread[codes]
        return self.table[codes][:, self.mentor_codes]

    def column(self, mentor: int) -> Bytes:
        """Values of every mentee with one mentor, shape ``(n,)``."""
        if self.mentee_codes is None or self.mentor_codes is None:
            return self.table[:, mentor]
        column: Bytes = self.table[self.mentee_codes, self.mentor_codes[mentor]]
        return column

    def at(self, mentees: Index, mentors: Index) -> Bytes:
        """Values of single pairs, shape of the two index arrays."""
        if self.mentee_codes is None or self.mentor_codes is None:
            return self.table[mentees, mentors]
        return self.table[self.mentee_codes[mentees], self.mentor_codes[mentors]]

    def turned(self) -> Lookup:
        """The same values with the two sides exchanged."""
        return Lookup(np.ascontiguousarray(self.table.T), self.mentor_codes, self.mentee_codes)

    def over(self, table: Bytes) -> Lookup:
        """The same codes over another table of the same shape, spread out for rows."""
        return replace(self, table=table, spread=None).spread_out()

    def spread_out(self) -> Lookup:
        """With ``spread`` made, where it is small enough."""
        if self.mentor_codes is None or self.table.shape[0] * len(self.mentor_codes) > SPREAD_LIMIT:
            return self
        return replace(self, spread=np.ascontiguousarray(self.table[:, self.mentor_codes]))


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """One value for a few pairs and 0 for all others: ``pairs`` of shape ``(k, 2)``, sorted; ``shape`` is ``(n, m)``."""

    pairs: Index
    value: int
    shape: tuple[int, int]

    def rows(self, which: Rows) -> Bytes:
        """As ``Lookup.rows``."""
        who = np.arange(self.shape[0], dtype=np.int64)[which]
        values = np.zeros((len(who), self.shape[1]), dtype=np.uint8)
        first, last = (np.searchsorted(self.pairs[:, 0], who, side=side) for side in ("left", "right"))
        values[np.repeat(np.arange(len(who)), last - first), self.pairs[ranges(first, last), 1]] = self.value
        return values

    def column(self, mentor: int) -> Bytes:
        """As ``Lookup.column``."""
        values = np.zeros(self.shape[0], dtype=np.uint8)
        values[self.pairs[self.pairs[:, 1] == mentor, 0]] = self.value
        return values

    def at(self, mentees: Index, mentors: Index) -> Bytes:
        """As ``Lookup.at``."""
        known = self.pairs[:, 0] * self.shape[1] + self.pairs[:, 1]
        return np.isin(mentees * self.shape[1] + mentors, known).astype(np.uint8) * np.uint8(self.value)

    def turned(self) -> Single:
        """As ``Lookup.turned``."""
        pairs = self.pairs[np.lexsort((self.pairs[:, 0], self.pairs[:, 1]))][:, ::-1]
        return Single(np.ascontiguousarray(pairs), self.value, (self.shape[1], self.shape[0]))

    def spread_out(self) -> Single:
        """As it is: there is nothing to spread."""
        return self


def ranges(begin: Index, end: Index) -> Index:
    """All positions of the runs ``begin[k]…end[k]-1``, one after the other."""
    sizes = end - begin
    shift = np.repeat(begin - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) if len(sizes) else sizes
    return shift + np.arange(int(sizes.sum()), dtype=np.int64)


def compiled(name: str, source: Table | Block, order: tuple[Index, Index], *, boolean: bool) -> Lookup:
    """Check a source and put it into the problem's own order of people.

    ``order`` holds, for each side, the caller's positions in the problem's order. Values of a criterion (``boolean`` false) are
    rounded to whole numbers 0–100.

    Raises ``ShapeError``, ``NotFinite`` or ``OutOfRange``, each naming the criterion or constraint.
    """
    n, m = len(order[0]), len(order[1])
    values = _values(name, source.values, boolean=boolean)
    if isinstance(source, Block):
        if values.shape != (n, m):
            raise ShapeError(f"{name}: the block has shape {values.shape}, the people are {(n, m)}")
        return Lookup(np.ascontiguousarray(values[order[0]][:, order[1]]))
    if values.ndim != 2:
        raise ShapeError(f"{name}: the table has {values.ndim} dimensions, 2 are needed")
    mentee_codes = _codes(name, "mentee", source.mentee_codes, n, values.shape[0])
    mentor_codes = _codes(name, "mentor", source.mentor_codes, m, values.shape[1])
    return Lookup(values, mentee_codes[order[0]], mentor_codes[order[1]])


def as_array(name: str, given: ArrayLike) -> NDArray[Any]:
    """What a caller gave, as an array. Raises ``ShapeError`` for rows of different lengths and the like."""
    try:
        return np.asarray(given)
    except ValueError as error:
        raise ShapeError(f"{name}: {error}") from error


def _values(name: str, given: ArrayLike, *, boolean: bool) -> Bytes:
    values = as_array(name, given)
    if values.dtype == np.bool_:
        if not boolean:
            raise OutOfRange(f"{name}: true and false are not values of a criterion; give 0–100")
        return values.astype(np.uint8)
    if values.dtype.kind not in "uif":
        raise ShapeError(f"{name}: values of type {values.dtype} are not numbers")
    if values.size == 0:
        return values.astype(np.uint8)
    if not np.isfinite(values).all():
        raise NotFinite(f"{name}: a value is NaN or infinite")
    low, high = values.min(), values.max()
    if low < 0 or high > (1 if boolean else 100):
        raise OutOfRange(f"{name}: values run from {low} to {high}, allowed are {'0 and 1' if boolean else '0 to 100'}")
    if boolean and values.dtype.kind == "f":
        raise ShapeError(f"{name}: a constraint's values are true or false, not fractions")
    if values.dtype.kind == "f":
        values = np.floor(values + 0.5)
    return values.astype(np.uint8)


def _codes(name: str, side: str, given: ArrayLike, people: int, size: int) -> Index:
    codes = as_array(name, given)
    if codes.shape != (people,):
        raise ShapeError(f"{name}: {side} codes have shape {codes.shape}, there are {people} of that side")
    if people == 0:
        return np.zeros(0, dtype=np.int64)
    if codes.dtype.kind not in "ui":
        raise ShapeError(f"{name}: {side} codes of type {codes.dtype} are not whole numbers")
    if codes.min() < 0 or codes.max() >= size:
        raise ShapeError(f"{name}: {side} codes run from {codes.min()} to {codes.max()}, the table has {size}")
    return codes.astype(np.int64)
