"""Refusals of forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.access.errors import ConflictError


class DraftConflictError(ConflictError):
    """The draft was saved elsewhere since this page was opened. Neither version is lost.

    ``stored`` is what the draft holds now, ``typed`` what was sent with this page (inputs of the section only);
    ``version`` is the one to send along if what was typed shall replace what is stored; ``differing`` names the questions.
    """

    def __init__(
        self,
        message: str,
        *,
        stored: Mapping[str, Sequence[str]],
        typed: Mapping[str, Sequence[str]],
        version: int,
        differing: Sequence[str],
    ) -> None:
        super().__init__(message)
        self.stored = stored
        self.typed = typed
        self.version = version
        self.differing = tuple(differing)
