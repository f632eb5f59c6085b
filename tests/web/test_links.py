"""Addresses in what people write become links, and nothing that they write becomes anything else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tandem.web.links import with_links

REL = 'rel="noopener noreferrer nofollow"'


class Parsed(HTMLParser):
    """The elements of a piece of HTML, with their attributes, and its text."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.text = [], ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("See https://example.org/a?b=1&c=2#d.", "https://example.org/a?b=1&c=2#d"),
        ("(https://example.org/Mentor_(book))", "https://example.org/Mentor_(book)"),
        ("HTTP://EXAMPLE.ORG, please", "HTTP://EXAMPLE.ORG"),
        ("« https://example.org/é »", "https://example.org/é"),
        ("https://example.org:8080/!", "https://example.org:8080/"),
        ('<a href="https://example.org/">', "https://example.org/"),
    ],
)
def test_an_address_is_a_link_without_what_closes_the_sentence(written, address):
    parsed = Parsed(str(with_links(written)))
    assert parsed.elements == [("a", {"href": address, "rel": "noopener noreferrer nofollow"})]
    assert parsed.text == written


@pytest.mark.parametrize(
    "written",
    [
        "", "plain", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "ftp://example.org/", "//example.org/",
        "www.example.org", "somebody@example.org", "https://", "http://?", "https:///path", "xhttps://example.org/",
        "https://bank.example@elsewhere.example/", "https://example.org:port/", "https://[::1/", "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>", "&lt;b&gt; & \"quoted\" 'single'",
    ],
)  # fmt: skip
def test_anything_else_stays_text(written):
    parsed = Parsed(str(with_links(written)))
    assert (parsed.elements, parsed.text) == ([], written)


@pytest.mark.parametrize(
    "written",
    [
        'https://example.org/"onmouseover="alert(1)', "https://example.org/'onclick='x", "https://example.org/<script>alert(1)</script>",
        "https://example.org/`x`", "https://example.org/\u202egro.elpmaxe", "https://example.org/\u200b.evil.example",
    ],
)  # fmt: skip
def test_an_address_ends_where_it_could_become_something_else(written):
    parsed = Parsed(str(with_links(written)))
    assert parsed.elements == [("a", {"href": "https://example.org/", "rel": "noopener noreferrer nofollow"})]
    assert parsed.text == written


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["https://", "http://", "a.example", "/", '"', "'", "<", ">", "&", ";", "@", ":", "(", ")", "]", "[", " ", "\n", "javascript:", "onx=", "é", "\u202e", "."])).map("".join))  # fmt: skip
def test_whatever_is_written_reads_the_same_and_holds_only_links(written):
    made = str(with_links(written))
    parsed = Parsed(made)
    assert parsed.text == written
    for tag, attributes in parsed.elements:
        assert (tag, set(attributes)) == ("a", {"href", "rel"})
        assert re.match(r"(?i)https?://[^\s<>\"']+$", attributes["href"])
    assert made.count("<a ") == made.count(REL)


def test_nothing_given_is_nothing():
    assert str(with_links(None)) == ""
