"""How PostgreSQL finds members: twenty associations in the tables, and every list and search uses an index.

The control looks the same names up on an expression that row security cannot hand to an index.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from tandem.access.actor import Actor, Grant
from tandem.clocks import program_today
from tandem.directory.models import Member, Membership
from tandem.directory.queries import Filters, member_record, members_page
from tandem.extensions import db
from tests.factories import an_association

ASSOCIATIONS, MEMBERS = 20, 1500
STAFF = Actor(account_id=None, member_id=None, name="", grants=(Grant("association-staff"),))
FILL = """INSERT INTO member (association_id, id, number, given_name, family_name, email, email_key, name_key, state, created_at)
    SELECT :association, gen_random_uuid(), 'N-' || n, 'Alex', 'Family' || n, 'm' || n || '@example.org',
           'm' || n || '@example.org', 'family' || n || ' alex', 'active', :now FROM generate_series(1, :count) AS n"""
FILL_MEMBERSHIPS = """INSERT INTO membership (association_id, id, member_id, type, organisational, valid_from, paid_through)
    SELECT association_id, gen_random_uuid(), id, CASE WHEN number LIKE '%77' THEN 'rare' ELSE 'career' END, false, :since, :paid
    FROM member"""


@pytest.fixture(scope="module")
def crowd(app, database):
    """Twenty associations with many members each; gives the scope of one of them."""
    from tandem.tenancy.edge import open_association

    with app.app_context():
        scopes = [an_association() for _ in range(ASSOCIATIONS)]
        for scope in scopes:
            with open_association(scope.association_id):
                values = {"association": scope.association_id, "now": "2026-01-01", "count": MEMBERS}
                db.session.execute(text(FILL), values)
                today = program_today()
                dates = {"since": date(2020, 1, 1), "paid": today + timedelta(days=30)}
                db.session.execute(text(FILL_MEMBERSHIPS), dates)
                db.session.commit()
    analyse(database)
    return scopes[7]


def analyse(database):
    import psycopg

    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE member, membership, position, experience")


@pytest.fixture
def plans(app, crowd):
    """Run a read in one of the associations; gives the plans of its statements on members and their parts."""
    from tandem.tenancy.edge import open_association

    def run(read):
        seen = []

        def note(_c, _cursor, statement, parameters, *_rest):
            if re.search(r"FROM (member|membership|position|experience)\b", statement):
                seen.append((statement, parameters))

        with app.app_context(), open_association(crowd.association_id):
            event.listen(db.engine, "before_cursor_execute", note)
            try:
                read()
            finally:
                event.remove(db.engine, "before_cursor_execute", note)
            connection = db.session.connection().connection.driver_connection
            found = []
            for statement, parameters in seen:
                cursor = connection.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}", parameters)
                found.append("\n".join(row[0] for row in cursor))
            return found

    return run


def page(**more):
    return lambda: members_page(actor=STAFF, **more)


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (page(), "ix_member_association_id_name_key_id"),
        (page(search="Family12, A"), "ix_member_association_id_name_key_id"),
        (page(search="alex"), "(ix|uq|pk)_member"),
        (page(search="N-77"), "ix_member_association_id_number"),
        (page(search="m77@example.org"), "uq_member_association_id_email_key"),
        (page(filters=Filters(type="rare")), "ix_membership_association_id_type_member_id"),
    ],
    ids=["list", "family, given", "word in the name", "number", "address", "type"],
)
def test_lists_and_searches_use_an_index(plans, read, index):
    first = plans(read)[0]

    assert re.search(f"(using|on) {index}", first)
    assert "Seq Scan on member" not in first
    assert re.search(r"Index Cond: \(+association_id = (\$|\(InitPlan)", first)


def test_later_pages_begin_at_their_row(plans, app, crowd):
    from tandem.tenancy.edge import open_association

    with app.app_context(), open_association(crowd.association_id):
        cursor = members_page(actor=STAFF).next

    anchor, rows = plans(page(after=cursor))[:2]

    assert "using pk_member" in anchor
    assert "ROW(name_key, id) > ROW(" in rows
    assert re.search(r"Index Scan using ix_member_association_id_name_key_id on member \(actual rows=51", rows)


def test_one_person_is_read_by_index_alone(plans, app, crowd):
    from tandem.tenancy.edge import open_association

    with app.app_context(), open_association(crowd.association_id):
        member_id = db.session.scalars(db.select(Member.id).limit(1)).one()

    found = plans(lambda: member_record(actor=STAFF, member_id=member_id))

    assert len(found) == 4
    assert "Seq Scan on member" not in "\n".join(found)


@pytest.mark.parametrize("condition", ["lower(family_name) = 'family77'", "family_name ILIKE 'family77'"])
def test_control_expression_scans_the_whole_association(plans, condition):
    def read():
        db.session.execute(text(f"SELECT id FROM member WHERE {condition}")).all()

    [plan] = plans(read)

    assert f"Rows Removed by Filter: {MEMBERS - 1}" in plan or "Seq Scan on member" in plan


def test_membership_index_serves_the_rare_type(plans):
    def read():
        db.session.scalars(db.select(Membership.member_id).where(Membership.type == "rare")).all()

    [plan] = plans(read)

    assert "ix_membership_association_id_type_member_id" in plan
