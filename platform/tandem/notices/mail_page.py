"""Showing the HTML of a mail as a page: alone in a sandbox, with just the styles that it came with.

A mail carries its styles on its elements, which our policy for pages forbids. Rather than loosening that, this page names the
hash of each style it holds, and the sandbox takes scripts, forms and our cookies away.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html.parser import HTMLParser

from flask import Response

from tandem.web.assets import STATIC_ROOT
from tandem.web.headers import CONTENT_SECURITY_POLICY


class _Styles(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "style"
        self.found.update(value for name, value in attrs if name == "style" and value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.add(data)


def html_page(html: str, *, framed: bool = False) -> Response:
    """A response with ``html`` alone, that can load nothing, run nothing and submit nothing. Its links can be followed.

    With ``framed`` a page of ours may show it inside itself: see ``frames_mail``.
    """
    styles = _Styles()
    styles.feed(html)
    hashes = " ".join(f"'sha256-{_hash(style)}'" for style in sorted(styles.found))
    style_source = f"'unsafe-hashes' {hashes}" if hashes else "'none'"
    around = "'self'" if framed else "'none'"
    # A browser asks for the icon by itself where a page names none, and the policy refuses that; so the page brings it along.
    response = Response(html if framed else html.replace("</head>", f"{_icon()}</head>", 1), mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style_source}; img-src data:; form-action 'none'; base-uri 'none'; "
        f"frame-ancestors {around}; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    )
    if framed:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def frames_mail(page: str) -> Response:
    """A page of ours that shows a mail inside itself: the one place where our policy lets a frame be."""
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


@cache
def _icon() -> str:
    drawn = base64.b64encode((STATIC_ROOT / "favicon.svg").read_bytes()).decode()
    return f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{drawn}">'


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
