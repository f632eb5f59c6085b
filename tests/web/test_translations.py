"""The catalogues hold every text, in step with the sources; and no text for people stands outside of gettext."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from tandem.web.languages import TRANSLATIONS, available_languages

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parts[-3])


def messages(path: Path) -> list[Message]:
    return [message for message in catalogue(path) if message.id]


def forms(message: Message) -> list[str]:
    """The translation, or each of its plural forms."""
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string]


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    # Compiled catalogues give the context as bytes.
    context = message.context.decode() if isinstance(message.context, bytes) else message.context
    return context, tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The texts that the sources have now."""
    template = tmp_path_factory.mktemp("texts") / "messages.pot"
    subprocess.run([ROOT / "tools" / "translations", "--template", template], check=True, timeout=120)
    with template.open("rb") as stream:
        return {key(message) for message in read_po(stream) if message.id}


def test_languages_are_those_with_a_catalogue():
    assert available_languages() == ("en", *(path.parts[-3] for path in CATALOGUES))
    assert "fr" in available_languages()


@each_catalogue
def test_a_catalogue_has_the_texts_of_the_sources(path, collected):
    held = {key(message) for message in messages(path)}
    assert (sorted(map(str, collected - held)), sorted(map(str, held - collected))) == ([], []), (
        "run: make translations"
    )


@each_catalogue
def test_every_text_is_translated(path):
    assert [message.id for message in messages(path) if message.fuzzy or not all(forms(message))] == []


@each_catalogue
def test_every_plural_has_all_its_forms(path):
    count = catalogue(path).num_plurals
    wrong = [message.id for message in messages(path) if len(forms(message)) != (count if message.pluralizable else 1)]
    assert wrong == []


@each_catalogue
def test_placeholders_are_those_of_the_source(path):
    wrong = []
    for message in messages(path):
        one, *many = key(message)[1]
        singular, wanted = set(PLACEHOLDER.findall(one)), set(PLACEHOLDER.findall(many[0] if many else one))
        said = [set(PLACEHOLDER.findall(form)) for form in forms(message)]
        # The singular may say "one", and may as well give the number where the source does not.
        if said[-1] != wanted or not singular & wanted <= said[0] <= wanted | singular:
            wrong.append(message.id)
    assert wrong == []


@each_catalogue
def test_edges_are_those_of_the_source(path):
    wrong = []
    for message in messages(path):
        source = key(message)[1][0]
        for form in forms(message):
            ends = (source.endswith("."), source.endswith("…"), source.endswith(" "), "\n" in source)
            if ends != (form.endswith("."), form.endswith("…"), form.endswith(" "), "\n" in form):
                wrong.append(message.id)
    assert wrong == []


@each_catalogue
def test_the_compiled_catalogue_is_in_step(path):
    with path.with_suffix(".mo").open("rb") as stream:
        compiled = {key(message): forms(message) for message in read_mo(stream) if message.id}
    assert compiled == {key(message): forms(message) for message in messages(path)}, "run: make translations"


def french() -> Iterator[tuple[str, str]]:
    for message in messages(TRANSLATIONS / "fr" / "LC_MESSAGES" / "messages.po"):
        for form in forms(message):
            yield str(message.id), form


def test_french_punctuation_is_kept_together():
    # A plain space before these signs, or inside the quotation marks, would let a line break there.
    assert [form for _source, form in french() if re.search(r" [:;!?»]|« |[\w)][!?]|'", form)] == []


def test_french_speaks_to_people_politely():
    assert [form for _source, form in french() if re.search(r"\b(tu|toi|te|ton|ta|tes)\b", form, re.IGNORECASE)] == []


# Texts outside of gettext ---------------------------------------------------------------------------------------------

MARKERS = {
    "_", "gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext", "lazy_ngettext", "lazy_pgettext", "_l",
    "say", "say_many", "wrong",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]{2}")
READ_ATTRIBUTES = {"title", "alt", "aria-label", "aria-description", "placeholder", "label"}


class _Texts(HTMLParser):
    """What a reader gets to see, or to hear, of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in {"script", "style"}
        self.found += [
            f"{name}={value}" for name, value in attrs if name in READ_ATTRIBUTES and WORD.search(value or "")
        ]

    def handle_endtag(self, tag):
        self._hidden -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self._hidden and WORD.search(data):
            self.found.append(data.strip())


#: What blocks and macros give to a tag rather than to a reader: class names, and attributes.
_MARKUP = re.compile(r"(td-[\w-]+ ?)+|[a-z-]+=\"[^\"]*\"")
_JINJA = Environment(extensions=["jinja2.ext.i18n"])


def bare_texts(source: str, *, plain: bool = False) -> list[str]:
    """Texts of a template that no translation reaches: between the tags, in attributes, and strings in expressions."""
    pieces: list[str] = []
    strings: list[str] = []

    def walk(node: nodes.Node, marked: bool) -> None:
        if isinstance(node, nodes.TemplateData):
            pieces.append(node.data)
        if isinstance(node, nodes.Const) and isinstance(node.value, str) and not marked and _is_sentence(node.value):
            strings.append(node.value)
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
            marked = marked or node.node.name in MARKERS
        if isinstance(node, nodes.Expr):
            pieces.append(" ")
        for child in node.iter_child_nodes():
            walk(child, marked)

    walk(_JINJA.parse(source), False)
    if plain:
        return strings + [piece.strip() for piece in pieces if WORD.search(piece)]
    texts = _Texts()
    texts.feed("".join(pieces))
    texts.close()
    return strings + [text for found in texts.found if not _MARKUP.fullmatch(text := " ".join(found.split()))]


def _is_sentence(text: str) -> bool:
    return bool(re.match(r"[A-Z][a-z’']+(?:$|[ .,:?])", text) or re.search(r"[a-z]{2,} [a-z]+ [a-z]{2,}", text))


def test_bare_texts_are_found():
    source = '<p title="Say {{ x }}">{{ _("One") }} two {% trans %}three{% endtrans %}{{ ui.card("Four more") }}</p>'
    assert bare_texts(source) == ["Four more", "title=Say", "two"]


#: The style guide is for developers and shows invented people; colours and widths are no words.
_GUIDE = "web/templates/style_guide/"


def _templates() -> list[Path]:
    found = (
        path for path in (ROOT / "platform" / "tandem").glob("**/templates/**/*") if path.suffix in {".html", ".txt"}
    )
    return sorted(path for path in found if _GUIDE not in path.as_posix())


def test_templates_have_no_text_of_their_own():
    found = {
        str(path.relative_to(ROOT)): texts
        for path in _templates()
        if (texts := bare_texts(path.read_text(), plain=path.suffix == ".txt"))
    }
    assert found == {}


#: Modules whose sentences are for whoever runs Tandem, not for its readers, and why.
_FOR_OPERATORS = {
    "access/actor.py": "the table of permissions explains itself to developers",
    "cli/": "commands",
    "database.py": "why a start is refused",
    "demo/": "names of invented people",
    "directory/importing/columns.py": "what a file may call its columns, in every language",
    "jobs/clock.py": "the clock's command",
    "local/": "servers on a developer's machine",
    "matching/engine/": "the solver's own errors",
    "notices/email.py": "answers of a mail server, which are English",
    "plugins.py": "why a plugin is not loaded, for the log",
    "settings.py": "why a start is refused",
    "tenants.py": "who made a revision",
    "web/style_guide.py": "the style guide's sample texts",
}
_NOT_SHOWN = re.compile(r"(Error|Exception|Warning)$")
#: Errors whose text is shown as it is.
_SHOWN = {"ConflictError", "InvalidError", "NotPossibleError", "ValidationError"}
_TECHNICAL = {
    "CheckConstraint", "DDL", "bind", "comment", "compile", "debug", "error", "exception", "execute", "fullmatch",
    "get_logger", "info", "literal_column", "sub", "text", "warning",
}  # fmt: skip


def bare_sentences(source: str) -> Iterator[tuple[int, str]]:
    """Strings that read like sentences and stand outside of gettext, docstrings and technical calls: (line, text)."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if name in MARKERS | _TECHNICAL or (_NOT_SHOWN.search(name) and name not in _SHOWN):
                continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.match(r"[A-Z][a-z’']+ [a-z]", node.value) or re.search(r"[a-z]{2,} [a-z]+ [a-z]{2,}", node.value):
                yield node.lineno, node.value
            continue
        waiting.extend(ast.iter_child_nodes(node))


def test_bare_sentences_are_found():
    source = 'def f():\n    """Doc of f here."""\n    flash("It is saved now.")\n    flash(_("It is kept now."))\n'
    assert list(bare_sentences(source)) == [(3, "It is saved now.")]


def test_python_has_no_sentences_outside_of_gettext():
    found = []
    for base in (ROOT / "platform" / "tandem", ROOT / "plugins" / "tandem_plugins"):
        for path in sorted(base.rglob("*.py")):
            name = path.relative_to(base).as_posix()
            if not name.startswith(tuple(_FOR_OPERATORS)):
                found += [f"{name}:{line}: {text}" for line, text in bare_sentences(path.read_text())]
    # The reason of a refusal that the error page looks for, and puts in words of its own.
    marks = [line for line in found if line.startswith("web/csrf.py:")]
    assert [line.partition(": ")[2] for line in marks] == ["The form was sent from another site."]
    assert [line for line in found if line not in marks] == [
        "identity/services/passwords.py:156: the password of nobody"
    ]


def test_no_formatted_string_is_given_to_gettext():
    # Its words would not be in the catalogue.
    found = []
    for path in sorted((ROOT / "platform" / "tandem").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKERS:
                found += [f"{path.name}:{node.lineno}" for given in node.args if isinstance(given, ast.JoinedStr)]
    assert found == []


def gettext_in_formatted_strings(source: str) -> list[int]:
    """The lines of calls that stand in the braces of an f-string, where collecting does not see them."""
    return [
        call.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MARKERS
    ]


def test_every_text_stands_where_it_is_collected():
    assert gettext_in_formatted_strings("""x = f"{done} {_('It waits.')}" """) == [1]
    assert gettext_in_formatted_strings("""x = f"{done} {waits}" """) == []
    found = {
        str(path.relative_to(ROOT)): lines
        for folder in ("platform", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := gettext_in_formatted_strings(path.read_text()))
    }
    assert found == {}
