"""EFFECT The workshop's commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from quotaline.commands.suggestions import instead_of
from quotaline.errors import QuotalineError

# command → module in this folder, in the order of use; the function has the command's name
COMMANDS = {
    "setup": "setup",
    "usage": "usage",
    "watch": "watch",
    "demo": "demo",
    "install": "install",
    "uninstall": "uninstall",
    "doctor": "doctor",
    "history": "history",
    "report": "report",
    "guard": "guard",
    "record": "record",
    "config": "config",
    "presets": "presets",
    "segments": "segments",
    "refresh": "refresh",
    "export": "export",
    "fleet": "fleet",
    "init": "init",
    "prompt": "prompt_path",
    "statusline": "prompt_path",
}
DEFAULT = "usage"
OWN_OPTIONS = ("-h", "--help", "--version")


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; `quotaline` alone is `quotaline usage`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names for the help page."""
        return list(COMMANDS)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options alone, or nothing, are those of `quotaline usage`; what completes words on TAB looks at them as they are."""
        alone = not args or (args[0][:1] == "-" and args[0] not in OWN_OPTIONS)
        return super().parse_args(ctx, [DEFAULT, *args] if alone and not ctx.resilient_parsing else args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; for one that is none, what may have been meant. Raises UsageError."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            meant = instead_of(args[0], COMMANDS)
            more = f" Did you mean `quotaline {meant}`?" if meant else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{more}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in the order of use, each with the whole first sentence of its help."""
        found = [(name, self.get_command(ctx, name)) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(command.help or "")) for name, command in found if command is not None])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = getattr(importlib.import_module(f"quotaline.commands.{module}"), cmd_name)
        assert isinstance(found, click.Command)  # noqa: S101 - the table above is ours
        return found


def summary(text: str) -> str:
    """The first sentence of a help text, on one line."""
    return " ".join(text.split("\n\n", 1)[0].split()).partition(". ")[0].rstrip(".")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quotaline", message="%(prog)s %(version)s")
def quotaline() -> None:
    """Claude quota and extra-usage dollars in every prompt line.

    `quotaline` alone is `quotaline usage`.
    """


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
