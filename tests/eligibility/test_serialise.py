"""Verdicts go through JSON and come back the same."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tandem.eligibility.serialise import message_to_json, verdict_from_json, verdict_to_json
from tandem.plugin_api import AnyOf, Evidence, Message, Minutes, Source, Term, Truth, Verdict

TEXT = st.text(max_size=8)
TERMS = st.builds(Term, TEXT, TEXT)
SIMPLE = st.one_of(
    TEXT,
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    TERMS,
    st.builds(Minutes, st.integers()),
)


def messages(parameters):
    return st.builds(
        Message, TEXT, TEXT, st.dictionaries(TEXT, parameters, max_size=3), st.none() | TEXT, st.none() | st.integers()
    )


INNER = messages(SIMPLE)
PARAMETERS = st.one_of(
    SIMPLE,
    INNER,
    st.lists(st.one_of(TEXT, TERMS, INNER), max_size=2).map(tuple),
    st.lists(st.one_of(TEXT, TERMS, INNER), max_size=2).map(lambda items: AnyOf(tuple(items))),
)
MESSAGES = messages(PARAMETERS)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(Truth),
    st.none() | MESSAGES,
    st.none() | MESSAGES,
    st.lists(st.builds(Evidence, st.sampled_from(Source), MESSAGES), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VERDICTS)
def test_verdict_comes_back_from_json(verdict):
    assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict


def test_types_are_kept():
    params = {
        "day": date(2026, 7, 1),
        "years": Decimal("4.50"),
        "time": Minutes(90),
        "types": AnyOf((Term("a", "b"), "c")),
    }

    back = verdict_from_json(verdict_to_json(Verdict(Truth.MET, Message("x", "X", params))))

    assert back.reason is not None
    assert back.reason.params == params
    assert str(back.reason.params["years"]) == "4.50"


@pytest.mark.parametrize("value", [True, None, 1.5, b"x", {"a": 1}])
def test_parameter_of_another_kind_is_refused(value):
    with pytest.raises(TypeError):
        message_to_json(Message("x", "X", {"value": value}))
