"""What states are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask_babel import lazy_gettext as _l

from tandem.privacy.models import CorrectionState

STATE_WORDS: Mapping[CorrectionState, Any] = MappingProxyType(
    {
        CorrectionState.OPEN: _l("Waits for staff"),
        CorrectionState.ACCEPTED: _l("Corrected"),
        CorrectionState.DECLINED: _l("Not changed"),
        CorrectionState.WITHDRAWN: _l("Taken back"),
    }
)
