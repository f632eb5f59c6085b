"""A tree of clauses as a SQL condition over members, for sweeps: NULL is unknown, and AND, OR, NOT are Kleene's by nature."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    and_,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, DATERANGE

from tandem.directory.models import Employer, Experience, Membership, Position
from tandem.eligibility.clauses import Clause, Conditional, Group, Negation, RuleLeaf
from tandem.forms.models import AnswerFact
from tandem.plugin_api.facts import SqlFacts, SqlSpan, Where

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One use of a fact: what to select from, what ties it to the person, and its columns by their documented names."""

    tables: tuple[FromClause, ...]
    source: FromClause
    link: ColumnElement[bool]
    columns: Any


class MemberFacts:
    """``plugin_api.SqlFacts`` over the tables, correlated to ``member``.

    ``member`` is the member table or an alias of it in the outer query; ``submission`` a column of the outer query with the id
    of the person's submission (NULL where there is none), or ``None`` if no forms are at hand at all.
    """

    def __init__(self, member: Any, *, today: date, submission: ColumnElement[Any] | None = None) -> None:
        self.today = today
        self._member = member
        self._submission = submission

    @property
    def has_answers(self) -> ColumnElement[bool]:
        """Whether the person has a submission."""
        return false() if self._submission is None else self._submission.is_not(None)

    def exists(self, fact: str, where: Where) -> ColumnElement[bool]:
        """See ``SqlFacts``."""
        if fact == "answers" and self._submission is None:
            return false()
        rows = self._rows(fact)
        found: Select[Any] = select(literal_column("1")).select_from(rows.source).where(rows.link, where(rows.columns))
        return found.correlate_except(*rows.tables).exists()

    def count(self, fact: str, where: Where) -> ColumnElement[int]:
        """See ``SqlFacts``."""
        return self._aggregate(fact, lambda _: func.count(), where)

    def total(self, fact: str, value: Callable[[Any], ColumnElement[Any]], where: Where) -> ColumnElement[Any]:
        """See ``SqlFacts``."""
        return self._aggregate(fact, lambda columns: func.coalesce(func.sum(value(columns)), 0), where)

    def days(
        self,
        fact: str,
        spans: Callable[[Any], Sequence[SqlSpan]],
        result: Callable[[ColumnElement[int], ColumnElement[date]], ColumnElement[Any]],
    ) -> ColumnElement[Any]:
        """See ``SqlFacts``. The spans become ranges, whose union PostgreSQL keeps as one multirange."""
        if fact == "answers" and self._submission is None:
            return result(literal(0), cast(null(), Date))
        rows = self._rows(fact)
        # GREATEST makes a span that ends before it starts an empty one; DATERANGE would refuse it.
        united = [
            func.coalesce(
                func.range_agg(func.daterange(span.start, func.greatest(span.start, span.end))).filter(span.where),
                literal_column("'{}'::datemultirange"),
            )
            for span in spans(rows.columns)
        ]
        union: Any = united[0]
        for further in united[1:]:
            union = union.op("+")(further)
        # A table of one row, so that the union is made once however often the result asks for it.
        covered = (
            select(cast(union, DATEMULTIRANGE).label("days"))
            .select_from(rows.source)
            .where(rows.link)
            .correlate_except(*rows.tables)
            .offset(0)
            .subquery()
        )
        ranges = func.unnest(covered.c.days, type_=DATERANGE).column_valued("one")
        lengths = func.upper(ranges, type_=Integer) - func.lower(ranges, type_=Integer)
        number = select(func.coalesce(func.sum(lengths), 0)).correlate(covered).scalar_subquery()
        found = select(result(cast(number, Integer), func.lower(covered.c.days, type_=Date))).select_from(covered)
        return found.correlate_except(covered).scalar_subquery()

    def _aggregate(self, fact: str, value: Callable[[Any], Any], where: Where) -> ColumnElement[Any]:
        if fact == "answers" and self._submission is None:
            return literal(0)
        rows = self._rows(fact)
        found = select(value(rows.columns)).select_from(rows.source).where(rows.link, where(rows.columns))
        return found.correlate_except(*rows.tables).scalar_subquery()

    def _rows(self, fact: str) -> _Rows:
        if fact == "positions":
            return self._positions()
        try:
            table = _TABLES[fact].__table__.alias()
        except KeyError:
            raise LookupError(
                f"there is no fact called {fact!r}; there are {', '.join(sorted([*_TABLES, 'positions']))}"
            ) from None
        if fact == "answers":
            link = and_(
                table.c.association_id == self._member.association_id, table.c.submission_id == self._submission
            )
        else:
            link = self._of_member(table)
        return _Rows((table,), table, link, table.c)

    def _positions(self) -> _Rows:
        position, employer = Position.__table__.alias(), Employer.__table__.alias()
        source = position.join(
            employer,
            and_(employer.c.association_id == position.c.association_id, employer.c.id == position.c.employer_id),
        )
        columns = SimpleNamespace(
            **{
                name: position.c[name]
                for name in ("title", "title_text", "valid_from", "valid_to", "acting", "retired")
            },
            employer=employer.c.name,
            region=employer.c.region,
        )
        return _Rows((position, employer), source, self._of_member(position), columns)

    def _of_member(self, table: Any) -> ColumnElement[bool]:
        return and_(table.c.association_id == self._member.association_id, table.c.member_id == self._member.id)


_TABLES: dict[str, Any] = {"memberships": Membership, "experience": Experience, "answers": AnswerFact}

UNKNOWN: ColumnElement[Any] = cast(null(), Boolean)


@dataclass(slots=True)
class Condition:
    """A compiled tree. ``only_in_python`` are the ids of rules without SQL: they are NULL in ``sql``.

    Because Kleene's operators never turn a known answer into another one when an unknown becomes known, a row that is true or
    false in spite of them is decided; only NULL rows need the check in Python.
    """

    sql: ColumnElement[Any]
    only_in_python: list[str] = field(default_factory=list)


def compile_where(clause: Clause, facts: SqlFacts) -> Condition:
    """The tree as SQL: true, false, or NULL for unknown."""
    condition = Condition(UNKNOWN)
    condition.sql = _compile(clause, facts, condition.only_in_python)
    return condition


def _compile(clause: Clause, facts: SqlFacts, only_in_python: list[str]) -> ColumnElement[Any]:
    match clause:
        case RuleLeaf():
            return _compile_rule(clause, facts, only_in_python)
        case Group(kind="all", parts=parts):
            return and_(true(), *(_compile(part, facts, only_in_python) for part in parts))
        case Group(parts=parts):
            return or_(false(), *(_compile(part, facts, only_in_python) for part in parts))
        case Negation(part=part):
            return not_(_compile(part, facts, only_in_python))
        case Conditional(condition=condition, consequence=consequence):
            return or_(not_(_compile(condition, facts, only_in_python)), _compile(consequence, facts, only_in_python))


def _compile_rule(leaf: RuleLeaf, facts: SqlFacts, only_in_python: list[str]) -> ColumnElement[Any]:
    sql: Any = None
    if leaf.rule is not None:
        try:
            sql = leaf.rule.where(facts, leaf.settings)
        except Exception:
            log.exception("the rule %r (id %r) could not be written as SQL", leaf.name, leaf.id)
    if isinstance(sql, ColumnElement):
        return sql
    only_in_python.append(leaf.id)
    return UNKNOWN
