"""Background work of sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.models import Token
from tandem.identity.services.accounts import account_for_address
from tandem.identity.services.sign_in import LINK_HOLDS, SEND, link_secret, shown_code
from tandem.jobs.registry import JobContext, job_handler
from tandem.notices.services import write_notice
from tandem.settings import Settings
from tandem.tenancy.scope import current_scope


@job_handler(SEND, title=_("Sign-in message"))
def send_sign_in(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Find out whose the address is and write them their link; for nobody's, and when it came too late, do nothing."""
    token = db.session.scalar(select(Token).where(Token.id == UUID(arguments["token_id"])).with_for_update())
    if token is None or token.used_at is not None or token.expires_at <= system_now():
        return
    account = account_for_address(token.address)
    if account is None:
        return
    token.account_id = account.id
    settings: Settings = current_app.extensions["tandem.settings"]
    link = settings.url_for_host(current_scope().hostname, f"/sign-in/link/{link_secret(token.id)}")
    write_notice(
        template="sign-in-link",
        to_account_id=account.id,
        context={"minutes": int(LINK_HOLDS.total_seconds() // 60)},
        sensitive_text={"link": link, "code": shown_code(token.id)},
        dedupe_key=f"sign-in:{token.id}",
    )
