"""The small markup in which notices are written, and its two forms: HTML and plain text.

It is CommonMark without HTML. A paragraph that is nothing but a link becomes a button in HTML, and "words:" with the address
on a line of its own in plain text. What people typed (``quote``) never counts as markup.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import nh3
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Columns of the plain text; addresses stay whole.
WIDTH = 76

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BARE_ADDRESS = re.compile(r"(?<![(<\w])https?://[^\s<>()\[\]]*[^\s<>()\[\].,;:!?…’”»]")
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
_ITEM = re.compile(r" *(?:- |\d+[.)] )| +")
_BLANK_LINES = re.compile(r"\n\s*\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")

_TAGS = {"p", "a", "ul", "ol", "li", "strong", "em", "br", "h2", "h3", "blockquote"}
_ATTRIBUTES = {"a": {"href", "class"}}


class Source(str):
    """Text that is markup already: a variable that holds it is not quoted."""

    __slots__ = ()


def quote(value: str) -> str:
    """``value`` as markup that reads exactly as it was typed: its lines and paragraphs stay, nothing in it is a sign."""
    value = _CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    paragraphs = []
    for paragraph in _BLANK_LINES.split(value):
        lines = [_PUNCTUATION.sub(r"\\\1", line.strip()) for line in paragraph.split("\n")]
        paragraphs.append("\\\n".join(line for line in lines if line))
    return "\n\n".join(paragraphs)


def linked(source: str) -> str:
    """``source`` with addresses that stand bare in it made links."""
    return _BARE_ADDRESS.sub(lambda found: f"<{found[0]}>", source)


def lines_kept(source: str) -> str:
    """``source`` with its single line breaks kept, as in the lines of an address."""
    return _LINE_BREAK.sub(r"\\\n", source.strip())


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["code", "fence", "image", "html_block", "html_inline"])


def to_html(source: str) -> str:
    """The HTML of ``source``: paragraphs, lists, emphasis and links, nothing else."""
    tokens = _parser().parse(source)
    for inline in _paragraphs(tokens):
        link = _only_link(inline)
        if link is not None and _words((inline.children or [])[1:-1]) != link.attrGet("href"):
            (inline.children or [])[0].attrSet("class", "button")
    html = _parser().renderer.render(tokens, _parser().options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)


def to_text(source: str) -> str:
    """The plain text of ``source``, a line a paragraph; ends without a line break."""
    blocks: list[str] = []
    prefixes: list[str] = []
    tight = False
    for token in _parser().parse(source):
        if token.type == "list_item_open":
            prefixes.append(f"{token.info}{token.markup} " if token.info else "- ")
        elif token.type == "list_item_close":
            prefixes.pop()
            tight = False
        elif token.type == "inline":
            block = _block(token, prefixes)
            if tight and blocks:
                blocks[-1] += "\n" + block
            else:
                blocks.append(block)
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            tight = False
        elif token.type == "list_item_close":
            tight = True
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            tight = False
    return "\n\n".join(blocks)


def wrapped(text: str) -> str:
    """Plain text with its lines broken at ``WIDTH``, as mail programs like it."""
    return "\n".join(
        textwrap.fill(
            line, WIDTH, subsequent_indent=" " * len(found[0]) if (found := _ITEM.match(line)) else "",
            break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        )
        for line in text.split("\n")
    )  # fmt: skip


def to_line(source: str) -> str:
    """``source`` as one line of plain text, for a subject."""
    words = [_words(token.children or []) for token in _parser().parse(source) if token.type == "inline"]
    return " ".join(" ".join(words).split())


def _paragraphs(tokens: Sequence[Token]) -> Iterator[Token]:
    for before, token in pairwise(tokens):
        if token.type == "inline" and before.type == "paragraph_open":
            yield token


def _only_link(inline: Token) -> Token | None:
    children = inline.children or []
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":
        return None
    return children[0] if sum(child.type == "link_open" for child in children) == 1 else None


def _block(inline: Token, prefixes: Sequence[str]) -> str:
    link = _only_link(inline)
    if link is not None and _words((inline.children or [])[1:-1]) != link.attrGet("href"):
        return _("%(label)s:", label=_words((inline.children or [])[1:-1])) + f"\n{link.attrGet('href')}"
    indent = " " * sum(len(prefix) for prefix in prefixes)
    first = indent[: -len(prefixes[-1])] + prefixes[-1] if prefixes else ""
    lines = _words(inline.children or []).split("\n")
    return "\n".join(f"{indent if number else first}{line}" for number, line in enumerate(lines))


def _words(children: Sequence[Token]) -> str:
    said: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type == "hardbreak":
            said.append("\n")
        elif child.type == "softbreak":
            said.append(" ")
        elif child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(said)))
        elif child.type == "link_close":
            address, start = links.pop()
            label = "".join(said[start:])
            if address not in {label, f"mailto:{label}"}:
                said.append(f" ({address.removeprefix('mailto:')})")
        elif child.content:
            said.append(child.content)
    return "".join(said)
