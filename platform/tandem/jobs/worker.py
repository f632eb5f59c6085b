"""The worker process: RQ's forking worker, kept going when the transport or the database is away.

Each job is done in a process of its own, so that one that dies, leaks or hangs takes nothing with it; the parent ends it after
its time limit, and memory beyond its limit is refused.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy
from sqlalchemy.orm import configure_mappers

from tandem.extensions import db
from tandem.jobs.registry import job_kinds
from tandem.jobs.relay import FIRST_PAUSE, LAST_PAUSE, QUEUES

log = structlog.get_logger(__name__)


def connector(url: str) -> Callable[[], redis.Redis]:
    """Something that makes connections to the transport at ``url``; each gives up after five seconds without an answer."""

    def connect() -> redis.Redis:
        # Blocking reads set longer limits themselves. We do our own trying again, so the client does none.
        return redis.Redis.from_url(
            url, socket_connect_timeout=5, socket_keepalive=True, health_check_interval=30, retry=Retry(NoBackoff(), 0)
        )

    return connect


class TandemWorker(Worker):
    """An RQ worker whose children begin with connections of their own."""

    def __init__(self, app: Flask, stop: threading.Event, queues: list[Queue], **kwargs: Any) -> None:
        super().__init__(queues, **kwargs)
        self._app = app
        self._stop = stop

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stop after the present job: RQ's own, which ends the worker, and word to the loop around it."""
        self._stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def main_work_horse(self, job: Any, queue: Any) -> None:
        """Do one job in the child process: RQ's own, inside the application."""
        memory = self._app.extensions["tandem.settings"].job_memory << 20
        # Beyond this an allocation fails in this job alone, instead of the machine choosing a process to end.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        with self._app.app_context():
            # Connections inherited from the parent would be shared with it and with the next child.
            db.engine.dispose(close=False)
            super().main_work_horse(job, queue)


def work(
    app: Flask, connect: Callable[[], redis.Redis], stop: threading.Event, *, queues: tuple[str, ...] = QUEUES
) -> None:
    """Do jobs until ``stop`` is set. Where the transport goes away, wait and begin again as a new RQ worker."""
    # What every child needs is made ready here, once: the handlers, and the mapping of all tables.
    job_kinds()
    configure_mappers()
    with app.app_context():
        db.engine.dispose()
    pause = FIRST_PAUSE
    while not stop.is_set():
        connection = connect()
        began = time.monotonic()
        try:
            worker = TandemWorker(
                app,
                stop,
                [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues],
                connection=connection,
                serializer=JSONSerializer,
                worker_ttl=60,
                log_job_description=False,
            )
            # In turns, so that a mass of mail does not keep other work waiting.
            worker.work(logging_level="WARNING", with_scheduler=False, dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
        except (redis.RedisError, OSError) as error:
            log.warning("worker.waits", error=type(error).__name__)
        finally:
            connection.close()
        if time.monotonic() - began > LAST_PAUSE:
            pause = FIRST_PAUSE
        stop.wait(pause)
        pause = min(pause * 2, LAST_PAUSE)
