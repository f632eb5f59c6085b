"""Time zones to choose from: by region, with plain names and the present distance from UTC. Values stay the names of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext as _

Option = dict[str, Any]


def zone_options(first: Sequence[str], now: datetime) -> list[Option]:
    """The options of a list of time zones: those of ``first``, then a group for each region, with the distance from UTC at ``now``.

    Old names, second names of a zone and those outside the regions are not offered, except in ``first``.
    """
    regions = {
        "Africa": _("Africa"), "America": _("America"), "Antarctica": _("Antarctica"), "Arctic": _("Arctic"),
        "Asia": _("Asia"), "Atlantic": _("Atlantic"), "Australia": _("Australia"), "Europe": _("Europe"),
        "Indian": _("Indian Ocean"), "Pacific": _("Pacific"),
    }  # fmt: skip
    found: dict[str, list[Option]] = {region: [] for region in regions}
    for zone in _zones_of_countries() - set(first):
        region, _slash, place = zone.partition("/")
        if place and region in found:
            found[region].append(_option(zone, now))
    options: list[Option] = [_option(zone, now) for zone in dict.fromkeys(first)]
    for region, label in regions.items():
        options.append({"label": label, "options": sorted(found[region], key=itemgetter("label"))})
    return options


def zone_place(zone: str) -> str:
    """The place after which a zone is named, the smaller first: "Knox, Indiana"."""
    region, _slash, place = zone.replace("_", " ").partition("/")
    return ", ".join(reversed((place or region).split("/")))


@cache
def _zones_of_countries() -> frozenset[str]:
    """The zones that the database lists for the countries of the world, each under its present name alone."""
    listed = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[2] for line in listed if not line.startswith("#")) & available_timezones()


def _option(zone: str, now: datetime) -> Option:
    return {"value": zone, "label": f"{zone_place(zone)} ({_distance(zone, now)})"}


def _distance(zone: str, now: datetime) -> str:
    away = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    hours, minutes = divmod(abs(away) // timedelta(minutes=1), 60)
    sign = "−" if away < timedelta() else "+"
    return f"UTC{sign}{hours:02}:{minutes:02}"
