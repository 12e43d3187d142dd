from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.alerts.rules import Firing, due_alerts, is_quiet
from quotaline.config.alert_rules import alert_problem, parse_condition
from quotaline.config.schema import Alert
from quotaline.model import Account, Money, Reading, Snapshot
from quotaline.render.fields import gather_fields
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def alert(when: str, **more: Any) -> Alert:
    return Alert(when=when, run=("true",), **more)


def fired(
    when: str,
    *readings: Reading,
    now: float = NOW,
    before: tuple[Reading, ...] = (),
    fields: dict[str, Any] | None = None,
    **more: Any,
) -> list[Firing]:
    account = Account(config_dir="~/.claude")
    snapshot = Snapshot(written_at=now, fresh_for=60, stale_after=3600, account=account, readings=readings, fields=fields or {})
    gathered = gather_fields(msgspec.json.decode(msgspec.json.encode(snapshot)), [], now)
    return due_alerts([alert(when, **more)], gathered, msgspec.to_builtins(list(before)), now, UTC)


@pytest.mark.parametrize(
    "when",
    [
        "extra.used >= 5",
        "five_hour.used>=90",
        "seven_day_fable.used > 95.5 %",
        "extra.left < $2",
        "crossing",
        " reset ",
        "five_hour.reset",
    ],
)
def test_the_grammar_takes(when: str) -> None:
    assert parse_condition(when) is not None
    assert alert_problem(alert(when)) is None


@pytest.mark.parametrize(
    "when",
    [
        "", "five_hour", "five_hour.used", "five_hour.used >=", "five_hour.used = 5", "nonsense >= 5", "five_hour.used >= -5",
        "five_hour.used >= 5 or 1", "__import__('os')", "five_hour.used >= 1e9", "extra.reset", "crossing >= 5; x", "5 >= x",
    ],
)  # fmt: skip
def test_and_nothing_else(when: str) -> None:
    assert parse_condition(when) is None
    assert (alert_problem(alert(when)) or "").startswith("`alert.when` is ")


@given(st.text(max_size=40))
def test_whatever_is_written_is_parsed_or_refused(when: str) -> None:
    parse_condition(when)


def test_a_threshold_fires_at_its_number_and_not_below() -> None:
    assert fired("five_hour.used >= 90", used(89.9, NOW)) == []
    [firing] = fired("five_hour.used >= 90", used(91, NOW, name="Session (5h)"))
    assert firing.message == "Session (5h) is at 91 % (five_hour.used >= 90)"


def test_money_is_compared_in_whole_units_of_its_currency() -> None:
    assert fired("extra.used >= 5", spent(499, NOW)) == []
    [firing] = fired("extra.used >= 5", spent(500, NOW))
    assert firing.message == "Extra usage is at $5.00 (extra.used >= 5)"
    assert fired("extra.used >= 5", spent(5, NOW, currency="JPY", exponent=0))
    assert fired("extra.used >= 5", spent(4999, NOW, currency="KWD", exponent=3)) == []


def test_a_stale_or_absent_value_fires_nothing() -> None:
    assert fired("five_hour.used >= 90", used(99, NOW - 3601, resets_at=NOW + HOUR)) == []
    assert fired("seven_day.used >= 90", used(99, NOW)) == []
    assert fired("extra.used >= 5", spent(900, NOW, enabled=False)) == []
    assert fired("today.cost >= 1", fields={"today.cost": (Money(500), NOW - 1)}) == []


def period(*arguments: Any, **more: Any) -> str:
    [firing] = fired(*arguments, **more)
    return firing.period


def test_one_period_is_one_alert_whatever_the_seconds_jitter() -> None:
    end = NOW + HOUR
    assert period("five_hour.used >= 90", used(91, NOW, resets_at=end)) == period(
        "five_hour.used >= 90", used(95, NOW + 60, resets_at=end + 1), now=NOW + 60
    )
    assert period("five_hour.used >= 90", used(91, NOW, resets_at=end)) != period(
        "five_hour.used >= 90", used(91, NOW, resets_at=end + 5 * HOUR)
    )


def test_money_has_the_month_and_the_days_sums_have_the_day() -> None:
    first, later = at("2026-11-02T10:00"), at("2026-11-28T10:00")
    assert period("extra.used >= 5", spent(500, first), now=first) == period("extra.used >= 5", spent(900, later), now=later)
    december = at("2026-12-01T00:00")
    assert period("extra.used >= 5", spent(500, december), now=december) == "2026-12"
    today = {"today.cost": (Money(500), None)}
    assert period("today.cost >= 1", fields=today, now=first) == "2026-11-02"


def test_a_crossing_is_one_event() -> None:
    fields = {
        "crossing.amount": (Money(80), NOW + HOUR),
        "crossing.since": (NOW - 60, NOW + HOUR),
        "crossing.name": ("Weekly", NOW + HOUR),
    }
    [firing] = fired("crossing", spent(580, NOW), fields=fields)
    assert firing.message == "Money is being spent beyond the plan: $0.80 so far; Weekly is at its limit"
    assert firing.period == str(int(NOW - 60))
    assert fired("crossing", spent(580, NOW)) == []
    assert fired("crossing", spent(580, NOW - 2 * HOUR), fields=fields) == [], "a stale sum is no news"


def test_a_reset_is_a_window_of_the_snapshot_before_that_has_ended() -> None:
    before = used(97, NOW - HOUR, resets_at=NOW - MINUTE, name="Session (5h)")
    [firing] = fired("reset", before=(before,))
    assert firing.message == "Session (5h) has started anew; it was at 97 %"
    assert fired("five_hour.reset", before=(before,))
    assert fired("seven_day.reset", before=(before,)) == []


def test_a_reset_that_moved_or_is_long_past_or_of_an_empty_window_is_none() -> None:
    assert fired("reset", before=(used(97, NOW - HOUR, resets_at=NOW + HOUR),)) == []
    assert fired("reset", before=(used(97, NOW - DAY, resets_at=NOW - 2 * HOUR),)) == []
    assert fired("reset", before=(used(0, NOW - HOUR, resets_at=NOW - MINUTE),)) == []


def test_quiet_hours_are_local_and_may_pass_midnight() -> None:
    night = "22:00-07:00"
    told = [is_quiet(night, at(f"2026-11-21T{clock}+01:00"), BERLIN) for clock in ("21:59", "22:00", "03:00", "06:59", "07:00")]
    assert told == [False, True, True, True, False]
    assert is_quiet("12:00-13:00", at("2026-11-21T12:30"), UTC)
    assert not is_quiet("12:00-12:00", at("2026-11-21T12:00"), UTC)
    assert fired("five_hour.used >= 90", used(95, NOW), quiet="13:00-15:00") == []


def test_quiet_hours_hold_on_the_night_the_clocks_change() -> None:
    for moment in ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-03-29T03:30+02:00"):
        assert is_quiet("22:00-07:00", at(moment), BERLIN)


@pytest.mark.parametrize(
    ("more", "begins"),
    [
        ({"run": "notify-send x"}, "`alert.run` must be a list"),
        ({"run": ("a",), "shell": True}, "`alert.run` must be a list"),
        ({"quiet": "22-7"}, "`alert.quiet` is '22-7'"),
    ],
)
def test_a_mistake_is_a_sentence(more: dict[str, Any], begins: str) -> None:
    assert (alert_problem(Alert(when="reset", **more)) or "").startswith(begins)
    assert alert_problem(msgspec.convert({"when": "reset", "run": "x", "shell": True}, Alert)) is None


@pytest.mark.parametrize(("late", "fires"), [(-0.001, False), (0.0, True), (HOUR - 0.001, True), (HOUR, False)])
def test_a_reset_is_news_from_its_moment_for_an_hour(late: float, fires: bool) -> None:
    before = used(42, NOW - 3 * HOUR, resets_at=NOW)
    assert bool(fired("five_hour.reset", now=NOW + late, before=(before,))) is fires
