"""The statements of an import. All names in them are constants of this module; values never are.

``stage_…`` tables hold what the file says, ``found_…`` tables what that means for the directory: which row of it is meant, what it
would hold afterwards (``given`` tells by bits which fields the file has columns for; the others keep their values), and the
difference, empty where there is none.
"""

# ruff: noqa: S608 - every name that is put into a statement is a constant of this package.
from __future__ import annotations

#: Bits of ``given`` for the fields of a membership or position.
BITS = {
    "level": 1, "valid_to": 2, "paid_through": 4, "organisational": 8, "title": 16, "acting": 32, "retired": 64,
}  # fmt: skip

STAGED = ("stage_person", "stage_membership", "stage_position", "stage_employer", "stage_experience", "stage_problem")
FOUND = ("found_person", "found_employer", "found_membership", "found_position", "found_experience", "found_row")

CREATE = (
    *(f"DROP TABLE IF EXISTS pg_temp.{name}" for name in (*STAGED, *FOUND)),
    """CREATE TEMPORARY TABLE stage_person (
        row integer, row_id uuid, new_id uuid, number text COLLATE "C", given_name text, family_name text, email text,
        email_key text COLLATE "C", name_key text COLLATE "C", phone text, language text, time_zone text) ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE stage_membership (
        row integer, new_id uuid, ordinal integer, given integer, type text, valid_from date, level text, valid_to date,
        paid_through date, organisational boolean) ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE stage_position (
        row integer, new_id uuid, ordinal integer, given integer, employer text COLLATE "C", valid_from date, title text,
        title_text text, valid_to date, acting boolean, retired boolean) ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE stage_employer (
        key text COLLATE "C", name text, row integer, row_id uuid, new_id uuid, region text, region_row integer)
        ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE stage_experience (row integer, new_id uuid, discipline text, years numeric(4, 1))
        ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE stage_problem (row integer, row_id uuid, number text, name text, problems jsonb)
        ON COMMIT DROP""",
)


def copy_into(name: str) -> bytes:
    """The statement that takes CSV lines into one of the ``STAGED`` tables. Empty is null, except for a given name."""
    options = "FORMAT csv, FORCE_NOT_NULL (given_name)" if name == "stage_person" else "FORMAT csv"
    return f"COPY {name} FROM STDIN ({options})".encode()


#: Two imports of one association take turns; so does one with itself.
TAKE_TURN = (
    "SELECT pg_advisory_xact_lock(hashtextextended('tandem.directory.import', 0) # hashtextextended(:association, 0))"
)

#: Nobody changes these members, or their parts, between the comparison and the end of the transaction.
LOCK = """SELECT count(*) FROM (
    SELECT m.id FROM member AS m JOIN stage_person AS s ON s.number = m.number ORDER BY m.id FOR UPDATE OF m) AS locked"""


def find_persons(columns: list[str]) -> str:
    """Which member each row means, and what differs in the given ``columns`` of ``member``."""
    here = ", ".join(f"m.{column}" for column in columns)
    there = ", ".join(f"s.{column}" for column in columns)
    differences = " || ".join(
        f"CASE WHEN m.{column} IS DISTINCT FROM s.{column} THEN "
        f"jsonb_build_object('{column}', jsonb_build_array(m.{column}, s.{column})) ELSE '{{}}' END"
        for column in columns
    )
    return f"""CREATE TEMPORARY TABLE found_person ON COMMIT DROP AS
        SELECT s.row, coalesce(m.id, s.new_id) AS member_id, m.id IS NOT NULL AS known,
               coalesce(m.state = 'removed', false) AS removed,
               CASE WHEN m.id IS NOT NULL AND ({here}) IS DISTINCT FROM ({there}) THEN {differences} END AS changes
        FROM stage_person AS s LEFT JOIN member AS m ON m.number = s.number"""


FIND_EMPLOYERS = """CREATE TEMPORARY TABLE found_employer ON COMMIT DROP AS
    SELECT s.key, s.name, s.row, s.row_id, s.region_row, coalesce(e.id, s.new_id) AS employer_id, e.id IS NULL AS is_new,
           coalesce(s.region, e.region) AS region, e.region AS region_before,
           e.id IS NOT NULL AND s.region IS NOT NULL AND s.region IS DISTINCT FROM e.region AS changed
    FROM stage_employer AS s LEFT JOIN employer AS e ON e.name_key = s.key
    WHERE s.key IN (SELECT o.employer FROM stage_position AS o JOIN found_person AS p ON p.row = o.row AND NOT p.removed)"""


def _kept(name: str, bit: str, otherwise: str = "") -> str:
    stated = f"coalesce(s.{name}, {otherwise})" if otherwise else f"s.{name}"
    default = otherwise or "NULL"
    return f"CASE WHEN s.given & {BITS[bit]} <> 0 THEN {stated} WHEN x.id IS NOT NULL THEN x.{name} ELSE {default} END AS {name}"


FIND_MEMBERSHIPS = f"""CREATE TEMPORARY TABLE found_membership ON COMMIT DROP AS
    SELECT *, CASE WHEN is_new THEN NULL
        WHEN (level, valid_to, paid_through, organisational) IS NOT DISTINCT FROM (was_level, was_to, was_paid, was_organisational)
        THEN NULL
        ELSE jsonb_build_object('type', type, 'level', was_level, 'valid_from', valid_from, 'valid_to', was_to,
            'paid_through', was_paid, 'organisational', was_organisational) END AS before
    FROM (SELECT s.row, s.ordinal, s.new_id, p.member_id, p.known, x.id AS old_id, x.id IS NULL AS is_new, s.type, s.valid_from,
            {_kept("level", "level")}, {_kept("valid_to", "valid_to")}, {_kept("paid_through", "paid_through")},
            {_kept("organisational", "organisational", "false")},
            x.level AS was_level, x.valid_to AS was_to, x.paid_through AS was_paid, x.organisational AS was_organisational
        FROM stage_membership AS s JOIN found_person AS p ON p.row = s.row AND NOT p.removed
        LEFT JOIN membership AS x ON p.known AND x.member_id = p.member_id AND x.type = s.type AND x.valid_from = s.valid_from
    ) AS joined"""

FIND_POSITIONS = f"""CREATE TEMPORARY TABLE found_position ON COMMIT DROP AS
    SELECT *, CASE WHEN is_new THEN NULL
        WHEN (title, title_text, valid_to, acting, retired)
             IS NOT DISTINCT FROM (was_title, was_text, was_to, was_acting, was_retired) THEN NULL
        ELSE jsonb_build_object('employer', employer_name, 'title', was_title, 'title_text', was_text, 'valid_from', valid_from,
            'valid_to', was_to, 'acting', was_acting, 'retired', was_retired) END AS before
    FROM (SELECT s.row, s.ordinal, s.new_id, p.member_id, p.known, e.employer_id, e.name AS employer_name, x.id AS old_id,
            x.id IS NULL AS is_new, s.valid_from,
            {_kept("title", "title")}, {_kept("title_text", "title")}, {_kept("valid_to", "valid_to")},
            {_kept("acting", "acting", "false")}, {_kept("retired", "retired", "false")},
            x.title AS was_title, x.title_text AS was_text, x.valid_to AS was_to, x.acting AS was_acting,
            x.retired AS was_retired
        FROM stage_position AS s JOIN found_person AS p ON p.row = s.row AND NOT p.removed
        JOIN found_employer AS e ON e.key = s.employer
        LEFT JOIN (SELECT DISTINCT ON (member_id, employer_id, valid_from) * FROM position
                   ORDER BY member_id, employer_id, valid_from, id) AS x
            ON p.known AND x.member_id = p.member_id AND x.employer_id = e.employer_id AND x.valid_from = s.valid_from
    ) AS joined"""

FIND_EXPERIENCE = """CREATE TEMPORARY TABLE found_experience ON COMMIT DROP AS
    SELECT s.row, s.new_id, p.member_id, p.known, x.id AS old_id, x.id IS NULL AS is_new, s.discipline, s.years,
           CASE WHEN x.years <> s.years THEN jsonb_build_object('discipline', s.discipline, 'years', x.years) END AS before
    FROM stage_experience AS s JOIN found_person AS p ON p.row = s.row AND NOT p.removed
    LEFT JOIN experience AS x ON p.known AND x.member_id = p.member_id AND x.discipline = s.discipline"""

#: Addresses that a member outside the file has, or one in it who keeps theirs because they stay removed.
EMAILS_TAKEN = """SELECT s.row, m.number, trim(m.given_name || ' ' || m.family_name) AS name
    FROM stage_person AS s JOIN found_person AS p ON p.row = s.row AND NOT p.removed
    JOIN member AS m ON m.email_key = s.email_key AND m.id <> p.member_id
    WHERE NOT EXISTS (SELECT FROM found_person AS o WHERE o.known AND NOT o.removed AND o.member_id = m.id)
    ORDER BY s.row"""

#: Memberships that would share a day with one of the same type: in the directory and not in the file, or both in the file.
OVERLAPS = """SELECT f.row, f.ordinal, x.type, x.valid_from, x.valid_to
    FROM found_membership AS f JOIN membership AS x
      ON x.member_id = f.member_id AND x.type = f.type AND x.id IS DISTINCT FROM f.old_id
     AND x.valid_from <= coalesce(f.valid_to, 'infinity') AND f.valid_from <= coalesce(x.valid_to, 'infinity')
    WHERE f.known AND (f.is_new OR f.before IS NOT NULL)
      AND NOT EXISTS (SELECT FROM found_membership AS o WHERE o.old_id = x.id)
    ORDER BY f.row, f.ordinal"""

OVERLAPS_IN_FILE = """SELECT f.row, f.ordinal, x.type, x.valid_from, x.valid_to
    FROM found_membership AS f JOIN found_membership AS x ON x.row = f.row AND x.type = f.type AND x.ordinal < f.ordinal
     AND x.valid_from <= coalesce(f.valid_to, 'infinity') AND f.valid_from <= coalesce(x.valid_to, 'infinity')
    ORDER BY f.row, f.ordinal"""

#: Disciplines newly given to somebody, and regions newly given to an employer: the dates of these words matter only now.
NEW_DISCIPLINES = (
    "SELECT row, discipline AS term FROM found_experience WHERE is_new AND discipline = ANY(:ended) ORDER BY row"
)
NEW_REGIONS = """SELECT region AS term, region_row AS row FROM found_employer
    WHERE (is_new OR changed) AND region = ANY(:ended) ORDER BY row"""

FIND_ROWS = """CREATE TEMPORARY TABLE found_row ON COMMIT DROP AS
    WITH memberships AS (
        SELECT row, jsonb_build_array(jsonb_agg(before ORDER BY ordinal), jsonb_agg(jsonb_build_object(
            'type', type, 'level', level, 'valid_from', valid_from, 'valid_to', valid_to, 'paid_through', paid_through,
            'organisational', organisational) ORDER BY ordinal)) AS pair
        FROM found_membership WHERE known AND (is_new OR before IS NOT NULL) GROUP BY row),
    positions AS (
        SELECT row, jsonb_build_array(jsonb_agg(before ORDER BY ordinal), jsonb_agg(jsonb_build_object(
            'employer', employer_name, 'title', title, 'title_text', title_text, 'valid_from', valid_from,
            'valid_to', valid_to, 'acting', acting, 'retired', retired) ORDER BY ordinal)) AS pair
        FROM found_position WHERE known AND (is_new OR before IS NOT NULL) GROUP BY row),
    experience AS (
        SELECT row, jsonb_build_array(jsonb_agg(before ORDER BY discipline), jsonb_agg(jsonb_build_object(
            'discipline', discipline, 'years', years) ORDER BY discipline)) AS pair
        FROM found_experience WHERE known AND (is_new OR before IS NOT NULL) GROUP BY row),
    employers AS (
        SELECT region_row AS row, jsonb_build_array(
            jsonb_agg(jsonb_build_object('employer', name, 'region', region_before) ORDER BY key),
            jsonb_agg(jsonb_build_object('employer', name, 'region', region) ORDER BY key)) AS pair
        FROM found_employer WHERE changed GROUP BY region_row)
    SELECT p.row, s.row_id, p.member_id, p.known, s.number, trim(s.given_name || ' ' || s.family_name) AS name,
           CASE WHEN b.row IS NOT NULL THEN 'error' WHEN p.removed THEN 'removed' WHEN NOT p.known THEN 'new'
                WHEN p.changes IS NULL AND m.row IS NULL AND o.row IS NULL AND e.row IS NULL AND w.row IS NULL THEN 'unchanged'
                ELSE 'changed' END AS outcome,
           CASE WHEN p.removed OR b.row IS NOT NULL THEN '{}' ELSE
                coalesce(p.changes, '{}')
                || CASE WHEN m.row IS NULL THEN '{}' ELSE jsonb_build_object('memberships', m.pair) END
                || CASE WHEN o.row IS NULL THEN '{}' ELSE jsonb_build_object('positions', o.pair) END
                || CASE WHEN e.row IS NULL THEN '{}' ELSE jsonb_build_object('experience', e.pair) END
                || CASE WHEN w.row IS NULL THEN '{}' ELSE jsonb_build_object('employers', w.pair) END END AS changes
    FROM found_person AS p JOIN stage_person AS s ON s.row = p.row
    LEFT JOIN memberships AS m ON m.row = p.row LEFT JOIN positions AS o ON o.row = p.row
    LEFT JOIN experience AS e ON e.row = p.row LEFT JOIN employers AS w ON w.row = p.row
    LEFT JOIN stage_problem AS b ON b.row = p.row"""

#: How many rows have which outcome, and a number that stands for all that would happen.
COUNT_ROWS = """SELECT outcome, count(*) AS rows,
        coalesce(sum(hashtextextended(concat_ws('|', row, number, name, changes::text), 7)), 0)::text AS digest
    FROM found_row GROUP BY outcome ORDER BY outcome"""

COUNT_PARTS = """
    SELECT 'memberships' AS part, count(*) FILTER (WHERE is_new) AS added, count(before) AS changed FROM found_membership
    UNION ALL SELECT 'positions', count(*) FILTER (WHERE is_new), count(before) FROM found_position
    UNION ALL SELECT 'experience', count(*) FILTER (WHERE is_new), count(before) FROM found_experience
    UNION ALL SELECT 'employers', count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE changed) FROM found_employer
    ORDER BY part"""

#: Members of the directory whom the file does not mention: nothing happens to them.
COUNT_OTHERS = """SELECT count(*) FROM member AS m WHERE m.state = 'active'
    AND NOT EXISTS (SELECT FROM found_person AS p WHERE p.known AND p.member_id = m.id)"""

KEEP_ROWS = """INSERT INTO import_row
        (association_id, id, import_run_id, row, outcome, member_id, number, name, changes, problems)
    SELECT :association, row_id, :run, row, outcome, CASE WHEN known THEN member_id END, number, name, changes, '[]'
    FROM found_row WHERE outcome <> 'error'
    UNION ALL
    SELECT :association, b.row_id, :run, b.row, 'error', CASE WHEN f.known THEN f.member_id END,
           coalesce(f.number, b.number, ''), coalesce(f.name, b.name, ''), '{}', b.problems
    FROM stage_problem AS b LEFT JOIN found_row AS f ON f.row = b.row"""

#: After applying: which members the new rows have become.
LINK_ROWS = """UPDATE import_row AS r SET member_id = f.member_id FROM found_row AS f
    WHERE r.import_run_id = :run AND r.row = f.row AND r.outcome = 'new'"""

INSERT_EMPLOYERS = """INSERT INTO employer (association_id, id, name, name_key, region)
    SELECT :association, employer_id, name, key, region FROM found_employer WHERE is_new"""
UPDATE_EMPLOYERS = """UPDATE employer AS e SET region = f.region FROM found_employer AS f
    WHERE e.id = f.employer_id AND f.changed"""


def update_members(columns: list[str]) -> str:
    """Write the given ``columns`` of ``member`` where they differ."""
    pairs = ", ".join(f"{column} = s.{column}" for column in columns)
    return f"""UPDATE member AS m SET {pairs}, email_key = s.email_key, name_key = s.name_key
        FROM found_person AS p JOIN stage_person AS s ON s.row = p.row
        WHERE m.id = p.member_id AND p.known AND NOT p.removed AND p.changes IS NOT NULL"""


INSERT_MEMBERS = """INSERT INTO member (association_id, id, number, given_name, family_name, email, email_key, name_key, phone,
        language, time_zone, state, created_at)
    SELECT :association, p.member_id, s.number, s.given_name, s.family_name, s.email, s.email_key, s.name_key,
           s.phone, s.language, s.time_zone, 'active', :now
    FROM found_person AS p JOIN stage_person AS s ON s.row = p.row WHERE NOT p.known"""

UPDATE_MEMBERSHIPS = """UPDATE membership AS x
    SET level = f.level, valid_to = f.valid_to, paid_through = f.paid_through, organisational = f.organisational
    FROM found_membership AS f WHERE x.id = f.old_id AND f.before IS NOT NULL"""
INSERT_MEMBERSHIPS = """INSERT INTO membership
        (association_id, id, member_id, type, level, organisational, valid_from, valid_to, paid_through)
    SELECT :association, new_id, member_id, type, level, organisational, valid_from, valid_to, paid_through
    FROM found_membership WHERE is_new"""
UPDATE_POSITIONS = """UPDATE position AS x
    SET title = f.title, title_text = f.title_text, valid_to = f.valid_to, acting = f.acting, retired = f.retired
    FROM found_position AS f WHERE x.id = f.old_id AND f.before IS NOT NULL"""
INSERT_POSITIONS = """INSERT INTO position
        (association_id, id, member_id, employer_id, title, title_text, valid_from, valid_to, acting, retired)
    SELECT :association, new_id, member_id, employer_id, title, title_text, valid_from, valid_to, acting, retired
    FROM found_position WHERE is_new"""
UPDATE_EXPERIENCE = """UPDATE experience AS x SET years = f.years FROM found_experience AS f
    WHERE x.id = f.old_id AND f.before IS NOT NULL"""
INSERT_EXPERIENCE = """INSERT INTO experience (association_id, id, member_id, discipline, years)
    SELECT :association, new_id, member_id, discipline, years FROM found_experience WHERE is_new"""

_AUDIT = """INSERT INTO audit_entry (association_id, id, account_id, actor_name, action, object_kind, object_id, visibility,
        changes, reason, happened_at, recorded_at)
    SELECT :association, row_id, cast(:account AS uuid), :actor"""

AUDIT_MEMBERS = f"""{_AUDIT}, CASE outcome WHEN 'new' THEN 'member.added' ELSE 'member.changed' END, 'member', member_id,
        'staff', CASE outcome WHEN 'new' THEN jsonb_build_object('number', jsonb_build_array(NULL, number)) ELSE changes END
        || jsonb_build_object('import', jsonb_build_array(NULL, cast(:run AS text))), NULL, :now, :recorded
    FROM found_row WHERE outcome IN ('new', 'changed')"""
AUDIT_EMPLOYERS = f"""{_AUDIT}, CASE WHEN is_new THEN 'employer.added' ELSE 'employer.changed' END, 'employer', employer_id,
        'staff', CASE WHEN is_new THEN jsonb_build_object('name', jsonb_build_array(NULL, name)) ELSE '{{}}' END
        || CASE WHEN region IS NULL THEN '{{}}' ELSE jsonb_build_object('region', jsonb_build_array(region_before, region)) END
        || jsonb_build_object('import', jsonb_build_array(NULL, cast(:run AS text))), NULL, :now, :recorded
    FROM found_employer WHERE is_new OR changed"""

#: Members whose memberships differ now, other than those who are new: theirs cannot have lapsed or resumed anything.
CHANGED_MEMBERSHIPS = """SELECT DISTINCT member_id FROM found_membership
    WHERE known AND (is_new OR before IS NOT NULL) ORDER BY member_id"""
