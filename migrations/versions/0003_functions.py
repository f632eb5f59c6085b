"""Add the definer functions: the only ways across associations, each doing one thing."""

from __future__ import annotations

from alembic import op

from tandem.tenancy.row_security import APPLICATION_ROLE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Signature → body. All run as the owner with a fixed search path.
FUNCTIONS = {
    "association_create(new_id uuid, new_slug text, new_name text, new_language text, new_time_zone text, "
    "new_hostname text, host_id uuid) RETURNS void": """
        INSERT INTO association (id, slug, name, language, time_zone, state, clock_offset, created_at)
        VALUES (new_id, new_slug, new_name, new_language, new_time_zone, 'active', interval '0', clock_timestamp());
        INSERT INTO host (id, association_id, hostname, canonical) VALUES (host_id, new_id, new_hostname, true);
    """,
    "association_update(which uuid, new_name text, new_language text, new_time_zone text) RETURNS void": """
        UPDATE association SET name = new_name, language = new_language, time_zone = new_time_zone WHERE id = which;
    """,
    "association_set_state(which uuid, new_state text) RETURNS void": """
        UPDATE association SET state = new_state WHERE id = which;
    """,
    "association_set_clock_offset(which uuid, new_offset interval) RETURNS void": """
        UPDATE association SET clock_offset = new_offset WHERE id = which;
    """,
    "operator_set(new_id uuid, new_email_key text, new_name text, new_password_hash text) RETURNS void": """
        INSERT INTO operator (id, email_key, name, password_hash)
        VALUES (new_id, new_email_key, new_name, new_password_hash)
        ON CONFLICT (email_key) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash;
    """,
    # The relay: which jobs should be handed to the transport now. Rows another relay holds are passed over.
    # only_association is empty for all of them.
    "job_take_due(at timestamptz, stale timestamptz, take integer, only_association uuid) "
    "RETURNS TABLE (id uuid, association_id uuid, queue text, kind text, attempts integer, run_after timestamptz)": """
        UPDATE job SET enqueued_at = at WHERE job.id IN (
            SELECT due.id FROM job AS due
            WHERE ((due.state = 'queued' AND due.run_after <= at) OR (due.state = 'running' AND due.lease_until < at))
              AND (due.enqueued_at IS NULL OR due.enqueued_at < stale)
              AND (only_association IS NULL OR due.association_id = only_association)
              AND EXISTS (SELECT FROM association AS a WHERE a.id = due.association_id AND a.state = 'active')
            ORDER BY due.run_after LIMIT take FOR UPDATE SKIP LOCKED)
        RETURNING job.id, job.association_id, job.queue, job.kind, job.attempts, job.run_after;
    """,
    # The worker: take one job for as long as the lease lasts. No row: someone else has it, or it is done.
    "job_claim(which uuid, at timestamptz, lease interval, token uuid) "
    "RETURNS TABLE (association_id uuid, kind text, arguments jsonb, attempts integer, max_attempts integer)": """
        UPDATE job SET
            state = CASE WHEN job.attempts >= job.max_attempts THEN 'dead' ELSE 'running' END,
            attempts = least(job.attempts + 1, job.max_attempts + 1), lease_until = at + lease, lease_token = token,
            finished_at = CASE WHEN job.attempts >= job.max_attempts THEN at END
        WHERE job.id = which AND job.run_after <= at
          AND (job.state = 'queued' OR (job.state = 'running' AND job.lease_until < at))
        RETURNING job.association_id, job.kind, job.arguments, job.attempts, job.max_attempts;
    """,
    "job_counts() RETURNS TABLE (association_id uuid, kind text, state text, count bigint, oldest timestamptz)": """
        SELECT job.association_id, job.kind, job.state, count(*), min(job.created_at) FROM job GROUP BY 1, 2, 3;
    """,
    # The scheduler: rows that are due on their association's program clock, each given to one caller only.
    "schedule_next_due() RETURNS TABLE (association_id uuid, due_at timestamptz)": """
        SELECT s.association_id, min(s.due_at) FROM schedule AS s WHERE s.fired_at IS NULL GROUP BY 1;
    """,
    "schedule_due_associations(at timestamptz) RETURNS SETOF uuid": """
        SELECT DISTINCT s.association_id FROM schedule AS s JOIN association AS a ON a.id = s.association_id
        WHERE s.fired_at IS NULL AND s.due_at <= at + a.clock_offset AND a.state = 'active';
    """,
}


def upgrade() -> None:
    """Apply the change."""
    for signature, body in FUNCTIONS.items():
        name = signature.split("(", 1)[0]
        op.execute(
            f"CREATE FUNCTION {signature} LANGUAGE sql SECURITY DEFINER "
            f"SET search_path = public, pg_temp AS $function${body}$function$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APPLICATION_ROLE}")


def downgrade() -> None:
    """Take the change back."""
    raise RuntimeError("The functions are not taken back.")
