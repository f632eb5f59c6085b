"""Reading YAML: plain data, and the line on which each part of it stands.

The reader takes the part of YAML that a configuration needs: mappings with text keys, lists, text, numbers, yes and no. Anchors,
aliases, tags and several documents in one file are refused, because they make a small file large or a plain one clever.
Dates stay text here; the schemas read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from flask_babel import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from tandem.programs.errors import ConfigurationError, Path, Problem

#: The largest file in bytes. The largest of the programs that ship is a tenth of it.
MAX_BYTES = 256 * 1024
#: How deep a document may nest. A tree of rules needs about twelve levels.
MAX_DEPTH = 40

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}")
# The database stores neither; nobody types them on purpose.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS: Mapping[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """What one file says. ``lines`` maps the path of every key and item to the line it begins on."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing above it that the file has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1

    def has(self, path: Path) -> bool:
        """Whether the file says anything at ``path``."""
        return path in self.lines

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at ``path`` of this file."""
        return Problem(self.file, self.line(path), path, message)


def read_file(path: FilePath, name: str) -> Document:
    """Read one file; ``name`` is how errors call it.

    Raises ``ConfigurationError`` with the line for anything that cannot be read.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = _("cannot be read: %(reason)s", reason=error.strerror or str(error))
        raise ConfigurationError([Problem(name, 1, (), message)]) from error
    return read_text(content, name)


def read_text(content: bytes | str, name: str) -> Document:
    """Read the content of one file, as ``read_file`` does."""
    encoded = content.encode() if isinstance(content, str) else content
    if len(encoded) > MAX_BYTES:
        message = _(
            "is larger than %(size)s kB; split it, or take out what is not configuration", size=MAX_BYTES // 1024
        )
        raise ConfigurationError([Problem(name, 1, (), message)])
    try:
        text = encoded.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = encoded[: error.start].count(b"\n") + 1
        message = _("is not UTF-8 here; save the file as UTF-8")
        raise ConfigurationError([Problem(name, line, (), message)]) from error
    reader = _Reader(name)
    try:
        data = reader.read(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = _("is not YAML here: %(reason)s", reason=error.problem or error.context or "")
        raise ConfigurationError([Problem(name, mark.line + 1 if mark else 1, (), message)]) from error
    except YAMLError as error:
        raise ConfigurationError([Problem(name, 1, (), _("is not YAML: %(reason)s", reason=str(error)))]) from error
    if reader.problems:
        raise ConfigurationError(reader.problems)
    if not isinstance(data, dict):
        message = _("must be a list of “key: value” lines at the top")
        raise ConfigurationError([Problem(name, 1, (), message)])
    return Document(name, data, reader.lines())


class _Refused(Exception):
    """Stops the reading where going on could not tell anything true."""


@dataclass(slots=True)
class _Node:
    """A value with the line it begins on, and the lines of its keys."""

    value: Any
    line: int
    key_lines: dict[str, int] = field(default_factory=dict)


class _Reader:
    """Turns the parser's events into plain data, collecting what is refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.root: _Node | None = None

    def read(self, events: Iterator[Any]) -> Any:
        documents = 0
        try:
            for event in events:
                if isinstance(event, DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._refuse(event, (), _("only one document may stand in a file; remove the line “---”"))
                        break
                elif isinstance(event, NodeEvent):
                    self.root = self._node(event, events, (), 0)
                elif isinstance(event, (StreamStartEvent, StreamEndEvent)):
                    continue
        except _Refused:
            return None
        return _plain(self.root) if self.root is not None else None

    def lines(self) -> dict[Path, int]:
        """The line of every path by ids."""
        found: dict[Path, int] = {}
        if self.root is not None:
            _collect(self.root, (), found)
        return found

    def _node(self, event: Any, events: Iterator[Any], path: Path, depth: int) -> _Node:
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            self._refuse(event, path, _("“*%(name)s” repeats another part; write it out", name=event.anchor))
            return _Node(None, line)
        if event.anchor:
            self._refuse(
                event, path, _("“&%(name)s” is an anchor; take it out and write repeated parts out", name=event.anchor)
            )
        if getattr(event, "tag", None):
            self._refuse(event, path, _("“%(tag)s” is a tag; take it out", tag=event.tag))
        if depth > MAX_DEPTH:
            self._refuse(event, path[:4], _("nests deeper than %(levels)s levels; make it flatter", levels=MAX_DEPTH))
            raise _Refused
        if isinstance(event, ScalarEvent):
            if _UNPRINTABLE.search(event.value):
                self._refuse(event, path, _("holds a control character; retype the text"))
                return _Node("", line)
            return _Node(_scalar(event), line)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(line, events, path, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(line, events, path, depth)
        raise TypeError(f"unexpected event {event!r}")

    def _sequence(self, line: int, events: Iterator[Any], path: Path, depth: int) -> _Node:
        items: list[_Node] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, events, (*path, f"[#{len(items) + 1}]"), depth + 1))
        return _Node(items, line)

    def _mapping(self, line: int, events: Iterator[Any], path: Path, depth: int) -> _Node:
        values: dict[str, _Node] = {}
        node = _Node(values, line)
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._node(event, events, path, depth + 1)
            name = key.value
            if not isinstance(name, str) and isinstance(event, ScalarEvent):
                name = event.value
            if not isinstance(name, str):
                self._refuse(event, path, _("a key must be one word"))
                raise _Refused
            if name in values:
                first = node.key_lines[name]
                self._refuse(
                    event, (*path, name), _("stands twice, first on line %(line)s; keep one of them", line=first)
                )
            node.key_lines[name] = key.line
            value = self._node(next(events), events, (*path, name), depth + 1)
            values[name] = value
        return node

    def _refuse(self, event: Event, path: Path, message: str) -> None:
        self.problems.append(Problem(self.name, event.start_mark.line + 1, path, message))


def _scalar(event: ScalarEvent) -> Any:
    text: str = event.value
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _plain(node: _Node) -> Any:
    if isinstance(node.value, dict):
        return {key: _plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return node.value


def _collect(node: _Node, path: Path, found: dict[Path, int]) -> None:
    if isinstance(node.value, dict):
        for key, value in node.value.items():
            found[*path, key] = node.key_lines[key]
            _collect(value, (*path, key), found)
    elif isinstance(node.value, list):
        for number, item in enumerate(node.value):
            name = item_name(_plain(item), number)
            found.setdefault((*path, name), item.line)
            _collect(item, (*path, name), found)


def item_name(item: Any, number: int) -> str:
    """How a list's item is called in a path: by its id, or by its place where it has none."""
    identifier = item.get("id") if isinstance(item, dict) else None
    return f"[{identifier}]" if isinstance(identifier, str) and identifier else f"[#{number + 1}]"
