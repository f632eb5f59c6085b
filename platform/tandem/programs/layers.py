"""Levels of configuration: platform, association, department, program. Merging and locks address list items by their ids.

All functions are pure: they take documents as plain data and give new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.programs.document import item_name
from tandem.programs.errors import Path

#: A level names these keys with one word; another word there means another thing, so nothing of the old one is kept.
_NATURE = ("kind", "rule", "criterion", "constraint", "type")

#: What every program starts from.
PLATFORM: Mapping[str, Any] = {
    "intake": {"kind": "rolling"},
    "length": {"kind": "open"},
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One level's part of a program's document, and the paths it locks for the levels below. ``name`` is for people."""

    name: str
    document: Mapping[str, Any]
    locks: tuple[Path, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class LockBroken:
    """A value that a lower level changes although a higher one locked it. ``lock`` is the locked path."""

    lock: Path
    locked_by: str
    changed_by: str


def merge(above: Any, below: Any) -> Any:
    """``below`` laid over ``above``: mappings by key, lists of items by id (``remove: true`` takes one out), all else replaced."""
    if isinstance(above, Mapping) and isinstance(below, Mapping):
        if any(key in below and key in above and below[key] != above[key] for key in _NATURE):
            return _without_removed(below)
        merged = dict(above)
        for key, value in below.items():
            merged[key] = merge(above[key], value) if key in above else _without_removed(value)
        return merged
    if _is_items(above) and _is_items(below):
        return _merge_items(above, below)
    return _without_removed(below)


def merge_all(layers: Sequence[Layer]) -> dict[str, Any]:
    """All levels merged, the highest first."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge(merged, layer.document)
    return merged


def broken_locks(layers: Sequence[Layer]) -> Iterator[LockBroken]:
    """Every locked path whose value a lower level changes, adds or takes out; the highest levels first."""
    for height, layer in enumerate(layers):
        if not layer.locks:
            continue
        so_far = merge_all(layers[: height + 1])
        for lock in layer.locks:
            wanted = value_at(so_far, lock)
            for lower in range(height + 1, len(layers)):
                if value_at(merge_all(layers[: lower + 1]), lock) != wanted:
                    yield LockBroken(lock, layer.name, layers[lower].name)
                    break


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: What ``value_at`` gives where a document says nothing.
ABSENT = _Absent()


def value_at(document: Any, path: Path) -> Any:
    """The value at a path by ids, or ``ABSENT``."""
    value = document
    for part in path:
        if part.startswith("["):
            named = (
                [item for number, item in enumerate(value) if item_name(item, number) == part]
                if isinstance(value, list)
                else []
            )
            if not named:
                return ABSENT
            value = named[0]
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
        else:
            return ABSENT
    return value


def parse_path(written: str) -> Path:
    """``matching.criteria[overlap].weight`` as a path."""
    return tuple(part for part in written.replace("[", ".[").split(".") if part)


def paths_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf of a document with its path by ids, in order. Empty mappings and lists are leaves."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    elif (
        isinstance(value, list)
        and value
        and (_is_items(value) or any(isinstance(item, Mapping | list) for item in value))
    ):
        for number, item in enumerate(value):
            yield from paths_of(item, (*path, item_name(item, number)))
    else:
        yield path, value


def _merge_items(above: Sequence[Any], below: Sequence[Any]) -> list[Any]:
    changes = {item["id"]: item for item in below}
    merged = []
    for item in above:
        change = changes.pop(item["id"], None)
        if change is None:
            merged.append(item)
        elif change.get("remove") is not True:
            merged.append(merge(item, change))
    merged += [_without_removed(item) for item in changes.values() if item.get("remove") is not True]
    return merged


def _without_removed(value: Any) -> Any:
    # A level may take out what no level above it has; then there is nothing to keep.
    if isinstance(value, Mapping):
        return {key: _without_removed(inner) for key, inner in value.items() if key != "remove"}
    if isinstance(value, list):
        return [
            _without_removed(item) for item in value if not (isinstance(item, Mapping) and item.get("remove") is True)
        ]
    return value


def _is_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) and "id" in item for item in value)
