"""EFFECT The workshop's commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from quotaline.errors import QuotalineError

# command → module in this folder; the function has the command's name
COMMANDS = {
    "history": "history",
    "init": "init",
    "install": "install",
    "uninstall": "uninstall",
    "refresh": "refresh",
    "record": "record",
    "usage": "usage",
    "guard": "guard",
    "segments": "segments",
    "config": "config",
    "doctor": "doctor",
    "export": "export",
    "prompt": "prompt_path",
    "statusline": "prompt_path",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; `quotaline` alone is `quotaline usage`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names for the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = getattr(importlib.import_module(f"quotaline.commands.{module}"), cmd_name)
        assert isinstance(found, click.Command)  # noqa: S101 - the table above is ours
        return found


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quotaline", message="%(prog)s %(version)s")
@click.pass_context
def quotaline(ctx: click.Context) -> None:
    """Claude quota and extra-usage dollars in every prompt line.

    `quotaline` alone is `quotaline usage`.
    """
    if ctx.invoked_subcommand is None:
        command = quotaline.get_command(ctx, "usage")
        if command is not None:
            ctx.invoke(command)


def cli() -> int:
    """Run the command line; an error of ours is one sentence on stderr and its exit code."""
    try:
        result = quotaline.main(prog_name="quotaline", standalone_mode=False)
    except QuotalineError as error:
        click.echo(f"quotaline: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0
