"""The pages of hosts that have no association to show: nobody's host, and one that was told to rest."""

from __future__ import annotations

from flask import Response, render_template

from tandem.settings import Settings


def unknown_host_page(settings: Settings) -> Response:
    """Nobody's host: 404, with the way to the finder."""
    body = render_template("edge/unknown_host.html", finder_url=settings.url_for_host(settings.base_domain))
    return Response(body, status=404)


def suspended_page(name: str, settings: Settings) -> Response:
    """A suspended association's host: 503, whatever was asked for."""
    body = render_template("edge/suspended.html", name=name, finder_url=settings.url_for_host(settings.base_domain))
    return Response(body, status=503)
