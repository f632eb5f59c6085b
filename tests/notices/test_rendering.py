"""The words of every notice, in both forms, in the recipient's language and the association's own words."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.directory.models import MemberState
from tandem.extensions import db
from tandem.identity.models import AccountState
from tandem.jobs.models import Job
from tandem.notices.email import build_message
from tandem.notices.errors import NoticeContextError, UnknownTemplateError
from tandem.notices.markup import Source
from tandem.notices.models import Delivery, Notice
from tandem.notices.services import in_batches, write_notice
from tandem.notices.templates_registry import TEMPLATES
from tandem.notices.wording import check_override
from tandem.programs.models import DocumentRevision
from tests.factories import a_member, a_program, an_account

CONTEXT = {
    "minutes": 10, "applicant": "Bo Sample", "role": "mentee", "reason": "Two years are missing.", "next_steps": "Apply in May.",
    "answer_by": date(2027, 2, 17), "partners": ["Ada One", "Bo Two"], "others": ["Cy Three"], "reasons": "Budgeting.",
    "promise": "No consulting.", "owed": "No job-seeking.", "ends_on": date(2027, 6, 30), "paid_through": date(2027, 1, 31), "help_label": "Renew", "help_url": "https://green.example/renew?by=mail", "person": "Dee Four", "mentor": "Eve Five",
    "by": "Dee Four", "answer": "We found nobody else.", "ended_on": date(2027, 6, 30), "count": 3, "oldest": date(2027, 1, 1),
    "applicants": ["Ada One", "Bo Two"], "decide_by": date(2027, 2, 1),
    "open_until": date(2027, 8, 29), "when": "Thursday, February 11, 16:00", "missed": "Monday, 16:00", "earlier": "Tuesday, 16:00", "own_word": "Dee Four", "times": ["Thursday, 16:00", "Friday, 9:00"],
    "meetings": ["Thursday, 16:00", "Friday, 9:00"], "way": "By phone", "time": "45 minutes", "about": "My positions", "until": date(2027, 3, 1), "deeds": ["a meeting was noted", "hours were noted"],
    "items": Source("- [A message](http://a.localhost/notices/1)"),
}  # fmt: skip
#: What belongs to no program: a person's data and their leaving.
OF_NO_PROGRAM = {
    "acted-for-you", "copy-ready", "correction-accepted", "correction-declined", "member-left", "participation-ended",
}  # fmt: skip
SECRETS = {"link": "http://a.localhost/sign-in/link/SECRET", "code": "123456"}


def written(template, **changes):
    kind = TEMPLATES[template]
    context = {name: CONTEXT[name] for name in kind.variables if name not in kind.secret} | changes.pop("context", {})
    values = {
        "template": template, "context": context, "about": ("thing", uuid4()),
        "sensitive_text": {name: SECRETS[name] for name in kind.secret} or None,
    }  # fmt: skip
    if "to_member_id" not in changes:
        values["to_account_id"] = an_account(name="Ada Sample").id
    return write_notice(**(values | changes))


#: Staff write the words of a letter to a group, each time.
WORDED = sorted(set(TEMPLATES) - {"group-letter"})


@pytest.mark.parametrize("template", WORDED)
def test_notice_reads_well(association, template):
    program = a_program(slug="member-to-member")

    notice = written(template, program_id=program.id)

    assert "Hello Ada Sample," in notice.text_body
    assert f"http://{association.hostname}" in notice.text_body
    assert f'href="http://{association.hostname}' in notice.html_body
    assert association.name in notice.text_body
    for body in (notice.subject, notice.text_body):
        assert "None" not in body
        assert "{" not in body
        assert "  " not in body.replace("\n", "")
        assert "!" not in body
    assert "\n\n\n" not in notice.text_body
    assert "style=" in notice.html_body
    assert "<style" not in notice.html_body


@pytest.mark.parametrize("template", sorted(set(WORDED) - {"sign-in-link", "digest"}))
def test_notice_reads_well_with_what_is_required_alone(association, template):
    program = a_program()
    kind = TEMPLATES[template]

    notice = write_notice(
        template=template, to_account_id=an_account().id, context={name: CONTEXT[name] for name in kind.required},
        program_id=program.id, about=("thing", uuid4()),
    )  # fmt: skip

    assert "None" not in notice.text_body
    assert notice.subject
    assert program.name in notice.subject or template in OF_NO_PROGRAM
    assert ": \n" not in notice.text_body


def test_dates_are_said_as_days(association):
    notice = written("application-returned")

    assert "Please answer by Wednesday, February 17, 2027" in notice.text_body.replace("\n", " ")


def test_lists_are_said_as_sentences(association):
    assert "your mentor is Ada One and Bo Two" in written("match-published-mentee").subject


def test_typed_text_is_no_markup(association):
    notice = written(
        "application-declined", context={"reason": "# <b>Two</b> [years](http://evil.example) *missing*\n\nsorry"}
    )

    assert "# <b>Two</b> [years](http://evil.example) *missing*\n\nsorry" in notice.text_body
    assert "<b>" not in notice.html_body
    assert 'href="http://evil' not in notice.html_body


def test_secrets_reach_the_delivery_alone(association):
    notice = written("sign-in-link")
    delivery = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()

    for body in (notice.subject, notice.text_body, notice.html_body):
        assert "SECRET" not in body
        assert "123456" not in body
    assert "http://a.localhost/sign-in/link/SECRET" in delivery.unredacted["text"]
    assert "http://a.localhost/sign-in/link/SECRET" in delivery.unredacted["html"]
    assert "123456" in delivery.unredacted["text"]


def test_secret_in_the_wrong_argument_is_refused(association):
    with pytest.raises(NoticeContextError):
        write_notice(template="sign-in-link", to_account_id=an_account().id, context=dict(SECRETS))
    with pytest.raises(NoticeContextError):
        written("application-declined", sensitive_text={"reason": "x"})


def test_missing_and_unknown_variables_are_refused(association):
    with pytest.raises(NoticeContextError, match="missing \\['reason'\\]"):
        written("application-declined", context={"reason": ""})
    with pytest.raises(NoticeContextError, match="unknown \\['colour'\\]"):
        written("application-received", context={"colour": "red"})
    with pytest.raises(UnknownTemplateError):
        write_notice(template="nothing-such", to_account_id=an_account().id, context={})


def test_program_has_words_of_its_own(association):
    own = {
        "id": "application-approved",
        "subject": "Welcome, {recipient}",
        "body": "You are in **{program}**.\n\n[Go]({link})",
    }
    program = a_program(resolved={"notices": [own], "contact": {"name": "The office", "email": "office@example.org"}})
    plain = a_program()

    notice = written("application-approved", program_id=program.id)
    other = written("application-approved", program_id=plain.id)

    assert notice.subject == "Welcome, Ada Sample"
    assert f"You are in {program.name}.\n\nGo:\nhttp://{association.hostname}/applications/" in notice.text_body
    assert "Questions? Ask The office, office@example.org." in notice.text_body
    assert other.subject == f"{plain.name}: your application is approved"


def test_association_signs_its_mail(association):
    db.session.add(
        DocumentRevision(
            number=1,
            document={
                "mail": {"signature": "Warmly,\n\nthe team"},
                "shared": {"notices": [{"id": "dues-resumed", "subject": "On we go"}]},
            },
        )
    )
    db.session.flush()

    notice = written("dues-resumed", program_id=None)

    assert notice.subject == "On we go"
    assert "Warmly,\n\nthe team" in notice.text_body


def test_notice_that_is_switched_off_is_not_written(association):
    program = a_program(resolved={"notices": [{"id": "application-received", "send": False}]})

    assert written("application-received", program_id=program.id) is None
    assert written("application-approved", program_id=program.id) is not None


def test_sign_in_link_cannot_be_switched_off(association):
    db.session.add(
        DocumentRevision(number=1, document={"shared": {"notices": [{"id": "sign-in-link", "send": False}]}})
    )

    assert written("sign-in-link") is not None


@pytest.mark.parametrize(
    ("template", "subject", "body", "says"),
    [
        ("application-approved", "Hello {recipient}", "{link}", []),
        (
            "application-approved",
            "Hello {recipient.name}",
            None,
            ["{recipient.name} in the subject stands for nothing."],
        ),
        ("application-approved", None, "{partners}", ["{partners} in the body stands for nothing."]),
        ("application-approved", "one\ntwo", None, ["more than one line"]),
        ("sign-in-link", None, "Come in.", ["does not use {link}"]),
        ("nothing-such", "a", "b", ["There is no notice"]),
    ],
)
def test_own_words_are_checked(association, template, subject, body, says):
    problems = check_override(template, subject, body)

    assert len(problems) == len(says)
    for problem, words in zip(problems, says, strict=True):
        assert words in problem


def test_same_cause_writes_one_notice(association):
    account = an_account()
    arguments = {"template": "dues-resumed", "to_account_id": account.id, "context": {}, "dedupe_key": "once"}

    assert write_notice(**arguments) is not None
    assert write_notice(**arguments) is None
    assert len(db.session.execute(select(Notice)).all()) == 1
    assert len(db.session.execute(select(Delivery)).all()) == 1


def test_member_without_an_account_is_written_to(association):
    member = a_member(given_name="Max", family_name="Muster", email="max@example.org")

    notice = written("dues-resumed", to_member_id=member.id)

    assert (notice.account_id, notice.member_id, notice.address) == (None, member.id, "max@example.org")
    assert "Hello Max Muster," in notice.text_body


def test_removed_member_and_closed_account_are_not_written_to(association):
    member = a_member()
    member.state = MemberState.REMOVED
    account = an_account()
    account.state = AccountState.CLOSED
    db.session.flush()

    assert written("dues-resumed", to_member_id=member.id) is None
    assert written("dues-resumed", to_account_id=account.id) is None


def test_many_notices_are_delivered_in_batches(association):
    with in_batches():
        for _ in range(120):
            written("dues-resumed")

    jobs = db.session.execute(select(Job).where(Job.kind == "notices.deliver").order_by(Job.id)).scalars()
    assert [len(job.arguments["delivery_ids"]) for job in jobs] == [50, 50, 20]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("x", "a@b.example\nBcc: c@d.example"),
        ("x", "a@b.example\r\n"),
        ("x", "nobody"),
        ("x", "@b.example"),
        ("x", "a b@c.example"),
    ],
)
def test_address_that_is_none_makes_no_mail(name, address):
    with pytest.raises(ValueError, match=r"address|domain|addr"):
        a_message(recipient_name=name, recipient_address=address)


@pytest.mark.parametrize("field", ["subject", "message_id"])
def test_line_break_in_a_header_makes_no_mail(field):
    with pytest.raises(ValueError, match="linefeed"):
        a_message(**{field: "Hello\nBcc: c@d.example"})


def test_line_break_in_a_name_is_a_space():
    message = a_message(recipient_name="Ada\nBcc: c@d.example", sender_name="A\r\nB")

    assert message["Bcc"] is None
    assert message["To"].addresses[0].display_name == "Ada Bcc: c@d.example"


def test_mail_is_plain_ascii_on_the_wire():
    content = a_message(subject="Réunion", text="Bonjour é " * 50, html="<p>" + "é" * 2000 + "</p>").as_bytes()

    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def a_message(**changes) -> EmailMessage:
    values = {
        "message_id": "<1@mail.example.org>", "sender_name": "Association", "sender_address": "a@mail.example.org",
        "reply_to": None, "recipient_name": "Ada", "recipient_address": "ada@example.org", "subject": "Hello", "text": "Text\n",
        "html": "<p>Text</p>",
    }  # fmt: skip
    return build_message(**(values | changes))
