"""The columns that an import understands, by whatever name a file gives them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from tandem.directory.changes import FIELD_WORDS
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem

#: How many memberships or positions one row may carry.
MOST_PARTS = 9


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the name of its column, other names it may have, what stands in it, and whether every row needs it.

    The column's name is the same in every language, since files are made of it; ``label`` and ``example`` are for people.
    """

    group: str
    field: str
    name: str
    aliases: tuple[str, ...]
    about: Any
    example: Any
    required: bool = False
    #: The field of the same group that has to stand beside this one.
    needs: str | None = None

    @property
    def label(self) -> str:
        """What people call the field, within what it belongs to."""
        return str(FIELD_WORDS.get(self.field) or _("Disciplines with years"))

    @property
    def beside(self) -> Field | None:
        """The field that has to stand beside this one."""
        return BY_FIELD.get((self.group, self.needs or ""))


FIELDS: tuple[Field, ...] = (
    Field("person", "number", "number", ("member number", "member no", "member id", "membership number", "id", "numero",
          "numero de membre"), _l("The association’s own member number. It tells who is meant, so it never changes."),
          "10482", required=True),
    Field("person", "given_name", "given name", ("first name", "forename", "given names", "prenom"),
          _l("Given names."), lazy_pgettext("example", "Alma")),
    Field("person", "family_name", "family name", ("last name", "surname", "nom", "nom de famille"),
          _l("Family name, or the only name."), lazy_pgettext("example", "Pettibone"), required=True),
    Field("person", "email", "email", ("e mail", "mail", "email address", "e mail address", "courriel", "adresse courriel",
          "adresse e mail"), _l("The address a member signs in with. Each has their own."), lazy_pgettext("example", "alma.pettibone@example.org"),
          required=True),
    Field("person", "phone", "phone", ("telephone", "phone number", "tel"), _l("A telephone number, as it is dialed."),
          lazy_pgettext("example", "+1 555 0100")),
    Field("person", "language", "language", ("langue", "lang"), _l("Two letters: en, fr."), "en"),
    Field("person", "time_zone", "time zone", ("timezone", "fuseau horaire"), _l("A name such as Europe/Paris."),
          "America/Los_Angeles"),
    Field("membership", "type", "membership type", ("member type", "type", "type d adhesion", "type de l adhesion",
          "type de membre", "category", "categorie"),
          _l("A membership type of the association’s list."), "", needs="valid_from"),
    Field("membership", "level", "membership level", ("level", "niveau", "niveau d adhesion", "niveau de l adhesion"),
          _l("A membership level of the list."), "", needs="type"),
    Field("membership", "valid_from", "membership from", ("member since", "join date", "membership start", "joined",
          "membership start date", "membership begins", "membership since", "membership valid from", "adhesion depuis",
          "adhesion du", "date d adhesion", "debut d adhesion", "debut de l adhesion", "membre depuis"), _l("Its first day."), "2019-07-01", needs="type"),
    Field("membership", "valid_to", "membership to", ("membership end", "membership until", "membership end date",
          "membership ends", "membership valid to", "membership valid until", "adhesion jusqu au", "adhesion au",
          "fin d adhesion", "fin de l adhesion"),
          _l("Its last day; empty while it runs."), "", needs="type"),
    Field("membership", "paid_through", "paid through", ("membership paid through", "dues paid through", "paid until",
          "paid thru", "paid to", "cotisation payee jusqu au", "cotisation jusqu au", "payee jusqu au", "paye jusqu au"), _l("The last day that dues are paid for."), "2027-06-30", needs="type"),
    Field("membership", "organisational", "organisational", ("organizational", "membership organisational",
          "membership organizational"), _l("yes where the membership is an organization’s, not the person’s own."), _l("no"),
          needs="type"),
    Field("position", "title", "position title", ("job title", "title", "position", "poste", "fonction"),
          _l("A title of the association’s list, or any other words."), "", needs="employer"),
    Field("position", "employer", "employer", ("organisation", "organization", "company", "district", "workplace",
          "position employer", "employeur"), _l("Where the member works or worked."), lazy_pgettext("example", "Sample Creek Unified"),
          needs="valid_from"),
    Field("position", "region", "region", ("employer region", "position region"),
          _l("The region the employer is in, for everyone who works there."), "", needs="employer"),
    Field("position", "valid_from", "position from", ("in position since", "position start", "employed since",
          "en poste depuis"), _l("The first day in the position."), "2021-09-01", needs="employer"),
    Field("position", "valid_to", "position to", ("position end", "position until", "en poste jusqu au"),
          _l("The last day in the position; empty while it is held."), "", needs="employer"),
    Field("position", "acting", "acting", ("position acting", "interim"), _l("yes where the position is held for the time being."),
          _l("no"), needs="employer"),
    Field("position", "retired", "retired", ("position retired", "retraite"), _l("yes where the member retired from it."), _l("no"),
          needs="employer"),
    Field("experience", "experience", "experience", ("disciplines", "experience by discipline", "years of experience"),
          _l("Disciplines with years, parted by semicolons."), ""),
)  # fmt: skip

GROUP_WORDS: Mapping[str, Any] = {
    "person": _l("Member"),
    "membership": _l("Membership"),
    "position": _l("Position"),
    "experience": _l("Experience"),
}

BY_FIELD: Mapping[tuple[str, str], Field] = {(field.group, field.field): field for field in FIELDS}

#: Fields that are yes or no.
FLAGS = frozenset({"organisational", "acting", "retired"})

#: Headings that say too little to be taken for a column by themselves, with the fields that they are proposed for, the likelier
#: one first: only beside a column which that field needs, and where the values do not speak against it.
OPEN_NAMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("membership", "memberships", "adhesion"), (("membership", "type"),)),
    **dict.fromkeys(
        ("from", "valid from", "since", "start", "starts", "start date", "begin", "begins", "beginning", "first day", "effective date",
         "debut", "date de debut", "depuis", "depuis le", "a partir du", "du", "valable du", "valable a partir du",
         "premier jour"),
        (("membership", "valid_from"), ("position", "valid_from")),
    ),
    **dict.fromkeys(
        ("to", "valid to", "until", "valid until", "end", "ends", "end date", "last day", "fin", "date de fin", "jusqu au",
         "au", "valable jusqu au", "dernier jour"),
        (("membership", "valid_to"), ("position", "valid_to")),
    ),
}  # fmt: skip

_APOSTROPHES = re.compile("['’‘ʼ`´]")
_NUMBERED = re.compile(r"(membership|position) ([1-9]) (.+)")
_NAMES: Mapping[str, Field] = {name: field for field in FIELDS for name in (field.name, *field.aliases)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file. ``index`` is its place among the cells, ``ordinal`` which membership or position it is about."""

    index: int
    header: str
    field: Field
    ordinal: int = 1

    @property
    def name(self) -> str:
        """The column's own name, however the file spells it."""
        return column_name(self.field, self.ordinal)


def column_name(field: Field, ordinal: int = 1) -> str:
    """The name of a field's column: ``membership 2 paid through`` for the second membership's."""
    if ordinal == 1:
        return field.name
    return f"{field.group} {ordinal} {field.name.removeprefix(field.group).strip()}"


def always_needed() -> list[str]:
    """What every row needs, as people call it."""
    return [field.label for field in FIELDS if field.required]


def say_group(group: str, ordinal: int = 1) -> str:
    """What the fields of a group are about, for people."""
    return str(GROUP_WORDS[group]) if ordinal == 1 else f"{GROUP_WORDS[group]} {ordinal}"


def say_column(name: str) -> str:
    """A column in words for people, by its own name; an unknown name stays as it is."""
    found = recognise(name)
    if found is None:
        return name
    field, ordinal = found
    if field.group == "person":
        return field.label
    return str(_("%(what)s: %(field)s", what=say_group(field.group, ordinal), field=field.label))


def heading_key(header: str) -> str:
    """The words of a heading as they are compared: without case and accents, ``d’adhésion`` as two words."""
    return name_key(_APOSTROPHES.sub(" ", header))


def recognise(header: str) -> tuple[Field, int] | None:
    """The field and ordinal that a column's name means, or ``None``."""
    words = heading_key(header)
    if words in _NAMES:
        return _NAMES[words], 1
    found = _NUMBERED.fullmatch(words)
    if found is None:
        return None
    group, ordinal, rest = found[1], int(found[2]), found[3]
    for name in (f"{group} {rest}", rest):
        field = _NAMES.get(name)
        if field is not None and field.group == group:
            return field, ordinal
    return None


def match_headers(
    headers: Sequence[str], meanings: Mapping[str, str] | None = None
) -> tuple[list[Column], list[Problem]]:
    """The columns of a file's first row, and what is wrong with it. Nameless columns are left to the rows.

    ``meanings`` says which of our names a heading stands for; one that stands for nothing is left out.
    """
    columns: list[Column] = []
    problems: list[Problem] = []
    seen: dict[tuple[Field, int], str] = {}
    for index, header in enumerate(headers):
        meant = (meanings or {}).get(header.strip(), header)
        if not meant.strip():
            continue
        found = recognise(meant)
        if found is None:
            problems.append(_unknown(header.strip()))
        elif found in seen:
            problems.append(Problem("column-twice", first=seen[found], second=header.strip()))
        else:
            seen[found] = header.strip()
            columns.append(Column(index, header.strip(), *found))
    present = set(seen)
    problems.extend(
        Problem("column-missing", column=field.name) for field in FIELDS if field.required and (field, 1) not in present
    )
    for column in columns:
        # What a column needs may need another in turn; each that is missing is named once, and all of them at once.
        for needed in _needs(column.field):
            if (needed, column.ordinal) not in present:
                present.add((needed, column.ordinal))
                problems.append(
                    Problem("column-needs", column=column.header, other=column_name(needed, column.ordinal))
                )
    return columns, problems


def _needs(field: Field) -> list[Field]:
    """The fields that have to stand beside one, the nearest first."""
    found: list[Field] = []
    following = field.beside
    while following is not None and following is not field and following not in found:
        found.append(following)
        following = following.beside
    return found


def _unknown(header: str) -> Problem:
    near = difflib.get_close_matches(heading_key(header), _NAMES, n=1, cutoff=0.7)
    shown = header[:80]
    return (
        Problem("column-meant", value=shown, meant=_NAMES[near[0]].name)
        if near
        else Problem("column-unknown", value=shown)
    )


def template_rows() -> Iterator[list[str]]:
    """The column names of the template, and one sample row that shows how values look."""
    yield [field.name for field in FIELDS]
    yield [str(field.example) for field in FIELDS]
