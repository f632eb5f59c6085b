"""How a page looks and reads to everybody: phone and desk, light and dark, and what axe finds in each of the four views."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).with_name("vendor") / "axe.min.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: What axe can find in dark colours that it did not find on the same page in light ones.
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
_RUN = """([kind, values]) => axe.run(document, {
    runOnly: {type: kind, values}, resultTypes: ["violations"], preload: false})"""

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
SCHEMES = ("light", "dark")


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


def accessibility_problems(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands: one line for each rule and element.

    ``rules`` asks for these alone.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_axe())
    result = page.evaluate(_RUN, ["rule", rules] if rules else ["tag", _WCAG])
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {' '.join(node['target'])}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def widest_overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 when nothing has to be scrolled sideways."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def thorough() -> bool:
    """Whether everything is to be proven or pictures are taken, so that no view is left out."""
    return bool(os.environ.get("TANDEM_PROVE") or os.environ.get("TANDEM_SCREENSHOTS"))


def take_picture(page: Page, name: str) -> None:
    """Leave a picture of the whole page in the folder that ``TANDEM_SCREENSHOTS`` names, if it names one."""
    if folder := os.environ.get("TANDEM_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def problems_in_every_view(page: Page, picture: str, *, dark: bool = False) -> list[str]:
    """What is wrong with the page as it stands, in four views: what axe finds, and what has to be scrolled sideways.

    The page is not loaded again: its layout follows the window by itself. Axe looks at it on the desk in light colours. Where
    nothing else is asked for, the phone shows only whether it fits, and dark colours are left out: they come from few tokens,
    which the style guide shows together on the desk (``dark=True``). Where everything is proven or pictures are taken, axe looks at
    everything in all four views. Leaves the page on the desk, in light colours; ``picture`` begins the names of the four
    pictures (:func:`take_picture`).
    """
    found = []
    page.wait_for_load_state()
    everything = thorough()
    for size in ("phone", "desk"):
        page.set_viewport_size(SIZES[size])
        for scheme in ("dark", "light") if everything or (dark and size == "desk") else ("light",):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            take_picture(page, f"{picture}-{size}-{scheme}")
            if everything or size == "desk":
                rules = _OF_COLOURS if scheme == "dark" and not everything else None
                found += [f"{size}, {scheme}: {problem}" for problem in accessibility_problems(page, rules)]
        if wide := widest_overflow(page):
            found.append(f"{size}: {wide} px too wide")
    return found
