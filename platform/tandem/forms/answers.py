"""What people typed into a form: cleaned, read by each question's kind, checked, turned into facts and into words.

*Raw* is what the browser sent: input name → the strings of that input. It is kept as it was typed, also for questions that are
hidden at the moment. *Values* are what the kinds of question make of it: question id → JSON value, of visible questions only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tandem.forms.definition import AskedQuestion, FormModel
from tandem.plugin_api.facts import AnswerFact, Facts
from tandem.plugin_api.rules import FieldError
from tandem.plugin_api.types import Message, say
from tandem.wording import NO_LABELS, Labels, in_words

log = logging.getLogger(__name__)

#: The most that one input, and one input's number of values, may hold. Kinds of question set narrower limits of their own.
MAX_LENGTH = 100_000
MAX_VALUES = 500

Raw = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """An answer that has to be mended: at which question, at which input (its HTML id), and what to do.

    ``revealed`` marks a question that this very save brought up, so that it is new to the reader.
    """

    question: str
    input: str
    message: Message
    revealed: bool = False

    @property
    def words(self) -> str:
        """What to do, in the reader's language."""
        return in_words(self.message)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was made of the raw answers. ``visible`` are the ids of all questions that are asked, in order."""

    values: Mapping[str, Any]
    problems: list[FieldProblem]
    visible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One answered question in words; ``lines`` is empty where it was left out."""

    id: str
    label: str
    visibility: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class ShownSection:
    """The answers of one section."""

    id: str
    title: str
    answers: list[Shown]


@dataclass(slots=True)
class _Reading:
    """What is known while a form is read question by question."""

    values: dict[str, Any] = field(default_factory=dict)
    facts: list[AnswerFact] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)
    visible: list[str] = field(default_factory=list)


def inputs_of(raw: Raw, question_id: str) -> dict[str, list[str]]:
    """The inputs of one question by part: ``""`` for the one named like the question, else what follows its name and a dot."""
    prefix = f"{question_id}."
    return {
        name.removeprefix(prefix) if name != question_id else "": list(values)
        for name, values in raw.items()
        if name == question_id or name.startswith(prefix)
    }


def load_answers(
    model: FormModel, raw: Raw, facts: Facts, *, section: str | None = None, partial: bool = False
) -> Loaded:
    """Read raw answers. Answers of questions that are hidden are dropped before anything is checked.

    ``section`` limits the problems to one section; with ``partial``, answers may be missing. Conditions see ``facts`` and the
    answers to earlier questions that can be read. Never raises for anything that a browser could send.
    """
    reading = _Reading()
    for asked in model.questions():
        if not is_visible(asked, reading.facts, facts):
            continue
        reading.visible.append(asked.id)
        problems = _read(asked, inputs_of(raw, asked.id), reading, partial=partial)
        if section is None or asked.section == section:
            reading.problems += problems
    return Loaded(reading.values, reading.problems, tuple(reading.visible))


def visible_questions(model: FormModel, raw: Raw, facts: Facts) -> list[AskedQuestion]:
    """The questions that are asked of this person, given what they answered so far."""
    visible = set(load_answers(model, raw, facts, partial=True).visible)
    return [asked for asked in model.questions() if asked.id in visible]


def is_visible(asked: AskedQuestion, answers: Iterable[AnswerFact], facts: Facts) -> bool:
    """Whether a question's condition holds, for the answers to earlier questions."""
    condition = asked.condition
    if condition is None:
        return True
    if "fact" in condition:
        return bool(_current(condition["fact"], facts) & {str(wanted) for wanted in condition["in"]})
    given = [_comparable(answer) for answer in answers if answer.field == condition["field"]]
    if "is" in condition:
        return given == [_plain(condition["is"])]
    if "includes" in condition:
        return _plain(condition["includes"]) in given
    return bool(set(given) & {_plain(wanted) for wanted in condition["any_of"]})


def answer_facts(model: FormModel, values: Mapping[str, Any]) -> list[AnswerFact]:
    """The typed facts of loaded values, in the order of the form."""
    return [fact for asked in model.questions() if asked.id in values for fact in _facts(asked, values[asked.id])]


def show_answers(model: FormModel, loaded: Loaded, labels: Labels = NO_LABELS) -> list[ShownSection]:
    """The answers in words, for a review: every visible question, section by section; sections without any are left out."""
    visible = set(loaded.visible)
    sections = []
    for section in model.sections:
        answers = [
            Shown(asked.id, asked.label, asked.visibility, _lines(asked, loaded.values.get(asked.id), labels))
            for asked in section.questions
            if asked.id in visible
        ]
        if answers:
            sections.append(ShownSection(section.id, section.title, answers))
    return sections


def clean(values: Sequence[str]) -> tuple[list[str], Message | None]:
    """The strings of one input as they can be stored, and what was wrong with them."""
    problem = None
    kept = [str(value) for value in values]
    if len(kept) > MAX_VALUES:
        kept, problem = kept[:MAX_VALUES], say("field.too-many", "There are too many answers here. Choose fewer.")
    storable = [
        "".join(letter for letter in value if letter != "\0" and not "\ud800" <= letter <= "\udfff") for value in kept
    ]
    if storable != kept:
        problem = say(
            "field.characters", "This holds characters that cannot be stored. We took them out; check the answer."
        )
    if any(len(value) > MAX_LENGTH for value in storable):
        storable = [value for value in storable if len(value) <= MAX_LENGTH]
        problem = say(
            "field.too-long", "This is far too long to be stored. Write %(count)s characters at most.", count=MAX_LENGTH
        )
    return storable, problem


def _read(
    asked: AskedQuestion, inputs: Mapping[str, Sequence[str]], reading: _Reading, *, partial: bool
) -> list[FieldProblem]:
    cleaned: dict[str, list[str]] = {}
    for part, sent in inputs.items():
        cleaned[part], wrong = clean(sent)
        if wrong is not None:
            return [FieldProblem(asked.id, _input(asked, part), wrong)]
    try:
        value = asked.type.load(cleaned, asked.question)
    except FieldError as error:
        return [FieldProblem(asked.id, _input(asked, one.part), one.message) for one in (error, *error.also)]
    except Exception:
        log.exception("the kind of question %r failed on %r", asked.type.name, asked.id)
        message = say("field.failed", "This answer could not be read. Write it in another way, or ask staff.")
        return [FieldProblem(asked.id, asked.id, message)]
    if value is None:
        if asked.required and not partial:
            return [FieldProblem(asked.id, asked.id, asked.type.missing(asked.question))]
        return []
    reading.values[asked.id] = value
    reading.facts += _facts(asked, value)
    return []


def _input(asked: AskedQuestion, part: str | None) -> str:
    return f"{asked.id}.{part}" if part else asked.id


def _facts(asked: AskedQuestion, value: Any) -> Sequence[AnswerFact]:
    try:
        return asked.type.facts(value, asked.question)
    except Exception:
        log.exception("the kind of question %r made no facts of the answer to %r", asked.type.name, asked.id)
        return ()


def _lines(asked: AskedQuestion, value: Any, labels: Labels) -> list[str]:
    if value is None:
        return []
    try:
        return [in_words(line, labels) for line in asked.type.show(value, asked.question)]
    except Exception:
        log.exception("the kind of question %r could not show the answer to %r", asked.type.name, asked.id)
        return [str(value)]


def _current(fact: str, facts: Facts) -> set[str | None]:
    today = facts.today
    memberships = [membership for membership in facts.memberships if membership.runs_on(today)]
    positions = [position for position in facts.positions if position.runs_on(today)]
    readers: Mapping[str, Any] = {
        "membership.type": lambda: {membership.type for membership in memberships},
        "membership.level": lambda: {membership.level for membership in memberships},
        "position.title": lambda: {position.title for position in positions},
        "region": lambda: {position.region for position in positions},
    }
    found: set[str | None] = readers[fact]() if fact in readers else set()
    return found


def _comparable(answer: AnswerFact) -> str | bool | Decimal | None:
    for value in (answer.key, answer.text_value, answer.number_value, answer.truth_value):
        if value is not None:
            return value
    return answer.date_value.isoformat() if answer.date_value is not None else None


def _plain(wanted: Any) -> Any:
    """What a condition compares with, in the type in which facts hold it."""
    return wanted if isinstance(wanted, bool | str) else Decimal(wanted)
