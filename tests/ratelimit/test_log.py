import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from quotaline.errors import Outcome
from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.accounts import login_since
from quotaline.ratelimit import log
from quotaline.ratelimit.policy import Decision, Situation

NOW = 1795244400.0
LUCK = 0.5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield opened


def at(seconds: float = 0.0, credentials: str | None = None) -> Situation:
    return Situation(now=NOW + seconds, active_at=NOW + seconds, credentials=credentials)


def ask(ledger: Ledger, seconds: float = 0.0, *counted: str, heard: tuple[str, ...] = ()) -> log.PendingRequest | Decision:
    return log.begin_request(ledger, "endpoint", counted=counted or ("account:a",), heard=heard, situation=at(seconds))


def outcomes(ledger: Ledger) -> list[tuple[str, float, str]]:
    return list(ledger.connection.execute("SELECT source, asked_at, outcome FROM request ORDER BY id"))


def test_a_request_is_on_disk_before_it_is_sent(ledger: Ledger, tmp_path: Path) -> None:
    assert isinstance(ask(ledger), log.PendingRequest)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as other:
        assert other.execute("SELECT outcome FROM request").fetchall() == [("pending",)]
    with open_ledger(tmp_path / "ledger.db") as second:
        refused = ask(second, 299)
    assert isinstance(refused, Decision)
    assert refused.at == NOW + 300


def test_an_outcome_counts_against_the_account_and_the_token(ledger: Ledger) -> None:
    asked = ask(ledger, 0, "account:a", "token:t")
    assert isinstance(asked, log.PendingRequest)
    asked.ended(Outcome.RATE_LIMITED, 3037.0, LUCK)
    assert outcomes(ledger) == [("endpoint", NOW, "rate limited")]
    for key in ("account:a", "token:t"):
        refused = ask(ledger, 3036, key)
        assert isinstance(refused, Decision)
        assert refused.at == NOW + 3037
    assert isinstance(ask(ledger, 3036, "account:b", "token:u"), log.PendingRequest)


def test_a_key_that_is_only_heard_may_forbid_and_is_not_counted(ledger: Ledger) -> None:
    ask(ledger, 0, "config:default")
    assert isinstance(ask(ledger, 10, "account:a", heard=("config:default",)), Decision)
    assert isinstance(ask(ledger, 300, "account:a", heard=("config:default",)), log.PendingRequest)
    assert isinstance(ask(ledger, 310, "account:b", heard=("config:default",)), log.PendingRequest)


def test_peeking_asks_nothing(ledger: Ledger) -> None:
    assert log.peek_decision(ledger, ["account:a"], at()).allowed
    assert outcomes(ledger) == []


def test_a_clock_set_back_is_put_right_on_disk(ledger: Ledger) -> None:
    ask(ledger, 9e6)
    assert isinstance(ask(ledger, 0), Decision)
    assert isinstance(ask(ledger, 301), log.PendingRequest)


def test_a_version_without_a_report_is_remembered_for_a_day(ledger: Ledger) -> None:
    log.note_unsupported(ledger, "1.0.0", NOW)
    assert log.unsupported_versions(ledger, NOW + 86400) == ["1.0.0"]
    assert log.unsupported_versions(ledger, NOW + 86401) == []


def test_the_reset_of_a_window_is_known_for_an_hour_after_the_snapshot_forgot_it(ledger: Ledger) -> None:
    assert log.known_resets(ledger, "a", [NOW + 60.4, NOW - 3600], NOW) == (NOW + 60.4,)
    assert log.known_resets(ledger, "a", [NOW + 59.8], NOW) == (NOW + 59.8,)
    assert log.known_resets(ledger, "a", [], NOW + 3600) == (NOW + 59.8,)
    assert log.known_resets(ledger, "b", [], NOW + 3600) == ()
    assert log.known_resets(ledger, "a", [], NOW + 3660) == ()


def test_the_time_of_a_switch_of_logins_is_remembered(ledger: Ledger) -> None:
    assert login_since(ledger, "default", "a", NOW) == 0.0
    assert login_since(ledger, "default", "b", NOW + 10) == NOW + 10
    assert login_since(ledger, "default", "b", NOW + 90) == NOW + 10
    assert login_since(ledger, "work", "b", NOW + 90) == 0.0


def test_a_source_that_was_never_asked_or_answered_has_not_failed(ledger: Ledger) -> None:
    assert log.last_failure(ledger, "account:a", "endpoint", NOW) == 0.0
    pending = ask(ledger)
    assert isinstance(pending, log.PendingRequest)
    assert log.last_failure(ledger, "account:a", "endpoint", NOW) == NOW, "a request that never came back"


def test_a_block_reaches_the_disk_and_nothing_else_waits_for_it(ledger: Ledger) -> None:
    """Also after a fault; 2 is FULL, 1 is NORMAL."""

    def mode() -> int:
        return int(ledger.connection.execute("PRAGMA synchronous").fetchone()[0])

    with log.durable(ledger):
        assert mode() == 2
    assert mode() == 1
    with pytest.raises(RuntimeError), log.durable(ledger):
        raise RuntimeError
    assert mode() == 1
