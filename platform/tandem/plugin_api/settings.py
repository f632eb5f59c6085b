"""Building blocks for the settings schemas of plugins: strict, with errors that say what to write instead."""

# ruff: noqa: ARG002 - marshmallow hands every field all of this, whether it needs it or not.

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from tandem.plugin_api.types import Minutes

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MINUTES_IN = {"m": 1, "h": 60}
_DAYS_IN = {"d": 1, "w": 7}


class Wrong(str):
    """What is wrong with a setting, in English, with the source and the values from which another language makes it anew."""

    __slots__ = ("source", "values")

    source: str
    values: Mapping[str, Any]


def wrong(text: str, /, **values: Any) -> Wrong:
    """The text of a schema's error: ``wrong("must be %(least)s–%(most)s", least=1, most=9)``. Collected for translation."""
    made = Wrong(text % values if values else text)
    made.source, made.values = text, values
    return made


class SettingsSchema(Schema):
    """The base of every settings schema: a key that it does not know is an error."""

    class Meta:
        """Marshmallow's options."""

        unknown = RAISE
        # Schemas of plugins are used by class, never looked up by name: two may be called the same.
        register = False

    error_messages = {  # noqa: RUF012 - as in the base
        "unknown": wrong("is not a setting here"),
        "type": wrong("must be a mapping of settings"),
    }


def key(**options: Any) -> fields.String:
    """A field for one key (lower-case words joined by hyphens, at most 60 letters)."""
    return fields.String(validate=_check_key, **options)


def keys(**options: Any) -> fields.List[Any]:
    """A field for a list of at least one key, without doubles."""
    return fields.List(
        fields.String(validate=_check_key), validate=[validate.Length(min=1, max=200), _check_no_doubles], **options
    )


def whole(*, at_least: int, at_most: int, **options: Any) -> fields.Integer:
    """A field for a whole number between the two, both allowed. ``true`` and ``3.5`` are refused."""

    def check(value: int) -> None:
        if not at_least <= value <= at_most:
            raise ValidationError(wrong("must be %(least)s–%(most)s", least=at_least, most=at_most))

    return _Whole(strict=True, validate=check, **options)


class _Whole(fields.Integer):
    refusal = wrong("must be a whole number")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, bool | str):
            raise ValidationError(self.refusal)
        return super()._deserialize(value, attr, data, **kwargs)


class Day(fields.Field[date]):
    """A date: ``2017-07-01``, as text or as a date that the YAML reader already made."""

    refusal = wrong("must be a date such as 2026-07-01")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ValidationError(self.refusal)


class Duration(fields.Field[Minutes]):
    """A length of work: ``5m``, ``40h``. Loads to ``Minutes``."""

    refusal = wrong("must be a duration such as 30m or 40h")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Minutes:
        found = re.fullmatch(r"(\d{1,5})([mh])", value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError(self.refusal)
        return Minutes(int(found[1]) * _MINUTES_IN[found[2]])


class Days(fields.Field[int]):
    """A number of days: ``0d``, ``30d``, ``2w``. Loads to an int."""

    refusal = wrong("must be a number of days such as 30d or 2w")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = re.fullmatch(r"(\d{1,3})([dw])", value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError(self.refusal)
        return int(found[1]) * _DAYS_IN[found[2]]


def _check_key(value: str) -> None:
    if len(value) > 60 or not _KEY.fullmatch(value):
        raise ValidationError(wrong("must be lower-case words joined by hyphens, for example career-builder"))


def _check_no_doubles(values: list[str]) -> None:
    doubles = sorted({value for value in values if values.count(value) > 1})
    if doubles:
        raise ValidationError(wrong("names %(names)s twice", names=", ".join(doubles)))
