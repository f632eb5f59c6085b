"""Saying what a file's own headings, dates and words mean, and keeping that under a name for the next time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.importing.meaning import DATE_ORDERS, DAYS, WORDS, Meaning, choices, fingerprint_of
from tandem.directory.importing.reading import Head, Table, UnreadableFile, open_table, read_head
from tandem.directory.models import ImportMapping, ImportRun, ImportState
from tandem.directory.services._base import WRITE
from tandem.directory.services.imports import CHECK, ask_for, locked_run, settled_run
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db
from tandem.texts import too_long

#: Unknown words of one list that are asked about; a file with more of them is a file of other words altogether.
MOST_WORDS = 40

#: The columns that hold days.
_DAYS = frozenset(name for field, _ordinal, name in choices() if field.field in DAYS)

#: The longest name of a mapping, in characters.
MAX_NAME = 80


class UnsettledError(InvalidError):
    """Raised for a meaning that cannot be taken: ``problems`` of single fields, ``sentences`` about the columns together."""

    def __init__(self, problems: dict[str, str], sentences: Sequence[str]) -> None:
        super().__init__(problems)
        self.sentences = sentences


def waiting_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """An import whose headings wait for their meaning, locked. Raises ``ForbiddenError``, ``NotYoursError``, ``ConflictError``."""
    require_everywhere(actor, WRITE)
    run = locked_run(run_id)
    if run.state is not ImportState.UPLOADED or run.content is None:
        raise ConflictError(_("The columns of this file are settled already. Open the import to see how it stands."))
    return run


def reopen_columns(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Take a checked import back to where its columns are settled; what was settled is kept and proposed there.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` if it is not checked, or its headings were ours.
    """
    require_everywhere(actor, WRITE)
    run = settled_run(run_id)
    if run.state is not ImportState.CHECKED or run.content is None or run.meaning is None:
        raise ConflictError(
            _("The columns of this file cannot be changed any more. Open the import to see how it stands.")
        )
    run.state, run.digest = ImportState.UPLOADED, None
    db.session.flush()
    return run


def head_of(run: ImportRun) -> Head:
    """The headings and first values of an import's file."""
    return read_head(run.content or b"", encoding=run.encoding)


def saved_for(headings: Sequence[str]) -> ImportMapping | None:
    """The mapping that was used last for exactly these headings."""
    return db.session.scalar(
        select(ImportMapping)
        .where(ImportMapping.headings_key == fingerprint_of(headings))
        .order_by(ImportMapping.used_at.desc(), ImportMapping.id.desc())
        .limit(1)
    )


def settled_before(run: ImportRun, headings: Sequence[str]) -> Meaning | None:
    """What was settled for this file already, else what was kept for its headings."""
    saved = saved_for(headings)
    return Meaning.read(run.meaning or (saved.meaning if saved is not None else None))


def mapping_named(name: str) -> ImportMapping | None:
    """The saved mapping of that name."""
    return db.session.scalar(select(ImportMapping).where(ImportMapping.name == name))


def saved_mappings() -> Sequence[ImportMapping]:
    """All saved mappings, by name."""
    return db.session.scalars(select(ImportMapping).order_by(ImportMapping.name)).all()


def set_columns(
    *, actor: Actor, run: ImportRun, columns: Mapping[str, str], dates: str, name: str
) -> Mapping[str, Sequence[str]]:
    """Settle what the headings of ``run`` mean, and its dates; with a ``name`` it is kept for the next file like it.

    Returns the words that are in none of the association's lists, by list; without any the check begins. Raises
    ``UnsettledError`` with what is wrong with ``dates`` and ``name``, and with the columns.
    """
    problems: dict[str, str] = {}
    name = " ".join(name.split())
    if dates not in DATE_ORDERS or (not dates and any(name in _DAYS for name in columns.values())):
        problems["dates"] = _("Choose how dates are written.")
    if len(name) > MAX_NAME:
        problems["name"] = too_long(MAX_NAME)
    elif not name.isprintable():
        problems["name"] = _("Remove the characters that cannot be printed.")
    headings = list(columns)
    taken = mapping_named(name) if name else None
    if taken is not None and taken.headings_key != fingerprint_of(headings):
        problems["name"] = _("This name is used for a file with other headings. Choose another.")
    before = settled_before(run, headings)
    meaning = Meaning(columns, dates, before.values if before is not None else {})
    try:
        table = open_table(run.content or b"", encoding=run.encoding, meaning=meaning)
    except UnreadableFile as error:
        raise UnsettledError(problems, [str(problem) for problem in error.problems]) from error
    if problems:
        raise UnsettledError(problems, [])
    run.meaning = {**meaning.plain(), "name": name}
    db.session.flush()
    asked = _asked(run, table)
    if not asked:
        _begin(actor, run)
    return asked


def set_words(*, actor: Actor, run: ImportRun, values: Mapping[str, Mapping[str, str]]) -> None:
    """Settle which of the association's words the file's own ones stand for; those left open (``""``) become errors of their rows.

    The check begins. Raises ``InvalidError`` (``word``) for a word that is in none of the lists.
    """
    lists = vocabularies()
    for name, words in values.items():
        for key in words.values():
            if key and (name not in lists or lists[name].get(key) is None):
                raise InvalidError({"word": _("Choose a word of the list, or leave it open.")})
    meaning = Meaning.read(run.meaning) or Meaning()
    merged = {
        name: {word: key for word, key in {**(meaning.values.get(name) or {}), **words}.items() if key}
        for name, words in values.items()
    }
    plain = Meaning(meaning.columns, meaning.dates, {**meaning.values, **merged}).plain()
    run.meaning = {**plain, "name": (run.meaning or {}).get("name", "")}
    db.session.flush()
    _begin(actor, run)


def words_of(run: ImportRun) -> Mapping[str, Sequence[str]]:
    """The words of a file with settled columns that are asked about, by list."""
    return _asked(run, open_table(run.content or b"", encoding=run.encoding, meaning=Meaning.read(run.meaning)))


def _asked(run: ImportRun, table: Table) -> dict[str, list[str]]:
    # After a check every word is asked about again: one of them may have been given a wrong meaning.
    return unknown_words(table, settled_too=run.checked_at is not None)


def unknown_words(table: Table, *, settled_too: bool = False) -> dict[str, list[str]]:
    """The words in the columns of lists that no list has, in the order of the file, ``MOST_WORDS`` of each at most.

    Words whose meaning is settled are among them only with ``settled_too``.
    """
    lists: Mapping[str, Vocabulary] = vocabularies()
    if table.meaning is not None and not settled_too:
        lists = table.meaning.lists(lists)
    asked = [
        (column.index, WORDS[column.field.group, column.field.field])
        for column in table.columns
        if (column.field.group, column.field.field) in WORDS
    ]
    seen: dict[str, dict[str, None]] = {name: {} for _index, name in asked}
    try:
        for _number, cells in table.rows() if asked else ():
            for index, name in asked:
                if index < len(cells) and (word := cells[index].strip()) and len(word) <= 200:
                    seen[name].setdefault(word)
    except UnreadableFile:
        pass  # The check says where the file stops being a table.
    return {
        name: found
        for name, words in seen.items()
        if (found := [word for word in words if lists[name].find(word) is None][:MOST_WORDS])
    }


def forget_mapping(*, actor: Actor, mapping_id: UUID) -> ImportMapping:
    """Remove a saved mapping; imports that used it stay as they are. Audited. Raises ``ForbiddenError``, ``NotYoursError``."""
    require_everywhere(actor, WRITE)
    mapping = db.session.scalar(select(ImportMapping).where(ImportMapping.id == mapping_id).with_for_update())
    if mapping is None:
        raise NotYoursError
    db.session.delete(mapping)
    db.session.flush()
    record(
        actor=actor, action="mapping.removed", object_kind="import_mapping", object_id=mapping_id,
        changes={"name": [mapping.name, None]},
    )  # fmt: skip
    return mapping


def _begin(actor: Actor, run: ImportRun) -> None:
    plain = dict(run.meaning or {})
    name = plain.pop("name", "")
    if name:
        _keep(actor, name, plain)
    run.state = ImportState.CHECKING
    ask_for(run, CHECK, actor)


def _keep(actor: Actor, name: str, plain: dict[str, object]) -> None:
    mapping = mapping_named(name)
    if mapping is None:
        columns = plain["columns"]
        headings = list(columns) if isinstance(columns, Mapping) else []
        mapping = ImportMapping(
            name=name, headings_key=fingerprint_of(headings), meaning=plain, created_by_name=actor.name
        )
        db.session.add(mapping)
        db.session.flush()
        record(
            actor=actor, action="mapping.saved", object_kind="import_mapping", object_id=mapping.id,
            changes={"name": [None, name]},
        )  # fmt: skip
    mapping.meaning, mapping.used_at = plain, program_now()
    db.session.flush()
