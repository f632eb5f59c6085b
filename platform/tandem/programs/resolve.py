"""From all levels of a program to the one document that applications pin.

``docs/configuration.md`` lists what stands in a resolved document. It is plain JSON: lengths of time are whole minutes or days
(their keys say which), remarks are left out, every rule has an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tandem.programs.schemas.base import days, minutes
from tandem.programs.schemas.plugged import leaves
from tandem.programs.schemas.program import SIDES

#: Raised when the shape of resolved documents changes, so that readers can tell.
FORMAT = 1


def resolve(merged: Mapping[str, Any], association: Mapping[str, Any]) -> dict[str, Any]:
    """The resolved document of a program whose levels are merged, checked and filled."""
    resolved: dict[str, Any] = _without_notes(merged)
    resolved.pop("exported_from", None)
    resolved["format"] = FORMAT
    length = resolved["length"]
    if length["kind"] == "hours":
        length["min_minutes"], length["max_minutes"] = minutes(length.pop("min")), minutes(length.pop("max"))
    review = resolved["review"]
    review["answer_days"], review["remind_days"] = days(review.pop("answer_within")), days(review.pop("remind_before"))
    for item in resolved["mentorship"]["evaluations"]:
        item["open_days"] = days(item.pop("open_for"))
        remind = item.pop("remind_after")
        item["remind_days"] = days(remind) if remind is not None else None
    silence = resolved["mentorship"].get("silence")
    if silence is not None:
        silence["after_days"], silence["answer_days"] = days(silence.pop("after")), days(silence.pop("answer_within"))
    resolved["retention"] = {f"{key}_days": days(kept) for key, kept in (resolved.get("retention") or {}).items()}
    for key in ("summary", "definition"):
        resolved.setdefault(key, None)
    words = (association.get("words") or {}).get("roles") or {}
    for side in SIDES:
        role = resolved["roles"][side]
        role.setdefault("name", words.get(side))
        role["eligibility"] = named_leaves(role["eligibility"])
    return resolved


def named_leaves(node: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """The tree with an id on every rule: inside ``when``, ``then`` and ``not`` it is made from the id around it."""
    own = node.get("id", name)
    named = dict(node)
    for key in ("all", "any"):
        if key in node:
            named[key] = [named_leaves(child, _joined(own, str(place + 1))) for place, child in enumerate(node[key])]
    for key in ("not", "when", "then"):
        if key in node:
            named[key] = named_leaves(node[key], _joined(own, key))
    if "rule" in node:
        named["id"] = own or "rule"
    return named


def rule_ids(tree: Mapping[str, Any]) -> list[str]:
    """The ids of all rules of a resolved tree, in reading order."""
    return [leaf["id"] for leaf in leaves(tree)]


def _joined(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part


def _without_notes(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_notes(inner) for key, inner in value.items() if key != "note"}
    if isinstance(value, list):
        return [_without_notes(item) for item in value]
    return value
