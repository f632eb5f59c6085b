"""A program's document, and the part of it that an association or a department may set for all of its programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validates_schema

from tandem.plugin_api import FieldType
from tandem.programs.schemas.base import (
    ConfigurationSchema,
    Day,
    Duration,
    Items,
    LayeredItemSchema,
    Listed,
    NotedSchema,
    OneOf,
    Paragraphs,
    Part,
    Period,
    Text,
    Whole,
    Word,
    Worded,
    YesNo,
    minutes,
)
from tandem.programs.schemas.plugged import PluggedItem, Tree

SIDES = ("mentee", "mentor")


class WordFormsSchema(ConfigurationSchema):
    """A word in the plural forms of the association's language; ``other`` serves wherever a form is not given."""

    one = Text(60, required=True)
    few = Text(60)
    many = Text(60)
    other = Text(60, required=True)


class HoursSchema(NotedSchema):
    """A program measured in hours: they are recorded, and the limit warns."""

    kind = OneOf(["hours"], required=True)
    min = Duration("mh", load_default="1m")
    max = Duration("mh", required=True)
    at_limit = OneOf(["warn"], load_default="warn")

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if "min" in data and "max" in data and minutes(data["min"]) > minutes(data["max"]):
            raise ValidationError(_("must not be less than min"), "max")


class MonthsSchema(NotedSchema):
    """A program of so many months from the start of the mentorship."""

    kind = OneOf(["months"], required=True)
    months = Whole(1, 60, required=True)


class WholeCohortSchema(NotedSchema):
    """A mentorship lasts until its cohort ends."""

    kind = OneOf(["cohort"], required=True)


class OpenLengthSchema(NotedSchema):
    """A mentorship lasts until someone ends it."""

    kind = OneOf(["open"], required=True)


class RollingSchema(NotedSchema):
    """Applications are taken at any time."""

    kind = OneOf(["rolling"], required=True)


class CohortSchema(LayeredItemSchema):
    """A dated intake."""

    name = Text(required=True)
    applications_from = Day(required=True)
    applications_to = Day(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        for earlier, later in (
            ("applications_from", "applications_to"),
            ("applications_to", "starts_on"),
            ("starts_on", "ends_on"),
        ):
            if earlier in data and later in data and data[earlier] > data[later]:
                raise ValidationError(_("must not be before %(other)s", other=f"{earlier} ({data[earlier]})"), later)


class CohortsSchema(NotedSchema):
    """Applications are taken for dated cohorts."""

    kind = OneOf(["cohorts"], required=True)
    cohorts = Items(CohortSchema, required=True)


class Kinds(Worded, fields.Field[dict[str, Any]]):
    """A mapping whose ``kind`` says which other keys it has."""

    def __init__(self, schemas: Mapping[str, type[Schema]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schemas = schemas

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        partial = bool(kwargs.get("partial"))
        if not isinstance(value, dict):
            raise ValidationError(_("must be “key: value” lines"))
        kind = value.get("kind")
        if "kind" not in value and partial:
            return self._of_any(value)
        if not isinstance(kind, str) or kind not in self.schemas:
            raise ValidationError({"kind": [_("must be one of: %(choices)s", choices=", ".join(self.schemas))]})
        loaded: dict[str, Any] = self.schemas[kind]().load(value, partial=partial)
        return loaded

    def _of_any(self, value: dict[str, Any]) -> dict[str, Any]:
        # A level that changes one value of a kind named above it.
        failed: ValidationError | None = None
        for schema in self.schemas.values():
            try:
                loaded: dict[str, Any] = schema().load(value, partial=True)
            except ValidationError as error:
                failed = failed if failed is not None and len(failed.messages) <= len(error.messages) else error
            else:
                return loaded
        raise failed or ValidationError(_("has no kind"))


class PlacesSchema(NotedSchema):
    """How many partners someone can have at once: where they say nothing, at most, and over this program's cohorts.

    ``field`` names the question of the role's form in which they say it. The limit over all programs is the association's.
    """

    default = Whole(1, 50, load_default=1)
    max = Whole(1, 50, load_default=1)
    field = Word(load_default=None, allow_none=True)
    per_member = Whole(1, 200, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if "default" in data and "max" in data and data["default"] > data["max"]:
            raise ValidationError(_("must not be less than default (%(default)s)", default=data["default"]), "max")


class RoleSchema(NotedSchema):
    """One side of a program. Whether somebody is on file ``until-matched``, when a match fills their last place, or ``until-asked``."""

    name = Part(WordFormsSchema, filled=False)
    form = Word(required=True)
    eligibility = Tree(required=True)
    places = Part(PlacesSchema)
    on_file = OneOf(["until-matched", "until-asked"], load_default="until-matched")
    commitment = Paragraphs(1000, load_default=None, allow_none=True)


class RolesSchema(NotedSchema):
    """Both sides."""

    mentee = Part(RoleSchema, required=True)
    mentor = Part(RoleSchema, required=True)


class RubricItemSchema(LayeredItemSchema):
    """A question that reviewers answer with points from 1 to ``scale``; ``weight`` says how much it counts beside the others."""

    question = Text(160, required=True)
    best = Text(200, load_default=None, allow_none=True)
    scale = Whole(2, 10, load_default=4)
    weight = Whole(1, 100, load_default=1)


class EvidenceSchema(NotedSchema):
    """The files that an applicant may add to a requirement that is not met as far as is known: how many, how large, of which kinds."""

    most = Whole(1, 5, load_default=3)
    max_mb = Whole(1, 6, load_default=5)
    kinds = Listed(OneOf(FieldType.file_kinds), load_default=lambda: list(FieldType.file_kinds))


class ReviewSchema(NotedSchema):
    """Who decides on applications. ``quorum`` is how many reviewers it takes; ``staff_decide`` lets staff decide as well.

    Whoever is asked has ``answer_within``: the reviewers for an application, an applicant for a question. Reviewers are reminded
    once, ``remind_before`` it ends. What was sent can be changed until the first reviewer has done something about it
    (``change_until: review``), until the decision, or never; ``tell_changes`` has the reviewers told. Without ``evidence``,
    requirements take no files.
    """

    committee = Word(load_default=None, allow_none=True)
    quorum = Whole(1, 15, load_default=1)
    staff_decide = YesNo(load_default=True)
    answer_within = Duration("d", load_default="14d")
    remind_before = Duration("d", load_default="3d")
    rubric = Items(RubricItemSchema, 12)
    change_until = OneOf(["review", "decision", "never"], load_default="review")
    tell_changes = YesNo(load_default=False)
    evidence = Part(EvidenceSchema, filled=False)

    @validates_schema(skip_on_field_errors=True)
    def _committee_votes(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if not kwargs.get("partial") and data["committee"] is None and data["quorum"] > 1:
            raise ValidationError(_("must be 1 where no committee reviews: there is nobody to vote"), "quorum")

    @validates_schema(skip_on_field_errors=True)
    def _someone_decides(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if not kwargs.get("partial") and data["committee"] is None and not data["staff_decide"]:
            raise ValidationError(_("must be true where no committee reviews: someone has to decide"), "staff_decide")


class AcceptanceSchema(NotedSchema):
    """Whether mentors accept each mentee whom staff choose for them, by when, and who goes on after a no or silence."""

    by = OneOf(["mentor"], required=True)
    within = Duration("d", load_default="7d")
    then = OneOf(["staff", "next"], load_default="staff")


class MatchingSchema(NotedSchema):
    """Which pairs may be made, what makes a pair good, and how a run is published.

    With ``groups`` all mentees of a mentor make one mentorship; how many they are is the mentor's ``places``. ``aim`` says which
    pairs are the best ones, ``keep_bonus`` how many points a pair of the last run counts more. Mentees who have waited for
    ``waiting_first`` come before others. A criterion ``counts_for`` both sides unless it says which; the aim ``stable`` asks.
    """

    groups = YesNo(load_default=False)
    constraints = Items(
        PluggedItem(
            key="constraint", offers="constraints", own={"strength": OneOf(["hard", "waivable"], required=True)}
        ),
        30,
    )
    criteria = Items(
        PluggedItem(
            key="criterion",
            offers="criteria",
            own={"weight": Whole(0, 100, required=True), "counts_for": OneOf(["mentee", "mentor", "both"])},
        ),
        30,
    )
    aim = OneOf(["points", "max-min", "stable"], load_default="points")
    keep_bonus = Whole(0, 100, load_default=0)
    waiting_first = Duration("d", load_default=None, allow_none=True)
    acceptance = Part(AcceptanceSchema, filled=False)
    publish = OneOf(["staff-confirms"], load_default="staff-confirms")


class WaySchema(LayeredItemSchema):
    """A way to meet."""

    label = Text(60, required=True)


class ReassignmentSchema(NotedSchema):
    """Who may ask staff for another partner."""

    asked_by = Listed(OneOf(SIDES), load_default=lambda: list(SIDES))


class EndingSchema(NotedSchema):
    """Whose word ends a mentorship before its time; staff always can."""

    told_by = Listed(OneOf(SIDES), load_default=lambda: list(SIDES))


class HoursRecordSchema(NotedSchema):
    """Whether hours are recorded, and by whom."""

    recorded_by = Listed(OneOf(SIDES), load_default=lambda: list(SIDES))


class EvaluationSchema(LayeredItemSchema):
    """What one side may say once a mentorship has ended: about each partner, or about the program. Offered, never asked for.

    Who may read an answer is its question's ``visibility``. It can be given and changed for ``open_for`` after the end;
    ``remind_after`` so long after the end whoever has not answered is reminded, once.
    """

    title = Text(required=True)
    by = OneOf(SIDES, required=True)
    about = OneOf(["partner", "program"], load_default="partner")
    form = Word(required=True)
    open_for = Duration("d", load_default="60d")
    remind_after = Duration("d", load_default=None, allow_none=True)


class SilenceSchema(NotedSchema):
    """After how long without a sign of life both sides are asked, once, whether they are still in touch."""

    after = Duration("d", required=True)
    answer_within = Duration("d", load_default="14d")


class MentorshipSchema(NotedSchema):
    """How pairs work."""

    ways = Items(WaySchema, 20)
    hours = Part(HoursRecordSchema)
    reassignment = Part(ReassignmentSchema)
    ending = Part(EndingSchema)
    evaluations = Items(EvaluationSchema, 12)
    silence = Part(SilenceSchema, filled=False)
    apply_again = YesNo(load_default=True)


class NoticeSchema(LayeredItemSchema):
    """Whether a notice is sent, and the association's own words for it: CommonMark with ``{variable}`` for what it is about."""

    send = YesNo(load_default=True)
    subject = Text(200)
    body = Paragraphs()


class PageSectionSchema(LayeredItemSchema):
    """A part of the public page, in Markdown."""

    title = Text(required=True)
    text = Paragraphs(required=True)


class AnswerSchema(LayeredItemSchema):
    """A question that people ask, with its answer in Markdown."""

    question = Text(300, required=True)
    answer = Paragraphs(required=True)


class PagesSchema(NotedSchema):
    """What the program's public page says besides what is generated from the rules."""

    lede = Paragraphs(1000, load_default=None, allow_none=True)
    cost = Paragraphs(1000, load_default=None, allow_none=True)
    meetings = Paragraphs(1000, load_default=None, allow_none=True)
    sections = Items(PageSectionSchema, 30)
    questions = Items(AnswerSchema, 60)


class AdviceSchema(LayeredItemSchema):
    """A piece of advice: for whom, and at which moment it is shown."""

    title = Text()
    text = Paragraphs(required=True)
    side = OneOf(["mentee", "mentor", "both"], load_default="both")
    at = OneOf(["applying", "mentorship", "closing"], load_default="mentorship")


class RetentionSchema(NotedSchema):
    """How long what a program leaves behind is kept before it is erased for good; what is left out is kept.

    ``private_texts`` counts from a mentorship's end, ``declined_applications`` from the decision (or the withdrawal), ``drafts``
    from the last change.
    """

    private_texts = Period(30)
    declined_applications = Period(30)
    drafts = Period(30)


class SharedSchema(NotedSchema):
    """The part of a program's document that a higher level may set for all programs below it."""

    summary = Paragraphs(600)
    definition = Paragraphs()
    length = Kinds(
        {"hours": HoursSchema, "months": MonthsSchema, "cohort": WholeCohortSchema, "open": OpenLengthSchema},
        required=True,
    )
    intake = Kinds({"rolling": RollingSchema, "cohorts": CohortsSchema}, required=True)
    roles = Part(RolesSchema, required=True)
    review = Part(ReviewSchema)
    matching = Part(MatchingSchema)
    mentorship = Part(MentorshipSchema)
    retention = Part(RetentionSchema, filled=False)
    notices = Items(NoticeSchema, 60)
    pages = Part(PagesSchema)
    advice = Items(AdviceSchema, 60)


class ProgramSchema(SharedSchema):
    """One program."""

    id = Word(required=True)
    exported_from = Whole(0, 10_000_000)
    name = Text(required=True)
    department = Word(load_default=None, allow_none=True)
    state = OneOf(["draft", "open", "closed"], load_default="draft")

    @validates_schema(skip_on_field_errors=True)
    def _length_fits_intake(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if not kwargs.get("partial") and data["length"]["kind"] == "cohort" and data["intake"]["kind"] != "cohorts":
            raise ValidationError({"kind": [_("“cohort” needs an intake by cohorts")]}, "length")
