"""Verdicts and applications in words: what pages and letters show of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from tandem.applications.files import ShownFile
from tandem.applications.models import Application, ApplicationStatus, VerdictRow, Waiver, WaiverKind
from tandem.clocks import local_day
from tandem.eligibility.serialise import verdict_from_json
from tandem.eligibility.services import CheckedRule, HelpLink, requirements_of, rule_is_waivable
from tandem.plugin_api.types import Truth, Verdict
from tandem.programs.queries import role_word
from tandem.web.formatting import say_day
from tandem.wording import Labels, in_words, labels_for

_STATES = {Truth.MET: "met", Truth.NOT_MET: "not", Truth.UNKNOWN: "open"}


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """One requirement with what was found, in the reader's language.

    ``state`` is ``met``, ``not`` or ``open``; a waived or accepted one is ``met`` with ``waived`` saying by which word, and
    ``set_aside`` where it does not hold but was waived. ``files`` are
    what the applicant gave as evidence; ``link`` leads to where they can do what is asked.
    """

    id: str
    state: str
    sentence: str
    evidence: str
    why: str
    helps: str
    waivable: bool
    waived: str = ""
    set_aside: bool = False
    files: Sequence[ShownFile] = ()
    link: HelpLink | None = None


@dataclass(frozen=True, slots=True)
class ShownRequirement:
    """A requirement as the program page and the form show it."""

    id: str
    text: str
    note: str
    only_if: bool


def labels_of(application: Application) -> Labels:
    """The labels for everything that is said of an application: vocabularies and its own form's questions."""
    return labels_for(application.submission.form_revision.definition)


def shown_requirements(role: Mapping[str, Any], labels: Labels) -> list[ShownRequirement]:
    """What a role asks, as sentences; a conditional one says its condition first."""
    shown = []
    for requirement in requirements_of(role):
        text = in_words(requirement.message, labels)
        if requirement.only_if is not None:
            condition = in_words(requirement.only_if, labels)
            shown.append(
                ShownRequirement(requirement.id, text, _("Asked only if: %(condition)s", condition=condition), True)
            )
        else:
            shown.append(ShownRequirement(requirement.id, text, "", False))
    return shown


def shown_checks(
    checked: Sequence[CheckedRule], labels: Labels, files: Mapping[str, Sequence[ShownFile]] = MappingProxyType({})
) -> list[ShownVerdict]:
    """Fresh verdicts with the evidence given, for the applicant's own eyes."""
    return [
        replace(
            _shown(rule.id, rule.verdict, in_words(rule.requirement.message, labels), labels, rule.waivable),
            files=files.get(rule.id, ()),
            link=rule.requirement.link,
        )
        for rule in checked
    ]


def shown_verdicts(
    application: Application,
    rows: Sequence[VerdictRow],
    waivers: Mapping[str, Waiver],
    labels: Labels,
    files: Mapping[str, Sequence[ShownFile]] = MappingProxyType({}),
) -> list[ShownVerdict]:
    """Stored verdicts with the evidence given, and with what was waived or accepted."""
    role = application.program_revision.resolved["roles"][application.role.value]
    asked = {requirement.id: requirement for requirement in requirements_of(role)}
    sentences = {name: in_words(requirement.message, labels) for name, requirement in asked.items()}
    shown = []
    for row in rows:
        verdict = verdict_from_json(row.verdict)
        line = _shown(
            row.rule_id, verdict, sentences.get(row.rule_id, row.rule_id), labels,
            # What nobody may waive can still be shown to hold.
            verdict.truth is Truth.UNKNOWN or rule_is_waivable(role, row.rule_id),
        )  # fmt: skip
        waiver = waivers.get(row.rule_id)
        if waiver is not None and verdict.truth is not Truth.MET:
            set_aside = waiver.kind is WaiverKind.WAIVED
            word = _("Waived") if set_aside else _("Accepted")
            said = _("%(word)s: %(reason)s", word=word, reason=waiver.reason)
            line = replace(line, state="met", evidence=said, why="", helps="", waived=word, set_aside=set_aside)
        link = asked[row.rule_id].link if row.rule_id in asked else None
        shown.append(replace(line, files=files.get(row.rule_id, ()), link=link))
    return shown


def status_sentence(application: Application) -> str:
    """Where an application stands, in words; the day is added by the page."""
    return {
        ApplicationStatus.DRAFT: _("Not sent yet"),
        ApplicationStatus.SUBMITTED: _("With the reviewers"),
        ApplicationStatus.RETURNED: _("Being changed by you") if application.changing else _("Waiting for your answer"),
        ApplicationStatus.APPROVED: _("Approved"),
        ApplicationStatus.DECLINED: _("Not approved"),
        ApplicationStatus.WITHDRAWN: _("Withdrawn"),
    }[application.status]


def saved_and_unsent(application: Application) -> str:
    """What is said to the applicant whose answers are saved and have not gone to the reviewers as they stand."""
    if application.submitted_at is None:
        return _("Your answers are saved. The application is not sent yet.")
    return _("Your answers are saved. The reviewers wait until you send the application again.")


def status_since(application: Application) -> str:
    """Where an application stands and since which day, for a list: "With the reviewers since 3 March", "Withdrawn on 3 March"."""
    day = say_day(application.status_since, counted=False, weekday=False)
    return {
        ApplicationStatus.DRAFT: _("Not sent yet, begun on %(day)s", day=day),
        ApplicationStatus.SUBMITTED: _("With the reviewers since %(day)s", day=day),
        ApplicationStatus.RETURNED: _("Being changed by you since %(day)s", day=day)
        if application.changing
        else _("Waiting for your answer since %(day)s", day=day),
        ApplicationStatus.APPROVED: _("Approved on %(day)s", day=day),
        ApplicationStatus.DECLINED: _("Not approved on %(day)s", day=day),
        ApplicationStatus.WITHDRAWN: _("Withdrawn on %(day)s", day=day),
    }[application.status]


def list_rows(applications: Iterable[Application]) -> Iterator[Sequence[object]]:
    """The staff list as rows of a table, with a head."""
    yield [
        _("Family name"), _("Given name"), _("Number"), _("E-mail address"), _("Applies as"), _("Program"), _("Cohort"),
        _("Status"), _("Since"), pgettext("application", "Sent"), _("Decision due"),
    ]  # fmt: skip
    words = {
        ApplicationStatus.SUBMITTED: _("Waiting for a decision"),
        ApplicationStatus.RETURNED: _("Waiting for the applicant"),
        ApplicationStatus.APPROVED: _("Approved"),
        ApplicationStatus.DECLINED: _("Not approved"),
        ApplicationStatus.WITHDRAWN: _("Withdrawn"),
    }
    for application in applications:
        member = application.member
        yield [
            member.family_name, member.given_name, member.number, member.email, role_word({}, application.role.value),
            application.program.name, application.cohort.name if application.cohort else None,
            words.get(application.status), local_day(application.status_since), local_day(application.submitted_at),
            local_day(application.decide_by),
        ]  # fmt: skip


def _shown(
    rule_id: str,
    verdict: Verdict,
    sentence: str,
    labels: Labels,
    waivable: bool,
) -> ShownVerdict:
    return ShownVerdict(
        id=rule_id,
        state=_STATES[verdict.truth],
        sentence=sentence,
        evidence=" ".join(in_words(item.message, labels) for item in verdict.evidence),
        why=in_words(verdict.reason, labels) if verdict.reason and verdict.truth is not Truth.MET else "",
        helps=in_words(verdict.remedy, labels) if verdict.remedy and verdict.truth is not Truth.MET else "",
        waivable=waivable,
    )
