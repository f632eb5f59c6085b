"""How far a run is: the engine's steps as per cent of the job, and per cent as words again."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from tandem.matching.engine import Step

#: Where on the way from 0 to 100 each part of the work begins. Choosing and proving take turns, nobody knows how often.
READING, LOOKING, CHOOSING, EXPLAINING, RECRUITING, KEEPING = 0, 8, 20, 50, 60, 90
#: Of the way still left between choosing and explaining, the part that one more turn takes.
_TURN = 0.3


class Progress:
    """Tells ``report`` (per cent) what a run is doing; never backwards. What ``report`` raises passes through."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self._report = report
        self._turns = 0
        self._reached = 0

    def at(self, percent: int) -> None:
        """So far at least."""
        self._reached = max(self._reached, percent)
        self._report(self._reached)

    def __call__(self, step: Step, share: float) -> None:
        """Take a step of the engine."""
        if step is Step.CHOOSING:
            self._turns += 1
        begin, end = {
            Step.LOOKING: (LOOKING, CHOOSING),
            Step.CHOOSING: (self._turned(self._turns - 1), self._turned(self._turns)),
            Step.PROVING: (self._turned(self._turns - 1), self._turned(self._turns)),
            Step.EXPLAINING: (EXPLAINING, RECRUITING),
            Step.RECRUITING: (RECRUITING, KEEPING),
        }[step]
        self.at(int(begin + (end - begin) * share))

    @staticmethod
    def _turned(turns: int) -> float:
        return CHOOSING + (EXPLAINING - CHOOSING) * (1 - (1 - _TURN) ** max(0, turns))


def doing(percent: int) -> str:
    """What a run is doing at so many per cent."""
    words = {
        READING: _("Reading the pool"),
        LOOKING: _("Looking at all pairs"),
        CHOOSING: _("Choosing the best pairs and proving that none are better"),
        EXPLAINING: _("Finding the reason for everybody left over"),
        RECRUITING: _("Trying out whom to recruit"),
        KEEPING: _("Keeping the result"),
    }
    return words[max(begin for begin in words if begin <= percent)]
