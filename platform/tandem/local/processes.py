"""Starting child processes that never outlive us, and ending them in order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class LocalServerError(RuntimeError):
    """Raised when a server of our own cannot be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The unprivileged system user that servers run as. PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


def unprivileged_user() -> ServerUser | None:
    """The user to run servers as: ``nobody`` when we are root, otherwise ``None`` for ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return ServerUser("nobody", entry.pw_uid, entry.pw_gid)


def can_reach(path: Path, user: ServerUser | None) -> bool:
    """Whether ``user`` may enter every folder above ``path``, and ``path`` itself if it is there already."""
    if user is None:
        return True
    for folder in (path, *path.parents):
        try:
            info = folder.stat()
        except FileNotFoundError:
            continue
        wanted = stat.S_IXUSR if info.st_uid == user.uid else stat.S_IXGRP if info.st_gid == user.gid else stat.S_IXOTH
        if not info.st_mode & wanted:
            return False
    return True


def own_folder(path: Path, user: ServerUser | None, mode: int = 0o700) -> Path:
    """Make the folder ``path`` if need be, owned by ``user``, with ``mode``."""
    path.mkdir(parents=True, exist_ok=True)
    if user is not None:
        os.chown(path, user.uid, user.gid)
    path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, readable by us alone."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of the loopback address that nothing listens on at the moment.

    From below the range that systems hand to outgoing connections (32768 on Linux): a port that is remembered is otherwise
    taken, sooner or later, by somebody's connection.
    """
    for _attempt in range(200):
        port = random.randrange(18_000, 32_000)  # noqa: S311 - any will do
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise LocalServerError("No free port was found between 18000 and 32000 on the loopback address.")


def is_listening(port: int) -> bool:
    """Whether something accepts connections on ``port`` of the loopback address."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _signal_when_parent_dies(number: signal.Signals) -> Callable[[], None] | None:
    """What the new process has to run before its program, so that the kernel signals it when its parent is gone."""
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        # The parent may have died between the fork and the call above; then no signal would ever come.
        if os.getppid() != parent:
            os._exit(1)

    return arm


def start(
    argv: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    output: int | IO[bytes],
    stop_signal: signal.Signals = signal.SIGTERM,
    user: ServerUser | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches only us.

    On Linux the kernel sends it ``stop_signal`` when this process dies, however that happens. Call it from the main
    thread: the kernel counts the death of the starting *thread*.
    """
    return subprocess.Popen(
        list(argv),
        cwd=directory,
        env=dict(environment),
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_signal_when_parent_dies(stop_signal),  # noqa: PLW1509 - one system call, no lock is taken in it
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def stop(process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, waiting as many seconds as stand beside it, until the process has ended."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
    process.kill()
    process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of that number runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def runs_in(pid: int, directory: Path) -> bool:
    """Whether process ``pid`` works in ``directory``: a number alone may have been given to another program since.

    Where the system does not tell a process's folder, the answer is that it is alive.
    """
    if not is_alive(pid):
        return False
    if _LIBC is None:
        return True
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").resolve() == directory.resolve()
    return False


def end_stranded(pid: int, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """End a server that an earlier, killed process of ours left behind. It is not our child, so we ask and look."""
    for number, seconds in (*signals, (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.02)
    raise LocalServerError(
        f"Process {pid}, left behind by an earlier run, does not end. End it by hand and start again."
    )


def copy_for(source: Path, target: Path) -> None:
    """Copy ``source`` to ``target``, readable by every user, in one step and only if it is not there yet."""
    if target.exists():
        return
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part, symlinks=True)
    for item in (part, *part.rglob("*")):
        if not item.is_symlink():
            mode = item.stat().st_mode
            item.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
    with contextlib.suppress(OSError):
        part.rename(target)
    shutil.rmtree(part, ignore_errors=True)
