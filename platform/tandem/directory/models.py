"""The directory: who belongs to the association, since when, in which role, employed where, experienced in what.

Vocabulary keys (types, levels, disciplines, titles) are stored as the words of the configuration, checked on writing against
``vocabulary_term``; terms end, they are never deleted, so a stored key always has its label.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, Numeric, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related

#: Keys compare byte by byte, so that a range over a prefix (``'san' <= key < 'sao'``) holds in every database's locale.
KEY = Text(collation="C")


class Department(TenantBase):
    """A part of an association with programs and staff of its own."""

    __tablename__ = "department"
    __table_args__ = (by_association("slug", unique=True),)

    slug: Mapped[str]
    name: Mapped[str]


class VocabularyTerm(TenantBase):
    """One word of the association's own lists, with the dates between which it may be chosen.

    ``vocabulary`` is ``discipline``, ``competency``, ``program-goal``, ``region``, ``position-title``, ``membership-type``,
    ``membership-level`` or a list of the association's own.
    """

    __tablename__ = "vocabulary_term"
    __table_args__ = (by_association("vocabulary", "key", unique=True),)

    vocabulary: Mapped[str]
    key: Mapped[str]
    label: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    sample: Mapped[bool] = mapped_column(default=False)


class MemberState(StrEnum):
    """Whether a member is still in the directory. A removed one keeps their history but can do nothing."""

    ACTIVE = "active"
    REMOVED = "removed"


class Member(TenantBase):
    """A person in the association's directory.

    ``number`` is the association's own member number. ``email_key`` and ``name_key`` are normalised for look-ups that use
    ``=`` and ranges, because row security keeps PostgreSQL from using an index on ``lower(…)``. ``name_key`` is
    "family given", case-folded and without accents. An address belongs to one member, since it is what they sign in with;
    that is checked at the end of a statement, so that an import may swap the addresses of two.
    """

    __tablename__ = "member"
    __table_args__ = (
        by_association("number", unique=True),
        UniqueConstraint("association_id", "email_key", deferrable=True, initially="IMMEDIATE"),
        by_association("name_key", "id"),
    )

    number: Mapped[str] = mapped_column(KEY)
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(KEY)
    name_key: Mapped[str] = mapped_column(KEY)
    phone: Mapped[str | None]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    state: Mapped[MemberState] = mapped_column(choice(MemberState), default=MemberState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    removed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}".strip()


class Membership(TenantBase):
    """A dated membership. ``valid_to`` is its last day; ``paid_through`` the last day that dues cover."""

    __tablename__ = "membership"
    __table_args__ = (
        reference("member_id", "member", ondelete="CASCADE"),
        by_association("member_id", "valid_from"),
        by_association("paid_through", "member_id"),
        by_association("type", "member_id"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="dates"),
    )

    member_id: Mapped[UUID]
    type: Mapped[str]
    level: Mapped[str | None]
    organisational: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    paid_through: Mapped[date | None]

    member: Mapped[Member] = related("Member", "member_id", "Membership")


class Employer(TenantBase):
    """Where members work; for school business associations usually a local education agency."""

    __tablename__ = "employer"
    __table_args__ = (by_association("name_key", unique=True),)

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(KEY)
    region: Mapped[str | None]


class Position(TenantBase):
    """A post that a member holds or held. ``title`` is a ``position-title`` key or free words in ``title_text``."""

    __tablename__ = "position"
    __table_args__ = (
        reference("member_id", "member", ondelete="CASCADE"),
        reference("employer_id", "employer"),
        by_association("member_id", "valid_from"),
        by_association("employer_id"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="dates"),
    )

    member_id: Mapped[UUID]
    employer_id: Mapped[UUID]
    title: Mapped[str | None]
    title_text: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    acting: Mapped[bool] = mapped_column(default=False)
    retired: Mapped[bool] = mapped_column(default=False)

    member: Mapped[Member] = related("Member", "member_id", "Position")
    employer: Mapped[Employer] = related("Employer", "employer_id", "Position")


class Experience(TenantBase):
    """Years that a member has worked within one discipline, as the directory knows it."""

    __tablename__ = "experience"
    __table_args__ = (
        reference("member_id", "member", ondelete="CASCADE"),
        by_association("member_id", "discipline", unique=True),
        CheckConstraint("years >= 0 and years <= 80", name="years"),
    )

    member_id: Mapped[UUID]
    discipline: Mapped[str]
    years: Mapped[Decimal] = mapped_column(Numeric(4, 1))


class StaffNote(TenantBase):
    """What staff wrote down about a member, for staff alone. Empty ``department_id``: written by the association's own staff.

    ``removed_at`` hides it; it can be brought back. The text stands nowhere else, not in the audit trail either.
    """

    __tablename__ = "staff_note"
    __table_args__ = (
        reference("member_id", "member"),
        reference("account_id", "account"),
        reference("department_id", "department"),
        by_association("member_id", "created_at", "id"),
        by_association("account_id"),
    )

    member_id: Mapped[UUID]
    account_id: Mapped[UUID]
    department_id: Mapped[UUID | None]
    author_name: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    removed_at: Mapped[datetime | None]


class MemberMerge(TenantBase):
    """Two records of one person made one: what was moved from ``gone_id`` to ``kept_id``, so that it can be moved back.

    ``moved`` maps a table's column to the ids of the rows that changed hands; what both had alike stays with ``gone_id``. Its
    ``membership.paid_through`` maps kept memberships to the day that dues were paid through before, and to the later one.
    """

    __tablename__ = "member_merge"
    __table_args__ = (
        reference("kept_id", "member"),
        reference("gone_id", "member"),
        by_association("kept_id"),
        by_association("gone_id"),
        by_association("merged_at", "id"),
    )

    kept_id: Mapped[UUID]
    gone_id: Mapped[UUID]
    moved: Mapped[dict[str, Any]]
    merged_by_name: Mapped[str]
    merged_at: Mapped[datetime] = mapped_column(default=program_now)
    undone_at: Mapped[datetime | None]

    kept: Mapped[Member] = related("Member", "kept_id", "MemberMerge")
    gone: Mapped[Member] = related("Member", "gone_id", "MemberMerge")


class ImportState(StrEnum):
    """Where an import stands. Only ``checked`` ones without errors can be applied; ``failed`` ones could not be read.

    ``uploaded`` ones have headings of their own and wait for somebody to say what they mean.
    """

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportRun(TenantBase):
    """One upload of members: the file, what a dry run found, and what applying it did.

    ``report`` is ``directory.importing.report.Report`` as a plain dict: counts, how the file was read, what is wrong with it
    as a whole. What was found row by row stands in ``import_row``. ``digest`` stands for everything the check said would
    happen: if applying would now do something else, it is not done. The content is dropped once applied or cancelled.
    """

    __tablename__ = "import_run"
    __table_args__ = (by_association("created_at"),)

    kind: Mapped[str] = mapped_column(default="members")
    filename: Mapped[str]
    encoding: Mapped[str | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: ``directory.importing.meaning.Meaning`` as a plain dict, with the ``name`` it is kept under.
    meaning: Mapped[dict[str, Any] | None]
    state: Mapped[ImportState] = mapped_column(choice(ImportState), default=ImportState.UPLOADED)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str | None]
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    applied_by: Mapped[UUID | None]
    applied_by_name: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    checked_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]


class RowOutcome(StrEnum):
    """What an import does, or would do, with one row. ``removed``: the member was removed, and stays so."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ERROR = "error"


class ImportRow(TenantBase):
    """What a dry run found in one row. ``row`` counts as a spreadsheet does: 1 is the line with the column names.

    ``changes`` is as in ``audit_entry``, with a list per kind of part (``memberships``, …). ``problems`` is a list of
    ``{"column", "code", "params"}``.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        reference("import_run_id", "import_run", ondelete="CASCADE"),
        by_association("import_run_id", "outcome", "row"),
        by_association("import_run_id", "row", unique=True),
    )

    import_run_id: Mapped[UUID]
    row: Mapped[int]
    outcome: Mapped[RowOutcome] = mapped_column(choice(RowOutcome))
    member_id: Mapped[UUID | None]
    number: Mapped[str]
    name: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problems: Mapped[list[Any]] = mapped_column(default=list)


class ImportMapping(TenantBase):
    """What the headings, dates and words of a kind of file mean, under a name, proposed when the same headings come again.

    ``meaning`` is ``directory.importing.meaning.Meaning`` as a plain dict; ``headings_key`` is the same for the same headings.
    """

    __tablename__ = "import_mapping"
    __table_args__ = (by_association("name", unique=True), by_association("headings_key", "used_at"))

    name: Mapped[str]
    headings_key: Mapped[str]
    meaning: Mapped[dict[str, Any]]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    used_at: Mapped[datetime] = mapped_column(default=program_now)
