"""Files that come with an application: what is taken, who may open it, what becomes of it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tandem.applications.files import clean_name
from tandem.applications.models import ApplicationFile, FileKind
from tandem.extensions import db
from tests.applications.steps import JPEG, PDF, PNG, YEARS, experience, rest, sent, show, strict
from tests.loop.stage import set_stage
from tests.loop.straight import apply
from tests.loop.walk import a_helper, a_person, begin, decide, offers, version_on
from tests.pages import mistakes_in, post, text_of


def asking(form):
    papers = next(question for question in form["sections"][0]["questions"] if question["id"] == "papers")
    papers |= {"most": 2, "max_mb": 1}


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(
        app, "casbo", tmp_path_factory.mktemp("files"),
        programs__member_to_member=strict, forms__mentor_application=asking,
    )  # fmt: skip


def held(stage, address):
    """The files of an application: (about, item, name, kind, removed)."""
    with stage.open():
        return [
            (one.about.value, one.item, one.name, one.kind.value, one.removed_at is not None)
            for one in db.session.scalars(
                select(ApplicationFile)
                .where(ApplicationFile.application_id == address.rpartition("/")[2])
                .order_by(ApplicationFile.added_at, ApplicationFile.id)
            )
        ]


def ids(stage, address):
    with stage.open():
        return list(
            db.session.scalars(
                select(ApplicationFile.id)
                .where(ApplicationFile.application_id == address.rpartition("/")[2])
                .order_by(ApplicationFile.added_at, ApplicationFile.id)
            )
        )


@pytest.fixture
def person(stage):
    return a_person(stage, "Filea")


@pytest.fixture
def address(person):
    return begin(person, "mentor")


def test_a_file_is_kept_with_the_draft_and_stands_on_its_pages(stage, person, address):
    saved = experience(person, address, ("letter.pdf", PDF))

    assert (saved.status_code, saved.location) == (303, f"{address}/sections/availability")
    assert held(stage, address) == [("question", "papers", "letter.pdf", "pdf", False)]
    assert "letter.pdf" in text_of(person.browser.get(f"{address}/sections/experience"))
    assert "letter.pdf" in text_of(person.browser.get(rest(person, address)))


def test_adding_stays_on_the_page_with_everything_typed(stage, person, address):
    added = experience(person, address, ("a.png", PNG), then="upload")
    page = text_of(person.browser.get(added.location))

    assert added.location == f"{address}/sections/experience"
    assert held(stage, address) == [("question", "papers", "a.png", "png", False)]
    assert "Many year ends." in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("letter.pdf", b"MZ\x90 program", "“letter” is not a file of these kinds: PDF, JPEG, PNG."),
        ("page.html", b"<html><script>", "“page.html” is not a file of these kinds"),
        ("nothing.pdf", b"", "“nothing” is empty."),
        ("large.pdf", PDF + b"x" * 1024 * 1024, "“large” is larger than 1 MB."),
    ],
)
def test_what_is_no_such_file_is_refused_at_the_field_and_the_rest_is_kept(stage, person, address, name, content, said):
    refused = experience(person, address, (name, content), ("good.jpg", JPEG))
    body = refused.get_data(as_text=True)
    refused.request.environ["wsgi.input"].close()  # The test client leaves a large request open.

    assert refused.status_code == 422
    assert text_of(refused).count(said) == 2
    assert 'href="#papers"' in body
    assert 'id="papers-error"' in body
    assert held(stage, address) == [("question", "papers", "good.jpg", "jpeg", False)]
    assert "Many year ends." in body


def test_adding_a_file_says_nothing_of_questions_that_are_still_empty(stage, person, address):
    place = f"{address}/sections/experience"
    data = {"version": version_on(person.browser.get(place)), "expertise": "payroll", "expertise.years.payroll": "many"}
    refused = post(
        person.browser, place, {**data, "papers": sent(("run.exe", b"MZ")), "then": "upload"},
        content_type="multipart/form-data",
    )  # fmt: skip
    saved = post(person.browser, place, data)

    assert len(mistakes_in(refused)) == 2, "the file, and the years that are no number"
    assert "is not a file of these kinds" in mistakes_in(refused)[0] + mistakes_in(refused)[1]
    empty = "Choose at least one answer to "
    assert [empty in one for one in mistakes_in(saved)] == [False, True], "the years, and a question left empty"
    assert not any(empty in one for one in mistakes_in(refused))


def test_no_more_files_than_there_is_room_for(stage, person, address):
    refused = experience(person, address, ("a.pdf", PDF), ("b.jpg", JPEG), ("c.png", PNG))

    assert refused.status_code == 422
    assert "There is room for 2 files. Remove one first to send another." in text_of(refused)
    assert [name for _about, _item, name, _kind, _removed in held(stage, address)] == ["a.pdf", "b.jpg"]


def test_the_same_file_twice_is_one(stage, person, address):
    experience(person, address, ("a.pdf", PDF), then="upload")
    experience(person, address, ("again.pdf", PDF), then="upload")

    assert [name for _about, _item, name, _kind, _removed in held(stage, address)] == ["a.pdf"]


def test_a_file_is_removed_put_back_and_replaced(stage, person, address):
    experience(person, address, ("a.pdf", PDF), ("b.jpg", JPEG), then="upload")
    first, _second = ids(stage, address)

    removed = experience(person, address, remove=first)
    gone = text_of(person.browser.get(removed.location))
    put_back = experience(person, address, **{"put-back": first})
    back = held(stage, address)
    experience(person, address, remove=first)
    experience(person, address, ("c.png", PNG), then="upload")
    refused = experience(person, address, **{"put-back": first})

    assert removed.status_code == put_back.status_code == 303
    assert "removed; not sent along" in gone
    assert [one[4] for one in back] == [False, False]
    assert "There is room for 2 files." in text_of(person.browser.get(refused.location))
    assert [(one[2], one[4]) for one in held(stage, address)] == [
        ("a.pdf", True), ("b.jpg", False), ("c.png", False),
    ]  # fmt: skip


def test_what_was_removed_is_gone_once_sent(stage, person, address):
    experience(person, address, ("a.pdf", PDF), ("b.jpg", JPEG))
    experience(person, address, remove=ids(stage, address)[0])

    assert post(person.browser, rest(person, address)).status_code == 303
    assert held(stage, address) == [("question", "papers", "b.jpg", "jpeg", False)]


def test_evidence_stands_beside_the_requirement_and_can_be_accepted(stage, person, address):
    experience(person, address)
    check = rest(person, address)
    before = text_of(person.browser.get(check))
    added = show(person, address, "experience", ("employer.pdf", PDF))
    after = text_of(person.browser.get(check))
    assert post(person.browser, check).status_code == 303
    staff = a_helper(stage)
    place = f"/staff{address}"
    page = text_of(staff.browser.get(place))
    accepted = post(staff.browser, f"{place}/rules/experience", {"reason": "The letter shows nine years."})

    assert "We need to see evidence: You have 5 or more years of experience" in before
    assert added.location == f"{check}#verdict-experience"
    assert "We need to see evidence:" not in after
    assert "Evidence added" in after
    assert "employer.pdf" in page
    assert page.index("Requirements") < page.index("employer.pdf") < page.index("Answers")
    assert accepted.status_code == 303
    assert decide(staff, address.rpartition("/")[2]).status_code == 303


def test_evidence_that_is_no_file_is_refused_beside_its_requirement(stage, person, address):
    experience(person, address)
    rest(person, address)

    nothing = show(person, address, "experience")
    wrong = show(person, address, "experience", ("a.pdf", b"no pdf"))
    body = wrong.get_data(as_text=True)

    assert nothing.status_code == wrong.status_code == 422
    assert "Choose a file first." in text_of(nothing)
    assert 'href="#evidence-experience"' in body
    assert 'id="evidence-experience-error"' in body
    assert held(stage, address) == []


def test_evidence_for_what_is_not_asked_finds_nothing(stage, person, address):
    assert show(person, address, "no-such-rule", ("a.pdf", PDF)).status_code == 404


def test_without_the_setting_requirements_take_no_files(app, tmp_path):
    stage = set_stage(
        app, "casbo", tmp_path, programs__member_to_member=lambda program: program["review"].pop("evidence")
    )
    person = a_person(stage, "Nofila")
    address = begin(person, "mentor")
    experience(person, address)

    assert "Add a file that shows it" not in text_of(person.browser.get(rest(person, address)))
    assert show(person, address, "experience", ("a.pdf", PDF)).status_code == 404


def test_a_file_is_given_out_as_a_download_of_its_kind(stage, person, address):
    experience(person, address, ("folder/Zeug\u202e nis.PDF", PDF))
    (file_id,) = ids(stage, address)

    answer = person.browser.get(f"{address}/files/{file_id}")

    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Zeug nis.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_files_open_for_those_who_may_read_the_application_alone(app, stage, person, address, tmp_path):
    experience(person, address, ("a.pdf", PDF))
    (file_id,) = ids(stage, address)
    staff, reviewer = a_helper(stage), a_helper(stage, "reviewer", committee="pslc-mentorship")
    stranger, elsewhere = a_person(stage, "Stranga"), set_stage(app, "casbo", tmp_path)
    drafted = staff.browser.get(f"/staff{address}/files/{file_id}").status_code
    assert post(person.browser, rest(person, address)).status_code == 303

    def status(who, path):
        return who.browser.get(f"{path}/files/{file_id}").status_code

    assert drafted == 404
    assert [status(who, f"/staff{address}") for who in (staff, reviewer)] == [200, 200]
    assert status(person, address) == 200
    assert [status(stranger, address), status(stranger, f"/staff{address}")] == [404, 403]
    assert status(a_helper(elsewhere), f"/staff{address}") == 404
    assert status(a_person(elsewhere, "Outa"), address) == 404


def test_a_reply_to_a_question_may_bring_files(stage, person, address):
    experience(person, address)
    assert post(person.browser, rest(person, address)).status_code == 303
    staff = a_helper(stage)
    decide(staff, address.rpartition("/")[2], "returned", reason="Please show your years.")

    assert show(person, address, "experience", ("employer.jpg", JPEG)).status_code == 303
    assert post(person.browser, f"{address}/check").status_code == 303
    page = text_of(staff.browser.get(f"/staff{address}"))

    assert "employer.jpg" in page
    assert "What changed" in page


def test_once_sent_nothing_is_added_or_removed(stage, person, address):
    experience(person, address, ("a.pdf", PDF))
    (file_id,) = ids(stage, address)
    assert post(person.browser, rest(person, address)).status_code == 303
    before = held(stage, address)

    show(person, address, "experience", ("b.pdf", PDF + b"b"))
    show(person, address, "experience", remove=file_id)

    assert held(stage, address) == before


def test_withdrawing_deletes_the_files(stage, person, address):
    experience(person, address, ("a.pdf", PDF))
    with stage.open():
        others = db.session.scalar(select(func.count()).select_from(ApplicationFile))

    post(person.browser, f"{address}/withdraw")

    assert held(stage, address) == []
    with stage.open():
        assert db.session.scalar(select(func.count()).select_from(ApplicationFile)) == others - 1


def test_a_browser_cannot_say_which_files_there_are(stage, person, address):
    place = f"{address}/sections/experience"
    post(
        person.browser, place,
        {"version": version_on(person.browser.get(place)), **offers(YEARS)[0], "papers": "0000 made-up.pdf"},
    )  # fmt: skip

    assert "made-up.pdf" not in text_of(person.browser.get(rest(person, address)))


def test_two_windows_keep_the_files_of_both(stage, person, address):
    place = f"{address}/sections/experience"
    old = version_on(person.browser.get(place))
    experience(person, address, ("a.pdf", PDF), background="Written elsewhere.")

    conflict = experience(person, address, ("b.jpg", JPEG), version=old)

    assert conflict.status_code == 409
    assert [one[2] for one in held(stage, address)] == ["a.pdf", "b.jpg"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("letter.pdf", "letter.pdf"),
        ("C:\\papers\\letter.PDF", "letter.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("run.exe", "run.exe.pdf"),
        ("a\u202efdp.exe", "afdp.exe.pdf"),
        ('say "hi"\r\nSet-Cookie: x', "say hiSet-Cookie x.pdf"),
        ("   .pdf", "file.pdf"),
        ("", "file.pdf"),
        ("ä" * 300, "ä" * 96 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(app, name, kept):
    with app.test_request_context():
        assert clean_name(name, FileKind.PDF) == kept


def test_an_application_without_files_is_as_before(stage):
    person = a_person(stage, "Plaina", years=YEARS)

    assert apply(person, "mentor", offers(YEARS))
