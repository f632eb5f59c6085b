"""Pictures of the running demonstration for the README: ``make demo`` in one terminal, this in another.

Usage: python tools/pictures.py [PORT [ASSOCIATION]] (needs Chromium).
"""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tandem.demo import seasons
from tandem.demo.stage import PASSWORD

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def signed_in(browser: Browser, host: str, email: str) -> Page:
    """A page on which ``email`` is signed in at ``host``."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(f"http://{host}/sign-in/password")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return page


def main() -> None:
    """Take the program page, a match run and the members' list, and lay them side by side."""
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    slug = next(name for name in seasons() if name == (sys.argv[2] if len(sys.argv) > 2 else "casbo"))
    host = f"{slug}.localhost:{port}"
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"http://{host}/programs")
        shots = [page.screenshot(path=PICTURES / "program.png")]
        staff = signed_in(browser, host, f"staff@{slug}.example")
        for name, path in (("staff-home", "/staff/"), ("applications", "/staff/applications/")):
            staff.goto(f"http://{host}{path}")
            shots.append(staff.screenshot(path=PICTURES / f"{name}.png"))
        staff.click("tbody a")
        staff.wait_for_load_state()
        staff.screenshot(path=PICTURES / "review.png")
        sheet = browser.new_page(viewport={"width": 1600, "height": 560})
        pictures = "".join(
            f'<img src="data:image/png;base64,{_base64(PICTURES / f"{name}.png")}" width="780">'
            for name in ("program", "review")
        )
        sheet.set_content(
            f'<body style="margin:0;background:#e9e9e6;display:flex;gap:12px;padding:14px">{pictures}</body>'
        )
        sheet.screenshot(path=PICTURES / "tour.png")
        browser.close()


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


if __name__ == "__main__":
    main()
