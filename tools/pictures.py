"""The pictures of the README's guided tour, from the running demonstration: ``make demo`` in one terminal, this in another.

Usage: ``make pictures`` (needs Chromium). Each stop of the tour is one picture below ``docs/pictures``: a window, or phones side
by side. Where a page is found by a link, that of the first row is taken.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tandem.demo import sign_ins
from tandem.local.place import noted_environment
from tandem.settings import load_settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 800}


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees: ``who`` of ``association`` goes to ``path`` and follows ``links``, CSS selectors, one after the other.

    ``top`` names the element that the window is scrolled to.
    """

    association: str
    who: str
    path: str
    links: tuple[str, ...] = ()
    top: str = ""


#: The stops by the name of their picture: a single view is a window on a desk, several are phones.
TOUR: dict[str, tuple[View, ...]] = {
    "tour-1-program": (View("casbo", "", "/programs"),),
    "tour-2-member": (
        View("casbo", "member who never applied", "/programs/member-to-member/apply/mentee"),
        View("casbo", "mentee", "/home"),
        View(
            "casbo",
            "mentee",
            "/home",
            ("//main//a[starts-with(@href, '/mentorships/') and string-length(@href) = 49]",),
        ),
    ),
    "tour-3-staff-home": (View("casbo", "association staff", "/staff/"),),
    "tour-4-application": (View("casbo", "association staff", "/staff/applications/", ("tbody a",)),),
    "tour-5-match": (View("casbo", "association staff", "/staff/matching/", ("main a[href^='/staff/matching/']",)),),
    "tour-6-mentorships": (View("casbo", "association staff", "/staff/mentorships/"),),
    "tour-7-another": (
        View("atelier", "", "/programs"),
        View("atelier", "mentee", "/home"),
        View("atelier", "mentor", "/home"),
    ),
}


def main() -> None:
    """Take every picture of the tour."""
    os.environ.update(noted_environment())
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, views in TOUR.items():
            if len(views) == 1:
                picture = _picture(browser, views[0], DESK)
            else:
                picture = _side_by_side(browser, [_picture(browser, view, PHONE) for view in views])
            (PICTURES / f"{name}.png").write_bytes(picture)
            print(f"{name}.png: {len(picture) // 1000} kB")
        browser.close()


def _picture(browser: Browser, view: View, size: dict[str, int]) -> bytes:
    with _signed_in(browser, view, size) as (page, host):
        page.goto(f"{host}{view.path}")
        for link in view.links:
            page.goto(f"{host}{page.locator(link).first.get_attribute('href')}")
        if view.top:
            page.locator(view.top).first.evaluate("element => element.scrollIntoView()")
        page.evaluate("document.fonts.ready")
        return page.screenshot()


@contextmanager
def _signed_in(browser: Browser, view: View, size: dict[str, int]) -> Iterator[tuple[Page, str]]:
    """A window in which the view's person is signed in, and the address of their association."""
    settings = load_settings()
    host = settings.url_for_host(f"{view.association}.{settings.base_domain}", "").rstrip("/")
    context = browser.new_context(viewport=size, reduced_motion="reduce", color_scheme="light")
    page = context.new_page()
    if view.who:
        (person,) = [one for one in sign_ins(settings) if one.who == f"{view.association}: {view.who}"]
        page.goto(person.address)
        page.fill("input[name=email]", person.email)
        page.fill("input[name=password]", person.password)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
    yield page, host
    context.close()


def _side_by_side(browser: Browser, pictures: list[bytes]) -> bytes:
    gap, height = 28, PHONE["height"] + 56
    page = browser.new_page(viewport={"width": len(pictures) * (PHONE["width"] + gap) + gap, "height": height})
    shown = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(one).decode()}" style="border-radius:18px">'
        for one in pictures
    )
    page.set_content(
        f'<body style="margin:0;background:#e9e9e6;display:flex;gap:{gap}px;padding:{gap}px">{shown}</body>'
    )
    picture = page.screenshot()
    page.close()
    return picture


if __name__ == "__main__":
    main()
