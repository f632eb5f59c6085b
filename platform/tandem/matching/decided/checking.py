"""What a list would do to a run: each line is looked at as a pair made by hand would be; nothing is changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from tandem.applications.models import Role
from tandem.directory.models import Member
from tandem.directory.normalise import email_key
from tandem.eligibility.serialise import message_to_json
from tandem.extensions import db
from tandem.matching.computing import Pool, broken_constraints, build_problem, load_pool
from tandem.matching.decided.reading import KEPT, LOCKED, TAKEN_OUT, Line
from tandem.matching.engine import PairExplanation, Problem, explain_pair
from tandem.matching.models import KEPT_APART, REASSIGNED, MatchRun, PoolEntry, Proposal, ProposalState
from tandem.matching.pool import MAX_REASON, Entry, entries_for_matching
from tandem.programs.queries import resolved as resolved_document

Progress = Callable[[int], None]


class Outcome(StrEnum):
    """What a line does; ``LEFT`` is somebody of the run or its pool whom the list leaves out."""

    REFUSED = "refused"
    CHANGED = "changed"
    NEW = "new"
    SAME = "same"
    OUT = "out"
    LEFT = "left"


@dataclass(slots=True)
class Finding:
    """What becomes of one line. ``why`` holds codes of ``words`` with parameters, or messages of constraints, as plain data."""

    row: int
    outcome: Outcome
    mentee: str
    mentor: str
    points: int | None = None
    why: list[dict[str, Any]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        return {"row": self.row, "outcome": self.outcome.value, "mentee": self.mentee, "mentor": self.mentor,
                "points": self.points, "why": self.why}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pair that the list makes, by entries. ``waived`` constraints are set aside for ``reason``; ``lifts`` what kept them apart."""

    mentee: Entry
    mentor: Entry
    shown: PairExplanation
    waived: tuple[str, ...]
    reason: str | None
    lifts: bool


@dataclass(slots=True)
class Check:
    """The whole of a list: what is found, the pairs to make, and the pairs that it takes out."""

    pool: Pool
    matching: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)
    wanted: dict[tuple[UUID, UUID], Wanted] = field(default_factory=dict)
    same: set[tuple[UUID, UUID]] = field(default_factory=set)
    out: set[tuple[UUID, UUID]] = field(default_factory=set)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each outcome."""
        return dict(Counter(one.outcome.value for one in self.findings))

    @property
    def digest(self) -> str:
        """Two checks with the same digest do the same to the same run. Points are of no account here."""
        plain = [[one.row, one.outcome.value, one.mentee, one.mentor, one.why] for one in self.findings]
        ids = sorted((str(mentee), str(mentor), list(one.waived)) for (mentee, mentor), one in self.wanted.items())
        out = sorted((str(mentee), str(mentor)) for mentee, mentor in self.out)
        return hashlib.sha256(json.dumps([plain, ids, out], sort_keys=True, default=str).encode()).hexdigest()


def check_lines(run: MatchRun, lines: Sequence[Line], *, progress: Progress = lambda _done: None) -> Check:
    """Look at every line. The pool is loaded once, and asked by the same rules as a run and a pair by hand.

    ``progress`` is told per cent. Raises the engine's errors. A constant number of statements.
    """
    matching = resolved_document(run.program_revision_id).get("matching", {})
    pool = load_pool(entries_for_matching(program_id=run.program_id, cohort_id=run.cohort_id), matching)
    progress(40)
    problem = build_problem(pool, matching, obey_locks=False)
    progress(60)
    check = Check(pool, matching)
    reader = _Reader(check, problem, _people(run), _pairs(run))
    for line in lines:
        check.findings.append(reader.finding(line))
    check.findings += reader.left_out()
    progress(95)
    return check


@dataclass(frozen=True, slots=True)
class _Standing:
    """A pair that the run has now."""

    state: ProposalState
    waived: frozenset[str]


def _pairs(run: MatchRun) -> dict[tuple[UUID, UUID], _Standing]:
    rows = db.session.execute(
        select(Proposal.mentee_entry_id, Proposal.mentor_entry_id, Proposal.state, Proposal.waived).where(
            Proposal.match_run_id == run.id
        )
    )
    return {(mentee, mentor): _Standing(state, frozenset(waived)) for mentee, mentor, state, waived in rows}


@dataclass(slots=True)
class _People:
    """Everybody who has or had a place in the program's pools, by number, address and entry."""

    by_key: dict[str, list[tuple[UUID, Role]]] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)


def _people(run: MatchRun) -> _People:
    # Whoever is not in this program is nobody here, whether they are in another program, another association or nowhere.
    rows = db.session.execute(
        select(PoolEntry.id, PoolEntry.role, Member.number, Member.email_key, Member.given_name, Member.family_name)
        .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
        .where(PoolEntry.program_id == run.program_id)
        .order_by(PoolEntry.id)
    )
    found = _People()
    for identifier, role, number, address, given, family in rows:
        found.names[identifier] = f"{given} {family}".strip()
        for key in {f"#{number.casefold()}", f"@{address}"}:
            found.by_key.setdefault(key, []).append((identifier, role))
    return found


class _Refused(Exception):
    def __init__(self, *why: dict[str, Any]) -> None:
        super().__init__()
        self.why = list(why)


class _Reader:
    """Looks at lines in their order: who came before counts, for nobody stands twice and places run out."""

    def __init__(
        self, check: Check, problem: Problem, people: _People, pairs: Mapping[tuple[UUID, UUID], _Standing]
    ) -> None:
        self._check, self._problem, self._people, self._pairs = check, problem, people, pairs
        self._mentees = {entry.id: entry for entry in check.pool.mentees}
        self._mentors = {entry.id: entry for entry in check.pool.mentors}
        self._now = {
            mentee: mentor for (mentee, mentor), one in pairs.items() if one.state is not ProposalState.DECLINED
        }
        self._rows: dict[UUID, int] = {}
        self._taken: Counter[UUID] = Counter()

    def finding(self, line: Line) -> Finding:
        """What becomes of one line."""
        found = Finding(line.row, Outcome.REFUSED, line.mentee, line.mentor)
        try:
            self._look(line, found)
        except _Refused as refused:
            found.outcome, found.why = Outcome.REFUSED, refused.why
        return found

    def left_out(self) -> list[Finding]:
        """Everybody who waits in the pool or has a pair in the run and gets none by the list, by name."""
        found = []
        names = self._people.names
        for mentee in (self._mentees.keys() | self._now.keys()) - self._rows.keys():
            had = self._now.get(mentee)
            # An entry of the run's own pairs stays in the program for good, so it has a name.
            why = [_why("left-had", name=names[had])] if had else [_why("left")]
            found.append(Finding(0, Outcome.LEFT, names[mentee], "", None, why))
        return sorted(found, key=lambda one: (one.mentee, str(one.why)))

    def _look(self, line: Line, found: Finding) -> None:
        if line.extra:
            raise _Refused(_why("extra"))
        if line.state not in {"", KEPT, LOCKED, TAKEN_OUT}:
            raise _Refused(_why("state", value=line.state[:40]))
        if len(line.reason) > MAX_REASON:
            raise _Refused(_why("reason-long", limit=MAX_REASON))
        mentee, mentor = self._somebody(line.mentee, Role.MENTEE), self._somebody(line.mentor, Role.MENTOR)
        problems = [one for one in (mentee, mentor) if isinstance(one, dict)]
        if problems:
            if isinstance(mentee, UUID):
                self._rows.setdefault(mentee, line.row)
            raise _Refused(*problems)
        one, other = self._mentees[mentee], self._mentors[mentor]  # type: ignore[index]
        pair = one.id, other.id
        found.mentee, found.mentor = one.name, other.name
        if line.state == TAKEN_OUT:
            found.outcome = Outcome.OUT
            found.why = [_why("out")]
            self._check.out.add(pair)
            return
        if one.id in self._rows:
            raise _Refused(_why("twice", name=one.name, row=self._rows[one.id]))
        # From here on the person is in the list, whatever stands against the pair: nobody says that they are missing.
        self._rows[one.id] = line.row
        wanted = self._wanted(one, other, line.reason or None)
        self._take(one, other)
        self._check.wanted[pair] = wanted
        self._say(pair, wanted, found)

    def _say(self, pair: tuple[UUID, UUID], wanted: Wanted, found: Finding) -> None:
        found.points = wanted.shown.points
        before = self._now.get(pair[0])
        if before == pair[1]:
            found.outcome = Outcome.SAME
            self._check.same.add(pair)
        elif before is not None:
            found.outcome, found.why = Outcome.CHANGED, [_why("changed", name=self._people.names[before])]
        else:
            found.outcome = Outcome.NEW
        if wanted.reason and wanted.waived:
            found.why.append(_why("waived", reason=wanted.reason))
        if wanted.lifts:
            found.why.append(_why("lifts"))

    def _somebody(self, cell: str, role: Role) -> UUID | dict[str, Any]:
        if not cell:
            return _why("missing", side=role.value)
        key = f"@{email_key(cell)}" if "@" in cell else f"#{cell.casefold()}"
        entries = self._people.by_key.get(key, ())
        here = self._mentees if role is Role.MENTEE else self._mentors
        waiting = next((identifier for identifier, _role in entries if identifier in here), None)
        if waiting is not None:
            return waiting
        if not entries:
            return _why("unknown", value=cell[:80])
        name = self._people.names[entries[0][0]]
        return _why(
            "not-waiting" if any(of == role for _id, of in entries) else "other-side", name=name, side=role.value
        )

    def _wanted(self, mentee: Entry, mentor: Entry, reason: str | None) -> Wanted:
        """The pair, asked as one made by hand is. Raises ``_Refused``."""
        shown = explain_pair(self._problem, mentee.id, mentor.id)
        if mentee.member_id == mentor.member_id:
            raise _Refused(_why("self"))
        if REASSIGNED in shown.broken:
            raise _Refused(_why("reassigned"))
        broken = [] if set(shown.broken) <= {KEPT_APART} else broken_constraints(
            self._check.pool.people[mentee.id], self._check.pool.people[mentor.id], self._check.matching
        )  # fmt: skip
        waived = tuple(item["id"] for item, _message in broken)
        standing = self._pairs.get((mentee.id, mentor.id))
        held = standing is not None and standing.state is not ProposalState.DECLINED and set(waived) <= standing.waived
        if broken and not held:
            waivable = all(item["strength"] == "waivable" for item, _message in broken)
            if not (waivable and reason):
                said = [{"message": message_to_json(message)} for _item, message in broken]
                raise _Refused(*said, *([_why("needs-reason")] if waivable else []))
        return Wanted(mentee, mentor, shown, waived, reason if waived else None, KEPT_APART in shown.broken)

    def _take(self, mentee: Entry, mentor: Entry) -> None:
        for entry in (mentee, mentor):
            free = self._check.pool.places[entry.id].free
            if self._taken[entry.id] >= free:
                raise _Refused(_why("no-place", name=entry.name))
        self._taken.update((mentee.id, mentor.id))


def _why(code: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "params": params}
