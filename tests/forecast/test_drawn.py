"""Who drew the extra dollars, of transcripts and readings in a real ledger."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from quotaline.forecast.drawn import extra_drawn
from quotaline.forecast.spending import counter, steps
from quotaline.ledger.history import days_span
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.projects import find_projects
from quotaline.ledger.spans import KEYS, Which
from quotaline.prices import PriceBook
from transcript_lines import NOON, assistant, owner, write
from usage_history import DAY, HOUR, MINUTE, at, spent

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from quotaline.forecast.drawn import Drawn
    from quotaline.ledger import Ledger
    from quotaline.ledger.spans import Key
    from quotaline.model import Reading

MILLION = 1_000_000
ELSEWHERE = None


class Asking:
    """`asking(readings, by)` gives the rows of each currency as {key: minor units}, and checks that they add up."""

    def __init__(self, ledger: Ledger, claude: Path) -> None:
        self.ledger, self.claude = ledger, claude
        self.account: str | None = None

    def drawn(
        self, readings: list[Reading], by: Key = "project", tz: tzinfo = UTC, *, project: str | None = None, **days: date
    ) -> list[Drawn]:
        import_transcripts(self.ledger, [self.claude])
        connection, span = self.ledger.connection, days_span(tz, days.get("since"), days.get("until"))
        chosen = find_projects(connection, project)[0] if project else None
        which = Which(self.account, (str(self.claude),), *span, chosen)
        found = extra_drawn(connection, readings, by, tz, PriceBook(), which=which, now=NOON + 90 * DAY)
        for one in found:
            assert one.total.amount == sum(row.amount.amount for row in one.rows)
            assert all(0 <= row.long.amount <= row.amount.amount for row in one.rows)
            if not project and not days:
                assert one.total.amount == sum(
                    step.amount for step in steps(counter(readings_in(readings, one), NOON + 90 * DAY)[1])
                )
        return found

    def __call__(
        self, readings: list[Reading], by: Key = "project", tz: tzinfo = UTC, **asked: object
    ) -> dict[str | None, int]:
        found = self.drawn(readings, by, tz, **asked)  # type: ignore[arg-type]
        assert len(found) <= 1
        return {row.key: row.amount.amount for one in found for row in one.rows}


def readings_in(readings: list[Reading], one: Drawn) -> list[Reading]:
    return [reading for reading in readings if reading.value.used.currency == one.total.currency]  # type: ignore[union-attr]


@pytest.fixture
def asking(ledger: Ledger, claude: Path) -> Asking:
    return Asking(ledger, claude)


def meter(*amounts: int, every: float = 5 * MINUTE, **said: object) -> list[Reading]:
    """Readings from noon on."""
    return [spent(amount, NOON + number * every, **said) for number, amount in enumerate(amounts)]  # type: ignore[arg-type]


def test_each_key_gets_its_share_by_list_price(asking: Asking) -> None:
    minute = NOON + MINUTE
    write(
        asking.claude,
        "s1",
        assistant("m1", minute, input=MILLION, cwd="/home/user/one"),
        assistant("m2", minute, input=2 * MILLION, cwd="/home/user/one", sidechain=True),
    )
    write(
        asking.claude, "s2", assistant("m3", minute, output=400, model="claude-haiku-4-5", cwd="/home/user/two", session="s2")
    )
    readings = meter(500, 1100)
    assert {"/home/user/one": 600, "/home/user/two": 0} == asking(readings)
    assert {"s1": 600, "s2": 0} == asking(readings, "session")
    assert {"subagent": 400, "main": 200} == asking(readings, "subagent")
    assert {"claude-opus-5-5": 600, "claude-haiku-4-5": 0} == asking(readings, "model")
    assert {"2026-11-20": 600} == asking(readings, "day")
    [found] = asking.drawn(readings)
    assert (2, NOON, NOON + 5 * MINUTE, 500) == (found.readings, found.since, found.until, found.first.amount)
    assert [(2, Decimal(12)), (1, Decimal("0.002"))] == [(row.messages, row.cost_usd) for row in found.rows]


@pytest.mark.parametrize("by", KEYS)
def test_a_step_in_which_nothing_was_used_here_is_elsewhere(asking: Asking, by: Key) -> None:
    write(asking.claude, "s1", assistant("m1", NOON + MINUTE, input=5, cwd="/p"))
    found = asking(meter(500, 507, 507, 510, 530), by)
    assert 23 == found[ELSEWHERE]
    assert [7, 23] == sorted(found.values())
    assert ELSEWHERE == list(found)[-1], "elsewhere comes last, however much it is"


def test_a_step_belongs_to_the_messages_after_one_reading_and_not_after_the_next(asking: Asking) -> None:
    write(
        asking.claude,
        "s1",
        assistant("m1", NOON + 5 * MINUTE, input=5, cwd="/before"),
        assistant("m2", NOON + 5 * MINUTE + 0.001, input=5, cwd="/after"),
    )
    assert {"/before": 7, "/after": 10} == asking(meter(500, 507, 517))


def test_a_message_that_began_before_the_step_explains_one_without_messages(asking: Asking) -> None:
    write(asking.claude, "s1", assistant("m1", NOON + 4 * MINUTE, input=5, cwd="/p"))
    [found] = asking.drawn(meter(500, 500, 507, 509))
    assert {"/p": 7, ELSEWHERE: 2} == {row.key: row.amount.amount for row in found.rows}
    assert 0 == found.rows[0].messages, "it stands outside the steps"


def test_only_the_meters_account_draws(asking: Asking) -> None:
    asking.account = "mine"
    write(asking.claude, "s1", owner("mine"), assistant("m1", NOON + MINUTE, input=5, cwd="/mine"))
    write(
        asking.claude, "s2", owner("theirs", session="s2"), assistant("m2", NOON + MINUTE, input=5, cwd="/theirs", session="s2")
    )
    write(asking.claude, "s3", assistant("m3", NOON + MINUTE, input=5, cwd="/unknown", session="s3"))
    other = asking.claude.with_name("other")
    write(other, "s4", assistant("m4", NOON + MINUTE, input=5, cwd="/other", session="s4"))
    import_transcripts(asking.ledger, [other])
    assert {"/mine": 5, "/unknown": 5} == asking(meter(500, 510))
    asking.account = "of nobody here"
    assert {"/unknown": 10} == asking(meter(500, 510))


def test_currencies_are_never_added(asking: Asking) -> None:
    write(asking.claude, "s1", *(assistant(f"m{n}", NOON + (1 + 5 * n) * MINUTE, input=5, cwd="/p") for n in range(4)))
    in_yen = (spent(amount, NOON + amount * MINUTE / 7, currency="JPY", exponent=0) for amount in (70, 90))
    readings = [*meter(500, 510), *in_yen]
    dollars, yen = asking.drawn(readings)
    assert ("USD", 10, "JPY", 20) == (dollars.total.currency, dollars.total.amount, yen.total.currency, yen.total.amount)
    assert (2, 0) == (dollars.total.exponent, yen.total.exponent)


def test_the_meters_own_rules_hold_over_a_month_a_fall_and_a_raised_cap(asking: Asking) -> None:
    end = at("2026-10-31T23:58")
    for name, moment in (("m1", end - MINUTE), ("m2", at("2026-11-01T00:01")), ("m3", at("2026-11-01T00:09"))):
        write(asking.claude, name, assistant(name, moment, input=5, cwd=f"/{name}", session=name))
    readings = [
        spent(500, end - 2 * MINUTE), spent(510, end), spent(400, end + 1), spent(510, end + 2),
        spent(4, at("2026-11-01T00:05")), spent(4, at("2026-11-01T00:06"), limit=9),
        spent(9, at("2026-11-01T00:10"), limit=200),
    ]  # fmt: skip
    assert {"/m1": 10, "/m2": 4, "/m3": 5} == asking(readings)


def test_a_long_step_is_shared_and_marked(asking: Asking) -> None:
    write(
        asking.claude,
        "s1",
        assistant("m1", NOON + HOUR, input=5, cwd="/p"),
        assistant("m2", NOON + 9 * HOUR + 2, input=5, cwd="/p"),
    )
    [found] = asking.drawn([spent(5, NOON), spent(25, NOON + 9 * HOUR), spent(30, NOON + 9 * HOUR + 60)])
    assert [("/p", 25, 20)] == [(row.key, row.amount.amount, row.long.amount) for row in found.rows]


def test_what_has_no_price_draws_as_well_and_is_named(asking: Asking) -> None:
    write(asking.claude, "s1", assistant("m1", NOON + MINUTE, input=30, cwd="/p"))
    write(asking.claude, "s2", assistant("m2", NOON + MINUTE, output=2, cwd="/q", model="claude-unheard-of-1", session="s2"))
    [found] = asking.drawn(meter(500, 504))
    assert [("/p", 3, ()), ("/q", 1, ("claude-unheard-of-1",))] == [
        (row.key, row.amount.amount, row.unpriced_models) for row in found.rows
    ]


@pytest.mark.parametrize("by", KEYS)
def test_days_one_after_the_other_add_up_to_all(asking: Asking, by: Key) -> None:
    """Also steps across midnight, with and without messages, in another zone."""
    for number in range(40):
        write(
            asking.claude,
            f"s{number}",
            assistant(f"m{number}", NOON + number * 3000, input=5, session=f"s{number}", cwd=f"/{number % 3}"),
        )
    readings = [spent(500 + 7 * n, NOON + n * 7777) for n in range(30)]
    zone = ZoneInfo("Asia/Tokyo")
    whole = asking(readings, by, zone)
    days = [asking(readings, by, zone, since=date(2026, 11, day), until=date(2026, 11, day)) for day in range(20, 26)]
    assert 7 * 29 == sum(whole.values())
    assert abs(7 * 29 - sum(sum(day.values()) for day in days)) <= len(days), "a unit of rounding a day"
    for key, amount in whole.items():
        assert abs(amount - sum(day.get(key, 0) for day in days)) <= len(days), "a unit of rounding a day"
    assert whole[ELSEWHERE] == sum(day.get(ELSEWHERE, 0) for day in days)


def test_one_project_alone_draws_what_it_draws_beside_the_others(asking: Asking) -> None:
    write(asking.claude, "s1", assistant("m1", NOON + MINUTE, input=3, cwd="/home/user/one"))
    write(asking.claude, "s2", assistant("m2", NOON + MINUTE, input=1, cwd="/home/user/two", session="s2"))
    readings = meter(500, 504, 510)
    assert {"/home/user/one": 3, "/home/user/two": 1, ELSEWHERE: 6} == asking(readings)
    assert {"claude-opus-5-5": 1} == asking(readings, "model", project="two")


def test_without_two_readings_there_is_no_row(asking: Asking) -> None:
    write(asking.claude, "s1", assistant("m1", NOON, input=5))
    assert [] == asking.drawn([])
    [found] = asking.drawn(meter(500))
    assert ((), 0, 1) == (found.rows, found.total.amount, found.readings)
    assert {} == asking(meter(500, 500, 500))


def test_a_step_of_no_length_looks_back(asking: Asking) -> None:
    write(asking.claude, "s1", assistant("m1", NOON - 1, input=5, cwd="/p"))
    assert {"/p": 7} == asking([spent(5, NOON), spent(12, NOON)])
