"""Associations full of people, made by PostgreSQL itself: hundreds of thousands of rows in seconds.

Everybody is invented from numbers, the same on every run. One association is made properly, from its YAML; its configuration is copied
to the others, and people with memberships, applications, mentorships, notices and a history are added to each. The rows fit together as the
application's own would; foreign keys are not checked again while they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

#: What an association's configuration consists of; copied as it is, since keys include the association.
_CONFIGURATION = (
    "department", "vocabulary_term", "committee", "form", "form_revision", "program", "program_revision",
    "document_revision", "cohort",
)  # fmt: skip

#: ``key(association, kind, number)``: an id that sorts by number, as time-ordered ids do. ``pick`` scatters numbers over a list.
_HELPERS = """
    CREATE OR REPLACE FUNCTION pg_temp.key(of uuid, kind int, number int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(1767225600000 + number * 60000::bigint + kind), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
                || '8' || left(lpad(to_hex(uuid_hash_extended(of, kind * 10000000::bigint + number)), 16, '0'), 15))::uuid
    $$;
    CREATE OR REPLACE FUNCTION pg_temp.pick(of uuid, number int, among int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
        SELECT 1 + (abs(uuid_hash_extended(of, number) % among))::int
    $$;
"""

_BEGINNINGS = (
    "Al", "Bar", "Cal", "Den", "El", "Far", "Gal", "Har", "Ing", "Jas", "Kel", "Lor", "Mar", "Nor", "Os", "Pel", "Quin",
    "Ros", "San", "Tor", "Ul", "Ver", "Wes", "Yar", "Zan",
)  # fmt: skip
_ENDINGS = (
    "ander", "berg", "combe", "dale", "erly", "field", "gate", "holm", "ington", "kins", "ley", "mont", "nett", "ock",
    "per", "quist", "rose", "sted", "ton", "vale", "wick", "yard",
)  # fmt: skip
_GIVEN = (
    "Ada", "Bo", "Cleo", "Dov", "Esme", "Finn", "Gia", "Hal", "Ines", "Joss", "Kit", "Lena", "Milo", "Nadia", "Omar", "Pia",
    "Quinn", "Rhea", "Sol", "Tess",
)  # fmt: skip

_PROGRAMS = """
    INSERT INTO program SELECT (jsonb_populate_record(p, jsonb_build_object(
        'id', pg_temp.key(p.association_id, 27, k), 'slug', p.slug || '-' || k, 'name', p.name || ' ' || k))).*
    FROM program AS p, generate_series(2, %(programs)s) AS k WHERE p.association_id = ANY (%(ids)s);

    INSERT INTO program_revision SELECT (jsonb_populate_record(r, jsonb_build_object(
        'id', pg_temp.key(r.association_id, 28, k), 'program_id', pg_temp.key(r.association_id, 27, k)))).*
    FROM program_revision AS r, generate_series(2, %(programs)s) AS k WHERE r.association_id = ANY (%(ids)s);
"""

_MEMBERS = """
    INSERT INTO member (association_id, id, number, given_name, family_name, email, email_key, name_key, state, created_at)
    SELECT a.id, pg_temp.key(a.id, 1, n), 'M' || lpad(n::text, 6, '0'), given, family, address, address,
           lower(family || ' ' || given), CASE WHEN n % 50 = 0 THEN 'removed' ELSE 'active' END, timestamptz '2026-01-01'
    FROM unnest(%(ids)s::uuid[]) AS a(id), generate_series(1, %(members)s) AS n,
         LATERAL (SELECT (%(beginnings)s::text[])[pg_temp.pick(a.id, n, cardinality(%(beginnings)s::text[]))]
                      || (%(endings)s::text[])[pg_temp.pick(a.id, -n, cardinality(%(endings)s::text[]))] AS family,
                  (%(given)s::text[])[pg_temp.pick(a.id, n + 7000000, cardinality(%(given)s::text[]))] AS given,
                  'person' || n || '@example.org' AS address) AS name;

    INSERT INTO membership (association_id, id, member_id, type, organisational, valid_from, paid_through)
    SELECT association_id, pg_temp.key(association_id, 2, n), id,
           (ARRAY['career-builder', 'career-builder', 'career-builder', 'retiree', 'student'])[1 + n % 5], false,
           date '2026-03-01' - 200 - (n % 3000), date '2026-03-01' - 60 + (n % 400)
    FROM member, LATERAL (SELECT substr(number, 2)::int) AS number_of(n) WHERE association_id = ANY (%(ids)s);

"""

_PEOPLE = """
    INSERT INTO employer (association_id, id, name, name_key, region)
    SELECT a.id, pg_temp.key(a.id, 3, n), 'District ' || n, 'district ' || n, 'region-' || n % 9
    FROM unnest(%(ids)s::uuid[]) AS a(id), generate_series(1, 30) AS n;

    INSERT INTO position (association_id, id, member_id, employer_id, title_text, valid_from, acting, retired)
    SELECT association_id, pg_temp.key(association_id, 4, n), id, pg_temp.key(association_id, 3, 1 + n % 30), 'Analyst',
           date '2026-03-01' - 100 - (n % 4000), false, false
    FROM member, LATERAL (SELECT substr(number, 2)::int) AS number_of(n) WHERE association_id = ANY (%(ids)s);

    INSERT INTO experience (association_id, id, member_id, discipline, years)
    SELECT association_id, pg_temp.key(association_id, 5 + k, n), id,
           (ARRAY['payroll', 'purchasing', 'accounting', 'facilities', 'budgeting'])[1 + (n + k) % 5], (n + 3 * k) % 12
    FROM member, LATERAL (SELECT substr(number, 2)::int) AS number_of(n), generate_series(0, 1) AS k
    WHERE association_id = ANY (%(ids)s);

    INSERT INTO account (association_id, id, member_id, name, name_key, email, email_key, state, created_at)
    SELECT association_id, pg_temp.key(association_id, 7, substr(number, 2)::int), id, given_name || ' ' || family_name,
           name_key, email, email_key, 'active', created_at
    FROM member WHERE association_id = ANY (%(ids)s);

    INSERT INTO account (association_id, id, name, name_key, email, email_key, state, created_at)
    SELECT a.id, pg_temp.key(a.id, 8, n), 'Staff ' || n, n || ' staff', 'staff' || n || '@example.org',
           'staff' || n || '@example.org', 'active', timestamptz '2026-01-01'
    FROM unnest(%(ids)s::uuid[]) AS a(id), generate_series(1, 5) AS n;

    INSERT INTO role_grant (association_id, id, account_id, role, created_at, detail)
    SELECT a.id, pg_temp.key(a.id, 9, n), pg_temp.key(a.id, 8, n), 'association-staff', timestamptz '2026-01-01', '{}'
    FROM unnest(%(ids)s::uuid[]) AS a(id), generate_series(1, 5) AS n;
"""

_APPLICATIONS = """
    CREATE TEMPORARY TABLE offered AS
    SELECT association_id AS a, id AS revision_id, program_id, row_number() OVER (PARTITION BY association_id ORDER BY id) AS place,
           count(*) OVER (PARTITION BY association_id) AS among,
           (resolved -> 'roles' -> 'mentor' -> 'form_revision' ->> 'id')::uuid AS mentor_form_id,
           (resolved -> 'roles' -> 'mentee' -> 'form_revision' ->> 'id')::uuid AS mentee_form_id
    FROM program_revision WHERE association_id = ANY (%(ids)s);

    CREATE TEMPORARY TABLE placed AS
    SELECT m.association_id AS a, m.id AS member_id, n, r.revision_id, r.program_id, role,
           CASE role WHEN 'mentor' THEN r.mentor_form_id ELSE r.mentee_form_id END AS form_revision_id,
           (ARRAY['submitted', 'submitted', 'submitted', 'approved', 'approved', 'approved', 'approved', 'approved', 'declined',
                  'returned'])[1 + n % 10] AS status,
           timestamptz '2026-01-05' + n * interval '3 minutes' AS at
    FROM member AS m, LATERAL (SELECT substr(number, 2)::int) AS number_of(n),
         LATERAL (SELECT CASE WHEN (n / 10) % 3 = 0 THEN 'mentor' ELSE 'mentee' END) AS role_of(role),
         offered AS r
    WHERE m.association_id = ANY (%(ids)s) AND r.a = m.association_id AND r.place = 1 + (n / 7) % r.among;

    ANALYZE placed;

    INSERT INTO submission (association_id, id, form_revision_id, member_id, state, answers, version, created_at, saved_at,
                            submitted_at)
    SELECT a, pg_temp.key(a, 10, n), form_revision_id, member_id, 'submitted', '{}', 1, at, at, at FROM placed;

    INSERT INTO answer_fact (association_id, id, submission_id, member_id, field, position, key, text_value)
    SELECT a, pg_temp.key(a, 24 + k, n), pg_temp.key(a, 10, n), member_id, CASE role WHEN 'mentor' THEN 'expertise' ELSE 'needs' END,
           k, word, word
    FROM placed, generate_series(0, 1) AS k,
         LATERAL (SELECT (ARRAY['payroll', 'purchasing', 'accounting', 'facilities', 'budgeting'])[1 + (n + k) % 5]) AS w(word);

    INSERT INTO application (association_id, id, member_id, program_id, role, program_revision_id, submission_id, status,
                             status_since, submitted_at, decided_at, decide_by, created_at)
    SELECT a, pg_temp.key(a, 11, n), member_id, program_id, role, revision_id, pg_temp.key(a, 10, n), status, at, at,
           CASE WHEN status IN ('approved', 'declined') THEN at END,
           CASE WHEN status = 'submitted' THEN at + interval '14 days' END, at FROM placed;

    INSERT INTO application_sending (association_id, id, application_id, sent_at, answers, evidence)
    SELECT a, pg_temp.key(a, 34, n), pg_temp.key(a, 11, n), at, '{"ways": ["phone"]}', '{}' FROM placed;

    INSERT INTO application_file (association_id, id, application_id, about, item, name, kind, size, digest, content, added_at)
    SELECT a, pg_temp.key(a, 35, n), pg_temp.key(a, 11, n), 'rule', 'experience', 'letter.pdf', 'pdf', 9, md5(n::text), '%PDF-1.7', at
    FROM placed WHERE n % 5 = 0;

    INSERT INTO review_assignment (association_id, id, application_id, account_id, created_at)
    SELECT a, pg_temp.key(a, 29, n), pg_temp.key(a, 11, n), pg_temp.key(a, 8, 1 + n % 5), at FROM placed
    WHERE status = 'submitted' AND n % 2 = 0;

    INSERT INTO vote (association_id, id, application_id, account_id, sent_at, choice, scores, cast_at)
    SELECT a, pg_temp.key(a, 30, n), pg_temp.key(a, 11, n), pg_temp.key(a, 8, 1 + n % 5), at, 'approve', '{}', at FROM placed
    WHERE n % 3 = 0;

    INSERT INTO decision (association_id, id, application_id, account_id, sent_at, outcome, created_at)
    SELECT a, pg_temp.key(a, 31, n), pg_temp.key(a, 11, n), pg_temp.key(a, 8, 1 + n % 5), at, status, at + interval '3 days' FROM placed
    WHERE status IN ('approved', 'declined');

    INSERT INTO staff_note (association_id, id, member_id, account_id, author_name, body, created_at)
    SELECT a, pg_temp.key(a, 32, n), member_id, pg_temp.key(a, 8, 1), 'Staff 1', 'Called.', at FROM placed WHERE n % 5 = 0;

    INSERT INTO correction_request (association_id, id, member_id, about, wish, state, created_at)
    SELECT association_id, pg_temp.key(association_id, 34, substr(number, 2)::int), id, 'positions', 'It began in 2021.',
           CASE WHEN substr(number, 2)::int % 4 = 0 THEN 'open' ELSE 'accepted' END, timestamptz '2026-01-01'
    FROM member WHERE association_id = ANY (%(ids)s);

    INSERT INTO data_copy (association_id, id, member_id, asked_at)
    SELECT association_id, pg_temp.key(association_id, 35, substr(number, 2)::int), id, timestamptz '2026-01-01'
    FROM member WHERE association_id = ANY (%(ids)s);

    INSERT INTO saved_view (association_id, id, account_id, page, name, query, created_at)
    SELECT a, pg_temp.key(a, 33, n), pg_temp.key(a, 7, n), 'pools', 'View ' || n, 'role=mentor', at FROM placed;

    INSERT INTO pool_entry (association_id, id, application_id, member_id, program_id, role, places, state, priority, entered_at)
    SELECT a, pg_temp.key(a, 12, n), pg_temp.key(a, 11, n), member_id, program_id, role,
           CASE role WHEN 'mentor' THEN 3 ELSE 1 END,
           CASE WHEN role = 'mentee' AND n % 10 IN (3, 4) THEN 'matched' ELSE 'open' END, 0, at
    FROM placed WHERE status = 'approved';
"""

_MENTORSHIPS = """
    CREATE TEMPORARY TABLE paired AS
    SELECT mentee.a, mentee.n, mentee.program_id, mentee.revision_id, mentee.member_id AS mentee_id, mentor.member_id AS mentor_id,
           mentor.n AS mentor_n, mentee.at
    FROM (SELECT *, row_number() OVER (PARTITION BY a, program_id ORDER BY n) AS place FROM placed
          WHERE role = 'mentee' AND status = 'approved' AND n % 10 IN (3, 4)) AS mentee
    JOIN (SELECT *, row_number() OVER (PARTITION BY a, program_id ORDER BY n) AS place,
                 count(*) OVER (PARTITION BY a, program_id) AS mentors FROM placed
          WHERE role = 'mentor' AND status = 'approved') AS mentor
      ON mentor.a = mentee.a AND mentor.program_id = mentee.program_id AND mentor.place = 1 + mentee.place % mentor.mentors;

    ANALYZE paired;

    INSERT INTO match_run (association_id, id, program_id, program_revision_id, state, summary, unmatched, left_over, prices,
                           recruiting, created_at, published_at)
    SELECT association_id, pg_temp.key(association_id, 22, row_number() OVER (PARTITION BY association_id ORDER BY id)::int),
           program_id, id, 'published', '{}', '[]', 0, '{}', '[]', timestamptz '2026-02-01', timestamptz '2026-02-02'
    FROM program_revision WHERE association_id = ANY (%(ids)s);

    INSERT INTO proposal (association_id, id, match_run_id, mentee_entry_id, mentor_entry_id, points, parts, reasons, by_hand, waived, state)
    SELECT p.a, pg_temp.key(p.a, 23, p.n), r.id, pg_temp.key(p.a, 12, p.n), pg_temp.key(p.a, 12, p.mentor_n), p.n % 100, '[]', '[]',
           false, '[]', 'published'
    FROM paired AS p JOIN match_run AS r ON r.association_id = p.a AND r.program_id = p.program_id;

    INSERT INTO mentor_ask (association_id, id, program_id, mentee_entry_id, mentor_entry_id, state, fit, scarcity, reasons,
                            then_next, asked_at, due_at)
    SELECT p.a, pg_temp.key(p.a, 27, p.n), p.program_id, pg_temp.key(p.a, 12, p.n), pg_temp.key(p.a, 12, p.mentor_n),
           (ARRAY['accepted', 'declined', 'lapsed'])[1 + p.n / 10 % 3], p.n % 100, 0, '[]', false, p.at, p.at + interval '7 days'
    FROM paired AS p;

    INSERT INTO mentorship (association_id, id, program_id, program_revision_id, match_run_id, state, started_at)
    SELECT p.a, pg_temp.key(p.a, 13, p.n), p.program_id, p.revision_id, r.id,
           (ARRAY['active', 'active', 'active', 'ended'])[1 + p.n / 10 % 4], p.at
    FROM paired AS p JOIN match_run AS r ON r.association_id = p.a AND r.program_id = p.program_id;

    INSERT INTO participant (association_id, id, mentorship_id, member_id, pool_entry_id, side, joined_at)
    SELECT a, pg_temp.key(a, 14, n), pg_temp.key(a, 13, n), mentee_id, pg_temp.key(a, 12, n), 'mentee', at FROM paired
    UNION ALL
    SELECT a, pg_temp.key(a, 15, n), pg_temp.key(a, 13, n), mentor_id, pg_temp.key(a, 12, mentor_n), 'mentor', at FROM paired;

    INSERT INTO meeting (association_id, id, mentorship_id, held_on, minutes, way, logged_by, created_at)
    SELECT a, pg_temp.key(a, 16 + k, n), pg_temp.key(a, 13, n), at::date + 7 * k, 60, 'phone', pg_temp.key(a, 14, n), at
    FROM paired, generate_series(0, 1) AS k;

    INSERT INTO reassignment_request (association_id, id, mentorship_id, participant_id, reason, state, created_at)
    SELECT a, pg_temp.key(a, 26, n), pg_temp.key(a, 13, n), pg_temp.key(a, 14, n), 'We never find a time.', 'open', at
    FROM paired WHERE n % 70 = 3;

    INSERT INTO evaluation (association_id, id, mentorship_id, participant_id, key, about_id, submission_id, created_at)
    SELECT a, pg_temp.key(a, 27, n), pg_temp.key(a, 13, n), pg_temp.key(a, 14, n), 'of-the-mentor', pg_temp.key(a, 15, n),
           pg_temp.key(a, 10, n), at
    FROM paired WHERE n / 10 % 4 = 3;

    INSERT INTO message (association_id, id, mentorship_id, participant_id, body, created_at)
    SELECT a, pg_temp.key(a, 28 + k, n), pg_temp.key(a, 13, n), pg_temp.key(a, 14 + k, n), 'When would suit you?', at
    FROM paired, generate_series(0, 1) AS k;

    INSERT INTO concern (association_id, id, mentorship_id, participant_id, body, created_at)
    SELECT a, pg_temp.key(a, 30, n), pg_temp.key(a, 13, n), pg_temp.key(a, 14, n), 'We never find a time.', at
    FROM paired WHERE n % 7 = 3;

    INSERT INTO check_in (association_id, id, mentorship_id, participant_id, asked_at)
    SELECT a, pg_temp.key(a, 31, n), pg_temp.key(a, 13, n), pg_temp.key(a, 14, n), at FROM paired WHERE n % 7 = 3;
"""

_TRACES = """
    INSERT INTO notice (association_id, id, account_id, member_id, program_id, template, language, address, subject, text_body,
                        html_body, about_kind, about_id, created_at)
    SELECT a, pg_temp.key(a, 18, n), pg_temp.key(a, 7, n), member_id, program_id, 'application-received', 'en',
           'person' || n || '@example.org', 'Your application', repeat('Thank you for applying. ', 10),
           repeat('<p>Thank you for applying.</p>', 10), 'application', pg_temp.key(a, 11, n), at FROM placed;

    INSERT INTO delivery (association_id, id, notice_id, channel, state, message_id, attempts, created_at, finished_at)
    SELECT a, pg_temp.key(a, 19, n), pg_temp.key(a, 18, n), 'email', CASE WHEN n % 40 = 0 THEN 'failed' ELSE 'sent' END,
           '<' || n || '@example.org>', 1, at, at FROM placed;

    INSERT INTO audit_entry (association_id, id, account_id, actor_name, action, object_kind, object_id, program_id, visibility,
                             changes, happened_at, recorded_at)
    SELECT a, pg_temp.key(a, 20, n), pg_temp.key(a, 7, n), 'Somebody', 'application.submitted', 'application', pg_temp.key(a, 11, n),
           program_id, 'staff', '{}', at, at FROM placed;

    INSERT INTO job (id, association_id, kind, queue, arguments, state, attempts, max_attempts, run_after, progress,
                     cancel_requested, created_at, finished_at)
    SELECT pg_temp.key(a, 21, n), a, 'notices.deliver', 'default', '{}', 'done', 1, 5, at, 0, false, at, at
    FROM placed WHERE n % 4 = 0;

    DROP TABLE offered;
    DROP TABLE placed;
    DROP TABLE paired;
"""


def register(connection: psycopg.Connection[Any], count: int) -> list[UUID]:
    """Register ``count`` more associations with their hosts; returns their ids, the same each time."""
    rows = connection.execute(
        """
        WITH made AS (
            INSERT INTO association (id, slug, name, language, time_zone, state, clock_offset, created_at)
            SELECT md5('many-' || n)::uuid, 'many-' || n, 'Association ' || n, 'en', 'UTC', 'active', interval '0', now()
            FROM generate_series(1, %s) AS n RETURNING id, slug)
        INSERT INTO host (id, association_id, hostname, canonical)
        SELECT gen_random_uuid(), id, slug || '.localhost', true FROM made RETURNING association_id
        """,
        [count],
    ).fetchall()
    return [row[0] for row in rows]


def copy_configuration(connection: psycopg.Connection[Any], source: UUID, targets: Sequence[UUID]) -> None:
    """Give ``targets`` the configuration of ``source``."""
    for table in _CONFIGURATION:
        columns = ", ".join(
            row[0]
            for row in connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
                "AND attname <> 'association_id' ORDER BY attnum",
                [table],
            )
        )
        connection.execute(
            f"INSERT INTO {table} (association_id, {columns}) SELECT target, {columns} FROM {table}, unnest(%s::uuid[]) AS t(target) "
            f"WHERE association_id = %s".encode(),
            [list(targets), source],
        )


def add_people(
    connection: psycopg.Connection[Any], associations: Sequence[UUID], members: int, *, programs: int = 1
) -> None:
    """Give each of ``associations`` ``members`` members with all that follows from them, and five of staff.

    The associations have their configuration already, with one program, of which there will be ``programs``. ``connection`` is a
    superuser's. Commits and analyses.
    """
    parts = (_PROGRAMS, _MEMBERS, _PEOPLE, _APPLICATIONS, _MENTORSHIPS, _TRACES)
    _run(connection, parts, associations, members, programs)


def add_members(connection: psycopg.Connection[Any], associations: Sequence[UUID], members: int) -> None:
    """Give each of ``associations`` ``members`` members, each with one membership, and nothing else; as ``add_people``."""
    _run(connection, (_MEMBERS,), associations, members, 1)


def _run(
    connection: psycopg.Connection[Any], parts: Sequence[str], associations: Sequence[UUID], members: int, programs: int
) -> None:
    values = {
        "ids": list(associations),
        "members": members,
        "programs": programs,
        "beginnings": list(_BEGINNINGS),
        "endings": list(_ENDINGS),
        "given": list(_GIVEN),
    }
    connection.execute("SET session_replication_role = replica")
    connection.execute(_HELPERS)
    for part in parts:
        for statement in part.split(";\n"):
            if statement.strip():
                # A per cent sign alone is PostgreSQL's remainder.
                connection.execute(statement.replace("%", "%%").replace("%%(", "%(").encode(), values)
    connection.execute("SET session_replication_role = origin")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM (ANALYZE)")
    connection.autocommit = False
