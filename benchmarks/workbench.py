"""What each page of the workbench costs: ``python -m benchmarks.workbench [--mentees 5000] [--few 200] [--write FILE]``.

Fills a program with that many mentees and half as many mentors, matches them through the job, and looks at every page as staff do.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from benchmarks.installation import MODEL, Installation, installed, started_server
from benchmarks.measuring import Spent, hardware, measured
from benchmarks.population import add_members
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.services.sessions import start_session
from tandem.jobs.runner import run_pending
from tandem.local.postgres import PostgresServer
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tandem.programs.models import Program
from tandem.tenancy.edge import open_association

#: Where the page of the other matching benchmarks goes on with this one.
HEADING = "## The workbench"

_COOKIE = "__Host-tandem"
_BASE = f"https://{MODEL}.localhost"
#: Every fifth mentor has a mentee already, so that places are counted and not only read.
_FILL = """
    INSERT INTO employer (association_id, id, name, name_key, region)
    SELECT %(a)s, gen_random_uuid(), 'District ' || n, 'district ' || n,
           (ARRAY['north', 'sacramento-valley', 'bay-area', 'central-valley', 'central-coast', 'los-angeles', 'inland', 'south'])[1 + n % 8]
    FROM generate_series(1, 60) AS n;

    CREATE TEMPORARY TABLE crowd AS
    SELECT m.id AS member_id, n, CASE WHEN n <= %(mentees)s THEN 'mentee' WHEN n <= %(mentees)s * 3 / 2 THEN 'mentor' ELSE 'matched' END AS part,
           r.id AS revision_id, r.program_id, gen_random_uuid() AS submission_id, gen_random_uuid() AS application_id,
           gen_random_uuid() AS entry_id, gen_random_uuid() AS mentorship_id,
           (resolved -> 'roles' -> CASE WHEN n > %(mentees)s AND n <= %(mentees)s * 3 / 2 THEN 'mentor' ELSE 'mentee' END -> 'form_revision' ->> 'id')::uuid AS form_id,
           timestamptz '2026-01-05' + n * interval '3 minutes' AS at
    FROM member AS m, LATERAL (SELECT substr(number, 2)::int) AS number_of(n), program_revision AS r
    WHERE m.association_id = %(a)s AND r.association_id = %(a)s;

    UPDATE member SET state = 'active' WHERE association_id = %(a)s;

    INSERT INTO position (association_id, id, member_id, employer_id, title_text, valid_from, acting, retired)
    SELECT %(a)s, gen_random_uuid(), member_id, e.id, 'Analyst', date '2020-03-01', false, false
    FROM crowd JOIN employer AS e ON e.association_id = %(a)s AND e.name = 'District ' || (1 + (n * 7919) % 60);

    INSERT INTO submission (association_id, id, form_revision_id, member_id, state, answers, version, created_at, saved_at, submitted_at)
    SELECT %(a)s, submission_id, form_id, member_id, 'submitted', '{}', 1, at, at, at FROM crowd;

    INSERT INTO answer_fact (association_id, id, submission_id, member_id, field, position, key, text_value)
    SELECT DISTINCT ON (submission_id, word) %(a)s, gen_random_uuid(), submission_id, member_id,
           CASE part WHEN 'mentor' THEN 'expertise' ELSE 'needs' END, k, word, word
    FROM crowd, generate_series(0, 1) AS k,
         LATERAL (SELECT (ARRAY['accounting', 'attendance', 'associated-student-body', 'child-nutrition', 'facilities', 'human-resources',
                                'information-technology', 'maintenance', 'payroll', 'purchasing', 'risk-management', 'safety',
                                'transportation'])[1 + (n * (7 + 4 * k) + n / 13 + 5 * k) % 13]) AS w(word);

    INSERT INTO answer_fact (association_id, id, submission_id, member_id, field, position, key, text_value)
    SELECT %(a)s, gen_random_uuid(), submission_id, member_id, CASE part WHEN 'mentor' THEN 'help-kind' ELSE 'need-kind' END, 0, word, word
    FROM crowd, LATERAL (SELECT (ARRAY['technical', 'project', 'orientation'])[1 + (n * 31) % 3]) AS w(word);

    INSERT INTO application (association_id, id, member_id, program_id, role, program_revision_id, submission_id, status, status_since,
                             submitted_at, decided_at, created_at)
    SELECT %(a)s, application_id, member_id, program_id, CASE part WHEN 'mentor' THEN 'mentor' ELSE 'mentee' END, revision_id,
           submission_id, 'approved', at, at, at, at FROM crowd;

    INSERT INTO pool_entry (association_id, id, application_id, member_id, program_id, role, places, state, priority, entered_at)
    SELECT %(a)s, entry_id, application_id, member_id, program_id, CASE part WHEN 'mentor' THEN 'mentor' ELSE 'mentee' END,
           CASE part WHEN 'mentor' THEN 1 + n % 3 ELSE 1 END, CASE part WHEN 'matched' THEN 'matched' ELSE 'open' END, 0, at FROM crowd;

    CREATE TEMPORARY TABLE pairs AS
    SELECT mentee.mentorship_id, mentee.program_id, mentee.revision_id, mentee.member_id, mentee.entry_id, mentee.at,
           mentor.member_id AS mentor_id, mentor.entry_id AS mentor_entry_id
    FROM crowd AS mentee JOIN crowd AS mentor ON mentor.n = %(mentees)s + 5 * (mentee.n - %(mentees)s * 3 / 2)
    WHERE mentee.part = 'matched';

    INSERT INTO mentorship (association_id, id, program_id, program_revision_id, state, started_at)
    SELECT %(a)s, mentorship_id, program_id, revision_id, 'active', at FROM pairs;

    INSERT INTO participant (association_id, id, mentorship_id, member_id, pool_entry_id, side, joined_at)
    SELECT %(a)s, gen_random_uuid(), mentorship_id, member_id, entry_id, 'mentee', at FROM pairs
    UNION ALL SELECT %(a)s, gen_random_uuid(), mentorship_id, mentor_id, mentor_entry_id, 'mentor', at FROM pairs;

    INSERT INTO account (association_id, id, name, name_key, email, email_key, state, created_at)
    VALUES (%(a)s, gen_random_uuid(), 'Staff', 'staff', 'staff1@example.org', 'staff1@example.org', 'active', timestamptz '2026-01-01');

    INSERT INTO role_grant (association_id, id, account_id, role, created_at, detail)
    SELECT %(a)s, gen_random_uuid(), id, 'association-staff', timestamptz '2026-01-01', '{}'
    FROM account WHERE association_id = %(a)s AND email_key = 'staff1@example.org'
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What one page or deed cost: medians of the times, and the size of the answer."""

    name: str
    cpu: float
    wall: float
    size: int
    statements: int


@dataclass(slots=True)
class Desk:
    """A browser of staff on a filled program, and what was measured there."""

    installation: Installation
    browser: FlaskClient
    token: str = ""
    lines: list[Line] = field(default_factory=list)

    def get(self, path: str) -> TestResponse:
        """A page that must answer."""
        found = self.browser.get(path, base_url=_BASE)
        if found.status_code != 200:
            raise RuntimeError(f"{path} answers {found.status_code}")
        return found

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        """A form that must be taken."""
        sent = self.browser.post(path, base_url=_BASE, data={"csrf_token": self.token, **(data or {})})
        if sent.status_code != 303:
            raise RuntimeError(f"{path} answers {sent.status_code}: {text_of(sent)}")
        return sent

    def look(self, name: str, path: str) -> TestResponse:
        """Measure a page: once unmeasured, then three times."""
        page = self.get(path)
        self._note(name, [self._spent(lambda: self.get(path)) for _ in range(3)], len(page.get_data()))
        return page

    def do(self, name: str, deed: Callable[[], Any]) -> None:
        """Measure something that changes the run: once."""
        self._note(name, [self._spent(deed)], 0)

    def work(self) -> None:
        """Do the jobs that are due."""
        with self.installation.app.app_context(), open_association(MODEL):
            done = run_pending()
        if any(outcome != "done" for _kind, outcome in done):
            raise RuntimeError(str(done))

    def _spent(self, deed: Callable[[], Any]) -> Spent:
        with measured(self.installation.backends(), self.installation.engine) as spent:
            deed()
        return spent

    def _note(self, name: str, spent: Sequence[Spent], size: int) -> None:
        line = Line(
            name,
            median(one.processor for one in spent),
            median(one.passed for one in spent),
            size,
            spent[-1].statements,
        )
        self.lines.append(line)
        print(f"  {line.wall:7.3f} s  {line.size / 1000:8.0f} kB  {line.statements:5}  {name}", flush=True)


def text_of(response: TestResponse) -> str:
    """What a page says, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)).split())[:500]


def walk(server: PostgresServer, mentees: int) -> list[Line]:
    """Fill a program and measure every page and deed of its workbench."""
    with installed(server, f"bench_workbench_{mentees}") as installation:
        with installation.superuser() as connection:
            _fill(connection, installation.model, mentees)
        desk = Desk(installation, _staff(installation))
        desk.token = _token(desk.get("/staff/pools/"))
        first = _matched(desk)
        desk.post(f"{first}/discard")
        run = _matched(desk)
        _pages(desk, run)
        _lists(desk, run)
        _deeds(desk, run)
        return desk.lines


def _fill(connection: psycopg.Connection[Any], association: UUID, mentees: int) -> None:
    add_members(connection, [association], mentees * 3 // 2 + mentees // 10)
    connection.execute("SET session_replication_role = replica")
    for statement in _FILL.split(";\n"):
        plain = re.sub(r"%(?!\()", "%%", statement)
        connection.execute(plain.encode(), {"a": association, "mentees": mentees})
    connection.execute("SET session_replication_role = origin")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM (ANALYZE)")
    connection.autocommit = False


def _staff(installation: Installation) -> FlaskClient:
    browser = installation.app.test_client()
    with installation.app.app_context(), open_association(MODEL) as scope:
        account = db.session.scalars(select(Account).where(Account.email_key == "staff1@example.org")).one()
        secret = start_session(account_id=account.id, method="link", user_agent="benchmark")
        browser.set_cookie(_COOKIE, secret, domain=scope.hostname, secure=True)
        browser.environ_base["HTTP_HOST"] = scope.hostname
        db.session.commit()
    return browser


def _token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]


def _matched(desk: Desk) -> str:
    with desk.installation.app.app_context(), open_association(MODEL):
        program = str(db.session.scalars(select(Program.id)).one())
    run = str(desk.post("/staff/matching/", {"program": program}).location)
    desk.do("the match, as a job", desk.work)
    return run


def _ids(desk: Desk, run: str) -> tuple[list[str], str, str]:
    """Two pairs that can be swapped or not, somebody left over, and a mentor whom they could have."""
    with desk.installation.app.app_context(), open_association(MODEL):
        found = db.session.scalars(select(MatchRun).where(MatchRun.id == UUID(run.rpartition("/")[2]))).one()
        pairs = db.session.scalars(
            select(Proposal.id).where(Proposal.match_run_id == found.id).order_by(Proposal.points, Proposal.id).limit(2)
        )
        return (
            [str(one) for one in pairs],
            found.unmatched[0]["entry_id"],
            str(db.session.scalars(select(PoolEntry.id).where(PoolEntry.role == "mentee").limit(1)).one()),
        )


def _pages(desk: Desk, run: str) -> None:
    pairs, left, mentee = _ids(desk, run)
    desk.look("the pools and runs", "/staff/matching/")
    desk.look("a run, with its pictures and lists", run)
    desk.look("its fiftieth page of pairs", f"{run}?page=50")
    desk.look("its pairs by family name", f"{run}?q=al")
    desk.look("its pairs by state", f"{run}?state=proposed")
    desk.look("its fifth page of people left over", f"{run}?left=5")
    desk.look("a pair, with the effect of swapping", f"{run}/pairs/{pairs[0]}/swap")
    desk.look("the same by family name", f"{run}/pairs/{pairs[0]}/swap?q=al")
    desk.look("pairing somebody by hand, the best first", f"{run}/by-hand/{left}")
    desk.look("the same by family name", f"{run}/by-hand/{left}?q=al")
    desk.look("two runs side by side", f"{run}/compare")
    desk.look("other weights, before they are tried", f"{run}/what-if")
    # A small pool is matched by the page itself, a large one by a job.
    desk.do("asking for other weights", lambda: desk.post(f"{run}/what-if", {"weight-near": "40"}))
    desk.do("trying them, as a job", desk.work)
    desk.look("other weights, tried", f"{run}/what-if?weight-near=40")
    desk.look("the pools, the longest waiting first", "/staff/pools/")
    desk.look("the pools by family name", "/staff/pools/?q=al")
    desk.look("the pools by discipline and region", "/staff/pools/?discipline=payroll&region=north")
    desk.look("suggestions for one mentee", f"/staff/pools/{mentee}/suggestions")
    desk.look("the pools as CSV", "/staff/pools/export")


def _lists(desk: Desk, run: str) -> None:
    desk.look("the page of the list", f"{run}/list")
    out = desk.look("the pairs as CSV", f"{run}/list/export")
    desk.look("the pairs as an Excel file", f"{run}/list/export?as=xlsx")
    rows = list(csv.reader(io.StringIO(out.get_data(as_text=True).removeprefix("\ufeff"))))
    # A list with a tenth of the pairs taken out and the rest as it is.
    kept = [rows[0], *(row for at, row in enumerate(rows[1:]) if at % 10)]
    text = io.StringIO()
    csv.writer(text).writerows(kept)

    def bring() -> None:
        desk.post(f"{run}/list", {"file": (io.BytesIO(text.getvalue().encode()), "pairs.csv")})

    desk.do("bringing a list in", bring)
    desk.do("checking it, as a job", desk.work)
    desk.look("what the list would do", f"{run}/list")
    desk.look("what the list would do, its last page", f"{run}/list?outcome=&page=80")
    desk.do("asking to apply it", lambda: desk.post(f"{run}/list/apply"))
    desk.do("applying it, as a job", desk.work)
    desk.look("the run after the list", run)
    desk.do("taking it back", lambda: desk.post(f"{run}/undo"))


def _deeds(desk: Desk, run: str) -> None:
    pairs, left, _mentee = _ids(desk, run)
    page = desk.get(f"{run}/pairs/{pairs[0]}/swap").get_data(as_text=True)
    other = re.search(r'name="other" value="([^"]+)"', page)
    if other:
        desk.do("swapping two pairs", lambda: desk.post(f"{run}/pairs/{pairs[0]}/swap", {"other": other[1]}))
        desk.do("taking that back", lambda: desk.post(f"{run}/undo"))
    mentor = re.search(r'name="mentor" value="([^"]+)"', desk.get(f"{run}/by-hand/{left}").get_data(as_text=True))
    if mentor:
        desk.do("pairing by hand", lambda: desk.post(f"{run}/by-hand", {"mentee": left, "mentor": mentor[1]}))
    desk.do("confirming a pair", lambda: desk.post(f"{run}/pairs/{pairs[1]}", {"do": "confirm"}))
    desk.do("a note", lambda: desk.post(f"{run}/pairs/{pairs[1]}/note", {"note": "Asked for it."}))
    desk.do("confirming all pairs", lambda: desk.post(f"{run}/confirm"))


def written(few: Sequence[Line], many: Sequence[Line], sizes: tuple[int, int], notes: Sequence[str]) -> str:
    """The table in Markdown."""
    small = {line.name: line for line in few}
    rows = [
        f"| {line.name} | {line.cpu:.2f} | {line.wall:.2f} | {f'{line.size / 1000:,.0f}' if line.size else ''} | "
        f"{small[line.name].statements if line.name in small else ''} | {line.statements} |"
        for line in many
    ]
    head = (
        f"| {sizes[1]:,} mentees, {sizes[1] // 2:,} mentors | CPU s | wall s | kB | statements at {sizes[0]:,} | statements |\n"
        "|---|--:|--:|--:|--:|--:|"
    )
    about = (
        "What staff wait for, measured by `python -m benchmarks.workbench`: a program is filled, matched through the job, and every page of "
        "the workbench is asked for as a browser does, through the whole application. Seconds of the processor are those of the "
        "application and of PostgreSQL together; a page was asked for once before, then three times (medians), a deed once. Size is "
        "the page as it is, before compression."
    )
    return "\n".join([HEADING, "", about, "", *(f"- {note}" for note in notes), "", head, *rows, ""])


def put_into(target: Path, section: str) -> None:
    """Replace the section at the end of the page of matching's benchmarks, or add it; what was written below its table stays."""
    before, _heading, old = (
        target.read_text().partition(HEADING) if target.exists() else ("# What matching costs", "", "")
    )
    below = old.rpartition("\n|")[2].partition("\n")[2].strip()
    target.write_text(f"{before.rstrip()}\n\n{section}" + (f"\n{below}\n" if below else ""))


def main() -> None:
    """Measure at both sizes and write the section."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.workbench", description=__doc__)
    arguments.add_argument("--mentees", type=int, default=5_000)
    arguments.add_argument(
        "--few", type=int, default=200, help="mentees of the program whose statements are counted beside"
    )
    arguments.add_argument("--write", type=Path, metavar="FILE", help="for example docs/benchmarks-matching.md")
    asked = arguments.parse_args()
    began, loads = time.perf_counter(), [os.getloadavg()[0]]
    found = []
    with started_server() as server:
        for mentees in (asked.few, asked.mentees):
            print(f"{mentees:,} mentees", flush=True)
            found.append(walk(server, mentees))
            loads.append(os.getloadavg()[0])
    notes = [
        *hardware(),
        f"load while measuring: {min(loads):.1f} to {max(loads):.1f}",
        f"{datetime.now(UTC):%-d %B %Y}, {(time.perf_counter() - began) / 60:.0f} minutes",
    ]
    section = written(found[0], found[1], (asked.few, asked.mentees), notes)
    print("\n" + section)
    if asked.write:
        put_into(asked.write, section)


if __name__ == "__main__":
    main()
