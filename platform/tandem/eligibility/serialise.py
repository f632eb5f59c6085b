"""Verdicts and messages as JSON, to be kept with an application, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tandem.plugin_api.types import AnyOf, Evidence, Message, Minutes, Source, Term, Truth, Verdict


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain JSON data."""
    return {
        "truth": verdict.truth.value,
        "reason": message_to_json(verdict.reason) if verdict.reason is not None else None,
        "remedy": message_to_json(verdict.remedy) if verdict.remedy is not None else None,
        "evidence": [
            {"source": evidence.source.value, "message": message_to_json(evidence.message)}
            for evidence in verdict.evidence
        ],
    }


def verdict_from_json(data: Mapping[str, Any]) -> Verdict:
    """The verdict that ``verdict_to_json`` wrote."""
    return Verdict(
        Truth(data["truth"]),
        message_from_json(data["reason"]) if data["reason"] is not None else None,
        message_from_json(data["remedy"]) if data["remedy"] is not None else None,
        tuple(Evidence(Source(item["source"]), message_from_json(item["message"])) for item in data["evidence"]),
    )


def message_to_json(message: Message) -> dict[str, Any]:
    """A message as plain JSON data; parameters that JSON does not know are wrapped by kind.

    Raises ``TypeError`` for a parameter that no message may have.
    """
    return {
        "id": message.id,
        "text": message.text,
        "params": {name: _wrap(value) for name, value in message.params.items()},
        "plural": message.plural,
        "count": message.count,
    }


def message_from_json(data: Mapping[str, Any]) -> Message:
    """The message that ``message_to_json`` wrote; lists come back as tuples."""
    params = {name: _unwrap(value) for name, value in data["params"].items()}
    return Message(data["id"], data["text"], params, data["plural"], data["count"])


def _wrap(value: Any) -> Any:  # noqa: PLR0911 - one line for each kind
    match value:
        case bool():
            raise TypeError("a message's parameter cannot be a truth value")
        case str() | int():
            # Enumerations are strings too, but JSON should hold the plain one.
            return str(value) if isinstance(value, str) else int(value)
        case Decimal():
            return {"decimal": str(value)}
        case date():
            return {"date": date(value.year, value.month, value.day).isoformat()}
        case Term():
            return {"term": [value.vocabulary, value.key]}
        case Minutes():
            return {"minutes": value.minutes}
        case Message():
            return {"message": message_to_json(value)}
        case AnyOf():
            return {"any": [_wrap(item) for item in value.items]}
        case list() | tuple():
            return {"list": [_wrap(item) for item in value]}
    raise TypeError(f"a message's parameter cannot be a {type(value).__name__}")


def _unwrap(value: Any) -> Any:  # noqa: PLR0911 - one line for each kind
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    match kind:
        case "decimal":
            return Decimal(held)
        case "date":
            return date.fromisoformat(held)
        case "term":
            return Term(*held)
        case "minutes":
            return Minutes(held)
        case "message":
            return message_from_json(held)
        case "any":
            return AnyOf(tuple(_unwrap(item) for item in held))
    return tuple(_unwrap(item) for item in held)
