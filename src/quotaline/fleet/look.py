"""EFFECT The fleet's usage in rows, as far as this login may see it: by machine, user, model, project, day, week or month."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

import msgspec
from msgspec import Struct

from quotaline.config.fleet_url import described
from quotaline.core.periods import DAY
from quotaline.errors import FleetError
from quotaline.fleet.migrate import SCHEMA, TOO_NEW_TO_LOOK
from quotaline.fleet.server import connect, explained, target_words, within
from quotaline.fleet.state import Identity
from quotaline.ledger.rows import HistoryRow, dearest, history_row
from quotaline.ledger.usage import QUARTER, UsagePart, as_part
from quotaline.prices import model_name
from quotaline.zone import day_start, midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    import psycopg

    from quotaline.config.schema import Fleet
    from quotaline.prices import PriceBook

FleetBy = Literal["day", "week", "month", "model", "project", "machine", "user"]
WAYS: tuple[str, ...] = get_args(FleetBy)
LATEST_SECONDS = 60.0
LAST = 4_102_444_800.0
NO_RIGHT = "This login may not look at the fleet's tables; its owner grants that: see `quotaline fleet roles`."
NO_TABLES = "The fleet's database has no tables yet: the first machine that pushes makes them, or `quotaline fleet migrate`."
COUNTERS = ("messages", "input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches")
SUMS = ", ".join(f"sum({name})::bigint" for name in COUNTERS)
RUN_SUMS = ", ".join(f"sum({name})::bigint" for name in COUNTERS[1:]) + ", count(*) FILTER (WHERE part = 0), sum(told_usd)"
KEYS = {"machine": "machine.name", "user": "machine.person", "project": "project", "model": "''"}


class MachineUse(Struct, frozen=True, kw_only=True):
    """One machine and its person: dollars at list price of today, of seven days, of this month; when it last pushed."""

    machine: str
    user: str
    last_seen: float
    today: Decimal
    seven_days: Decimal
    month: Decimal
    unpriced_models: tuple[str, ...] = ()


@contextmanager
def visited(fleet: Fleet, env: Mapping[str, str]) -> Iterator[tuple[psycopg.Connection, Identity]]:
    """A connection for somebody who looks, and what the fleet says of itself. Raises FleetError, also for errors within.

    It writes nothing, not even into a table of its own: a read replica can serve it.
    """
    connection = connect(fleet, env)
    import psycopg  # noqa: PLC0415 - for those whose server is there

    try:
        with connection:
            yield connection, _identity(connection)
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction):
        raise FleetError(NO_TABLES) from None
    except psycopg.errors.InsufficientPrivilege:
        raise FleetError(NO_RIGHT) from None
    except psycopg.Error as error:
        raise FleetError(explained(error, described(target_words(fleet, env)), env)) from None


def _identity(connection: psycopg.Connection) -> Identity:
    row = connection.execute("SELECT quotaline.about()").fetchone()
    identity = msgspec.convert(row[0] if row else None, Identity)
    if identity.oldest_client > SCHEMA:
        raise FleetError(TOO_NEW_TO_LOOK)
    return identity


def fleet_history(
    fleet: Fleet,
    env: Mapping[str, str],
    by: FleetBy,
    tz: tzinfo,
    prices: PriceBook,
    *,
    span: tuple[float, float],
    own_projects: Callable[[], list[str]] = list,
) -> list[HistoryRow]:
    """The rows of the `span`, epoch seconds, in order of time, or of cost; prices are this machine's. Raises FleetError.

    `own_projects` are this machine's projects, as shown: where one of them stands behind a keyed hash, the row has its name.
    """

    def look() -> list[HistoryRow]:
        with visited(fleet, env) as (connection, identity):
            if by in KEYS:
                names = {identity.project(path): path for path in own_projects()} if by == "project" else {}
                return _named(connection, by, span, prices, names)
            return _dated(connection, by, span, tz, prices)

    return within(LATEST_SECONDS, look, "The fleet's server did not answer in time.")


def fleet_machines(fleet: Fleet, env: Mapping[str, str], now: float, tz: tzinfo, prices: PriceBook) -> list[MachineUse]:
    """The machines that this login may see, the dearest of the month first. Raises FleetError."""
    first = datetime.fromtimestamp(now, tz).date().replace(day=1)
    starts = (midnight(now, tz), now - 7 * DAY, day_start(first, tz))

    def look() -> list[MachineUse]:
        with visited(fleet, env) as (connection, _):
            query = "SELECT id, name, person, extract(epoch FROM now() - last_seen)::float FROM quotaline.machine"
            machines = connection.execute(query).fetchall()
            used = [parts_between(connection, (start, now + DAY), "machine_id") for start in starts]
        found = []
        for number, name, person, age in machines:
            parts = [of.get(number, []) for of in used]
            costs = [sum((part.cost(prices) or Decimal(0) for part in some), Decimal(0)) for some in parts]
            unpriced = {model_name(part.model) for some in parts for part in some if part.cost(prices) is None}
            found.append(
                MachineUse(
                    machine=name,
                    user=person,
                    last_seen=now - max(0.0, age),
                    today=costs[0],
                    seven_days=costs[1],
                    month=costs[2],
                    unpriced_models=tuple(sorted(unpriced)),
                )
            )
        return sorted(found, key=lambda one: (-one.month, one.user, one.machine))

    return within(LATEST_SECONDS, look, "The fleet's server did not answer in time.")


def parts_between(
    connection: psycopg.Connection, span: tuple[float, float], key: str = "''", grain: int = DAY
) -> dict[str, list[UsagePart]]:
    """What was used in the span by `key`, an expression of our own, in parts of one price and one `grain`, seconds.

    The edges of the span are those of quarters of an hour, as every zone's midnight is.
    """
    quarters = grain // QUARTER
    start, those = f"{key}, quarter / {quarters} * {quarters}, model, flags", "quarter >= %s AND quarter < %s"
    messages = f"""SELECT {start}, step, {SUMS} FROM quotaline.usage_quarter
        JOIN quotaline.machine ON machine.id = machine_id WHERE {those} GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608 - words of our own
    runs = f"""SELECT {start}, 0, 0, {RUN_SUMS} FROM quotaline.counted_run
        JOIN quotaline.machine ON machine.id = machine_id WHERE {those} GROUP BY 1, 2, 3, 4, told_usd IS NULL"""  # noqa: S608 - as above
    first, behind = (int(min(max(edge, 0.0), LAST) // QUARTER) for edge in span)
    found: dict[str, list[UsagePart]] = defaultdict(list)
    for query in (messages, runs):
        for name, *row in connection.execute(query, (first, behind)):
            found[name].append(as_part(row))
    return found


def _named(
    connection: psycopg.Connection, by: str, span: tuple[float, float], prices: PriceBook, names: Mapping[str, str]
) -> list[HistoryRow]:
    found = parts_between(connection, span, KEYS[by])
    if by == "model":
        models: dict[str, list[UsagePart]] = defaultdict(list)
        for part in found.get("", []):
            models[model_name(part.model)].append(part)
        found = models
    return dearest([history_row(names.get(key, key), parts, prices) for key, parts in found.items()])


def _dated(
    connection: psycopg.Connection, by: str, span: tuple[float, float], tz: tzinfo, prices: PriceBook
) -> list[HistoryRow]:
    """Days, ISO weeks or months of `tz`, made of quarters of an hour: every zone's midnight is the edge of one."""
    found: dict[date, list[UsagePart]] = defaultdict(list)
    for part in parts_between(connection, span, grain=QUARTER).get("", []):
        found[_first_day(by, datetime.fromtimestamp(part.time, tz).date())].append(part)
    rows = []
    for first, parts in sorted(found.items()):
        behind = first + timedelta(days={"day": 1, "week": 7}.get(by, 31))
        behind = behind.replace(day=1) if by == "month" else behind
        key = {"day": first.isoformat(), "week": f"{first:%G-W%V}"}.get(by, f"{first:%Y-%m}")
        rows.append(history_row(key, parts, prices, starts_at=day_start(first, tz), ends_at=day_start(behind, tz)))
    return rows


def _first_day(by: str, day: date) -> date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day
