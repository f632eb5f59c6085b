"""Why somebody was left over, in words, from the figures that decided it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.eligibility.serialise import message_from_json
from tandem.matching.engine import FLOOR, Aim, Reason
from tandem.matching.models import REASSIGNED, MatchRun, RunState
from tandem.matching.queries import entries_by_id
from tandem.matching.standing import BY_STAFF, NOT_PUBLISHED, SET_ASIDE
from tandem.plugins import installed
from tandem.programs.queries import role_word
from tandem.programs.schemas.plugged import load_settings
from tandem.wording import Labels, in_words

#: Why somebody is left over whom staff's own list leaves out, beside the engine's reasons.
NOT_IN_LIST = "not-in-list"


@dataclass(frozen=True, slots=True)
class ShownLeftover:
    """One person without a partner: who, why in one sentence, and what would help."""

    entry_id: UUID
    name: str
    why: str
    helps: str


def shown_leftovers(
    run: MatchRun,
    resolved: Mapping[str, Any],
    labels: Labels,
    *,
    only: Collection[UUID] | None = None,
    offset: int = 0,
    limit: int = 50,
) -> list[ShownLeftover]:
    """People left over, each with the first reason that applies: a page of them, or of ``only`` these."""
    records = [one for one in run.unmatched if only is None or UUID(one["entry_id"]) in only][offset : offset + limit]
    names = _ids(records)
    entries = entries_by_id([UUID(identifier) for identifier in names])
    known = {str(identifier): entry.member.name for identifier, entry in entries.items()}
    constraints = {item["id"]: item for item in resolved.get("matching", {}).get("constraints", ())}
    return [
        ShownLeftover(
            UUID(record["entry_id"]),
            known.get(record["entry_id"], "–"),
            *_sentences(record, known, constraints, labels, open_now=run.state is RunState.PROPOSED),
        )
        for record in records
    ]


def shown_reasons(run: MatchRun) -> list[dict[str, Any]]:
    """How many people are left over for each first reason, in the order of the reasons; empty if nobody is."""
    words = {
        Reason.NO_MENTOR_ALLOWED: _("Rules"),
        Reason.TOO_FEW_PLACES: _("Places"),
        Reason.COSTS_IN_TOTAL: _("Total"),
        Reason.PRICED_OUT: _("Fit"),
        Reason.OUTRANKED: _("Others"),
    }
    counts = Counter(one["reason"] for one in run.unmatched)
    if not counts:
        return []
    stable = run.summary.get("aim") == Aim.STABLE.value
    possible = (Reason.NO_MENTOR_ALLOWED, Reason.OUTRANKED) if stable else tuple(words)[:-1]
    shown = [{"label": words[reason], "value": counts[reason.value], "fill": "warn"} for reason in possible]
    if counts[NOT_IN_LIST]:
        shown.append({"label": _("List"), "value": counts[NOT_IN_LIST], "fill": "warn"})
    if by_staff := sum(counts[reason] for reason in BY_STAFF):
        shown.append({"label": _("Staff"), "value": by_staff, "fill": "warn"})
    return shown


def _sentences(
    record: Mapping[str, Any],
    known: Mapping[str, str],
    constraints: Mapping[str, Any],
    labels: Labels,
    *,
    open_now: bool,
) -> tuple[str, str]:
    reason = record["reason"]
    if reason == NOT_IN_LIST or reason in BY_STAFF:
        return _by_staff(reason, known.get(str(record.get("mentor")), "–"), open_now=open_now)
    if reason == Reason.NO_MENTOR_ALLOWED.value:
        why, helps = _nobody_allowed(record.get("refusal") or {}, constraints, labels)
        # What they asked for is told before the rule, which says the same in general.
        named = [in_words(message_from_json(one), labels) for one in (record.get("lacking") or {}).values()]
        return " ".join([*named, why]), helps
    if reason == Reason.TOO_FEW_PLACES.value:
        group = record.get("group") or {}
        why = ngettext(
            "Places are short: %(people)s people can only go to those who have %(places)s places between them, %(num)s too few.",
            "Places are short: %(people)s people can only go to those who have %(places)s places between them, %(num)s too few.",
            group.get("short", 1),
            people=group.get("people", 0),
            places=group.get("places", 0),
        )
        return why, _("One more person whom they may have, or one more place; no reshuffle can help.")
    if reason == Reason.OUTRANKED.value:
        return _outranked(record, known)
    entry = record.get("entry") or {}
    mentor = known.get(str(entry.get("mentor")), "")
    other = known.get(str(entry.get("left_out")), "")
    if reason == Reason.COSTS_IN_TOTAL.value:
        return (
            _(
                "Somebody has to be left over. With %(mentor)s it would cost the program %(cost)s points and leave %(other)s over instead.",
                mentor=mentor,
                cost=entry.get("cost", 0),
                other=other,
            ),
            _("One more place with %(mentor)s.", mentor=mentor) if mentor else _("One more place."),
        )
    return (
        _(
            "The fit with %(mentor)s is %(fit)s; the place went where %(needed)s was needed.",
            mentor=mentor,
            fit=entry.get("fit", 0),
            needed=entry.get("needed", 0),
        ),
        _("One more place with %(mentor)s.", mentor=mentor) if mentor else _("One more place."),
    )


def _by_staff(reason: str, mentor: str, *, open_now: bool) -> tuple[str, str]:
    if reason == NOT_IN_LIST:
        return _("The list that you brought in leaves them out."), _("Pair them by hand, or bring in another list.")
    later = _("They wait in the pool: run the match again.")
    if reason == SET_ASIDE:
        helps = _("Pair them by hand, or confirm that pair after all.") if open_now else later
        return _("Staff set the pair with %(mentor)s aside.", mentor=mentor), helps
    if reason == NOT_PUBLISHED:
        return _("The pair with %(mentor)s was not confirmed when the run was published.", mentor=mentor), later
    helps = _("Pair them with somebody else by hand.") if open_now else later
    return _("Staff keep them and %(mentor)s apart.", mentor=mentor), helps


def _outranked(record: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, str]:
    mentor, rival = known.get(str(record.get("best_mentor")), "–"), record.get("rival")
    if rival is None:
        why = _(
            "All places that would do are taken; those with %(mentor)s by pairs that you keep together.", mentor=mentor
        )
    else:
        why = _(
            "Everybody who would do keeps others who rank higher. The best fit is %(mentor)s with %(fit)s; the last whom they keep is %(other)s with %(points)s.",
            mentor=mentor,
            fit=rival.get("fit", 0),
            other=known.get(str(rival.get("mentee")), "–"),
            points=rival.get("points", 0),
        )
    return why, _("One more place with %(mentor)s.", mentor=mentor)


def _nobody_allowed(refusal: Mapping[str, Any], constraints: Mapping[str, Any], labels: Labels) -> tuple[str, str]:
    others = refusal.get("others", 0)
    if not others:
        return _("Nobody has a free place."), _(
            "Recruit %(people)s, or ask one of them for another place.", people=role_word({}, "mentor", 2)
        )
    rules = [rule for rule in refusal.get("rules", ()) if rule.get("forbids")]
    said = _("; ").join(
        _(
            "%(rule)s keeps %(num)s of %(all)s away",
            rule=rule_words(rule["id"], constraints, labels),
            num=rule["forbids"],
            all=others,
        )
        for rule in rules
    )
    why = _("Nobody may be paired with them: %(rules)s.", rules=said)
    relaxations = refusal.get("relaxations") or ()
    if not relaxations:
        return why, ""
    first = relaxations[0]
    helps = ngettext(
        "A mentor for whom this holds: %(rules)s. Without it, %(num)s mentor would open.",
        "A mentor for whom this holds: %(rules)s. Without it, %(num)s mentors would open.",
        first.get("opens", 0),
        rules=", ".join(rule_words(rule, constraints, labels) for rule in first.get("rules", ())),
    )
    return why, helps


def rule_words(rule_id: str, constraints: Mapping[str, Any], labels: Labels) -> str:
    """A constraint as its plugin describes it, or a block by staff or by nature, as part of a sentence."""
    item = constraints.get(rule_id)
    if item is not None:
        plugin = installed().constraints.get(item["constraint"])
        if plugin is not None:
            said = in_words(plugin.describe(load_settings(plugin.settings_schema, item)), labels)
            return _("“%(rule)s”", rule=said.rstrip("."))
    if rule_id == "self":
        return _("“nobody is paired with themselves”")
    if rule_id == REASSIGNED:
        return _("“they were reassigned from each other”")
    if rule_id == FLOOR:
        return _("“the weakest pair is to fit as well as possible”")
    return _("“staff keep them apart”")


def _ids(records: Any) -> set[str]:
    found = set()
    for record in records:
        found.add(record["entry_id"])
        entry = record.get("entry") or {}
        found.update(str(entry[key]) for key in ("mentor", "left_out") if entry.get(key))
        if record["reason"] in BY_STAFF:
            found.add(record["mentor"])
        if record["reason"] == Reason.OUTRANKED.value:
            found.update((record["best_mentor"], *([record["rival"]["mentee"]] if record["rival"] else ())))
    return found
