"""How long things are kept, and what would be erased today: for staff to look at before they trust it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tandem.access.current import signed_in
from tandem.access.require import require_everywhere
from tandem.privacy.retention import due_now, last_erased, periods

blueprint = Blueprint("staff_retention", __name__, template_folder="../templates", url_prefix="/staff/retention")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Every period with what is over its time; nothing is changed by looking."""
    require_everywhere(signed_in(), "programs.configure")
    return render_template(
        "privacy/retention.html",
        due=due_now(), forever=[period for period in periods() if period.days is None], erased=last_erased(),
    )  # fmt: skip
