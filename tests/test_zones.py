"""What servers and transcripts say means the same wherever the machine stands; only what a person reads is local."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quotaline.core.limits import explain_check
from quotaline.core.periods import month_before, month_end, month_start, parse_moment, rfc3339
from quotaline.core.rate_limits import parse_rate_limits
from quotaline.forecast.month import month_end_spend
from quotaline.ledger import Ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.totals import local_totals
from quotaline.model import Reading, Window
from quotaline.prices.book import PriceBook
from quotaline.snapshot.merge import merge
from quotaline.sources.fields import retry_after_seconds
from quotaline.sources.usage_body import parse
from quotaline.transcripts.row import milliseconds
from quotaline.zone import local_zone, midnight
from transcript_lines import assistant, write
from usage_history import DAY, HOUR, at, spent

ELSEWHERE = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati", "CET-1CEST,M3.5.0,M10.5.0/3")
EVE = at("2026-11-30T23:30Z")  # in half of these zones the month is another already
NAIVE = ("2026-11-30T23:30:00", "2026-11-30 23:30:00.000", "2026-12-01T08:30:00+09:00", "2026-11-30T23:30:00Z")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_time_from_outside_is_the_same_in_every_zone(zone: Callable[[str], None], name: str) -> None:
    zone(name)
    for text in NAIVE:
        assert parse_moment(text) == milliseconds(text, 2 * round(EVE * 1000)) / 1000 == EVE, text
        [window] = parse({"five_hour": {"utilization": 1, "resets_at": text}}).values
        assert isinstance(window, Window)
        assert window.resets_at == EVE
        [row] = parse_rate_limits({"five_hour": {"used_percentage": 1, "resets_at": text}}, EVE - HOUR)
        assert row["resets_at"] == EVE
    assert rfc3339(EVE) == "2026-11-30T23:30:00Z"
    for header in (
        "Mon, 30 Nov 2026 23:40:00 GMT",
        "Mon, 30 Nov 2026 23:40:00 -0000",
        "Tue, 01 Dec 2026 08:40:00 +0900",
        "600",
    ):
        assert retry_after_seconds(header, EVE) == 600, header


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_month_of_extra_usage_is_the_servers(zone: Callable[[str], None], name: str) -> None:
    zone(name)
    november, december = at("2026-11-01T00:00Z"), at("2026-12-01T00:00Z")
    assert (month_start(EVE), month_end(EVE), month_before(EVE)) == (november, december, at("2026-10-30T23:30Z"))
    assert merge([spent(1240, november)], EVE) != []
    assert merge([spent(1240, december - 1)], december) == []
    told: list[Reading] = [spent(0, EVE - 7 * DAY), spent(16_800, EVE)]
    money, _ = month_end_spend(told[1:], told, EVE)
    assert money is not None
    assert money.amount == 16_800 + 50, "half an hour of a hundred an hour is left"


@pytest.mark.parametrize(("name", "clock"), [("UTC", "10:00"), ("Asia/Tokyo", "19:00"), ("America/Los_Angeles", "02:00")])
def test_a_person_reads_the_local_time(zone: Callable[[str], None], name: str, clock: str) -> None:
    zone(name)
    reset = at("2026-11-21T10:00Z")
    check: dict[str, Any] = {
        "id": "five_hour",
        "state": "over",
        "name": "Session (5h)",
        "used": 83.0,
        "limit": 80.0,
        "until": reset,
        "why": "",
    }
    assert f"it starts anew at {clock}, in 1h" in explain_check(check, reset - HOUR)


@pytest.mark.parametrize("name", ELSEWHERE[:-1])
def test_today_is_the_local_day(zone: Callable[[str], None], name: str, ledger: Ledger, claude: Path) -> None:
    zone(name)
    begins = midnight(at("2026-10-31T23:30Z"), local_zone())  # a month before: nothing newer than tomorrow is taken in
    lines = [assistant(f"m{place}", begins + off, input=10**place) for place, off in enumerate((-1, 0, 1, 86_399, 86_400))]
    write(claude, "s1", *lines)
    import_transcripts(ledger, [claude])
    today = local_totals(ledger, begins + 86_399.5, local_zone(), five_hour_resets_at=None, prices=PriceBook()).today
    assert (today.starts_at, today.tokens.input) == (begins, 1110)
