"""`quotaline export` is text that strict readers of either form accept, and absent is never zero there."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from overviews import eventful, full
from programs import need
from quotaline.ledger.counters import COST, MESSAGES, REQUESTS, RUNS, TOKENS, Counters, series
from quotaline.model import ExtraUsage, Money, Snapshot
from quotaline.usage.exposition import Family, openmetrics_text, prometheus_text
from quotaline.usage.metrics import COUNTERS, families, side_by_side
from quotaline.usage.report import overview
from samples import NOW

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9][0-9.e+-]*)')
ENDINGS = {"info": "_info", "counter": "_total", "gauge": ""}
OPUS = {"model": "claude-opus-5-5", "source": "transcripts"}
COUNTED: Counters = {
    series(TOKENS, **OPUS, kind="input"): Decimal(1200),
    series(TOKENS, **OPUS, kind="cache_read"): Decimal(10**15),
    series(COST, **OPUS): Decimal("12345678.000000000000000009"),
    series(MESSAGES, model="claude-opus-5-5"): Decimal("1.20E+3"),
    series(RUNS): Decimal(2),
    series(REQUESTS, source="endpoint", outcome="rate limited"): Decimal(3),
}


def parsed(said: str, endings: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Families with their samples, by the rules of the specification that concern us; by type how a sample's name ends."""
    lines = said.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[str, list[tuple[str, str]]] = {}
    kind, name = "", ""
    for line in lines[:-2]:
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in found, "a family stands in one place"
            assert "\\" not in line
            found[name] = []
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == name
            kind = line.split(" ")[3]
            assert kind in endings
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == name + endings[kind]
            found[name].append((match[3] or "", match[4]))
    assert all(found.values()), "no family without a sample"
    assert all(len({labels for labels, _ in samples}) == len(samples) for samples in found.values())
    return found


def families_of(snapshot: Snapshot, counters: Counters | None = None) -> list[Family]:
    return families(overview(snapshot, NOW, UTC), snapshot, counters or {}, NOW, "0.1.0")


def exported(counters: Counters | None = None, **changes: object) -> dict[str, list[tuple[str, str]]]:
    """What either text says of it, which is the same but for the names of counters and infos."""
    found = families_of(full(**changes), counters)
    classic = parsed(prometheus_text(found), {"gauge": "", "counter": ""})
    strict = parsed(openmetrics_text(found), ENDINGS)
    assert list(classic.values()) == list(strict.values())
    return classic


def test_every_number_is_exported() -> None:
    found = exported()
    assert ('window="five_hour",source="statusline",alpha="false"', "0.425") in found["quotaline_window_used_ratio"]
    assert ('window="seven_day_fable",source="claude-json",alpha="true"', "0.914") in found["quotaline_window_used_ratio"]
    assert ('window="extra_usage",currency="USD"', "12.40") in found["quotaline_money_used"]
    assert ('window="spend_limit",currency="USD"', "500.00") in found["quotaline_money_limit"]
    assert ('window="seven_day"', "1") in found["quotaline_window_stale"]
    assert ('span="today",model="claude-opus-5-5",source="transcripts"', "6.29641") in found["quotaline_local_cost_dollars"]
    assert len(found["quotaline_local_tokens"]) == 3 * 2 * 5
    assert not any(name.endswith("_total") for name in found)


def test_counters_are_exact_and_come_in_a_fixed_order() -> None:
    found = exported(COUNTED)
    opus = 'model="claude-opus-5-5",source="transcripts"'
    assert found["quotaline_tokens_total"] == [(f'{opus},kind="cache_read"', f"{10**15}"), (f'{opus},kind="input"', "1200")]
    assert found["quotaline_cost_dollars_total"] == [(opus, "12345678.000000000000000009")]
    assert found["quotaline_messages_total"] == [('model="claude-opus-5-5"', "1200")]
    assert found["quotaline_recorded_runs_total"] == [("", "2")]
    assert found["quotaline_requests_total"] == [('source="endpoint",outcome="rate limited"', "3")]
    assert len([name for name in found if name.endswith("_total")]) == len(COUNTERS)


def test_of_several_accounts_each_sample_names_its_own_and_a_family_stands_once() -> None:
    both = side_by_side({"work": families_of(full(), COUNTED), "home": families_of(full(readings=()))})
    found = parsed(prometheus_text(both), {"gauge": "", "counter": ""})
    assert all(re.match(r'account="(work|home)"', labels) for samples in found.values() for labels, _ in samples)
    assert [labels for labels, _ in found["quotaline_recorded_runs_total"]] == ['account="work"']
    assert [labels for labels, _ in found["quotaline_snapshot_timestamp_seconds"]] == ['account="work"', 'account="home"']
    assert len(found["quotaline_local_tokens"]) == 2 * 3 * 2 * 5


def test_the_two_texts_differ_in_the_types_and_names_of_families_alone() -> None:
    found = families_of(full(), COUNTED)
    one, other = ([line for line in text(found).splitlines() if line[0] != "#"] for text in (prometheus_text, openmetrics_text))
    assert one == other
    assert "# TYPE quotaline_info gauge\n" in prometheus_text(found)
    assert "# TYPE quotaline info\n" in openmetrics_text(found)
    assert "# TYPE quotaline_tokens_total counter\n" in prometheus_text(found)
    assert "# TYPE quotaline_tokens counter\n" in openmetrics_text(found)


def test_a_gauge_over_a_sliding_span_says_that_it_is_no_counter() -> None:
    told = {family.name: family.about for family in families_of(full())}
    assert all("not for rate()" in told[f"quotaline_local_{name}"] for name in ("tokens", "cost_dollars"))


def test_the_page_has_each_metric_with_its_type_and_labels() -> None:
    page = (ROOT / "docs" / "prometheus.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`quotaline_[^|]+) \| (\w+) \|([^|]*)\|", page, re.MULTILINE)
    told = {
        name: (kind, re.findall(r"`(\w+)`", labels)) for names, kind, labels in rows for name in re.findall(r"`(\w+)`", names)
    }
    fields = {"five_hour.share_today": (20.0, None)}
    shown = [families_of(some, COUNTED) for some in (full(), eventful(), full(fields=fields))]
    made = {one.sample_name: (one.kind, list(one.samples[0].labels)) for some in shown for one in some if one.samples}
    assert made == told


@pytest.mark.slow
def test_promtool_finds_no_fault_in_any_name() -> None:
    promtool = need("promtool")
    texts = (
        prometheus_text(families_of(full(), COUNTED)),
        prometheus_text(side_by_side({"work": families_of(full(), COUNTED), "home": families_of(full(), COUNTED)})),
    )
    for text in texts:
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_not_known_has_no_sample() -> None:
    assert set(exported(readings=(), local=None)) == {"quotaline_info", "quotaline_snapshot_timestamp_seconds"}
    extra = structs.replace(full().readings[-1], value=ExtraUsage(is_enabled=True, used=Money(20847), limit=None))
    found = exported(readings=(extra,))
    assert found["quotaline_money_used"] == [('window="extra_usage",currency="USD"', "208.47")]
    assert "quotaline_money_limit" not in found
    assert "quotaline_window_used_ratio" not in found
    assert 'model="claude-new-1"' not in str(found.get("quotaline_local_cost_dollars"))


def test_names_from_outside_cannot_break_a_line() -> None:
    readings = full().readings
    value = structs.replace(readings[0].value, id='seven_day_"x\\\ny')
    found = exported(readings=(structs.replace(readings[0], value=value),))
    assert found["quotaline_window_stale"] == [('window="seven_day_\\"x\\\\\\ny"', "0")]


def test_no_name_can_drive_a_terminal_and_two_names_stay_two() -> None:
    local = full().local
    assert local
    names = ("model\x1b[2J", "model\x07[2J", "model[2J", "m\u202eodel")
    models = tuple(structs.replace(local.today.models[0], model=name) for name in names)
    snapshot = full(local=structs.replace(local, today=structs.replace(local.today, models=models)))
    said = prometheus_text(families_of(snapshot))
    parsed(said, {"gauge": ""})
    assert 'model="m<202e>odel"' in said
    assert all(letter.isprintable() for letter in said.replace("\n", ""))
