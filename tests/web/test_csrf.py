from __future__ import annotations

import re

HOST = "http://green.localhost"


def _token(client) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get("/form", base_url=HOST).text)[1]


def _post(client, token, **headers):
    return client.post("/form", base_url=HOST, data={"csrf_token": token}, headers=headers)


def test_a_form_with_its_token_is_taken(client):
    token = _token(client)

    assert _post(client, token).text == "taken"
    assert _post(client, token, Origin=HOST, **{"Sec-Fetch-Site": "same-origin"}).text == "taken"


def test_a_form_without_its_token_is_refused(client):
    _token(client)

    answer = client.post("/form", base_url=HOST)

    assert answer.status_code == 400
    assert "This form was no longer valid" in answer.text


def test_a_token_of_another_browser_is_refused(app):
    token = _token(app.test_client())

    assert _post(app.test_client(), token).status_code == 400


def test_a_request_from_another_origin_is_refused_though_it_has_the_token(client):
    token = _token(client)

    assert _post(client, token, Origin="http://violet.localhost").status_code == 400
    assert _post(client, token, Origin="null").status_code == 400
    assert _post(client, token, **{"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert _post(client, token, **{"Sec-Fetch-Site": "same-site"}).status_code == 400


def test_a_token_dies_with_the_sign_in(client, look):
    before = _token(client)

    look.signed_in_key = "session-1"
    assert _post(client, before).status_code == 400
    during = _token(client)
    assert _post(client, during).text == "taken"

    look.signed_in_key = "session-2"
    assert _post(client, during).status_code == 400

    look.signed_in_key = None
    assert _post(client, _token(client)).text == "taken"


def test_an_exempted_view_takes_requests_of_machines(client):
    assert client.post("/hook", base_url=HOST).text == "taken"


def test_the_cookie_is_for_this_host_alone(client):
    cookie = client.get("/form", base_url=HOST).headers["Set-Cookie"]

    assert cookie.startswith("__Host-tandem-csrf=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_reading_a_page_without_a_form_sets_no_cookie(client):
    assert "Set-Cookie" not in client.get("/own-cache", base_url=HOST).headers
