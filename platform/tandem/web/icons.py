"""The icon sprite: one file for all pages, cached for ever, whose symbols ``icon()`` points at."""

from __future__ import annotations

import re

from flask import Flask

from tandem.web.assets import Assets

SPRITE = "vendor/icons.svg"
_SYMBOL = re.compile(rb'<symbol id="i-([a-z0-9-]+)"')


class UnknownIconError(LookupError):
    """Raised when a template asks for an icon that is not in the sprite."""


def init_icons(app: Flask) -> None:
    """Give templates ``icon_url(name)``."""
    assets: Assets = app.extensions["tandem.assets"]
    known: dict[str, frozenset[str]] = {}

    @app.template_global()
    def icon_url(name: str) -> str:
        """The address of one symbol. Raises ``UnknownIconError``: ``vendor.toml`` lists the icons there are."""
        address = assets.url(SPRITE)
        if address not in known:
            known.clear()
            known[address] = frozenset(found.decode() for found in _SYMBOL.findall(assets.read(SPRITE)))
        if name not in known[address]:
            raise UnknownIconError(f"There is no icon {name!r}: add it to vendor.toml and run tools/vendor.py.")
        return f"{address}#i-{name}"
