"""Files that come with an application: what a question of the form asks for, and what shows a requirement to be met.

They are kept in the database with the application, under the same row security. What a file is, is read from its bytes; its name is
only a name. A file that is taken away can be put back until the application is sent.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError, NotYoursError
from tandem.applications.models import Application, ApplicationFile, FileAbout, FileKind
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.forms.definition import AskedQuestion, FormModel
from tandem.web.formatting import say_number

#: The first bytes of each kind of file.
_SIGNS = {FileKind.PDF: b"%PDF-", FileKind.JPEG: b"\xff\xd8\xff", FileKind.PNG: b"\x89PNG\r\n\x1a\n"}
_ENDINGS = {FileKind.PDF: (".pdf",), FileKind.JPEG: (".jpg", ".jpeg"), FileKind.PNG: (".png",)}
_MIME = {FileKind.PDF: "application/pdf", FileKind.JPEG: "image/jpeg", FileKind.PNG: "image/png"}

#: The longest name that is kept, in characters, its ending included.
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """How many files one question or requirement takes, how large each in bytes, and of which kinds."""

    most: int
    max_bytes: int
    kinds: tuple[FileKind, ...]

    @property
    def hint(self) -> str:
        """The limits in words."""
        kinds = ", ".join(kind.value.upper() for kind in self.kinds)
        return ngettext(
            "One file, up to %(mb)s MB: %(kinds)s",
            "Up to %(num)s files of up to %(mb)s MB each: %(kinds)s",
            self.most, kinds=kinds, mb=self.max_bytes // 1024 // 1024,
        )  # fmt: skip

    @property
    def accept(self) -> str:
        """What a file field offers to choose from."""
        return ",".join(ending for kind in self.kinds for ending in _ENDINGS[kind])


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The limits that a question's settings or ``review.evidence`` of a program set."""
    return Limits(
        int(settings["most"]),
        int(settings["max_mb"]) * 1024 * 1024,
        tuple(FileKind(kind) for kind in settings["kinds"]),
    )


def evidence_limits(application: Application) -> Limits | None:
    """What requirements of this application take; ``None`` where the program lets them take no files."""
    settings = (application.program_revision.resolved.get("review") or {}).get("evidence")
    return limits_of(settings) if settings else None


def files_of(application_id: UUID) -> Sequence[ApplicationFile]:
    """All files of an application without their bytes, in the order in which they were added; also those taken away."""
    return db.session.scalars(
        select(ApplicationFile)
        .where(ApplicationFile.application_id == application_id)
        .order_by(ApplicationFile.added_at, ApplicationFile.id)
    ).all()


def file_of(application: Application, file_id: UUID, *, also_removed: bool = False) -> ApplicationFile:
    """One file with its bytes. Whoever asks must be known to be allowed the application. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(ApplicationFile)
        .where(ApplicationFile.id == file_id, ApplicationFile.application_id == application.id)
        .options(undefer(ApplicationFile.content))
    )
    if found is None or (found.removed_at is not None and not also_removed):
        raise NotYoursError
    return found


def mime_type(kind: FileKind) -> str:
    """What the browser is told that a file is."""
    return _MIME[kind]


def add_files(
    *,
    actor: Actor,
    application: Application,
    about: FileAbout,
    item: str,
    limits: Limits,
    sent: Iterable[tuple[str, bytes]],
) -> str:
    """Keep files (name, bytes) for a question or a rule; the caller has the application locked and editable.

    Returns what is wrong, in one sentence, or nothing. Those that can be kept are kept, also beside one that cannot. The same file
    twice is one file.
    """
    there = [one for one in files_of(application.id) if (one.about, one.item) == (about, item)]
    kept = [one for one in there if one.removed_at is None]
    problems: list[str] = []
    for name, content in sent:
        try:
            kind = _kind_of(name, content, limits)
        except InvalidError as error:
            problems.append(error.problems["file"])
            continue
        digest = hashlib.sha256(content).hexdigest()
        if any(one.digest == digest for one in kept):
            continue
        if len(kept) >= limits.most:
            problems.append(_full(limits))
            break
        made = ApplicationFile(
            application_id=application.id, about=about, item=item, name=clean_name(name, kind), kind=kind,
            size=len(content), digest=digest, content=content,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        kept.append(made)
        _record(actor, made, application, "application.file-added")
    _drop_old(there, limits)
    return " ".join(dict.fromkeys(problems))


def take_away(*, actor: Actor, application: Application, file_id: UUID) -> ApplicationFile:
    """Take one file away; it can be put back until the application is sent. Raises ``NotYoursError``."""
    found = file_of(application, file_id, also_removed=True)
    if found.removed_at is None:
        found.removed_at = program_now()
        db.session.flush()
        _record(actor, found, application, "application.file-removed")
    return found


def put_back(*, actor: Actor, application: Application, file_id: UUID, limits: Limits | None) -> ApplicationFile:
    """Put back a file that was taken away. Raises ``NotYoursError``, and ``InvalidError`` at ``file`` where there is no room."""
    found = file_of(application, file_id, also_removed=True)
    if found.removed_at is None:
        return found
    others = [one for one in files_of(application.id) if one.removed_at is None]
    if limits is None or sum((one.about, one.item) == (found.about, found.item) for one in others) >= limits.most:
        raise InvalidError({"file": _full(limits) if limits else _("This takes no files.")})
    found.removed_at = None
    db.session.flush()
    _record(actor, found, application, "application.file-added")
    return found


def write_into_answers(application: Application) -> None:
    """Bring the answers to questions for files up to date with the files that are kept."""
    answers = {name: list(values) for name, values in application.submission.answers.items()}
    found: dict[str, list[str]] = {}
    removed: set[str] = set()
    for one in files_of(application.id):
        if one.about is FileAbout.QUESTION:
            (found.setdefault(one.item, []).append(as_raw(one)) if one.removed_at is None else removed.add(one.item))
    for item in removed - found.keys():
        answers.pop(item, None)
    answers |= found
    if answers != application.submission.answers:
        # The version stays: files are told apart by their ids, so two windows that add some do not collide.
        application.submission.answers = answers
        application.submission.saved_at = program_now()
        db.session.flush()


def evidence_now(application_id: UUID) -> dict[str, list[str]]:
    """Rule → its files as ``as_raw`` writes them."""
    found: dict[str, list[str]] = {}
    for one in files_of(application_id):
        if one.about is FileAbout.RULE and one.removed_at is None:
            found.setdefault(one.item, []).append(as_raw(one))
    return found


def as_raw(one: ApplicationFile) -> str:
    """A file as answers name it: id, a blank, name."""
    return f"{one.id} {one.name}"


def forget_removed(application: Application) -> None:
    """Delete what was taken away: the application is sent without it."""
    db.session.execute(
        delete(ApplicationFile).where(
            ApplicationFile.application_id == application.id, ApplicationFile.removed_at.is_not(None)
        )
    )


def forget_all(application: Application) -> None:
    """Delete every file of an application."""
    db.session.execute(delete(ApplicationFile).where(ApplicationFile.application_id == application.id))


def only_these(application: Application, kept: set[UUID]) -> None:
    """Let the application have exactly the files ``kept``, of those that are still there."""
    for one in files_of(application.id):
        one.removed_at = None if one.id in kept else (one.removed_at or program_now())
    db.session.flush()
    forget_removed(application)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as pages list it; without ``url`` it cannot be opened."""

    id: UUID
    name: str
    note: str
    url: str
    removed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The files of one question or requirement, those taken away last, and whether there is room for more."""

    limits: Limits
    files: Sequence[ShownFile]
    room: bool


def shown_files(files: Iterable[ApplicationFile], url_of: Callable[[ApplicationFile], str]) -> list[ShownFile]:
    """Files as pages list them, those taken away last."""
    return [
        ShownFile(one.id, one.name, _size(one), "" if one.removed_at else url_of(one), one.removed_at is not None)
        for one in sorted(files, key=lambda one: one.removed_at is not None)
    ]


def held(files: Iterable[ApplicationFile], limits: Limits, url_of: Callable[[ApplicationFile], str]) -> Held:
    """What a field for files shows."""
    found = shown_files(files, url_of)
    return Held(limits, found, sum(not one.removed for one in found) < limits.most)


def sent_by_item(
    files: Iterable[ApplicationFile], about: FileAbout, url_of: Callable[[ApplicationFile], str]
) -> dict[str, list[ShownFile]]:
    """Question or rule → the files that are kept for it."""
    found: dict[str, list[ShownFile]] = {}
    for one in files:
        if one.about is about and one.removed_at is None:
            found.setdefault(one.item, []).extend(shown_files([one], url_of))
    return found


def _size(one: ApplicationFile) -> str:
    if one.size >= 1024 * 1024:
        return _(
            "%(kind)s, %(size)s MB", kind=one.kind.value.upper(), size=say_number(round(one.size / 1024 / 1024, 1))
        )
    return _("%(kind)s, %(size)s KB", kind=one.kind.value.upper(), size=say_number(max(1, one.size // 1024)))


def file_questions(model: FormModel) -> list[AskedQuestion]:
    """The questions of a form that ask for files."""
    return [asked for asked in model.questions() if asked.type.takes_files]


def clean_name(name: str, kind: FileKind) -> str:
    """A file's name as it is kept: no folders, nothing that does not print or turns the line around, the ending that fits its bytes."""
    base = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(
        letter
        for letter in unicodedata.normalize("NFC", base)
        if unicodedata.category(letter)[0] != "C" and letter not in '"<>:|?*/'
    )
    stem, unnamed = " ".join(visible.split()), _("file")
    for ending in _ENDINGS[kind]:
        if stem.lower().endswith(ending):
            return f"{stem[: -len(ending)].strip(' .')[: MAX_NAME - len(ending)] or unnamed}{ending}"
    ending = _ENDINGS[kind][0]
    return f"{stem.strip(' .')[: MAX_NAME - len(ending)] or unnamed}{ending}"


def _kind_of(name: str, content: bytes, limits: Limits) -> FileKind:
    shown = clean_name(name, FileKind.PDF).removesuffix(".pdf")
    if not content:
        raise InvalidError({"file": _("“%(name)s” is empty. Choose it again, or another file.", name=shown)})
    if len(content) > limits.max_bytes:
        most = limits.max_bytes // 1024 // 1024
        raise InvalidError(
            {
                "file": _(
                    "“%(name)s” is larger than %(mb)s MB. Choose a smaller file, for example a photo of lower quality.",
                    name=shown, mb=most,
                )
            }
        )  # fmt: skip
    for kind, sign in _SIGNS.items():
        if content.startswith(sign) and kind in limits.kinds:
            return kind
    kinds = ", ".join(kind.value.upper() for kind in limits.kinds)
    raise InvalidError(
        {"file": _("“%(name)s” is not a file of these kinds: %(kinds)s. Choose another one.", name=shown, kinds=kinds)}
    )


def _full(limits: Limits) -> str:
    return ngettext(
        "There is room for %(num)s file. Remove it first to send another one.",
        "There is room for %(num)s files. Remove one first to send another.",
        limits.most,
    )


def _drop_old(there: Sequence[ApplicationFile], limits: Limits) -> None:
    """Of those taken away, keep no more than could be put back, so that adding and removing does not pile up bytes."""
    away = sorted((one for one in there if one.removed_at is not None), key=lambda one: (one.removed_at, one.id))
    for one in away[: max(0, len(away) - limits.most)]:
        db.session.delete(one)
    db.session.flush()


def _record(actor: Actor, one: ApplicationFile, application: Application, action: str) -> None:
    record(
        actor=actor, action=action, object_kind="application", object_id=application.id,
        program_id=application.program_id, visibility="committee", changes={one.about.value: [None, one.item]},
    )  # fmt: skip
