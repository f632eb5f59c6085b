"""Reading everything that somebody can reach: every list, every page that a page links to, every file."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from werkzeug.test import TestResponse

from tests.app_fixtures import IsolatedClient
from tests.selection import examples

_LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: Nothing is to be read there, or what is there is the same for everybody, or it shows letters with the data of whomever one
#: chooses, in every language, which has no end.
_LEFT_OUT = ("/static/", "/brand/", "/language", "/theme", "/style-guide", "/sign-out", "/staff/notices/every/")

_VALUE = re.compile(r"=[^&]*")
_EXAMPLES = examples(1, 2)

MISSING = UUID("01890000-0000-7000-8000-000000000000")


def crawl(browser: IsolatedClient, starts: Iterable[str] = ("/", "/staff/"), *, limit: int = 400) -> dict[str, str]:
    """Every page and file that ``browser`` reaches by links from ``starts``: address → content.

    Fails on a page that breaks or a link that leads nowhere.
    """
    found: dict[str, str] = {}
    waiting = list(starts)
    seen = set(waiting)
    asked: Counter[str] = Counter()
    while waiting:
        address = waiting.pop(0)
        page = browser.get(address)
        if page.status_code in {302, 303, 308}:
            links = [page.location]
        elif page.status_code == 403 and "/apply/" in address:
            continue  # Somebody on the staff who is no member reads there that they cannot apply.
        else:
            assert page.status_code == 200, f"{address} answers {page.status_code}"
            found[address] = _content(page)
            links = (
                [html.unescape(link) for link in _LINK.findall(found[address])] if page.mimetype == "text/html" else []
            )
        for link in links:
            local = link.partition("#")[0]
            if local.startswith("/") and not local.startswith(_LEFT_OUT) and local not in seen:
                seen.add(local)
                # Every object has a page of its own; of a list filtered by other values some examples will do.
                asked[_VALUE.sub("=", local)] += "?" in local
                if asked[_VALUE.sub("=", local)] <= _EXAMPLES:
                    waiting.append(local)
        assert len(found) <= limit, "There is no end to the pages."
    return found


def _content(page: TestResponse) -> str:
    """What a page or file says; of a spreadsheet the texts in its cells."""
    if page.mimetype.endswith("sheet"):
        with zipfile.ZipFile(io.BytesIO(page.get_data())) as book:
            return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    return page.get_data(as_text=True)


def addresses_of_objects(pages: Mapping[str, str]) -> set[str]:
    """The addresses that name an object in their path."""
    return {address for address in pages if _ID.search(address.partition("?")[0])}


def of_a_missing_object(address: str) -> str:
    """The same address for an object that does not exist."""
    return _ID.sub(str(MISSING), address)


def ids_in(addresses: Iterable[str]) -> set[str]:
    """Every id in some addresses."""
    return {found for address in addresses for found in _ID.findall(address)}
