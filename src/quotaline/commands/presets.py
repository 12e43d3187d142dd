"""EFFECT `quotaline presets`: every ready line with your own values, on one screen."""

import click


@click.command()
@click.option("--sample", is_flag=True, help="Show the bundled sample's values instead of yours.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def presets(*, sample: bool = False, as_json: bool = False) -> int:
    """Show each preset, shipped and your own, as it would look; `quotaline config set preset NAME` chooses one.

    Claude Code's rows come first, with the sample's session in them, then the line of shells; the numbers are made while none
    of yours are known. Your own presets are TOML files in the folder presets beside config.toml; what config.toml says of lines
    and segments counts whatever the preset.
    """
    import os
    import time

    import msgspec

    from quotaline.commands.load_config import load_config
    from quotaline.commands.next_steps import numbers_are_known
    from quotaline.locations import resolve_locations
    from quotaline.preview.live import live_in_session, sampled
    from quotaline.preview.presets import preset_previews
    from quotaline.snapshot.load import load_snapshot
    from quotaline.terminal import page
    from quotaline.terminal.presets import preset_lines

    where, now = resolve_locations(os.environ), time.time()
    config = load_config(where)
    screen = page.console(config, os.environ)
    state = sampled(where, config, now) if sample else live_in_session(where, config, os.environ, now)
    made = not (sample or as_json or numbers_are_known(load_snapshot(where.snapshot)))
    if made:
        state = sampled(where, config, now, opened=config.enable_alpha_features)
    found = preset_previews(where, state.fields, colour=not as_json and not screen.no_color, limit=screen.width - 2)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        if made:
            click.echo("With made numbers, as none of yours are known yet.\n")
        page.print_lines(screen, preset_lines(found, config.preset), config, ascii_only=page.needs_ascii(config))
    return 0
