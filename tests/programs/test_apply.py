"""Applying a configuration: revisions, words of the differences, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from tandem.audit.models import AuditEntry
from tandem.clocks import program_today
from tandem.directory.models import Department, VocabularyTerm
from tandem.extensions import db
from tandem.forms.models import FormRevision
from tandem.plugin_api.registry import Registry
from tandem.programs.errors import ConfigurationError, MovedOnError
from tandem.programs.models import Cohort, Committee, DocumentRevision, Program, ProgramRevision, ProgramState
from tandem.programs.queries import (
    association_document,
    cohorts_of,
    current_revision,
    form_for,
    open_programs,
    program_by_slug,
    resolved,
    role_word,
    term_labels,
    terms_offered,
)
from tandem.tenancy.scope import Scope
from tests.factories import a_member, an_application, staff_actor
from tests.programs.small_tenant import edit

Apply = Callable[..., Any]


def the_program() -> Program:
    program = program_by_slug("year")
    assert program is not None
    return program


def test_apply_makes_everything_the_files_name(applied: Apply) -> None:
    result = applied()

    assert result.numbers == {
        "association.yaml": 1, "departments/east.yaml": 1, "forms/apply.yaml": 1, "programs/year.yaml": 1,
    }  # fmt: skip
    program = the_program()
    assert (program.name, program.state, program.current_number) == ("The Year", ProgramState.OPEN, 1)
    assert program.department_id == db.session.scalar(select(Department.id).where(Department.slug == "east"))
    assert program.committee_id == db.session.scalar(select(Committee.id).where(Committee.key == "readers"))
    assert [cohort.key for cohort in cohorts_of(program.id)] == ["spring"]
    assert term_labels("topic") == {"payroll": "Payroll", "safety": "School Safety"}
    assert [found.slug for found in open_programs()] == ["year"]


def test_apply_pins_the_forms_in_the_resolved_document(applied: Apply) -> None:
    applied()
    revision = current_revision(the_program())

    form = form_for(revision.resolved, "mentee")

    assert revision.resolved["roles"]["mentor"]["form_revision"] == {"id": str(form.id), "number": 1}
    assert form.definition["title"] == "Apply"


def test_apply_again_changes_nothing(applied: Apply) -> None:
    applied()
    rows = [(DocumentRevision, 2), (FormRevision, 1), (ProgramRevision, 1), (VocabularyTerm, 4), (Cohort, 1)]

    again = applied()

    assert again.changes == ()
    assert [db.session.scalar(select(func.count()).select_from(kind)) for kind, _count in rows] == [
        count for _kind, count in rows
    ]


def test_apply_changes_the_association_itself(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "association.yaml", "name: Sample Society", "name: Other Society")

    result = applied()

    assert result.changes == ("Association, name: “Sample Society” → “Other Society”",)
    assert (
        db.session.scalar(text("select name from association where id = :id"), {"id": _association_id()})
        == "Other Society"
    )
    assert association_document()["name"] == "Other Society"


def _association_id() -> Any:
    return db.session.scalar(select(Program.association_id).limit(1))


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        ("programs/year.yaml", "years: 5", "years: 3",
         ["The Year, mentor, rule tenure: years 5 → 3; now “You have been an individual member for 3 or more years.”"]),
        ("programs/year.yaml", "weight: 70", "weight: 40", ["The Year, matching, criterion overlap: weight 70 → 40"]),
        ("programs/year.yaml", "months: 9", "months: 6", ["The Year, length, months: 9 → 6"]),
        ("programs/year.yaml", "{kind: months, months: 9}", "{kind: cohort}",
         ["The Year, length, kind: months → cohort", "The Year, length, months: taken out: 9"]),
        ("programs/year.yaml", "starts_on: 2027-03-15", "starts_on: 2027-03-16",
         ["The Year, intake, cohort spring, starts on: 2027-03-15 → 2027-03-16"]),
        ("programs/year.yaml", "state: open", "state: open\nsummary: Nine months.", ["The Year, summary: added: “Nine months.”"]),
        ("programs/year.yaml", "- {id: tenure, rule: membership.tenure, years: 5}",
         "- {id: tenure, rule: membership.tenure, years: 5}\n        - {id: job, rule: answer.count, field: kind}",
         ["The Year, mentor, rule job: added: “You choose at least 1 answer to “Which kind?”.”"]),
        ("association.yaml", "label: Payroll", "label: Payroll and benefits",
         ["Association, vocabulary topic, term payroll, label: Payroll → “Payroll and benefits”"]),
        ("association.yaml", "types: [full]", "types: [full, student]",
         [("Association, mentor, rule member: types full → full, student; now "
          "“You are a current Full Member or Student member, and your dues are paid.”"),
          ("The Year, mentor, rule member: types full → full, student; now "
          "“You are a current Full Member or Student member, and your dues are paid.”")]),
        ("departments/east.yaml", "max: 3", "max: 4",
         ["Department Eastern Chapter, mentor, places, max: 3 → 4", "The Year, mentor, places, max: 3 → 4"]),
        ("forms/apply.yaml", "label: Say more", "label: Tell us more",
         ["Form apply, section topics, question more, label: “Say more” → “Tell us more”"]),
        ("programs/year.yaml", "name: The Year", "name: The Long Year", ["The Long Year, name: “The Year” → “The Long Year”"]),
    ],
)  # fmt: skip
def test_apply_says_in_words_what_it_changes(
    name: str, old: str, new: str, changes: list[str], applied: Apply, folder: Path
) -> None:
    applied()
    edit(folder, name, old, new)

    assert list(applied().changes) == changes


def test_a_moved_item_is_said_as_an_order(applied: Apply, folder: Path) -> None:
    applied()
    first, second = "      - {id: full, label: Full Member}\n", "      - {id: student, label: Student}\n"
    edit(folder, "association.yaml", first + second, second + first)

    assert applied().changes == ("Association, vocabulary membership-type, order: “full, student” → “student, full”",)


def test_only_what_changed_gets_a_revision(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "programs/year.yaml", "months: 9", "months: 6")

    assert applied().numbers == {
        "association.yaml": 1, "departments/east.yaml": 1, "forms/apply.yaml": 1, "programs/year.yaml": 2,
    }  # fmt: skip


def test_a_change_above_a_program_or_in_its_form_gives_it_a_revision(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "departments/east.yaml", "max: 3", "max: 4")
    above = applied().numbers
    edit(folder, "forms/apply.yaml", "label: Say more", "label: Tell us more")
    form = applied().numbers

    assert above == {"association.yaml": 1, "departments/east.yaml": 2, "forms/apply.yaml": 1, "programs/year.yaml": 2}
    assert form == {"association.yaml": 1, "departments/east.yaml": 2, "forms/apply.yaml": 2, "programs/year.yaml": 3}
    assert current_revision(the_program()).resolved["roles"]["mentee"]["form_revision"]["number"] == 2


@pytest.mark.parametrize("table", [ProgramRevision, DocumentRevision, FormRevision])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_revision_can_neither_be_changed_nor_deleted(table: Any, verb: str, applied: Apply) -> None:
    applied()
    db.session.commit()
    statement = update(table).values(number=99) if verb == "update" else delete(table)

    with pytest.raises(DatabaseError, match="permission denied"):
        db.session.execute(statement)


def test_what_an_application_pinned_stays_as_it_was(applied: Apply, folder: Path) -> None:
    applied()
    program = the_program()
    pinned = current_revision(program)
    application = an_application(a_member(), program, pinned, form_revision=form_for(pinned.resolved, "mentee"))
    before = dict(resolved(pinned.id))
    edit(folder, "programs/year.yaml", "months: 9", "months: 6")
    edit(folder, "forms/apply.yaml", "label: Say more", "label: Tell us more")

    applied()

    db.session.expire_all()
    assert resolved(application.program_revision_id) == before
    assert form_for(resolved(application.program_revision_id), "mentee").number == 1
    assert current_revision(program).resolved["length"] == {"kind": "months", "months": 6}


def test_a_term_that_disappears_ends_and_stays(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "association.yaml", "      - {id: payroll, label: Payroll}\n", "")

    result = applied()
    yesterday = (program_today() - timedelta(days=1)).isoformat()

    assert result.changes == (
        f"Association, vocabulary topic, term payroll, valid to: added: {yesterday}",
        "Association, vocabulary topic, order: “payroll, safety” → “safety, payroll”",
    )
    assert term_labels("topic") == {"safety": "School Safety", "payroll": "Payroll"}
    assert terms_offered("topic") == {"safety": "School Safety"}
    assert applied().changes == ()


def test_an_ended_term_that_comes_back_is_offered_again(applied: Apply, folder: Path) -> None:
    applied()
    line = "      - {id: payroll, label: Payroll}\n"
    edit(folder, "association.yaml", line, "")
    applied()
    edit(folder, "association.yaml", "    terms:\n      - {id: safety", f"    terms:\n{line}      - {{id: safety")

    applied()

    assert terms_offered("topic") == {"payroll": "Payroll", "safety": "School Safety"}


@pytest.mark.parametrize("name", ["forms/apply.yaml", "departments/east.yaml", "programs/year.yaml"])
def test_a_file_that_was_left_out_is_refused(name: str, applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "programs/year.yaml", "department: east\n", "") if name.startswith("departments") else None
    (folder / name).rename(folder / "elsewhere")
    if name.startswith("forms"):
        (folder / "programs" / "year.yaml").unlink()

    with pytest.raises(ConfigurationError) as caught:
        applied()

    assert f"{name}:1: is missing, but the association has it; export the configuration to have it again" in [
        str(problem) for problem in caught.value.problems
    ]


def test_a_committee_that_was_left_out_is_refused(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "association.yaml", "committees:\n  - {id: readers, name: Readers}\n", "")
    edit(folder, "programs/year.yaml", "review: {committee: readers}\n", "")

    with pytest.raises(ConfigurationError, match=r"committees\[readers\]: is missing, but the association has it"):
        applied()


def test_a_cohort_without_applications_can_go_and_one_with_them_cannot(applied: Apply, folder: Path) -> None:
    applied()
    edit(folder, "programs/year.yaml", "    - id: spring\n", "    - id: autumn\n")
    applied()
    program = the_program()
    assert [cohort.key for cohort in cohorts_of(program.id)] == ["autumn"]
    revision = current_revision(program)
    application = an_application(a_member(), program, revision, form_revision=form_for(revision.resolved, "mentee"))
    application.cohort_id = cohorts_of(program.id)[0].id
    db.session.flush()
    edit(folder, "programs/year.yaml", "    - id: autumn\n", "    - id: winter\n")

    with pytest.raises(
        ConfigurationError, match=r"intake.cohorts\[autumn\]: is missing, but people have applied for it"
    ):
        applied()


def test_another_associations_files_are_refused(applied: Apply, folder: Path, association: Scope) -> None:
    edit(folder, "association.yaml", f"id: {association.slug}", "id: somebody-else")

    with pytest.raises(ConfigurationError, match=f"is “somebody-else”, but the association is “{association.slug}”"):
        applied()


def test_an_error_leaves_nothing_behind(applied: Apply, folder: Path) -> None:
    edit(folder, "programs/year.yaml", "weight: 70", "weight: 700")

    with pytest.raises(ConfigurationError):
        applied()

    assert db.session.scalar(select(func.count()).select_from(DocumentRevision)) == 0


def test_applying_is_in_the_audit_trail(applied: Apply, folder: Path) -> None:
    staff = staff_actor()
    applied()
    edit(folder, "programs/year.yaml", "months: 9", "months: 6")

    applied(actor=staff)

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.account_id == staff.account_id)).one()
    assert (entry.action, entry.object_id, entry.changes) == (
        "program.configured",
        the_program().id,
        {"revision": [1, 2]},
    )


def test_a_file_written_by_hand_is_refused_where_a_person_changed_the_document(applied: Apply, folder: Path) -> None:
    staff = staff_actor()
    applied()
    edit(folder, "programs/year.yaml", "months: 9", "months: 6")
    applied(actor=staff)
    edit(folder, "programs/year.yaml", "months: 6", "months: 12")

    with pytest.raises(MovedOnError) as caught:
        applied()

    assert [(moved.file, moved.exported_from, moved.current) for moved in caught.value.moved] == [
        ("programs/year.yaml", None, 2)
    ]


def test_words_of_the_roles_are_live(applied: Apply, folder: Path) -> None:
    applied()
    pinned = current_revision(the_program()).resolved
    assert [role_word(pinned, "mentee", 1), role_word(pinned, "mentee", 2), role_word(pinned, "mentor", 2)] == [
        "mentee", "mentees", "mentors",
    ]  # fmt: skip
    edit(
        folder, "association.yaml", "departments:",
        "words:\n  roles:\n    mentee: {one: learner, other: learners}\ndepartments:",
    )  # fmt: skip
    edit(
        folder,
        "programs/year.yaml",
        "  mentor:\n    form",
        "  mentor:\n    name: {one: guide, other: guides}\n    form",
    )

    applied()

    assert [role_word(pinned, "mentee", 1), role_word(pinned, "mentee", 2), role_word(pinned, "mentor", 2)] == [
        "learner", "learners", "guides",
    ]  # fmt: skip


def test_configuration_is_read_once_in_a_transaction(applied: Apply, statements: Callable[[], int]) -> None:
    applied()
    db.session.commit()
    association_document()
    term_labels("topic")
    current_revision(the_program())
    statements()

    for _number in range(50):
        association_document()
        term_labels("topic")
        term_labels("membership-type")

    assert statements() == 0


def test_two_associations_keep_their_configurations_apart(
    applied: Apply, other_association: Scope, in_association: Any, registry: Registry
) -> None:
    applied()
    db.session.commit()

    assert in_association(
        other_association, lambda: (program_by_slug("year"), association_document()["committees"])
    ) == (None, [])
