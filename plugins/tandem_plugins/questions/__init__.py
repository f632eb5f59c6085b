"""The kinds of question that forms are made of."""

from collections.abc import Sequence

from tandem.plugin_api import FieldType, hookimpl
from tandem_plugins.questions.attestation import Attestation
from tandem_plugins.questions.choice import OneChoice
from tandem_plugins.questions.choices import SeveralChoices
from tandem_plugins.questions.day import DayQuestion
from tandem_plugins.questions.files import Files
from tandem_plugins.questions.hours import Hours
from tandem_plugins.questions.number import Number
from tandem_plugins.questions.ratings import Ratings
from tandem_plugins.questions.text import Text


@hookimpl
def field_types() -> Sequence[FieldType]:
    """All of them."""
    return [Text(), Number(), DayQuestion(), OneChoice(), SeveralChoices(), Ratings(), Attestation(), Hours(), Files()]
