"""An association's look. Whether its colours can be read together is checked by the web layer, which mixes them."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields

from tandem.programs.schemas.base import NotedSchema, OneOf, Part, Whole, Word, Worded

_COLOUR = re.compile(r"#[0-9a-f]{6}")


class Colour(Worded, fields.Field[str]):
    """A colour such as ``#0f5848``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _COLOUR.fullmatch(value.lower()):
            raise ValidationError(_('must be a color such as "#0f5848", in quotes'))
        return value.lower()


class Tracking(Worded, fields.Field[float]):
    """The letter spacing of headings in em."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 0.05:
            raise ValidationError(_("must be a number from -0.05 to 0.05"))
        return float(value)


class ColoursSchema(NotedSchema):
    """The colours on pages of one brightness. What is left out is derived from the brand colour."""

    brand = Colour()
    on_brand = Colour()
    ink = Colour()
    accent = Colour()
    banner = Colour()
    on_banner = Colour()


class BrandSchema(NotedSchema):
    """The only values of the look that an association sets."""

    mark = Word()
    font = OneOf(["inter", "serif"])
    weight = Whole(400, 800)
    tracking = Tracking()
    light = Part(ColoursSchema, filled=False)
    dark = Part(ColoursSchema, filled=False)
