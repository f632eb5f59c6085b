"""The association's and a department's documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _
from marshmallow import ValidationError, validates_schema

from tandem.programs.schemas.base import (
    ConfigurationSchema,
    Day,
    Items,
    ItemSchema,
    Listed,
    NotedSchema,
    Paragraphs,
    Part,
    Period,
    Text,
    Whole,
    Word,
    YesNo,
)
from tandem.programs.schemas.brand import BrandSchema
from tandem.programs.schemas.program import SharedSchema, WordFormsSchema

_EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+")
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_PATH = re.compile(r"[a-z_]+(?:\.[a-z_]+|\[[a-z0-9-]+\])*")


class Language(Text):
    """A language's code, such as ``en`` or ``fr``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(Locale.parse(text, sep="-" if "-" in text else "_"))
        except (ValueError, UnknownLocaleError) as error:
            raise ValidationError(_("must be a language's code such as en or fr")) from error


class TimeZone(Text):
    """A time zone's name, such as ``Europe/Paris``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            ZoneInfo(text)
        except (ValueError, OSError, LookupError) as error:
            raise ValidationError(_("must be a time zone's name such as Europe/Paris")) from error
        return text


class Pattern(Text):
    """One line of text of a certain shape."""

    def __init__(self, pattern: re.Pattern[str], refusal: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern, self.refusal = pattern, refusal

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self.pattern.fullmatch(text):
            raise ValidationError(str(self.refusal))
        return text


def email_field(**kwargs: Any) -> Pattern:
    """An e-mail address."""
    return Pattern(_EMAIL, _("must be an e-mail address"), **kwargs)


class Wording(Paragraphs):
    """A message's words, in which ``%(name)s`` stands for its parameters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "%(" in _PLACEHOLDER.sub("", text):
            raise ValidationError(_("holds a placeholder that is not whole; write %(sample)s", sample="%(name)s"))
        return text


class RewordingSchema(ConfigurationSchema):
    """The association's own words for one message. ``confirmed_for`` is the fingerprint of the settings it was written for."""

    id = Pattern(_MESSAGE_ID, _("must be a message's id such as membership.tenure.describe"), required=True)
    note = Paragraphs(2000)
    text = Wording(1000, required=True)
    plural = Wording(1000)
    confirmed_for = Text(64)


class RoleWordsSchema(ConfigurationSchema):
    """What the association calls the two sides."""

    mentee = Part(WordFormsSchema, filled=False)
    mentor = Part(WordFormsSchema, filled=False)


class WordsSchema(NotedSchema):
    """The association's own words."""

    roles = Part(RoleWordsSchema, filled=False)
    messages = Items(RewordingSchema, 500)


class ContactSchema(NotedSchema):
    """How members reach staff."""

    name = Text()
    email = email_field()
    phone = Text(60)
    website = Text(300)
    address = Paragraphs(600)


class MailSchema(NotedSchema):
    """How the association's mail is signed."""

    from_name = Text(100)
    reply_to = email_field()
    signature = Paragraphs(1000)


class DepartmentItemSchema(ItemSchema):
    """A department. What it shares with its programs stands in ``departments/<id>.yaml``."""

    name = Text(required=True)


class CommitteeSchema(ItemSchema):
    """People who review. Who sits on it is kept with the accounts, not here."""

    name = Text(required=True)
    department = Word()


class TermSchema(ItemSchema):
    """A word of a vocabulary, with the days between which it may be chosen. ``sample`` marks one made up for trying out."""

    label = Text(required=True)
    valid_from = Day()
    valid_to = Day()
    organisational = YesNo()
    sample = YesNo()

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if "valid_from" in data and "valid_to" in data and data["valid_from"] > data["valid_to"]:
            raise ValidationError(_("must not be before valid_from (%(day)s)", day=data["valid_from"]), "valid_to")


class VocabularySchema(ItemSchema):
    """A list of the association's own words."""

    name = Text()
    terms = Items(TermSchema, 2000)


class CapacitySchema(NotedSchema):
    """The limit of one person over all programs."""

    mentees_per_mentor = Whole(1, 200, load_default=None, allow_none=True)


class HouseRetentionSchema(NotedSchema):
    """How long what belongs to no single program is kept before it is erased for good; what is left out is kept.

    ``sign_ins`` counts from the end of a sign-in, ``letters`` and ``audit`` from the day they were written.
    """

    sign_ins = Period(7)
    letters = Period(90)
    audit = Period(365)


class PluginSchema(ItemSchema):
    """A plugin that the association uses."""

    on = YesNo(load_default=True)


class Shared(Part):
    """The shared part of the programs below: never complete by itself, so nothing in it is missing."""

    def __init__(self) -> None:
        super().__init__(SharedSchema, filled=False)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, partial=True, **kwargs)


class Locks(Listed):
    """Paths of the shared part that lower levels may not change."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Pattern(_PATH, _("must be a path such as matching.criteria[overlap].weight")),
            200,
            load_default=list,
            **kwargs,
        )


class DepartmentSchema(NotedSchema):
    """What a department sets for its programs."""

    id = Word(required=True)
    exported_from = Whole(0, 10_000_000)
    shared = Shared()
    locks = Locks()


class AssociationSchema(NotedSchema):
    """The association itself, and what it sets for all programs."""

    id = Word(required=True)
    exported_from = Whole(0, 10_000_000)
    name = Text(required=True)
    short_name = Text(40)
    language = Language(20, required=True)
    languages = Listed(Language(20), 20)
    time_zone = TimeZone(60, required=True)
    brand = Part(BrandSchema, filled=False)
    contact = Part(ContactSchema, filled=False)
    mail = Part(MailSchema, filled=False)
    words = Part(WordsSchema, filled=False)
    capacity = Part(CapacitySchema, filled=False)
    retention = Part(HouseRetentionSchema, filled=False)
    plugins = Items(PluginSchema, load_default=None)
    departments = Items(DepartmentItemSchema, 200)
    committees = Items(CommitteeSchema, 200)
    vocabularies = Items(VocabularySchema, 60)
    shared = Shared()
    locks = Locks()
