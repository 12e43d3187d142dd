"""A fault in one stage of a refresh, of whatever kind, costs that stage only, and says so."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from quotaline.errors import LedgerError
from quotaline.model import ExtraUsage, Snapshot
from quotaline.refresh.run import refresh
from quotaline.refresh.stages import Stages, explain_fault
from quotaline.usage.report import overview
from quotaline.zone import local_zone
from transcript_lines import assistant, dump
from usage_history import DAY, HOUR, NOW, configure, tell

# stage → what is broken, and what of the snapshot it costs
STAGES = {
    "configuration": ("quotaline.refresh.run.load_or_default", set()),
    "time zone": ("quotaline.refresh.run.local_zone", set()),
    "login": ("quotaline.sources.claude_json.read_account", set()),
    "accounts": ("quotaline.refresh.run.only_current_account", set()),
    "windows": ("quotaline.refresh.run.merge_window", set()),
    "missing": ("quotaline.refresh.run.missing", set()),
    "guard": ("quotaline.refresh.run.guard_limits", set()),
    "import of the transcripts": ("quotaline.refresh.ledger_step.import_transcripts", {"tokens", "budget"}),
    "totals": ("quotaline.refresh.ledger_step.local_totals", {"tokens", "budget"}),
    "history": ("quotaline.refresh.ledger_step.store_readings", {"meter", "forecast"}),
    "budgets": ("quotaline.snapshot.budget_fields.budget_fields", {"budget"}),
    "meter": ("quotaline.forecast.fields.extra_usage_rates", {"meter"}),
    "forecast of the month": ("quotaline.forecast.month.month_end_fields", set()),
    "forecast": ("quotaline.forecast.fields.forecast_windows", {"forecast"}),
    "today's share": ("quotaline.forecast.fields.today_fields", set()),
    "alerts": ("quotaline.refresh.run.AlertRun", {"alert"}),
    "prompt files": ("quotaline.snapshot.publish.prompt_files.render_prompt_files", {"prompt file"}),
    "clock": ("quotaline.snapshot.publish.boot_clock", set()),
    "cleaning": ("quotaline.refresh.run.remove_old_hook_marks", set()),
    "shells' files": ("quotaline.refresh.run.renew_shell_files", set()),
    "source statusline": ("quotaline.sources.inbox.read", {"statusline"}),
    "source claude-json": ("quotaline.sources.claude_json.read", {"extra", "claude-json", "alert", "meter", "forecast"}),
}
ERRORS = (TypeError, KeyError, MemoryError, RecursionError, OverflowError)
ACCOUNT = "00000000-0000-4000-8000-00000000000a"


def situation(home: Path, env: dict[str, str], now: float, step: int) -> None:
    """What the sources say at `now`; everything is higher by one step."""
    windows = {"five_hour": (10.0 + 2 * step**2, NOW + 3 * HOUR), "seven_day": (50.0 + step, NOW + 3 * DAY)}
    tell(home, now, windows, {"used_credits": 1000 + 100 * step**2})
    inbox = Path(env["QUOTALINE_CACHE_DIR"]) / "default" / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    limits = {"spend_limit": {"used_percentage": 5 + step, "resets_at": NOW + DAY}}
    (inbox / "s.json").write_text(json.dumps({"version": 1, "session": "s", "as_of": now, "rate_limits": limits}))
    os.utime(inbox / "s.json", (now, now))
    line = assistant(f"m{step}", input=100_000, at=now - 60)
    path = home / ".claude" / "projects" / "-p" / "s.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(dump(line))


def facets(snapshot: Snapshot, cache: Path) -> dict[str, Any]:
    """What moves between two refreshes, by the stage that moves it."""
    known = {reading.value.id: reading.value for reading in snapshot.readings}
    extra = known.get("extra_usage")
    text = (cache / "prompt.plain").read_text()
    return {
        "claude-json": known["seven_day"].utilization if "seven_day" in known else None,
        "statusline": known["spend_limit"].utilization,
        "extra": extra.used if isinstance(extra, ExtraUsage) else None,
        "tokens": snapshot.fields.get("today.tokens", (None,))[0],
        "budget": snapshot.fields.get("budget.spent", (None,))[0],
        "meter": snapshot.fields.get("extra.rate", (None,))[0],
        "forecast": snapshot.fields.get("five_hour.at_reset", (None,))[0],
        "alert": snapshot.fields.get("alert.text", (None,))[0],
        "prompt file": text.partition("\n")[0],
    }


@pytest.fixture
def env(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    alerts = "".join(f'[[alert]]\nwhen = "seven_day.used >= {used}"\nrun = ["true"]\n' for used in (1, 54, 56))
    configure(home, alerts + "[budget]\nmonthly = 5\n")
    monkeypatch.setenv("QUOTALINE_CACHE_DIR", str(home / "cache"))
    return dict(os.environ)


def refreshed(home: Path, env: dict[str, str], steps: range) -> Snapshot:
    snapshot = None
    for step in steps:
        now = NOW + 600 * step
        situation(home, env, now, step)
        snapshot = refresh(env, now).snapshot
    assert snapshot is not None
    return snapshot


@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_in_one_stage_leaves_all_others_moving(
    stage: str, home: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, costs = STAGES[stage]
    cache = home / "cache" / "default"
    before = facets(refreshed(home, env, range(4)), cache)
    error = ERRORS[sorted(STAGES).index(stage) % len(ERRORS)]

    def broken(*_: object, **__: object) -> None:
        raise error("secret text of a file")

    with monkeypatch.context() as patch:
        patch.setattr(target, broken)
        snapshot = refreshed(home, env, range(4, 5))
        later = refreshed(home, env, range(5, 6))
    found = facets(snapshot, cache)
    assert {name for name in found if found[name] == before[name] or found[name] is None} <= costs
    assert [fault.stage for fault in snapshot.faults] == [stage]
    assert snapshot.faults[0].since == NOW + 2400
    assert [(fault.stage, fault.since) for fault in later.faults] == [(stage, NOW + 2400)], "since when it fails is kept"
    assert error.__name__ in snapshot.faults[0].message
    assert "secret" not in snapshot.faults[0].message
    gaps = {gap.id: gap.why for gap in overview(later, NOW + 3000, local_zone()).missing}
    assert stage in gaps, "usage tells it"
    mended = refreshed(home, env, range(6, 7))
    assert mended.faults == ()
    assert not {name for name, value in facets(mended, cache).items() if value in (None, before[name])}


@pytest.mark.parametrize("stage", ["import of the transcripts", "totals", "meter", "forecast", "windows"])
def test_what_failed_keeps_its_last_good_value(
    stage: str, home: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, costs = STAGES[stage]
    cache = home / "cache" / "default"
    before = facets(refreshed(home, env, range(4)), cache)

    def broken(*_: object, **__: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(target, broken)
        found = facets(refreshed(home, env, range(4, 5)), cache)
    assert {name: before[name] for name in costs} == {name: found[name] for name in costs}
    assert all(found[name] is not None for name in found)


def test_an_error_of_ours_explains_itself_and_any_other_quotes_no_data() -> None:
    assert explain_fault("totals", LedgerError("The ledger is locked.")) == "The totals failed: The ledger is locked."
    assert (
        explain_fault("login", PermissionError(13, "Permission denied", "/home/a/secret"))
        == "The login failed: Permission denied."
    )
    stages = Stages((), NOW)
    assert stages.attempt("forecast", lambda: int("x y z"), otherwise=7) == 7
    assert "x y z" not in stages.faults[0].message
    assert stages.attempt("forecast", lambda: 1 / 0, otherwise=8) == 8
    assert len(stages.faults) == 1, "the first fault of a stage is told"


def test_what_of_the_transcripts_could_not_be_read_is_told(home: Path, environment: dict[str, str]) -> None:
    path = home / ".claude" / "projects" / "-p" / "s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(dump(assistant("m1", input=100, at=NOW - 60)) + b'{"type":"assistant","message":{"usage":{"input_tok\n')
    snapshot = refresh(environment, NOW).snapshot
    assert snapshot
    [gap] = [gap for gap in snapshot.missing if gap.id == "transcripts"]
    assert gap.why == f"1 line of {path} could not be read in full; what it holds does not count"
    path.write_bytes(dump(assistant("m1", input=100, at=NOW - 60)))
    snapshot = refresh(environment, NOW + 60).snapshot
    assert snapshot
    assert [] == [gap for gap in snapshot.missing if gap.id == "transcripts"]
