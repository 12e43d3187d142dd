"""EFFECT `quotaline history --extra`: who drew the extra dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quotaline.ledger.spans import KEYS, Which

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from quotaline.config.schema import Config
    from quotaline.forecast.drawn import Drawn
    from quotaline.ledger import Ledger
    from quotaline.ledger.projects import Project
    from quotaline.locations import Locations
    from quotaline.model import Snapshot


def print_drawn(
    ledger: Ledger,
    where: Locations,
    config: Config,
    tz: tzinfo,
    *,
    by: str,
    span: tuple[float, float],
    project: Project | None,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Print the rows of each currency or, where there is none, why; `span` are epoch seconds, the end not included."""
    import os
    import time

    from msgspec import structs

    from quotaline.forecast.drawn import extra_drawn
    from quotaline.ledger.readings import extra_usage_readings
    from quotaline.prices import PriceBook
    from quotaline.snapshot.load import load_snapshot
    from quotaline.terminal import drawn as show
    from quotaline.terminal.page import print_page
    from quotaline.terminal.text import Words, with_own_names

    if by not in KEYS:
        raise click.UsageError(f"--extra is --by {', '.join(KEYS[:-1])} or {KEYS[-1]}.")
    now, snapshot = time.time(), load_snapshot(where.snapshot)
    readings = extra_usage_readings(ledger, where.config_dir, snapshot.account.uuid if snapshot else None)
    account = next((reading.account for reading in reversed(readings) if reading.account), None)
    which = Which(account, tuple(map(str, where.claude_dirs)), *span, project)
    found = extra_drawn(ledger.connection, readings, by, tz, PriceBook(config.prices), which=which, now=now)  # type: ignore[arg-type]
    moved = [drawn for drawn in found if drawn.rows]
    why = None if moved else _why(found, config, snapshot)
    if as_json:
        click.echo(show.as_json(by, moved, why))
    elif as_csv:
        click.echo(show.as_csv(moved), nl=False)
    else:
        if by == "model":
            moved = [structs.replace(drawn, rows=tuple(with_own_names(drawn.rows, config.style.models))) for drawn in moved]
        clock = config.style.clock
        print_page(lambda width: [Words(why, "muted")] if why else show.table(by, moved, width, now, clock), config, os.environ)
    return 0


def _why(found: Sequence[Drawn], config: Config, snapshot: Snapshot | None) -> str:
    """Why there is no row, and what brings one, in a sentence or two."""
    import time

    from quotaline.core.windows import EXTRA_USAGE
    from quotaline.snapshot.missing import SWITCH, extra_missing
    from quotaline.terminal.text import clock_with_zone

    if not found:
        nothing = "No reading of extra usage is in the ledger"
        if not config.enable_alpha_features:
            return f"{nothing}, as its sources are undocumented and closed: {SWITCH}."
        known = (gap for gap in (snapshot.missing if snapshot else ()) if gap.id == EXTRA_USAGE)
        return f"{nothing}: {next(known, extra_missing(config, ())).why}."
    since = clock_with_zone(found[-1].since, time.time(), config.style.clock)
    if sum(drawn.readings for drawn in found) == 1:
        return f"Extra usage was read once, {since}: money counts from the second reading on, which a refresh brings."
    return f"Extra usage was read {found[-1].readings} times since {since}, and none was drawn in what is asked for."
