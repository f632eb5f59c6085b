"""Merging and locks, as pure functions."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tandem.programs.layers import (
    ABSENT,
    Layer,
    LockBroken,
    broken_locks,
    merge,
    merge_all,
    parse_path,
    paths_of,
    value_at,
)

words = st.sampled_from(["a", "b", "c", "d"])
documents: Any = st.recursive(
    st.integers(0, 3),
    lambda inner: (
        st.dictionaries(words, inner, max_size=3)
        | st.lists(st.tuples(words, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda pairs: [{"id": name, "value": value} for name, value in pairs]
        )
    ),
    max_leaves=8,
)
mappings = st.dictionaries(words, documents, max_size=4)


def test_merge_lays_mappings_by_key_and_items_by_id() -> None:
    above = {"length": {"kind": "months", "months": 12}, "items": [{"id": "a", "x": 1}, {"id": "b", "x": 1}]}
    below = {"length": {"months": 9}, "items": [{"id": "b", "x": 2, "y": 3}, {"id": "c"}], "other": [1]}

    assert merge(above, below) == {
        "length": {"kind": "months", "months": 9},
        "items": [{"id": "a", "x": 1}, {"id": "b", "x": 2, "y": 3}, {"id": "c"}],
        "other": [1],
    }


def test_merge_takes_out_removed_items() -> None:
    above = {"items": [{"id": "a"}, {"id": "b"}]}

    assert merge(above, {"items": [{"id": "a", "remove": True}]}) == {"items": [{"id": "b"}]}
    assert merge({}, {"items": [{"id": "a", "remove": True}]}) == {"items": []}


def test_merge_replaces_an_item_that_becomes_another_rule() -> None:
    above = {"all": [{"id": "a", "rule": "one", "years": 3}]}

    assert merge(above, {"all": [{"id": "a", "rule": "two", "field": "x"}]}) == {
        "all": [{"id": "a", "rule": "two", "field": "x"}]
    }


@given(mappings)
def test_merge_with_nothing_changes_nothing(document: dict[str, Any]) -> None:
    assert merge(document, {}) == document
    assert merge({}, document) == document
    assert merge(document, document) == document


@given(mappings, mappings)
def test_merge_keeps_every_value_that_the_lower_level_names(above: dict[str, Any], below: dict[str, Any]) -> None:
    merged = merge(above, below)

    for path, value in paths_of(below):
        if value not in ({}, []):
            assert value_at(merged, path) == value


def test_value_at_finds_items_by_id() -> None:
    document = {"matching": {"criteria": [{"id": "near", "weight": 3}]}}

    assert value_at(document, parse_path("matching.criteria[near].weight")) == 3
    assert value_at(document, parse_path("matching.criteria[far].weight")) is ABSENT


def test_locks_hold_for_every_level_below() -> None:
    layers = [
        Layer("top", {"a": {"b": 1, "c": 1}, "items": [{"id": "x", "w": 1}]}, (("a", "b"), ("items", "[x]"))),
        Layer("middle", {"a": {"c": 2}}, (("a", "c"),)),
        Layer("low", {"a": {"b": 1, "c": 3}, "items": [{"id": "x", "w": 2}]}),
    ]

    assert list(broken_locks(layers)) == [
        LockBroken(("items", "[x]"), "top", "low"),
        LockBroken(("a", "c"), "middle", "low"),
    ]
    assert merge_all(layers)["a"] == {"b": 1, "c": 3}


def test_a_locked_item_cannot_be_removed() -> None:
    layers = [
        Layer("top", {"items": [{"id": "x", "w": 1}]}, (("items", "[x]", "w"),)),
        Layer("low", {"items": [{"id": "x", "remove": True}]}),
    ]

    assert [broken.changed_by for broken in broken_locks(layers)] == ["low"]
