"""What the offers on answers that agree or differ share."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import Message, Person, Settings, SettingsSchema, Term, key, say
from tandem_plugins._choices import values_of


class TwoQuestionsSchema(SettingsSchema):
    """The two questions."""

    mentee = key(required=True, metadata={"question": "mentee"})
    mentor = key(required=True, metadata={"question": "mentor"})


def told(mentee: Person, mentor: Person, settings: Settings) -> Message:
    """Whether the answers of two people agree."""
    left, right = values_of(mentee, settings["mentee"]), values_of(mentor, settings["mentor"])
    shared = sorted(left & right)
    if shared:
        terms = [Term(f"choice:{settings['mentee']}", key) for key in shared]
        return say("equality.same", "The same answer: %(shared)s.", shared=terms)
    if not left or not right:
        return say("equality.unanswered", "One of them did not answer.")
    return say("equality.different", "Different answers.")


def questions(settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
    """The mentee's and the mentor's question."""
    return [settings["mentee"]], [settings["mentor"]]
