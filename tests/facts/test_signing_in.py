"""Each association signs its members in by itself: own address, look, e-mail link and password (P1a)."""

from __future__ import annotations

import re

import pytest

from tests.app_fixtures import client_at
from tests.loop.stage import set_stage
from tests.loop.walk import a_person
from tests.mail_server import words_of
from tests.pages import post, text_of

PASSWORD = "granite teapot window nine"
OWN_COLOUR = "#0b4f6c"


@pytest.fixture(scope="module")
def two(app, mail, tmp_path_factory):
    """Two associations, with a member each."""
    first = set_stage(app, "casbo", tmp_path_factory.mktemp("first"))
    second = set_stage(app, "atelier", tmp_path_factory.mktemp("second"))
    return (first, a_person(first, "Mena")), (second, a_person(second, "Colette", type="compagnon"))


def a_browser(stage):
    return client_at(stage.app, stage.scope.hostname)


def ask_for_a_link(stage, browser, email):
    asked = post(browser, "/sign-in", {"email": email})
    assert asked.status_code == 303
    stage.work()
    stage.work()


def without_a_look(association):
    del association["brand"]


def styles(stage):
    """The stylesheet that the association's pages name as its own, or nothing."""
    page = a_browser(stage).get("/sign-in").get_data(as_text=True)
    found = re.search(r'href="(/brand/[^"]+\.css)"', page)
    return a_browser(stage).get(found[1]).get_data(as_text=True) if found else ""


@pytest.mark.fact("P1a")
def test_a_link_in_an_e_mail_signs_in_at_the_own_address(two, mail):
    (stage, member), (other, _) = two
    browser = a_browser(stage)
    assert browser.get("/home").location.startswith("/sign-in")

    ask_for_a_link(stage, browser, member.email)
    (message,) = mail.to(member.email)
    address = re.search(r"http://(\S+?)(/sign-in/link/[A-Za-z0-9_-]+)", words_of(message))
    assert address[1] == stage.scope.hostname
    assert a_browser(other).get(address[2]).status_code == 410
    assert browser.get(address[2]).status_code == 200
    assert post(browser, address[2]).status_code == 303

    assert member.name in text_of(browser.get("/home"))


@pytest.mark.fact("P1a")
def test_a_password_signs_in_there_and_nowhere_else(two):
    (stage, member), (other, _) = two
    kept = post(member.browser, "/account/password", {"new": PASSWORD, "again": PASSWORD})
    assert kept.status_code == 303, text_of(kept)
    typed = {"email": member.email, "password": PASSWORD}

    here, there, wrong = a_browser(stage), a_browser(other), a_browser(stage)

    assert post(here, "/sign-in/password", typed).status_code == 303
    assert member.name in text_of(here.get("/home"))
    assert post(there, "/sign-in/password", typed).status_code == 422
    assert there.get("/home").location.startswith("/sign-in")
    assert post(wrong, "/sign-in/password", {**typed, "password": PASSWORD + "!"}).status_code == 422


@pytest.mark.fact("P1a")
def test_nobody_elses_members_are_written_to(two, mail):
    (stage, _), (_, stranger) = two
    before = len(mail.messages)

    ask_for_a_link(stage, a_browser(stage), stranger.email)
    ask_for_a_link(stage, a_browser(stage), "nobody@example.org")

    assert len(mail.messages) == before


@pytest.mark.fact("P1a")
def test_each_has_its_own_look_and_name(two):
    (first, _), (second, _) = two

    assert OWN_COLOUR in styles(first)
    assert OWN_COLOUR not in styles(second)
    assert "California Association of School Business Officials" in text_of(a_browser(first).get("/sign-in"))
    assert "Compagnie des ateliers de Valmoray" in text_of(a_browser(second).get("/sign-in"))
    assert a_browser(second).get("/sign-in").get_data(as_text=True).partition('lang="')[2].startswith("fr")


@pytest.mark.control("P1a")
def test_without_its_look_the_pages_have_the_platforms(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, association=without_a_look)

    assert OWN_COLOUR not in styles(stage)
