"""Writing to the people of a list: who they are, how it reads, once to each, and what became of it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from tandem.access.actor import SYSTEM
from tandem.audit.models import AuditEntry
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.letters.models import GroupLetter, LetterRecipient, LetterState
from tandem.notices.choosing import choose
from tandem.notices.models import AddressMark, Delivery, Notice, Pace
from tandem.notices.templates_registry import Topic
from tandem.notices.unsubscribing import Owner
from tests.factories import a_department, a_member
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

SUBJECT, BODY = "News for {first_name}", "Dear {first_name} {family_name}, our day is on *Friday*.\n\n- One\n- Two"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def pair(stage):
    return a_pairing(stage)


@pytest.fixture
def people(stage):
    """Three members with a family name of their own, and the filter that finds them."""
    name = "Listed" + "".join(chr(ord("a") + int(sign, 16)) for sign in uuid7().hex[-8:])
    with stage.open():
        found = [a_member(given_name=given, family_name=name) for given in ("Ada", "Bo", "Cy")]
        db.session.commit()
        return f"q={name}", [member.id for member in found], [member.email for member in found]


def draft(helper, page="members", query="", **changes):
    answer = helper.browser.get(f"/staff/notices/letters/new?page={page}&{query}")
    assert answer.status_code == 200
    hidden = dict(re.findall(r'name="(page|query|letter)" value="([^"]*)"', answer.get_data(as_text=True)))
    hidden["query"] = hidden["query"].replace("&amp;", "&")
    return post(
        helper.browser, "/staff/notices/letters/new", {**hidden, "subject": SUBJECT, "body": BODY, **changes}
    ), hidden


def place_of(answer):
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def send(helper, place):
    page = helper.browser.get(place).get_data(as_text=True)
    return post(helper.browser, f"{place}/send", {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]})


def notices_to(stage, ids):
    with stage.open():
        return db.session.scalars(
            select(Notice).where(Notice.member_id.in_(ids), Notice.template == "group-letter").order_by(Notice.subject)
        ).all()


def test_letter_reaches_everybody_on_the_list_once(stage, pair, people):
    query, ids, _emails = people
    place = place_of(draft(pair.staff, query=query)[0])
    page = text_of(pair.staff.browser.get(place))
    assert "Send to 3 people" in page
    assert "no mail of it" not in page
    assert notices_to(stage, ids) == []

    first, second = send(pair.staff, place), post(pair.staff.browser, f"{place}/send", {"seen": "x"})
    stage.work()
    stage.work()

    assert (first.status_code, second.status_code) == (303, 303)
    written = notices_to(stage, ids)
    assert [notice.subject for notice in written] == ["News for Ada", "News for Bo", "News for Cy"]
    assert "Dear Ada " in written[0].text_body
    assert "<em>Friday</em>" in written[0].html_body
    with stage.open():
        letter = db.session.scalars(select(GroupLetter).where(GroupLetter.id == place.rpartition("/")[2])).one()
        assert letter.state is LetterState.WRITTEN
        sent = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "letter.sent", AuditEntry.object_id == letter.id)
        ).all()
        assert [entry.changes["people"] for entry in sent] == [[None, 3]]
    log = text_of(pair.staff.browser.get(place))
    assert "To whom it went" in log
    assert log.count("Waits to be sent") >= 3
    assert SUBJECT in text_of(pair.staff.browser.get("/staff/notices/letters/"))


def test_form_sent_twice_makes_one_draft(stage, pair, people):
    answer, hidden = draft(pair.staff, query=people[0])
    again = post(pair.staff.browser, "/staff/notices/letters/new", {**hidden, "subject": SUBJECT, "body": BODY})

    assert place_of(answer) == place_of(again)


def test_choices_and_marks_are_said_before_and_respected(stage, pair, people):
    query, ids, emails = people
    with stage.open():
        choose(actor=SYSTEM, owner=Owner(ids[1], None), paces={Topic.NEWS: Pace.NEVER})
        db.session.add(AddressMark(address_key=emails[2], answer="550 5.1.1"))
        db.session.commit()
    place = place_of(draft(pair.staff, query=query)[0])

    page = text_of(pair.staff.browser.get(place))
    send(pair.staff, place)

    assert "By mail, at once 1" in page
    assert "Not by mail, as they wish 1" in page
    assert "No: their address refuses mail 1" in page
    assert "3 people get this letter, each once. It cannot be called back. 2 of them get no mail of it" in page
    assert stage.work()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"subject": " "}, "Write what the letter is about."),
        ({"body": ""}, "Write the letter."),
        ({"body": "Hello {nickname}"}, "{nickname} in the body stands for nothing."),
        ({"subject": "News of {program}"}, "{program} in the subject stands for nothing."),
        ({"subject": "x" * 151}, "Shorten this to 150 characters."),
    ],
)
def test_wrong_words_are_said_at_the_field(stage, pair, people, changes, says):
    answer, _hidden = draft(pair.staff, query=people[0], **changes)

    assert answer.status_code == 422
    assert says in text_of(answer)
    for field in changes:
        assert f'href="#{field}"' in answer.get_data(as_text=True)


def test_a_list_that_changed_is_looked_at_again(stage, pair, people):
    query, ids, _emails = people
    place = place_of(draft(pair.staff, query=query)[0])
    page = pair.staff.browser.get(place).get_data(as_text=True)
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    with stage.open():
        a_member(given_name="Dee", family_name=query.removeprefix("q="))
        db.session.commit()

    answer = post(pair.staff.browser, f"{place}/send", {"seen": seen})

    assert answer.status_code == 409
    assert "The list has changed" in text_of(answer)
    assert "Send to 4 people" in text_of(answer)
    assert notices_to(stage, ids) == []
    assert send(pair.staff, place).status_code == 303


def test_preview_reads_as_one_of_them_gets_it(stage, pair, people):
    query, ids, _emails = people
    place = place_of(draft(pair.staff, query=query)[0])

    page = pair.staff.browser.get(f"{place}?member={ids[1]}")
    mail = pair.staff.browser.get(f"{place}/mail?member={ids[1]}")

    assert "As Bo " in text_of(page)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "Dear Bo Listed" in text_of(mail)
    assert "frame-ancestors 'self'" in mail.headers["Content-Security-Policy"]
    assert "sandbox" in mail.headers["Content-Security-Policy"]


def test_to_me_goes_to_me_alone(stage, pair, people):
    query, ids, _emails = people
    place = place_of(draft(pair.staff, query=query)[0])

    answer = post(pair.staff.browser, f"{place}/to-me", {"member": str(ids[2])})

    assert answer.status_code == 303
    with stage.open():
        mine = db.session.scalars(
            select(Notice).where(Notice.account_id == pair.staff.id, Notice.about_kind == "preview")
        ).all()
        assert [notice.subject for notice in mine][-1:] == ["News for Cy"]
    assert notices_to(stage, ids) == []


def test_letter_to_one_side_of_mentorships(stage, pair):
    query = "state=active&q=" + pair.mentee.name.rpartition(" ")[2]
    answer, _hidden = draft(pair.staff, page="mentorships", query=query, side="mentor", subject="To {program}")
    place = place_of(answer)

    page = text_of(pair.staff.browser.get(place))
    send(pair.staff, place)
    stage.work()

    assert "Send to 1 person" in page
    assert [notice.subject for notice in notices_to(stage, [pair.mentor.id])] == ["To Member-to-Member Mentorship"]
    assert notices_to(stage, [pair.mentee.id]) == []


def test_pool_letter_counts_each_person_once(stage, pair):
    with stage.open():
        open_entries = pair.staff.browser.get("/staff/pools/?state=").status_code
    answer, _hidden = draft(pair.staff, page="pools", query="state=")

    assert open_entries == 200
    page = text_of(pair.staff.browser.get(place_of(answer)))
    assert "Send to 2 people" in page


def test_nobody_on_the_list_is_said(stage, pair):
    answer, _hidden = draft(pair.staff, query="q=nobodyatall")

    assert answer.status_code == 422
    assert "Nobody is on this list." in text_of(answer)


def test_department_writes_to_its_own_people_and_reads_its_own_letters(stage, pair, people):
    query = people[0]
    with stage.open():
        slug = a_department().slug
        db.session.commit()
    helper = a_helper(stage, "department-staff", department=slug)
    of_all = place_of(draft(pair.staff, query=query)[0])

    answer, _hidden = draft(helper, query=query)

    assert answer.status_code == 422
    assert helper.browser.get(of_all).status_code == 404
    assert post(helper.browser, f"{of_all}/send", {"seen": "x"}).status_code == 404
    assert helper.browser.get("/staff/notices/letters/new?page=secrets").status_code == 404


def test_reviewer_does_not_write(stage, pair):
    reviewer = a_helper(stage, "reviewer")

    assert reviewer.browser.get("/staff/notices/letters/").status_code == 403
    assert reviewer.browser.get("/staff/notices/letters/new?page=members").status_code == 403


def test_draft_is_changed_and_thrown_away(stage, pair, people):
    place = place_of(draft(pair.staff, query=people[0])[0])

    wrong = post(pair.staff.browser, f"{place}/edit", {"subject": "", "body": "x"})
    right = post(pair.staff.browser, f"{place}/edit", {"subject": "Other words", "body": "x"})
    page = text_of(pair.staff.browser.get(place))
    gone = post(pair.staff.browser, f"{place}/discard", {})

    assert (wrong.status_code, right.status_code, gone.status_code) == (422, 303, 303)
    assert "Other words" in page
    assert pair.staff.browser.get(place).status_code == 404


def test_sent_letter_is_not_changed(stage, pair, people):
    place = place_of(draft(pair.staff, query=people[0])[0])
    send(pair.staff, place)

    assert post(pair.staff.browser, f"{place}/edit", {"subject": "x", "body": "x"}).status_code == 409
    assert post(pair.staff.browser, f"{place}/discard", {}).status_code == 409
    with stage.open():
        count = select(func.count()).where(LetterRecipient.letter_id == place.rpartition("/")[2])
        assert db.session.scalar(count) == 3


def test_state_of_each_can_be_asked_for(stage, pair, people):
    place = place_of(draft(pair.staff, query=people[0])[0])
    send(pair.staff, place)
    stage.work()
    with stage.open():
        first = db.session.scalars(
            select(Delivery)
            .join(LetterRecipient, LetterRecipient.notice_id == Delivery.notice_id)
            .where(LetterRecipient.letter_id == place.rpartition("/")[2])
            .limit(1)
        ).one()
        first.state = "failed"
        db.session.commit()

    page = text_of(pair.staff.browser.get(f"{place}?state=failed"))
    assert page.count(people[0].removeprefix("q=")) == 1
