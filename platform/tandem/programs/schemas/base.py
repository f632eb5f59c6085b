"""The parts every configuration schema is made of: fields that say what to write, items with ids, suggestions for typing errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, ClassVar, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

from tandem.programs.document import item_name

#: The longest one-line text, and the longest text of several paragraphs.
LINE = 200
PARAGRAPHS = 8000

_WORD = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
# Letters, digits and what else an address may hold: none of it ends an attribute, a line or a link in Markdown.
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@!$&*+,;=%-]*)?")
_DURATION = re.compile(r"([0-9]{1,5})([mhd])")
_MINUTES = {"m": 1, "h": 60}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """“Did you mean “length”?” or, where nothing is near, what may be written here."""
    names = sorted(known)
    near = get_close_matches(name, names, n=2, cutoff=0.6)
    if near:
        return _("Did you mean %(names)s?", names=" / ".join(f"“{one}”" for one in near))
    return _("Known here: %(names)s.", names=", ".join(names) or "–")


class ConfigurationSchema(Schema):
    """A mapping of a document. Unknown keys are refused, with the nearest known one."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "?unknown", "type": "?type"}  # noqa: RUF012 - marshmallow's own declaration

    def handle_error(self, error: ValidationError, data: Any, **_kwargs: Any) -> None:
        """Put words for people in place of marshmallow's."""
        messages = error.messages
        if not isinstance(messages, dict):
            return
        for key, found in list(messages.items()):
            if found == ["?type"]:
                messages[key] = [_("must be “key: value” lines")]
            elif found == ["?unknown"]:
                known = (name for name in self.load_fields if name not in {"remove", "note"})
                messages[key] = [_("is not a known key.") + " " + did_you_mean(key, known)]


class Worded:
    """The sentences that every field shares."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": lazy_gettext("is missing"),
        "null": lazy_gettext("has no value; write one, or take the line out"),
    }


class Text(Worded, fields.Field[str]):
    """Text of at most ``longest`` characters; one line unless ``lines``. Never empty."""

    def __init__(self, longest: int = LINE, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(_("must be text; put it in quotes"))
        text = value.strip()
        if not text:
            raise ValidationError(_("must not be empty; write the text, or take the line out"))
        if len(text) > self.longest:
            raise ValidationError(
                _("is %(length)s characters long; at most %(longest)s fit", length=len(text), longest=self.longest)
            )
        if "\n" in text and not self.lines:
            raise ValidationError(_("must be one line"))
        return text


class Paragraphs(Text):
    """Text that may have several paragraphs, in Markdown where it is shown on a page."""

    def __init__(self, longest: int = PARAGRAPHS, **kwargs: Any) -> None:
        super().__init__(longest, lines=True, **kwargs)


class WebAddress(Text):
    """The address of a page that people may be sent to: http or https, with a host."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not _WEB_ADDRESS.fullmatch(address):
            raise ValidationError(_("must be a web address, such as https://www.example.org/renew"))
        return address


class Word(Worded, fields.Field[str]):
    """An id: small letters, digits and hyphens. ``known_as`` names what must exist under it (checked across documents)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise ValidationError(_("must be one word of small letters, digits and hyphens, such as “year-one”"))
        return value


class OneOf(Worded, fields.Field[str]):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value not in self.choices:
            raise ValidationError(_("must be one of: %(choices)s", choices=", ".join(self.choices)))
        return cast(str, value)


class Whole(Worded, fields.Field[int]):
    """A whole number between two bounds."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValidationError(_("must be %(least)s–%(most)s", least=self.least, most=self.most))
        return value


class YesNo(Worded, fields.Field[bool]):
    """``true`` or ``false``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(_("must be true or false"))
        return value


class Day(Worded, fields.Field[str]):
    """A date, kept as ``2027-03-05``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 2200:
            raise ValidationError(_("must be a date such as 2027-03-05"))
        return day.isoformat()


class Duration(Worded, fields.Field[str]):
    """A length of time, kept as written: minutes ``5m``, hours ``40h`` or days ``30d``."""

    def __init__(self, units: str = "mh", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None or match[2] not in self.units:
            samples = {"m": "5m", "h": "40h", "d": "30d"}
            raise ValidationError(
                _(
                    "must be a length of time such as %(samples)s",
                    samples=" / ".join(samples[unit] for unit in self.units),
                )
            )
        return cast(str, value)


class Period(Duration):
    """How long something is kept, in days: at least ``least`` of them."""

    def __init__(self, least: int, **kwargs: Any) -> None:
        super().__init__("d", **kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if days(text) < self.least:
            raise ValidationError(_("must be at least %(least)s", least=f"{self.least}d"))
        return text


def minutes(duration: str) -> int:
    """The minutes of ``5m`` or ``40h``."""
    return int(duration[:-1]) * _MINUTES[duration[-1]]


def days(duration: str) -> int:
    """The days of ``30d``."""
    return int(duration[:-1])


class Part(Worded, fields.Nested):
    """A mapping inside a mapping. With ``filled`` its own defaults apply also where it is left out."""

    def __init__(self, nested: type[Schema], *, filled: bool = True, **kwargs: Any) -> None:
        if filled and not kwargs.get("required"):
            kwargs.setdefault("load_default", lambda: cast(dict[str, Any], nested().load({})))
        super().__init__(nested, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(_("must be “key: value” lines"))
        return super()._deserialize(value, attr, data, partial, **kwargs)


class Listed(Worded, fields.List[Any]):
    """A list, at most ``longest`` long."""

    def __init__(self, inner: fields.Field[Any], longest: int = 200, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError(_("must be a list, each item on a line that begins with “- ”"))
        if len(value) > self.longest:
            raise ValidationError(_("has %(count)s items; at most %(most)s fit", count=len(value), most=self.longest))
        return super()._deserialize(value, attr, data, **kwargs)


class Items(Listed):
    """A list of mappings with an ``id`` each, by which merging, locking and differences address them."""

    def __init__(self, item: type[Schema] | fields.Field[Any], longest: int = 200, **kwargs: Any) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("load_default", list)
        super().__init__(item if isinstance(item, fields.Field) else Part(item, filled=False), longest, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        twice = repeated_ids(value) if isinstance(value, list) else {}
        try:
            loaded = super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            if twice and isinstance(error.messages, dict):
                for number, message in twice.items():
                    error.messages.setdefault(number, {}).setdefault("id", [message])
            raise
        if twice:
            raise ValidationError({number: {"id": [message]} for number, message in twice.items()})
        return loaded


def repeated_ids(items: Sequence[Any]) -> dict[int, str]:
    """Index → message for every item whose id an earlier one has."""
    seen: dict[str, int] = {}
    twice: dict[int, str] = {}
    for number, item in enumerate(items):
        identifier = item.get("id") if isinstance(item, dict) else None
        if not isinstance(identifier, str):
            continue
        if identifier in seen:
            twice[number] = _("stands twice in this list; give one of them another id")
        seen[identifier] = number
    return twice


class NotedSchema(ConfigurationSchema):
    """A mapping that may carry a remark, which export keeps."""

    note = Paragraphs(2000)


class ItemSchema(NotedSchema):
    """An item of a list. Its id is needed in every layer, so a layer that changes one value still says which item it means."""

    id = Word()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _has_id(self, _data: Mapping[str, Any], original: Mapping[str, Any], **_kwargs: Any) -> None:
        if "id" not in original:
            raise ValidationError(_("is missing; every item of a list has an id"), "id")


class LayeredItemSchema(ItemSchema):
    """An item that a lower level may take out again with ``remove: true``."""

    remove = YesNo()


def flatten(messages: Any, data: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], str]]:
    """Marshmallow's nested messages as (path by ids, sentence)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            if isinstance(key, int) and isinstance(data, list) and key < len(data):
                yield from flatten(inner, data[key], (*path, item_name(data[key], key)))
            elif key == "_schema":
                yield from flatten(inner, data, path)
            else:
                deeper = data.get(key) if isinstance(data, Mapping) else None
                yield from flatten(inner, deeper, (*path, str(key)))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from flatten(inner, data, path)
    else:
        yield path, str(messages)
