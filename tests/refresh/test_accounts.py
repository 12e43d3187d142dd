"""Several accounts beside each other: what a line shows of them, who refreshes those that rest, one login in two folders."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.config.load import load
from quotaline.config.schema import Config
from quotaline.locations import resolve_locations
from quotaline.model import Snapshot
from quotaline.refresh.accounts_step import accounts_fields
from quotaline.refresh.all_accounts import account_snapshots, refresh_others
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import load_snapshot
from transcript_lines import assistant, write
from usage_history import HOUR, MINUTE, NOW, configure, tell
from usage_server import usage_server

NAMES = '[accounts]\nwork = "~/.claude-work"\nhome = "~/.claude"\n[line.prompt]\nrows = [["accounts"]]\n'
SECRET = "sk-ant-oat01-made-for-a-test"


def env_of(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "TZ": "UTC", **more}


def told(home: Path, folder: str, percent: float, *, now: float = NOW, login: str = "a", resets_in: float = 2 * HOUR) -> None:
    """What Claude Code left in `folder` ("" is the home folder) at `now`, of the account whose uuid ends in `login`."""
    place = home / folder
    place.mkdir(exist_ok=True)
    tell(place, now, {"five_hour": (percent, now + resets_in)})
    path = place / ".claude.json"
    path.write_text(path.read_text("utf-8").replace("00000000000a", f"00000000000{login}"), "utf-8")


def config_of(home: Path) -> Config:
    return load(home / ".config/quotaline/config.toml")


def read_all(home: Path, now: float = NOW) -> Snapshot:
    """A refresh of each account, the present one last; its snapshot."""
    refresh(env_of(home, CLAUDE_CONFIG_DIR=f"{home}/.claude-work"), now)
    found = refresh(env_of(home), now).snapshot
    assert found is not None
    return found


def test_a_line_shows_the_window_of_each_account(home: Path) -> None:
    configure(home, NAMES)
    told(home, "", 42.9)
    told(home, ".claude-work", 9, login="b", resets_in=HOUR)
    fields = read_all(home).fields
    assert fields["accounts.five_hour"] == ("work 5h 9% · home 42%", NOW + HOUR)
    assert fields["accounts.used"] == (42.9, NOW + HOUR)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ("", "work 5h ?9% · home 42%"),
        ('style.show = "left"\n', "work 5h ?91% left · home 58% left"),
        ('style.palette = "ascii"\n', "work 5h ?9% · home 42%"),
    ],
)
def test_a_stale_value_is_marked_and_what_is_left_is_told_where_that_is_wanted(more: str, shown: str, home: Path) -> None:
    configure(home, more + NAMES)
    told(home, ".claude-work", 9, now=NOW - 61 * MINUTE, login="b")
    refresh(env_of(home, CLAUDE_CONFIG_DIR=f"{home}/.claude-work"), NOW)
    told(home, "", 42)
    found = refresh(env_of(home), NOW).snapshot
    assert found is not None
    assert found.fields["accounts.five_hour"] == (shown, NOW - 61 * MINUTE + 2 * HOUR)


def test_an_account_that_nobody_knows_is_left_out_and_without_any_there_is_nothing(home: Path) -> None:
    configure(home, NAMES)
    assert "accounts.five_hour" not in read_all(home).fields
    told(home, "", 42)
    found = refresh(env_of(home), NOW + 60).snapshot
    assert found is not None
    assert found.fields["accounts.five_hour"][0] == "home 5h 42%"
    later = NOW + 3 * HOUR
    assert {} == accounts_fields(config_of(home), env_of(home), found, later), "its period is over"


def test_a_background_refresh_makes_the_others_new_and_each_keeps_its_own(home: Path) -> None:
    configure(home, NAMES)
    told(home, "", 42)
    told(home, ".claude-work", 9, login="b")
    refresh_others(config_of(home), env_of(home), NOW)
    work = resolve_locations(env_of(home, CLAUDE_CONFIG_DIR=f"{home}/.claude-work"))
    first = load_snapshot(work.snapshot)
    assert first is not None
    assert [9.0] == [reading.value.utilization for reading in first.readings]
    assert first.account.uuid is not None
    assert first.account.uuid.endswith("b")
    refresh_others(config_of(home), env_of(home), NOW + 30)
    again = load_snapshot(work.snapshot)
    assert again is not None
    assert again.written_at == NOW, "it is fresh"


@pytest.mark.slow
def test_the_refresh_that_a_prompt_starts_reads_all_accounts(home: Path, environment: dict[str, str]) -> None:
    configure(home, NAMES)
    quotaline("refresh", "--background", env=environment, check=True)
    for folder in (None, f"{home}/.claude-work"):
        env = environment if folder is None else {**environment, "CLAUDE_CONFIG_DIR": folder}
        path = resolve_locations(env).snapshot
        assert path is not None
        assert path.exists()


def test_two_folders_of_one_login_are_one_account_with_the_totals_of_both(home: Path) -> None:
    configure(home, NAMES)
    told(home, "", 42, now=NOW - 60)
    told(home, ".claude-work", 44)
    write(home / ".claude", "s1", assistant("m1", NOW - 60, input=1))
    write(home / ".claude-work", "s2", assistant("m2", NOW - 50, input=2))
    write(home / ".claude-third", "s3", assistant("m3", NOW - 40, input=4))
    refresh(env_of(home, CLAUDE_CONFIG_DIR=f"{home}/.claude-third"), NOW)
    [one] = account_snapshots(config_of(home), env_of(home), NOW)
    assert one.names == ("work", "home")
    assert [44.0] == [reading.value.utilization for reading in one.snapshot.readings], "the newer one of both"
    assert one.snapshot.local is not None
    assert one.snapshot.local.today.tokens.input == 3
    found = refresh(env_of(home), NOW + 60).snapshot
    assert found is not None
    assert found.local is not None
    assert found.local.today.tokens.input == 1
    assert found.fields["accounts.five_hour"][0] == "work 5h 44%"


@pytest.mark.slow
def test_two_folders_of_one_login_ask_once(home: Path, environment: dict[str, str]) -> None:
    with usage_server() as server:
        source = f'[sources]\nclaude_cli.enabled = false\nendpoint.base_url = "{server.url}"\n'
        folder = home / ".config" / "quotaline"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f"enable_alpha_features = true\n{NAMES}{source}", "utf-8")
        for place in (home / ".claude", home / ".claude-work"):
            place.mkdir()
            (place / ".credentials.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": SECRET}}), "utf-8")
        env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
        quotaline("usage", "--all", env=env)
        quotaline("refresh", "--force", env={**env, "CLAUDE_CONFIG_DIR": f"{home}/.claude-work"})
        assert len(server.requests) == 1


@pytest.mark.slow
def test_all_accounts_are_one_page_and_one_json(home: Path, environment: dict[str, str]) -> None:
    configure(home, NAMES)
    env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    empty = quotaline("usage", "--all", env=env)
    assert empty.returncode == 3
    assert empty.stdout.count(b"Nothing is known of it yet") == 2
    told(home, ".claude-work", 9, now=time.time(), login="b")
    quotaline("refresh", "--force", env={**env, "CLAUDE_CONFIG_DIR": f"{home}/.claude-work"})
    page = quotaline("usage", "--all", env={**env, "COLUMNS": "60"})
    assert page.returncode == 0
    lines = page.stdout.decode().splitlines()
    assert lines[0].startswith("work · ~/.claude-work · ") or lines[0].startswith("work · max")
    assert max(map(len, lines)) <= 60
    assert sum("even use by now" in line for line in lines) == 1
    found = json.loads(quotaline("usage", "--all", "--json", env=env).stdout)
    assert [one["name"] for one in found["accounts"]] == ["work", "home"]
    assert [[window["used"] for window in one["windows"]] for one in found["accounts"]] == [[9.0], []]
    alone: dict[str, Any] = json.loads(
        quotaline("usage", "--json", env={**env, "CLAUDE_CONFIG_DIR": f"{home}/.claude-work"}).stdout
    )
    whole = found["accounts"][0]
    assert all(whole[key] == alone[key] for key in alone if key != "generated_at")


def test_several_folders_in_one_variable_show_the_windows_of_the_first_with_a_login(home: Path) -> None:
    configure(home)
    told(home, "one", 42)
    write(home / "one", "s1", assistant("m1", NOW - 60, input=1))
    write(home / "two", "s2", assistant("m2", NOW - 50, input=2))
    found = refresh(env_of(home, CLAUDE_CONFIG_DIR=f"{home}/two,{home}/one"), NOW).snapshot
    assert found is not None
    assert [42.0] == [reading.value.utilization for reading in found.readings]
    assert found.local is not None
    assert found.local.today.tokens.input == 3
