"""EFFECT `quotaline init SHELL`: the shell code for `eval`, with this machine's paths in it."""

import click

from quotaline.core.surfaces import SHELLS


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)), required=False)
@click.option("--no-prompt", is_flag=True, help="Only set the variable QUOTALINE; the prompt stays as it is.")
@click.option("--where", is_flag=True, hidden=True, help="Print the folder of this account's prompt files.")
@click.option("--completions", is_flag=True, hidden=True, help="Print what completes quotaline's commands in SHELL.")
def init(shell: str | None, *, no_prompt: bool, where: bool, completions: bool) -> int:
    """Print the code that shows the line in SHELL without starting a process.

    \b
    bash  eval "$(quotaline init bash)"     at the end of ~/.bashrc
    zsh   eval "$(quotaline init zsh)"      at the end of ~/.zshrc
    fish  quotaline init fish | source      in ~/.config/fish/config.fish
    sh    eval "$(quotaline init sh)"       for dash, busybox and friends

    Every prompt then sets the variable QUOTALINE, escaped for the shell, and shows it: on the right in zsh and fish, in
    front in bash and sh. TAB completes quotaline's commands in bash 4.4 or later, zsh and fish.

    `quotaline install SHELL` keeps the same code in a file, which a shell reads without starting a process.
    """  # noqa: D301 - \b tells click to leave the lines below it as they are
    import os

    from quotaline.core import shell_code
    from quotaline.integrations import launcher

    if where:
        click.echo(shell_code.plain_init(["--where"], os.environ, ""), nl=False)
        return 0
    if shell is None:
        raise click.UsageError(f"Name a shell: one of {', '.join(SHELLS)}.")
    if completions:
        from quotaline.integrations.completions import script

        click.echo(script(shell), nl=False)
        return 0
    settings = shell_code.settings(shell, os.environ, launcher.command(), place=not no_prompt)
    click.echo(settings + shell_code.init_code(shell), nl=False)
    return 0
