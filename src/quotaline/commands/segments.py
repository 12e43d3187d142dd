"""EFFECT `quotaline segments`: every segment with its live value or why it is empty, or one of them explained."""

import click


def _names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Segments that TAB offers."""
    from quotaline.config.schema import Config
    from quotaline.config.segments import catalogue

    return [name for name in sorted(catalogue(Config(), None).segments) if name.startswith(incomplete)]


@click.command()
@click.argument("name", required=False, shell_complete=_names)
@click.option("--sample", is_flag=True, help="Show the bundled sample's values instead of yours.")
@click.option("--fields", "list_fields", is_flag=True, help="List the fields and format specs that a segment may name.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def segments(*, name: str | None = None, sample: bool = False, list_fields: bool = False, as_json: bool = False) -> int:
    """Show each segment, shipped and your own, with its live value or why it is empty.

    With NAME: what it shows, its fields, and its TOML, ready to copy into your segments folder.
    """
    import os
    import time

    from quotaline.commands.load_config import load_config
    from quotaline.config.explain import listed
    from quotaline.errors import ConfigError
    from quotaline.locations import resolve_locations
    from quotaline.preview.live import live, sampled
    from quotaline.preview.segments import previews
    from quotaline.terminal import page, segments
    from quotaline.terminal.text import Line

    where, now = resolve_locations(os.environ), time.time()
    config = load_config(where)
    screen = page.console(config, os.environ)

    def out(lines: list[Line]) -> None:
        page.print_lines(screen, lines, config, ascii_only=page.needs_ascii(config))

    if list_fields:
        out(segments.fields(screen.width))
        return 0
    state = sampled(where, config, now) if sample else live(where, config, os.environ, now)
    found = previews(state.found, state.compiled, state.fields, state.missing)
    if name is not None:
        found = [one for one in found if one.name == name]
        if not found:
            raise ConfigError(f"{name!r} is not a segment; allowed are {listed(sorted(state.found.segments))}.")
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    elif name is not None:
        out(segments.explained(found[0], state, where))
    else:
        out(segments.table(found, screen.width))
    return 0
