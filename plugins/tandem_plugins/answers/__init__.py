"""Rules on answers of the form: enough options chosen, a promise given."""

from collections.abc import Sequence

from tandem.plugin_api import EligibilityRule, hookimpl
from tandem_plugins.answers.attestation import Attestation
from tandem_plugins.answers.count import AnswerCount


@hookimpl
def eligibility_rules() -> Sequence[EligibilityRule]:
    """Both rules on answers."""
    return [AnswerCount(), Attestation()]
