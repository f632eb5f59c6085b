"""The guide for staff uses the words that stand on the pages."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "platform/tandem/translations/fr/LC_MESSAGES/messages.po"


def said_on_pages():
    texts = set()
    for message in read_po(CATALOGUE.read_bytes().splitlines(keepends=True)):
        texts.update(message.id if isinstance(message.id, tuple) else (message.id,))
    return texts


def in_bold(text):
    return {" ".join(word.split()).rstrip(".") for word in re.findall(r"\*\*([^*]+)\*\*", text)}


#: What stands in bold to be found by a reader, and what a button says around a number.
HEADINGS = {
    "bold",
    "Colleagues",
    "Dues and memberships",
    "The program",
    "Dues lapse",
    "Somebody asks for another match",
    "Publish",
}


def test_words_of_the_guide_stand_on_the_pages():
    words = in_bold((ROOT / "docs/staff.md").read_text())
    assert len(words) > 40
    assert words - said_on_pages() - HEADINGS == set()


def test_a_word_that_no_page_says_is_found():
    assert in_bold("Choose **Frobnicate the mentee**.") - said_on_pages() == {"Frobnicate the mentee"}
