"""The results as a page of the documentation: tables in Markdown, charts as SVG with nothing but shapes and text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.matching.peers import Answer, Method
from benchmarks.workbench import HEADING

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 64, 216, 44, 52
#: Dark enough on white for lines and words (at least 4.5:1); the chart brings its own white ground, so it reads in the dark too.
COLOURS = ("#0b5cad", "#6b5b00", "#a6461f", "#7a3e9d", "#1d7044", "#a3265b", "#4a5568", "#0f6f78")
#: The clock of a process is no finer than this everywhere, in seconds.
LEAST = 0.001
INK, FAINT = "#1f2933", "#d5dae0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All answers of one method at one size."""

    size: int
    places: str
    method: Method
    answers: Sequence[Answer]

    def middle(self, key: str) -> float:
        """The median of a figure over the rounds."""
        return float(median(answer[key] for answer in self.answers))


def write_page(
    target: Path,
    outcomes: Sequence[Outcome],
    answers: Mapping[str, Any],
    notes: Sequence[str],
    unfinished: Sequence[str],
) -> None:
    """Write the page and, in ``pictures`` beside it, its charts."""
    pictures = target.parent / "pictures"
    pictures.mkdir(exist_ok=True)
    tight = [one for one in outcomes if one.places == "tight"]
    charts = {
        "matching-cpu.svg": ("Seconds of the processor by number of mentees", "seconds", "cpu"),
        "matching-memory.svg": ("Peak memory by number of mentees", "megabytes", "mb"),
    }
    for name, (title, unit, key) in charts.items():
        (pictures / name).write_text(chart(title, unit, lines_of(tight, key)))
    # What another command wrote at the end of the page stays there.
    _before, found, workbench = target.read_text().partition(HEADING) if target.exists() else ("", "", "")
    page = [*_head(notes), *_tables(outcomes), *_unfinished(unfinished), *_single(answers)]
    target.write_text("\n".join(page) + "\n" + (f"\n{found}{workbench}" if found else ""))


def lines_of(outcomes: Sequence[Outcome], key: str) -> dict[str, list[tuple[int, float]]]:
    """For each method by name its points: size and median."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for one in sorted(outcomes, key=lambda one: one.size):
        lines.setdefault(one.method.name, []).append((one.size, max(one.middle(key), LEAST)))
    return lines


def chart(title: str, unit: str, lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """A line for each method over logarithmic axes, named at its end."""
    points = [point for line in lines.values() for point in line]
    across = _scale([size for size, _ in points], LEFT, WIDTH - RIGHT)
    up = _scale([value for _, value in points], HEIGHT - BOTTOM, TOP)
    said = "; ".join(
        f"{name}: " + ", ".join(f"{value:.3g} at {size:,}" for size, value in line) for name, line in lines.items()
    )
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d" '
            f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}">'
        ),
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(said)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    parts += [_gridline(up.at(tick), f"{tick:,g}") for tick in up.ticks]
    parts += [_tick(across.at(tick), f"{tick:,g}") for tick in across.ticks]
    parts.append(f'<text x="8" y="{TOP - 12}" font-size="12">{escape(unit)}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">mentees, places for seven in eight</text>'
    )
    labels = []
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        spots = [(across.at(size), up.at(value)) for size, value in line]
        width = 3 if name == "Tandem" else 1.5
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width + 1}" fill="{colour}"/>' for x, y in spots]
        labels.append((spots[-1], name, colour))
    parts += _labels(labels)
    return "\n".join([*parts, "</svg>\n"])


@dataclass(frozen=True, slots=True)
class _Axis:
    at: Callable[[float], float]
    ticks: Sequence[float]


def _scale(values: Sequence[float], begin: float, end: float) -> _Axis:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    high = max(high, low + 1)
    return _Axis(
        lambda value: begin + (log10(value) - low) / (high - low) * (end - begin),
        [10.0**power for power in range(low, high + 1)],
    )


def _gridline(y: float, label: str) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" font-size="12">{label}</text>'
    )


def _tick(x: float, label: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" font-size="12">{label}</text>'


def _labels(ends: Sequence[tuple[tuple[float, float], str, str]]) -> list[str]:
    """Names beside the last points, in one column so that none covers another, with a thin line to their point."""
    parts, lowest = [], 0.0
    for (x, y), name, colour in sorted(ends, key=lambda end: end[0][1]):
        at = lowest = max(y, lowest + 18)
        left = WIDTH - RIGHT + 14
        parts.append(
            f'<line x1="{x + 6:.1f}" y1="{y:.1f}" x2="{left - 4}" y2="{at:.1f}" stroke="{colour}" stroke-width="0.7" stroke-dasharray="2 3"/>'
        )
        weight = ' font-weight="600"' if name == "Tandem" else ""
        parts.append(f'<text x="{left}" y="{at + 4:.1f}" font-size="12" fill="{colour}"{weight}>{escape(name)}</text>')
    return parts


def _head(notes: Sequence[str]) -> list[str]:
    return [
        "# What matching costs, beside what others would take",
        "",
        (
            "Half as many mentors as mentees, about 30 % of the pairs allowed; *tight*: seven places for eight people, *spacious*: five for "
            "four. Scoring is part of every figure. Each method runs in a process of its own with one thread, by turns; medians over the "
            "rounds. Two figures can be compared if they stand in one table: they come from one run. `python -m benchmarks.matching` "
            "measures anew and writes this page."
        ),
        "",
        *(f"- {note}" for note in notes),
        "",
        "![Seconds of the processor by number of mentees, a line for each method; the figures stand in the tables](pictures/matching-cpu.svg)",
        "",
        "![Peak memory by number of mentees, a line for each method; the figures stand in the tables](pictures/matching-memory.svg)",
        "",
    ]


def _tables(outcomes: Sequence[Outcome]) -> list[str]:
    lines = []
    for size in sorted({one.size for one in outcomes}):
        for places in ("tight", "spacious"):
            here = [one for one in outcomes if (one.size, one.places) == (size, places)]
            own = next((one for one in here if one.method.key == "tandem"), None)
            if not here:
                continue
            lines += [
                f"## {size:,} mentees, {places}",
                "",
                "| | CPU s | wall s | MB | people | points | at most | CPU × | memory × |",
                "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
                *(_row(one, own) for one in here),
                "",
            ]
    return [
        *lines,
        (
            "*At most*: the proven share of points that can be missing; 0 means proven best (above 50,000 mentees a thousandth is "
            "allowed). *CPU ×* and *memory ×*: how many times Tandem’s."
        ),
        "",
    ]


def _row(one: Outcome, own: Outcome | None) -> str:
    first = one.answers[0]
    gap = f"{100 * first['gap']:.4g} %" if "gap" in first else ""
    ratios = ["", ""]
    if own is not None and own is not one:
        ratios = [f"{one.middle(key) / own.middle(key):.2g}" for key in ("cpu", "mb")]
        # Too short for the clock.
        ratios[0] = "" if one.middle("cpu") < LEAST else ratios[0]
    cells = [
        one.method.name, f"{one.middle('cpu'):.3g}" if one.middle("cpu") >= LEAST else f"< {LEAST}", f"{one.middle('wall'):.3g}", f"{one.middle('mb'):.0f}",
        f"{first['people']:,}", f"{first['points']:,}", gap, *ratios,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _unfinished(unfinished: Sequence[str]) -> list[str]:
    return [
        "## What did not finish",
        "",
        "A method that did not finish was not tried with more people.",
        "",
        *(f"- {one}" for one in unfinished),
        "",
    ]


def _single(answers: Mapping[str, Any]) -> list[str]:
    if not answers:
        return []
    names = {
        "shortlist": f"a shortlist of ten among {answers['mentors']:,} mentors",
        "pair": f"why a pair fits, of {answers['mentees']:,} mentees",
        "unmatched": "why somebody is left over",
        "best": "what giving somebody their best fit would cost everybody, by another search over all pairs",
    }
    return [
        "## Single answers",
        "",
        "Milliseconds of the processor for each call.",
        "",
        "| | median | 99 of 100 | longest |",
        "|---|--:|--:|--:|",
        *(
            f"| {name} | {answers[key]['median']:.3g} | {answers[key]['p99']:.3g} | {answers[key]['most']:.3g} |"
            for key, name in names.items()
        ),
        "",
        (
            f"A whole result for {answers['mentees']:,} mentees, with the reason of everybody left over, the price of every place and the "
            f"proof, took {answers['solve']:.3g} seconds of the processor; making ready to answer questions about a stored one "
            f"{answers['explainer']:.2g}."
        ),
        "",
        (
            f"Scoring a pair, permissions included, takes {answers['scoring']['ns']:.2f} nanoseconds as the sum of "
            f"{answers['scoring']['tables']} tables. Adding as many 16-bit numbers in order takes {answers['scoring']['memory']:.2f} where "
            f"they come from memory and {answers['scoring']['cache']:.2f} where a cache holds them: scoring takes "
            f"{answers['scoring']['ns'] / answers['scoring']['memory']:.1f} times the bound of memory."
        ),
    ]
