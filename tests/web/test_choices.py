from __future__ import annotations

import re

import pytest

from tandem.web import Viewer, safe_target

HOST = "http://green.localhost"


@pytest.fixture
def client(make_app):
    return make_app(WTF_CSRF_ENABLED=False).test_client()


def _html(client) -> str:
    return re.search("<html[^>]*>", client.get("/form", base_url=HOST).text)[0]


def test_the_device_decides_until_someone_chooses(client):
    assert _html(client) == '<html lang="en" dir="ltr">'

    answer = client.post("/theme", base_url=HOST, data={"theme": "dark", "next": "/form?page=2"})
    assert (answer.status_code, answer.location) == (303, "/form?page=2")
    assert _html(client) == '<html lang="en" dir="ltr" data-bs-theme="dark">'

    client.post("/theme", base_url=HOST, data={"theme": ""})
    assert _html(client) == '<html lang="en" dir="ltr">'


def test_a_language_of_the_association_can_be_chosen(client):
    assert client.post("/language", base_url=HOST, data={"language": "fr"}).status_code == 303
    assert _html(client) == '<html lang="fr" dir="ltr">'


def test_the_associations_language_is_the_default(client, look):
    look.language = "fr"

    assert _html(client) == '<html lang="fr" dir="ltr">'


def test_a_language_the_association_does_not_offer_is_not_shown(client, look):
    client.post("/language", base_url=HOST, data={"language": "fr"})
    look.languages = ("en",)

    assert _html(client) == '<html lang="en" dir="ltr">'


def test_the_accounts_choice_goes_with_the_person(client, look):
    look.viewer = Viewer("Ada Example", language="fr", theme="light")

    assert _html(client) == '<html lang="fr" dir="ltr" data-bs-theme="light">'


def test_a_choice_is_kept_with_the_account(client, look):
    client.post("/theme", base_url=HOST, data={"theme": "dark"})
    look.viewer = Viewer("Ada Example")
    client.post("/theme", base_url=HOST, data={"theme": "light"})
    client.post("/language", base_url=HOST, data={"language": "fr"})

    assert look.saved == [("theme", "light"), ("language", "fr")]


@pytest.mark.parametrize("data", [{"theme": "neon"}, {"theme": "x" * 5000}])
def test_an_unknown_theme_is_refused(client, data):
    assert client.post("/theme", base_url=HOST, data=data).status_code == 422


@pytest.mark.parametrize("data", [{}, {"language": ""}, {"language": "de"}, {"language": "../../en"}])
def test_an_unknown_language_is_refused(client, data):
    assert client.post("/language", base_url=HOST, data=data).status_code == 422


@pytest.mark.parametrize(
    "target",
    ["", None, "https://evil.example", "//evil.example", "/\\evil.example", "\\/evil", "javascript:alert(1)", "page",
     "/a\nSet-Cookie: x", "/\t/evil.example", "http:/evil"],
)  # fmt: skip
def test_nobody_is_sent_to_another_place(target):
    assert safe_target(target) == "/"


@pytest.mark.parametrize("target", ["/", "/staff/people?page=2", "/programs/x#top", "/a//b"])
def test_a_page_of_this_host_is_returned_to(target):
    assert safe_target(target, "/home") == target
