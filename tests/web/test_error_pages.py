from __future__ import annotations

import json
import logging

import pytest

STATUSES = (400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503)


@pytest.fixture
def client(make_app):
    return make_app().test_client()


@pytest.mark.parametrize("status", STATUSES)
def test_each_refusal_has_a_page_that_says_why_and_what_helps(client, status):
    # Whoever opens an address that only takes forms is led on, so that the 405 page is seen after other methods only.
    ask = client.delete if status == 405 else client.get
    answer = ask(f"/fail/{status}", base_url="http://green.localhost")

    assert answer.status_code == status
    assert answer.text.count("<h1") == 1
    assert "Association green" in answer.text
    assert "Go to the home page" in answer.text


def test_the_page_for_a_missing_thing_is_the_same_bytes_for_everyone(client):
    pages = {
        client.get(path, base_url="http://green.localhost").data for path in ("/fail/404", "/nowhere", "/other?x=1")
    }

    assert len(pages) == 1
    assert b"<form" not in pages.pop()


def test_a_fault_tells_nothing_of_itself_but_is_logged(client, caplog):
    with caplog.at_level(logging.ERROR):
        answer = client.get("/boom")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_a_view_gives_its_own_reason(client):
    assert "Only the chair may waive this rule." in client.get("/refuse/403").text
    assert "Only the chair may waive this rule." in client.get("/refuse/409").text
    assert "Only the chair" not in client.get("/refuse/404").text


@pytest.mark.parametrize("path", ["/form/decision/409", "/form/decision/409?x=1"])
def test_the_address_of_a_sent_form_leads_to_its_page(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer.location, answer.data) == (303, "/form", b"")


def test_odd_characters_of_an_address_are_kept_as_they_came(client):
    answer = client.get("/named/a%0Ab%0D%C3%A9/close")

    assert (answer.status_code, answer.location) == (303, "/named/a%0Ab%0D%C3%A9")


def test_a_conflict_leads_back_to_the_page_and_gives_long_texts_back(client):
    typed = "We would like to see the letter of the agency first."
    page = client.get("/form").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post("/form/decision/409", data={"csrf_token": token, "reason": typed, "short": "No."})

    assert answer.status_code == 409
    assert 'href="/form"' in answer.text
    assert "Open the page again" in answer.text
    assert typed in answer.text
    assert "No.</textarea>" not in answer.text


def test_the_wrong_method_says_which_ones_are_taken(client):
    answer = client.delete("/form")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_an_api_gets_the_same_words_as_json(client):
    answer = client.get("/api/nothing")

    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert sorted(json.loads(answer.data)) == ["detail", "help", "status", "title"]


def test_what_was_typed_is_given_back_with_a_stale_form(client):
    typed = {"body": "A long thought that took a while. <b>", "name": "Ada", "password": "a-secret-that-is-long-enough"}

    own = client.post("/form", base_url="http://green.localhost", data=typed)
    foreign = client.post(
        "/form", base_url="http://green.localhost", data=typed, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert (own.status_code, foreign.status_code) == (400, 400)
    assert own.text.count("A long thought that took a while. &lt;b&gt;") == 1
    assert own.text.count("<textarea") == 1
    assert "a-secret-that" not in own.text
    assert "<textarea" not in foreign.text
