"""Files with headings of their own: guessed, settled by staff, kept under a name, proposed the next time."""

from __future__ import annotations

import html
import io
import re
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.directory.importing.comparing import Report
from tandem.directory.importing.meaning import guess
from tandem.directory.importing.queries import all_rows, headings_of, problems_of
from tandem.directory.models import ImportMapping, ImportRun, ImportState, Member, Membership
from tandem.extensions import db
from tandem.jobs.runner import run_pending
from tests.factories import a_grant, a_term, an_account, an_association
from tests.pages import post, signed_in_client, text_of, token_for

FOREIGN = """Mbr No,First,Last Name,Contact,Class,Joined On,Dues Thru,Remarks
7,Alma,Pettibone,alma@example.org,CB,7/1/2019,6/30/2027,likes tea
8,Zoë,Núñez,zoe@example.org,RET,12/31/2001,6/30/2027,
"""
MEANT = {
    "Mbr No": "number", "First": "given name", "Last Name": "family name", "Contact": "email", "Class": "membership type",
    "Joined On": "membership from", "Dues Thru": "paid through", "Remarks": "",
}  # fmt: skip


def send(browser, content, name="legacy.csv"):
    return browser.post(
        "/staff/members/import",
        data={"csrf_token": token_for(browser), "file": (io.BytesIO(content.encode()), name), "encoding": ""},
        content_type="multipart/form-data",
    )


def form(meant=MEANT, **more):
    return {f"column-{index}": name for index, name in enumerate(meant.values())} | {"dates": "mdy", **more}


def work():
    db.session.commit()
    run_pending()
    db.session.expire_all()


def chosen(page):
    """What each select of a page is set to."""
    body = page.get_data(as_text=True)
    found = {}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)">(.*?)</select>', body, re.DOTALL):
        picked = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = html.unescape(picked[1]) if picked else ""
    return found


def test_headings_of_ones_own_are_guessed_with_examples(desk):
    place = send(desk, FOREIGN).location
    page = desk.get(place)

    assert place.endswith("/columns")
    guessed = MEANT | {"Class": ""}
    assert chosen(page) == {f"column-{index}": name for index, name in enumerate(guessed.values())}
    said = text_of(page)
    needed = "What every row needs Number, Family name, E-mail address The check begins when"
    for words in ("Mbr No", "Alma, Zoë", "7/1/2019, 12/31/2001", "likes tea", needed):
        assert words in said
    with_run = db.session.scalars(select(ImportRun)).one()
    assert (with_run.state, with_run.job_id) == (ImportState.UPLOADED, None)
    assert db.session.scalars(select(Member)).all() == []


def test_columns_dates_and_words_are_settled_checked_and_applied(desk):
    place = send(desk, FOREIGN).location
    settled = post(desk, place, form(name="Legacy export"))
    assert settled.location.endswith("/words")
    words = desk.get(settled.location)
    assert "CB" in text_of(words)
    assert "RET" in text_of(words)

    done = post(desk, settled.location, {"word-membership-type-0": "career", "word-membership-type-1": "retiree"})
    assert done.status_code == 303, text_of(done)
    work()
    shown = text_of(desk.get(done.location))
    assert "This is what would happen." in shown
    assert db.session.scalars(select(Member)).all() == []
    post(desk, f"{done.location}/apply")
    work()

    held = db.session.execute(
        select(Member.number, Membership.type, Membership.valid_from, Membership.paid_through)
        .join(Membership, Membership.member_id == Member.id)
        .order_by(Member.number)
    ).all()
    assert [tuple(row) for row in held] == [
        ("7", "career", date(2019, 7, 1), date(2027, 6, 30)), ("8", "retiree", date(2001, 12, 31), date(2027, 6, 30)),
    ]  # fmt: skip
    # The same headings again: everything is proposed, words too, and the check follows at once.
    again = send(desk, FOREIGN.replace("zoe@", "zoe.n@")).location
    page = desk.get(again)
    assert "These are the headings of “Legacy export”" in text_of(page)
    assert chosen(page) == {f"column-{index}": name for index, name in enumerate(MEANT.values())}
    assert post(desk, again, form()).location == again.removesuffix("/columns")
    work()
    assert "zoe.n@example.org" in text_of(desk.get(again.removesuffix("/columns")))
    assert "mapping.saved" in db.session.scalars(select(AuditEntry.action)).all()


def test_the_order_of_dates_is_chosen_and_not_guessed(desk):
    problems = {}
    for order in ("mdy", "dmy", "iso"):
        place = send(desk, FOREIGN).location
        post(desk, place, form(dates=order))
        post(
            desk,
            place.replace("columns", "words"),
            {"word-membership-type-0": "career", "word-membership-type-1": "retiree"},
        )
        work()
        run = db.session.scalars(select(ImportRun).order_by(ImportRun.created_at.desc(), ImportRun.id.desc())).first()
        problems[order] = [
            (row.row, [item["code"] for item in row.problems]) for row in all_rows(run.id) if row.problems
        ]

    assert problems == {
        "mdy": [],
        "dmy": [(2, ["date-absent"]), (3, ["date-absent", "date-absent"])],
        "iso": [(2, ["date", "date"]), (3, ["date", "date"])],
    }


def test_a_wrong_order_of_dates_is_changed_without_another_upload_and_the_rest_is_kept(desk):
    place = send(desk, FOREIGN).location
    report = place.removesuffix("/columns")
    words = {"word-membership-type-0": "career", "word-membership-type-1": "access"}
    post(desk, place, form(dates="dmy", name="Ours"))
    post(desk, place.replace("columns", "words"), words)
    work()
    said = text_of(desk.get(report))
    assert "Mend the file or what its columns mean first." in said
    assert "Change what the columns mean" in said

    assert post(desk, f"{place}/again").location == place
    page = desk.get(place)
    assert chosen(page) == {f"column-{index}": name for index, name in enumerate(MEANT.values())}
    assert re.search(r'value="dmy"[^>]* checked', page.get_data(as_text=True))
    assert 'value="Ours"' in page.get_data(as_text=True)
    # Words are asked about again as well, with what they were given.
    asked = post(desk, place, form(name="Ours")).location
    assert chosen(desk.get(asked)) == words
    post(desk, asked, words | {"word-membership-type-1": "retiree"})
    work()

    assert "This is what would happen." in text_of(desk.get(report))
    run, mapping = db.session.scalars(select(ImportRun)).one(), db.session.scalars(select(ImportMapping)).one()
    assert (run.state, run.report["outcomes"]["new"]) == (ImportState.CHECKED, 2)
    assert run.meaning["values"] == {"membership-type": {"CB": "career", "RET": "retiree"}}
    assert (mapping.meaning["dates"], mapping.meaning["values"]) == ("mdy", run.meaning["values"])


def test_only_a_checked_file_with_headings_of_its_own_goes_back_to_its_columns(desk):
    waiting = send(desk, FOREIGN).location
    ours = send(desk, "number,family name,email\n1,Pettibone,broken\n").location
    work()

    assert post(desk, f"{waiting}/again").status_code == 409
    assert post(desk, f"{ours}/columns/again").status_code == 409
    said = text_of(desk.get(ours))
    assert ("Mend the file first." in said, "Change what the columns mean" in said) == (True, False)


def test_words_left_open_are_errors_of_their_rows(desk):
    place = send(desk, FOREIGN).location
    post(desk, place, form())
    refused = post(desk, place.replace("columns", "words"), {"word-membership-type-0": "no such"})
    assert refused.status_code == 422
    post(desk, place.replace("columns", "words"), {"word-membership-type-0": "career"})
    work()

    run = db.session.scalars(select(ImportRun)).one()
    assert [(row.row, row.problems[0]["code"]) for row in all_rows(run.id) if row.problems] == [(3, "term-meant")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"column-0": ""}, "The column “number” is missing."),
        ({"column-7": "email"}, "mean the same"),
        ({"dates": ""}, "Choose how dates are written."),
        ({"dates": "later"}, "Choose how dates are written."),
        ({"name": "x" * 81}, "Shorten this to 80 characters."),
        ({"column-5": ""}, "needs the column"),
        ({"column-7": "no such"}, "There is no column"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_begins(desk, changed, said):
    place = send(desk, FOREIGN).location

    answer = post(desk, place, {**form(), **changed})

    assert (answer.status_code, said in text_of(answer)) == (422, True), text_of(answer)
    assert db.session.scalars(select(ImportRun.state)).all() == [ImportState.UPLOADED]


def test_all_that_does_not_fit_is_said_at_once(desk):
    place = send(desk, FOREIGN).location

    said = text_of(post(desk, place, {**form(), "column-0": "", "column-5": "", "dates": ""}))

    for words in (
        "Choose how dates are written.",
        "The column “number” is missing.",
        "The column “Class” needs the column “membership from” beside it.",
    ):
        assert words in said


def test_a_name_stands_for_one_kind_of_file(desk):
    place = send(desk, FOREIGN).location
    post(desk, place, form(name="Ours"))
    post(desk, place.replace("columns", "words"), {})
    other = send(desk, FOREIGN.replace("Remarks", "Notes")).location

    answer = post(desk, other, form(name="Ours"))

    assert answer.status_code == 422
    assert "This name is used for a file with other headings." in text_of(answer)


def test_a_saved_mapping_is_removed_and_a_file_discarded(desk):
    place = send(desk, FOREIGN).location
    post(desk, place, form(name="Ours"))
    post(desk, place.replace("columns", "words"), {})
    [mapping] = db.session.scalars(select(ImportMapping.id)).all()
    assert "Ours" in text_of(desk.get("/staff/members/import"))

    assert post(desk, f"/staff/members/import/mappings/{mapping}/remove").status_code == 303
    assert post(desk, f"/staff/members/import/mappings/{mapping}/remove").status_code == 404
    assert "Saved columns" not in text_of(desk.get("/staff/members/import"))
    waiting = send(desk, FOREIGN).location
    assert post(desk, waiting.replace("/columns", "/cancel")).status_code == 303
    assert desk.get(waiting).status_code == 409


def test_another_associations_mapping_is_not_proposed(desk, app, other_association, in_association):
    def elsewhere():
        account = an_account()
        a_grant(account, "association-staff")
        return signed_in_client(app, other_association, account)

    stranger = in_association(other_association, elsewhere)
    place = send(desk, FOREIGN).location
    post(desk, place, form(name="Ours"))
    post(desk, place.replace("columns", "words"), {})

    theirs = stranger.get(send(stranger, FOREIGN).location)

    assert "Ours" not in text_of(theirs)
    assert stranger.get(place).status_code == 404


def test_the_command_uses_a_saved_mapping(desk, app, association, tmp_path, monkeypatch):
    from tandem.cli import directory as command

    place = send(desk, FOREIGN).location
    post(desk, place, form(name="Ours"))
    post(
        desk,
        place.replace("columns", "words"),
        {"word-membership-type-0": "career", "word-membership-type-1": "retiree"},
    )
    path = tmp_path / "legacy.csv"
    path.write_text(FOREIGN)
    monkeypatch.setattr(command, "create_app", lambda _settings: app)
    monkeypatch.setattr(command, "load_settings", lambda: None)
    db.session.commit()

    unknown = CliRunner().invoke(command.members, ["import", association.slug, str(path), "--mapping", "None"])
    done = CliRunner().invoke(command.members, ["import", association.slug, str(path), "--mapping", "Ours"])

    assert (unknown.exit_code, "There are: Ours." in unknown.output) == (1, True)
    assert done.exit_code == 0, done.output
    assert sorted(db.session.scalars(select(Member.number)).all()) == ["7", "8"]


def test_guesses_take_no_column_twice():
    guessed = guess(
        ["Email", "E-mail 2", "Member Type", "Surname", "Date dues paid thru", "Favourite colour", "FirstName"], {}
    )

    assert guessed == {
        "Email": "email", "E-mail 2": "", "Member Type": "membership type", "Surname": "family name",
        "Date dues paid thru": "paid through", "Favourite colour": "",
        "FirstName": "given name",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "guessed"),
    [
        # A bare word is taken for what it says only beside what it belongs to, and where its values do not contradict.
        ({"Membership": ["Organizational"], "Valid from": ["2024-07-27"], "Valid to": ["2027-06-30"]},
         {"Membership": "membership type", "Valid from": "membership from", "Valid to": "membership to"}),
        ({"Adhésion": ["Professionnelle"], "Début": ["27/07/2024"], "Fin": []},
         {"Adhésion": "membership type", "Début": "membership from", "Fin": "membership to"}),
        ({"Membership": ["2024-07-27", "2020-01-01"], "From": ["2024-07-27"]}, {"Membership": "", "From": ""}),
        ({"Membership": ["10482"]}, {"Membership": ""}),
        ({"Membership": ["yes", "no"], "Member type": ["Career"], "From": ["1/1/2020"]},
         {"Membership": "", "Member type": "membership type", "From": "membership from"}),
        ({"Membership": ["gold"], "Type": ["Career"]}, {"Membership": "", "Type": "membership type"}),
        ({"Employer": ["Sample Creek"], "Since": ["2020-01-01"]}, {"Employer": "employer", "Since": "position from"}),
        ({"Type": ["Career"], "Début d’adhésion": ["1/1/2020"], "Employeur": ["Lycée"], "Depuis": ["1/1/2021"]},
         {"Type": "membership type", "Début d’adhésion": "membership from", "Employeur": "employer", "Depuis": "position from"}),
        ({"Type": ["Career"], "From": ["Lyon", "Paris"]}, {"Type": "membership type", "From": ""}),
        # Yes and no is no employer, whatever stands above it.
        ({"Adhésion": ["Active"], "Organisation": ["oui", "non"]},
         {"Adhésion": "membership type", "Organisation": "organisational"}),
        ({"Company": ["oui", "non"]}, {"Company": ""}),
        ({"Mbr No": ["1"], "Interim?": ["y", "n"], "Orga": ["y", "n"]}, {"Mbr No": "number", "Interim?": "acting", "Orga": ""}),
        ({"Organisation": ["Sample Creek", "no"]}, {"Organisation": "employer"}),
        # What is only alike by its name has to hold the right kind of values.
        ({"Beitritt": ["7/1/2019", "12/31/2001"]}, {"Beitritt": ""}),
        ({"Employed": ["7/1/2019 0:00"]}, {"Employed": "position from"}),
        ({"Employers": ["Sample Creek", ""]}, {"Employers": "employer"}),
        ({"Dues paid throu": ["yearly", "7/1/2019"]}, {"Dues paid throu": ""}),
        ({"Dues paid throu": ["6/30/2027"]}, {"Dues paid throu": "paid through"}),
        ({"Dues paid throu": []}, {"Dues paid throu": "paid through"}),
    ],
)  # fmt: skip
def test_bare_headings_are_guessed_where_they_are_clear_alone(values, guessed):
    assert guess(list(values), values) == guessed


def test_errors_call_a_column_as_the_file_does(desk):
    place = send(desk, FOREIGN).location
    refused = post(desk, place, {**form(), "column-4": ""})
    assert "The column “Joined On” needs the column “membership type” beside it." in text_of(refused)
    post(desk, place, form())
    post(desk, place.replace("columns", "words"), {"word-membership-type-0": "career"})
    work()

    shown = desk.get(place.removesuffix("/columns"))
    said = text_of(shown)

    assert "Class : “RET” is not in the list" in said.replace("Class:", "Class :")
    assert "membership type:" not in said
    assert "Joined On → Membership: First day membership from" in said
    report = desk.get(place.replace("/columns", "/rows.csv")).get_data(as_text=True)
    assert ",Class," in report


def test_an_error_names_the_heading_that_misses_its_neighbor(bring_meant):
    said = bring_meant("Numéro,Nom,Courriel,Adhésion,Début,Fin\n1,Petit,p@example.org,,1/7/2019,\n")

    assert said == [("Adhésion", "This is missing, and “Début” stands beside it. Fill in both, or leave both empty.")]


@pytest.fixture
def bring_meant(desk):
    """Send a file whose membership has headings of its own; what is wrong with its rows."""

    def run(content):
        place = send(desk, content).location
        assert chosen(desk.get(place)) == {
            "column-0": "number", "column-1": "family name", "column-2": "email", "column-3": "membership type",
            "column-4": "membership from", "column-5": "membership to",
        }  # fmt: skip
        guessed = chosen(desk.get(place))
        post(desk, place, {**guessed, "dates": "dmy", "name": ""})
        work()
        found = db.session.scalars(select(ImportRun)).one()
        headings = headings_of(Report.read(found.report))
        return [said for row in all_rows(found.id) for said in problems_of(row, headings)]

    return run


def test_columns_and_examples_are_in_the_language_of_the_page(app, in_association):
    with app.app_context():
        france = an_association(language="fr", time_zone="Europe/Paris")

    def there():
        account = an_account()
        a_grant(account, "association-staff")
        for vocabulary, key, label in (("discipline", "paie", "Paie"), ("discipline", "budget", "Budget")):
            a_term(vocabulary, key, label=label)
        return signed_in_client(app, france, account)

    browser = in_association(france, there)
    upload = browser.get("/staff/members/import")
    columns = browser.get(send(browser, FOREIGN).location).get_data(as_text=True)

    said = text_of(upload)
    assert "Prénom given name" in said
    assert "Adhésion Type membership type" in said
    assert "Europe/Paris" in said
    assert "America/Los_Angeles" not in said
    assert "Budget = 7; Paie = 3,5" in said
    assert '<optgroup label="Adhésion 2">' in columns
    assert '<option value="given name" selected>Prénom (given name)</option>' in columns
    template = browser.get("/staff/members/import/template.csv").get_data(as_text=True).splitlines()
    assert template[0].startswith("\ufeffnumber,given name,family name")
    assert ",fr,Europe/Paris," in template[1]
