"""The local installation of one checkout: its servers, its folders and the ``TANDEM_…`` variables that name them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from tandem.local import place, processes
from tandem.local.postgres import PostgresServer
from tandem.local.processes import LocalServerError
from tandem.local.roles import APP, OWNER
from tandem.local.valkey import ValkeyServer

_FIRST_WEB_PORT = 8000


class LocalInstallation:
    """PostgreSQL, Valkey, folders and secrets below one state folder, the same after every restart."""

    def __init__(self, folder: Path | None = None) -> None:
        self.named = (folder or place.default_state()).absolute()
        self.state = place.resolve_state(self.named)
        self.postgres = PostgresServer(self.state / "postgres")
        self.valkey = ValkeyServer(self.state / "valkey")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the installation for this process alone.

        Raises ``LocalServerError`` if another one holds it. The lock ends with the process, however that ends.
        """
        with (self.named / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise LocalServerError(
                    f"Tandem already runs from {self.named} (process {holder}). Stop it there with Ctrl-C first."
                ) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def wipe(self) -> None:
        """Remove everything kept so far, except the lock and what belongs to the tests. Nothing may run."""
        for item in self.state.iterdir():
            if item.name in {"lock", "location", "test"}:
                continue
            if item.is_dir():
                shutil.rmtree(item)
            else:
                item.unlink()

    @contextlib.contextmanager
    def servers(self) -> Iterator[None]:
        """Start PostgreSQL and Valkey, and stop both at the end. The note for other terminals goes with them."""
        with self.postgres, self.valkey:
            try:
                yield
            finally:
                (self.named / place.ENVIRONMENT_FILE).unlink(missing_ok=True)

    def web_port(self) -> int:
        """The port for the web server: ``TANDEM_PORT`` if set, the one of the last start, 8000, or any free one."""
        wanted = os.environ.get("TANDEM_PORT", "")
        if wanted:
            if not wanted.isdigit() or not 0 < int(wanted) < 65536:
                raise LocalServerError(f"TANDEM_PORT must be a number from 1 to 65535, not {wanted!r}.")
            if not processes.port_is_free(int(wanted)):
                raise LocalServerError(f"Port {wanted}, asked for by TANDEM_PORT, is in use by another program.")
            return int(wanted)
        return self._remembered_port("web-port", _FIRST_WEB_PORT)

    def port_note(self, port: int) -> str:
        """What to say of the web server's port before it starts: where it is not the usual one and nobody asked for it."""
        if os.environ.get("TANDEM_PORT") or port == _FIRST_WEB_PORT:
            return ""
        if processes.port_is_free(_FIRST_WEB_PORT):
            why = "the one of the last start"
        else:
            why = f"because another program has {_FIRST_WEB_PORT}"
        return f"The pages will be on port {port}, {why}. To choose one yourself: TANDEM_PORT=8080 make demo"

    def smtp_port(self) -> int:
        """The port of the development mailbox's mail server."""
        return self._remembered_port("smtp-port", None)

    def _remembered_port(self, name: str, first: int | None) -> int:
        path = self.state / name
        with contextlib.suppress(FileNotFoundError, ValueError):
            first = int(path.read_text())
        port = first if first is not None and processes.port_is_free(first) else processes.free_port()
        processes.write_private(path, str(port))
        return port

    def environment(self) -> dict[str, str]:
        """The variables for the serving processes, once the servers run. Written down for other terminals, too.

        The owner's database address is not among them: serving processes must not be able to change the schema.
        """
        mailbox, files = self.state / "mailbox", self.state / "files"
        for folder in (mailbox, files):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        variables = {
            "TANDEM_ENV": "development",
            "TANDEM_DATABASE_URL": self.postgres.url(APP),
            "TANDEM_VALKEY_URL": self.valkey.url,
            "TANDEM_SECRET_KEY": self._secret_key(),
            "TANDEM_BASE_DOMAIN": "localhost",
            "TANDEM_SCHEME": "http",
            "TANDEM_PORT": str(self.web_port()),
            "TANDEM_SMTP_HOST": "127.0.0.1",
            "TANDEM_SMTP_PORT": str(self.smtp_port()),
            "TANDEM_MAILBOX_DIR": str(mailbox),
            "TANDEM_FILES_DIR": str(files),
        }
        noted = variables | {"TANDEM_OWNER_DATABASE_URL": self.owner_url()}
        processes.write_private(self.named / place.ENVIRONMENT_FILE, json.dumps(noted, indent=2))
        return variables

    def owner_url(self) -> str:
        """The database address of the role that migrates."""
        return self.postgres.url(OWNER)

    def _secret_key(self) -> str:
        path = self.state / "secret-key"
        if not path.exists():
            processes.write_private(path, secrets.token_urlsafe(48))
        return path.read_text()
