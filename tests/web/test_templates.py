from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import render_template_string

from tandem.web import Viewer
from tandem.web.context import NavItem, initials, nav_current, tone

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "platform").rglob("templates/**/*.html"))
HOST = "http://green.localhost"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "platform/tandem").as_posix())
def test_no_template_breaks_the_content_security_policy(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"<[a-z][^>]*\sstyle\s*=", text)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"hx-on|hx-vals\s*=\s*['\"]js:|hx-trigger=\"[^\"]*\[", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    # Letters carry their styles in a style element, which the sender inlines.
    assert path.name == "mail.html" or "<style" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "platform/tandem").as_posix())
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text(encoding="utf-8")

    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL):
        assert "csrf_field()" in form, form[:120]


def test_every_component_is_documented():
    exported = re.findall(
        r"{% set (\w+) =", (ROOT / "platform/tandem/web/templates/_macros.html").read_text(encoding="utf-8")
    )
    page = (ROOT / "docs/components.md").read_text(encoding="utf-8")

    assert [
        name for name in exported if not re.search(rf"ui\.{name}\(|^\| [\w, ]*\b{name}\b", page, re.MULTILINE)
    ] == []


def _render(app, source, **values):
    with app.test_request_context(base_url=HOST):
        return render_template_string('{% import "_macros.html" as ui %}' + source, **values)


def test_what_people_typed_is_shown_not_run(app):
    hostile = '"><script>alert(1)</script>'
    source = """
        {{ ui.text_question("a", label, value=text, hint=text, error=text, who=text) }}
        {{ ui.textarea_question("b", text, text, max=10) }}
        {{ ui.choices_question("c", text, [{"value": text, "label": text, "hint": text}], [text]) }}
        {{ ui.select_question("d", text, [{"value": text, "label": text}], text) }}
        {{ ui.ratings_question("h", text, [{"value": "x", "label": text, "hint": text}], 5, {"h.x": text}, text, text, text, problems={"h.x": text}) }}
        {{ ui.date_question("e", text, {"day": text}) }}{{ ui.attest_question("f", text, text) }}
        {{ ui.person(text, text, id=text, href=text) }}{{ ui.badge(text) }}{{ ui.alert("info", text) }}
        {{ ui.verdicts([{"state": "not", "sentence": text, "evidence": text, "why": text, "helps": text}]) }}
        {{ ui.tasks([{"title": text, "sub": text, "due": text, "tick_url": "/x"}]) }}{{ ui.entry(text, text) }}
        {{ ui.bar_chart("g", text, text, [{"label": text, "value": 1}]) }}{{ ui.meter(1, 2, text) }}
        {{ ui.answers([(text, [text, text])]) }}{{ ui.queue([{"icon": "inbox", "title": text, "url": "#", "count": 1}]) }}
        {{ ui.button(text, more=text) }}{{ ui.post_button("/x", text, fields={"a": text}) }}{{ ui.icon_button("x", text, text) }}
    """

    page = _render(app, source, text=hostile, label="Name")

    assert "<script" not in page
    assert page.count("&lt;script") > 40


def test_a_question_ties_its_hint_and_error_to_its_field(app):
    field = _render(app, '{{ ui.text_question("town", "Town", "Sprin", hint="Where you live", error="Enter a town") }}')

    assert 'for="town"' in field
    assert 'aria-describedby="town-hint town-error"' in field
    assert 'aria-invalid="true"' in field
    assert 'value="Sprin"' in field
    assert field.index("Where you live") < field.index("Enter a town") < field.index("<input")


def test_an_optional_question_says_so_and_asks_for_nothing(app):
    field = _render(app, '{{ ui.text_question("town", "Town", required=False) }}')

    assert "(optional)" in field
    assert " required" not in field


def test_the_first_field_of_a_group_is_where_the_summary_leads(app):
    source = """{{ ui.date_question("start", "Start", {"day": "31"}, error="x") }}
        {{ ui.choice_question("role", "Role", [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}], "b") }}"""

    page = _render(app, source)

    assert re.findall(r'id="(\w[\w-]*)" name="([\w-]+)"', page) == [
        ("start", "start-month"), ("start-day", "start-day"), ("start-year", "start-year"), ("role", "role"), ("role-2", "role"),
    ]  # fmt: skip
    assert re.findall(r'value="(\w)" checked', page) == ["b"]


def test_a_rating_is_chosen_in_a_group_of_its_own_and_can_be_taken_back(app):
    source = """{{ ui.ratings_question("q", "How well?", [{"value": "a", "label": "Audit"}, {"value": "b", "label": "Budget"}], 3,
        {"q.a": "2"}, "New to me", "I teach it", required=False, problems={"q.b": "Choose a number"}) }}"""

    page = _render(app, source)

    assert re.findall(r'role="radiogroup" aria-labelledby="([^"]+)"([^>]*)>', page) == [
        ("q.a-label", ""), ("q.b-label", ' aria-invalid="true" aria-describedby="q.b-error"'),
    ]  # fmt: skip
    assert re.findall(r'name="(q\.\w)" value="(\d?)"[^>]* checked', page) == [("q.a", "2"), ("q.b", "")]
    assert re.findall(r' id="(q[^"]*)"', page) == ["q-key", "q", "q.a-label", "q.a", "q.b-label", "q.b-error", "q.b"]
    assert page.count('aria-label="1 of 3, New to me"') == page.count('aria-label="3 of 3, I teach it"') == 2


def test_a_page_with_errors_says_so_in_its_title(client):
    assert "<title>Form – Association green</title>" in client.get("/form", base_url=HOST).text
    assert "<title>Error: Form – Association green</title>" in client.get("/form?wrong", base_url=HOST).text


def test_open_verdicts_stand_first(app):
    items = [{"state": state, "sentence": state} for state in ("met", "open", "not", "met")]

    page = _render(app, "{{ ui.verdicts(items) }}", items=items)

    assert re.findall(r'sentence">(\w+)<', page) == ["not", "open", "met", "met"]


def test_a_notice_is_shown_once(client):
    assert "Saved." in client.get("/flash", base_url=HOST).text
    assert "Saved." not in client.get("/form", base_url=HOST).text


def test_members_pages_do_not_name_the_software(client):
    page = client.get("/form", base_url=HOST).text

    assert "tandem" not in re.sub(r'(href|src)="/static/[^"]*"', "", page).lower()


def test_the_staff_rail_marks_where_one_is_and_what_waits(client, look):
    look.viewer = Viewer("Ines Valleroy", is_staff=True)

    page = client.get("/staff-page", base_url=HOST).text

    assert "3 waiting" in page
    assert '<span aria-current="page">Ada</span>' in page
    assert 'action="/search"' in page


def test_running_work_asks_again_until_it_is_done(app):
    source = '{{ ui.job_progress("/jobs/1", state, "Import", 40, 100, cancel_url="/jobs/1/cancel") }}'

    assert 'hx-trigger="every 2s"' in _render(app, source, state="running")
    assert 'value="40"' in _render(app, source, state="running")
    assert "hx-trigger" not in _render(app, source, state="done")
    assert "Cancel" not in _render(app, source, state="done")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maya Okonfield", "MO"), ("Anne-Marie Dubois", "AD"), ("Cher", "C"), ("  ", "?"), ("42", "?"), ("élodie", "É")],
)
def test_an_avatar_has_the_first_letters(name, letters):
    assert initials(name) == letters


def test_an_avatar_keeps_its_tone():
    assert {tone(number) for number in range(200)} == {1, 2, 3, 4, 5, 6}
    assert tone("a") == tone("a")


def test_a_home_page_is_current_only_on_itself_and_an_entry_may_have_further_pages(app):
    home = NavItem("Home", "/staff/", alone=True)
    programs = NavItem("Programs", "/staff/programs/", also=("/staff/retention/",))

    def at(path):
        with app.test_request_context(path):
            return nav_current([home, programs])

    assert [at(path) for path in ("/staff/", "/staff/programs/x", "/staff/retention/", "/staff/search")] == [
        home, programs, programs, None,
    ]  # fmt: skip
