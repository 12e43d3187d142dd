"""EFFECT `quotaline history --format ccusage`: the history in the JSON of ccusage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

if TYPE_CHECKING:
    from datetime import tzinfo

    from quotaline.ledger import Ledger
    from quotaline.locations import Locations
    from quotaline.prices import PriceBook

WAYS = ("day", "week", "month", "session", "block")


def print_ccusage(
    ledger: Ledger,
    where: Locations,
    prices: PriceBook,
    tz: tzinfo,
    *,
    by: str,
    span: tuple[float, float],
    project: str | None,
    instances: bool,
) -> int:
    """Print the report `by` of the entries in `span`, epoch seconds, the end not included."""
    import time
    from functools import partial

    from quotaline.ledger.ccusage import entries
    from quotaline.usage import ccusage

    if by not in WAYS:
        raise click.UsageError(f"--format ccusage is --by {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    if (instances or project is not None) and by != "day":
        raise click.UsageError("--instances and --project are of --by day in ccusage's format, as in ccusage.")
    found = partial(entries, ledger.connection, where.claude_dirs)
    if by == "session":
        tree = ccusage.session(found(span, grain="price", place="session"), prices)
    elif by == "block":
        ever = (0.0, float("inf"))
        tree = ccusage.blocks(found(ever, grain="hour"), prices, time.time(), lambda start: span[0] <= start < span[1])
    elif by == "day":
        apart = instances or project is not None
        days = found(span, tz, place="project" if apart else "nothing")
        tree = ccusage.daily(days, prices, instances=instances, project=project)
    else:
        report = ccusage.weekly if by == "week" else ccusage.monthly
        tree = report(found(span, tz), prices)
    click.echo(msgspec.json.format(msgspec.json.encode(tree, order="sorted"), indent=2).decode())
    return 0
