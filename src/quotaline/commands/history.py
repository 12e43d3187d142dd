"""EFFECT `quotaline history`: tokens and what they cost at list price, from the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from quotaline.commands.days import DAY
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from datetime import datetime

WAYS = ("day", "week", "month", "model", "project", "session", "subagent", "block")
REPORTED_WAYS = ("workspace", "actor", "api-key", "user")
FLEET_WAYS = ("machine", "user")
SOURCES = ("transcripts", "organisation")


@click.command()
@click.option(
    "--by", type=click.Choice((*WAYS, *REPORTED_WAYS, FLEET_WAYS[0])), default="day", show_default=True, help="What a row is."
)
@click.option("--since", type=DAY, metavar="DAY", help="The first day: 2026-11-21, yesterday, 7d ago.")
@click.option("--until", type=DAY, metavar="DAY", help="The last day, itself included.")
@click.option("-p", "--project", metavar="NAME", help="One project only: its path, the path's last part, or a part of it.")
@click.option("--extra", is_flag=True, help="Who drew the extra dollars: what the meter rose by, shared by list price.")
@click.option("--format", "form", type=click.Choice(["ccusage"]), help="The JSON that `ccusage claude` prints of the same.")
@click.option("-i", "--instances", is_flag=True, help="In ccusage's format: each project by itself.")
@click.option("-b", "--breakdown", is_flag=True, help="In ccusage's format: each model by itself, which its JSON always has.")
@click.option("--source", type=click.Choice(SOURCES), default=SOURCES[0], help="This machine, or your organisation's reports.")
@click.option("--fleet", is_flag=True, help="The machines and people of your fleet instead, also by machine and user.")
@click.option("--reconcile", is_flag=True, help="This machine's cost beside the organisation's report, per day and model.")
@click.option("--json", "as_json", is_flag=True, help="For programs: exact dollars, times in UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
@click.option("--html", metavar="FILE", help="All of it as one page for a browser; `-` is stdout. See `quotaline report`.")
@click.option("--plot", is_flag=True, help="Draw the windows over time instead: the last seven days, or --since and --until.")
@click.option("--backtest", is_flag=True, help="Replay the stored readings instead: what past forecasts erred by.")
def history(
    *,
    by: str,
    since: datetime | None,
    until: datetime | None,
    project: str | None,
    extra: bool,
    form: str | None,
    instances: bool,
    breakdown: bool,
    source: str,
    fleet: bool,
    reconcile: bool,
    as_json: bool,
    as_csv: bool,
    html: str | None,
    plot: bool,
    backtest: bool,
) -> int:
    """Show the tokens of this machine and their list price, from the ledger: also what Claude Code has deleted since.

    Copies of a message in resumed and forked sessions and in subagents count once. A block is five hours from the first
    message's hour on. A sum without the price of a model is marked.

    With --source organisation the reports of your organisation (see [organisation] in the README), also by workspace, actor,
    api-key or user; days are then UTC's. With --fleet what all machines of your fleet pushed, also by machine and user.
    """
    import os

    from quotaline.commands.current_ledger import current_ledger, find_project
    from quotaline.commands.imported import days_beside
    from quotaline.commands.load_config import load_config
    from quotaline.ledger.history import days_span
    from quotaline.ledger.history import history as rows_of
    from quotaline.ledger.rows import total_row
    from quotaline.locations import resolve_locations
    from quotaline.prices import PriceBook
    from quotaline.terminal import history as show
    from quotaline.terminal.page import print_page
    from quotaline.terminal.text import with_own_names

    reports, drawn = reconcile or source != SOURCES[0], plot or backtest
    _check_forms(html=html, ccusage=form, as_json=as_json, as_csv=as_csv, other=extra or drawn or reports or fleet)
    _check_ways(by, extra=extra, over_time=drawn, reports=reports, project=project, fleet=fleet)
    if (instances or breakdown) and form is None:
        raise click.UsageError("--instances and --breakdown are for --format ccusage.")
    if html is not None:
        from quotaline.commands.report import write_page

        return write_page(html, since, until, project)
    where = resolve_locations(os.environ)
    config = load_config(where)
    if drawn:
        from quotaline.commands import over_time

        start, end = (day.timestamp() if day else None for day in (since, until and until + timedelta(days=1)))
        return over_time.plot(where, config, start, end) if plot else over_time.backtest(where, config, start, as_json=as_json)
    days = (since.date() if since else None, until.date() if until else None)
    if fleet or reports:
        from quotaline.commands import fleet_usage, reported

        print_rows = fleet_usage.print_history if fleet else reported.print_reports
        return print_rows(where, config, None if reconcile else by, days, as_json=as_json, as_csv=as_csv)
    zone, prices = local_zone(), PriceBook(config.prices)
    with current_ledger(where) as ledger:
        span = days_span(zone, *days)
        if form is not None:
            from quotaline.commands.ccusage import print_ccusage

            return print_ccusage(ledger, where, prices, zone, by=by, span=span, project=project, instances=instances)
        chosen = None if project is None else find_project(ledger, project)
        if extra:
            from quotaline.commands.drawn import print_drawn

            return print_drawn(ledger, where, config, zone, by=by, span=span, project=chosen, as_json=as_json, as_csv=as_csv)
        rows = rows_of(ledger.connection, by, zone, prices, since=days[0], until=days[1], project=chosen)  # type: ignore[arg-type]
        beside = days_beside(ledger, config, where, rows, days) if by == "day" and chosen is None else []
    total = total_row(rows)
    if as_json:
        click.echo(show.as_json(by, rows, total, beside))
    elif as_csv:
        click.echo(show.as_csv(rows), nl=False)
    else:
        shown = with_own_names(rows, config.style.models) if by == "model" else rows
        print_page(lambda width: show.table(by, shown, total, width, beside), config, os.environ)
    return 0


def _check_forms(*, html: str | None, ccusage: str | None, as_json: bool, as_csv: bool, other: bool) -> None:
    """Raise UsageError where two forms, or a form and what it cannot show, are asked for."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    if ccusage is not None and (as_csv or other):
        raise click.UsageError(
            "--format ccusage stands without --csv, --extra, --plot, --backtest, --source, --reconcile and --fleet."
        )
    by_said = click.get_current_context().get_parameter_source("by") is not ParameterSource.DEFAULT
    if html is not None and (ccusage or as_json or as_csv or other or by_said):
        raise click.UsageError("--html has all of it; it stands with --since, --until and --project alone.")


def _check_ways(by: str, *, extra: bool, over_time: bool, reports: bool, project: str | None, fleet: bool) -> None:
    """Raise UsageError for options that do not go together."""
    if extra and over_time:
        raise click.UsageError("--extra stands without --plot and --backtest.")
    if fleet and (reports or extra or over_time or project is not None):
        raise click.UsageError("--fleet stands with --by, --since, --until, --json and --csv alone.")
    if reports and (extra or over_time or project is not None):
        raise click.UsageError("An organisation's reports know neither --extra, --project, --plot nor --backtest.")
    if by in FLEET_WAYS and not fleet and not (reports and by in REPORTED_WAYS):
        raise click.UsageError(f"--by {by} is of --fleet{' and of --source organisation' if by in REPORTED_WAYS else ''}.")
    if by in REPORTED_WAYS and not (reports or fleet):
        raise click.UsageError(f"--by {by} is of --source organisation.")
