"""The constraint ``employer.differs``: nobody is matched with someone of an employer they work for now."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, SettingsSchema, Tables, Term, say
from tandem_plugins._choices import numbered, shared_counts


class EmployerDiffersSchema(SettingsSchema):
    """``employer.differs`` has no settings."""


class EmployerDiffers(MatchingConstraint):
    """Looks at all current positions of both; somebody without one on file may be matched with anybody."""

    name = "employer.differs"
    settings_schema = EmployerDiffersSchema
    reads = frozenset({"positions"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:  # noqa: ARG002 - no settings
        """One row and column for each distinct set of employers."""
        left, mentee_codes = numbered([_employers(person) for person in mentees])
        right, mentor_codes = numbered([_employers(person) for person in mentors])
        return Tables(mentee_codes, mentor_codes, shared_counts(left, right) == 0)

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:  # noqa: ARG002 - no settings
        """Which employer the two share, if any."""
        left, right = _employers(mentee), _employers(mentor)
        shared = sorted(left & right)
        if shared:
            return say("employer.differs.same", "Both work at %(employers)s now.", employers=shared)
        if not left or not right:
            return say("employer.differs.unknown", "No current employer is on file for one of them.")
        return say("employer.differs.different", "They work for different employers.")

    def describe(self, settings: Settings) -> Message:  # noqa: ARG002 - no settings
        """What a pair must be."""
        return say(
            "employer.differs.describe",
            "The %(mentee_word)s and the %(mentor_word)s do not work for the same employer now.",
            mentee_word=Term("role", "mentee"),
            mentor_word=Term("role", "mentor"),
        )


def _employers(person: Person) -> frozenset[str]:
    today = person.facts.today
    return frozenset(position.employer for position in person.facts.positions if position.runs_on(today))
