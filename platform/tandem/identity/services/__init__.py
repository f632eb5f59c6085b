"""Verbs on accounts, sign-ins and grants."""

from tandem.identity.services.accounts import account_for_address, account_for_member, ensure_account
from tandem.identity.services.grants import end_grant, grant_role, sign_out_account
from tandem.identity.services.passwords import set_password

__all__ = [
    "account_for_address", "account_for_member", "end_grant", "ensure_account", "grant_role", "set_password",
    "sign_out_account",
]  # fmt: skip
