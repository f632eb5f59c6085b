"""Every notice that Tandem writes: its id, what it is called in lists, and the variables its words may use.

The words themselves are ``templates/notices/<id>.txt``. An association or a program may put its own in their place, under
``notices`` in its configuration; ``wording.check_override`` checks them against this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
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
        "mentee_word": _("what the program calls a mentee"),
        "mentor_word": _("what the program calls a mentor"),
    }
)


class Topic(StrEnum):
    """What a notice is about, as people choose which they want."""

    SIGN_IN = "sign-in"
    APPLICATION = "application"
    MENTORSHIP = "mentorship"
    CONFIDENCE = "confidence"
    DATA = "data"
    PARTNER = "partner"
    REMINDERS = "reminders"
    NEWS = "news"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class TopicWords:
    """A topic in lists. ``essential`` ones are sent whatever somebody has chosen; ``says`` then tells why."""

    title: Any
    says: Any
    essential: bool = False


TOPICS: Mapping[Topic, TopicWords] = MappingProxyType(
    {
        Topic.SIGN_IN: TopicWords(
            _("Signing in"), _("You ask for it yourself, and without it you could not sign in."), essential=True
        ),
        Topic.APPLICATION: TopicWords(
            _("Answers to your applications"),
            _("It answers something you sent, or asks you something by a certain day."),
            essential=True,
        ),
        Topic.MENTORSHIP: TopicWords(
            _("Changes to your mentorship"),
            _("Somebody counts on your knowing it: a match, a pause, an end, a meeting agreed or called off."),
            essential=True,
        ),
        Topic.CONFIDENCE: TopicWords(
            _("What was raised in confidence"), _("Somebody asked for an answer and waits for it."), essential=True
        ),
        Topic.DATA: TopicWords(
            _("Your data"), _("It is about what is kept about you, or what was done in your name."), essential=True
        ),
        Topic.PARTNER: TopicWords(
            _("From your mentorship"), _("Somebody in it has written to you, or proposes times for a meeting.")
        ),
        Topic.REMINDERS: TopicWords(
            _("Reminders"), _("A meeting tomorrow, something due today, an evaluation, “still in touch?”.")
        ),
        Topic.NEWS: TopicWords(_("News"), _("What the staff write to many at a time.")),
        Topic.WORK: TopicWords(
            _("What waits for you as staff or reviewer"),
            _("Applications to review, mentors who said no, requests for another match."),
        ),
    }
)  # fmt: skip

#: The topics among which people choose, in the order in which they see them.
CHOSEN = tuple(topic for topic, words in TOPICS.items() if not words.essential)


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One kind of notice.

    ``page`` is the page its link leads to, with ``{id}`` for what the notice is about. ``required`` variables must be given and
    not empty, others may be left out. ``secret`` ones reach the mail and nothing else. ``when`` and ``to`` say for staff when it
    is sent and to whom. ``always``: sent whatever the configuration says, and while all mail is held. ``listed``: an association
    may put its own words in its place. ``paced``: its recipient's choice for the topic is looked at.
    """

    id: str
    title: Any
    page: str
    topic: Topic
    when: Any
    to: Any
    variables: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    always: bool = False
    listed: bool = True
    paced: bool = True

    @property
    def essential(self) -> bool:
        """Whether it is sent whatever its recipient has chosen."""
        return TOPICS[self.topic].essential


_APPLICATION = "/applications/{id}"
_MENTORSHIP = "/mentorships/{id}"
_PARTNERS = _("the partner’s name, or the partners’ names")
_CALLED_OFF = _("when the agreed meetings were to be that are called off with it, as a list")
_OTHERS = _("the others of a group who get the same letter")
_PERSON = _("the member it concerns")
_ROLE = _("mentee or mentor, in the program’s words")
_APPLICANT = _("the applicant’s name")

_ALL = (
    NoticeTemplate(
        "sign-in-link", _("Sign-in link"), "/sign-in",
        Topic.SIGN_IN, _("when somebody asks to sign in by e-mail"), _("whoever asks"),
        {"link": _("the address that signs in"), "code": _("the code to type on another device"),
         "minutes": _("for how many minutes both work")},
        required=frozenset({"link"}), secret=frozenset({"link", "code"}), always=True,
    ),
    NoticeTemplate(
        "application-received", _("Application received"), _APPLICATION,
        Topic.APPLICATION, _("at once, when an application was sent"), _("the applicant"),
        {"applicant": _APPLICANT, "role": _ROLE},
    ),
    NoticeTemplate(
        "application-approved", _("Application approved"), _APPLICATION,
        Topic.APPLICATION, _("at once, when the application is approved"), _("the applicant"),
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("what the reviewer wrote"),
         "next_steps": _("what comes next"), "answer_by": _("not used here")},
    ),
    NoticeTemplate(
        "application-declined", _("Application declined"), _APPLICATION,
        Topic.APPLICATION, _("at once, when the application is declined"), _("the applicant"),
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("why, as the reviewer wrote it"),
         "next_steps": _("what the applicant can do now"), "answer_by": _("not used here")},
        required=frozenset({"reason"}),
    ),
    NoticeTemplate(
        "application-returned", _("Application returned with a question"), _APPLICATION,
        Topic.APPLICATION, _("at once, when the reviewer asks a question"), _("the applicant"),
        {"applicant": _APPLICANT, "role": _ROLE, "reason": _("what the reviewer asks"),
         "next_steps": _("what the applicant can do now"), "answer_by": _("the day by which to answer")},
        required=frozenset({"reason"}),
    ),
    NoticeTemplate(
        "application-withdrawn", _("Application withdrawn"), _APPLICATION,
        Topic.APPLICATION, _("at once, when the applicant withdraws an application that was sent"), _("the applicant"),
        {"applicant": _APPLICANT, "role": _ROLE},
    ),
    NoticeTemplate(
        "match-published-mentee", _("Matched: to the mentee"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when the match is published"), _("each mentee"),
        {"partners": _PARTNERS, "others": _("the other mentees of a group"), "reasons": _("why they were matched, as a list"),
         "promise": _("what was promised on applying, and whom it concerns"),
         "owed": _("what is still to be promised, and whom it concerns"), "ends_on": _("the last day")},
        required=frozenset({"partners"}),
    ),
    NoticeTemplate(
        "match-published-mentor", _("Matched: to the mentor"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when the match is published"), _("the mentor"),
        {"partners": _PARTNERS, "others": _("not used here"), "reasons": _("why they were matched, as a list"),
         "promise": _("what the mentor promised on applying, and whom it concerns"),
         "owed": _("what the mentor is still to promise, and whom it concerns"), "ends_on": _("the last day")},
        required=frozenset({"partners"}),
    ),
    NoticeTemplate(
        "mentor-asked", _("A mentor is asked to take a mentee"), "/asked/{id}",
        Topic.MENTORSHIP, _("when staff, or a no before, ask the mentor"), _("the mentor"),
        {"person": _("the mentee’s name"), "reasons": _("why they would fit, as a list"),
         "answer_by": _("the last day to answer")},
        required=frozenset({"person", "answer_by"}),
    ),
    NoticeTemplate(
        "mentor-said-no", _("A mentor said no: to staff"), "/staff/pools/",
        Topic.WORK, _("when the mentor says no and nobody is asked next"), _("staff who run matches"),
        {"person": _("the mentee’s name"), "mentor": _("the mentor’s name"), "answer": _("what the mentor wrote")},
        required=frozenset({"person", "mentor"}),
    ),
    NoticeTemplate(
        "mentor-did-not-answer", _("A mentor did not answer: to staff"), "/staff/pools/",
        Topic.WORK, _("when the day to answer has passed and nobody is asked next"), _("staff who run matches"),
        {"person": _("the mentee’s name"), "mentor": _("the mentor’s name"), "answer": _("not used here")},
        required=frozenset({"person", "mentor"}),
    ),
    NoticeTemplate(
        "pool-rest-ended", _("Back in the pool after a rest"), "/home",
        Topic.MENTORSHIP, _("when a rest has come to its last day"), _("the member who rested"),
    ),
    NoticeTemplate(
        "dues-lapsed-own",
        _("Dues lapsed: to the member"),
        _MENTORSHIP,
        Topic.MENTORSHIP, _("when dues no longer cover the mentorship"), _("the member whose dues lapsed"),
        {"person": _PERSON, "partners": _PARTNERS, "paid_through": _("the last day that dues covered"),
         "help_label": _("the words of the rule’s link, such as “Pay your dues”"), "help_url": _("where that link leads")},
    ),
    NoticeTemplate(
        "dues-lapsed-partner",
        _("Dues lapsed: to the others"),
        _MENTORSHIP,
        Topic.MENTORSHIP, _("when dues no longer cover the mentorship"), _("the others in it"),
        {"person": _PERSON, "partners": _PARTNERS},
        required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "dues-resumed",
        _("Dues paid again: to everybody"),
        _MENTORSHIP,
        Topic.MENTORSHIP, _("when dues are paid again"), _("everybody in it"),
        {"person": _PERSON, "partners": _PARTNERS},
    ),
    NoticeTemplate(
        "mentorship-paused",
        _("Mentorship paused"),
        _MENTORSHIP,
        Topic.MENTORSHIP, _("when somebody pauses the mentorship"), _("everybody in it"),
        {"partners": _PARTNERS, "by": _("who paused it"), "reason": _("why it rests")},
    ),
    NoticeTemplate(
        "mentorship-resumed",
        _("Mentorship resumed"),
        _MENTORSHIP,
        Topic.MENTORSHIP, _("when the mentorship goes on"), _("everybody in it"),
        {"partners": _PARTNERS, "by": _("who let it go on")},
    ),
    NoticeTemplate(
        "reassignment-received", _("Reassignment asked for: to staff"), "/staff/reassignments",
        Topic.WORK, _("when somebody asks for another match"), _("staff who keep mentorships"),
        {"person": _("who asks"), "partners": _PARTNERS}, required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "reassignment-granted", _("Reassignment granted"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when staff grant another match"), _("who asked"),
        {"partners": _PARTNERS, "answer": _("what staff wrote"), "meetings": _CALLED_OFF},
    ),
    NoticeTemplate(
        "reassignment-refused", _("Reassignment refused"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when staff refuse another match"), _("who asked"),
        {"partners": _PARTNERS, "answer": _("why, as staff wrote it")}, required=frozenset({"answer"}),
    ),
    NoticeTemplate(
        "mentorship-ended", _("Mentorship ended"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when the mentorship ends"), _("everybody in it"),
        {"partners": _PARTNERS, "by": _("who ended it"), "own_word": _("who ended it, where that is its recipient"), "ended_on": _("the day it ended"),
         "meetings": _CALLED_OFF, "next_steps": _("what its recipient can do now: wait to be matched again, or apply")},
    ),
    NoticeTemplate(
        "message-received", _("Message in the mentorship"), "/mentorships/{id}/messages",
        Topic.PARTNER, _("when somebody in it writes, once until it is read"), _("the others in it"),
        {"person": _("who wrote")}, required=frozenset({"person"}),
    ),
    NoticeTemplate("still-in-touch", _("Still in touch?"), "/mentorships/{id}/in-touch",
        Topic.REMINDERS, _("in the morning, after the silence that the program allows"), _("everybody in it"), {"partners": _PARTNERS}),
    NoticeTemplate("concern-received", _("Confidential message: to staff"), "/staff/concerns/",
        Topic.CONFIDENCE, _("when somebody raises a concern"), _("the persons of trust"), {}),
    NoticeTemplate("concern-answered", _("Answer from staff"), "/mentorships/{id}/concern",
        Topic.CONFIDENCE, _("when it is answered"), _("who raised it"), {}),
    NoticeTemplate(
        "meeting-proposed", _("Times for a meeting proposed"), _MENTORSHIP,
        Topic.PARTNER, _("when somebody proposes times"), _("the others in it"),
        {"person": _("who proposes"), "times": _("the times, as a list"), "others": _OTHERS,
         "time": _("how long"), "way": _("how they meet")},
        required=frozenset({"person", "times"}),
    ),
    NoticeTemplate(
        "meeting-moved", _("Other times for an agreed meeting"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when somebody proposes other times for a meeting that was agreed"), _("the others in it"),
        {"person": _("who proposes"), "when": _("the day and time that no longer holds"), "times": _("the times, as a list"),
         "others": _OTHERS, "time": _("how long"), "way": _("how they meet")},
        required=frozenset({"person", "when", "times"}),
    ),
    NoticeTemplate(
        "meeting-agreed", _("Time of a meeting agreed"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when a time is picked"), _("everybody in it"),
        {"partners": _PARTNERS, "when": _("day and time"), "time": _("how long"), "way": _("how they meet")},
        required=frozenset({"when"}),
    ),
    NoticeTemplate(
        "meeting-cancelled", _("Meeting called off"), _MENTORSHIP,
        Topic.MENTORSHIP, _("when a meeting, or a proposal to meet, is called off"), _("the others in it"),
        {"person": _("who called it off"), "when": _("day and time of a meeting still to come"),
         "missed": _("day and time of a meeting that did not take place"), "times": _("the times that were proposed, as a list"),
         "earlier": _("the day and time that was agreed before other times were proposed")}, required=frozenset({"person"}),
    ),
    NoticeTemplate(
        "meeting-soon", _("Meeting tomorrow"), _MENTORSHIP,
        Topic.REMINDERS, _("a day before the meeting"), _("everybody in it"), {"when": _("day and time")}, required=frozenset({"when"}),
    ),
    NoticeTemplate(
        "meeting-after", _("After a meeting"), _MENTORSHIP,
        Topic.REMINDERS, _("after the meeting, until somebody has noted it"), _("everybody in it"), {"when": _("day and time")}, required=frozenset({"when"}),
    ),
    NoticeTemplate("follow-up-due", _("Due today"), _MENTORSHIP,
        Topic.REMINDERS, _("in the morning of the day on which it is due"), _("who said they would do it"), {"partners": _PARTNERS}),
    NoticeTemplate(
        "evaluation-offered", _("Evaluation offered"), _MENTORSHIP,
        Topic.REMINDERS, _("in the morning after the end"), _("who may give it"),
        {"partners": _PARTNERS, "open_until": _("the last day on which it can be given")},
    ),
    NoticeTemplate(
        "evaluation-reminder", _("Evaluation: reminder"), _MENTORSHIP,
        Topic.REMINDERS, _("once more before it closes, unless it was given"), _("who may give it"),
        {"partners": _PARTNERS, "open_until": _("the last day on which it can be given")},
    ),
    NoticeTemplate(
        "acted-for-you", _("Staff acted for the member"), "/home",
        Topic.DATA, _("when staff have done something for a member who asked them to"), _("the member"),
        {"person": _("who acted"), "reason": _("why"), "deeds": _("what was done, as a list")},
        required=frozenset({"person", "reason", "deeds"}), always=True,
    ),
    NoticeTemplate(
        "correction-accepted", _("Correction made"), "/my-data",
        Topic.DATA, _("when staff have corrected what a member asked for"), _("the member"),
        {"about": _("what it is about"), "answer": _("what staff wrote")}, required=frozenset({"about"}),
    ),
    NoticeTemplate(
        "correction-declined", _("Correction declined"), "/my-data",
        Topic.DATA, _("when staff leave as it is what a member asked to have corrected"), _("the member"),
        {"about": _("what it is about"), "answer": _("why, as staff wrote it")}, required=frozenset({"about", "answer"}),
    ),
    NoticeTemplate(
        "copy-ready", _("Copy of one’s data ready"), "/my-data#copy",
        Topic.DATA, _("when the copy that a member asked for is made"), _("the member"),
        {"until": _("the last day on which it can be downloaded")}, required=frozenset({"until"}), always=True,
    ),
    NoticeTemplate(
        "participation-ended", _("Participation ended"), "/programs",
        Topic.DATA, _("when a member has left the programs"), _("the member"), always=True,
    ),
    NoticeTemplate(
        "member-left", _("A member has left"), "/programs",
        Topic.DATA, _("when a member has left the association’s programs for good"), _("the member"), always=True,
    ),
    NoticeTemplate(
        "reviewer-waiting", _("Application waits for review"), "/staff/applications/{id}",
        Topic.WORK, _("when an application was sent"), _("the program’s reviewers"),
        {"applicant": _APPLICANT, "role": _ROLE, "count": _("how many wait"), "oldest": _("since when the oldest waits")},
    ),
    NoticeTemplate(
        "application-changed", _("Application changed: to the reviewers"), "/staff/applications/{id}",
        Topic.WORK, _("when an application was changed after it was sent, where the program wants that told"),
        _("the program’s reviewers"),
        {"applicant": _APPLICANT, "role": _ROLE},
    ),
    NoticeTemplate(
        "review-assigned", _("Applications to review: to the reviewer"), "/staff/applications/?queue=mine",
        Topic.WORK, _("when applications are given to a reviewer"), _("the reviewer"),
        {"applicants": _("the applicants’ names, as a list"), "count": _("how many they are"),
         "decide_by": _("the day by which to decide")},
        required=frozenset({"applicants"}),
    ),
    NoticeTemplate(
        "review-due", _("Reviews due soon: to the reviewer"), "/staff/applications/?queue=mine",
        Topic.WORK, _("once, some days before the decision is due"), _("reviewers who have not voted"),
        {"applicants": _("the applicants’ names, as a list"), "count": _("how many they are"),
         "decide_by": _("the day by which to decide")},
        required=frozenset({"applicants", "decide_by"}),
    ),
    NoticeTemplate(
        "digest", _("The daily letter"), "/notices",
        Topic.NEWS, _("every morning on which something waits"), _("who chose a daily letter"),
        {"items": _("what happened, as a list with links"), "count": _("how many they are")},
        required=frozenset({"items", "count"}), paced=False,
    ),
    NoticeTemplate(
        "group-letter", _("Letter to a group"), "/notices",
        Topic.NEWS, _("when staff send a letter that they wrote"), _("everybody on the list whom staff chose"),
        {"first_name": _("the first name of the person it is written to"),
         "family_name": _("the family name of the person it is written to")},
        listed=False,
    ),
)  # fmt: skip

TEMPLATES: Mapping[str, NoticeTemplate] = MappingProxyType({template.id: template for template in _ALL})

#: Templates of letters that are kept without what made them of use, so that they cannot be sent once more.
SECRET = frozenset(template.id for template in _ALL if template.secret)


def notice_template(template_id: str) -> NoticeTemplate:
    """The template of that id. Raises ``UnknownTemplateError``."""
    try:
        return TEMPLATES[template_id]
    except KeyError:
        raise UnknownTemplateError(f"There is no notice {template_id!r}.") from None
