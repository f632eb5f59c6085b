"""Reads on forms: the form that a submission answers, with today's options, and what was answered."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date

from sqlalchemy import select

from tandem.clocks import program_today
from tandem.directory.models import VocabularyTerm
from tandem.eligibility.queries import facts_for_member
from tandem.extensions import db
from tandem.forms.answers import Loaded, ShownSection, load_answers, show_answers
from tandem.forms.definition import FormModel, build, vocabularies_of
from tandem.forms.models import FormRevision, Submission
from tandem.plugin_api.facts import Facts
from tandem.plugin_api.rules import Choice
from tandem.plugins import installed
from tandem.wording import NO_LABELS, Labels

#: Forms kept as they were built: a page asks for its form several times, and a form's settings are read from the bottom up.
MOST_MODELS = 64
_models: dict[tuple[Hashable, ...], FormModel] = {}


def form_model(revision: FormRevision, *, as_sent: bool = False) -> FormModel:
    """The form of a revision; one statement where questions take their options from a vocabulary, else none.

    Terms that may not be chosen today keep their labels but are not offered; with ``as_sent``, which is for showing answers that
    were taken earlier, all are, and no day is too early or too late for today.
    """
    names = vocabularies_of(revision.definition)
    today = None if as_sent else program_today()
    terms = _terms(names, today) if names else {}
    # The registry is known by its id: there is one in a process, and it cannot be hashed.
    key = (revision.id, id(installed()), today, tuple((name, tuple(found)) for name, found in sorted(terms.items())))
    model = _models.get(key)
    if model is None or model.definition != revision.definition:
        if len(_models) >= MOST_MODELS:
            _models.clear()
        model = _models[key] = build(revision.definition, installed(), terms, today)
    return model


def submission_facts(submission: Submission) -> Facts:
    """The facts about the one who answers, without the answers themselves, where a condition of the form asks for any.

    Four statements; none for a form that asks everybody the same.
    """
    sections = submission.form_revision.definition.get("sections", ())
    asked = (question.get("condition") for section in sections for question in section.get("questions", ()))
    if not any(condition and "fact" in condition for condition in asked):
        return Facts(program_today())
    return facts_for_member(member_id=submission.member_id, today=program_today())


def loaded_submission(
    submission: Submission, *, as_sent: bool = False, partial: bool = True
) -> tuple[FormModel, Loaded]:
    """A submission's form and what its raw answers mean."""
    model = form_model(submission.form_revision, as_sent=as_sent)
    return model, load_answers(model, submission.answers, submission_facts(submission), partial=partial)


def shown_submission(submission: Submission, labels: Labels = NO_LABELS) -> list[ShownSection]:
    """The answers of a submission in words, as they were sent."""
    model, loaded = loaded_submission(submission, as_sent=True)
    return show_answers(model, loaded, labels)


def _terms(names: set[str], today: date | None) -> dict[str, list[Choice]]:
    found: dict[str, list[Choice]] = {}
    terms = db.session.scalars(
        select(VocabularyTerm)
        .where(VocabularyTerm.vocabulary.in_(sorted(names)))
        .order_by(VocabularyTerm.position, VocabularyTerm.key)
    )
    for term in terms:
        offered = today is None or (
            (term.valid_from is None or term.valid_from <= today) and (term.valid_to is None or term.valid_to >= today)
        )
        found.setdefault(term.vocabulary, []).append(Choice(term.key, term.label, offered))
    return found
