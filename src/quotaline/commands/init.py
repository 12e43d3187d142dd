"""EFFECT `quotaline init SHELL`: the shell code for `eval`, with this machine's paths in it."""

import click

from quotaline.core.surfaces import SHELLS


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)), required=False)
@click.option("--no-prompt", is_flag=True, help="Only set the variable QUOTALINE; the prompt stays as it is.")
@click.option("--where", is_flag=True, hidden=True, help="Print the folder of this account's prompt files.")
def init(shell: str | None, *, no_prompt: bool, where: bool) -> int:
    """Print the code that shows the line in SHELL without starting a process.

    \b
    bash  eval "$(quotaline init bash)"     at the end of ~/.bashrc
    zsh   eval "$(quotaline init zsh)"      at the end of ~/.zshrc
    fish  quotaline init fish | source      in ~/.config/fish/config.fish
    sh    eval "$(quotaline init sh)"       for dash, busybox and friends

    Every prompt then sets the variable QUOTALINE, escaped for the shell, and shows it: on the right in zsh and fish, in
    front in bash and sh. TAB completes quotaline's commands in bash 4.4 or later, zsh and fish.
    """  # noqa: D301 - \b tells click to leave the lines below it as they are
    import os

    from quotaline.core import paths
    from quotaline.integrations import completions, launcher

    folder = paths.cache_dir(os.environ)
    if where:
        click.echo(folder)
        return 0
    if shell is None:
        raise click.UsageError(f"Name a shell: one of {', '.join(SHELLS)}.")
    settings = {
        "__quotaline_dir": os.path.abspath(folder) if folder else "/dev/null/none",  # noqa: PTH100 - as the shell will see it
        "__quotaline_config_dir": os.environ.get("CLAUDE_CONFIG_DIR", ""),
        "__quotaline_command": launcher.command(),
        "__quotaline_place": "0" if no_prompt else "1",
    }
    click.echo(launcher.init_code(shell, settings), nl=False)
    click.echo(completions.script(shell), nl=False)
    return 0
