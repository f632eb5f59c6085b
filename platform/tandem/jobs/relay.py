"""The relay: hands due jobs to the transport and fires schedules. Any number may run; each job and schedule is given to one.

The job table is the truth. What the transport loses is handed over again once it has been silent for a while; what it delivers
twice is done once, because the second worker's claim finds nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import redis
import structlog
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.registry import job_kinds
from tandem.jobs.runner import no_association
from tandem.jobs.services import ensure_daily, fire_due
from tandem.tenancy.edge import open_association
from tandem.tenancy.models import Association, AssociationState

log = structlog.get_logger(__name__)

#: The queues that workers listen on, the most urgent first.
QUEUES = ("mail", "default")

#: After this long without a worker's claim a job is handed over again.
STALE = timedelta(seconds=30)

#: Jobs that wait in the transport at most. The rest waits in the table, where it cannot be lost.
BACKLOG = 500

#: Seconds between two looks at an idle job table, and between two looks for new associations' daily work.
POLL = 0.5
DAILY_EVERY = 60.0

#: Seconds to wait after the database or the transport was found away; doubled up to the second figure.
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0

#: What RQ calls. A name, so that its payload holds no code.
RUN = "tandem.jobs.runner.run"


class Relay:
    """One relay process' work. ``connect`` gives a fresh connection to the transport."""

    def __init__(
        self, app: Flask, connect: Callable[[], redis.Redis], *, poll: float = POLL, stale: timedelta = STALE
    ) -> None:
        self._app = app
        self._connect = connect
        self._poll = poll
        self._stale = stale
        self._transport: redis.Redis | None = None
        self._daily_at = 0.0

    def work(self, stop: threading.Event) -> None:
        """Go on until ``stop`` is set, whatever becomes of the database or the transport meanwhile."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                busy = self.turn()
            except (DBAPIError, redis.RedisError, OSError) as error:
                log.warning("relay.waits", error=type(error).__name__)
                self._forget()
                stop.wait(pause)
                pause = min(pause * 2, LAST_PAUSE)
                continue
            pause = FIRST_PAUSE
            if not busy:
                stop.wait(self._poll)

    def turn(self) -> bool:
        """One look at everything: fires what is due and hands over what waits. Returns whether there was anything."""
        with self._app.app_context(), no_association():
            fired = self._schedules()
            handed = self._hand_over()
        return bool(fired or handed)

    def _schedules(self) -> int:
        if time.monotonic() >= self._daily_at:
            self._each_association(_active_associations(), ensure_daily)
            self._daily_at = time.monotonic() + DAILY_EVERY
        with db.engine.begin() as connection:
            due = list(connection.execute(select(func.schedule_due_associations(system_now()))).scalars())
        return self._each_association(due, fire_due)

    def _each_association(self, associations: list[object], act: Callable[[], int | None]) -> int:
        count = 0
        for association_id in associations:
            try:
                with open_association(association_id):  # type: ignore[arg-type]
                    count += act() or 0
                    db.session.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise
                # One association's trouble must not stop the others'.
                log.error("relay.schedule-failed", association_id=str(association_id), error=type(error).__name__)  # noqa: TRY400
            except (SQLAlchemyError, LookupError, ValueError) as error:
                log.error("relay.schedule-failed", association_id=str(association_id), error=type(error).__name__)  # noqa: TRY400
        return count

    def _hand_over(self) -> int:
        transport = self._transport = self._transport or self._connect()
        queues = {name: Queue(name, connection=transport, serializer=JSONSerializer) for name in QUEUES}
        room = BACKLOG - sum(queue.count for queue in queues.values())
        if room <= 0:
            return 0
        kinds = job_kinds()
        # Marked as handed over first and sent after: where we die between the two, the job is stale after a while.
        with db.engine.begin() as connection:
            due = connection.execute(
                select(text("*")).select_from(
                    func.job_take_due(system_now(), system_now() - self._stale, min(room, 100), None)
                )
            ).all()
        waiting = {identifier for queue in queues.values() for identifier in queue.job_ids} if due else set()
        handed = 0
        for row in sorted(due, key=lambda each: (each.run_after, each.id)):
            # One name for each attempt: what still waits there is not put there again, what got lost is.
            name = f"{row.id}-{row.attempts}"
            if name in waiting:
                continue
            kind = kinds.get(row.kind)
            queue = queues.get(row.queue) or queues["default"]
            queue.enqueue_call(
                RUN, args=(str(row.id),), job_id=name, timeout=kind.time_limit if kind else 60, result_ttl=0, failure_ttl=600,
                description=f"{row.kind} {row.id}",
            )  # fmt: skip
            handed += 1
        return handed

    def _forget(self) -> None:
        # A connection that failed once may be half dead; the next turn makes new ones.
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
        with self._app.app_context():
            db.engine.dispose()


def _active_associations() -> list[object]:
    statement = select(Association.id).where(Association.state == AssociationState.ACTIVE)
    with db.engine.begin() as connection:
        return list(connection.execute(statement).scalars())


__all__ = ["BACKLOG", "QUEUES", "Relay"]
