"""A PostgreSQL of the benchmarks' own, and applications on databases in it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import Engine

from tandem.app import create_app
from tandem.database import upgrade
from tandem.extensions import db
from tandem.local import roles
from tandem.local.environment import LocalInstallation
from tandem.local.postgres import PostgresServer
from tandem.settings import Settings
from tandem.tenancy.edge import open_association
from tandem.tenants import establish, read

#: The association whose configuration all others get.
MODEL = "casbo"


@dataclass(frozen=True, slots=True)
class Installation:
    """An application, as in production, on a migrated database with one configured association."""

    app: Flask
    server: PostgresServer
    database: str
    model: UUID

    def superuser(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A connection that row security does not bind, to fill tables with."""
        return psycopg.connect(self.server.url("postgres", self.database), autocommit=autocommit)

    @property
    def engine(self) -> Engine:
        """The application's engine."""
        with self.app.app_context():
            return db.engine

    def backends(self) -> list[int]:
        """The process numbers of the application's connections."""
        with self.superuser() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = %s", [self.database, roles.APP]
            )
            return [row[0] for row in rows]


@contextmanager
def started_server() -> Iterator[PostgresServer]:
    """A server with the settings that people get, on an empty folder that is removed at the end."""
    folder = LocalInstallation().state / "benchmarks"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    folder.chmod(0o711)
    try:
        with PostgresServer(folder / "postgres") as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def installed(server: PostgresServer, database: str) -> Iterator[Installation]:
    """An installation on a new database, which is dropped at the end."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        roles.ensure_database(connection, database)
        # What parallel workers use would be missing from the count.
        name = sql.Identifier(database)
        connection.execute(sql.SQL("ALTER DATABASE {} SET max_parallel_workers_per_gather = 0").format(name))
        upgrade(server.url(roles.OWNER, database))
        app = create_app(_settings(server.url(roles.APP, database), server.directory))
        try:
            with app.app_context():
                establish(tenant=read(MODEL, app.extensions["tandem.registry"]))
                with open_association(MODEL) as scope:
                    model = scope.association_id
            yield Installation(app, server, database, model)
        finally:
            with app.app_context():
                db.engine.dispose()
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _settings(database_url: str, folder: Path) -> Settings:
    return Settings(
        environment="production",
        database_url=database_url,
        owner_database_url=None,
        valkey_url="redis://127.0.0.1:9/0",
        secret_key=secrets.token_hex(32),
        base_domain="localhost",
        scheme="https",
        port=None,
        smtp_host="127.0.0.1",
        smtp_port=9,
        smtp_username=None,
        smtp_password=None,
        mail_from_domain="mail.example.org",
        mailbox_dir=None,
        files_dir=folder / "files",
    )
