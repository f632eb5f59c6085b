"""Messages in the association's own labels and words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from tandem.extensions import db
from tandem.plugin_api.types import AnyOf, Minutes, Term, say, say_many
from tandem.programs.queries import current_revision, form_for, program_by_slug
from tandem.wording import in_words, labels_for
from tests.programs.small_tenant import edit

Apply = Callable[..., Any]


def test_terms_questions_and_options_are_called_by_their_labels(applied: Apply) -> None:
    applied()
    program = program_by_slug("year")
    assert program is not None
    labels = labels_for(form_for(current_revision(program).resolved, "mentee").definition)
    message = say(
        "x.y", "%(topic)s, %(question)s, %(option)s, %(any)s, %(both)s, %(gone)s",
        topic=Term("topic", "safety"), question=Term("question", "kind"), option=Term("choice:kind", "short"),
        any=AnyOf((Term("topic", "payroll"), Term("topic", "safety"))), both=["a", "b", "c"], gone=Term("topic", "no-more"),
    )  # fmt: skip

    assert (
        in_words(message, labels) == "School Safety, Which kind?, Short, Payroll or School Safety, a, b and c, no more"
    )


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "July 1, 2019, 2 hours 30 minutes, 1,250 and a or b"),
        ("fr", "1er juillet 2019, 2 h 30, 1 250 and a ou b"),
    ],
)
def test_days_times_and_numbers_are_in_the_readers_language(locale: str, expected: str, app: Flask) -> None:
    message = say(
        "x.y",
        "%(day)s, %(time)s, %(number)s and %(list)s",
        day=date(2019, 7, 1),
        time=Minutes(150),
        number=1250,
        list=AnyOf(("a", "b")),
    )

    with app.test_request_context(), force_locale(locale):
        shown = in_words(message).replace("\u202f", " ")

    # The catalogue decides how a length of time is said in French; the rest is the locale's.
    assert shown.split(", ")[0] == expected.split(", ", maxsplit=1)[0]
    assert shown.split(", ")[-1] == expected.rsplit(", ", maxsplit=1)[-1]


def test_an_association_rewords_a_message_in_one_and_many(applied: Apply, folder: Path) -> None:
    words = "words:\n  messages:\n    - id: x.y\n      text: One %(thing)s.\n      plural: '%(count)s of %(thing)s.'\ndepartments:"
    edit(folder, "association.yaml", "departments:", words)
    one, many = (say_many("x.y", "%(count)s one", "%(count)s many", count, thing="it") for count in (1, 3))
    before = [in_words(message, labels_for()) for message in (one, many)]

    applied()

    assert before == ["1 one", "3 many"]
    assert [in_words(message, labels_for()) for message in (one, many)] == ["One it.", "3 of it."]


def test_labels_cost_two_statements_at_most(applied: Apply, statements: Callable[[], int]) -> None:
    applied()
    db.session.commit()
    db.session.connection()
    statements()

    for _number in range(20):
        labels_for()

    assert statements() == 2
