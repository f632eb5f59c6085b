"""The installed plugins, as the application loaded them at its start, and which of them an association uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from flask import current_app

from tandem.plugin_api.registry import Registry

#: The distribution whose plugins are on unless an association turns them off; all others are off unless it turns them on.
OURS = "tandem"


def installed() -> Registry:
    """All plugins of this installation. Needs an application context."""
    return cast(Registry, current_app.extensions["tandem.registry"])


def used_by(registry: Registry, listed: Iterable[Mapping[str, Any]]) -> Registry:
    """What an association may name in its configuration; ``listed`` is ``plugins`` of its document (``{id, on}``)."""
    wishes = {item["id"]: bool(item.get("on", True)) for item in listed}
    return registry.only(
        plugin.name for plugin in registry.plugins if wishes.get(plugin.name, plugin.distribution == OURS)
    )
