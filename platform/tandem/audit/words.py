"""The audit trail in words: what the actions and the objects are called, and where an object can be looked at."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from tandem.audit.models import AuditEntry
from tandem.notices.templates_registry import CHOSEN
from tandem.web.formatting import say_date, say_list

ACTIONS = MappingProxyType(
    {
        "account.created": lazy_gettext("made an account"),
        "account.password-set": lazy_gettext("set a password"),
        "account.renamed": lazy_gettext("changed a name"),
        "account.role-ended": lazy_gettext("ended a role"),
        "account.role-given": lazy_gettext("gave a role"),
        "account.signed-out": lazy_gettext("signed out everywhere"),
        "address.cleared": lazy_gettext("cleared the mark on an address"),
        "application.answered": lazy_gettext("answered a question"),
        "application.approved": lazy_gettext("approved an application"),
        "application.assigned": lazy_gettext("gave an application to a reviewer"),
        "application.declined": lazy_gettext("declined an application"),
        "application.changed": lazy_gettext("changed an application that was sent"),
        "application.changing": lazy_gettext("took an application back to change it"),
        "application.file-added": lazy_gettext("added a file to an application"),
        "application.file-removed": lazy_gettext("took a file off an application"),
        "application.left-as-sent": lazy_gettext("left an application as it was sent"),
        "application.noted": lazy_gettext("added a review note"),
        "application.recusal-taken-back": lazy_gettext("took stepping aside back"),
        "application.recused": lazy_gettext("stepped aside"),
        "application.returned": lazy_gettext("asked the applicant a question"),
        "application.sent": lazy_gettext("sent an application"),
        "application.started": lazy_gettext("began an application"),
        "application.unassigned": lazy_gettext("took an application from a reviewer"),
        "application.voted": lazy_gettext("voted on an application"),
        "application.withdrawn": lazy_gettext("took an application back"),
        "association.configured": lazy_gettext("changed the association’s configuration"),
        "association.resumed": lazy_gettext("let the association’s pages answer again"),
        "association.suspended": lazy_gettext("had the association’s pages rest"),
        "behalf.began": lazy_gettext("began to act for a member"),
        "behalf.ended": lazy_gettext("ended acting for a member"),
        "check-in.answered": lazy_gettext("said whether they are still in touch"),
        "committee.chair-set": lazy_gettext("named a committee’s chair"),
        "concern.answered": lazy_gettext("answered a concern"),
        "concern.raised": lazy_gettext("raised a concern"),
        "document.configured": lazy_gettext("changed the association’s or a department’s configuration"),
        "copy.asked": lazy_gettext("asked for a copy of their data"),
        "correction.accepted": lazy_gettext("corrected what a member asked for"),
        "correction.asked": lazy_gettext("asked for a correction"),
        "correction.declined": lazy_gettext("declined a correction"),
        "correction.taken-back": lazy_gettext("took a correction back"),
        "department.configured": lazy_gettext("changed a department’s configuration"),
        "employer.added": lazy_gettext("added an employer"),
        "employer.changed": lazy_gettext("changed an employer"),
        "evaluation.changed": lazy_gettext("changed an evaluation"),
        "evaluation.given": lazy_gettext("gave an evaluation"),
        "follow-up.agreed": lazy_gettext("noted what somebody will do"),
        "follow-up.done": lazy_gettext("marked something agreed as done"),
        "follow-up.removed": lazy_gettext("took off something agreed"),
        "follow-up.reopened": lazy_gettext("marked something agreed as open"),
        "form.configured": lazy_gettext("changed a form"),
        "goal.added": lazy_gettext("wrote a goal down"),
        "goal.changed": lazy_gettext("changed a goal"),
        "import.applied": lazy_gettext("applied an import"),
        "import.cancelled": lazy_gettext("canceled an import"),
        "import.uploaded": lazy_gettext("uploaded a file to import"),
        "job.cancelled": lazy_gettext("canceled background work"),
        "job.retried": lazy_gettext("had background work tried again"),
        "journal.added": lazy_gettext("wrote in the journal"),
        "journal.changed": lazy_gettext("changed a journal entry"),
        "journal.removed": lazy_gettext("removed a journal entry"),
        "letter.sent": lazy_gettext("sent a letter to a group"),
        "list.exported": lazy_gettext("exported a list"),
        "mapping.removed": lazy_gettext("removed a saved mapping of columns"),
        "mapping.saved": lazy_gettext("saved a mapping of columns"),
        "mail.chosen": lazy_gettext("chose which mail comes"),
        "mail.dropped": lazy_gettext("let mail go, without what waited"),
        "mail.held": lazy_gettext("held all mail"),
        "mail.released": lazy_gettext("let mail go again"),
        "meeting.logged": lazy_gettext("logged a meeting"),
        "meeting.removed": lazy_gettext("removed a meeting"),
        "meeting.restored": lazy_gettext("brought a meeting back"),
        "member.added": lazy_gettext("added a member"),
        "member.changed": lazy_gettext("changed a member"),
        "member.experience-added": lazy_gettext("added experience"),
        "member.experience-changed": lazy_gettext("changed experience"),
        "member.experience-removed": lazy_gettext("took experience away"),
        "member.membership-added": lazy_gettext("added a membership"),
        "member.membership-changed": lazy_gettext("changed a membership"),
        "member.membership-removed": lazy_gettext("took a membership away"),
        "member.left": lazy_gettext("left the association’s programs"),
        "member.merged": lazy_gettext("made two records of a member one"),
        "member.merge-undone": lazy_gettext("parted two records of a member again"),
        "member.note-added": lazy_gettext("added a note about a member"),
        "member.note-removed": lazy_gettext("removed a note about a member"),
        "member.note-restored": lazy_gettext("brought a note about a member back"),
        "member.payment-recorded": lazy_gettext("recorded a payment"),
        "member.position-added": lazy_gettext("added a position"),
        "member.position-changed": lazy_gettext("changed a position"),
        "member.position-removed": lazy_gettext("took a position away"),
        "member.removed": lazy_gettext("removed a member"),
        "member.restored": lazy_gettext("brought a member back"),
        "members.exported": lazy_gettext("exported members"),
        "mentor.accepted": lazy_gettext("took a mentee who was suggested"),
        "mentor.asked": lazy_gettext("asked a mentor to take a mentee"),
        "mentor.declined": lazy_gettext("did not take a mentee who was suggested"),
        "mentor.lapsed": lazy_gettext("ended an ask that was not answered in time"),
        "mentor.withdrawn": lazy_gettext("took back what a mentor was asked"),
        "mentorship.began": lazy_gettext("began a mentorship"),
        "mentorship.ended": lazy_gettext("ended a mentorship"),
        "mentorship.paused": lazy_gettext("paused a mentorship"),
        "mentorship.resumed": lazy_gettext("let a mentorship go on"),
        "message.written": lazy_gettext("wrote a message"),
        "minutes.exported": lazy_gettext("exported the minutes"),
        "notice.sent-again": lazy_gettext("sent a notice again"),
        "pair.by-hand": lazy_gettext("paired two people by hand"),
        "pair.forbidden": lazy_gettext("forbade a pair"),
        "pair.locked": lazy_gettext("locked a pair"),
        "pair.noted": lazy_gettext("wrote a note on a pair"),
        "pair.swapped": lazy_gettext("swapped the mentors of two pairs"),
        "pair.undone": lazy_gettext("took the last change of pairs back"),
        "pair.unlocked": lazy_gettext("unlocked a pair"),
        "plan.agreed": lazy_gettext("agreed to a time for a meeting"),
        "plan.cancelled": lazy_gettext("called a meeting off"),
        "plan.proposed": lazy_gettext("proposed times for a meeting"),
        "pool.came-back": lazy_gettext("came back to the pool"),
        "pool.entered": lazy_gettext("entered the pool"),
        "pool.left": lazy_gettext("left the pool"),
        "pool.paused": lazy_gettext("paused in the pool"),
        "pool.places": lazy_gettext("changed the number of places"),
        "pool.reopened": lazy_gettext("went back to the pool"),
        "pool.resumed": lazy_gettext("was available again"),
        "program.configured": lazy_gettext("changed a program’s configuration"),
        "promise.given": lazy_gettext("gave a promise that the program asks for"),
        "reassignment.asked": lazy_gettext("asked for another match"),
        "reassignment.granted": lazy_gettext("granted another match"),
        "reassignment.refused": lazy_gettext("refused another match"),
        "reassignment.taken-back": lazy_gettext("took back the wish for another match"),
        "retention.erased": lazy_gettext("erased what was over its time"),
        "rule.accepted": lazy_gettext("accepted evidence"),
        "rule.waived": lazy_gettext("waived a rule"),
        "rule.waiver-taken-back": lazy_gettext("took a waiver back"),
        "run.asked": lazy_gettext("asked for a match run"),
        "run.confirmed": lazy_gettext("confirmed a match run"),
        "run.discarded": lazy_gettext("discarded a match run"),
        "run.list-applied": lazy_gettext("set the pairs of a match run from a list"),
        "run.published": lazy_gettext("published a match run"),
        "time.noted": lazy_gettext("noted hours"),
        "time.removed": lazy_gettext("removed hours"),
    }
)

KINDS = MappingProxyType(
    {
        "account": lazy_gettext("Account"),
        "address_mark": lazy_gettext("Address that refuses mail"),
        "application": lazy_gettext("Application"),
        "association": lazy_gettext("Association"),
        "committee": lazy_gettext("Committee"),
        "department": lazy_gettext("Department"),
        "document": lazy_gettext("Configuration"),
        "employer": lazy_gettext("Employer"),
        "form": lazy_gettext("Form"),
        "group_letter": lazy_gettext("Letter to a group"),
        "import": lazy_gettext("Import"),
        "import_mapping": lazy_gettext("Mapping of columns"),
        "job": lazy_gettext("Background work"),
        "journal_entry": lazy_gettext("Journal entry"),
        "mail_hold": lazy_gettext("Hold of mail"),
        "match_run": lazy_gettext("Match run"),
        "mentor_ask": lazy_gettext("Ask of a mentor"),
        "meeting": lazy_gettext("Meeting"),
        "member": lazy_gettext("Member"),
        "mentorship": lazy_gettext("Mentorship"),
        "notice": lazy_gettext("Notice"),
        "pool_entry": lazy_gettext("Place in the pool"),
        "program": lazy_gettext("Program"),
    }
)

#: Every field that an entry can name. A test reads the code for fields that are missing here.
FIELDS = MappingProxyType(
    {
        "about": lazy_gettext("about"),
        "acting": lazy_gettext("acting"),
        "answers": lazy_gettext("answers"),
        "application": lazy_gettext("mail about applications"),
        "audit": lazy_gettext("audit entries"),
        "body": lazy_gettext("text"),
        "changed": lazy_gettext("changed"),
        "confidence": lazy_gettext("mail about concerns"),
        "data": lazy_gettext("mail about their data"),
        "declined_applications": lazy_gettext("applications not approved"),
        "deeds": lazy_gettext("things done"),
        "discipline": lazy_gettext("discipline"),
        "drafts": lazy_gettext("drafts"),
        "email": lazy_gettext("e-mail address"),
        "employer": lazy_gettext("employer"),
        "error": lazy_gettext("with errors"),
        "family_name": lazy_gettext("family name"),
        "file": lazy_gettext("file"),
        "given_name": lazy_gettext("given name"),
        "kind": lazy_gettext("kind"),
        "language": lazy_gettext("language"),
        "letters": lazy_gettext("letters"),
        "level": lazy_gettext("level"),
        "mails": lazy_gettext("letters that waited"),
        "members": lazy_gettext("members"),
        "mentorship": lazy_gettext("mail about mentorships"),
        "minutes": lazy_gettext("minutes"),
        "name": lazy_gettext("name"),
        "new": lazy_gettext("new"),
        "news": lazy_gettext("mail with news"),
        "number": lazy_gettext("number"),
        "organisational": lazy_gettext("through the employer"),
        "paid_through": lazy_gettext("dues paid through"),
        "pairs": lazy_gettext("pairs"),
        "partner": lazy_gettext("mail from the mentorship"),
        "password": lazy_gettext("password"),
        "people": lazy_gettext("people"),
        "phone": lazy_gettext("telephone"),
        "places": lazy_gettext("places"),
        "points": lazy_gettext("points"),
        "private_texts": lazy_gettext("mentorships whose private texts were erased"),
        "question": lazy_gettext("question"),
        "reason": lazy_gettext("reason"),
        "region": lazy_gettext("region"),
        "reminders": lazy_gettext("mail with reminders"),
        "removed": lazy_gettext("removed"),
        "retired": lazy_gettext("retired"),
        "revision": lazy_gettext("revision"),
        "role": lazy_gettext("role"),
        "rows": lazy_gettext("rows"),
        "rule": lazy_gettext("rule"),
        "scope": lazy_gettext("place"),
        "sessions": lazy_gettext("sign-ins"),
        "sign-in": lazy_gettext("sign-in mail"),
        "sign_ins": lazy_gettext("sign-in records"),
        "state": lazy_gettext("state"),
        "status": lazy_gettext("status"),
        "subject": lazy_gettext("subject"),
        "time_zone": lazy_gettext("time zone"),
        "title": lazy_gettext("position title"),
        "title_text": lazy_gettext("title in their words"),
        "type": lazy_gettext("type of membership"),
        "unchanged": lazy_gettext("unchanged"),
        "until": lazy_gettext("until"),
        "valid_from": lazy_gettext("first day"),
        "valid_to": lazy_gettext("last day"),
        "waived": lazy_gettext("conditions set aside"),
        "work": lazy_gettext("mail about what waits"),
        "years": lazy_gettext("years"),
    }
)

#: Fields whose values are days.
_DAYS = frozenset({"paid_through", "until", "valid_from", "valid_to"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

#: Fields whose values are ours; every other value is somebody's own.
_WORDED = frozenset({"state", "status", "role", "scope", *(topic.value for topic in CHOSEN)})

_VALUES = MappingProxyType(
    {
        "active": lazy_gettext("active"),
        "approved": lazy_gettext("approved"),
        "at-once": lazy_gettext("at once"),
        "association": lazy_gettext("the whole association"),
        "association-staff": lazy_gettext("association staff"),
        "cancelled": lazy_gettext("canceled"),
        "committee": lazy_gettext("committee"),
        "confidant": lazy_gettext("person of trust"),
        "confirmed": lazy_gettext("confirmed"),
        "declined": lazy_gettext("declined"),
        "daily": lazy_gettext("once a day"),
        "delayed": lazy_gettext("delayed"),
        "bounced": lazy_gettext("came back"),
        "department": lazy_gettext("department"),
        "department-staff": lazy_gettext("department staff"),
        "discarded": lazy_gettext("discarded"),
        "draft": lazy_gettext("begun"),
        "ended": lazy_gettext("ended"),
        "failed": lazy_gettext("failed"),
        "left": lazy_gettext("left"),
        "matched": lazy_gettext("matched"),
        "never": lazy_gettext("not by mail"),
        "open": lazy_gettext("open"),
        "paused": lazy_gettext("paused"),
        "pending": lazy_gettext("waits to be sent"),
        "program": lazy_gettext("program"),
        "proposed": lazy_gettext("proposed"),
        "published": lazy_gettext("published"),
        "removed": lazy_gettext("removed"),
        "returned": lazy_gettext("asked for more"),
        "reviewer": lazy_gettext("reviewer"),
        "sent": lazy_gettext("sent"),
        "suspended": lazy_gettext("suspended"),
        "submitted": lazy_gettext("submitted"),
        "uncertain": lazy_gettext("doubtful"),
        "withdrawn": lazy_gettext("withdrawn"),
    }
)

_VISIBILITIES = MappingProxyType(
    {
        "self": lazy_gettext("its author alone"),
        "pair": lazy_gettext("the pair"),
        "committee": lazy_gettext("the committee and staff"),
        "staff": lazy_gettext("staff"),
        "public": lazy_gettext("everyone"),
    }
)

#: Kind of object → the endpoint of its page and the argument that takes its id.
_PAGES = MappingProxyType(
    {
        "import": ("member_imports.show", "run_id"),
        "job": ("jobs.show", "job_id"),
        "member": ("members.show", "member_id"),
        "notice": ("notices.staff_show", "notice_id"),
    }
)


def action_words(action: str) -> str:
    """What somebody did, as the rest of a sentence that begins with a name; an unknown action as it is written."""
    found = ACTIONS.get(action)
    return str(found) if found is not None else action.replace(".", " ").replace("-", " ")


def kind_words(kind: str) -> str:
    """What a kind of object is called."""
    found = KINDS.get(kind)
    return str(found) if found is not None else kind.replace("_", " ").capitalize()


def field_words(field: str) -> str:
    """What a changed field is called; an unknown one as it is written."""
    found = FIELDS.get(field)
    return str(found) if found is not None else field.replace("_", " ")


def value_words(field: str, value: Any) -> Any:
    """A state, a role, a place, a day, yes or no in words, every other value as it is; empty text for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return say_list([str(item) for item in value]) if value else ""
    if isinstance(value, str) and field in _DAYS and _DAY.fullmatch(value):
        return say_date(value)
    found = _VALUES.get(value) if field in _WORDED and isinstance(value, str) else None
    return str(found) if found is not None else value


def visibility_words(entry: AuditEntry) -> str:
    """Who can read what the entry is about."""
    return str(_("Readable for %(whom)s", whom=_VISIBILITIES[entry.visibility]))


def object_url(entry: AuditEntry) -> str | None:
    """The page of the object, where there is one."""
    endpoint, argument = _PAGES.get(entry.object_kind, ("", ""))
    if endpoint not in current_app.view_functions:
        return None
    values: dict[str, Any] = {argument: entry.object_id}
    return url_for(endpoint, **values)
