"""The command ``tandem``: one module for each group of commands, loaded when it is asked for."""

from __future__ import annotations

import os
from importlib import import_module

import click

from tandem.local.place import noted_environment

# Command → module and attribute. Named rather than imported, so that `tandem mailbox` does not load the solver.
COMMANDS: dict[str, str] = {
    "account": "tandem.cli.accounts:account",
    "clock": "tandem.cli.clock:clock",
    "database": "tandem.cli.database:database",
    "demo": "tandem.cli.local:demo",
    "jobs": "tandem.cli.jobs:jobs",
    "mail": "tandem.cli.mail:mail",
    "mailbox": "tandem.cli.local:mailbox",
    "operator": "tandem.cli.accounts:operator",
    "members": "tandem.cli.directory:members",
    "plugin": "tandem.cli.plugin:plugin",
    "relay": "tandem.cli.worker:relay",
    "retention": "tandem.cli.retention:retention",
    "tenant": "tandem.cli.tenant:tenant",
    "worker": "tandem.cli.worker:worker",
}


class LazyGroup(click.Group):
    """A group whose commands are imported on first use, in the order of ``COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of that name, or none."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module_name, _, attribute = target.partition(":")
        command = getattr(import_module(module_name), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{target} is not a command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tandem")
@click.pass_context
def main(context: click.Context) -> None:
    """Run mentorship programs for professional associations.

    Settings come from the environment. Where it has none, those of this checkout's demonstration are used, so that
    commands in a second terminal meet the running one.
    """
    if context.invoked_subcommand != "demo" and "TANDEM_DATABASE_URL" not in os.environ:
        # noted_environment is empty unless `tandem demo` was started here before.
        os.environ.update({name: value for name, value in noted_environment().items() if name not in os.environ})
