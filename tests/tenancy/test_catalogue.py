"""The catalogue gate: every table of the database keeps associations apart, and so does whatever a later migration adds.

Each rule of the gate has its control: a table (a function, a grant …) that breaks it is made in a transaction, the gate must name
it, and the transaction is rolled back.
"""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Text, create_engine

from tandem.local import roles
from tandem.models import Base
from tandem.tenancy.base import tenant_tables
from tandem.tenancy.row_security import secure_tenant_table
from tests.tenancy.catalogue import APPEND_ONLY, PLATFORM, POLICY, complaints

#: A table as it should be, to which each control does one wrong thing.
GOOD = """
    CREATE TABLE scratch (
        association_id uuid NOT NULL REFERENCES association (id), id uuid NOT NULL, member_id uuid, word text, number int,
        PRIMARY KEY (association_id, id),
        CONSTRAINT fk FOREIGN KEY (association_id, member_id) REFERENCES member (association_id, id)
    );
    CREATE UNIQUE INDEX ix ON scratch (association_id, word)
"""
SECURE = ";".join(secure_tenant_table("scratch"))
#: PostgreSQL checks a new reference as the owner, who is under row security as well.
_SCOPED = "SET LOCAL app.association_id = '01890000-0000-7000-8000-000000000000';"
_FUNCTION = "CREATE FUNCTION job_counts_too() RETURNS bigint LANGUAGE sql {} AS 'SELECT count(*) FROM job'"
_CLOSED = "REVOKE ALL ON FUNCTION job_counts_too FROM PUBLIC; GRANT EXECUTE ON FUNCTION job_counts_too TO tandem_app"

#: What is done → what the gate says of it.
WRONG = {
    "no row security": (
        "ALTER TABLE scratch DISABLE ROW LEVEL SECURITY",
        ["scratch: row security is off"],
    ),
    "not forced": (
        "ALTER TABLE scratch NO FORCE ROW LEVEL SECURITY",
        ["scratch: row security is not forced"],
    ),
    "no policy": (
        "DROP POLICY association ON scratch",
        ["scratch: has the policies []"],
    ),
    "a second policy": (
        "CREATE POLICY more ON scratch FOR SELECT TO tandem_app USING (true)",
        [
            (
                f"scratch: has the policies [('association', '*', True, True, {POLICY!r}, {POLICY!r}), "
                "('more', 'r', True, False, 'true', None)]"
            )
        ],
    ),
    "a policy that reads the setting for every row": (
        (
            "DROP POLICY association ON scratch; CREATE POLICY association ON scratch "
            "USING (association_id = current_setting('app.association_id')::uuid)"
        ),
        [
            (
                "scratch: has the policies [('association', '*', True, True, "
                "\"(association_id = (current_setting('app.association_id'::text))::uuid)\", None)]"
            )
        ],
    ),
    "a policy that is silent without a scope": (
        (
            "DROP POLICY association ON scratch; CREATE POLICY association ON scratch "
            "USING (association_id = (SELECT current_setting('app.association_id', true)::uuid))"
        ),
        [
            (
                "scratch: has the policies [('association', '*', True, True, \"(association_id = ( SELECT "
                "(current_setting('app.association_id'::text, true))::uuid AS current_setting))\", None)]"
            )
        ],
    ),
    "a key on the id alone": (
        "ALTER TABLE scratch DROP CONSTRAINT scratch_pkey, ADD CONSTRAINT scratch_pkey PRIMARY KEY (id)",
        [
            "scratch: has the primary key [['id']]",
            "scratch: scratch_pkey is unique across associations",
            "scratch: scratch_pkey leads with id",
        ],
    ),
    "a key in the other order": (
        "ALTER TABLE scratch DROP CONSTRAINT scratch_pkey, ADD CONSTRAINT scratch_pkey PRIMARY KEY (id, association_id)",
        ["scratch: has the primary key [['id', 'association_id']]", "scratch: scratch_pkey leads with id"],
    ),
    "a reference across associations": (
        (
            f"{_SCOPED} ALTER TABLE member ADD CONSTRAINT only_id UNIQUE (id);"
            "ALTER TABLE scratch ADD CONSTRAINT across FOREIGN KEY (member_id) REFERENCES member (id)"
        ),
        [
            "member: only_id is unique across associations",
            "member: only_id is unique across associations",
            "member: only_id leads with id",
            "scratch: across can point into another association",
        ],
    ),
    "a reference that crosses its columns": (
        (
            f"{_SCOPED} ALTER TABLE scratch ADD CONSTRAINT crossed FOREIGN KEY (member_id, association_id) "
            "REFERENCES member (association_id, id)"
        ),
        ["scratch: crossed can point into another association"],
    ),
    "a reference that empties the association": (
        (
            f"{_SCOPED} ALTER TABLE scratch DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (association_id, member_id) "
            "REFERENCES member (association_id, id) ON DELETE SET NULL"
        ),
        ["scratch: fk would take a row out of its association"],
    ),
    "a reference that follows keys": (
        (
            f"{_SCOPED} ALTER TABLE scratch DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (association_id, member_id) "
            "REFERENCES member (association_id, id) ON UPDATE CASCADE"
        ),
        ["scratch: fk follows changes of a key"],
    ),
    "a reference that was never checked": (
        (
            f"{_SCOPED} ALTER TABLE scratch DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (association_id, member_id) "
            "REFERENCES member (association_id, id) NOT VALID"
        ),
        ["scratch: fk was never checked on the rows that were there"],
    ),
    "a reference to the platform's tables": (
        f"{_SCOPED} ALTER TABLE scratch ADD CONSTRAINT up FOREIGN KEY (id) REFERENCES operator (id)",
        ["scratch: up refers to the platform's operator"],
    ),
    "a reference from the platform": (
        "ALTER TABLE host ADD CONSTRAINT down FOREIGN KEY (association_id, id) REFERENCES member (association_id, id)",
        ["host: down refers to an association's table from the platform"],
    ),
    "no reference to the association": (
        "ALTER TABLE scratch DROP CONSTRAINT scratch_association_id_fkey",
        ["scratch: does not refer to its association"],
    ),
    "unique across associations": (
        "ALTER TABLE scratch ADD CONSTRAINT word UNIQUE (word)",
        [
            "scratch: word is unique across associations",
            "scratch: word is unique across associations",
            "scratch: word leads with word",
        ],
    ),
    "an index that leads elsewhere": (
        "CREATE INDEX number ON scratch (number, association_id)",
        ["scratch: number leads with number"],
    ),
    "an index on an expression": (
        "CREATE INDEX lowered ON scratch (association_id, lower(word))",
        ["scratch: lowered cannot be used under row security"],
    ),
    "an index of another kind": (
        "CREATE INDEX hashed ON scratch USING hash (association_id)",
        ["scratch: hashed cannot be used under row security"],
    ),
    "no association": (
        "CREATE TABLE loose (id uuid PRIMARY KEY); GRANT SELECT ON loose TO tandem_app",
        [
            "loose: does not refer to its association",
            "loose: has no association_id and id of the type uuid that are always there",
            "loose: has the policies []",
            "loose: has the primary key [['id']]",
            "loose: loose_pkey is unique across associations",
            "loose: loose_pkey leads with id",
            "loose: row security is not forced",
            "loose: row security is off",
            "loose: the application is not granted exactly DELETE, INSERT, SELECT, UPDATE",
        ],
    ),
    "too much granted": (
        "GRANT TRUNCATE ON scratch TO tandem_app",
        ["scratch: the application is not granted exactly DELETE, INSERT, SELECT, UPDATE"],
    ),
    "granted on": (
        "GRANT SELECT ON scratch TO tandem_app WITH GRANT OPTION",
        ["scratch: the application is not granted exactly DELETE, INSERT, SELECT, UPDATE"],
    ),
    "granted by column": (
        "GRANT REFERENCES (word) ON scratch TO tandem_app",
        ["scratch: the application is not granted exactly DELETE, INSERT, SELECT, UPDATE"],
    ),
    "granted to everyone": (
        "GRANT SELECT ON scratch TO PUBLIC",
        ["scratch: is granted to PUBLIC"],
    ),
    "history that can be rewritten": (
        "GRANT UPDATE ON audit_entry TO tandem_app; DROP TRIGGER only_added ON audit_entry",
        [
            "audit_entry: has the triggers and rules []",
            "audit_entry: the application is not granted exactly INSERT, SELECT",
        ],
    ),
    "history with its trigger off": (
        "ALTER TABLE audit_entry DISABLE TRIGGER only_added",
        ["audit_entry: has the triggers and rules ['only_added']"],
    ),
    "a rule": (
        "CREATE RULE also AS ON INSERT TO scratch DO ALSO DELETE FROM job",
        ["scratch: has the triggers and rules ['also']"],
    ),
    "a view": (
        "CREATE VIEW everyone AS SELECT * FROM member",
        ["everyone: is of a kind (v) that row security does not hold for"],
    ),
    "a materialised view": (
        f"{_SCOPED} CREATE MATERIALIZED VIEW everyone AS SELECT * FROM scratch",
        ["everyone: is of a kind (m) that row security does not hold for"],
    ),
    "another schema": (
        "CREATE SCHEMA aside; ALTER TABLE scratch SET SCHEMA aside",
        [f"{name}: lies in the schema aside" for name in ("scratch", "scratch_pkey", "ix")],
    ),
    "a child table": (
        "CREATE TABLE child (LIKE scratch INCLUDING ALL) INHERITS (scratch);"
        "ALTER TABLE child ADD FOREIGN KEY (association_id) REFERENCES association (id);"
        + ";".join(secure_tenant_table("child")),
        ["scratch: has children, which would need policies of their own"],
    ),
    "a table that a crash empties": (
        "ALTER TABLE scratch SET UNLOGGED",
        ["scratch: is not kept for good", "scratch_pkey: is not kept for good", "ix: is not kept for good"],
    ),
    "a platform table that isn't there": (
        "DROP TABLE operator_attempt",
        ["operator_attempt: is listed as a platform table and isn't there"],
    ),
    "jobs without row security": (
        "ALTER TABLE job DISABLE ROW LEVEL SECURITY",
        ["job: row security is off"],
    ),
    "platform data that the application may write": (
        "GRANT UPDATE ON association TO tandem_app",
        ["association: the application is not granted exactly SELECT"],
    ),
    "a definer function that is not listed": (
        _FUNCTION.format("SECURITY DEFINER SET search_path = public, pg_temp") + ";" + _CLOSED,
        ["job_counts_too(): is a way across associations that is not listed"],
    ),
    "a search path that callers choose": (
        "ALTER FUNCTION job_counts RESET search_path",
        ["job_counts(): runs as its owner on a search path that a caller can change"],
    ),
    "a search path that begins with the caller's": (
        "ALTER FUNCTION job_counts SET search_path = pg_temp, public",
        ["job_counts(): runs as its owner on a search path that a caller can change"],
    ),
    "a definer function for everyone": (
        "GRANT EXECUTE ON FUNCTION job_counts TO PUBLIC",
        ["job_counts(): may be called by PUBLIC, tandem_app, tandem_owner"],
    ),
    "a function of the same name": (
        (
            "CREATE FUNCTION job_counts(text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp "
            "AS 'SELECT 1'; REVOKE ALL ON FUNCTION job_counts(text) FROM PUBLIC; "
            "GRANT EXECUTE ON FUNCTION job_counts(text) TO tandem_app"
        ),
        ["job_counts(): stands more than once"],
    ),
}

#: The same for what only a superuser can do.
WRONG_BY_SUPERUSER = {
    "a table of somebody else's": (
        "ALTER TABLE scratch OWNER TO postgres",
        [
            "ix: belongs to postgres",
            "scratch: belongs to postgres",
            "scratch: is granted to postgres",
            "scratch_pkey: belongs to postgres",
        ],
    ),
    "room for tables of the application's own": (
        "GRANT CREATE ON SCHEMA public TO tandem_app",
        ["tandem_app: may make things in the schema public"],
    ),
    "a function that calls itself leakproof": (
        "ALTER FUNCTION refuse_change LEAKPROOF",
        ["refuse_change(): says of itself that it leaks nothing"],
    ),
    "a role that bypasses": (
        "ALTER ROLE tandem_app BYPASSRLS",
        ["tandem_app: may pass by row security, or make a role that may"],
    ),
    "a role that makes roles": (
        "ALTER ROLE tandem_owner CREATEROLE",
        ["tandem_owner: may pass by row security, or make a role that may"],
    ),
    "a role that can become the owner": (
        "GRANT tandem_owner TO tandem_app",
        ["tandem_app: can become tandem_owner"],
    ),
}


@pytest.fixture(scope="module")
def own_database(new_database):
    """A database for the controls' tables, which other tests of this process should not wait for."""
    return new_database()


def test_every_table_keeps_associations_apart(database, counted):
    with psycopg.connect(database.owner_url) as connection:
        tables = {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

        assert complaints(connection) == []
        assert tables - set(PLATFORM) == set(tenant_tables())
        assert set(PLATFORM) <= tables
        assert tables >= APPEND_ONLY
        assert len(tables) >= 50
    counted(
        f"{len(tables)} tables, {len(tenant_tables())} of them an association's, 0 complaints; "
        f"{len(WRONG) + len(WRONG_BY_SUPERUSER)} controls, each of which has to be complained of"
    )


def test_a_table_as_it_should_be_passes(own_database):
    with psycopg.connect(own_database.owner_url) as connection:
        connection.execute(f"{GOOD};{SECURE}")

        assert complaints(connection) == []
        connection.rollback()


@pytest.mark.parametrize("wrong", WRONG)
def test_the_gate_finds(own_database, wrong):
    change, expected = WRONG[wrong]
    with psycopg.connect(own_database.owner_url) as connection:
        connection.execute(f"{GOOD};{SECURE}")
        connection.execute(change)

        assert complaints(connection) == sorted(expected)
        connection.rollback()


@pytest.mark.parametrize("wrong", WRONG_BY_SUPERUSER)
def test_the_gate_finds_what_only_a_superuser_does(own_database, wrong):
    change, expected = WRONG_BY_SUPERUSER[wrong]
    with psycopg.connect(own_database.superuser_url) as connection:
        connection.execute(f"SET LOCAL ROLE tandem_owner; {GOOD}; {SECURE}; RESET ROLE")
        connection.execute(change)

        assert complaints(connection) == sorted(expected)
        connection.rollback()


def test_a_migration_adds_a_key_with_force_taken_off_for_the_while(own_database):
    """PostgreSQL checks the rows that are there as the owner, who is under row security as well: see docs/isolation.md."""
    add = "ALTER TABLE scratch ADD CONSTRAINT more FOREIGN KEY (association_id, number_id) REFERENCES member (association_id, id)"
    with psycopg.connect(own_database.owner_url) as connection:
        connection.execute(f"{GOOD};{SECURE}; ALTER TABLE scratch ADD COLUMN number_id uuid")
        with pytest.raises(psycopg.Error, match=r"app\.association_id"), connection.transaction():
            connection.execute(add)

        for force in ("NO FORCE", "FORCE"):
            for table in ("scratch", "member"):
                connection.execute(f"ALTER TABLE {table} {force} ROW LEVEL SECURITY")
            if force == "NO FORCE":
                connection.execute(add)

        assert complaints(connection) == []
        connection.rollback()


def test_migrations_make_what_the_models_say(own_database):
    engine = create_engine(own_database.owner_url)
    with engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    engine.dispose()

    assert differences == []


def test_a_model_without_its_migration_is_found(own_database):
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["member"].append_column(Column("nickname", Text))
    engine = create_engine(own_database.owner_url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), changed)
    engine.dispose()

    assert [(change[0], change[2], change[3].name) for change in found] == [("add_column", "member", "nickname")]


#: What Alembic's comparison leaves out as well: checks, partial indexes, what is deferrable, how nulls compare.
_SHAPE = """
    SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid <> coalesce(to_regclass('alembic_version'), 0)
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
      AND indrelid <> coalesce(to_regclass('alembic_version'), 0)
    UNION ALL SELECT attrelid::regclass::text || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
        || ' ' || attcollation::regcollation::text || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND attrelid <> coalesce(to_regclass('alembic_version'), 0)
      AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')
"""


def test_a_database_made_of_the_models_has_the_same_shape(cluster, own_database):
    name = f"{own_database.name}_models"
    with cluster.admin() as admin:
        roles.ensure_database(admin, name)
        try:
            engine = create_engine(cluster.url(roles.OWNER, name))
            Base.metadata.create_all(engine)
            engine.dispose()
            with (
                psycopg.connect(cluster.url(roles.OWNER, name)) as one,
                psycopg.connect(own_database.owner_url) as other,
            ):
                made, migrated = ({row[0] for row in connection.execute(_SHAPE)} for connection in (one, other))
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    assert migrated - made == set()
    assert made - migrated == set()
    assert len(made) >= 500
