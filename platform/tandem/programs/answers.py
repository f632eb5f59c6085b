"""Questions that people ask before they apply, answered from the configuration that is enforced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.programs.queries import role_word
from tandem.programs.schemas.base import days
from tandem.programs.schemas.program import SIDES
from tandem.web.formatting import say_date, say_hours, say_list


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer: sentences that the settings make true, then the association's own words (Markdown)."""

    id: str
    question: str
    sentences: Sequence[str] = ()
    words: str = ""


def answers(resolved: Mapping[str, Any], committee: str | None, dates: tuple[date, date] | None = None) -> list[Answer]:
    """What a program's public page answers, in order.

    ``committee`` is the name of the one that reviews, if any; ``dates`` are the first and last day of the cohort that people
    apply for.

    The association's own question with the id of one of these comes in its place, with its words after the sentences. Where the
    settings answer nothing, the question is not asked, with or without words. Its other questions come before all of these.
    """
    own = {one["id"]: one for one in (resolved.get("pages") or {}).get("questions") or ()}
    found: list[Answer] = []
    for name, question, sentences in _from_settings(resolved, committee, dates):
        written = own.pop(name, None)
        if sentences:
            words = written["answer"] if written else ""
            found.append(Answer(name, written["question"] if written else question, sentences, words))
    return [Answer(name, one["question"], words=one["answer"]) for name, one in own.items()] + found


def _from_settings(
    resolved: Mapping[str, Any], committee: str | None, dates: tuple[date, date] | None
) -> Iterator[tuple[str, str, list[str]]]:
    mentorship = resolved.get("mentorship") or {}
    yield "after-applying", _("What happens after I apply?"), _after_applying(resolved, committee)
    yield "how-matched", _("How is a match made?"), _how_matched(resolved)
    yield "how-many", _("With how many people would I work?"), _how_many(resolved)
    yield "how-long", _("How much time does it take?"), _how_long(resolved, dates)
    yield "how-long-it-counts", _("How long does my application count?"), _how_long_it_counts(resolved)
    yield "a-break", _("Can I take a break?"), _a_break(resolved)
    yield "out-of-touch", _("What if we lose touch?"), _out_of_touch(mentorship)
    yield "not-a-fit", _("What if we do not get on?"), _not_a_fit(resolved, mentorship)
    yield "at-the-end", _("How does it end?"), _at_the_end(resolved, mentorship)


def _after_applying(resolved: Mapping[str, Any], committee: str | None) -> list[str]:
    review, silent = resolved.get("review") or {}, _unsent(resolved)
    said = [
        _("Your application is read by the %(committee)s.", committee=committee)
        if committee
        else _("Staff read your application.")
    ]
    quorum, within = review.get("quorum", 1), review.get("answer_days")
    if quorum > 1:
        said.append(_("%(num)s reviewers vote on it.", num=quorum))
    if within:
        said.append(
            ngettext(
                "You can expect an answer within %(num)s day.", "You can expect an answer within %(num)s days.", within
            )
        )
    if "application-approved" not in silent:
        said.append(_("You get an e-mail when it is approved."))
    if not {"match-published-mentee", "match-published-mentor"} & silent:
        said.append(_("You get another when you are matched."))
    if "application-declined" not in silent:
        said.append(_("If it is not approved, the e-mail says why, and what you can do next."))
    until = review.get("change_until", "review")
    if until != "never":
        said.append(
            _("Until the decision you can still change what you sent.")
            if until == "decision"
            else _("Until a reviewer has begun you can still change what you sent.")
        )
    return said


def _how_matched(resolved: Mapping[str, Any]) -> list[str]:
    matching = resolved.get("matching") or {}
    said = [_("Staff look at each match and confirm it before anybody hears of it.")]
    if acceptance := matching.get("acceptance"):
        said.append(
            ngettext(
                "Where you are asked first, as %(role)s, you have %(num)s day to accept or decline.",
                "Where you are asked first, as %(role)s, you have %(num)s days to accept or decline.",
                days(acceptance["within"]), role=role_word(resolved, "mentor"),
            )
        )  # fmt: skip
    if waited := matching.get("waiting_first"):
        said.append(
            ngettext(
                "Whoever has waited for %(num)s day comes before others.",
                "Whoever has waited for %(num)s days comes before others.",
                days(waited),
            )
        )
    return said


def _how_many(resolved: Mapping[str, Any]) -> list[str]:
    places = resolved["roles"]["mentor"].get("places") or {}
    mentee, mentor = role_word(resolved, "mentee"), role_word(resolved, "mentor")
    most = places.get("max", 1) if places.get("field") else min(places.get("default", 1), places.get("max", 1))
    said = [
        _("As %(role)s you join one group for each application.", role=mentee)
        if (resolved.get("matching") or {}).get("groups")
        else _("As %(role)s you have one partner for each application.", role=mentee)
    ]
    if most == 1:
        said.append(_("As %(role)s you have one partner at a time.", role=mentor))
    elif places.get("field"):
        said.append(_("As %(role)s you say how many at once, up to %(num)s.", role=mentor, num=most))
    else:
        said.append(_("As %(role)s you have up to %(num)s at once.", role=mentor, num=most))
    if places.get("per_member"):
        said.append(_("Over all cohorts of this program no more than %(num)s.", num=places["per_member"]))
    return said


def _how_long(resolved: Mapping[str, Any], dates: tuple[date, date] | None) -> list[str]:
    length = resolved["length"]
    if length["kind"] == "hours":
        said = [
            _("As much as the need asks: from %(least)s to %(most)s.",
              least=say_hours(length["min_minutes"]), most=say_hours(length["max_minutes"]))
        ]  # fmt: skip
        if ((resolved.get("mentorship") or {}).get("hours") or {}).get("recorded_by"):
            said.append(_("You note your hours and see how many are left; nothing ends when the last one is used."))
        return said
    if length["kind"] == "months":
        return [ngettext("It lasts %(num)s month.", "It lasts %(num)s months.", length["months"])]
    if length["kind"] == "cohort" and dates is not None:
        return [
            _("It lasts from %(first)s to %(last)s.",
              first=say_date(dates[0]), last=say_date(dates[1]))
        ]  # fmt: skip
    if length["kind"] == "cohort":
        return [_("It lasts from the start of a cohort to its end.")]
    return [_("It lasts until one of you ends it.")]


def _how_long_it_counts(resolved: Mapping[str, Any]) -> list[str]:
    said = []
    for side in SIDES:
        role, stays = role_word(resolved, side), resolved["roles"][side].get("on_file") == "until-asked"
        if stays:
            said.append(_("As %(role)s: match after match, until you ask to be taken off.", role=role))
        elif side == "mentee":
            said.append(_("As %(role)s: until you are matched.", role=role))
            if (resolved.get("mentorship") or {}).get("apply_again", True):
                said.append(_("Then you can apply again at once, for something new or for more help with the same."))
        else:
            said.append(_("As %(role)s: until all your places are taken.", role=role))
    return said


def _a_break(resolved: Mapping[str, Any]) -> list[str]:
    if resolved["roles"]["mentor"].get("on_file") != "until-asked":
        return []
    return [
        _(
            "As %(role)s, yes: on your home page you rest until a day that you choose, or until you say so; meanwhile nobody new"
            " is matched with you.",
            role=role_word(resolved, "mentor"),
        )
    ]


def _out_of_touch(mentorship: Mapping[str, Any]) -> list[str]:
    if not (silence := mentorship.get("silence")):
        return []
    return [
        ngettext(
            "After %(num)s day without a meeting or any other sign, each of you is asked whether you are still in touch.",
            "After %(num)s days without a meeting or any other sign, each of you is asked whether you are still in touch.",
            silence["after_days"],
        )
    ]


def _not_a_fit(resolved: Mapping[str, Any], mentorship: Mapping[str, Any]) -> list[str]:
    askers = (mentorship.get("reassignment") or {}).get("asked_by", SIDES)
    if not askers:
        return []
    return [
        _("Each of you can ask staff for another match, at any point.")
        if len(askers) == len(SIDES)
        else _("As %(role)s you can ask staff for another match, at any point.", role=role_word(resolved, askers[0])),
        _("Only staff see that you asked."),
    ]


def _at_the_end(resolved: Mapping[str, Any], mentorship: Mapping[str, Any]) -> list[str]:
    tellers = (mentorship.get("ending") or {}).get("told_by", SIDES)
    said = []
    if resolved["length"]["kind"] in {"months", "cohort"}:
        said.append(_("It ends by itself after its last day."))
    if len(tellers) == len(SIDES):
        said.append(_("Each of you can say at any time that it has ended; that closes it."))
    elif tellers:
        role = role_word(resolved, tellers[0])
        said.append(_("As %(role)s you say when it has ended; that closes it.", role=role))
    offered = {
        side: [_("“%(name)s”", name=one["title"]) for one in mentorship.get("evaluations") or () if one["by"] == side]
        for side in SIDES
    }
    if offered["mentee"] and offered["mentee"] == offered["mentor"]:
        return [*said, _("Afterwards each of you is offered: %(titles)s.", titles=say_list(offered["mentee"]))]
    return said + [
        _(
            "Afterwards you are offered, as %(role)s: %(titles)s.",
            role=role_word(resolved, side),
            titles=say_list(titles),
        )
        for side, titles in offered.items()
        if titles
    ]


def _unsent(resolved: Mapping[str, Any]) -> set[str]:
    return {one["id"] for one in resolved.get("notices") or () if one.get("send", True) is False}
