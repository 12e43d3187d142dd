"""`quotaline export` is OpenMetrics text that a strict reader accepts, and absent is never zero there."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC

from msgspec import structs

from overviews import full
from quotaline.model import ExtraUsage, Money
from quotaline.usage.openmetrics import text
from quotaline.usage.report import overview
from samples import NOW

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9][0-9.e+-]*)')


def parsed(said: str) -> dict[str, list[tuple[str, str]]]:
    """Families with their samples, by the rules of the specification that concern us."""
    lines = said.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[str, list[tuple[str, str]]] = {}
    kind, name = "", ""
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in found, "a family stands in one place"
            assert kind in ("gauge", "info")
            found[name] = []
        elif line.startswith("# HELP "):
            assert line.split(" ")[2] == name
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == name + ("_info" if kind == "info" else "")
            found[name].append((match[3] or "", match[4]))
    assert all(found.values()), "no family without a sample"
    assert all(len({labels for labels, _ in samples}) == len(samples) for samples in found.values())
    return found


def exported(**changes: object) -> dict[str, list[tuple[str, str]]]:
    snapshot = full(**changes)
    return parsed(text(overview(snapshot, NOW, UTC), snapshot, NOW, "0.1.0"))


def test_every_number_is_exported() -> None:
    found = exported()
    assert ('window="five_hour",source="statusline",alpha="false"', "0.425") in found["quotaline_window_used_ratio"]
    assert ('window="seven_day_fable",source="claude-json",alpha="true"', "0.914") in found["quotaline_window_used_ratio"]
    assert ('window="extra_usage",currency="USD"', "12.40") in found["quotaline_money_used"]
    assert ('window="spend_limit",currency="USD"', "500.00") in found["quotaline_money_limit"]
    assert ('window="seven_day"', "1") in found["quotaline_window_stale"]
    assert ('span="today",model="claude-opus-5-5",source="transcripts"', "6.29641") in found["quotaline_local_cost_dollars"]
    assert len(found["quotaline_local_tokens"]) == 3 * 2 * 5


def test_what_is_not_known_has_no_sample() -> None:
    assert set(exported(readings=(), local=None)) == {"quotaline", "quotaline_snapshot_timestamp_seconds"}
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
    said = text(overview(snapshot, NOW, UTC), snapshot, NOW, "0.1.0")
    parsed(said)
    assert 'model="m<202e>odel"' in said
    assert all(letter.isprintable() for letter in said.replace("\n", ""))


def test_the_command_exits_0_without_any_data(environment: dict[str, str]) -> None:
    command = [sys.executable, "-P", "-m", "quotaline", "export"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert "quotaline" in parsed(found.stdout)
