"""The criterion ``roles``: points where the mentor does, or did, the mentee's work or similar work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import ValidationError, fields, validates_schema

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    SettingsSchema,
    Tables,
    Term,
    keys,
    say,
    whole,
    wrong,
)
from tandem_plugins._choices import numbered
from tandem_plugins._sides import SIDES


class SimilarRolesSchema(SettingsSchema):
    """The settings of ``roles``: which titles are similar, what that is worth, and whether the mentor's former positions count."""

    families = fields.List(keys(metadata={"vocabulary": "title"}), load_default=list)
    family_points = whole(at_least=0, at_most=100, load_default=60)
    former = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema
    def check_families(self, data: Mapping[str, Any], **_: Any) -> None:
        """A title in two families would be similar to titles that are not similar to each other."""
        titles = [title for family in data.get("families", ()) for title in family]
        doubles = sorted({title for title in titles if titles.count(title) > 1})
        if doubles:
            raise ValidationError(wrong("has %(names)s in two families", names=", ".join(doubles)), "families")


class SimilarRoles(MatchingCriterion):
    """100 points for a title in common, ``family_points`` for titles of one family, none otherwise.

    Looks at all current positions of both, with ``former`` at all of the mentor's. Acting and retired ones count as well.
    """

    name = "roles"
    settings_schema = SimilarRolesSchema
    reads = frozenset({"positions"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of titles."""
        left, mentee_codes = numbered([_titles(person) for person in mentees])
        right, mentor_codes = numbered([_titles(person, former=settings["former"]) for person in mentors])
        points = [[_points(one, other, settings)[0] for other in right] for one in left]
        return Tables(mentee_codes, mentor_codes, np.array(points, dtype=np.uint8).reshape(len(left), len(right)))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Which work is the same, or similar."""
        left, right = _titles(mentee), _titles(mentor, former=settings["former"])
        _, pair = _points(left, right, settings)
        if pair is not None and pair[0] == pair[1]:
            return say("roles.same", "The same work: %(title)s.", title=Term("title", pair[0]))
        if pair is not None:
            return say(
                "roles.similar", "Similar work: %(mentee)s and %(mentor)s.",
                mentee=Term("title", pair[0]), mentor=Term("title", pair[1]),
            )  # fmt: skip
        if not left or not right:
            return say("roles.unknown", "No title is on file for one of them.")
        return say("roles.different", "Different work.")

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        if settings["former"]:
            return say(
                "roles.describe.former",
                "Whether the %(mentor_word)s does, or did, work like the %(mentee_word)s’s.",
                **SIDES,
            )
        return say("roles.describe", "Whether the %(mentor_word)s does work like the %(mentee_word)s’s.", **SIDES)


def _titles(person: Person, *, former: bool = False) -> frozenset[str]:
    today = person.facts.today
    return frozenset(
        position.title
        for position in person.facts.positions
        if position.title is not None and (former or position.runs_on(today))
    )


def _points(left: frozenset[str], right: frozenset[str], settings: Settings) -> tuple[int, tuple[str, str] | None]:
    """The points of the two titles most alike, and which they are."""
    same = left & right
    if same:
        return 100, (min(same), min(same))
    family = {title: number for number, titles in enumerate(settings["families"]) for title in titles}
    pairs = [
        (one, other)
        for one in sorted(left & family.keys())
        for other in sorted(right & family.keys())
        if family[one] == family[other]
    ]
    return (settings["family_points"], pairs[0]) if pairs else (0, None)
