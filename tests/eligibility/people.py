"""Random people and random rules for the property tests: hypothesis strategies, and rows for the people they draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import insert

from tandem.directory.models import Employer, Experience, Member, Membership, Position
from tandem.extensions import db
from tandem.forms.models import AnswerFact, Submission
from tandem.ids import uuid7
from tests.factories import a_form_revision, a_number

#: A leap day, so that years and months are counted across the hard cases.
TODAY = date(2028, 2, 29)

TYPES = ("career-builder", "retiree", "associate")
LEVELS = ("basic", "full")
DISCIPLINES = ("payroll", "budgeting", "purchasing")
TITLES = ("business-official", "finance-director")
FIELDS = ("expertise", "promise")

#: Days near today, near whole years before it, and anywhere in ten years.
DAYS = st.one_of(
    st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days)),
    st.tuples(st.integers(-6, 1), st.integers(-2, 2)).map(
        lambda drawn: date(TODAY.year + drawn[0], 3, 1) + timedelta(days=drawn[1] - 1)
    ),
    st.dates(date(2021, 1, 1), date(2029, 12, 31)),
)
YEARS = st.sampled_from([Decimal(value) for value in ("0", "0.5", "2", "4.9", "5", "5.5", "12")])


@dataclass(slots=True)
class Drawn:
    """One random person as rows: lists of column values without keys. ``answers`` is ``None`` without a submission."""

    memberships: list[dict[str, Any]] = field(default_factory=list)
    positions: list[dict[str, Any]] = field(default_factory=list)
    experience: dict[str, Decimal] = field(default_factory=dict)
    answers: list[dict[str, Any]] | None = None


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    """A first day, and perhaps a last one not before it."""
    first, last = draw(DAYS), draw(st.none() | DAYS)
    if last is not None and last < first:
        first, last = last, first
    return {"valid_from": first, "valid_to": last}


@st.composite
def memberships(draw: st.DrawFn) -> dict[str, Any]:
    """A membership."""
    return {
        **draw(spans()),
        "type": draw(st.sampled_from(TYPES)),
        "level": draw(st.none() | st.sampled_from(LEVELS)),
        "organisational": draw(st.booleans()),
        "paid_through": draw(st.none() | DAYS),
    }


@st.composite
def positions(draw: st.DrawFn) -> dict[str, Any]:
    """A position."""
    return {
        **draw(spans()),
        "title": draw(st.none() | st.sampled_from((*TITLES, "clerk"))),
        "title_text": draw(st.none() | st.just("Interim something")),
        "acting": draw(st.booleans()),
        "retired": draw(st.booleans()),
    }


ANSWERS = st.one_of(
    st.builds(
        lambda key, years: {"field": "expertise", "key": key, "text_value": key, "number_value": years},
        st.sampled_from((*DISCIPLINES, "transport")),
        st.none() | YEARS,
    ),
    st.builds(lambda truth: {"field": "promise", "truth_value": truth}, st.none() | st.booleans()),
)

PEOPLE = st.builds(
    Drawn,
    st.lists(memberships(), max_size=4),
    st.lists(positions(), max_size=3),
    st.dictionaries(st.sampled_from(DISCIPLINES), YEARS, max_size=3),
    st.none() | st.lists(ANSWERS, max_size=4),
)


def insert_people(people: list[Drawn]) -> list[tuple[UUID, UUID | None]]:
    """Write random people into the open association; gives (member, submission) in their order."""
    employer = Employer(name="Sample district", name_key=f"sample district {a_number()}", region="north")
    db.session.add(employer)
    revision = a_form_revision()
    db.session.flush()
    rows: dict[Any, list[dict[str, Any]]] = {
        model: [] for model in (Member, Submission, Membership, Position, Experience, AnswerFact)
    }
    subjects = []
    for person in people:
        member, number = uuid7(), a_number()
        subjects.append((member, uuid7() if person.answers is not None else None))
        rows[Member].append(
            {
                "id": member, "number": f"P{number}", "given_name": "Alex", "family_name": f"Sample{number}",
                "email": f"p{number}@example.org", "email_key": f"p{number}@example.org", "name_key": f"sample{number}",
            }
        )  # fmt: skip
        rows[Membership] += [{**one, "member_id": member} for one in person.memberships]
        rows[Position] += [{**one, "member_id": member, "employer_id": employer.id} for one in person.positions]
        rows[Experience] += [
            {"member_id": member, "discipline": discipline, "years": years}
            for discipline, years in person.experience.items()
        ]
        if person.answers is not None:
            rows[Submission].append(
                {"id": subjects[-1][1], "form_revision_id": revision.id, "member_id": member, "answers": {}}
            )
            blank = dict.fromkeys(("key", "text_value", "number_value", "date_value", "truth_value"))
            rows[AnswerFact] += [
                {**blank, **one, "submission_id": subjects[-1][1], "member_id": member, "position": place}
                for place, one in enumerate(person.answers)
            ]
    for model, values in rows.items():
        if values:
            db.session.execute(insert(model), values)
    return subjects


def _keys(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


def _some(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings with any of the keys."""
    return st.fixed_dictionaries({}, optional=strategies)


_COUNTS = st.builds(
    lambda named, dates: {
        **named,
        **{key: day.isoformat() for key, day in zip(("from", "to"), dates, strict=True) if day},
    },
    st.one_of(_keys(TYPES).map(lambda keys: {"types": keys}), _keys(LEVELS).map(lambda keys: {"levels": keys})),
    st.tuples(st.none() | DAYS, st.none() | DAYS).map(
        lambda pair: tuple(sorted(pair)) if all(pair) else pair  # type: ignore[type-var]
    ),
)

#: Settings for every first-party rule; a test says if one is missing.
SETTINGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "membership.current": _some(
        types=_keys(TYPES), levels=_keys(LEVELS), dues=st.sampled_from(["throughout", "current", "ignore"]),
        organisational=st.booleans(),
    ),
    "membership.tenure": st.builds(
        lambda years, rest: {"years": years, **rest},
        st.integers(1, 6),
        _some(counts=st.lists(_COUNTS, min_size=1, max_size=3), current_types=_keys(TYPES)),
    ),
    "experience.within_one": st.one_of(
        st.fixed_dictionaries({"years": st.integers(1, 6)}),
        st.fixed_dictionaries(
            {
                "years": st.integers(1, 6), "field": st.just("expertise"), "evidence": st.sampled_from(["any", "required"]),
                "offered": st.sampled_from(["one", "each"]),
            }
        ),
    ),
    "answer.count": st.builds(
        lambda field, least, most: {"field": field, "at_least": least, **({} if most is None else {"at_most": least + most})},
        st.sampled_from(FIELDS), st.integers(0, 3), st.none() | st.integers(1, 2),
    ),
    "attestation": st.fixed_dictionaries({"field": st.sampled_from(FIELDS)}),
    "position.holds": st.builds(
        lambda titles, rest: {"titles": titles, **rest},
        _keys(TITLES),
        _some(within_months=st.integers(1, 30), retired_within_years=st.integers(1, 6), acting=st.booleans()),
    ),
}  # fmt: skip


@st.composite
def rules(draw: st.DrawFn, name: str | None = None) -> dict[str, Any]:
    """A rule with settings."""
    called = name or draw(st.sampled_from(sorted(SETTINGS)))
    return {"rule": called, **draw(SETTINGS[called])}


#: Trees of up to about a dozen rules.
TREES = st.recursive(
    rules(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
        st.tuples(inner, inner).map(lambda pair: {"when": pair[0], "then": pair[1]}),
    ),
    max_leaves=8,
)
