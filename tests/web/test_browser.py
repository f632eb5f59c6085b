"""The style guide in Chromium: no finding of axe, nothing scrolls sideways, nothing the policy blocks."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tandem.web import Viewer
from tests.views import problems_in_every_view, thorough, widest_overflow

PAGES = ("components", "form", "home", "mentorship", "program", "staff", "review", "matching", "plain")
HOSTS = {"home": "violet", "mentorship": "violet", "staff": "violet", "plain": "plain"}

pytestmark = pytest.mark.browser


@pytest.fixture
def port(make_app, look):
    look.viewer = Viewer("Maya Okonfield", is_staff=True, unread=1)
    server = make_server("127.0.0.1", 0, make_app("development"), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.proof
def test_every_component_is_accessible(chromium, port):
    page = chromium.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    found = []
    for name in PAGES:
        page.goto(_address(port, name))
        found += [f"{name}: {problem}" for problem in problems_in_every_view(page, f"style-guide-{name}", dark=True)]
    page.close()

    assert found == []
    assert said == []


@pytest.mark.parametrize("width", [768, 320])
def test_no_page_scrolls_sideways(chromium, port, width):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    found = {}
    for name in PAGES:
        page.goto(_address(port, name))
        found[name] = widest_overflow(page)
    page.close()

    assert found == dict.fromkeys(PAGES, 0)


@pytest.mark.proof
def test_the_audit_sees_what_is_wrong(chromium, port):
    page = chromium.new_page()
    page.goto(_address(port, "form"))
    page.evaluate("document.querySelector('label[for=offer]').remove()")
    page.evaluate("document.querySelector('h1').style.color = 'light-dark(#111, #333)'")
    page.evaluate("document.querySelector('h1').style.width = '500px'")

    found = problems_in_every_view(page, "planted", dark=True)

    page.close()
    everywhere = {f"{size}, {scheme}: label" for size in ("phone", "desk") for scheme in ("light", "dark")}
    more = {"phone, dark: color-contrast", *everywhere} if thorough() else set()
    assert {re.split(r" [(\d]", problem)[0] for problem in found} == {
        "phone:", "desk, dark: color-contrast", "desk, light: label", *more
    }  # fmt: skip


def _address(port: int, name: str) -> str:
    return f"http://{HOSTS.get(name, 'green')}.localhost:{port}/style-guide/{name}"


def test_a_conditional_question_opens_with_its_answer_without_scripts(chromium, port):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://green.localhost:{port}/style-guide/form")

    assert page.get_by_label("Years in budgeting").is_hidden()
    page.get_by_role("checkbox", name="Budgeting").check()
    assert page.get_by_label("Years in budgeting").is_visible()
    context.close()


def test_a_theme_is_chosen_and_kept_without_scripts(chromium, port):
    context = chromium.new_context(java_script_enabled=False, color_scheme="light")
    page = context.new_page()
    page.goto(f"http://green.localhost:{port}/style-guide/home")
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.url.endswith("/style-guide/home")
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert sorted(cookies) == ["__Host-tandem-csrf", "__Host-tandem-theme"]
    assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies.values())
    context.close()


def test_characters_left_are_counted_while_typing(chromium, port):
    page = chromium.new_page()
    page.goto(f"http://green.localhost:{port}/style-guide/form")
    page.locator("#offer").fill("x" * 1010)

    assert page.locator("#offer-count").inner_text() == "You have 10 characters too many; 1,000 are taken."
    page.close()


def test_the_summary_of_errors_is_read_first(chromium, port):
    page = chromium.new_page()
    page.goto(f"http://green.localhost:{port}/style-guide/form")

    expect(page.locator(".td-errors")).to_be_focused()
    page.get_by_role("link", name="Enter how many years").click()
    expect(page.locator("#years-payroll")).to_be_focused()
    page.close()
