"""What the offers on place share: the regions of a person, and the best value among the regions of two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import fields, validate
from numpy.typing import NDArray

from tandem.plugin_api import Person, SettingsSchema, key, keys, wrong


class RegionsSchema(SettingsSchema):
    """The settings that the criterion and the constraint ``proximity`` share. ``near`` is read both ways."""

    on = fields.String(load_default="region", validate=validate.OneOf(["region"], error=wrong("must be region")))
    near = fields.Dict(
        keys=key(metadata={"vocabulary": "region"}), values=keys(metadata={"vocabulary": "region"}),
        load_default=dict, validate=validate.Length(max=500, error=wrong("must name at most 500 regions")),
    )  # fmt: skip


def regions_of(person: Person) -> frozenset[str]:
    """The regions of all positions that run on ``facts.today``; empty where none is on file."""
    positions, today = person.facts.positions, person.facts.today
    return frozenset(
        position.region for position in positions if position.region is not None and position.runs_on(today)
    )


def names_in(sets: Sequence[frozenset[str]]) -> list[str]:
    """Every region that one of the sets names, in order of the alphabet."""
    return sorted(frozenset().union(*sets))


def are_near(one: str, other: str, near: Mapping[str, Any]) -> bool:
    """Whether two regions are the same, or neighbors by ``near``, which is read both ways."""
    return one == other or other in near.get(one, ()) or one in near.get(other, ())


def greatest(
    left: Sequence[frozenset[str]], right: Sequence[frozenset[str]], values: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """For each set on the left and each on the right the greatest value of a pair of their regions; 0 where one is empty.

    ``values[i, j]`` is that of the regions ``names_in(left)[i]`` and ``names_in(right)[j]``.
    """
    # First the rows of each set are brought to one, then the columns: no pair of sets is looked at in Python.
    return _folded(_folded(values, left).T, right).T


def _folded(values: NDArray[np.uint8], sets: Sequence[frozenset[str]]) -> NDArray[np.uint8]:
    row = {name: number for number, name in enumerate(names_in(sets))}
    folded = np.zeros((len(sets), values.shape[1]), dtype=np.uint8)
    for number, one in enumerate(sets):
        if one:
            folded[number] = values[[row[name] for name in one]].max(axis=0)
    return folded
