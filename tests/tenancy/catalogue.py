"""What PostgreSQL's own catalogue must say of a database that associations share.

``complaints`` reads the catalogue alone, never our models: a table that a migration makes by hand is seen like any other. What is
expected stands here in so many words, so that loosening the rules in the code does not loosen the gate with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

APP, OWNER = "tandem_app", "tandem_owner"

#: The one form of policy, as PostgreSQL prints it: the sub-select is evaluated once, an absent scope is an error.
POLICY = "(association_id = ( SELECT (current_setting('app.association_id'::text))::uuid AS current_setting))"

ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
READ = frozenset({"SELECT"})
ADD = frozenset({"SELECT", "INSERT"})
NOTHING: frozenset[str] = frozenset()

#: Platform tables: they hold no association's content. What the application may do with each.
PLATFORM = {
    "alembic_version": NOTHING,
    "association": READ,
    "host": READ,
    "job": ALL,
    "operator": READ,
    "operator_attempt": ALL,
    "operator_session": ALL,
    "schedule": ALL,
}
#: Platform tables with an association's rows: secured for the application, open to the owner's functions that claim work.
SECURED_PLATFORM = {"job", "schedule"}

#: Tables to which rows are only ever added.
APPEND_ONLY = {"audit_entry", "document_revision", "form_revision", "program_revision"}

#: The only ways across associations.
DEFINERS = {
    "association_create", "association_set_clock_offset", "association_set_mail_held", "association_set_state", "association_update", "audit_erase", "job_claim",
    "job_counts", "job_take_due", "operator_set", "schedule_due_associations", "schedule_next_due",
}  # fmt: skip

#: Tables that can hold rows, in PostgreSQL's letters: ordinary and partitioned.
_TABLES = {"r", "p"}
_ALLOWED_KINDS = _TABLES | {"i", "I", "t"}

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'"


#: Everything about the tables, each row with the table's oid as ``of``.
_ABOUT = {
    "policies": """
        SELECT polrelid AS of, polname, polcmd, polpermissive, polroles = '{0}' AS everyone,
               pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS checked FROM pg_policy""",
    "grants": """
        SELECT t.of, coalesce(r.rolname, 'PUBLIC') AS grantee, t.privilege, t.is_grantable FROM (
            SELECT oid AS of, g.grantee, g.privilege_type AS privilege, g.is_grantable FROM pg_class, aclexplode(relacl) AS g
            UNION ALL SELECT attrelid, g.grantee, g.privilege_type || ' of ' || attname, g.is_grantable
            FROM pg_attribute, aclexplode(attacl) AS g) AS t
        LEFT JOIN pg_roles AS r ON r.oid = t.grantee""",
    # tgtype 26: before update or delete, for each statement. Enabled otherwise than with 'O' it would not fire.
    "triggers": """
        SELECT tgrelid AS of, tgname AS name, tgtype = 26 AND tgenabled = 'O' AS refuses FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT ev_class, rulename, false FROM pg_rewrite""",
    "columns": """
        SELECT attrelid AS of, attname, format_type(atttypid, atttypmod) AS type, attnotnull FROM pg_attribute
        WHERE attname IN ('association_id', 'id') AND NOT attisdropped ORDER BY attname""",
    "constraints": """
        SELECT conrelid AS of, conname, contype, confrelid::regclass::text AS target, confdeltype, confupdtype, convalidated,
               (SELECT array_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(number, place)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number) AS columns,
               (SELECT array_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY AS k(number, place)
                JOIN pg_attribute ON attrelid = confrelid AND attnum = k.number) AS targets,
               (SELECT array_agg(attname) FROM unnest(confdelsetcols) AS k(number)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number) AS set_null
        FROM pg_constraint WHERE conrelid <> 0 AND contype <> 'n' ORDER BY conname""",
    "indexes": """
        SELECT x.indrelid AS of, c.relname AS name, x.indisunique, x.indisvalid AND x.indisready AS usable, m.amname,
               x.indexprs IS NOT NULL AS expression,
               (SELECT array_agg(coalesce(a.attname, '') ORDER BY place)
                FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
                LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number <> 0) AS columns
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am m ON m.oid = c.relam
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname <> 'pg_catalog' ORDER BY c.relname""",
}


def complaints(connection: psycopg.Connection[Any]) -> list[str]:
    """Everything that is wrong with the connected database, sorted; empty if it keeps associations apart."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        relations = cursor.execute(
            f"""
            SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relrowsecurity AS secured,
                   c.relforcerowsecurity AS forced, pg_get_userbyid(c.relowner) AS owner, c.relhassubclass AS inherited,
                   c.relpersistence AS persistence
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}
            """
        ).fetchall()
        about = {kind: _by_table(cursor.execute(query.replace("%", "%%")).fetchall()) for kind, query in _ABOUT.items()}
        found = list(_of_relations(relations))
        for table in relations:
            if table.kind in _TABLES:
                own = {kind: rows.get(table.oid, []) for kind, rows in about.items()}
                found += [f"{table.name}: {text}" for text in _of_table(table, own)]
        found += _of_functions(cursor)
        found += _of_roles(cursor)
    return sorted(found)


def _by_table(rows: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.of, []).append(row)
    return found


def _of_relations(relations: list[Any]) -> Iterator[str]:
    for relation in relations:
        if relation.kind not in _ALLOWED_KINDS:
            yield f"{relation.name}: is of a kind ({relation.kind}) that row security does not hold for"
        if relation.schema != "public":
            yield f"{relation.name}: lies in the schema {relation.schema}"
        if relation.owner != OWNER:
            yield f"{relation.name}: belongs to {relation.owner}"
        if relation.inherited and relation.kind in _TABLES:
            yield f"{relation.name}: has children, which would need policies of their own"
        if relation.persistence != "p":
            yield f"{relation.name}: is not kept for good"
    missing = set(PLATFORM) - {relation.name for relation in relations}
    yield from (f"{name}: is listed as a platform table and isn't there" for name in sorted(missing))


def _of_table(table: Any, about: dict[str, list[Any]]) -> Iterator[str]:
    if table.name in PLATFORM:
        yield from _of_row_security(table, about["policies"], secured=table.name in SECURED_PLATFORM, forced=False)
        yield from _of_grants(about["grants"], PLATFORM[table.name])
        yield from _of_triggers(about["triggers"], set())
        for row in about["constraints"]:
            if row.contype == "f" and row.target not in PLATFORM:
                yield f"{row.conname} refers to an association's table from the platform"
        return
    append_only = table.name in APPEND_ONLY
    yield from _of_row_security(table, about["policies"], secured=True, forced=True)
    yield from _of_grants(about["grants"], ADD if append_only else ALL)
    yield from _of_triggers(about["triggers"], {"only_added"} if append_only else set())
    if [tuple(row)[1:] for row in about["columns"]] != [("association_id", "uuid", True), ("id", "uuid", True)]:
        yield "has no association_id and id of the type uuid that are always there"
    yield from _of_constraints(about["constraints"])
    yield from _of_indexes(about["indexes"])


def _of_row_security(table: Any, policies: list[Any], *, secured: bool, forced: bool) -> Iterator[str]:
    if table.secured is not secured:
        yield f"row security is {'on' if table.secured else 'off'}"
    if table.forced is not forced:
        yield f"row security is {'' if table.forced else 'not '}forced"
    found = [tuple(policy)[1:] for policy in policies]
    if found != ([("association", "*", True, True, POLICY, POLICY)] if secured else []):
        yield f"has the policies {found}"


def _of_grants(grants: list[Any], wanted: frozenset[str]) -> Iterator[str]:
    given: dict[str, set[str]] = {}
    for grant in grants:
        privilege = grant.privilege + (" with grant option" if grant.is_grantable else "")
        given.setdefault(grant.grantee, set()).add(privilege)
    given.pop(OWNER, None)
    if given.pop(APP, set()) != wanted:
        yield f"the application is not granted exactly {', '.join(sorted(wanted)) or 'nothing'}"
    yield from (f"is granted to {name}" for name in sorted(given))


def _of_triggers(triggers: list[Any], wanted: set[str]) -> Iterator[str]:
    if {row.name for row in triggers if row.refuses} != wanted or len(triggers) != len(wanted):
        yield f"has the triggers and rules {sorted(row.name for row in triggers)}"


def _of_constraints(constraints: list[Any]) -> Iterator[str]:
    keys = [row.columns for row in constraints if row.contype == "p"]
    if keys != [["association_id", "id"]]:
        yield f"has the primary key {keys}"
    for row in constraints:
        if row.contype in {"u", "x"} and "association_id" not in row.columns:
            yield f"{row.conname} is unique across associations"
        if row.contype == "f":
            yield from _of_reference(row)
    if not any(row.contype == "f" and row.target == "association" for row in constraints):
        yield "does not refer to its association"


def _of_reference(row: Any) -> Iterator[str]:
    if not row.convalidated:
        yield f"{row.conname} was never checked on the rows that were there"
    if row.target == "association":
        if (row.columns, row.targets) != (["association_id"], ["id"]):
            yield f"{row.conname} refers to an association by {row.columns}"
        return
    if row.target in PLATFORM:
        yield f"{row.conname} refers to the platform's {row.target}"
        return
    if ("association_id", "association_id") not in zip(row.columns, row.targets, strict=True):
        yield f"{row.conname} can point into another association"
    if row.confupdtype != "a":
        yield f"{row.conname} follows changes of a key"
    # SET NULL or SET DEFAULT without its column named would empty association_id as well.
    if row.confdeltype in {"n", "d"} and (not row.set_null or "association_id" in row.set_null):
        yield f"{row.conname} would take a row out of its association"


def _of_indexes(indexes: list[Any]) -> Iterator[str]:
    for row in indexes:
        if row.columns[0] != "association_id":
            yield f"{row.name} leads with {row.columns[0] or 'an expression'}"
        if row.indisunique and "association_id" not in row.columns:
            yield f"{row.name} is unique across associations"
        if row.expression or row.amname != "btree":
            # What is not a plain comparison is not leakproof, and such an index is left aside under row security.
            yield f"{row.name} cannot be used under row security"
        if not row.usable:
            yield f"{row.name} was left half built"


def _of_functions(cursor: Any) -> Iterator[str]:
    functions = cursor.execute(
        f"""SELECT p.proname AS name, p.prosecdef AS definer, p.proleakproof AS leakproof, p.proconfig AS settings,
                   pg_get_userbyid(p.proowner) AS owner, l.lanname AS language,
                   (SELECT array_agg(coalesce(r.rolname, 'PUBLIC'))
                    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
                    LEFT JOIN pg_roles r ON r.oid = g.grantee) AS callers
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
            WHERE {_OURS} ORDER BY p.oid"""
    ).fetchall()
    for row in functions:
        if row.owner != OWNER:
            yield f"{row.name}(): belongs to {row.owner}"
        if row.leakproof:
            yield f"{row.name}(): says of itself that it leaks nothing"
        if row.definer and row.name not in DEFINERS:
            yield f"{row.name}(): is a way across associations that is not listed"
        if row.definer and row.settings != ["search_path=public, pg_temp"]:
            yield f"{row.name}(): runs as its owner on a search path that a caller can change"
        if row.definer and sorted(row.callers) != [APP, OWNER]:
            yield f"{row.name}(): may be called by {', '.join(sorted(row.callers))}"
        if row.language not in {"sql", "plpgsql"}:
            yield f"{row.name}(): is written in {row.language}"
    names = [row.name for row in functions if row.definer]
    yield from (f"{name}(): is listed as a way across and isn't there" for name in sorted(DEFINERS - set(names)))
    yield from (
        f"{name}(): stands more than once" for name in sorted({name for name in names if names.count(name) > 1})
    )


def _of_roles(cursor: Any) -> Iterator[str]:
    for row in cursor.execute(
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolreplication FROM pg_roles
           WHERE rolname = ANY(%s)""",
        [[APP, OWNER]],
    ):
        if any(row[1:]):
            yield f"{row.rolname}: may pass by row security, or make a role that may"
    for row in cursor.execute(
        "SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = %s::regrole", [APP]
    ):
        yield f"{APP}: can become {row.role}"
    created = cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE') AS may", [APP]).fetchone()
    if created.may:
        yield f"{APP}: may make things in the schema public"
