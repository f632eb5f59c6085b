"""An association whose language is French speaks no English: pages of everybody, and every letter."""

from __future__ import annotations

import re
from functools import cache

import pytest
from babel.messages.pofile import read_po

from tandem.notices.rendering import render
from tandem.notices.templates_registry import TEMPLATES
from tandem.notices.wording import Wording
from tandem.web.languages import TRANSLATIONS
from tests.app_fixtures import client_at
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, begin, version_on
from tests.pages import post, text_of

#: Words that English cannot do without and French does not have.
ENGLISH = re.compile(
    r"\b(the|and|your|you|of|with|are|this|for|by|not|they|has|what|who|when|from|was|be)\b", re.IGNORECASE
)
#: The names of columns in a file are the same in every language.
_COLUMN_NAMES = re.compile(r"\b(membership|position)( \d)? \w+( \w+)?|\b(given name|family name|time zone)\b")

PUBLIC = ("/programs", "/programs/fil-a-fil", "/programs/compagnonnage", "/sign-in", "/sign-in/password", "/nowhere")
MEMBER = ("/home", "/account", "/account/password", "/notices", "/programs/fil-a-fil/apply/mentee",
          "/programs/compagnonnage/apply/mentor", "/staff/", "/programs")  # fmt: skip
STAFF = ("/staff/programs/fil-a-fil", "/home", "/account")


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "atelier", tmp_path_factory.mktemp("french"))


@pytest.fixture(scope="module")
def member(stage):
    return a_person(stage, "Solange", type="compagnon", region=None)


@pytest.fixture(scope="module")
def helper(stage):
    return a_helper(stage)


@cache
def _english_texts() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Texts of two words or more whose French is another: source, its longest piece, and how it would look on a page."""
    with (TRANSLATIONS / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        found = [message for message in read_po(stream) if message.id]
    said = {
        (source, tuple(re.split(r"%\(\w+\)[sd]|\{\w*\}", source)))
        for message in found
        for source in ([message.id] if isinstance(message.id, str) else message.id)
        if source not in (message.string if isinstance(message.string, tuple) else (message.string,))
    }
    return tuple(
        (source, max(pieces, key=len), re.compile(r"(?<!\w)" + r".+?".join(map(re.escape, pieces)) + r"(?!\w)"))
        for source, pieces in sorted(said)
        if len(re.findall(r"[^\W\d_]{2,}", " ".join(pieces))) > 1
    )


def english_in(text: str) -> list[str]:
    """The English that ``text`` holds: texts of ours that are not translated, and words that only English has."""
    text = _COLUMN_NAMES.sub(" ", text)
    found = [source for source, piece, pattern in _english_texts() if piece in text and pattern.search(text)]
    return found + [text[max(0, word.start() - 30) : word.end() + 30] for word in ENGLISH.finditer(text)]


def test_english_is_found():
    assert english_in("Bonjour. Nothing to do for now, hier.") == [
        "Nothing to do for now",
        "Bonjour. Nothing to do for now, hier.",
    ]
    assert english_in("Rien à faire pour l’instant.") == []


def _staff_pages(app):
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/staff") and "GET" in rule.methods and not rule.arguments and "." not in rule.rule
    )


def _said(response) -> str:
    assert response.status_code in {200, 403, 404}, response.status
    if response.mimetype == "text/html":
        assert '<html lang="fr"' in response.get_data(as_text=True)
    return text_of(response)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_french(app, stage, path):
    assert english_in(_said(client_at(app, stage.scope.hostname).get(path))) == []


@pytest.mark.parametrize("path", MEMBER)
def test_members_pages_are_french(member, path):
    assert english_in(_said(member.browser.get(path))) == []


def test_staff_pages_are_french(app, stage, helper, member):
    pages = [*_staff_pages(app), *STAFF, f"/staff/members/{member.id}"]
    found = {path: english_in(_said(helper.browser.get(path))) for path in pages}
    assert {path: english for path, english in found.items() if english} == {}
    assert len(pages) > 12


@pytest.mark.parametrize(("program", "role"), [("fil-a-fil", "mentee"), ("compagnonnage", "mentor")])
def test_an_application_is_french(stage, helper, member, program, role):
    address = begin(member, role, program=program)
    place = member.browser.get(address).location
    wrong = post(member.browser, place, {"version": version_on(member.browser.get(place)), "csrf_token": "x"})
    pages = [
        member.browser.get(place),
        wrong,
        member.browser.get(f"{address}/check"),
        post(member.browser, f"{address}/check"),
    ]
    pages += [member.browser.get(address, follow_redirects=True), member.browser.get("/home")]
    assert [english_in(text_of(page)) for page in pages] == [[] for _page in pages]


def test_an_example_names_its_day_in_the_language_of_each_reader(app, member, tmp_path):
    english = a_person(set_stage(app, "casbo", tmp_path), "Ada")

    read = [text_of(one.browser.get("/my-data/correction")) for one in (english, member, english)]

    assert ["September 1, 2021" in page for page in read] == [True, False, True]
    assert "1er septembre 2021" in read[1]


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_letters_are_french(stage, template):
    kind = TEMPLATES[template]
    address = "https://ateliers.example/x"
    given = {name: address if name == "link" else f"Mot{number}" for number, name in enumerate(kind.variables)}
    with stage.open(), stage.app.test_request_context("/"):
        for context in ({name: given[name] for name in kind.required}, given):
            letter = render(
                kind,
                {name: value for name, value in context.items() if name not in kind.secret},
                secrets={name: value for name, value in context.items() if name in kind.secret},
                path="/", language="fr", recipient="Solange Verdier", words=Wording(program="Fil à fil", contact="Le secrétariat"),
            )  # fmt: skip
            assert english_in(f"{letter.subject}\n{letter.text}") == []
            assert letter.text.startswith(letter.subject) or "Bonjour Solange Verdier," in letter.text
