"""Gunicorn's settings, for ``gunicorn --config python:tandem.server 'tandem.app:create_app()'``.

Any of them can be changed on the command line or in ``GUNICORN_CMD_ARGS``.
"""

from __future__ import annotations

from tandem.garbage import collect_seldom

worker_class = "gthread"
workers = 2
threads = 4
# gunicorn would open a socket of its own in the home directory, which nothing here needs.
control_socket_disable = True
# A request that takes longer is stuck: long work belongs into a job.
timeout = 60
# A long search is answered by the page, which says what is wrong with it.
limit_request_line = 8190
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 2_000
# Our own hook logs requests, with the route instead of the address, which may hold a token.
accesslog = None


def post_worker_init(worker: object) -> None:  # noqa: ARG001 - gunicorn's hook
    """Spare requests the search for garbage in all that a worker has loaded."""
    collect_seldom()
