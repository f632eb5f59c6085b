"""The markup of notices: HTML and plain text from one source, and what people typed never counts as markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.notices.markup import lines_kept, linked, quote, to_html, to_line, to_text, wrapped


def test_paragraph_of_one_link_is_a_button():
    source = "[Open your mentorship](https://a.example/m/1)"

    assert to_html(source) == '<p><a href="https://a.example/m/1" class="button">Open your mentorship</a></p>\n'
    assert to_text(source) == "Open your mentorship:\nhttps://a.example/m/1"


def test_link_within_a_sentence_keeps_its_address_in_text():
    assert to_text("Read [the guide](https://a.example/g) first.") == "Read the guide (https://a.example/g) first."
    assert to_text("Write to [a@b.example](mailto:a@b.example).") == "Write to a@b.example."


def test_mail_is_wrapped_and_addresses_are_not():
    address = "https://a.example/" + "x" * 100
    said = wrapped(to_text(f"{'word ' * 40}\n\n<{address}>\n\n- {'item ' * 20}"))

    paragraph, kept, item = said.split("\n\n")
    assert max(len(line) for line in paragraph.split("\n")) <= 76
    assert kept == address
    assert item == f"- {'item ' * 14}item\n  {'item ' * 4}item"


def test_lists_keep_their_signs():
    assert to_text("Bring:\n\n- pen\n- paper\n\nThen come.") == "Bring:\n\n- pen\n- paper\n\nThen come."
    assert to_text("1. first\n2. second") == "1. first\n2. second"


@pytest.mark.parametrize(
    "source", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
               "[x](javascript:alert(1))", "[x](data:text/html,y)"],
)  # fmt: skip
def test_html_and_hostile_links_do_not_pass(source):
    html = to_html(source)

    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


@pytest.mark.parametrize(
    "typed",
    ["# no heading", "- no item", "1. no item", "*plain*", "[a](https://x.example)", "<b>bold</b>", "a & b &amp; c", "`code`",
     "> quoted", "---", "two\nlines", "two\n\nparagraphs", "back\\slash", "{link}", "https://x.example/a_b_c", "100 %(x)s"],
)  # fmt: skip
def test_what_people_typed_reads_as_they_typed_it(typed):
    assert to_text(quote(typed)) == typed
    html = to_html(quote(typed))
    assert "<a" not in html
    assert "<h" not in html
    assert "<li" not in html
    assert "<b>" not in html


@given(st.text(max_size=200))
def test_no_typed_text_becomes_a_sign(typed):
    """Whatever is typed: paragraphs and line breaks are all that comes of it."""
    tags = set(to_html(quote(typed)).replace("<p>", "").replace("</p>", "").replace("<br>", "").split("<")[1:])

    assert tags == set()
    assert "\n" not in to_line(quote(typed))
    assert to_text(quote(typed)).split() == [
        word for word in "".join(_visible(character) for character in typed).split() if word
    ]


def _visible(character: str) -> str:
    return " " if ord(character) < 32 or character in "\x7f\u2028\u2029" else character


def test_bare_address_becomes_a_link_and_no_button():
    source = linked("Your application: https://a.localhost/applications/1. [Open](https://a.localhost/2)")

    assert (
        to_html(source).count('<a href="https://a.localhost/applications/1">https://a.localhost/applications/1</a>.')
        == 1
    )
    assert to_text(source) == "Your application: https://a.localhost/applications/1. Open (https://a.localhost/2)"
    assert 'class="button"' not in to_html(linked("https://a.localhost/1"))


def test_lines_of_an_address_are_kept():
    assert (
        to_text(lines_kept("The office\n12 Quay Street\n\nWrite to us."))
        == "The office\n12 Quay Street\n\nWrite to us."
    )
    assert "The office<br>" in to_html(lines_kept("The office\n12 Quay Street"))
