"""What the directory's tests share: an association with its lists, and staff who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from tandem.access.actor import Actor, Grant
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.tenancy.scope import Scope
from tests.app_fixtures import IsolatedClient
from tests.factories import a_grant, a_term, an_account, an_actor
from tests.pages import signed_in_client


@pytest.fixture
def lists(association: Scope) -> None:
    """Words to choose from: current ones, and one type, one level and one discipline that ended."""
    del association
    a_term("membership-type", "career", label="Career Builder", position=1)
    a_term("membership-type", "retiree", label="Retiree", position=2)
    a_term("membership-type", "access", label="Aspiring Access", valid_to=date(2017, 6, 30), position=3)
    a_term("membership-level", "gold", label="Gold")
    a_term("membership-level", "bronze", label="Bronze", valid_to=date(2017, 6, 30))
    a_term("position-title", "director", label="Director of Finance")
    a_term("region", "north", label="Northern")
    a_term("region", "south", label="Southern")
    a_term("discipline", "payroll", label="Payroll")
    a_term("discipline", "budget", label="Budget")
    a_term("discipline", "typing", label="Typing", valid_to=date(2010, 1, 1))


@pytest.fixture
def staff_account(association: Scope) -> Account:
    """An account with the association staff's role."""
    del association
    account = an_account(name="Ines Vargas")
    a_grant(account, "association-staff")
    return account


@pytest.fixture
def staff(staff_account: Account) -> Actor:
    """The actor of association staff."""
    return an_actor(staff_account, Grant("association-staff"))


@pytest.fixture
def desk(app: Flask, association: Scope, lists: None, staff_account: Account) -> IsolatedClient:
    """A browser in which association staff are signed in."""
    del lists
    return signed_in_client(app, association, staff_account)


@pytest.fixture
def committed(association: Scope) -> Callable[..., None]:
    """Make what a test wrote visible to requests."""
    del association
    return db.session.commit
