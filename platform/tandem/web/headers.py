"""Security headers of every response, and what may be kept in a cache."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from tandem.web import cookies

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Tabler and our stylesheet draw ticks and arrows as data: images.
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in _POLICY.items())

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Our own pages see where a form was sent from; no other site learns which page led to it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=63072000; includeSubDomains"


def init_headers(app: Flask) -> None:
    """Add the headers after each request. ``HEADERS_SIGNED_IN_COOKIE`` names identity's session cookie."""
    app.config.setdefault("HEADERS_SIGNED_IN_COOKIE", "tandem-session")
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Set the headers that a view has not set itself. A page for someone signed in is never stored anywhere."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if current_app.config["TANDEM_ENV"] == "production":
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if _signed_in(response) else "private, no-cache"
    return response


def _signed_in(response: Response) -> bool:
    # The cookie alone decides: asking the database here would cost every response a statement. A sign-in sets it,
    # so the answer that does is held back as well.
    name = cookies.cookie_name(current_app.config["HEADERS_SIGNED_IN_COOKIE"])
    return name in request.cookies or any(
        line.startswith(f"{name}=") for line in response.headers.getlist("Set-Cookie")
    )
