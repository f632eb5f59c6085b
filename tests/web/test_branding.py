from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tandem.web.assets import Assets
from tandem.web.branding import (
    MODES,
    SURFACES,
    BrandError,
    brand_digest,
    brand_mark,
    brand_stylesheet,
    check_brand,
    mail_colours,
    read_brand,
)
from tandem.web.colours import contrast, mix

COMPLETE = {
    "mark": "book",
    "font": "serif",
    "weight": 560,
    "tracking": -0.012,
    "light": {
        "brand": "#0F5848", "on_brand": "#ffffff", "ink": "#0d5344", "accent": "#d0a24c", "banner": "#0f5848",
        "on_banner": "#ffffff",
    },
    "dark": {
        "brand": "#79cdb6", "on_brand": "#04231c", "ink": "#8ad7c2", "accent": "#d0a24c", "banner": "#0d3a31",
        "on_banner": "#ffffff",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_request(app):
    with app.test_request_context(base_url="http://green.localhost"):
        yield


def test_the_stylesheet_sets_the_associations_values_alone():
    assert brand_stylesheet(COMPLETE) == (
        ":root {\n"
        "  --assoc-brand: light-dark(#0f5848, #79cdb6);\n"
        "  --assoc-on-brand: light-dark(#ffffff, #04231c);\n"
        "  --assoc-ink: light-dark(#0d5344, #8ad7c2);\n"
        "  --assoc-accent: light-dark(#d0a24c, #d0a24c);\n"
        "  --assoc-banner: light-dark(#0f5848, #0d3a31);\n"
        "  --assoc-on-banner: light-dark(#ffffff, #ffffff);\n"
        '  --assoc-display: "Source Serif 4 Variable", Georgia, "Times New Roman", serif;\n'
        "  --assoc-display-weight: 560;\n"
        "  --assoc-display-tracking: -0.012em;\n"
        "}\n"
    )
    assert check_brand(COMPLETE) == []


@pytest.mark.parametrize(
    ("brand", "path"),
    [
        ({"colour": "#123456"}, "colour"),
        ({"light": {"brand": "red"}}, "light.brand"),
        ({"light": {"brand": "#12345"}}, "light.brand"),
        ({"light": {"brand": "#123456\n"}}, "light.brand"),
        ({"light": {"brand": "#123456;} body{display:none"}}, "light.brand"),
        ({"light": {"brand": 123456}}, "light.brand"),
        ({"light": {"shade": "#123456"}}, "light.shade"),
        ({"dark": "#123456"}, "dark"),
        ({"font": "url(evil)"}, "font"),
        ({"font": ["serif"]}, "font"),
        ({"weight": "600"}, "weight"),
        ({"weight": True}, "weight"),
        ({"weight": 900}, "weight"),
        ({"tracking": "0em;}"}, "tracking"),
        ({"tracking": 0.4}, "tracking"),
        ({"mark": "<svg>"}, "mark"),
    ],
)
def test_what_is_malformed_is_refused_where_it_stands(brand, path):
    with pytest.raises(BrandError) as refusal:
        brand_stylesheet(brand)

    assert refusal.value.path == path


def test_pale_text_on_the_brand_is_refused_with_a_colour_that_would_do():
    brand = {**COMPLETE, "light": {**COMPLETE["light"], "on_brand": "#4a8f80"}}

    (problem,) = check_brand(brand)

    assert problem.path == "light.on_brand"
    assert "contrast 2.20, at least 4.5" in problem.message
    assert contrast(problem.suggestion, "#0f5848") >= 4.5


def test_pale_ink_on_the_tint_is_refused_with_a_colour_that_would_do():
    brand = {**COMPLETE, "light": {**COMPLETE["light"], "ink": "#4fa391"}}

    (problem,) = check_brand(brand)

    assert problem.path == "light.ink"
    assert contrast(problem.suggestion, mix("#0f5848", "#ffffff", 0.08)) >= 4.5


@given(st.integers(0, 0xFFFFFF))
@example(0x008FEC)
def test_any_brand_colour_makes_a_legible_look_once_its_suggestions_are_taken(number):
    brand = {"light": {"brand": f"#{number:06x}"}}
    for _round in range(2):
        problems = check_brand(brand)
        assert all(problem.suggestion for problem in problems)
        for problem in problems:
            if problem.path == "light.brand":
                brand = {"light": {"brand": problem.suggestion}}

    assert check_brand(brand) == []


def test_an_empty_brand_is_legible():
    assert check_brand({}) == []


def test_the_digest_follows_the_stylesheet():
    other = {**COMPLETE, "weight": 600}

    assert brand_digest(COMPLETE) == brand_digest(dict(reversed(COMPLETE.items())))
    assert brand_digest(COMPLETE) != brand_digest(other)


def test_the_checks_know_the_surfaces_of_the_stylesheet():
    sheet = Assets().read("tandem.css").decode()
    names = ("canvas", "surface", "sunken")
    found = [re.search(rf"--td-{name}:\s*light-dark\((#\w+), (#\w+)\)", sheet).groups() for name in names]

    assert {mode: tuple(pair[MODES.index(mode)] for pair in found) for mode in MODES} == SURFACES


def test_mail_has_the_light_colours():
    assert mail_colours(COMPLETE) == read_brand(COMPLETE).colours["light"]
    assert brand_mark({"mark": "nonsense"}) == "monogram"


def test_each_host_has_its_own_stylesheet(client):
    green = client.get("/form", base_url="http://green.localhost").text
    violet = client.get("/form", base_url="http://violet.localhost").text
    addresses = [re.search(r"/brand/\w+\.css", page)[0] for page in (green, violet)]

    answers = [
        client.get(address, base_url=f"http://{name}.localhost")
        for address, name in zip(addresses, ("green", "violet"), strict=True)
    ]

    assert addresses[0] != addresses[1]
    assert ["#0f5848" in answers[0].text, "#0f5848" in answers[1].text] == [True, False]
    assert answers[0].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answers[0].mimetype == "text/css"


def test_an_old_address_leads_to_the_present_stylesheet(client):
    answer = client.get("/brand/0123456789ab.css", base_url="http://green.localhost")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    assert client.get(answer.location, base_url="http://green.localhost").status_code == 200


def test_a_host_without_a_brand_has_no_stylesheet(client):
    assert "/brand/" not in client.get("/form", base_url="http://plain.localhost").text
    assert client.get("/brand/0123456789ab.css", base_url="http://plain.localhost").status_code == 404
