"""Decided lists: a run's pairs go out as a file and come back as staff decided, checked row by row, all of it or nothing."""

from __future__ import annotations

import csv
import io
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.directory.models import Member
from tandem.directory.spreadsheets import MARK
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.matching.models import Lock, LockKind, MatchRun, PoolEntry, PoolState, Proposal
from tests.loop.stage import set_stage
from tests.loop.walk import a_person, publish
from tests.matching.seven import seven_matched
from tests.pages import post, text_of


def waivable(program):
    program["matching"]["constraints"][0]["strength"] = "waivable"


class Room:
    """A run: Ada and Bea can have Thora or Ugo; Tess only Vera, who shares nothing with the others; Wim is left over."""

    def __init__(self, app, folder, **edits):
        self.stage = set_stage(app, "casbo", folder, **edits)
        self.staff, self.run, people = seven_matched(self.stage)
        self.out = a_person(self.stage, "Zoe")
        self.who = {**people, "Zoe": self.out}
        with self.stage.open():
            self.number = {
                given: db.session.scalars(select(Member.number).where(Member.id == one.id)).one()
                for given, one in self.who.items()
            }

    def text(self, *pairs, head="mentee,mentor"):
        """A list of pairs by given names, with whatever stands behind."""
        rows = [",".join([self.number[mentee], self.number[mentor], *more]) for mentee, mentor, *more in pairs]
        return "\n".join([head, *rows])

    def send(self, content, *, name="pairs.csv"):
        """Bring a list in."""
        data = {"file": (io.BytesIO(content.encode() if isinstance(content, str) else content), name)}
        answer = post(self.staff.browser, f"{self.run}/list", data, content_type="multipart/form-data")
        answer.request.environ[
            "wsgi.input"
        ].close()  # A large one is a file of the test client's, which leaves it open.
        return answer

    def bring(self, content):
        """Bring a list in, have it checked, and read what stands on the page."""
        assert self.send(content).status_code == 303
        self.stage.work()
        return self.page()

    def page(self, outcome=""):
        """What stands on the page of the list."""
        return text_of(self.staff.browser.get(f"{self.run}/list?outcome={outcome}"))

    def apply(self):
        """Apply the list."""
        asked = post(self.staff.browser, f"{self.run}/list/apply")
        if asked.status_code == 303:
            self.stage.work()
        return asked

    def pairs(self):
        """The run's pairs by given names: state, by hand, locked."""
        with self.stage.open():
            locked = {
                (lock.mentee_entry_id, lock.mentor_entry_id)
                for lock in db.session.scalars(select(Lock).where(Lock.kind == LockKind.TOGETHER))
            }
            return {
                (one.mentee_entry.member.given_name, one.mentor_entry.member.given_name): (
                    one.state.value,
                    one.by_hand,
                    (one.mentee_entry_id, one.mentor_entry_id) in locked,
                )
                for one in db.session.scalars(select(Proposal))
            }

    def everything(self):
        """All that a list may change."""
        with self.stage.open():
            run = db.session.scalars(select(MatchRun)).one()
            locks = db.session.execute(select(Lock.mentee_entry_id, Lock.mentor_entry_id, Lock.kind, Lock.reason)).all()
            pairs = db.session.scalars(select(Proposal))
            return (
                run.summary,
                sorted(run.unmatched, key=str),
                run.left_over,
                sorted(map(tuple, locks), key=str),
                sorted((str(one.id), str(one.mentor_entry_id), one.points, one.parts, one.reasons, one.state.value, one.note,
                        str(one.confirmed_by), one.missed, one.waived, one.waiver_reason, one.by_hand) for one in pairs),
            )  # fmt: skip


@pytest.fixture(scope="module")
def laid_out(app, tmp_path_factory, keep):
    room = Room(app, tmp_path_factory.mktemp("decided"))
    return room, keep(room.stage)


@pytest.fixture
def room(laid_out):
    """The module's room, as it was for the first test."""
    room, put_back = laid_out
    yield room
    put_back()


OURS = {("Ada", "Thora"), ("Bea", "Ugo"), ("Tess", "Vera")}
SWAPPED = (("Ada", "Ugo"), ("Bea", "Thora"), ("Tess", "Vera"))


def test_the_list_goes_out_and_comes_back_unchanged(room):
    assert set(room.pairs()) == OURS
    found = room.staff.browser.get(f"{room.run}/list/export")
    rows = list(csv.reader(io.StringIO(found.get_data(as_text=True).removeprefix(MARK))))
    book = room.staff.browser.get(f"{room.run}/list/export?as=xlsx")

    page = room.bring(found.get_data())

    assert rows[0] == ["mentee", "mentee name", "mentor", "mentor name", "points", "state", "note", "reason"]
    assert [[row[0], row[1], row[2], row[3], *row[5:]] for row in rows[1:]] == [
        [
            room.number[one],
            room.who[one].name,
            room.number[other],
            room.who[other].name,
            "kept",
            "",
            "",
        ]
        for one, other in sorted(OURS, key=lambda pair: room.who[pair[0]].name.split()[::-1])
    ]
    assert ZipFile(io.BytesIO(book.get_data())).testzip() is None
    assert "Already so 3" in page
    assert "Not in the list 1" in page
    assert "New pair" not in page
    assert f"{room.who['Wim'].name} Not in the list Has nobody in the run, and is left over." in page


def test_a_list_is_read_before_anything_changes_and_then_applied_and_taken_back(room):
    before = room.everything()
    page = room.bring(room.text(*SWAPPED[:2]))
    unchanged = room.everything()

    assert f"{room.who['Ada'].name} {room.who['Ugo'].name}" in page
    assert f"Changed pair Has {room.who['Thora'].name} in the run now." in page
    assert (
        f"{room.who['Tess'].name} Not in the list Has {room.who['Vera'].name} in the run now, and would be left over."
        in page
    )
    assert unchanged == before

    assert room.apply().status_code == 303
    assert room.pairs() == dict.fromkeys(SWAPPED[:2], ("confirmed", True, True))
    run = text_of(room.staff.browser.get(room.run))
    assert "From a list pairs.csv" in run
    assert "Matched 2 of 4" in run
    assert "The list that you brought in leaves them out." in run
    assert "Applied" in room.page()
    with room.stage.open():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "run.list-applied")).one()
        assert (entry.actor_name, entry.changes) == (room.staff.name, {"pairs": [3, 2], "file": [None, "pairs.csv"]})

    assert post(room.staff.browser, f"{room.run}/undo").status_code == 303
    assert room.everything() == before
    assert "Applied" not in room.page()
    assert "Take the last change back" not in text_of(room.staff.browser.get(room.run))


def test_pairs_that_are_so_already_keep_their_note_and_are_locked(room):
    with room.stage.open():
        found = db.session.execute(
            select(Proposal.id)
            .join(PoolEntry, PoolEntry.id == Proposal.mentee_entry_id)
            .where(PoolEntry.member_id == room.who["Ada"].id)
        ).scalar_one()
    post(room.staff.browser, f"{room.run}/pairs/{found}/note", {"note": "Both asked."})

    room.bring(room.text(*sorted(OURS)))
    room.apply()
    out = room.staff.browser.get(f"{room.run}/list/export").get_data(as_text=True)

    assert room.pairs() == dict.fromkeys(OURS, ("confirmed", False, True))
    assert ",locked,Both asked." in out


def test_addresses_semicolons_capitals_and_foreign_columns_are_understood(room):
    rows = [f"x;{room.who[one].email.upper()};{room.who[other].email};?" for one, other in SWAPPED]
    page = room.bring((MARK + "\r\n".join(["sep=;", "Region;MENTEE; Mentor ;Remark", *rows, ""])).encode())

    assert "Changed pair 2" in page
    assert "Already so 1" in page
    assert "Refused" not in page


def test_windows_and_utf16_files_are_read(room):
    content = room.text(*((*pair, "kept", "Größe") for pair in SWAPPED), head="mentee,mentor,state,reason")

    assert "Changed pair 2" in room.bring(content.encode("windows-1252"))
    assert "Changed pair 2" in room.bring(content.encode("utf-16"))


def test_a_row_taken_out_is_no_pair(room):
    head = "mentee,mentor,state"
    page = room.bring(
        room.text(("Ada", "Thora", "Taken out"), ("Bea", "Ugo", "kept"), ("Tess", "Vera", "locked"), head=head)
    )
    room.apply()

    assert "Taken out 1" in page
    assert f"Has {room.who['Thora'].name} in the run now, and would be left over." in page
    assert room.pairs() == {
        ("Ada", "Thora"): ("declined", False, False),
        ("Bea", "Ugo"): ("confirmed", False, True),
        ("Tess", "Vera"): ("confirmed", False, True),
    }


def test_every_row_that_cannot_be_says_why_and_nothing_is_applied(room):
    before = room.everything()
    more = f"{room.number['Ada']},\nnobody@example.org,{room.number['Vera']}\n{room.number['Zoe']},{room.number['Ugo']}"
    page = room.bring(
        room.text(
            ("Ada", "Thora"), ("Bea", "Thora"), ("Ada", "Ugo"), ("Tess", "Ugo"), ("Vera", "Ugo"), ("Wim", "Tess"), head="Mentee,Mentor"
        )
        + f"\n{more}\n"
    )  # fmt: skip

    assert "7 rows are refused" not in page
    assert "8 rows are refused, so nothing can be applied." in page
    names = {given: one.name for given, one in room.who.items()}
    assert f"{names['Thora']} has no free place left for this row." in page
    assert f"{names['Ada']} stands in row 2 already. Keep one of the two." in page
    assert "Nothing in common. Asked for: " in page
    assert f"{names['Vera']} is in this program on the other side, and cannot stand in the column “mentee”." in page
    assert "cannot stand in the column “mentor”" in page
    assert "The column “mentor” is empty." in page
    assert "Nobody in this program has the number or address “nobody@example.org”." in page
    assert f"Nobody in this program has the number or address “{room.number['Zoe']}”." in page
    assert room.apply().status_code == 409
    assert room.everything() == before


def test_people_of_others_are_unknown_without_a_difference(app, tmp_path, room):
    elsewhere = Room(app, tmp_path / "other")
    stranger = elsewhere.who["Ada"]
    page = room.bring(f"mentee,mentor\n{stranger.email},{room.number['Ugo']}\n{room.out.email},{room.number['Ugo']}\n")

    assert f"Nobody in this program has the number or address “{stranger.email}”." in page
    assert f"Nobody in this program has the number or address “{room.out.email}”." in page
    assert stranger.name not in page
    assert elsewhere.staff.browser.get(f"{room.run}/list").status_code == 404
    assert elsewhere.staff.browser.get(f"{room.run}/list/export").status_code == 404
    for act in ("list", "list/apply", "list/check", "list/discard"):
        assert post(elsewhere.staff.browser, f"{room.run}/{act}").status_code == 404


def test_a_hard_condition_refuses_even_with_a_reason(room):
    page = room.bring(room.text(("Tess", "Ugo", "They asked."), head="mentee,mentor,reason"))

    assert "Nothing in common. Asked for: " in page
    assert "give the reason" not in page
    assert "1 row is refused" in page


def test_a_waivable_condition_needs_a_reason_and_keeps_it(app, tmp_path):
    room = Room(app, tmp_path, programs__member_to_member=waivable)
    asked = room.bring(room.text(("Wim", "Vera")))
    given = room.bring(room.text(("Wim", "Vera", "They asked."), head="mentee,mentor,reason"))
    room.apply()
    again = room.bring(room.text(("Wim", "Vera")))

    assert "You can pair them all the same: give the reason in the column “reason”; it is kept." in asked
    assert "New pair A condition is set aside, with the reason: They asked." in given
    with room.stage.open():
        pair = db.session.scalars(select(Proposal)).one()
        assert (pair.waived, pair.waiver_reason) == (["shared-discipline"], "They asked.")
        kept = db.session.scalars(select(AuditEntry.reason).where(AuditEntry.action == "pair.by-hand")).all()
        assert kept == ["They asked."]
    assert "Already so 1" in again
    assert "Refused" not in again


def test_two_kept_apart_come_together_and_a_later_lock_of_other_pairs_goes(room):
    with room.stage.open():
        ids = {
            one.mentee_entry.member.given_name: (one.mentee_entry_id, one.mentor_entry_id)
            for one in db.session.scalars(select(Proposal))
        }
    apart = {"mentee": ids["Ada"][0], "mentor": ids["Bea"][1], "kind": "apart", "reason": "Rivals."}
    together = {"mentee": ids["Bea"][0], "mentor": ids["Bea"][1], "kind": "together"}
    for lock in (apart, together):
        assert post(room.staff.browser, f"{room.run}/locks", lock).status_code == 303
    before = room.everything()

    page = room.bring(room.text(*SWAPPED))
    room.apply()
    after = room.pairs()
    with room.stage.open():
        kinds = set(db.session.execute(select(Lock.mentee_entry_id, Lock.mentor_entry_id, Lock.kind)).all())
    post(room.staff.browser, f"{room.run}/undo")

    assert "You keep these two apart. That is lifted." in page
    assert {pair for pair, (_state, _hand, locked) in after.items() if locked} == set(SWAPPED)
    assert (ids["Bea"][0], ids["Bea"][1], LockKind.TOGETHER) not in kinds
    assert (ids["Ada"][0], ids["Bea"][1], LockKind.APART) not in kinds
    assert room.everything() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b" \n \n", "The file is empty."),
        (b"mentee,mentor\n", "The file has column names but no rows below them."),
        (b"M1,M2\nM3,M4\n", "No column was recognized."),
        (b"mentee,partner\n1,2\n", "The column “mentor” is missing."),
        (b"mentee,mentor,Mentor\n1,2,3\n", "The columns “mentor” and “Mentor” mean the same."),
        (b"PK\x03\x04rest", "This is an Excel workbook."),
        (b"\x00\x01\x02\x03", "This is no text file"),
        (b"\xff\xfe\x00", "is not UTF-16"),
        (b'mentee,mentor\n"M1,M2\n', "The quotes in row 2"),
        (b"mentee,mentor\n" + b"M1,M2\n" * 20_001, "The file has more than 20,000 rows."),
        (b"mentee,mentor\n" + b"M1,M2\n" * 1_750_000, "The file is larger than 8 MB."),
    ],
)
def test_a_file_that_is_no_list_is_refused_at_once(room, content, says):
    refused = room.send(content)

    assert refused.status_code == 422
    assert says in text_of(refused)
    assert "The file cannot be read" in text_of(refused)
    with room.stage.open():
        assert db.session.scalars(select(MatchRun)).one().decided is None


def test_without_a_file_and_without_a_list(room):
    assert post(room.staff.browser, f"{room.run}/list").status_code == 422
    assert room.apply().status_code == 409
    assert post(room.staff.browser, f"{room.run}/list/check").status_code == 409
    assert post(room.staff.browser, f"{room.run}/list/discard").status_code == 303


def test_cells_that_look_like_formulas_stay_text(room):
    with room.stage.open():
        found = db.session.scalars(select(Proposal).order_by(Proposal.id)).first()
        found.note = '=HYPERLINK("http://example.org")'
        db.session.commit()

    out = room.staff.browser.get(f"{room.run}/list/export").get_data(as_text=True)
    book = ZipFile(io.BytesIO(room.staff.browser.get(f"{room.run}/list/export?as=xlsx").get_data()))
    page = room.bring('mentee,mentor\n=1+1,"<script>alert(1)</script>"\n')
    raw = room.staff.browser.get(f"{room.run}/list").get_data(as_text=True)

    assert "'=HYPERLINK" in out
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b"=HYPERLINK" in book.read("xl/sharedStrings.xml")
    assert "Nobody in this program has the number or address “=1+1”." in page
    assert "<script>alert" not in raw
    assert room.bring(out.encode()).count("Already so") > 0


def test_pressing_twice_applies_once(room):
    room.bring(room.text(*SWAPPED))

    first, second = (post(room.staff.browser, f"{room.run}/list/apply") for _ in range(2))
    room.stage.work()
    third = post(room.staff.browser, f"{room.run}/list/apply")

    assert [one.status_code for one in (first, second, third)] == [303, 409, 409]
    assert room.send(room.text(*SWAPPED)).status_code == 303
    with room.stage.open():
        assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "run.list-applied")).all()) == 1


def test_a_run_that_was_published_meanwhile_takes_no_list(room):
    room.bring(room.text(*SWAPPED))
    publish(room.staff, room.run)

    assert room.apply().status_code == 409
    assert room.send(room.text(*SWAPPED)).status_code == 409
    page = room.page()
    assert "This run is closed." in page
    assert "Apply the list" not in page
    assert room.staff.browser.get(f"{room.run}/list/export").status_code == 200


def test_a_run_published_after_the_button_was_pressed_is_left_alone(room):
    room.bring(room.text(*SWAPPED))
    assert post(room.staff.browser, f"{room.run}/list/apply").status_code == 303
    publish(room.staff, room.run)
    room.stage.work()

    assert {pair for pair, (state, *_rest) in room.pairs().items() if state == "published"} == OURS


def test_a_run_that_changed_meanwhile_is_checked_anew_and_not_changed(room):
    room.bring(room.text(*SWAPPED))
    with room.stage.open():
        pair = db.session.execute(
            select(Proposal.id)
            .join(PoolEntry, PoolEntry.id == Proposal.mentee_entry_id)
            .where(PoolEntry.member_id == room.who["Tess"].id)
        ).scalar_one()
    assert post(room.staff.browser, f"{room.run}/pairs/{pair}", {"do": "decline"}).status_code == 303
    before = room.everything()

    assert room.apply().status_code == 303
    page = room.page()

    assert "Checked anew." in page
    assert "New pair 1" in page
    assert room.everything() == before
    assert room.apply().status_code == 303
    assert set(room.pairs()) == set(SWAPPED)


def test_somebody_who_left_the_pool_meanwhile_is_found_when_it_is_applied(room):
    room.bring(room.text(*SWAPPED))
    with room.stage.open():
        entry = db.session.scalars(select(PoolEntry).where(PoolEntry.member_id == room.who["Ugo"].id)).one()
        entry.state = PoolState.PAUSED
        db.session.commit()
    before = room.everything()

    room.apply()

    assert f"{room.who['Ugo'].name} does not wait in this pool now." in room.page()
    assert room.everything() == before


def test_a_check_that_was_stopped_can_be_asked_for_again_and_a_list_discarded(room):
    room.send(room.text(*SWAPPED))
    busy = room.page()
    with room.stage.open():
        job = db.session.scalars(select(Job).where(Job.kind == "matching.check-list")).one()
        job.state = JobState.CANCELLED
        db.session.commit()
    stopped = room.page()
    post(room.staff.browser, f"{room.run}/list/check")
    room.stage.work()
    checked = room.page()
    post(room.staff.browser, f"{room.run}/list/discard")

    assert "Checking the list" in busy
    assert "The list could not be checked." in stopped
    assert "Changed pair 2" in checked
    assert "Changed pair" not in room.page()


def test_a_newer_list_takes_the_place_of_one_that_waits(room):
    room.send(room.text(*SWAPPED))
    room.send(room.text(*sorted(OURS)))
    room.stage.work()

    assert "Already so 3" in room.page()


def test_after_a_list_pairs_are_published_as_any_others(room):
    room.bring(room.text(*SWAPPED))
    room.apply()
    published = post(room.staff.browser, f"{room.run}/publish")

    assert published.status_code == 303
    assert {pair for pair, (state, *_rest) in room.pairs().items() if state == "published"} == set(SWAPPED)
