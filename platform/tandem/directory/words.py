"""States of imports and outcomes of rows, in words."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import lazy_gettext as _l

from tandem.directory.models import ImportState, RowOutcome

STATE_WORDS = MappingProxyType(
    {
        ImportState.UPLOADED: _l("Waits for its columns"),
        ImportState.CHECKING: _l("Being checked"),
        ImportState.CHECKED: _l("Checked, not applied"),
        ImportState.APPLYING: _l("Being applied"),
        ImportState.APPLIED: _l("Applied"),
        ImportState.FAILED: _l("Failed"),
        ImportState.CANCELLED: _l("Canceled"),
    }
)
OUTCOME_WORDS = MappingProxyType(
    {
        RowOutcome.NEW: _l("New"),
        RowOutcome.CHANGED: _l("Changed"),
        RowOutcome.UNCHANGED: _l("Unchanged"),
        RowOutcome.REMOVED: _l("Left alone"),
        RowOutcome.ERROR: _l("Error"),
    }
)
DELIMITER_WORDS = MappingProxyType({",": _l("commas"), ";": _l("semicolons"), "\t": _l("tabs")})
