"""The association's own words for single messages, and whether they still fit the settings that they speak of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tandem.programs.schemas.plugged import leaves, settings_of
from tandem.programs.schemas.program import SIDES
from tandem.programs.tenant import Tenant


def rewordings(association: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The reworded messages of an association's document."""
    messages: Sequence[Mapping[str, Any]] = (association.get("words") or {}).get("messages") or ()
    return messages


def fingerprint(message_id: str, programs: Iterable[Mapping[str, Any]]) -> str:
    """A short hash of the settings of every rule, criterion and constraint whose messages ``message_id`` is one of.

    A plugin's message ids begin like the name of what makes them: ``membership.tenure.describe``.
    """
    settings = sorted(
        [program["id"], place, name, json.dumps(settings_of(item), sort_keys=True)]
        for program in programs
        for place, name, item in _offers(program)
        if _family(message_id) == _family(name)
    )
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12]


def stale(tenant: Tenant) -> list[str]:
    """The ids of the reworded messages whose settings have changed since the words were confirmed."""
    programs = _resolved(tenant)
    return [
        message["id"]
        for message in rewordings(tenant.association.document)
        if "confirmed_for" in message and message["confirmed_for"] != fingerprint(message["id"], programs)
    ]


def confirmed(tenant: Tenant, stored: Tenant | None, confirm: Collection[str]) -> Tenant:
    """``tenant`` with a fingerprint on each reworded message.

    New or changed words count as confirmed by whoever wrote them, and so do those named in ``confirm``; words that the database
    has already keep theirs.
    """
    if not rewordings(tenant.association.document):
        return tenant
    programs = _resolved(tenant)
    known = {message["id"]: message for message in rewordings(stored.association.document)} if stored else {}
    messages = []
    for message in rewordings(tenant.association.document):
        before = known.get(message["id"])
        same = before is not None and _words(before) == _words(message)
        if message["id"] in confirm or (not same and "confirmed_for" not in message):
            mark = fingerprint(message["id"], programs)
        elif same and before is not None:
            mark = before["confirmed_for"]
        else:
            mark = message["confirmed_for"]
        messages.append({**message, "confirmed_for": mark})
    document = {**tenant.association.document}
    document["words"] = {**document["words"], "messages": messages}
    return replace(tenant, association=replace(tenant.association, document=document))


def _family(name: str) -> str:
    return name.partition(".")[0]


def _words(message: Mapping[str, Any]) -> tuple[Any, Any]:
    return message.get("text"), message.get("plural")


def _resolved(tenant: Tenant) -> list[Mapping[str, Any]]:
    return [part.resolved for part in tenant.programs.values() if part.resolved is not None]


def _offers(program: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for side in SIDES:
        for leaf in leaves(program["roles"][side]["eligibility"]):
            yield side, leaf["rule"], leaf
    for kind, key in (("constraints", "constraint"), ("criteria", "criterion")):
        for item in program["matching"][kind]:
            yield kind, item[key], item
