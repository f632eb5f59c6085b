"""What PostgreSQL and Valkey of our own have in common: a folder, a remembered port, passwords, a start and a stop."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tandem.local import processes
from tandem.local.processes import LocalServerError

_ATTEMPTS = 5


class LocalServer(ABC):
    """A server on the loopback address that belongs to one folder and to the process that started it.

    The folder keeps ``port``, ``passwords.json`` (readable by us alone), ``log`` and ``data/`` over restarts. Everything
    listens on 127.0.0.1 and asks for a password. On Linux the server ends with the process that started it, also when
    that one is killed; elsewhere the next start ends what was left behind.
    """

    label: ClassVar[str]
    password_names: ClassVar[tuple[str, ...]]
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]]
    start_seconds: ClassVar[float] = 60.0

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.user = processes.unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] | None = None

    @property
    def data(self) -> Path:
        """The folder that the server itself writes to."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self.directory / "log"

    @property
    def port(self) -> int:
        """The port of the last start. Raises ``LocalServerError`` before the first."""
        try:
            return int((self.directory / "port").read_text())
        except (FileNotFoundError, ValueError) as error:
            raise LocalServerError(f"{self.label} has not been started in {self.directory} yet.") from error

    @property
    def pid(self) -> int | None:
        """The number of the server's process if this object started it and it still runs."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def password(self, name: str) -> str:
        """The password of that name, made at the first start."""
        if self._passwords is None:
            path = self.directory / "passwords.json"
            if not path.exists():
                self.directory.mkdir(parents=True, exist_ok=True)
                made = {each: secrets.token_urlsafe(24) for each in self.password_names}
                processes.write_private(path, json.dumps(made))
            self._passwords = json.loads(path.read_text())
        return self._passwords[name]

    def start(self) -> Self:
        """Start the server and wait until it answers. Does nothing if it runs already.

        Raises ``LocalServerError`` with the end of the server's log if it does not come up.
        """
        if self.pid is not None:
            return self
        self.directory.mkdir(parents=True, exist_ok=True)
        # Others may pass through to data/, which alone belongs to the server's user, but list and read nothing here.
        self.directory.chmod(0o711)
        if not processes.can_reach(self.directory, self.user):
            raise LocalServerError(f"{self.directory} cannot be reached by the user {self.user and self.user.name!r}.")
        processes.own_folder(self.data, self.user)
        self._end_stranded()
        self._prepare()
        for _ in range(_ATTEMPTS):
            port = self._choose_port()
            self._launch(port)
            if self._wait(port):
                self._after_start()
                return self
            if processes.port_is_free(port):
                break
            # Another program took the port between our look and the server's: choose again.
            (self.directory / "port").unlink(missing_ok=True)
        raise LocalServerError(f"{self.label} did not start in {self.directory}:\n{self._log_end()}")

    def stop(self) -> None:
        """Stop the server if this object started it, and wait until it has ended."""
        if self._process is not None:
            processes.stop(self._process, self.stop_signals)
            self._process = None

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _choose_port(self) -> int:
        path = self.directory / "port"
        if path.exists() and processes.port_is_free(self.port):
            return self.port
        port = processes.free_port()
        processes.write_private(path, str(port))
        return port

    def _spawn(self, argv: Sequence[str], stdin: bytes | None = None) -> None:
        with self.log.open("ab") as log:
            self._process = processes.start(
                argv,
                directory=self.data,
                environment=self._environment(),
                output=log,
                stop_signal=self.stop_signals[0][0],
                user=self.user,
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            )
        if stdin is not None and self._process.stdin is not None:
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    def _wait(self, port: int) -> bool:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline and self.pid is not None:
            if processes.is_listening(port) and self._answers(port):
                return True
            time.sleep(0.03)
        self.kill()
        return False

    def _end_stranded(self) -> None:
        pid = self._stranded_pid()
        if pid is not None and pid > 1 and processes.runs_in(pid, self.data):
            processes.end_stranded(pid, self.stop_signals)
        self._forget_stranded()

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def _log_end(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(it wrote nothing)"

    @abstractmethod
    def _prepare(self) -> None:
        """Make what must be there before the first launch."""

    @abstractmethod
    def _launch(self, port: int) -> None:
        """Spawn the server on ``port``."""

    @abstractmethod
    def _answers(self, port: int) -> bool:
        """Whether it serves somebody who has the password."""

    @abstractmethod
    def _stranded_pid(self) -> int | None:
        """The process that an earlier start noted."""

    @abstractmethod
    def _forget_stranded(self) -> None:
        """Remove the note of a process that no longer runs."""

    def _after_start(self) -> None:  # noqa: B027 - most servers have nothing left to do
        """What is left to do on a server that answers."""
