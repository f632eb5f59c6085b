"""Importing members against PostgreSQL's own ``COPY``, and sweeping a program's rules against reading the ids alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from benchmarks.installation import Installation, installed
from benchmarks.measuring import Figure, Section, Spent, compared, measured
from benchmarks.population import copy_configuration, register
from tandem.access.actor import Actor, Grant
from tandem.clocks import program_today
from tandem.directory.models import ImportState, Member, MemberState
from tandem.directory.services.imports import import_members_from
from tandem.eligibility.services import sweep_role
from tandem.extensions import db
from tandem.local.postgres import PostgresServer
from tandem.programs.models import ProgramRevision
from tandem.tenancy.edge import open_association

#: The tables that an import of members fills, those that others refer to first.
_TABLES = ("member", "employer", "membership", "position", "experience")
_STAFF = Actor(account_id=None, member_id=None, name="benchmark", grants=(Grant("association-staff"),))
_HEADER = (
    "number,given name,family name,email,membership type,membership from,paid through,employer,region,position title,"
    "position from,experience"
)
_TYPES = ("career-builder", "career-builder", "career-builder", "retiree", "honorary-life")
_DISCIPLINES = ("accounting", "payroll", "purchasing", "facilities", "safety", "transportation")
_REGIONS = ("north", "bay-area", "central-valley", "los-angeles", "south")


def run(server: PostgresServer, *, quick: bool) -> list[Section]:
    """Import into one association after another, copying the same rows into others by turns; then sweep the last one."""
    members, rounds = (10_000, 1) if quick else (100_000, 3)
    with installed(server, "bench_directory") as installation, TemporaryDirectory() as folder:
        with installation.superuser() as connection:
            associations = register(connection, 2 * rounds)
            copy_configuration(connection, installation.model, associations)
        file = Path(folder) / "members.csv"
        _write(file, members)
        imports, copies = [], []
        for place in range(rounds):
            imports.append(_import(installation, associations[2 * place], file, members))
            copies.append(_copy(installation, associations[2 * place], associations[2 * place + 1]))
        sweeps = _sweep(installation, associations[-2], members)
    return [
        Section(
            f"Importing {members:,} members",
            f"A CSV file of {members:,} rows, each with a membership, a position and two disciplines: read, checked, compared with the "
            "directory, reported row by row, written with its audit entry. Against COPY of the same rows, in finished form, "
            f"into the same tables with their keys and indexes. Medians of {rounds}.",
            "COPY",
            "import",
            [
                compared("seconds", "s", [spent.passed for spent in copies], [spent.passed for spent in imports]),
                compared(
                    "processor", "s", [spent.processor for spent in copies], [spent.processor for spent in imports]
                ),
            ],
        ),
        Section(
            f"Sweeping {members:,} members by rules",
            "Whom the rules of the model program's mentor role reach, against SELECT of the active members' ids. Seconds of the "
            "processor in the application and in PostgreSQL together.",
            "SELECT of ids",
            "sweep",
            sweeps,
        ),
    ]


def _write(file: Path, members: int) -> None:
    today = date(2026, 3, 2)
    with file.open("w") as stream:
        print(_HEADER, file=stream)
        for n in range(members):
            experience = "; ".join(f"{_DISCIPLINES[(n + k) % 6]} = {(n + 3 * k) % 12}" for k in (0, 1))
            cells = (
                f"N{n:06d}", f"Given{n % 500}", f"Family{n % 7919}", f"person{n}@example.org", _TYPES[n % 5],
                today - timedelta(days=200 + n % 2900), today + timedelta(days=n % 400), f"District {n % 1000}", _REGIONS[n % 1000 % 5],
                "analyst", today - timedelta(days=100 + n % 3000), experience,
            )  # fmt: skip
            print(*cells, sep=",", file=stream)


def _import(installation: Installation, association_id: UUID, file: Path, members: int) -> Spent:
    with installation.app.test_request_context(), open_association(association_id):
        db.session.execute(select(func.now()))
        with measured(installation.backends(), installation.engine) as spent:
            run = import_members_from(actor=_STAFF, path=file)
            state, report = run.state, run.report
            db.session.commit()
        found = db.session.scalar(select(func.count()).select_from(Member))
    if state is not ImportState.APPLIED or found != members:
        raise RuntimeError(f"the import is {state}, with {found} members: {report}")
    return spent


def _copy(installation: Installation, source: UUID, target: UUID) -> Spent:
    with installation.superuser() as connection, TemporaryDirectory() as folder:
        files = {table: Path(folder) / table for table in _TABLES}
        columns = {table: _columns(connection, table) for table in _TABLES}
        for table, file in files.items():
            statement = (
                f"COPY (SELECT '{target}', {columns[table]} FROM {table} WHERE association_id = '{source}') TO STDOUT"
            )
            with file.open("wb") as stream, connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for block in copy:
                    stream.write(block)
        connection.commit()
        with measured([connection.info.backend_pid]) as spent:
            for table, file in files.items():
                statement = f"COPY {table} (association_id, {columns[table]}) FROM STDIN"
                with file.open("rb") as stream, connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                    while block := stream.read(1 << 18):
                        copy.write(block)
            connection.commit()
    return spent


def _columns(connection: psycopg.Connection[Any], table: str) -> str:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attname <> 'association_id' ORDER BY attnum",
        [table],
    )
    return ", ".join(row[0] for row in rows)


def _sweep(installation: Installation, association_id: UUID, members: int) -> list[Figure]:
    with installation.superuser(autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    bare, swept, passed_bare, passed_swept = [], [], [], []
    with installation.app.test_request_context(), open_association(association_id):
        resolved = db.session.scalars(select(ProgramRevision.resolved)).one()
        today, backends = program_today(), installation.backends()
        for number in range(8):
            with measured(backends) as one:
                ids = db.session.execute(
                    select(Member.id).where(Member.state == MemberState.ACTIVE).order_by(Member.id)
                ).all()
            with measured(backends) as other:
                found = sweep_role(resolved=resolved, role="mentor", today=today)
            if len(ids) != members or len(found.met) + len(found.not_met) + len(found.unknown) != members:
                raise RuntimeError("the sweep left members out")
            if number:
                bare.append(one.processor)
                swept.append(other.processor)
                passed_bare.append(one.passed)
                passed_swept.append(other.passed)
    return [compared("processor", "s", bare, swept), compared("seconds", "s", passed_bare, passed_swept)]
