"""What was spent of a budget: the same as the history's row of that day, week, month or block; of one account or project."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotaline.config.budgets import budget_limits
from quotaline.config.schema import Budget, Budgets
from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.accounts import own_dirs
from quotaline.ledger.budgets import BudgetUse, budget_past, budget_use
from quotaline.ledger.history import history
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.runs import store_run
from quotaline.ledger.totals import local_totals
from quotaline.model import Money, Reading, Window
from quotaline.prices import PriceBook
from quotaline.sources.claude_result import read_result
from results import result
from transcript_lines import NOON, assistant, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from pathlib import Path

HOUR, DAY = 3600.0, 86400.0
BOOK = PriceBook()
EVERY = Budgets(block=1, daily=1, weekly=1, monthly=1)


def used(ledger: Ledger, now: float, *dirs: Path, zone: tzinfo = UTC, budgets: Budgets = EVERY) -> dict[str, BudgetUse]:
    own = own_dirs(ledger.connection, dirs)
    block = local_totals(ledger, now, zone, five_hour_resets_at=None, prices=BOOK).five_hour
    found = budget_use(ledger, budget_limits(budgets, "/home/user"), now, zone, BOOK, dirs=own, block=block)
    return {one.reading.value.id: one for one in found}


def cents(found: BudgetUse) -> int | None:
    value = found.reading.value
    assert isinstance(value, Window)
    return value.used_money.amount if value.used_money else None


def window(found: BudgetUse) -> Window:
    assert isinstance(found.reading.value, Window)
    return found.reading.value


def spend(claude: Path, *times: float, session: str = "s1", cwd: str = "/home/user/project", **said: object) -> None:
    """A message of $1.00 at each time: 50,000 tokens of output at $20 a million."""
    lines = (assistant(f"{session}-{at}", at, session=session, cwd=cwd, output=50_000, **said) for at in times)
    write(claude, session, *lines)


def test_a_budget_has_its_amount_its_share_its_end_and_says_that_it_is_an_estimate(ledger: Ledger, claude: Path) -> None:
    spend(claude, NOON - HOUR, NOON - 60)
    import_transcripts(ledger, [claude])
    found = used(ledger, NOON, claude, budgets=Budgets(daily="8.01", weekly=3))
    day, week = found["budget_daily"].reading, found["budget_weekly"].reading
    assert day.value == Window(
        id="budget_daily",
        name="Daily budget",
        utilization=24.9,  # 24.97, cut
        resets_at=datetime(2026, 11, 21, tzinfo=UTC).timestamp(),
        used_money=Money(200),
        limit_money=Money(801),
        extras={"period": "daily", "estimate": True},
    )
    assert (day.source, day.as_of, day.alpha, day.account) == ("transcripts", NOON, False, None)
    assert isinstance(week.value, Window)
    assert (week.value.utilization, week.value.resets_at) == (66.6, datetime(2026, 11, 23, tzinfo=UTC).timestamp())


def test_a_budget_that_is_not_spent_never_says_a_hundred(ledger: Ledger, claude: Path) -> None:
    spend(claude, *(NOON - n for n in range(1, 100)))
    import_transcripts(ledger, [claude])
    shares = [
        window(used(ledger, NOON, claude, budgets=Budgets(daily=limit))["budget_daily"]).utilization
        for limit in ("99.01", 99, "98.99")
    ]
    assert shares == [99.9, 100.0, 100.0]


def test_without_a_message_in_a_period_nothing_is_spent_of_it_and_a_block_is_not_there(ledger: Ledger, claude: Path) -> None:
    spend(claude, NOON - 60 * DAY)
    import_transcripts(ledger, [claude])
    found = used(ledger, NOON, claude)
    assert [(key, cents(one)) for key, one in found.items()] == [
        ("budget_daily", 0),
        ("budget_weekly", 0),
        ("budget_monthly", 0),
    ]


ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Berlin")
MOMENTS = (
    "2026-03-08T07:30", "2026-03-29T00:30", "2026-04-04T15:15", "2026-10-25T01:30", "2026-11-01T06:30", "2026-12-31T23:59",
    "2027-01-01T00:00", "2026-11-30T00:00", "2028-02-29T12:00", "2026-11-25T10:00",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_is_the_historys_row_of_the_same_day_week_month_and_block(
    zone: str, moment: str, ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, tz = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp(), ZoneInfo(zone)
    monkeypatch.setattr(time, "time", lambda: now)
    spend(claude, *(now - n * 5 * HOUR - 1 for n in range(170)), now, now - HOUR, now - 2 * HOUR)
    import_transcripts(ledger, [claude])
    found = used(ledger, now, claude, zone=tz)
    for key, by in (("daily", "day"), ("weekly", "week"), ("monthly", "month"), ("block", "block")):
        last = history(ledger.connection, by, tz, BOOK)[-1]  # type: ignore[arg-type]
        value = window(found[f"budget_{key}"])
        assert last.starts_at is not None
        assert last.starts_at <= now < (last.ends_at or 0), (key, "the present one")
        assert (value.resets_at, cents(found[f"budget_{key}"])) == (last.ends_at, int(last.cost_usd * 100)), key


def test_only_what_this_account_used_counts(ledger: Ledger, tmp_path: Path) -> None:
    mine, also, other = tmp_path / "mine", tmp_path / "also", tmp_path / "other"
    spend(mine, NOON - 60, session="a")
    spend(also, NOON - 50, session="b")
    spend(other, NOON - 40, NOON - 30, session="c")
    import_transcripts(ledger, [mine, also, other])
    sums = [
        cents(used(ledger, NOON, *dirs)["budget_daily"])
        for dirs in ((mine,), (mine, also), (other,), (mine, also, other), (tmp_path / "new",))
    ]
    assert sums == [100, 200, 200, 400, 0]


def test_a_project_is_its_folder_with_what_is_below_it_and_its_worktrees(ledger: Ledger, claude: Path) -> None:
    shop = "/home/user/code/shop"
    spend(claude, NOON - 60, session="a", cwd=shop)
    spend(claude, NOON - 50, session="b", cwd=f"{shop}/src")
    spend(claude, NOON - 40, session="c", cwd=f"{shop}/.claude/worktrees/fix")
    spend(claude, NOON - 30, session="d", cwd=f"{shop}-old")
    spend(claude, NOON - 20, session="e", cwd="/home/user/code")
    spend(claude, NOON - 40 * DAY, session="f", cwd=shop)
    write(
        claude,
        "g",
        *(assistant(f"g{n}", NOON - 10 + n, session="g", cwd=path, output=50_000) for n, path in enumerate((shop, "/tmp"))),
    )
    import_transcripts(ledger, [claude])
    budgets = Budgets(projects={"~/code/shop": Budget(monthly=100)})
    assert cents(used(ledger, NOON, claude, budgets=budgets)["budget_shop_monthly"]) == 400
    rows = {
        row.key: row.cost_usd
        for row in history(ledger.connection, "project", UTC, BOOK, since=datetime(2026, 11, 1, tzinfo=UTC).date())
    }
    assert sum(cost for path, cost in rows.items() if path == shop or path.startswith(shop + "/")) == 4


def test_a_model_without_a_price_makes_it_at_least_that(ledger: Ledger, claude: Path) -> None:
    spend(claude, NOON - 60)
    spend(claude, NOON - 50, session="s2", model="my-model")
    import_transcripts(ledger, [claude])
    value = window(used(ledger, NOON, claude)["budget_daily"])
    assert (value.used_money, value.extras) == (Money(100), {"period": "daily", "estimate": True, "at_least": True})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 3 * 86400), min_size=1, max_size=25, unique=True), offset=st.integers(0, 86399))
def test_its_past_rises_to_what_it_is_and_was_true_at_each_of_its_moments(
    times: Sequence[int], offset: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("b")
    now = NOON + offset
    spend(folder / "claude", *(now - back for back in times))
    with open_ledger(folder / "ledger.db") as ledger:
        import_transcripts(ledger, [folder / "claude"])
        for key, found in used(ledger, now, folder / "claude").items():
            value = window(found)
            assert value.resets_at is not None
            begins = {
                "block": value.resets_at - 5 * HOUR,
                "daily": value.resets_at - DAY,
                "weekly": value.resets_at - 7 * DAY,
            }.get(key.removeprefix("budget_"), datetime(2026, 11, 1, tzinfo=UTC).timestamp())
            levels = [
                (one.as_of, one.value.used_money.amount)
                for one in found.history
                if isinstance(one.value, Window) and one.value.used_money
            ]
            assert levels == sorted(levels)
            assert levels[0][0] == max(begins, now - DAY)
            for at, amount in dict(levels).items():
                assert amount == 100 * sum(begins <= now - back < at or (at == now and back == 0) for back in times), (key, at)
            assert all(one.value.resets_at == value.resets_at for one in found.history if isinstance(one.value, Window))
            assert levels[-1][1] == cents(found)


def test_money_is_exact(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", *(assistant(f"m{n}", NOON - n, output=1) for n in range(1, 1251)))
    import_transcripts(ledger, [claude])
    [row] = history(ledger.connection, "day", UTC, BOOK)
    assert row.cost_usd == Decimal("0.025")
    assert cents(used(ledger, NOON, claude)["budget_daily"]) == 2  # half to even, as everywhere


def test_runs_without_transcripts_count_for_the_whole_for_their_project_and_for_their_account(
    ledger: Ledger, claude: Path, tmp_path: Path
) -> None:
    spend(claude, NOON - HOUR, cwd="/home/user/shop")
    import_transcripts(ledger, [claude])
    budgets = Budgets(daily=9, projects={"/home/user/shop": Budget(daily=9)})
    for folder, config_dir, dollars in (("shop/sub", claude, 2), ("other", claude, 4), ("shop", tmp_path / "work", 8)):
        message = {**result(1, session=folder + str(dollars)), "total_cost_usd": dollars, "modelUsage": {}}
        run = read_result(message, NOON - 60, folder=f"/home/user/{folder}", config_dir=str(config_dir)).run
        store_run(ledger, run)
    mine = used(ledger, NOON, claude, budgets=budgets)
    everybodys = used(ledger, NOON, claude, tmp_path / "work", budgets=budgets)
    amounts = [[cents(one) for one in found.values()] for found in (mine, everybodys)]
    assert [[700, 300], [1500, 1100]] == amounts


def test_its_ended_periods_are_in_the_messages(ledger: Ledger, claude: Path) -> None:
    """Each from its first hour to its last, whatever of it was used; the one that runs now is not among them."""
    spend(claude, *(NOON - day * DAY - hour * HOUR for day in (0, 1, 3) for hour in (1, 3)))
    import_transcripts(ledger, [claude])
    for limit in budget_limits(Budgets(daily=4, weekly=8, block=1), "/home/user"):
        rows = budget_past(
            ledger, limit, NOON - 9 * DAY, NOON, zone=UTC, prices=BOOK, dirs=own_dirs(ledger.connection, [claude])
        )
        levels = {ends: max(row.value.utilization or 0 for row in group) for ends, group in by_reset(rows).items()}
        if limit.period == "daily":
            midnight = NOON - 12 * HOUR
            assert levels == {midnight - day * DAY: 50.0 if day in (0, 2) else 0.0 for day in range(9)}
        elif limit.period == "weekly":
            assert list(levels.values()) == [0.0], "the week of four dollars has not ended"
        else:
            assert list(levels.values()) == [200.0, 200.0]
        for ends, group in by_reset(rows).items():
            assert [row.as_of for row in group] == sorted({row.as_of for row in group})
            assert group[-1].as_of == ends - 1
            first = next((row.as_of for row in group if row.value.utilization), ends)
            assert first % HOUR == 0, "an hour's money is spent when the hour is over"
            assert first in (ends, *(NOON - day * DAY - 2 * HOUR for day in (1, 3)))


def by_reset(rows: Sequence[Reading]) -> dict[float, list[Reading]]:
    found: dict[float, list[Reading]] = {}
    for row in rows:
        assert isinstance(row.value, Window)
        found.setdefault(row.value.resets_at or 0.0, []).append(row)
    return found
