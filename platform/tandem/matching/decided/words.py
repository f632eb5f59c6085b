"""What was found in a list, in sentences. Codes are kept with the run, so that each reader reads in a language of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from tandem.eligibility.serialise import message_from_json
from tandem.matching.decided.checking import Outcome
from tandem.wording import Labels, in_words

OUTCOME_WORDS: Mapping[Outcome, Any] = {
    Outcome.REFUSED: _l("Refused"),
    Outcome.CHANGED: _l("Changed pair"),
    Outcome.NEW: _l("New pair"),
    Outcome.SAME: _l("Already so"),
    Outcome.OUT: _l("Taken out"),
    Outcome.LEFT: _l("Not in the list"),
}

_SENTENCES: Mapping[str, Any] = {
    "extra": _l("This row has more cells than the first row has headings. Put quotes around a text with a comma or semicolon in it."),
    "state": _l("“%(value)s” is no state. Write kept, locked or taken out, or leave it empty."),
    "reason-long": _l("The reason is too long. Shorten it to %(limit)s characters."),
    "missing": _l("The column “%(side)s” is empty. Write a member number or an e-mail address."),
    "unknown": _l("Nobody in this program has the number or address “%(value)s”. Look it up in the list of members."),
    "not-waiting": _l("%(name)s does not wait in this pool now. See Pools for how they stand."),
    "other-side": _l("%(name)s is in this program on the other side, and cannot stand in the column “%(side)s”."),
    "twice": _l("%(name)s stands in row %(row)s already. Keep one of the two."),
    "self": _l("Nobody can be paired with themselves. Choose someone else."),
    "reassigned": _l("These two were reassigned from each other and are not matched again."),
    "needs-reason": _l("You can pair them all the same: give the reason in the column “reason”; it is kept."),
    "no-place": _l("%(name)s has no free place left for this row. Choose someone else, or change the places in Pools."),
    "changed": _l("Has %(name)s in the run now."),
    "waived": _l("A condition is set aside, with the reason: %(reason)s"),
    "lifts": _l("You keep these two apart. That is lifted."),
    "out": _l("Is not made, as the column “state” says."),
    "left": _l("Has nobody in the run, and is left over."),
    "left-had": _l("Has %(name)s in the run now, and would be left over."),
}  # fmt: skip


def say_why(why: Mapping[str, Any], labels: Labels) -> str:
    """One sentence of a finding."""
    if "message" in why:
        return in_words(message_from_json(why["message"]), labels)
    return str(_SENTENCES[why["code"]] % why["params"])
