"""Where the servers of one checkout keep their files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from tandem.local import processes
from tandem.local.processes import LocalServerError

# The variables that commands in another terminal need; the owner's address is among them, for migrations.
ENVIRONMENT_FILE = "environment.json"


def default_state() -> Path:
    """``TANDEM_STATE_DIR``, or ``.tandem/`` in the checkout; in the current folder where Tandem is an installed package."""
    named = os.environ.get("TANDEM_STATE_DIR")
    if named:
        return Path(named)
    checkout = Path(__file__).resolve().parents[3]
    return (checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()) / ".tandem"


def resolve_state(folder: Path) -> Path:
    """``folder``, or the one that stands in for it where the servers' user could not reach it.

    Below root's own home, for example, ``nobody`` cannot run anything. Then a folder with a random name under the system's
    place for lasting temporary files takes over, and ``folder/location`` remembers it, so that a new checkout never
    meets an older one's data.
    """
    user = processes.unprivileged_user()
    folder.mkdir(parents=True, exist_ok=True)
    if processes.can_reach(folder.parent, user):
        folder.chmod(0o711 if user else 0o700)
        return folder
    note = folder / "location"
    if note.exists():
        elsewhere = Path(note.read_text().strip())
        if elsewhere.is_dir() and elsewhere.stat().st_uid == folder.stat().st_uid:
            return elsewhere
    for base in (Path("/var/tmp"), Path(tempfile.gettempdir())):  # noqa: S108 - mkdtemp makes a name of its own in it
        if base.is_dir() and processes.can_reach(base, user):
            elsewhere = Path(tempfile.mkdtemp(prefix="tandem-", dir=base))
            elsewhere.chmod(0o711)
            processes.write_private(note, str(elsewhere))
            return elsewhere
    raise LocalServerError(f"No folder was found that both we and the servers' user can use, instead of {folder}.")


def remove_state(folder: Path) -> None:
    """Remove ``folder`` and the one that stands in for it, if any."""
    note = folder / "location"
    if note.exists():
        shutil.rmtree(Path(note.read_text().strip()), ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)


def noted_environment() -> dict[str, str]:
    """The variables that the demonstration of this checkout wrote down; empty where none was ever started."""
    try:
        return dict(json.loads((default_state() / ENVIRONMENT_FILE).read_text()))
    except (FileNotFoundError, PermissionError, ValueError):
        return {}


if __name__ == "__main__":
    # `make clean`: what stands in for .tandem/ elsewhere can be found through it alone.
    remove_state(default_state())
