"""The declarative base, and the one way in which an association's tables are keyed.

Every table of an association has the primary key ``(association_id, id)``, and every reference between two of them is a
composite foreign key that includes the association. PostgreSQL's foreign-key checks bypass row security, so a key on ``id``
alone would let one association point at another's row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    Uuid,
    any_,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, registry, relationship, remote

from tandem.ids import uuid7
from tandem.tenancy.scope import current_association_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table, platform and association alike."""

    # The registry is stated whole: Flask-SQLAlchemy copies the class, and a copy may not carry both a registry and a map.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            str: Text,
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
            list[str]: JSONB,
        },
    )


class TenantBase(Base):
    """The base of a table that belongs to an association.

    The sort orders put ``association_id`` first in the key: with ``id`` first, ``Session.get((association, id))`` would
    silently read another row.
    """

    __abstract__ = True

    association_id: Mapped[UUID] = mapped_column(
        ForeignKey("association.id"), primary_key=True, default=current_association_id, sort_order=-100
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-99)


def reference(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A composite foreign key from ``column`` of this table to the row of ``table`` in the same association.

    ``ondelete="SET NULL"`` names its column, so that the association itself is never set to null.
    """
    if ondelete == "SET NULL":
        ondelete = f"SET NULL ({column})"
    return ForeignKeyConstraint(
        ["association_id", column], [f"{table}.association_id", f"{table}.id"], ondelete=ondelete
    )


def by_association(*columns: str, name: str | None = None, unique: bool = False) -> Index:
    """An index that leads with the association, which row security filters on first."""
    return Index(name, "association_id", *columns, unique=unique)


def related(target: str, column: str, owner: str) -> Any:
    """A read-only relationship from ``owner.column`` to ``target`` in the same association.

    It is view-only: two writable relationships over composite keys on one class would both claim ``association_id``.
    Writing is done by setting the column.
    """
    return relationship(
        target,
        primaryjoin=f"and_({owner}.association_id == remote({target}.association_id), "
        f"foreign({owner}.{column}) == remote({target}.id))",
        viewonly=True,
        uselist=False,
    )


def choice(kind: type[StrEnum]) -> Enum:
    """A text column limited to the values of ``kind`` by a check constraint."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda values: [value.value for value in values],
        length=40,
        name=_snake(kind.__name__),
    )


def tenant_tables() -> Iterable[str]:
    """The names of all association tables, sorted; the migration puts each of them under row security."""
    return sorted(
        mapper.local_table.name  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantBase)
    )


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


__all__ = [
    "Base", "TenantBase", "by_association", "choice", "date", "datetime", "foreign", "reference", "related", "remote",
    "tenant_tables",
]  # fmt: skip


def one_of(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """``column IN (ids)`` for any number of them, as one array.

    A list of parameters would end at 65,535, make another statement for each length, and take longer to write than to answer.
    """
    found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid)))
    return found
