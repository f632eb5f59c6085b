"""Fetch the npm files that ``vendor.toml`` names, and check them against ``vendor.lock``.

Usage: ``python tools/vendor.py`` fetches with the ``npm`` client and rewrites the lock;
``python tools/vendor.py --check`` needs neither npm nor a network and exits with 1 when a file differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One vendored file: the package it came from, where it lies in the tree, and the hash of its bytes."""

    package: str
    version: str
    path: str
    sha256: str


def read_lock(root: Path = ROOT) -> list[LockedFile]:
    """Return the entries of ``vendor.lock``."""
    document = tomllib.loads((root / "vendor.lock").read_text(encoding="utf-8"))
    return [LockedFile(**entry) for entry in document["file"]]


def differences(root: Path = ROOT) -> list[str]:
    """Say in words which vendored files are missing, changed, or not in the lock; empty when all agree."""
    locked = {entry.path: entry for entry in read_lock(root)}
    problems = []
    for path, entry in locked.items():
        file = root / path
        if not file.is_file():
            problems.append(f"{path}: missing")
        elif _sha256(file.read_bytes()) != entry.sha256:
            problems.append(f"{path}: differs from vendor.lock")
    for package in _packages(root):
        for file in sorted((root / package["to"]).rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.is_file() and path not in locked:
                problems.append(f"{path}: not in vendor.lock")
    return sorted(set(problems))


def fetch(root: Path = ROOT) -> list[LockedFile]:
    """Fetch every package and write its files and the lock. Raises ``CalledProcessError`` when npm fails."""
    locked: list[LockedFile] = []
    with tempfile.TemporaryDirectory() as scratch:
        for package in _packages(root):
            with tarfile.open(_npm_pack(package, Path(scratch))) as archive:
                for path, content in _wanted(package, archive, root):
                    file = root / path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
                    locked.append(LockedFile(package["name"], package["version"], path, _sha256(content)))
    locked.sort(key=lambda entry: entry.path)
    (root / "vendor.lock").write_text(_lock_text(locked), encoding="utf-8")
    return locked


def _packages(root: Path) -> list[dict[str, Any]]:
    document = tomllib.loads((root / "vendor.toml").read_text(encoding="utf-8"))
    packages: list[dict[str, Any]] = document["package"]
    return packages


def _npm_pack(package: Mapping[str, Any], scratch: Path) -> Path:
    spec = f"{package['name']}@{package['version']}"
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), spec]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=scratch)
    return scratch / done.stdout.strip().splitlines()[-1]


def _wanted(package: Mapping[str, Any], archive: tarfile.TarFile, root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path in our tree, bytes) for each file, the licence and the sprite of one package."""
    to = package["to"]
    for source, name in package.get("files", {}).items():
        yield f"{to}/{name}", _member(archive, source)
    if "icons" in package:
        nodes = json.loads(_member(archive, package["nodes"]))
        yield f"{to}/{package['sprite']}", sprite(nodes, package["icons"]).encode()
    licence = (
        _member(archive, package["licence"]) if "licence" in package else (root / package["licence_text"]).read_bytes()
    )
    yield f"{to}/licences/{package['name'].strip('@').replace('/', '-')}.txt", licence


def sprite(nodes: Mapping[str, list[list[Any]]], names: list[str]) -> str:
    """Draw the named icons as ``<symbol id="i-NAME">`` elements of one SVG document. Raises ``KeyError`` for an unknown name."""
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for name in sorted(set(names)):
        shapes = "".join(
            f"<{tag}{''.join(f' {key}={quoteattr(str(value))}' for key, value in attributes.items())}/>"
            for tag, attributes in nodes[name]
        )
        lines.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    lines.append("</svg>\n")
    return "\n".join(lines)


def _member(archive: tarfile.TarFile, source: str) -> bytes:
    stream = archive.extractfile(f"package/{source}")
    if stream is None:
        raise FileNotFoundError(source)
    return stream.read()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lock_text(locked: list[LockedFile]) -> str:
    entries = (
        f'\n[[file]]\npackage = "{entry.package}"\nversion = "{entry.version}"\n'
        f'path = "{entry.path}"\nsha256 = "{entry.sha256}"\n'
        for entry in locked
    )
    return "# Written by tools/vendor.py. Do not edit.\n" + "".join(entries)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the tree with vendor.lock instead of fetching")
    options = parser.parse_args(arguments)
    if options.check:
        problems = differences()
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1 if problems else 0
    for entry in fetch():
        print(f"{entry.path}  {entry.package} {entry.version}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
