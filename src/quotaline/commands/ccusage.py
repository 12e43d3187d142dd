"""EFFECT `quotaline history --format ccusage`: the history in the JSON of ccusage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    tree = _tree(ledger, where, prices, tz, by=by, span=span, project=project, instances=instances)
    click.echo(msgspec.json.format(msgspec.json.encode(tree, order="sorted"), indent=2).decode())
    return 0


def _tree(
    ledger: Ledger,
    where: Locations,
    prices: PriceBook,
    tz: tzinfo,
    *,
    by: str,
    span: tuple[float, float],
    project: str | None,
    instances: bool,
) -> dict[str, Any]:
    import time

    from quotaline.ledger.ccusage import entries
    from quotaline.usage import ccusage

    if by not in WAYS:
        raise click.UsageError(f"--format ccusage is --by {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    if (instances or project is not None) and by != "day":
        raise click.UsageError("--instances and --project are of --by day in ccusage's format, as in ccusage.")
    connection, dirs = ledger.connection, where.claude_dirs
    if by == "day":
        place = "project" if instances or project is not None else "nothing"
        found = entries(connection, dirs, span, "quarter", place)  # type: ignore[arg-type]
        return ccusage.daily(found, prices, tz, instances=instances, project=project)
    if by == "session":
        return ccusage.session(entries(connection, dirs, span, "day", "session"), prices)
    if by == "block":
        found = entries(connection, dirs, (0.0, float("inf")), "before", "nothing")
        return ccusage.blocks(found, prices, time.time(), lambda start: span[0] <= start < span[1])
    report = ccusage.weekly if by == "week" else ccusage.monthly
    return report(entries(connection, dirs, span, "quarter", "nothing"), prices, tz)
