"""Geometry of the charts. The macros draw it as SVG and put the same figures into a table.

Positions are numbers of the chart's own view box; no style attribute is needed. All functions are pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line or an axis label at ``at``."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with the middle its labels stand on."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Upright bars on a base line."""

    width: float
    height: float
    base: float
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a stacked bar."""

    x: float
    width: float
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its path, and where its last point lies."""

    path: str
    last_x: float
    last_y: float
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over a grid."""

    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]


def bar_chart(items: Sequence[Mapping[str, Any]], *, width: float = 420, height: float = 200) -> BarChart:
    """Place bars for ``items`` (each with ``label`` and ``value`` ≥ 0); the highest fills the height."""
    top, base = 22.0, height - 26
    highest = max((float(item["value"]) for item in items), default=0) or 1
    step = width / max(len(items), 1)
    gap = min(6.0, step * 0.18)
    bars = []
    for index, item in enumerate(items):
        # A value that is there shows at least a sliver.
        tall = (base - top) * float(item["value"]) / highest
        tall = max(tall, 1.5) if item["value"] else 0
        left = index * step + gap / 2
        bars.append(_bar(left, base - tall, step - gap, tall, item))
    return BarChart(width, height, base, bars)


def stacked_bar(
    items: Sequence[Mapping[str, Any]], *, width: float = 1000, total: float | None = None, gap: float = 3
) -> list[Segment]:
    """Place the parts of one bar in their order, in proportion to ``value``, with a gap between; empty parts are left out.

    ``total`` is what the whole width stands for, the sum of the parts where it is not given.
    """
    parts = [item for item in items if item["value"]]
    whole = total if total is not None else sum(float(item["value"]) for item in parts)
    if whole <= 0:
        return []
    segments, start = [], 0.0
    for index, item in enumerate(parts):
        end = start + width * float(item["value"]) / whole
        last = index == len(parts) - 1 and total is None
        # A part narrower than the gap would vanish, so it keeps a sliver.
        segments.append(Segment(round(start, 1), round(max(end - start - (0 if last else gap), 1.5), 1), item))
        start = end
    return segments


def line_chart(
    series: Sequence[Mapping[str, Any]],
    *,
    x_ticks: Sequence[float] = (),
    y_max: float | None = None,
    width: float = 424,
    height: float = 282,
) -> LineChart:
    """Place lines for ``series`` (each with ``name`` and ``points``, a list of (x, y)), both axes from 0."""
    left, right, top, base = 44.0, width - 16, 22.0, height - 40
    points = [point for item in series for point in item["points"]]
    x_end = max([float(x) for x, _ in points] + [float(tick) for tick in x_ticks], default=1) or 1
    y_end = y_max or nice_ceiling(max((float(y) for _, y in points), default=1))

    def place(x: float, y: float) -> tuple[float, float]:
        return round(left + (right - left) * x / x_end, 1), round(base - (base - top) * y / y_end, 1)

    lines = []
    for item in series:
        placed = [place(float(x), float(y)) for x, y in item["points"]]
        if placed:
            path = "M" + " L".join(f"{x} {y}" for x, y in placed)
            lines.append(Line(path, *placed[-1], item))
    return LineChart(
        width, height, left, right, top, base, lines,
        [Tick(place(tick, 0)[0], tick) for tick in x_ticks],
        [Tick(place(0, y_end * part / 4)[1], y_end * part / 4) for part in range(5)],
    )  # fmt: skip


def nice_ceiling(value: float) -> float:
    """The next of 1, 2, 4, 5, 8, 10 times a power of ten: an axis end whose quarters are easy to read."""
    if value <= 0:
        return 1
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 4, 5, 8, 10) if factor * power >= value - 1e-9)


def _bar(x: float, y: float, width: float, height: float, item: Mapping[str, Any]) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), round(x + width / 2, 1), item)


def init_charts(app: Flask) -> None:
    """Give the chart macros their geometry."""
    app.add_template_global(bar_chart, "bar_geometry")
    app.add_template_global(stacked_bar, "stacked_geometry")
    app.add_template_global(line_chart, "line_geometry")
