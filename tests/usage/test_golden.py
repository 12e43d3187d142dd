"""What programs read, whole: the JSON and the metrics of each kind of overview, as they were looked at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec import structs

from goldens import golden
from overviews import bare, eventful, full, local
from quotaline.model import Fault, LocalTotals, Snapshot
from quotaline.usage.as_json import to_json
from quotaline.usage.exposition import Family, Sample, braces, openmetrics_text, prometheus_text
from quotaline.usage.local import decimal, transcripts
from quotaline.usage.metrics import families
from quotaline.usage.report import failed, overview, period_elapsed
from quotaline.zone import local_zone
from samples import NOW


@pytest.mark.parametrize(("name", "snapshot"), [("full", full), ("eventful", eventful), ("bare", bare)])
def test_what_programs_read(zone: Callable[[str], None], name: str, snapshot: Callable[[], Snapshot]) -> None:
    zone("America/St_Johns")
    found = structs.replace(snapshot(), faults=(Fault(stage="meter", message="It broke.", since=NOW - 60),))
    view = overview(found, NOW, local_zone())
    golden(f"usage/{name}.json", to_json(view).decode() + "\n")
    golden(f"usage/{name}.prom", prometheus_text(families(view, found, {}, NOW, "1.0")))
    elapsed = [f"{meter.id} {period_elapsed(meter, NOW)}" for meter in view.windows]
    golden(f"usage/{name}.elapsed.txt", "\n".join(elapsed) + "\n")


def test_nothing_is_empty_and_a_token_or_a_window_is_not() -> None:
    nothing = full(readings=(), local=None)
    assert overview(nothing, NOW, local_zone()).empty
    assert not overview(full(local=None), NOW, local_zone()).empty
    assert not overview(full(readings=()), NOW, local_zone()).empty


@pytest.mark.parametrize(("age", "said"), [(0, "It broke."), (59, "It broke."), (60, "since 06:59: It broke.")])
def test_a_fault_says_since_when_from_a_minute_on(age: float, said: str) -> None:
    gap = failed(Fault(stage="meter", message="It broke.", since=NOW - age), NOW)
    assert (gap.id, gap.why, gap.remedy) == ("meter", said, "run `quotaline doctor`")


def test_a_span_that_is_over_is_empty() -> None:
    day, week = 86_400, 7 * 86_400
    part = structs.replace(local(), starts_at=NOW - 9, ends_at=NOW)
    totals = LocalTotals(five_hour=part, today=part, seven_day=part)
    now, later, much_later = (transcripts(totals, NOW + after, local_zone()) for after in (-1, 0, week))
    assert now.five_hour is not None
    assert (now.five_hour.tokens.total, now.today.tokens.total) == (part.tokens.total, part.tokens.total)
    assert (later.five_hour, later.today.tokens.total, later.seven_day.tokens.total) == (None, 0, part.tokens.total)
    assert (later.today.starts_at.hour, (later.today.ends_at - later.today.starts_at).total_seconds()) == (0, day)
    assert much_later.seven_day.tokens.total == 0
    assert (much_later.seven_day.ends_at - much_later.seven_day.starts_at).total_seconds() == week
    assert transcripts(totals, NOW + week - 1, local_zone()).seven_day.tokens.total == part.tokens.total


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0", "0.00"), ("5", "5.00"), ("1.5", "1.50"), ("3.148205", "3.148205"), ("1E+2", "100.00"), ("1.100", "1.10")],
)
def test_dollars_are_exact_with_two_decimals_at_the_least(amount: str, said: str) -> None:
    assert decimal(Decimal(amount)) == said


def test_labels_are_escaped() -> None:
    assert braces({}) == ""
    assert braces({"a": 'x"\\\n', "b": "\x1b\u202e é"}) == '{a="x\\"\\\\\\n",b="<1b><202e> é"}'
    one, none = Family("n", "info", "About.", [Sample({}, "1")]), Family("m", "gauge", "About.", [])
    assert prometheus_text([one, none]) == "# HELP n_info About.\n# TYPE n_info gauge\nn_info 1\n# EOF\n"
    assert openmetrics_text([one, none]) == "# HELP n About.\n# TYPE n info\nn_info 1\n# EOF\n"
