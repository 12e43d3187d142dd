"""`quotaline usage`: the page for people, the JSON for programs, and its schema."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import filelock
import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from rich.console import Console

from overviews import full
from quotaline.config.schema import Config
from quotaline.files import private_dir, write_atomic
from quotaline.locations import resolve_locations
from quotaline.model import ExtraUsage, Missing, Money, Reading, Window
from quotaline.refresh import current
from quotaline.refresh.run import RefreshResult
from quotaline.terminal import page
from quotaline.terminal.windows import detail_pieces
from quotaline.usage import as_json, local, report
from samples import NOW

QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
COMMITTED = Path(report.__file__).parents[1] / "_data" / "usage.schema.json"


def run(environment: dict[str, str], *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUOTALINE, *command], env=environment, input=text, capture_output=True, text=True, check=False)


def usage_json(environment: dict[str, str]) -> dict[str, Any]:
    found = run(environment, "usage", "--json")
    assert found.returncode == 0, found.stderr
    parsed: dict[str, Any] = json.loads(found.stdout)
    return parsed


def test_the_json_is_what_the_contract_says(furnished: dict[str, str]) -> None:
    said = usage_json(furnished)
    assert list(said) == ["schema_version", "generated_at", "account", "windows", "health", "transcripts", "missing"]
    assert said["schema_version"] == 1
    assert list(said["account"]) == ["config_dir", "uuid", "plan"]
    keys = [
        "id",
        "name",
        "unit",
        "used",
        "limit",
        "remaining",
        "utilization",
        "status",
        "resets_at",
        "source",
        "as_of",
        "stale",
    ]
    keys.append("extras")
    assert all(list(window) == keys for window in said["windows"])
    by_id = {window["id"]: window for window in said["windows"]}
    assert list(by_id) == ["five_hour", "seven_day", "seven_day_fable", "extra_usage"]
    session = by_id["five_hour"]
    assert (session["unit"], session["used"], session["limit"], session["source"]) == ("percent", 42.0, 100.0, "statusline")
    extra = by_id["extra_usage"]
    assert (extra["unit"], extra["used"], extra["limit"], extra["utilization"]) == ("usd", 12.4, 50.0, 24.8)
    assert (extra["resets_at"], extra["source"], extra["extras"]["alpha"]) == (None, "claude-json", True)
    assert session["extras"].get("alpha") is None
    counters = ["input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "total"]
    for span in ("seven_day", "today"):
        assert list(said["transcripts"][span]["tokens"]) == counters
        assert isinstance(said["transcripts"][span]["cost_usd"], str)


def test_money_is_written_to_the_minor_unit(furnished: dict[str, str]) -> None:
    assert '"used": 12.40,' in run(furnished, "usage", "--json").stdout


def test_the_json_follows_its_schema(furnished: dict[str, str]) -> None:
    jsonschema.validate(usage_json(furnished), json.loads(COMMITTED.read_text()), format_checker=jsonschema.FormatChecker())


def test_the_schema_is_made_from_the_types_and_printed(environment: dict[str, str]) -> None:
    assert COMMITTED.read_bytes() == as_json.schema()
    assert run(environment, "usage", "--schema").stdout == COMMITTED.read_text()


def test_no_data_exits_3_and_still_prints_json(environment: dict[str, str]) -> None:
    found = run(environment, "usage", "--json")
    assert (found.returncode, json.loads(found.stdout)["windows"]) == (3, [])
    assert json.loads(found.stdout)["missing"]
    assert run(environment, "usage").returncode == 3


def test_colours_come_when_asked_for_and_never_in_a_pipe(furnished: dict[str, str]) -> None:
    plain = run(furnished, "usage", "--offline").stdout
    forced = run({**furnished, "FORCE_COLOR": "1"}, "usage", "--offline").stdout
    refused = run({**furnished, "FORCE_COLOR": "1", "NO_COLOR": "1"}, "usage", "--offline").stdout
    assert "\x1b" not in plain + refused
    assert "\x1b[38;5;117m" in forced
    assert re.sub(r"\x1b\[[0-9;]*m", "", forced) == plain


def test_ascii_is_an_option_and_what_a_poor_locale_gets(furnished: dict[str, str]) -> None:
    poor = {**furnished, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    for env, words in ((furnished, ["--ascii"]), (poor, [])):
        found = run(env, "usage", "--offline", *words)
        assert found.returncode == 0, found.stderr
        assert found.stdout.isascii()
        assert "##" in found.stdout
    assert "█" in run(furnished, "usage", "--offline").stdout


@pytest.mark.parametrize("columns", ["1", "40", "73", "200", "9999"])
def test_the_width_is_obeyed_between_40_and_200(furnished: dict[str, str], columns: str) -> None:
    said = run({**furnished, "COLUMNS": columns}, "usage", "--offline").stdout
    assert max(len(line) for line in said.splitlines()) <= min(200, max(40, int(columns)))


@pytest.mark.parametrize("reader", ["true", "head -n 1"])
@pytest.mark.parametrize("words", ["segments --sample", "usage --json --offline", "doctor", "export --offline"])
def test_a_reader_that_leaves_early_is_no_error(furnished: dict[str, str], words: str, reader: str) -> None:
    command = f"'{sys.executable}' -P -m quotaline {words} | {reader}"
    found = subprocess.run(["/bin/sh", "-c", command], env=furnished, capture_output=True, text=True, check=False)
    assert "BrokenPipe" not in found.stderr
    assert "Traceback" not in found.stderr


def test_what_was_reset_since_is_missing_and_not_shown() -> None:
    later = NOW + 10_000
    view = report.overview(full(), later, UTC)
    assert "five_hour" not in {window.id for window in view.windows}
    assert [gap.why for gap in view.missing if gap.id == "five_hour"] == [report.OVER]
    assert view.transcripts.five_hour is None
    assert (view.transcripts.today.tokens.total, view.transcripts.today.models) == (0, [])
    assert view.transcripts.today.ends_at.timestamp() > later
    assert report.overview(full(), NOW, UTC).transcripts.five_hour is not None


def test_today_ends_at_midnight_where_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 12, tzinfo=zone).timestamp()
    today = local.transcripts(None, now, zone).today
    assert (today.ends_at - today.starts_at).total_seconds() == 25 * 3600
    assert (today.cost_usd, today.tokens.total) == ("0.00", 0)


@given(st.decimals(min_value=0, max_value=10**9, places=9))
def test_costs_are_exact_with_two_decimals_at_the_least(amount: Decimal) -> None:
    said = local.decimal(amount)
    assert Decimal(said) == amount
    assert len(said.partition(".")[2]) >= 2


@given(st.integers(0, 10**12), st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]))
def test_money_loses_nothing_on_its_way_into_the_json(minor: int, unit: tuple[str, int]) -> None:
    value = ExtraUsage(is_enabled=True, used=Money(minor, *unit))
    reading = Reading(value=value, source="claude-json", as_of=NOW, alpha=True)
    view = report.overview(full(readings=(reading,)), NOW, UTC)
    found = re.search(rb'"used": ([0-9.]+)', as_json.to_json(view))
    assert found
    assert Decimal(found[1].decode()).scaleb(unit[1]) == minor
    assert (view.windows[0].unit, view.windows[0].limit) == (unit[0].lower(), None)


def test_a_name_with_control_characters_moves_no_cursor() -> None:
    value = structs.replace(full().readings[0].value, id="seven_day_x", name="Weekly (\x1b[2J\u202eevil)")
    snapshot = full(readings=(structs.replace(full().readings[0], value=value),))
    out = io.StringIO()
    page.print_lines(
        Console(file=out, width=90),
        page.usage_page(report.overview(snapshot, NOW, UTC), snapshot, NOW, 90),
        Config(),
        ascii_only=False,
    )
    assert "\x1b" not in out.getvalue()
    assert "\u202e" not in out.getvalue()


def test_quotaline_alone_is_usage(furnished: dict[str, str]) -> None:
    assert "Session (5h)" in run(furnished).stdout
    alone, named = (
        [line.partition("  ")[0] for line in run(furnished, *words).stdout.splitlines()[1:]] for words in ((), ("usage",))
    )
    assert alone == named, "but for the minutes that may pass between two calls"


def test_a_person_waits_for_the_refresh_that_is_under_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = resolve_locations({"HOME": str(home)})
    assert where.cache_dir is not None
    assert where.snapshot is not None
    path = private_dir(where.cache_dir) / "refresh.lock"
    taken, asked = threading.Event(), threading.Event()

    def other() -> None:
        with filelock.FileLock(path):
            taken.set()
            asked.wait(10)
            write_atomic(where.cache_dir / "snapshot.json", msgspec.json.encode(full()))  # type: ignore[operator]

    def busy(*_: object) -> RefreshResult:
        asked.set()
        return RefreshResult(status="busy")

    thread = threading.Thread(target=other)
    thread.start()
    taken.wait(10)
    monkeypatch.setattr(current, "refresh", busy)
    found = current.refreshed(where, {}, NOW)
    thread.join()
    assert found == full()


def test_the_forecast_is_written_like_the_rest() -> None:
    fields = {
        "extra.at_reset": ([3120, "USD", 2], None), "five_hour.at_reset": (88.26, None), "five_hour.limit_at": (NOW + 60, None),
    }  # fmt: skip
    said = json.loads(as_json.to_json(report.overview(full(fields=fields), NOW, UTC)))
    by_id = {window["id"]: window["extras"] for window in said["windows"]}
    assert by_id["extra_usage"] == {"at_reset": 31.2, "left": 37.6, "alpha": True}
    assert by_id["five_hour"] == {"at_reset": 88.3, "limit_at": "2026-11-21T07:01:00Z"}
    jsonschema.validate(said, json.loads(COMMITTED.read_text()))


def test_credits_expire_and_what_is_left_is_no_more_than_the_prepaid_balance() -> None:
    credit = Window(
        id="wattle_ember",
        name="Welcome credit",
        utilization=21,
        resets_at=NOW + 86400,
        used_money=Money(1050),
        limit_money=Money(5000),
    )
    extra = ExtraUsage(is_enabled=True, used=Money(1500), limit=Money(10_000), balance=Money(620))
    found = full(readings=tuple(Reading(value=value, source="endpoint", as_of=NOW) for value in (credit, extra)))
    view = report.overview(found, NOW, UTC)
    said = json.loads(as_json.to_json(view))["windows"]
    assert said[0]["extras"] == {"expires": True}
    assert said[1]["extras"] == {"left": 6.2, "prepaid_balance": 6.2}
    shown = [[words for words, _ in detail_pieces(meter, NOW)] for meter in view.windows]
    assert [words[:9] for words in shown[0]][:3] == ["of $50.00", "$39.50 le", "expires i"]
    assert shown[1][:3] == ["of $100.00", "balance $6.20", "$6.20 left"]
    uncapped = structs.replace(extra, limit=None, reloads=True)
    [meter] = report.overview(full(readings=(Reading(value=uncapped, source="endpoint", as_of=NOW),)), NOW, UTC).windows
    assert [words for words, _ in detail_pieces(meter, NOW)][:2] == ["no cap", "balance $6.20"]
    assert "left" not in meter.extras
    later = report.overview(found, NOW + 86400, UTC)
    assert Missing("wattle_ember", "it has expired") in later.missing
