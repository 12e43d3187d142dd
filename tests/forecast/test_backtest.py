from quotaline.forecast.backtest import backtest
from quotaline.forecast.replay import periods
from quotaline.model import Reading
from usage_history import DAY, HOUR, MINUTE, NOW, spent, used

SPAN = 5 * HOUR


def steady(reset: float, per_hour: float, until: float = SPAN, key: str = "five_hour") -> list[Reading]:
    """A period of even use, read every five minutes."""
    start = reset - SPAN
    return [
        used(min(100.0, per_hour * minute / 60), start + minute * MINUTE, resets_at=reset, key=key)
        for minute in range(0, int(until / MINUTE), 5)
    ]


def test_even_use_is_forecast_to_the_point() -> None:
    [score] = backtest([*steady(NOW - SPAN, 12), *steady(NOW, 8)], NOW)
    assert (score.id, score.periods) == ("five_hour", 2)
    assert score.forecasts > 60
    assert score.points < 1.5
    assert (score.reached, score.false_alarms, score.missed, score.hours) == (0, 0, 0, None)


def test_the_time_of_a_limit_that_was_reached_is_scored_in_hours() -> None:
    [score] = backtest(steady(NOW, 40), NOW)
    assert score.reached > 5
    assert score.hours is not None
    assert score.hours < 0.1
    assert score.missed <= 1, "two readings of five minutes are no pace yet"


def test_use_that_stops_is_told_as_false_alarms() -> None:
    rows = [*steady(NOW, 40, 1.5 * HOUR), used(60, NOW - 3 * HOUR), used(60, NOW - MINUTE)]
    rows = [used(r.value.utilization, r.as_of, resets_at=NOW) for r in rows]
    [score] = backtest(rows, NOW)
    assert score.false_alarms > 0
    assert score.bias > 0


def test_a_period_that_is_open_or_whose_end_nobody_saw_is_not_scored() -> None:
    assert backtest(steady(NOW + HOUR, 12, 4 * HOUR), NOW) == []
    assert backtest(steady(NOW, 12, 3 * HOUR), NOW) == []
    assert backtest([spent(5, NOW), used(5, NOW, resets_at=None), used(3, NOW, key="odd", resets_at=NOW - DAY)], NOW) == []


def test_periods_are_parted_by_their_reset_whatever_its_jitter() -> None:
    rows = [
        used(1, NOW, resets_at=NOW + HOUR),
        used(2, NOW + 1, resets_at=NOW + HOUR + 1),
        used(0, NOW + 2, resets_at=NOW + DAY),
    ]
    assert [len(period) for period in periods(rows)] == [2, 1]


def test_each_window_has_a_score_of_its_own() -> None:
    weeks = [used(at / 2, NOW - 7 * DAY + at * HOUR, resets_at=NOW, key="seven_day") for at in range(168)]
    assert ["five_hour", "seven_day"] == [score.id for score in backtest([*weeks, *steady(NOW, 8)], NOW)]


def test_transcripts_fill_the_gaps_of_the_replay_as_well() -> None:
    """Four early readings, then none until the end: only the transcripts know that the use went on as before."""
    start = NOW - SPAN
    rows = [used(at * 2.0, start + at * 10 * MINUTE, resets_at=NOW) for at in range(4)]
    rows.append(used(60, NOW - MINUTE, resets_at=NOW))
    even = [(start + minute * MINUTE, 1.0) for minute in range(1, 300)]
    [without], [informed] = backtest(rows, NOW), backtest(rows, NOW, even)
    assert informed.points < 6 < without.points


def row(percent: float, before_reset: float, name: str = "five_hour") -> Reading:
    return used(percent, NOW - before_reset, resets_at=NOW, name=name)


EARLY = [(10, 4 * HOUR), (20, 3.5 * HOUR), (30, 3 * HOUR)]


def test_a_period_counts_that_was_seen_to_its_last_tenth_or_full() -> None:
    for last, scored in ((1800, True), (1801, False)):
        assert bool(backtest([*(row(*point) for point in EARLY), row(50, last)], NOW)) is scored
    for percent, scored in ((100, True), (99.9, False)):
        assert bool(backtest([*(row(*point) for point in EARLY), row(percent, 2 * HOUR)], NOW)) is scored


def test_a_forecast_is_replayed_until_the_last_reading_or_the_limit() -> None:
    """A turn each 450 s: none is made at or after the moment at which all was known."""
    turns = [backtest([*steady(NOW, 8, SPAN - 1200), row(50, last)], NOW)[0].forecasts for last in (900, 899)]
    assert turns[1] - turns[0] == 1
    full = [backtest([*steady(NOW, 20, 3 * HOUR), row(100, at), row(100, 60)], NOW)[0].forecasts for at in (4500, 4499)]
    assert full[1] - full[0] == 1


def test_a_window_is_called_as_it_was_last() -> None:
    readings = [*(row(*point, "Old") for point in EARLY), row(50, 1000, "Old"), row(60, 900, "New")]
    assert backtest(readings, NOW)[0].name == "New"
