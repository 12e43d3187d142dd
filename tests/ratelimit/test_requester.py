"""The two sources that ask somebody, their common budget, and the order in which they are asked."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC
from typing import TYPE_CHECKING, Any

import filelock
import pytest

from fake_claude import INIT, NOT_LOGGED_IN, REPORT, TEXT_ONLY, FakeClaude
from quotaline.config.schema import ClaudeCli, Endpoint, Sources
from quotaline.core.paths import account_slug
from quotaline.ledger import Ledger, open_ledger
from quotaline.model import Reading, SourceState, Window
from quotaline.ratelimit.requester import Requester
from quotaline.snapshot.merge import merge
from usage_server import UsageServer, usage_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1795244400.0
SECRET = "sk-ant-" + "oat01-" + "x" * 24
OTHER = "sk-ant-" + "oat01-" + "y" * 24


@pytest.fixture
def server() -> Iterator[UsageServer]:
    with usage_server() as running:
        yield running


class Machine:
    """One user's machine with a `claude`, a login, a server and a clock that stands still until `later`."""

    def __init__(self, home: Path, server: UsageServer) -> None:
        self.home, self.server = home, server
        self.claude = FakeClaude(home / "bin")
        self.now, self.account, self.states = NOW, "a", [SourceState(source="x")]
        self.sources = Sources(claude_cli=ClaudeCli(enabled=False), endpoint=Endpoint(base_url=server.url))
        self.data_dir = home / "data"
        self.known: list[Reading] = []
        self.log_in(SECRET)

    def log_in(self, token: str, expires_at: float = NOW + 1e6) -> None:
        folder = self.home / ".claude"
        folder.mkdir(exist_ok=True)
        login = {"claudeAiOauth": {"accessToken": token, "expiresAt": expires_at * 1000}}
        (folder / ".credentials.json").write_text(json.dumps(login))

    def with_claude(self, *, endpoint: bool = True) -> None:
        self.sources = Sources(
            claude_cli=ClaudeCli(command=self.claude.command),
            endpoint=Endpoint(base_url=self.server.url, enabled=endpoint),
        )

    def refresh(self, later: float = 0.0, *, eager: bool = False, busy: bool = True) -> list[str]:
        """The windows that a refresh `later` seconds on brings; they are known from then on. `busy`: transcripts grow."""
        self.now += later
        self.states = []
        with open_ledger(self.data_dir / "ledger.db") as ledger, pytest.MonkeyPatch.context() as patch:
            if busy:
                patch.setattr("quotaline.ratelimit.requester.last_activity", lambda _ledger: self.now)
            found = self.requester(ledger, eager=eager).readings(self.known, self.states)
        self.known = merge([*self.known, *found], self.now)
        return [reading.value.id for reading in found]

    def requester(self, ledger: Ledger, *, eager: bool = False) -> Requester:
        return Requester(
            ledger=ledger,
            limiter=ledger,
            limiter_dir=self.data_dir,
            env=dict(os.environ),
            sources=self.sources,
            now=self.now,
            zone=UTC,
            account=self.account,
            current_account=lambda: self.account,
            eager=eager,
            dice=random.Random(7),
        )

    def claude_is_old(self) -> bool:
        return "reports no usage" in self.said("claude-cli")

    def said(self, source: str) -> str:
        [state] = [state for state in self.states if state.source == source]
        return state.problem or state.note or ""


@pytest.fixture
def machine(home: Path, server: UsageServer) -> Machine:
    return Machine(home, server)


ALL = ["five_hour", "seven_day", "extra_usage"]


def test_the_endpoint_is_asked_once_and_not_again_while_its_answer_is_fresh(machine: Machine) -> None:
    assert machine.refresh() == ALL
    for seconds in (1, 100, 198.9):
        assert machine.refresh(seconds) == []
        assert "fresh enough; the next request is allowed at 07:05" in machine.said("endpoint")
    assert machine.refresh(0.1) == ALL
    assert len(machine.server.requests) == 2


def test_force_ignores_freshness_and_never_the_budget(machine: Machine) -> None:
    machine.refresh()
    for seconds in (0, 299.9):
        assert machine.refresh(seconds, eager=True) == []
        assert "at most one request in 5 minutes" in machine.said("endpoint")
    assert len(machine.server.requests) == 1
    machine.refresh(0.1, eager=True)
    assert len(machine.server.requests) == 2


def test_what_claude_code_wrote_down_itself_a_moment_ago_is_not_asked_for(machine: Machine) -> None:
    value = Window(id="five_hour", name="x", utilization=1, resets_at=NOW + 9999)
    machine.known = [Reading(value=value, source="claude-json", as_of=NOW - 299, alpha=True)]
    assert machine.refresh() == []
    assert machine.refresh(1) == ALL


def test_what_stdin_gave_does_not_replace_what_it_never_gives(machine: Machine) -> None:
    value = Window(id="five_hour", name="x", utilization=1, resets_at=NOW + 9999)
    machine.known = [Reading(value=value, source="statusline", as_of=NOW)]
    assert machine.refresh() == ALL


def test_the_idler_the_machine_the_fewer_the_requests(machine: Machine) -> None:
    for _ in range(60):
        machine.refresh(60, busy=False)
    assert len(machine.server.requests) == 2


def test_a_reset_brings_one_look_soon_after_it(machine: Machine) -> None:
    resets_at = 1795255200.538465  # five_hour in the server's answer
    machine.now = resets_at - 400
    machine.refresh(busy=False)
    asked = []
    for _ in range(60):
        before = len(machine.server.requests)
        machine.refresh(10, busy=False)
        if len(machine.server.requests) > before:
            asked.append(machine.now - resets_at)
    assert len(asked) == 1
    assert 5 <= asked[0] <= 30


@pytest.mark.parametrize(
    ("mode", "retry_after", "silent"),
    [
        ("429", "3037", 3037),
        ("429", "0", 300),
        ("429", None, 300),
        ("401", None, 600),
        ("403", None, 86400),
        ("500", None, 300),
    ],
)
def test_a_refusal_is_not_asked_again_too_early_and_old_values_stay(
    machine: Machine, mode: str, retry_after: str | None, silent: float
) -> None:
    machine.refresh()
    machine.server.mode, machine.server.headers_sent = mode, {"Retry-After": retry_after} if retry_after else {}
    machine.refresh(300)
    assert mode in machine.said("endpoint")
    for _ in range(20):
        machine.refresh((silent - 1) / 20, eager=True)
        assert "the next request is allowed at" in machine.said("endpoint")
    assert len(machine.server.requests) == 2
    if silent < 9000:
        assert [reading.value.id for reading in machine.known] == ALL
        assert {reading.as_of for reading in machine.known} == {NOW}
    machine.server.mode, machine.server.headers_sent = "ok", {}
    machine.refresh(1 + 300 * 0.25, eager=True)  # jitter
    assert len(machine.server.requests) == 3


@pytest.mark.parametrize("mode", ["401", "403"])
def test_a_changed_login_lifts_a_refusal_after_the_300_seconds(machine: Machine, mode: str) -> None:
    machine.server.mode = mode
    machine.refresh()
    machine.server.mode = "ok"
    machine.log_in(OTHER)
    assert machine.refresh(299) == []
    assert machine.refresh(1) == ALL


def test_a_changed_login_does_not_lift_too_many_requests(machine: Machine) -> None:
    machine.server.mode, machine.server.headers_sent = "429", {"Retry-After": "3037"}
    machine.refresh()
    machine.log_in(OTHER)
    machine.refresh(3000)
    assert len(machine.server.requests) == 1


def test_the_same_token_under_another_account_shares_its_block(machine: Machine) -> None:
    machine.server.mode, machine.server.headers_sent = "429", {"Retry-After": "3037"}
    machine.refresh()
    machine.account = "b"
    machine.refresh(3000)
    assert len(machine.server.requests) == 1


def test_another_account_with_its_own_login_is_not_held_up(machine: Machine) -> None:
    machine.server.mode = "429"
    machine.refresh()
    machine.account, machine.server.mode = "b", "ok"
    machine.log_in(OTHER)
    assert machine.refresh(1) == ALL


def test_an_expired_login_makes_no_request(machine: Machine) -> None:
    machine.log_in(SECRET, expires_at=NOW)
    assert machine.refresh() == []
    assert "has expired" in machine.said("endpoint")
    assert machine.server.requests == []


@pytest.mark.parametrize(
    ("mode", "cause", "silent"),
    [("429", "rate limited", 3037.0), ("401", "unauthorized", 600.0), ("403", "forbidden", 86400.0), ("500", "failed", None)],
)
def test_a_state_says_what_a_wait_is_for_and_until_when(machine: Machine, mode: str, cause: str, silent: float | None) -> None:
    machine.server.mode, machine.server.headers_sent = mode, {"Retry-After": "3037"}
    machine.refresh()
    assert [(state.cause, state.until) for state in machine.states] == [(cause, None)]
    machine.refresh(301)
    assert [(state.cause, state.until) for state in machine.states] == [(cause, NOW + silent if silent else None)]
    machine.server.mode = "ok"
    machine.refresh(90_000)
    assert [(state.cause, state.until) for state in machine.states] == [(None, None)]


def test_a_login_that_ended_is_a_cause(machine: Machine) -> None:
    machine.log_in(SECRET, expires_at=NOW)
    machine.refresh()
    assert [state.cause for state in machine.states] == ["expired"]


def test_an_answer_to_a_login_that_changed_meanwhile_is_not_kept(machine: Machine) -> None:
    with open_ledger(machine.data_dir / "ledger.db") as ledger:
        requester = machine.requester(ledger)
        requester.current_account = lambda: "somebody else"
        assert requester.readings([], machine.states) == []
    assert "login changed" in machine.said("endpoint")
    assert len(machine.server.requests) == 1


def test_while_another_process_asks_nobody_waits(machine: Machine) -> None:
    machine.data_dir.mkdir()
    with filelock.FileLock(machine.data_dir / f"request-{account_slug('account:a')}.lock"):
        assert machine.refresh() == []
    assert "Another process" in machine.said("endpoint")
    assert machine.refresh() == ALL


@pytest.mark.slow
def test_claude_is_asked_first_and_then_nobody_else(machine: Machine) -> None:
    machine.with_claude()
    assert machine.refresh() == ["five_hour", "seven_day", "seven_day_fable", "extra_usage"]
    machine.refresh(299)
    assert (len(machine.claude.asked), machine.server.requests) == (1, [])
    machine.refresh(1)
    assert (len(machine.claude.asked), machine.server.requests) == (2, [])


@pytest.mark.slow
@pytest.mark.parametrize("lines", [[INIT, NOT_LOGGED_IN], [INIT, TEXT_ONLY]])
def test_the_endpoint_is_next_when_claude_brings_nothing_but_not_within_their_common_300_seconds(
    machine: Machine, lines: list[str]
) -> None:
    machine.with_claude()
    machine.claude.behave(lines=lines)
    assert machine.refresh() == []
    assert "at most one request" in machine.said("endpoint")
    assert machine.refresh(299) == []
    assert machine.server.requests == []
    assert machine.refresh(1) == ALL
    assert machine.refresh(300) == ALL
    assert len(machine.claude.asked) == 1
    machine.refresh(3000)
    assert len(machine.claude.asked) == (1 if machine.claude_is_old() else 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour", [{"version": "2.1.197 (Claude Code)", "lines": [INIT, TEXT_ONLY]}, {"rejects": ["--safe-mode"]}]
)
def test_a_client_that_cannot_report_does_not_use_up_the_first_five_minutes(
    machine: Machine, behaviour: dict[str, Any]
) -> None:
    machine.with_claude()
    machine.claude.behave(**behaviour)
    assert machine.refresh() == ALL
    assert machine.claude_is_old()
    assert machine.refresh(299, eager=True) == []
    assert machine.refresh(1, eager=True) == ALL
    assert len(machine.claude.asked) == ("rejects" in behaviour)


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [6, 59])
def test_what_the_server_told_claude_holds_for_our_own_request(machine: Machine, minutes: int) -> None:
    """A report without limits: the server may have named an hour, and only `claude` has heard it."""
    machine.with_claude()
    machine.claude.behave(lines=[json.dumps({"type": "assistant", "usage_report": {"rate_limits": None}})])
    machine.refresh()
    machine.with_claude(endpoint=True)
    assert machine.refresh(60 * minutes, eager=True) == []
    assert "held no limits" in machine.said("endpoint")
    assert (1, []) == (len(machine.claude.asked), machine.server.requests)


@pytest.mark.slow
def test_what_the_server_told_us_holds_for_claude(machine: Machine) -> None:
    machine.server.mode, machine.server.headers_sent = "429", {"Retry-After": "3037"}
    machine.refresh()
    machine.with_claude()
    assert machine.refresh(3036, eager=True) == []
    assert "(429)" in machine.said("claude-cli")
    assert [] == machine.claude.calls, "not even for its version"
    assert machine.refresh(1, eager=True) != []
    assert 1 == len(machine.claude.asked)


@pytest.mark.slow
def test_a_version_that_cannot_do_it_is_not_asked_again_for_a_day_unless_it_changes(machine: Machine) -> None:
    machine.with_claude()
    machine.claude.behave(lines=[INIT, TEXT_ONLY], version="2.1.300")
    machine.refresh()
    for _ in range(7):
        machine.refresh(600)
    assert len(machine.claude.asked) == 1
    assert len(machine.server.requests) == 7
    assert "reports no usage" in machine.said("claude-cli")
    machine.refresh(86400)
    assert len(machine.claude.asked) == 2
    machine.claude.behave(lines=[REPORT], version="2.1.329")
    machine.refresh(3601)
    assert len(machine.claude.asked) == 3


@pytest.mark.slow
def test_a_claude_that_is_not_there_costs_nothing(machine: Machine) -> None:
    machine.sources = Sources(claude_cli=ClaudeCli(command="no-such-claude"), endpoint=Endpoint(base_url=machine.server.url))
    assert machine.refresh() == ALL
    assert "cannot be started" in machine.said("claude-cli")
    with open_ledger(machine.data_dir / "ledger.db") as ledger:
        assert ledger.connection.execute("SELECT source, outcome FROM request").fetchall() == [("endpoint", "answered")]


@pytest.mark.slow
def test_what_the_server_told_claude_counts_for_the_endpoint_too(machine: Machine) -> None:
    machine.with_claude()
    report: dict[str, Any] = {"type": "assistant", "usage_report": {"rate_limits": None}}
    machine.claude.behave(lines=[json.dumps(report)])
    for _ in range(4):
        machine.refresh(290)
    assert len(machine.claude.asked) + len(machine.server.requests) <= 2


@pytest.mark.slow
def test_a_closed_source_is_not_asked(machine: Machine) -> None:
    machine.with_claude(endpoint=False)
    machine.claude.behave(lines=[])
    machine.refresh()
    machine.refresh(9999)
    assert machine.server.requests == []
    assert "endpoint" not in {state.source for state in machine.states}


@pytest.mark.parametrize("kind", ["folder", "pipe", "huge", "short", "device"])
def test_what_stands_in_the_place_of_the_key_is_replaced_unread(machine: Machine, kind: str) -> None:
    machine.data_dir.mkdir()
    path = machine.data_dir / "fingerprint.key"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 31 if kind == "short" else 1 << 40)
    assert machine.refresh() != []
    assert (32, True) == (path.stat().st_size, path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("claude", [True, False])
def test_a_login_that_is_not_known_has_a_budget_that_it_hands_on(machine: Machine, claude: bool) -> None:
    if claude:
        machine.with_claude(endpoint=False)
    machine.account = None  # type: ignore[assignment]
    machine.refresh()
    machine.account = "a"
    machine.log_in(OTHER)
    assert machine.refresh(299, eager=True) == []
    assert machine.refresh(1, eager=True) != []
