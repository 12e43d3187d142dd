"""The three spans: the 5-hour block, seven days, today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.accounts import own_dirs
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.readings import activity
from quotaline.ledger.totals import local_totals, usage
from quotaline.model import LocalTotals, TokenUsage
from quotaline.prices import PriceBook
from quotaline.zone import midnight
from transcript_lines import NOON, append, assistant, write

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

HOUR, DAY = 3600.0, 86400.0
BOOK = PriceBook()
NEW_YORK, LORD_HOWE, NEPAL = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")


def totals(ledger: Ledger, now: float, tz: tzinfo = UTC, resets_at: float | None = None) -> LocalTotals:
    return local_totals(ledger, now, tz, five_hour_resets_at=resets_at, prices=BOOK)


def spoken(ledger: Ledger, claude: Path, *times: float) -> None:
    """One message at each time; the input counters are 1, 10, 100, and so on."""
    write(claude, "s1", *(assistant(f"m{n}", at, input=10**n) for n, at in enumerate(times)))
    import_transcripts(ledger, [claude])


def test_tokens_are_those_of_all_five_counters() -> None:
    some = TokenUsage(input=1, output=2, cache_write_5m=4, cache_write_1h=8, cache_read=16)
    assert 31 == some.total
    assert TokenUsage(input=2, output=4, cache_write_5m=8, cache_write_1h=16, cache_read=32) == some + some


def test_an_empty_ledger_has_no_block_and_zero_otherwise(ledger: Ledger) -> None:
    found = totals(ledger, NOON)
    assert found.five_hour is None
    assert TokenUsage() == found.seven_day.tokens == found.today.tokens
    assert Decimal(0) == found.today.cost_usd


def test_a_block_starts_at_the_hour_of_its_first_message_and_ends_five_hours_later(ledger: Ledger, claude: Path) -> None:
    spoken(ledger, claude, NOON + 1799, NOON + 5 * HOUR - 0.001, NOON + 5 * HOUR)
    first = totals(ledger, NOON + 5 * HOUR - 1).five_hour
    second = totals(ledger, NOON + 5 * HOUR + 1).five_hour
    assert first is not None
    assert second is not None
    assert (NOON, NOON + 5 * HOUR, 11) == (first.starts_at, first.ends_at, first.tokens.input)
    assert (NOON + 5 * HOUR, 100) == (second.starts_at, second.tokens.input)


def test_no_block_is_open_after_its_end(ledger: Ledger, claude: Path) -> None:
    spoken(ledger, claude, NOON)
    assert totals(ledger, NOON + 5 * HOUR - 0.001).five_hour is not None
    assert totals(ledger, NOON + 5 * HOUR).five_hour is None


def test_blocks_follow_each_other_while_there_is_no_silence(ledger: Ledger, claude: Path) -> None:
    spoken(ledger, claude, NOON, NOON + 4.5 * HOUR, NOON + 7.2 * HOUR)
    block = totals(ledger, NOON + 8 * HOUR).five_hour
    assert block is not None
    assert (NOON + 7 * HOUR, 100) == (block.starts_at, block.tokens.input)


def test_a_known_window_is_the_block_instead_of_the_guess(ledger: Ledger, claude: Path) -> None:
    spoken(ledger, claude, NOON, NOON + 10 * 60 + 0.5, NOON + 2 * HOUR)
    block = totals(ledger, NOON + 3 * HOUR, resets_at=NOON + 5 * HOUR + 600).five_hour
    assert block is not None
    assert (NOON + 600, NOON + 5 * HOUR + 600, 110) == (block.starts_at, block.ends_at, block.tokens.input)


def test_a_known_window_is_open_even_before_the_first_message(ledger: Ledger) -> None:
    block = totals(ledger, NOON, resets_at=NOON + HOUR).five_hour
    assert block is not None
    assert TokenUsage() == block.tokens


@pytest.mark.parametrize("resets_at", [NOON - 1, NOON + 2 * HOUR, NOON + 12 * HOUR])
def test_a_window_that_is_over_or_not_begun_decides_nothing(ledger: Ledger, claude: Path, resets_at: float) -> None:
    spoken(ledger, claude, NOON + 2 * HOUR)
    block = totals(ledger, NOON + 3 * HOUR, resets_at=resets_at).five_hour
    assert block is not None
    assert NOON + 2 * HOUR == block.starts_at


def test_an_older_message_that_comes_late_moves_the_blocks_behind_it(ledger: Ledger, claude: Path) -> None:
    spoken(ledger, claude, NOON, NOON + 5 * HOUR)
    write(claude, "late", assistant("late", NOON - HOUR, input=5))
    import_transcripts(ledger, [claude])
    starts = [row[0] * HOUR for row in ledger.connection.execute("SELECT start FROM block ORDER BY start")]
    assert [NOON - HOUR, NOON + 5 * HOUR] == starts


hours = st.lists(st.integers(0, 60), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(hours, min_size=1, max_size=4))
def test_blocks_are_the_same_whenever_their_messages_came(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]]
) -> None:
    root = tmp_path_factory.mktemp("blocks")
    truth, end = [], 0.0
    for at in sorted(NOON + hour * HOUR for part in parts for hour in part):
        if at >= end:
            truth.append(at // HOUR)
            end = at + 5 * HOUR
    with open_ledger(root / "ledger.db") as ledger:
        for number, part in enumerate(parts):
            lines = [assistant(f"m{number}-{n}", NOON + hour * HOUR + 60) for n, hour in enumerate(part)]
            write(root, f"f{number}", *lines)
            import_transcripts(ledger, [root])
        assert truth == [row[0] for row in ledger.connection.execute("SELECT start FROM block ORDER BY start")]


def test_seven_days_roll(ledger: Ledger, claude: Path) -> None:
    now = NOON + 123.456
    spoken(ledger, claude, now - 7 * DAY - 0.001, now - 7 * DAY, now - 0.001, now)
    week = totals(ledger, now).seven_day
    assert (now - 7 * DAY, now, 110) == (week.starts_at, week.ends_at, week.tokens.input)


@pytest.mark.parametrize(
    ("tz", "day", "length"),
    [
        (UTC, (2026, 11, 20), 24),
        (NEW_YORK, (2026, 3, 8), 23),
        (NEW_YORK, (2026, 11, 1), 25),
        (LORD_HOWE, (2026, 4, 5), 24.5),
        (LORD_HOWE, (2026, 10, 4), 23.5),
        (NEPAL, (2026, 11, 20), 24),
        (timezone(timedelta(minutes=7)), (2026, 11, 20), 24),
    ],
)
def test_today_is_from_midnight_to_midnight_of_the_user(
    ledger: Ledger, claude: Path, tz: tzinfo, day: tuple[int, int, int], length: float
) -> None:
    midnight = datetime(*day, tzinfo=tz).timestamp()
    end = midnight + length * HOUR
    spoken(ledger, claude, midnight - 0.001, midnight, end - 0.001, end)
    for now in (midnight, midnight + 3 * HOUR, midnight + 12 * HOUR, end - 0.001):
        today = totals(ledger, now, tz).today
        assert (midnight, end, 110) == (today.starts_at, today.ends_at, today.tokens.input)


def test_a_midnight_that_does_not_exist_is_the_first_moment_of_the_day() -> None:
    havana = ZoneInfo("America/Havana")
    noon = datetime(2026, 3, 8, 12, tzinfo=havana).timestamp()
    start, end = midnight(noon, havana), midnight(noon, havana, days=1)
    assert (datetime(2026, 3, 8, 5, tzinfo=UTC).timestamp(), datetime(2026, 3, 9, 4, tzinfo=UTC).timestamp()) == (start, end)


def test_an_unknown_model_counts_in_tokens_and_is_named(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", model="gpt-7", input=5), assistant("m2", model="claude-opus-5-5", input=1_000_000))
    import_transcripts(ledger, [claude])
    today = totals(ledger, NOON).today
    assert TokenUsage(input=1_000_005) == today.tokens
    assert Decimal(4) == today.cost_usd
    assert ("gpt-7",) == today.unpriced_models
    assert {"gpt-7": None, "claude-opus-5-5": Decimal(4)} == {model.model: model.cost_usd for model in today.models}


def test_fast_mode_without_a_price_takes_nothing_from_the_priced_part(ledger: Ledger, claude: Path) -> None:
    plain = assistant("m1", model="claude-haiku-4-5", input=1_000_000)
    write(claude, "s1", plain, assistant("m2", model="claude-haiku-4-5", input=7, speed="fast"))
    import_transcripts(ledger, [claude])
    today = totals(ledger, NOON).today
    assert (Decimal(1), ("claude-haiku-4-5 (fast)",), 1_000_007) == (today.cost_usd, today.unpriced_models, today.tokens.input)


def test_the_names_of_one_model_are_one_model(ledger: Ledger, claude: Path) -> None:
    names = ("claude-opus-5-5", "claude-opus-5-5[1m]", "us.anthropic.claude-opus-5-5-v1:0")
    write(claude, "s1", *(assistant(f"m{n}", model=name, input=1) for n, name in enumerate(names)))
    import_transcripts(ledger, [claude])
    (model,) = totals(ledger, NOON).today.models
    assert ("claude-opus-5-5", 3) == (model.model, model.tokens.input)


request_said = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["claude-haiku-5-5", "claude-sonnet-4-6", "claude-opus-5-5", "claude-opus-4-6"]),
        "at": st.integers(-20 * 900, 20 * 900).map(lambda seconds: datetime(2026, 3, 13, tzinfo=UTC).timestamp() + seconds),
        "input": st.integers(0, 3000),
        "output": st.integers(0, 5000),
        "cache_write_5m": st.integers(0, 60_000),
        "cache_write_1h": st.integers(0, 60_000),
        "cache_read": st.integers(0, 250_000),
        "searches": st.integers(0, 2),
        "geo": st.sampled_from(["us", "not_available", ""]),
        "sidechain": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(request_said, min_size=1, max_size=25),
    fast=st.booleans(),
    edges=st.tuples(st.integers(-21 * 900, 21 * 900), st.integers(0, 30 * 900)),
)
def test_a_sum_costs_what_its_requests_cost(
    tmp_path_factory: pytest.TempPathFactory, requests: list[dict[str, object]], fast: bool, edges: tuple[int, int]
) -> None:
    """Price steps, dated prices, fast mode and US inference survive being added up; so do the span's edges."""
    root = tmp_path_factory.mktemp("sums")
    start = datetime(2026, 3, 13, tzinfo=UTC).timestamp() + edges[0]
    end = start + edges[1]
    tokens, cost = TokenUsage(), Decimal(0)
    for request in requests:
        at = float(str(request["at"]))
        quick = fast and request["model"] == "claude-opus-5-5"
        request["speed"] = "fast" if quick else "standard"
        if start <= at < end:
            used = TokenUsage(**{name: int(str(request[name])) for name in TokenUsage.__struct_fields__})
            price = BOOK.cost(
                str(request["model"]),
                used,
                at=at,
                web_searches=int(str(request["searches"])),
                fast=quick,
                us=request["geo"] == "us",
            )
            assert price is not None
            tokens, cost = tokens + used, cost + price
    write(root, "s1", *(assistant(f"m{n}", **request) for n, request in enumerate(requests)))  # type: ignore[arg-type]
    with open_ledger(root / "ledger.db") as ledger:
        import_transcripts(ledger, [root])
        found = usage(ledger.connection, start, end, BOOK)
    assert (tokens, cost) == (found.tokens, found.cost_usd)


def test_a_known_window_holds_from_its_first_moment_until_before_its_last(ledger: Ledger) -> None:
    for now, holds in ((NOON - 5 * HOUR - 0.001, False), (NOON - 5 * HOUR, True), (NOON - 0.001, True), (NOON, False)):
        found = totals(ledger, now, resets_at=NOON).five_hour
        assert (found is not None) is holds, now
        assert found is None or (found.starts_at, found.ends_at) == (NOON - 5 * HOUR, NOON)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1)), min_size=1, max_size=20), st.integers(0, 70))
def test_an_account_that_shares_a_ledger_has_the_totals_that_it_has_alone(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int]], after: int
) -> None:
    """Its block, today and seven days: hours at which one of two folders was used."""
    base = tmp_path_factory.mktemp("shared")
    now = NOON + after * HOUR + 1800
    for at, (hour, which) in enumerate(told):
        line = assistant(f"m{at}", NOON + hour * HOUR, input=1 << at, session=f"s{which}")
        path = base / str(which) / "projects" / "p" / f"s{which}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        append(path, line)
    dirs = [base / "0", base / "1"]
    with open_ledger(base / "shared.db") as shared:
        import_transcripts(shared, dirs)
        for folder in dirs:
            own = own_dirs(shared.connection, [folder, base / "none"])
            mine = local_totals(shared, now, UTC, five_hour_resets_at=None, prices=BOOK, dirs=own)
            with open_ledger(base / f"{folder.name}.db") as alone:
                import_transcripts(alone, [folder])
                assert mine == totals(alone, now)
                assert activity(alone, 0.0) == activity(shared, 0.0, own)
        assert own_dirs(shared.connection, dirs) is None
