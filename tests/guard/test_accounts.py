"""`guard --account`: one, any or all of the accounts, and what the command is told."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from commandline import quotaline
from quotaline.guard.accounts import AccountsWatch, watch_accounts
from quotaline.guard.verdict import Verdict
from quotaline.guard.watch import Watch
from quotaline.locations import Locations, resolve_locations
from quotaline.model import Account, Reading, Snapshot
from usage_history import HOUR, configure, used

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMES = '[accounts]\nwork = "~/.claude-work"\nhome = "~/.claude"\n'
SAY = ("sh", "-c", 'echo "$QUOTALINE_ACCOUNT $QUOTALINE_CONFIG_DIR ${CLAUDE_CONFIG_DIR-unset}"')
LIMITS = {"windows": {"five_hour": 80.0}, "extra": None, "no_extra": False, "budget": False, "max_age": 3600.0} | {
    "extra_delta": None
}


def leave(home: Path, folder: str | None, *readings: Reading) -> None:
    """The snapshot of the account of `folder`, None for the usual one."""
    env = {"HOME": str(home)} | ({} if folder is None else {"CLAUDE_CONFIG_DIR": folder})
    path = resolve_locations(env).snapshot
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    account = Account(config_dir="~/.claude")
    kept = Snapshot(written_at=time.time(), fresh_for=60, stale_after=3600, account=account, readings=readings)
    path.write_bytes(msgspec.json.encode(kept))


def at(percent: float | None, ends: float) -> list[Reading]:
    return [] if percent is None else [used(percent, time.time(), resets_at=ends, name="Session (5h)")]


OUTCOMES = {
    # (work, home): (any, all)
    (50, 50): ("room", "room"),
    (90, 50): ("room", "no_room"),
    (50, 90): ("room", "no_room"),
    (90, 90): ("no_room", "no_room"),
    (None, 50): ("room", "unknown"),
    (None, 90): ("unknown", "no_room"),
    (None, None): ("unknown", "unknown"),
}


@pytest.mark.parametrize("percents", OUTCOMES)
def test_any_has_room_where_one_has_and_all_where_each_has(percents: tuple[int | None, int | None], home: Path) -> None:
    now = time.time()
    leave(home, f"{home}/.claude-work", *at(percents[0], now + HOUR))
    leave(home, None, *at(percents[1], now + 2 * HOUR))
    env = {"HOME": str(home)}

    def watch_of(where: Locations, env: Mapping[str, str]) -> Watch:
        return Watch(where, env, dict(LIMITS), offline=True, alpha=True, own_limits=True)

    def verdict(which: str) -> tuple[AccountsWatch, Verdict]:
        watch = watch_accounts(which, {"work": "~/.claude-work", "home": "~/.claude"}, env, watch_of)
        return watch, watch.look(now)

    (any_watch, any_found), (all_watch, all_found) = verdict("any"), verdict("all")
    assert (any_found.outcome, all_found.outcome) == OUTCOMES[percents]
    if any_found.outcome == "room":
        assert any_watch.chosen.name == ("work" if percents[0] == 50 else "home")
    if percents == (90, 90):
        assert (any_found.until, all_found.until) == (now + HOUR, now + 2 * HOUR)
        assert all_found.message.count("Session (5h) is at 90 %") == 2
    assert any_watch.changed() == all_watch.changed()


@pytest.mark.slow
def test_the_command_works_with_the_account_that_has_room(home: Path, environment: dict[str, str]) -> None:
    configure(home, NAMES)
    quotaline("guard", "--offline", env=environment)  # what is said of the sources once
    now = time.time()
    leave(home, f"{home}/.claude-work", *at(90, now + HOUR))
    leave(home, None, *at(50, now + HOUR))

    def guard(which: str, limit: str = "80", env: dict[str, str] | None = None) -> tuple[int, str, str]:
        done = quotaline("guard", "--account", which, "--five-hour", limit, "--", *SAY, env=env or environment)
        return done.returncode, done.stdout.decode().strip(), done.stderr.decode().strip()

    assert guard("any") == (0, f"home {home}/.claude unset", "")
    inside = {**environment, "CLAUDE_CONFIG_DIR": f"{home}/.claude-work"}
    assert guard("any", env=inside) == (0, f"home {home}/.claude unset", ""), "also in a shell of the other account"
    assert guard("work", "95")[:2] == (0, f"work {home}/.claude-work {home}/.claude-work")
    code, out, err = guard("work")
    assert (code, out) == (1, "")
    assert err.startswith("quotaline: work: Session (5h) is at 90 %")
    assert guard("all")[0] == 1
    code, _, err = guard("wrok")
    assert (code, err) == (2, "quotaline: There is no account 'wrok'. Known: work, home.")


@pytest.mark.slow
def test_a_fuse_is_of_one_account(home: Path, environment: dict[str, str]) -> None:
    configure(home, NAMES)
    leave(home, f"{home}/.claude-work", *at(90, time.time() + HOUR))
    leave(home, None, *at(50, time.time() + HOUR))
    arguments = ("guard", "--max-extra-delta", "1", "--unknown", "ok", "--five-hour", "80")
    done = quotaline(*arguments, "--account", "any", "--", *SAY, env=environment)
    assert (done.returncode, done.stdout.decode().strip()) == (0, f"home {home}/.claude unset")
    refused = quotaline(*arguments, "--account", "all", "--", *SAY, env=environment)
    assert refused.returncode == 2
    assert b"--max-extra-delta watches one account" in refused.stderr


@pytest.mark.slow
def test_the_verdict_of_several_is_json_too(home: Path, environment: dict[str, str]) -> None:
    configure(home, NAMES)
    leave(home, f"{home}/.claude-work", *at(90, time.time() + HOUR))
    leave(home, None, *at(50, time.time() + HOUR))
    found = json.loads(quotaline("guard", "--account", "any", "--five-hour", "80", "--json", env=environment).stdout)
    assert (found["verdict"], found["account"]) == ("room", "home")
    found = json.loads(quotaline("guard", "--five-hour", "80", "--json", env=environment).stdout)
    assert "account" not in found
