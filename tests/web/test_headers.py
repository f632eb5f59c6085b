from __future__ import annotations

import pytest

from tandem.web.cookies import cookie_name

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
EXPECTED = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@pytest.mark.parametrize(
    "path", ["/form", "/fail/404", "/boom", "/nowhere", "/own-cache", "/brand/x.css", "/style-guide"]
)
def test_every_answer_carries_the_headers(make_app, path):
    app = make_app()
    answer = app.test_client().get(path)

    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    assert "Strict-Transport-Security" not in answer.headers


def test_production_asks_for_https_from_then_on(make_app):
    answer = make_app("production").test_client().get("/form")

    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_a_page_for_someone_signed_in_is_stored_nowhere(app, client):
    with app.app_context():
        name = cookie_name("tandem-session")

    assert client.get("/form").headers["Cache-Control"] == "private, no-cache"
    client.set_cookie(name, "x")
    assert client.get("/form").headers["Cache-Control"] == "no-store"


def test_a_view_may_say_itself_what_may_be_kept(client):
    assert client.get("/own-cache").headers["Cache-Control"] == "public, max-age=60"


def test_the_style_guide_is_for_developers(make_app):
    paths = ("/style-guide", "/style-guide/form", "/style-guide/nonsense")

    assert [make_app("development").test_client().get(path).status_code for path in paths] == [200, 200, 404]
    assert [make_app("production").test_client().get(path).status_code for path in paths] == [404, 404, 404]


def test_insecure_cookies_are_refused_in_production(make_app):
    with pytest.raises(RuntimeError, match="COOKIE_PREFIX"):
        make_app("production", COOKIE_SECURE=False)
    with pytest.raises(RuntimeError, match="COOKIE_PREFIX"):
        make_app("production", COOKIE_PREFIX="")
    make_app("development", COOKIE_PREFIX="", COOKIE_SECURE=False)
