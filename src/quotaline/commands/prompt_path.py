"""EFFECT The help pages of `statusline` and `prompt`; the commands themselves run in prompt/, without click."""

import click

from quotaline.core.surfaces import PROMPT_SURFACES, VARIABLES

SURFACE = "Escapes and colours of this surface; env prints every number as a variable, NAME=VALUE."


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--padding", type=int, default=0, metavar="N", help="The `padding` of the status line in Claude Code's settings.")
@click.option("--enrich", is_flag=True, help="Pass the JSON on, completed, for another program's line.")
def statusline(*, padding: int, enrich: bool) -> None:
    """Print the line for Claude Code's statusLine, from its JSON on stdin.

    Rows are fitted to COLUMNS and coloured unless NO_COLOR is set. The rate limits on stdin are left for the other
    prompts. Always exits 0.

    With --enrich the JSON itself is printed, byte for byte but for what is added to rate_limits: windows it lacks,
    model_scoped and extra_usage, as far as they are known and not stale.
    """


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("segments", nargs=-1, metavar="[SEGMENT]...")
@click.option("--shell", type=click.Choice((*PROMPT_SURFACES, VARIABLES)), default="plain", help=SURFACE)
@click.option("--line", default="prompt", metavar="NAME", help="The line of the configuration to show.")
def prompt(segments: tuple[str, ...], shell: str, line: str) -> None:
    """Print the prompt line, or the segments that are named.

    Plain and uncoloured unless a shell is named. Where there is nothing to show nothing is printed. Always exits 0.
    """
