"""What applicants do with files, for the tests."""

from __future__ import annotations

import io

from tests.loop.walk import offers, version_on
from tests.pages import post

PDF, JPEG, PNG = b"%PDF-1.7\n%text", b"\xff\xd8\xff\xe0 photo", b"\x89PNG\r\n\x1a\n picture"

YEARS = {"payroll": 9}


def strict(program):
    """Years that an answer alone gives have to be shown; two files for each requirement, of a megabyte."""
    program["roles"]["mentor"]["eligibility"]["all"][0] |= {"evidence": "required"}
    program["review"]["evidence"] = {"most": 2, "max_mb": 1, "kinds": ["pdf", "jpeg", "png"]}


def sent(*files):
    return [(io.BytesIO(content), name) for name, content in files]


def experience(person, address, *files, **more):
    """Save the first section with files for its question."""
    place = f"{address}/sections/experience"
    data = {"version": version_on(person.browser.get(place)), **offers(YEARS)[0], "papers": sent(*files), **more}
    return post(person.browser, place, data, content_type="multipart/form-data")


def show(person, address, rule, *files, **more):
    """Send files that show a requirement."""
    return post(
        person.browser, f"{address}/evidence/{rule}", {"file": sent(*files), **more}, content_type="multipart/form-data"
    )


def rest(person, address):
    place = f"{address}/sections/availability"
    saved = post(person.browser, place, {"version": version_on(person.browser.get(place)), **offers(YEARS)[1]})
    assert saved.status_code == 303
    return f"{address}/check"
