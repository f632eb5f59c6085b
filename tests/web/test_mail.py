from __future__ import annotations

import css_inline
from flask import render_template_string

from tandem.web.branding import mail_colours


def test_a_letter_has_the_associations_look_without_variables(app):
    source = '{% extends "mail.html" %}{% block content %}<p>{{ text }}</p>{% endblock %}'
    with app.test_request_context(base_url="http://green.localhost"):
        page = render_template_string(
            source,
            subject="Your link",
            text="Sign in <here>",
            action=("Sign in", "https://green.example/x?a=1&b=2"),
            colours=mail_colours({"light": {"brand": "#0f5848"}}),
        )
    letter = css_inline.inline(page)

    assert "background: #0f5848" in letter
    assert "var(--" not in letter
    assert "light-dark" not in letter
    assert "Association green" in letter
    assert "Sign in &lt;here&gt;" in letter


def test_the_plain_letter_says_the_same(app):
    source = '{% extends "mail.txt" %}{% block content %}{{ text }}{% endblock %}'
    with app.test_request_context(base_url="http://green.localhost"):
        text = render_template_string(
            source, subject="Your link", text="Hello", action=("Sign in", "https://x.example/y")
        )

    assert text.splitlines()[:2] == ["Association green", ""]
    assert "Sign in:\nhttps://x.example/y" in text
