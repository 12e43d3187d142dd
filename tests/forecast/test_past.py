"""What ended periods tell: which model is asked, how far off it usually is, and that a refresh replays a period only once."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from quotaline.forecast import replay
from quotaline.forecast.fields import forecast_parts
from quotaline.forecast.past import KEPT, LEAST_PERIODS, UNPROVEN, UNPROVEN_ERROR, UNPROVEN_LONGER, Past, choose, usual_error
from quotaline.forecast.profile import HALF_LIFE, add_period, hours_of_week
from quotaline.forecast.replay import fold
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import store_readings
from quotaline.ledger.window_past import store_pasts, stored_pasts
from quotaline.model import Account, Reading, Snapshot
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import load_snapshot
from usage_history import DAY, HOUR, MINUTE, NOW, configure, tell, used

SPAN, WEEK = 5 * HOUR, 7 * DAY


def errors(**points: float) -> Past:
    return Past(points={name: [value] * LEAST_PERIODS for name, value in points.items()})


def test_the_model_that_erred_least_is_asked_first_and_even_pace_between_equals() -> None:
    assert choose(errors(even=10, recent=8, weekly=9), SPAN)[0] == "recent"
    assert choose(errors(even=10, recent=9, weekly=9), SPAN)[0] == "even"
    assert choose(errors(even=10, recent=8, weekly=2), SPAN)[:2] == ("weekly", "even")
    once = Past(points={"even": [9.0], "recent": [1.0], "weekly": [9.0]})
    assert (choose(once, SPAN), choose(once, WEEK)) == (UNPROVEN[SPAN], UNPROVEN_LONGER)


def test_the_usual_error_is_the_median_of_ended_periods() -> None:
    past = Past(points={"even": [1.0, 1.0, 1.0]}, rates={"even": [30.0, 10.0, 500.0]})
    assert usual_error(past, "even") == 30
    assert usual_error(Past(), "even") == UNPROVEN_ERROR


def period(reset: float, per_hour: float, key: str = "five_hour", span: float = SPAN) -> list[Reading]:
    count = 60
    return [
        used(min(100, per_hour * place * span / count / HOUR), reset - span + place * span / count, resets_at=reset, key=key)
        for place in range(1, count)
    ]


def test_a_period_of_even_use_proves_every_straight_line() -> None:
    past = fold(Past(), period(NOW, 10), hours_of_week(UTC))
    assert past.points["even"][0] < 1
    assert past.points["recent"][0] < 1
    assert past.rates["even"][0] < 4
    assert sum(past.rose) == pytest.approx(49, abs=1)
    assert sum(past.hours) == pytest.approx(5)


def test_the_way_to_a_limit_counts_beyond_100_percent() -> None:
    """Both foresee a full window, but who comes to 100 in half the time foresees it far too early."""
    slow = [used(10, NOW - SPAN + 10 * MINUTE, resets_at=NOW), *period(NOW, 24)[4:]]
    past = fold(Past(), slow, hours_of_week(UTC))
    assert past.points["even"][0] < 1
    assert past.rates["even"][0] > past.points["even"][0]


def test_what_is_kept_does_not_grow() -> None:
    past, hour_of_week = Past(), hours_of_week(UTC)
    for number in range(KEPT + 3):
        past = fold(past, period(NOW + number * SPAN, 10), hour_of_week)
    assert {len(errors) for errors in (*past.points.values(), *past.rates.values())} == {KEPT}
    assert len(msgspec.json.encode(past)) < 6000


def test_a_period_whose_end_nobody_saw_counts_for_the_week_only() -> None:
    past = fold(Past(), period(NOW, 10)[:30], hours_of_week(UTC))
    assert past.points == {}
    assert sum(past.rose) == pytest.approx(25, abs=1)


def test_what_comes_before_a_redeemed_reset_proves_nothing() -> None:
    rows = [*period(NOW, 30)[:30], used(0, NOW - 2.4 * HOUR, resets_at=NOW), used(1, NOW - 2.3 * HOUR, resets_at=NOW)]
    rows += [used(1 + place, NOW - 2.2 * HOUR + place * 10 * MINUTE, resets_at=NOW) for place in range(13)]
    turns = replay.replay(rows, Past(), hours_of_week(UTC))
    assert turns
    assert all(turn.known.now >= NOW - 2.4 * HOUR for turn in turns)
    assert {turn.came for turn in turns} == {13.0}


def test_older_periods_count_less_and_a_full_window_says_nothing_of_its_rest() -> None:
    hour_of_week = hours_of_week(UTC)
    rose, hours = add_period([], [], [(NOW - HOUR, 50.0), (NOW, 50.0)], reset=NOW, span=HALF_LIFE, hour_of_week=hour_of_week)
    again, _ = add_period(rose, hours, [(NOW, 0.0)], reset=NOW, span=HALF_LIFE, hour_of_week=hour_of_week)
    assert sum(again) == pytest.approx(25, abs=0.5)
    full = [(NOW - 4 * HOUR, 100.0), (NOW, 100.0)]
    rose, hours = add_period([], [], full, reset=NOW, span=SPAN, hour_of_week=hour_of_week)
    assert (sum(rose), sum(hours)) == (100, 1)


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    configure(home)
    return {"HOME": str(home), "TZ": "UTC"}


def sessions(env: dict[str, str], count: int) -> float:
    """Sessions side by side, each used evenly and refreshed over; the time of the last refresh."""
    now = NOW
    for number in range(count):
        reset = NOW + (number + 1) * SPAN
        for minute in range(5, 300, 30):
            now = reset - SPAN + minute * MINUTE
            tell(Path(env["HOME"]), now, {"five_hour": (minute / 5, reset), "seven_day": (30.0, NOW + 6 * DAY)})
            refresh(env, now)
    return now


def kept(env: dict[str, str]) -> dict[str, Any]:
    with open_ledger(Path(env["HOME"], ".local/share/quotaline/ledger.db")) as ledger:
        rows = ledger.connection.execute("SELECT window, body FROM window_past").fetchall()
    return {window: msgspec.json.decode(body) for window, body in rows}


def test_a_refresh_replays_a_period_when_it_ends_and_never_again(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[float] = []
    usual = replay.replay

    def counted(rows: Any, *args: Any, **options: Any) -> Any:
        replayed.append(rows[-1].value.resets_at)
        return usual(rows, *args, **options)

    monkeypatch.setattr(replay, "replay", counted)
    sessions(env, 4)
    assert replayed == [NOW + SPAN, NOW + 2 * SPAN, NOW + 3 * SPAN]
    assert len(kept(env)["five_hour"]["points"]["even"]) == 3
    assert kept(env)["five_hour"]["reset"] == NOW + 4 * SPAN


def test_a_reading_without_a_reset_is_of_no_period(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[float | None] = []

    def counted(rows: Any, *_: Any, **__: Any) -> list[Any]:
        replayed.append(rows[-1].value.resets_at)
        return []

    monkeypatch.setattr(replay, "replay", counted)
    with open_ledger(Path(env["HOME"], ".local/share/quotaline/ledger.db")) as ledger:
        lost = [used(50, NOW + MINUTE, resets_at=None), used(50, NOW + 2 * MINUTE, resets_at=None)]
        store_readings(ledger, "~/.claude", None, lost)
    sessions(env, 2)
    assert replayed == [NOW + SPAN]


def test_the_shown_time_carries_the_past_error(env: dict[str, str]) -> None:
    """Sessions of even use were foreseen to the point: the range is narrower than that of one without a past."""
    now = sessions(env, 3)
    reset = NOW + 4 * SPAN
    tell(Path(env["HOME"]), reset - 2 * HOUR, {"five_hour": (80.0, reset), "seven_day": (30.0, NOW + 6 * DAY)})
    refresh(env, reset - 2 * HOUR)
    assert now < reset - 2 * HOUR
    snapshot = load_snapshot(Path(env["HOME"], ".cache/quotaline/default/snapshot.json"))
    assert snapshot is not None
    assert snapshot.fields["five_hour.forecast_by"][0] == "even"
    assert snapshot.fields["five_hour.limit_at"][0] == pytest.approx(reset - 2 * HOUR + 45 * MINUTE)
    assert snapshot.fields["five_hour.limit_error"][0] < 8 * MINUTE
    assert snapshot.fields["seven_day.at_reset_most"][0] - snapshot.fields["seven_day.at_reset"][0] > 50, "no week has ended"


def test_a_past_that_nobody_can_read_is_made_anew(env: dict[str, str]) -> None:
    sessions(env, 2)
    path = Path(env["HOME"], ".local/share/quotaline/ledger.db")
    with open_ledger(path) as ledger:
        (config_dir, account) = ledger.connection.execute("SELECT config_dir, account FROM window_past").fetchone()
        store_pasts(ledger, config_dir, account, {"five_hour": '{"reset": "x"}'})
        assert stored_pasts(ledger, config_dir, account)["five_hour"] == '{"reset": "x"}'
    refresh(env, NOW + 2 * SPAN - 2 * MINUTE)
    assert len(kept(env)["five_hour"]["points"]["even"]) == 1


def test_what_undocumented_sources_said_is_no_past_once_they_are_closed(env: dict[str, str]) -> None:
    sessions(env, 3)
    assert kept(env)["five_hour"]["alpha"]
    past = structs.replace(errors(even=9, recent=9, weekly=9), rates={"even": [10.0] * 3}, alpha=True)
    told = used(50, NOW, key="seven_day", resets_at=NOW + 3.5 * DAY)
    for reading, width in ((told, 5), (structs.replace(told, source="statusline", alpha=False), UNPROVEN_ERROR / 2)):
        snapshot = Snapshot(written_at=NOW, fresh_for=60, stale_after=60, account=Account(config_dir="~"), readings=(reading,))
        fields = forecast_parts(snapshot, [], [], NOW, UTC, pasts={"seven_day": past})["forecast"]()
        assert fields["seven_day.at_reset_most"][0] - fields["seven_day.at_reset"][0] == pytest.approx(width)
