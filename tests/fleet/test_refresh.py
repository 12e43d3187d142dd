"""A refresh pushes when all else is published, and costs nobody anything who has no fleet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_machines import ACCOUNT, Fleet, Machine
from postgres import free_port
from transcript_lines import NOON, assistant, owner, stamp

pytestmark = pytest.mark.slow
ALPHA = "enable_alpha_features = true\n[sources]\nclaude_cli.enabled = false\nendpoint.enabled = false\n"
QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]


def configure(machine: Machine, text: str) -> None:
    path = machine.home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run(machine: Machine, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUOTALINE, *words], env={**machine.env, **more}, capture_output=True, text=True, check=False)


def test_a_refresh_pushes_what_is_new(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk, f'[fleet]\nurl = "{fleet.url}"\nmachine = "desk"\nuser = "ann"\n')
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(5)))
    assert 0 == run(desk, "refresh", "--force").returncode
    assert [("desk", 5)] == [row[:2] for row in fleet.sums("machine")]
    desk.write(assistant("m9", NOON + 9, output=1))
    run(desk, "refresh", "--force", "--background", QUOTALINE_REFRESH="1")
    assert [("ann", 6)] == [row[:2] for row in fleet.sums('"user"')]


def test_a_person_who_looks_does_not_wait_for_the_fleet(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk, f'[fleet]\nurl = "{fleet.url}"\n')
    desk.write(assistant("m", NOON, output=1))
    assert 0 == run(desk, "history").returncode
    run(desk, "usage")
    assert [(None,)] == fleet.sql("SELECT to_regnamespace('quotaline')")


def test_usage_and_doctor_say_that_the_server_is_not_there(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk, f'[fleet]\nurl = "postgresql://127.0.0.1:{free_port()}/x"\n')
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(5)))
    refresh = run(desk, "refresh", "--force")
    assert 0 == refresh.returncode, refresh.stderr
    said = "The fleet's server (127.0.0.1) cannot be reached: connection refused."
    run(desk, "refresh", "--force")
    assert said in run(desk, "usage", COLUMNS="200").stdout
    checks = json.loads(run(desk, "doctor", "--json").stdout)["checks"]
    (check,) = [one for one in checks if one["group"] == "Fleet"]
    assert ("FAIL", said) == (check["status"], check["says"])
    assert "tried again in" in check["remedy"]


def test_doctor_knows_a_fleet_that_is_well(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk, f'[fleet]\nurl = "{fleet.url}"\n')
    desk.write(assistant("m", NOON, output=1))
    run(desk, "refresh", "--force")
    checks = json.loads(run(desk, "doctor", "--json", "--online").stdout)["checks"]
    assert [("visit", "PASS"), ("database", "PASS")] == [
        (one["name"], one["status"]) for one in checks if one["group"] == "Fleet"
    ]


def test_without_a_fleet_nothing_of_it_is_imported(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(assistant("m", NOON, output=1))
    code = """import os, sys, time
from quotaline.refresh.run import refresh
assert refresh(os.environ, time.time(), force=True).status == "written"
print([name for name in sys.modules if "fleet" in name or "psycopg" in name])
"""
    done = subprocess.run([sys.executable, "-c", code], env=desk.env, capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout


def test_no_table_holds_what_is_nobodys_business(fleet: Fleet) -> None:
    """A prompt, a path of a transcript, an e-mail, a login, the name of a folder."""
    desk = fleet.machine("desk")
    configure(
        desk,
        ALPHA + f'[fleet]\nurl = "{fleet.url}"\n',
    )
    marked = assistant(
        "m", NOON, output=1, cwd=f"{desk.home}/MARKER-folder", content=[{"type": "text", "text": "MARKER-prompt"}]
    )
    marked["gitBranch"], marked["userEmail"] = "MARKER-branch", "MARKER@example.com"
    desk.write(marked, owner(ACCOUNT), file="MARKER-transcript")
    cache = {
        "fetchedAtMs": int(desk.now * 1000),
        "accountUuid": ACCOUNT,
        "utilization": {
            "five_hour": {
                "utilization": 12,
                "resets_at": stamp(desk.now + 7200),
                "note": "MARKER-note",
                "user": "MARKER@example.com",
            },
            "extra_usage": {
                "is_enabled": True,
                "used_credits": 500,
                "monthly_limit": None,
                "utilization": None,
                "currency": "USD",
                "contact": "MARKER@example.com",
            },
        },
    }
    login = {
        "accountUuid": ACCOUNT,
        "organizationType": "claude_max",
        "emailAddress": "MARKER@example.com",
        "displayName": "MARKER",
    }
    (desk.home / ".claude.json").write_text(json.dumps({"cachedUsageUtilization": cache, "oauthAccount": login}))
    (desk.home / ".claude" / ".credentials.json").write_text('{"claudeAiOauth": {"accessToken": "MARKER-token"}}')
    run(desk, "refresh", "--force")
    run(desk, "refresh", "--force")
    tables = [
        name for (name,) in fleet.sql("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'quotaline'")
    ]
    text = {name: str(fleet.sql(f"SELECT * FROM quotaline.{name}")) for name in tables}  # noqa: S608 - its own tables
    assert ACCOUNT in text["message"]
    assert "five_hour" in text["latest"]
    assert "extra_usage" in text["reading"]
    for name, found in text.items():
        for word in ("MARKER", "example.com", str(desk.home), ".claude", Path(desk.home).name + "/"):
            assert word not in found, name
