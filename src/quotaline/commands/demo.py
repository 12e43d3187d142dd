"""EFFECT `quotaline demo`: everything with made numbers, before anything is installed."""

import click


@click.command()
def demo() -> int:
    """Show the lines and the overview with made numbers; nothing is installed, nothing of yours is read or written."""
    from quotaline.preview.sample import show_sample

    click.echo("quotaline with made numbers; nothing is installed, nothing of yours is read.")
    show_sample()
    click.echo("\nNext: `quotaline setup`, then one message in Claude Code. `quotaline` shows your own numbers.")
    return 0
