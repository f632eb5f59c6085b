"""Associations' configurations at the edge: finding and checking a folder with all that the platform knows, applying it.

This is where the checks of other capabilities meet the reading of files, and where a configuration gets its transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

import tandem_tenants
from tandem.access.actor import Actor
from tandem.extensions import db
from tandem.notices.wording import check_override
from tandem.plugin_api.registry import Registry
from tandem.plugins import installed
from tandem.programs.errors import ConfigurationError, Problem
from tandem.programs.reading import read_tenant
from tandem.programs.references import Checks
from tandem.programs.services import Applied, apply_tenant
from tandem.programs.tenant import Tenant
from tandem.settings import Settings
from tandem.tenancy.edge import enter_scope, open_association
from tandem.tenancy.models import Association
from tandem.tenancy.scope import Scope, reset_scope
from tandem.tenancy.services import create_association
from tandem.web.branding import BrandError, check_brand

#: Who applies a configuration from the command line.
COMMAND = Actor(account_id=None, member_id=None, name="tandem tenant apply")


def folder_of(name: str) -> Path:
    """The folder that ``name`` means: a path, or the id of an association that comes with the platform.

    Raises ``ConfigurationError`` where it is neither.
    """
    path = Path(name)
    if path.is_dir():
        return path
    shipped = Path(tandem_tenants.__file__).parent
    known = sorted(entry.parent.name for entry in shipped.glob("*/association.yaml"))
    if name in known:
        return shipped / name
    message = _("is neither a folder nor one of: %(names)s", names=", ".join(known) or "–")
    raise ConfigurationError([Problem(name, 1, (), message)])


def read(name: str, registry: Registry) -> Tenant:
    """The checked configuration of ``name`` (a folder or an association's id). Raises ``ConfigurationError``."""
    return read_tenant(folder_of(name), registry, checks=CHECKS)


def establish(
    *, tenant: Tenant, actor: Actor = COMMAND, confirm: Collection[str] = (), dry_run: bool = False
) -> Applied:
    """Apply a configuration in a transaction of its own, registering the association with its host if it is new.

    With ``dry_run`` everything is done and taken back. Needs an application context and no open association. Raises what
    ``apply_tenant`` raises, and ``tenancy.services.ReservedSlugError``.
    """
    with _opened(tenant):
        applied = apply_tenant(actor=actor, tenant=tenant, registry=installed(), confirm=confirm)
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
    return applied


@contextmanager
def _opened(tenant: Tenant) -> Iterator[None]:
    if not _is_registered(tenant.slug):
        with _registered(tenant):
            yield
        return
    with open_association(tenant.slug):
        yield


def _is_registered(slug: str) -> bool:
    """Whether the association is there, once nobody else is just registering it."""
    db.session.remove()
    # Held until the transaction ends: whoever comes second finds what the first has made.
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"association:{slug}", 0))))
    return db.session.scalar(select(Association.id).where(Association.slug == slug)) is not None


@contextmanager
def _registered(tenant: Tenant) -> Iterator[None]:
    document = tenant.association.document
    settings: Settings = current_app.extensions["tandem.settings"]
    hostname = f"{tenant.slug}.{settings.base_domain}"
    name, language, time_zone = document["name"], document["language"], document["time_zone"]
    association_id = create_association(
        slug=tenant.slug, name=name, language=language, time_zone=time_zone, hostname=hostname
    )
    # One transaction with the registration: an association without its configuration would be of no use.
    token = enter_scope(Scope(association_id, tenant.slug, name, hostname, language, time_zone, timedelta(0)))
    try:
        yield
    finally:
        db.session.remove()
        reset_scope(token)


def _brand_problems(brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    try:
        return [(problem.path, problem.message) for problem in check_brand(brand)]
    except BrandError as error:
        return [(error.path, error.message)]


CHECKS = Checks(notice=check_override, brand=_brand_problems)
