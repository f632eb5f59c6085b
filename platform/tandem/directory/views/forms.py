"""One page for every form of the directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.errors import InvalidError
from tandem.directory.schemas import FormField, read_form, shown_fields
from tandem.directory.vocabularies import Vocabulary, vocabularies


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form's page: where it goes, where it goes back to, and what stands around the fields.

    ``danger`` is (label, address, what is said before) of an act that editing does not undo; the address is a page, or with
    ``danger_posts`` takes the act at once. ``seen`` notices that
    somebody else changed the record meanwhile. ``asked`` is what was typed when the page asked whether it is meant.
    """

    title: str
    action: str
    back: tuple[str, str]
    fields: Sequence[FormField]
    submit: str
    crumbs: Sequence[tuple[str, str | None]]
    lede: str = ""
    note: str = ""
    seen: str = ""
    asked: str = ""
    danger: tuple[str, str, str] | None = None
    danger_posts: bool = False
    destructive: bool = False

    def show(
        self,
        typed: Mapping[str, str],
        problems: Mapping[str, str] | None = None,
        lists: Mapping[str, Vocabulary] | None = None,
    ) -> str:
        """The page with what was typed, mistakes at their fields and in the summary."""
        problems = problems or {}
        names = {field.name: field.label for field in self.fields}
        first = self.fields[0].name if self.fields else "main"
        return render_template(
            "directory/form.html",
            form=self,
            fields=shown_fields(self.fields, typed, problems, lists or vocabularies()),
            errors=[
                {
                    "href": f"#{name if name in names else first}",
                    "text": _("%(label)s: %(problem)s", label=names[name], problem=text) if name in names else text,
                }
                for name, text in problems.items()
            ],
            crumbs=list(self.crumbs),
        )

    def answer(self, act: Callable[[Mapping[str, Any]], str]) -> ResponseReturnValue:
        """Read what was sent and do it: ``act`` takes the values and returns where to go.

        Problems of reading and of the service come back as the same page, with status 422.
        """
        lists = vocabularies()
        typed = request.form
        values, problems = read_form(self.fields, typed, lists)
        if not problems:
            try:
                return redirect(act(values), 303)
            except InvalidError as error:
                problems = error.problems
        return self.show(typed, problems, lists), 422


def seen_before() -> str | None:
    """What the form knew of the record when it was opened."""
    return request.form.get("seen") or None
