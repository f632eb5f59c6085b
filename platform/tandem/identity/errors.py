"""Why a sign-in is refused."""

from __future__ import annotations

from datetime import datetime


class TooManyAttemptsError(RuntimeError):
    """Too many tries in one window of time; ``until`` is when the next one is taken."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class LinkSpentError(LookupError):
    """The link is unknown, was used, or has run out: answered alike."""


class OtherBrowserError(LookupError):
    """The link is good, but was asked for in another browser: its code is needed too."""


class WrongCodeError(ValueError):
    """The code does not fit; ``left`` more can be tried, 0 when the link and its code are spent."""

    def __init__(self, left: int) -> None:
        super().__init__(str(left))
        self.left = left
