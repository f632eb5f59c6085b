"""Measure everything and print it: ``python -m benchmarks [--quick] [--only PART] [--write docs/benchmarks.md]``.

Matching has a command of its own: ``python -m benchmarks.matching``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks import directory, pages, security
from benchmarks.installation import started_server
from benchmarks.measuring import Figure, Section, machine
from tandem.local.postgres import PostgresServer

_PARTS: dict[str, Callable[[PostgresServer, bool], Sequence[Section]]] = {
    "pages": lambda server, quick: [pages.run(server, quick=quick)],
    "security": lambda server, quick: [security.run(server, quick=quick)],
    "directory": lambda server, quick: directory.run(server, quick=quick),
}
_INTRODUCTION = """# What Tandem costs

Measured by `make benchmark`, which starts a PostgreSQL of its own. Times depend on the machine and on what else it does; the ratios
come from one run in which both sides took turns. “May be” is the promise; without one the figure is for information.
"""


def main() -> None:
    """Run what is asked for."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the rows, to see that it runs")
    arguments.add_argument("--only", choices=sorted(_PARTS), help="one part alone")
    arguments.add_argument("--write", type=Path, metavar="FILE", help="write the results there as well")
    asked = arguments.parse_args()
    began = time.perf_counter()
    sections: list[Section] = []
    with started_server() as server:
        with psycopg.connect(server.url("postgres", "postgres")) as connection:
            version = str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]
        for name, part in _PARTS.items():
            if asked.only in {None, name}:
                print(f"measuring: {name}", flush=True)
                for section in part(server, asked.quick):
                    print("\n" + written(section), flush=True)
                    sections.append(section)
    minutes = (time.perf_counter() - began) / 60
    notes = [
        *machine(version),
        f"{datetime.now(UTC):%-d %B %Y}, {minutes:.0f} minutes{', with --quick' if asked.quick else ''}",
    ]
    print("\n".join(notes))
    if asked.write:
        lines = "\n".join(f"- {note}" for note in notes)
        asked.write.write_text("\n".join([_INTRODUCTION, lines, "", *(written(section) for section in sections)]))


def written(section: Section) -> str:
    """A section in Markdown."""
    head = f"| | {section.one} | {section.other} | ratio | of the rounds | may be |\n|---|--:|--:|--:|--:|--:|"
    return f"## {section.title}\n\n{section.about}\n\n{head}\n" + "\n".join(map(_line, section.figures)) + "\n"


def _line(figure: Figure) -> str:
    spread = f"{figure.spread[0]:.2f}–{figure.spread[1]:.2f}" if figure.spread else ""
    promise = f"≤ {figure.promise:g}" if figure.promise else ""
    values = (f"{value:.3g} {figure.unit}".strip() for value in (figure.one, figure.other))
    return "| " + " | ".join((figure.name, *values, f"×{figure.ratio:.2f}", spread, promise)) + " |"


if __name__ == "__main__":
    main()
