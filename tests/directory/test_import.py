"""Importing members: what a check says, what applying does, and that nothing happens by halves."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tandem.access.errors import ConflictError, ForbiddenError
from tandem.audit.models import AuditEntry
from tandem.directory.importing.comparing import Report
from tandem.directory.importing.queries import all_rows
from tandem.directory.models import (
    Employer,
    Experience,
    ImportRow,
    ImportRun,
    ImportState,
    Member,
    Membership,
    MemberState,
    Position,
)
from tandem.directory.services import imports
from tandem.directory.services.imports import import_members_from
from tandem.extensions import db
from tandem.jobs.errors import JobCancelled
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import Outcome, run_pending
from tests.factories import a_member, a_membership, a_position, an_account, an_actor, an_employer, an_experience
from tests.pages import post, text_of, token_for

FULL = """number,given name,family name,email,phone,membership type,membership level,membership from,membership to,paid through,membership 2 type,membership 2 from,membership 2 to,position title,employer,region,position from,experience
1,Alma,Pettibone,alma@example.org,555 0100,Career Builder,Gold,2019-07-01,,2027-06-30,,,,director,Sample Creek,Northern,2021-09-01,Payroll = 7; Budget = 3.5
2,Zoë,Núñez,zoe@example.org,,Retiree,,2020-01-01,,2027-06-30,Career Builder,2001-01-01,2019-12-31,Head cook,Sample Creek,,2001-01-01,
3,,Cher,cher@example.org,,,,,,,,,,,,,,
"""


@pytest.fixture
def bring(tmp_path, staff, lists):
    """Import a text here and now; a list of rows is joined to the minimal columns."""

    def run(text, *, dry_run=False, encoding=None):
        path = tmp_path / "members.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found = import_members_from(actor=staff, path=path, dry_run=dry_run, encoding=encoding)
        db.session.expire_all()
        return found

    return run


def outcomes(run):
    return {name: count for name, count in run.report["outcomes"].items() if count}


def parts(run):
    return {
        name: (found["added"], found["changed"]) for name, found in run.report["parts"].items() if any(found.values())
    }


def wrong(run):
    return [(row.row, item["column"], item["code"]) for row in all_rows(run.id) for item in row.problems]


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_dry_run_says_what_would_happen_and_changes_nothing(bring):
    run = bring(FULL, dry_run=True)

    assert run.state is ImportState.CHECKED
    assert outcomes(run) == {"new": 3}
    assert parts(run) == {"memberships": (3, 0), "positions": (2, 0), "experience": (2, 0), "employers": (1, 0)}
    assert (run.report["rows"], run.report["encoding"], run.report["delimiter"]) == (3, "utf-8", ",")
    assert [(row.row, row.outcome.value, row.number, row.name) for row in all_rows(run.id)] == [
        (2, "new", "1", "Alma Pettibone"), (3, "new", "2", "Zoë Núñez"), (4, "new", "3", "Cher")]  # fmt: skip
    assert [count(model) for model in (Member, Membership, Position, Employer, Experience)] == [0] * 5


def test_import_writes_members_with_all_their_parts(bring):
    run = bring(FULL)

    assert run.state is ImportState.APPLIED
    alma = db.session.scalars(select(Member).where(Member.number == "1")).one()
    assert (alma.name, alma.email_key, alma.name_key, alma.phone, alma.state) == (
        "Alma Pettibone", "alma@example.org", "pettibone alma", "555 0100", MemberState.ACTIVE)  # fmt: skip
    held = db.session.scalars(select(Membership).where(Membership.member_id == alma.id)).one()
    assert (held.type, held.level, held.organisational, held.valid_from, held.valid_to, held.paid_through) == (
        "career", "gold", False, date(2019, 7, 1), None, date(2027, 6, 30))  # fmt: skip
    zoe = db.session.scalars(select(Member).where(Member.number == "2")).one()
    types = select(Membership.type).where(Membership.member_id == zoe.id).order_by(Membership.valid_from)
    assert db.session.scalars(types).all() == ["career", "retiree"]
    assert zoe.name_key == "nunez zoe"
    found = {row.title or row.title_text for row in db.session.scalars(select(Position))}
    assert found == {"director", "Head cook"}
    employer = db.session.scalars(select(Employer)).one()
    assert (employer.name, employer.name_key, employer.region) == ("Sample Creek", "sample creek", "north")
    years = {row.discipline: row.years for row in db.session.scalars(select(Experience))}
    assert years == {"payroll": Decimal(7), "budget": Decimal("3.5")}
    assert {row.id.version for row in db.session.scalars(select(Member))} == {7}


def test_same_file_twice_changes_nothing(bring):
    bring(FULL)
    before = (count(AuditEntry), count(Member), count(Membership))

    run = bring(FULL)

    assert outcomes(run) == {"unchanged": 3}
    assert parts(run) == {}
    assert Report.read(run.report).changes_nothing
    assert (count(AuditEntry), count(Member), count(Membership)) == (before[0] + 1, *before[1:])


def test_changes_are_told_field_by_field_and_traced(bring, staff, desk):
    bring(FULL)
    text = (FULL.replace("555 0100", "555 0199").replace("2027-06-30", "2028-06-30", 1).replace("Payroll = 7", "Payroll = 8")
            .replace("Northern", "Southern").replace("Head cook", "Chef"))  # fmt: skip

    run = bring(text)

    assert outcomes(run) == {"changed": 2, "unchanged": 1}
    assert parts(run) == {"memberships": (0, 1), "positions": (0, 1), "experience": (0, 1), "employers": (0, 1)}
    first, second = (row.changes for row in list(all_rows(run.id))[:2])
    assert first["phone"] == ["555 0100", "555 0199"]
    assert [part["paid_through"] for pair in first["memberships"] for part in pair] == ["2027-06-30", "2028-06-30"]
    assert first["experience"] == [[{"discipline": "payroll", "years": 7.0}], [{"discipline": "payroll", "years": 8.0}]]
    assert first["employers"][1] == [{"employer": "Sample Creek", "region": "south"}]
    assert [part["title_text"] for pair in second["positions"] for part in pair] == ["Head cook", "Chef"]
    assert db.session.scalars(select(Member.phone).where(Member.number == "1")).one() == "555 0199"
    assert db.session.scalars(select(Employer.region)).one() == "south"
    alma = db.session.scalars(select(Member).where(Member.number == "1")).one()
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.object_id == alma.id).order_by(AuditEntry.id)
    ).all()
    assert [(entry.action, entry.actor_name) for entry in entries] == [
        ("member.added", staff.name), ("member.changed", staff.name)]  # fmt: skip
    assert entries[1].changes["phone"] == ["555 0100", "555 0199"]
    db.session.commit()
    trace, person = desk.get("/staff/audit"), text_of(desk.get(f"/staff/members/{alma.id}"))
    assert (trace.status_code, "555 0199" in text_of(trace)) == (200, True)
    assert "Membership Career Builder from July 1, 2019: Paid through: June 30, 2027 now June 30, 2028" in person


def test_columns_that_are_not_there_leave_what_is_recorded(bring):
    bring(FULL)

    run = bring(
        "number,family name,email,membership type,membership from\n1,Pettibone,alma@example.org,career,2019-07-01"
    )

    assert outcomes(run) == {"unchanged": 1}
    assert run.report["others"] == 2
    run = bring("number,family name,email,phone,membership type,membership from,membership level\n"
                "1,Pettibone,alma@example.org,,career,2019-07-01,")  # fmt: skip
    assert outcomes(run) == {"changed": 1}
    held = db.session.scalars(
        select(Membership).where(Membership.level.is_(None)).order_by(Membership.valid_from)
    ).all()
    assert date(2027, 6, 30) in [row.paid_through for row in held]
    assert db.session.scalars(select(Member.phone).where(Member.number == "1")).one() is None


def test_export_imported_again_changes_nothing(bring, desk):
    bring(FULL)
    someone = a_member(number="=1+2", given_name="@Sum", family_name="-Minus", email="sum@example.org")
    someone.name_key, someone.phone = "minus sum", "+1 555 0100"
    db.session.commit()

    content = desk.get("/staff/members/export.csv").data

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}] == []
    run = bring(content)
    assert (wrong(run), outcomes(run), parts(run)) == ([], {"unchanged": 4}, {})


MINIMAL = "number,family name,email"


@pytest.mark.parametrize(
    ("columns", "row", "problem"),
    [
        ("", "1,Pettibone,cher@example.org", (2, "email", "email-taken")),
        (",membership type,membership from", "1,P,alma@example.org,Career Builder,2018-01-01",
         (2, "membership from", "overlap-open")),
        (",membership type,membership from,membership to", "2,N,zoe@example.org,Career Builder,2000-01-01,2001-01-01",
         (2, "membership from", "overlap")),
        (",membership type,membership from,membership 2 type,membership 2 from", "9,N,n@example.org,career,2020-01-01,career,2021-01-01",
         (2, "membership 2 from", "overlap-open")),
        (",experience", "3,Cher,cher@example.org,Typing = 3", (2, "experience", "term-late")),
        (",phone", "3,Cher,cher@example.org,\x07", (2, "phone", "control")),
        ("", "3,Cher,broken", (2, "email", "email")),
    ],
)  # fmt: skip
def test_one_wrong_row_is_named_and_keeps_everything_as_it_was(bring, columns, row, problem):
    bring(FULL)
    before = [count(model) for model in (Member, Membership, Employer, AuditEntry)]

    run = bring(f"{MINIMAL}{columns}\n{row}\n77,Fine,fine@example.org{',' * columns.count(',')}\n")

    assert (run.state, wrong(run)) == (ImportState.CHECKED, [problem])
    assert outcomes(run) == {"error": 1, "new": 1}
    assert [count(model) for model in (Member, Membership, Employer, AuditEntry)] == before


def test_addresses_may_be_swapped(bring):
    bring(FULL)

    run = bring(f"{MINIMAL},given name\n1,Pettibone,zoe@example.org,Alma\n2,Núñez,alma@example.org,Zoë\n"
                "9,New,cher@example.org,N\n3,Cher,cher2@example.org,")  # fmt: skip

    assert (wrong(run), outcomes(run)) == ([], {"changed": 3, "new": 1})
    found = dict(db.session.execute(select(Member.number, Member.email)).all())
    assert found == {"1": "zoe@example.org", "2": "alma@example.org", "9": "cher@example.org", "3": "cher2@example.org"}


def test_removed_members_stay_removed(bring):
    bring(FULL)
    cher = db.session.scalars(select(Member).where(Member.number == "3")).one()
    cher.state = MemberState.REMOVED
    db.session.flush()

    run = bring(f"{MINIMAL},employer,position from\n3,Changed,cher@example.org,Nowhere,2020-01-01\n")

    assert (outcomes(run), parts(run)) == ({"removed": 1}, {})
    assert (cher.family_name, cher.state, count(Employer)) == ("Cher", MemberState.REMOVED, 1)
    taken = bring(f"{MINIMAL}\n5,New,cher@example.org\n")
    assert wrong(taken) == [(2, "email", "email-taken")]


def test_ended_words_stay_where_they_are(bring):
    member = a_member(number="1", family_name="Pettibone", email="alma@example.org")
    an_experience(member, "typing", 3)
    a_membership(
        member, type="access", valid_from=date(2015, 1, 1), valid_to=date(2016, 1, 1), paid_through=date(2016, 1, 1)
    )

    run = bring(
        f"{MINIMAL},membership type,membership from,experience\n1,Pettibone,alma@example.org,Aspiring Access,2015-01-01,Typing = 3"
    )

    assert (wrong(run), outcomes(run)) == ([], {"unchanged": 1})


def test_unreadable_file_fails_with_its_reason(bring):
    run = bring(b"number,family name,email\n1,\0,a@b.org")
    empty = bring(MINIMAL)

    assert (run.state, [item["code"] for item in run.report["problems"]]) == (ImportState.FAILED, ["file-nul"])
    assert (empty.state, [item["code"] for item in empty.report["problems"]]) == (ImportState.FAILED, ["file-no-rows"])


def test_guessed_encoding_is_told(bring):
    run = bring(f"{MINIMAL}\n1,Núñez,a@b.org\n".encode("latin-1"))

    assert (run.report["encoding"], run.report["encoding_guessed"]) == ("windows-1252", True)
    assert db.session.scalars(select(Member.family_name)).one() == "Núñez"


def test_other_associations_are_neither_read_nor_written(bring, other_association, in_association):
    def theirs():
        member = a_member(number="1", email="alma@example.org", family_name="Theirs")
        a_position(member, employer=an_employer(name="Sample Creek", region="far"))
        return member.id

    foreign = in_association(other_association, theirs)

    run = bring(FULL)
    db.session.commit()

    assert outcomes(run) == {"new": 3}
    assert in_association(other_association, lambda: db.session.scalars(select(Member.id)).all()) == [foreign]
    assert in_association(other_association, lambda: db.session.scalars(select(Employer.region)).all()) == ["far"]


def test_only_association_staff_import(tmp_path, lists):
    path = tmp_path / "members.csv"
    path.write_text(FULL)

    with pytest.raises(ForbiddenError):
        import_members_from(actor=an_actor(an_account()), path=path)


# Through the browser and the background


def send(desk, content, filename="members.csv", **more):
    return desk.post(
        "/staff/members/import",
        data={"csrf_token": token_for(desk), "file": (io.BytesIO(content), filename), **more},
        content_type="multipart/form-data",
    )


def uploaded(desk, text=FULL):
    answer = send(desk, text.encode())
    assert answer.status_code == 303
    return answer.location


def test_upload_check_apply_through_the_browser(desk):
    page = desk.get("/staff/members/import")
    assert (page.status_code, "Nothing is ever deleted" in text_of(page)) == (200, True)
    path = uploaded(desk)
    waiting = desk.get(path)
    assert "Checking the file" in text_of(waiting)
    assert 'hx-trigger="every 2s"' in waiting.get_data(as_text=True)

    assert [outcome for _, outcome in run_pending(reraise=True)] == [Outcome.DONE]

    checked = text_of(desk.get(path))
    assert "Nothing is changed yet. This is what would happen." in checked
    assert "Members New 3" in checked
    assert count(Member) == 0
    assert post(desk, f"{path}/apply").status_code == 303
    assert "Writing to the directory" in text_of(desk.get(path))
    run_pending(reraise=True)
    done = text_of(desk.get(path))
    assert "Applied today" in done
    assert "by Ines Vargas" in done
    assert count(Member) == 3
    db.session.expire_all()
    assert db.session.scalars(select(ImportRun.content)).one() is None
    listed = text_of(desk.get("/staff/members"))
    assert "Pettibone, Alma" in listed
    found = db.session.scalars(select(ImportRow.member_id).order_by(ImportRow.row)).all()
    assert found == db.session.scalars(select(Member.id).order_by(Member.number)).all()
    report = desk.get(f"{path}/rows.csv")
    assert (report.status_code, report.mimetype) == (200, "text/csv")
    assert "Alma Pettibone" in report.get_data(as_text=True)
    for again in ("apply", "cancel", "retry"):
        assert post(desk, f"{path}/{again}").status_code == 409
    assert "members.csv" in text_of(desk.get("/staff/members/import"))


def test_errors_come_first_in_the_report_and_keep_apply_away(desk):
    path = uploaded(desk, f"{MINIMAL}\n1,Good,good@example.org\n2,Bad,broken\n3,,x@example.org\n")
    run_pending(reraise=True)

    page = desk.get(path)

    said = text_of(page)
    assert "2 rows have errors, so nothing can be applied." in said
    assert "email: “broken” is no e-mail address" in said
    assert "Good" not in re.sub(r"Good to know", "", said)
    assert "/apply" not in page.get_data(as_text=True)
    assert post(desk, f"{path}/apply").status_code == 409
    assert "Good" in text_of(desk.get(f"{path}?outcome=new"))
    assert len(re.findall(r"<tr>", desk.get(f"{path}?outcome=").get_data(as_text=True))) == 4
    assert count(Member) == 0


def test_directory_that_moved_on_is_checked_anew_instead_of_applied(desk):
    path = uploaded(desk)
    run_pending(reraise=True)
    a_member(number="1", family_name="Quick", email="quick@example.org")
    db.session.commit()

    post(desk, f"{path}/apply")
    run_pending(reraise=True)

    page = text_of(desk.get(path))
    assert "The directory changed since the check you saw, so nothing was applied." in page
    assert "Changed 1" in page
    assert count(Member) == 1
    post(desk, f"{path}/apply")
    run_pending(reraise=True)
    assert "Applied today" in text_of(desk.get(path))
    assert count(Member) == 3


def test_waiting_check_can_be_stopped(desk):
    path = uploaded(desk)

    assert post(desk, f"{path}/cancel").status_code == 303

    assert run_pending(reraise=True) == []
    assert "Canceled. Nothing in the directory was changed." in text_of(desk.get(path))
    assert post(desk, f"{path}/apply").status_code == 409


def test_application_stopped_half_way_leaves_nothing(desk, monkeypatch):
    path = uploaded(desk)
    run_pending(reraise=True)
    post(desk, f"{path}/apply")
    seen = []

    def stop(done, total):
        seen.append(count(Member))
        if done >= 90:
            raise JobCancelled

    monkeypatch.setattr("tandem.directory.jobs.report_progress", stop)

    assert [outcome for _, outcome in run_pending()] == [Outcome.CANCELLED]

    assert max(seen) == 3
    db.session.rollback()
    assert (count(Member), count(Employer), count(Membership)) == (0, 0, 0)
    page = text_of(desk.get(path))
    assert "Nothing is changed yet. This is what would happen." in page
    monkeypatch.undo()
    assert post(desk, f"{path}/apply").status_code == 303
    run_pending(reraise=True)
    assert count(Member) == 3


def test_import_that_broke_off_says_so_and_can_be_checked_again(desk, monkeypatch):
    path = uploaded(desk)

    def fail(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(imports, "compare", fail)
    for _attempt in range(3):
        db.session.execute(Job.__table__.update().values(run_after=Job.run_after - timedelta(hours=2)))
        db.session.commit()
        run_pending()
    monkeypatch.undo()

    assert "The work broke off by a fault on our side." in text_of(desk.get(path))
    assert post(desk, f"{path}/apply").status_code == 409
    assert post(desk, f"{path}/retry").status_code == 303
    run_pending(reraise=True)
    assert "Members New 3" in text_of(desk.get(path))


def test_checked_file_can_be_discarded(desk):
    path = uploaded(desk)
    run_pending(reraise=True)

    assert post(desk, f"{path}/cancel").status_code == 303

    db.session.expire_all()
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.state, run.content) == (ImportState.CANCELLED, None)


def test_two_people_applying_at_once_apply_it_once(desk, staff):
    path = uploaded(desk)
    run_pending(reraise=True)

    assert [post(desk, f"{path}/apply").status_code for _ in range(2)] == [303, 409]
    run_pending(reraise=True)
    assert count(Member) == 3


def test_job_done_twice_applies_once(desk, staff):
    path = uploaded(desk)
    run_pending(reraise=True)
    post(desk, f"{path}/apply")
    run_pending(reraise=True)

    imports.apply_import(run_id=db.session.scalars(select(ImportRun.id)).one(), progress=lambda _done: None)
    imports.check_import(run_id=db.session.scalars(select(ImportRun.id)).one(), progress=lambda _done: None)

    assert count(Member) == 3
    assert db.session.scalars(select(ImportRun.state)).one() is ImportState.APPLIED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04", "This is an Excel workbook."),
        (b"a\n1", "No column was recognized."),
        (b"number,family name\n1,2", "The column “email” is missing."),
        (b"number,family name,email\n1,\0,3", "This is no text file; it may be a picture or a document."),
    ],
)
def test_file_that_is_no_table_is_refused_at_once(desk, content, said):
    answer = send(desk, content)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'id="file-error"' in answer.get_data(as_text=True)
    assert count(ImportRun) == 0


def test_a_file_that_was_read_is_not_called_unreadable_for_its_columns(desk):
    said = text_of(send(desk, b"number,family name,email,position title\n1,Pettibone,a@example.org,CFO\n"))

    assert "The file was read, but it cannot be checked with these columns" in said
    assert "The file cannot be read" not in said
    assert "The column “position title” needs the column “employer” beside it." in said
    assert "The column “position title” needs the column “position from” beside it." in said
    assert "The file cannot be read" in text_of(send(desk, b"PK\x03\x04workbook"))
    page = text_of(desk.get("/staff/members/import"))
    assert "Employer employer needs position from beside it" in page
    assert "Title position title needs employer beside it" in page


def test_upload_needs_a_file_and_a_known_encoding(desk):
    assert "Choose a file first." in text_of(post(desk, "/staff/members/import"))
    assert send(desk, FULL.encode(), encoding="ebcdic").status_code == 422
    assert send(desk, FULL.encode(), encoding="utf-16").status_code == 422
    name = send(desk, FULL.encode(), filename="../../<b>\u202eevil.csv").location
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.filename, name.endswith(str(run.id))) == ("<b>evil.csv", True)
    assert "&lt;b&gt;evil.csv" in desk.get(name).get_data(as_text=True)


def test_file_that_is_too_large_is_refused(desk):
    answer = desk.post(
        "/staff/members/import", data=b"x" * (33 * 1024 * 1024), content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 413


def test_import_of_another_association_answers_like_a_missing_one(desk, other_association, in_association):
    def theirs():
        run = ImportRun(filename="x.csv", created_by_name="")
        db.session.add(run)
        db.session.flush()
        return run.id

    foreign = in_association(other_association, theirs)
    for path in ("", "/rows.csv"):
        there, missing = (desk.get(f"/staff/members/import/{each}{path}") for each in (foreign, uuid4()))
        assert (there.status_code, there.get_data()) == (404, missing.get_data())
    for path in ("/apply", "/cancel", "/retry"):
        there, missing = (post(desk, f"/staff/members/import/{each}{path}") for each in (foreign, uuid4()))
        assert (there.status_code, there.get_data()) == (404, missing.get_data())


def test_template_can_be_imported(desk, bring):
    content = desk.get("/staff/members/import/template.csv").data

    run = bring(content)

    assert (wrong(run), outcomes(run)) == ([], {"new": 1})
    assert parts(run)["experience"] == (2, 0)


def test_report_is_paged(desk):
    rows = "\n".join(f"{number},Row,r{number}@example.org" for number in range(250))
    path = uploaded(desk, f"{MINIMAL}\n{rows}")
    run_pending(reraise=True)

    first = desk.get(path).get_data(as_text=True)

    [following] = re.findall(r'href="(/staff/members/import/[^"]*after=\d+)"', first)
    assert following.endswith("after=101")
    assert desk.get(f"{path}?after=-5&outcome=nonsense").status_code == 200
    assert desk.get(f"{path}?after=99999999999999").status_code == 200
    assert count(ImportRow) == 250


def test_cancel_of_a_running_job_is_asked_for(desk, staff, committed):
    path = uploaded(desk)
    job = db.session.scalars(select(Job).order_by(Job.created_at.desc()).limit(1)).one()
    job.state = JobState.RUNNING
    committed()

    assert post(desk, f"{path}/cancel").status_code == 303

    db.session.expire_all()
    assert job.cancel_requested
    assert "It is being stopped." in text_of(desk.get(path))
    with pytest.raises(ConflictError):
        imports.request_apply(actor=staff, run_id=db.session.scalars(select(ImportRun.id)).one())
