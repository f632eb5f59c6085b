"""Every kind of page of the running demonstration, in four views: phone and desk, light and dark.

Each sign-in of the demonstration follows the links from its home. Of the pages that show one object each, one stands for all.
Pictures and a list of what is wrong lie below ``test-results/pages``: a status of 400 or more, an error in the browser's
console, a page wider than its window or larger than 300 kB, more than 300 ms of processor time of all the demonstration's
processes for one answer (Linux alone tells), and what axe finds against WCAG 2.2 AA. Exits with 1 where something is wrong.

Usage: ``make demo`` in one terminal, ``make screenshots`` in another (needs Chromium).
"""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tandem.demo import sign_ins
from tandem.local.place import noted_environment
from tandem.settings import load_settings
from tests.views import problems_in_every_view

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "test-results" / "pages"
FETCH = """async path => { const answer = await fetch(path), type = answer.headers.get("content-type") || "";
    return [answer.status, answer.url, type.includes("html") ? await answer.text() : ""] }"""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/notices/every/)[a-z-]+")
_LINK = re.compile(r'href="(/[^"#]*)')
#: Nothing is to be seen there, or it changes who looks.
_LEFT_OUT = ("/static/", "/brand/", "/language", "/theme", "/sign-out")
#: How many addresses of one kind are followed for the links on them.
_FOLLOWED = 4
#: Bytes of a page before compression.
_LARGEST = 300_000
#: Seconds of processor time of one page, of Python and PostgreSQL together.
_DEAREST = 0.3


def demonstration() -> list[Path]:
    """The folders in /proc of this checkout's ``tandem demo`` and of all that it started; none where there is no /proc."""
    parents: dict[str, str] = {}
    found: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[folder.name] = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            arguments = (folder / "cmdline").read_text().split("\0")
            is_demo = arguments[2:3] == ["demo"] and arguments[1].endswith(".venv/bin/tandem")
            if is_demo and (folder / "cwd").resolve() == ROOT:
                found.add(folder.name)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return [Path("/proc") / pid for pid in found]


def processor_seconds() -> float:
    """Processor time that all threads of the demonstration have used so far."""
    nanoseconds = 0
    for folder in demonstration():
        for thread in folder.glob("task/*/schedstat"):
            with contextlib.suppress(OSError):
                nanoseconds += int(thread.read_text().split()[0])
    return nanoseconds / 1e9


def cost(page: Page, path: str) -> float:
    """Processor seconds of one answer: the least of up to three, for a job may run beside one, and the first warms up."""
    least = float("inf")
    for _ in range(3):
        before = processor_seconds()
        page.evaluate(FETCH, path)
        least = min(least, processor_seconds() - before)
        if least <= _DEAREST / 2:
            break
    return least


@dataclass
class Person:
    """Somebody who looks: a visitor has no address to sign in with."""

    who: str
    home: str
    email: str = ""
    password: str = ""
    pages: list[str] = field(default_factory=list)


def kind(path: str) -> str:
    """What all addresses of one kind of page have in common."""
    return _ID.sub(":id", path.partition("?")[0])


def look(browser: Browser, person: Person) -> tuple[BrowserContext, Page]:
    """A page of its own, signed in."""
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.goto(person.home)
    if person.email:
        if "/sign-in" not in page.url:
            page.goto(person.home.rstrip("/") + "/sign-in/password")
        page.fill("input[name=email]", person.email)
        page.fill("input[name=password]", person.password)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
    return context, page


def collect(
    browser: Browser, person: Person, seen: Counter[tuple[str, str]], costs: list[tuple[float, str]], wrong: list[str]
) -> None:
    """Follow the links from ``person``'s home, keep the first page of each kind that nobody had before, and what it costs."""
    context, page = look(browser, person)
    waiting = [page.evaluate("location.pathname")]
    known = set(waiting)
    kinds: Counter[str] = Counter()
    while waiting:
        status, address, content = page.evaluate(FETCH, waiting.pop(0))
        path = re.sub(r"^https?://[^/]+", "", address)
        if status >= 400:
            wrong.append(f"{person.who}: {path} answers {status}")
        if len(content.encode()) > _LARGEST:
            wrong.append(f"{person.who}: {path} has {len(content.encode()):,} bytes")
        if status >= 400 or not content:
            continue
        # Each home is its own kind: it shows what its person has.
        name = (person.home, kind(path) + (person.who if path in {"/home", "/staff/"} else ""))
        seen[name] += 1
        if seen[name] == 1:
            person.pages.append(path)
            costs.append((cost(page, path), f"{person.who}: {path}"))
        for link in (html.unescape(found) for found in _LINK.findall(content)):
            if link not in known and not link.startswith(_LEFT_OUT) and kinds[kind(link)] < _FOLLOWED:
                kinds[kind(link)] += 1
                known.add(link)
                waiting.append(link)
    context.close()


def take(browser: Browser, person: Person, wrong: list[str]) -> None:
    """Take the pictures of each of ``person``'s pages, in four views."""
    context, page = look(browser, person)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for number, path in enumerate(person.pages):
        said.clear()
        page.goto(re.sub(r"(https?://[^/]+).*", r"\1", person.home) + path)
        name = re.sub(r"[^a-z0-9]+", "-", f"{person.who}-{number:02}-{kind(path)}".lower()).strip("-")[:90]
        found = problems_in_every_view(page, name)
        # A letter as a mail program shows it has no icon, for which the browser then asks.
        found += [text for text in said if "404 (NOT FOUND)" not in text]
        wrong += [f"{person.who}: {path}: {text}" for text in found]
    context.close()


def main() -> int:
    """Walk, take the pictures, print what is wrong."""
    os.environ.update(noted_environment())
    settings = load_settings()
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    os.environ["TANDEM_SCREENSHOTS"] = str(PICTURES)
    people = [Person("visitor", settings.url_for_host(settings.base_domain))]
    for one in sign_ins(settings):
        home = re.sub(r"(https?://[^/]+).*", r"\1/", one.address)
        if not any(other.home == home for other in people):
            people.append(Person(f"{one.who.partition(':')[0]} visitor", home))
        people.append(Person(one.who, home, one.email, one.password))
    wrong: list[str] = []
    with sync_playwright() as playwright:
        chromium = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        seen: Counter[tuple[str, str]] = Counter()
        costs: list[tuple[float, str]] = []
        for person in people:
            collect(browser, person, seen, costs, wrong)
            take(browser, person, wrong)
            print(f"{person.who}: {len(person.pages)} pages", flush=True)
        browser.close()
    costs.sort(reverse=True)
    wrong += [
        f"{whose} takes {seconds * 1000:.0f} ms of processor time" for seconds, whose in costs if seconds > _DEAREST
    ]
    print(f"Processor time of {len(costs)} pages, the dearest:")
    print(*(f"  {seconds * 1000:4.0f} ms  {whose}" for seconds, whose in costs[:10]), sep="\n")
    (PICTURES / "wrong.txt").write_text("".join(f"{line}\n" for line in wrong))
    print(*wrong, sep="\n")
    pictures = len(list(PICTURES.glob("*.png")))
    print(f"{pictures} pictures in {PICTURES.relative_to(ROOT)}, {len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
