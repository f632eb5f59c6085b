"""Every notice that Tandem writes: its id, what it is called in lists, and the variables its words may use.

The words themselves are ``templates/notices/<id>.txt``. An association or a program may put its own in their place, under
``notices`` in its configuration; ``wording.check_override`` checks them against this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask_babel import lazy_gettext as _

from tandem.notices.errors import UnknownTemplateError

#: Variables of every notice; ``write_notice`` fills them. ``program`` is empty for notices that belong to none.
COMMON = MappingProxyType(
    {
        "recipient": _("the name of the person it is written to"),
        "association": _("the association’s name"),
        "contact": _("whom to ask, as the association’s configuration says"),
        "program": _("the program’s name"),
        "link": _("the address of the page to go to"),
    }
)


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One kind of notice.

    ``page`` is the page its link leads to, with ``{id}`` for what the notice is about. ``required`` variables must be given and
    not empty, others may be left out. ``secret`` ones reach the mail and nothing else. ``essential`` notices are sent whatever
    the configuration says.
    """

    id: str
    title: Any
    page: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    essential: bool = False


_APPLICATION = "/applications/{id}"
_MENTORSHIP = "/mentorships/{id}"
_PARTNERS = _("the partner’s name, or the partners’ names")
_PERSON = _("the member it concerns")
_ROLE = _("mentee or mentor, in the program’s words")
_APPLICANT = _("the applicant’s name")

_ALL = (
    NoticeTemplate(
        "sign-in-link", _("Sign-in link"), "/sign-in",
        {"link": _("the address that signs in"), "code": _("the code to type on another device"),
         "minutes": _("for how many minutes both work")},
        required=frozenset({"link"}), secret=frozenset({"link", "code"}), essential=True,
    ),
    NoticeTemplate(
        "application-received", _("Application received"), _APPLICATION,
        {"applicant": _APPLICANT, "role": _ROLE},
    ),
    NoticeTemplate(
        "application-approved", _("Application approved"), _APPLICATION,
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("what the reviewer wrote"),
         "next_steps": _("what comes next"), "answer_by": _("not used here")},
    ),
    NoticeTemplate(
        "application-declined", _("Application declined"), _APPLICATION,
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("why, as the reviewer wrote it"),
         "next_steps": _("what the applicant can do now"), "answer_by": _("not used here")},
        required=frozenset({"reason"}),
    ),
    NoticeTemplate(
        "application-returned", _("Application returned with a question"), _APPLICATION,
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("what the reviewer asks"),
         "next_steps": _("what the applicant can do now"), "answer_by": _("the day by which to answer")},
        required=frozenset({"reason"}),
    ),
    NoticeTemplate(
        "match-published-mentee", _("Matched: to the mentee"), _MENTORSHIP,
        {"partners": _PARTNERS, "others": _("the other mentees of a group"), "reasons": _("why they were matched, as a list"),
         "promise": _("what was promised on applying, and whom it concerns"),
         "owed": _("what is still to be promised, and whom it concerns"), "ends_on": _("the last day")},
        required=frozenset({"partners"}),
    ),
    NoticeTemplate(
        "match-published-mentor", _("Matched: to the mentor"), _MENTORSHIP,
        {"partners": _PARTNERS, "others": _("not used here"), "reasons": _("why they were matched, as a list"),
         "promise": _("what the mentor promised on applying, and whom it concerns"),
         "owed": _("what the mentor is still to promise, and whom it concerns"), "ends_on": _("the last day")},
        required=frozenset({"partners"}),
    ),
    NoticeTemplate(
        "mentor-asked", _("A mentor is asked to take a mentee"), "/asked/{id}",
        {"person": _("the mentee’s name"), "reasons": _("why they would fit, as a list"),
         "answer_by": _("the last day to answer")},
        required=frozenset({"person", "answer_by"}),
    ),
    NoticeTemplate(
        "mentor-said-no", _("A mentor said no: to staff"), "/staff/pools/",
        {"person": _("the mentee’s name"), "mentor": _("the mentor’s name"), "answer": _("what the mentor wrote")},
        required=frozenset({"person", "mentor"}),
    ),
    NoticeTemplate(
        "mentor-did-not-answer", _("A mentor did not answer: to staff"), "/staff/pools/",
        {"person": _("the mentee’s name"), "mentor": _("the mentor’s name"), "answer": _("not used here")},
        required=frozenset({"person", "mentor"}),
    ),
    NoticeTemplate("pool-rest-ended", _("Back in the pool after a rest"), "/home", {}),
    NoticeTemplate(
        "dues-lapsed-own",
        _("Dues lapsed: to the member"),
        _MENTORSHIP,
        {"person": _PERSON, "partners": _PARTNERS, "paid_through": _("the last day that dues covered")},
    ),
    NoticeTemplate(
        "dues-lapsed-partner",
        _("Dues lapsed: to the partner"),
        _MENTORSHIP,
        {"person": _PERSON, "partners": _PARTNERS},
        required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "dues-resumed",
        _("Dues paid again: to both"),
        _MENTORSHIP,
        {"person": _PERSON, "partners": _PARTNERS},
    ),
    NoticeTemplate(
        "mentorship-paused",
        _("Mentorship paused"),
        _MENTORSHIP,
        {"partners": _PARTNERS, "by": _("who paused it"), "reason": _("why it rests")},
    ),
    NoticeTemplate(
        "mentorship-resumed",
        _("Mentorship resumed"),
        _MENTORSHIP,
        {"partners": _PARTNERS, "by": _("who let it go on")},
    ),
    NoticeTemplate(
        "reassignment-received", _("Reassignment asked for: to staff"), "/staff/reassignments",
        {"person": _("who asks"), "partners": _PARTNERS}, required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "reassignment-granted", _("Reassignment granted"), _MENTORSHIP,
        {"partners": _PARTNERS, "answer": _("what staff wrote")},
    ),
    NoticeTemplate(
        "reassignment-refused", _("Reassignment refused"), _MENTORSHIP,
        {"partners": _PARTNERS, "answer": _("why, as staff wrote it")}, required=frozenset({"answer"}),
    ),
    NoticeTemplate(
        "mentorship-ended", _("Mentorship ended"), _MENTORSHIP,
        {"partners": _PARTNERS, "by": _("who ended it"), "ended_on": _("the day it ended")},
    ),
    NoticeTemplate(
        "message-received", _("Message from a partner"), "/mentorships/{id}/messages",
        {"person": _("who wrote")}, required=frozenset({"person"}),
    ),
    NoticeTemplate("still-in-touch", _("Still in touch?"), "/mentorships/{id}/in-touch", {"partners": _PARTNERS}),
    NoticeTemplate("concern-received", _("Confidential message: to staff"), "/staff/concerns/", {}),
    NoticeTemplate("concern-answered", _("Answer from staff"), "/mentorships/{id}/concern", {}),
    NoticeTemplate(
        "meeting-proposed", _("Times for a meeting proposed"), _MENTORSHIP,
        {"person": _("who proposes"), "times": _("the times, as a list")}, required=frozenset({"person", "times"}),
    ),
    NoticeTemplate(
        "meeting-agreed", _("Time of a meeting agreed"), _MENTORSHIP,
        {"when": _("day and time"), "way": _("how they meet")}, required=frozenset({"when"}),
    ),
    NoticeTemplate(
        "meeting-cancelled", _("Meeting called off"), _MENTORSHIP,
        {"person": _("who called it off"), "when": _("day and time")}, required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "meeting-soon", _("Meeting tomorrow"), _MENTORSHIP, {"when": _("day and time")}, required=frozenset({"when"}),
    ),
    NoticeTemplate(
        "meeting-after", _("After a meeting"), _MENTORSHIP, {"when": _("day and time")}, required=frozenset({"when"}),
    ),
    NoticeTemplate("follow-up-due", _("Due today"), _MENTORSHIP, {"partners": _PARTNERS}),
    NoticeTemplate(
        "evaluation-offered", _("Evaluation offered"), _MENTORSHIP,
        {"partners": _PARTNERS, "open_until": _("the last day on which it can be given")},
    ),
    NoticeTemplate(
        "evaluation-reminder", _("Evaluation: reminder"), _MENTORSHIP,
        {"partners": _PARTNERS, "open_until": _("the last day on which it can be given")},
    ),
    NoticeTemplate(
        "reviewer-waiting", _("Application waits for review"), "/staff/applications/{id}",
        {"applicant": _APPLICANT, "role": _ROLE, "count": _("how many wait"), "oldest": _("since when the oldest waits")},
    ),
    NoticeTemplate(
        "application-changed", _("Application changed: to the reviewers"), "/staff/applications/{id}",
        {"applicant": _APPLICANT, "role": _ROLE},
    ),
    NoticeTemplate(
        "review-assigned", _("Applications to review: to the reviewer"), "/staff/applications/?queue=mine",
        {"applicants": _("the applicants’ names, as a list"), "count": _("how many they are"),
         "decide_by": _("the day by which to decide")},
        required=frozenset({"applicants"}),
    ),
    NoticeTemplate(
        "review-due", _("Reviews due soon: to the reviewer"), "/staff/applications/?queue=mine",
        {"applicants": _("the applicants’ names, as a list"), "count": _("how many they are"),
         "decide_by": _("the day by which to decide")},
        required=frozenset({"applicants", "decide_by"}),
    ),
)  # fmt: skip

TEMPLATES: Mapping[str, NoticeTemplate] = MappingProxyType({template.id: template for template in _ALL})


def notice_template(template_id: str) -> NoticeTemplate:
    """The template of that id. Raises ``UnknownTemplateError``."""
    try:
        return TEMPLATES[template_id]
    except KeyError:
        raise UnknownTemplateError(f"There is no notice {template_id!r}.") from None
