"""``tandem plugin``: what is installed, and a skeleton to begin one's own from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from tandem.plugin_api.registry import KINDS, Registry, load_registry

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

#: What each hook offers, in the words of the list.
_TITLES: Mapping[str, str] = {
    "eligibility_rules": "rules",
    "matching_constraints": "constraints",
    "matching_criteria": "criteria",
    "field_types": "question types",
}


@click.group()
def plugin() -> None:
    """Look at the installed plugins, or begin a new one."""


@plugin.command("list")
def list_plugins() -> None:
    """List the installed plugins with what they offer, and those that could not be loaded.

    Ends with exit code 1 if a plugin could not be loaded.
    """
    registry = load_registry()
    for line in _lines(registry):
        click.echo(line)
    for problem in registry.problems:
        click.echo(f"{problem.plugin} could not be loaded: {problem.reason}", err=True)
    if registry.problems:
        raise SystemExit(1)


@plugin.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder in which to make it (here by default).",
)
def new_plugin(name: str, into: Path) -> None:
    """Write a working plugin NAME (lower-case words joined by hyphens) with one rule and its test.

    The folder tandem-NAME must not exist; nothing is written if it does.
    """
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise click.BadParameter("use lower-case words joined by hyphens, for example night-school", param_hint="NAME")
    folder = into / f"tandem-{name}"
    if folder.exists():
        raise click.ClickException(f"{folder} exists already. Take another name, or another folder with --into.")
    try:
        _write(files("tandem.cli") / "skeleton", folder, name)
    except OSError as error:
        raise click.ClickException(f"{folder} could not be written: {error.strerror}.") from error
    click.echo(
        f"Wrote {folder}. Next: pip install -e {folder}, then: python -m pytest {folder}, then: tandem plugin list"
    )


def _lines(registry: Registry) -> list[str]:
    lines = []
    for one in registry.plugins:
        source = f"{one.distribution} {one.version}" if one.distribution else "unknown distribution"
        lines.append(f"{one.name} ({source})")
        lines += [f"  {_TITLES[kind]}: {', '.join(one.offers[kind])}" for kind in KINDS if one.offers[kind]]
        if not any(one.offers.values()):
            lines.append("  offers nothing")
    return lines


def _write(source: Traversable, target: Path, name: str) -> None:
    """Copy the skeleton: ``.tmpl`` is cut off names, ``package`` and the marks in texts become the plugin's own."""
    target.mkdir(parents=True)
    module = "tandem_" + name.replace("-", "_")
    for entry in sorted(source.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                _write(entry, target / entry.name.replace("package", module), name)
        elif entry.name.endswith(".tmpl"):
            text = entry.read_text(encoding="utf-8").replace("@NAME@", name).replace("@MODULE@", module)
            (target / entry.name.removesuffix(".tmpl")).write_text(text, encoding="utf-8")
