"""Identifiers: of two the later is the greater, and a play draws the same ones each time."""

from __future__ import annotations

from uuid import RFC_4122

from tandem import ids
from tandem.ids import repeatable, uuid7


def test_the_later_is_the_greater_also_within_a_millisecond(monkeypatch):
    monkeypatch.setattr(ids, "_drawn", lambda: (1_700_000_000_000, (1 << 74) - 1))
    monkeypatch.setattr(ids, "_last", (0, 0))

    made = [uuid7() for _ in range(1000)]

    assert made == sorted(set(made))
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_an_identifier_tells_its_millisecond(monkeypatch):
    monkeypatch.setattr(ids, "_drawn", lambda: (1_700_000_000_000, 5))
    monkeypatch.setattr(ids, "_last", (0, 0))

    assert uuid7().int >> 80 == 1_700_000_000_000


def test_a_play_draws_the_same_ones_and_then_chance_comes_back():
    def drawn():
        with repeatable("a season"):
            return [uuid7() for _ in range(3)]

    assert drawn() == drawn()
    assert uuid7() > drawn()[-1]
    assert uuid7() != uuid7()
