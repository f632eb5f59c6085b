"""The associations' own texts: CommonMark, cleaned to a handful of tags."""

from __future__ import annotations

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "h3", "h4", "code"}
_markdown = MarkdownIt("commonmark", {"html": False})


def markdown(text: str) -> Markup:
    """``text`` as safe HTML: no images, no raw HTML; links open with ``rel`` set."""
    html = nh3.clean(
        _markdown.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto", "tel"}
    )
    return Markup(html)  # noqa: S704 - it has just been cleaned


def init_markdown(app: Flask) -> None:
    """Offer ``markdown`` as a filter."""
    app.add_template_filter(markdown)
