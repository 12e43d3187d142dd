"""An organisation's reports, asked for with a real server on loopback and a clock that moves when it is told to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quotaline.config.schema import Organisation
from quotaline.ledger import open_ledger
from quotaline.locations import resolve_locations
from quotaline.model import SourceState
from quotaline.organisation.ask import ask_organisation
from quotaline.organisation.rows import By, ReportedRow, coverage, reported
from quotaline.organisation.store import State, interface_of, load_state, why_not_due
from report_server import COST, HAIKU, LEGACY_COST, LEGACY_USAGE, OPUS, PEOPLE, USAGE, ReportServer, person, report_server
from usage_history import DAY, HOUR, MINUTE, at

NOW = at("2026-11-25T12:00")
KEY = "sk-ant-" + "admin01-" + "k" * 24
ANALYTICS_KEY = "sk-ant-" + "api01-" + "k" * 24


class Machine:
    """One user's machine with a key and a server; `minutes` lets refreshes ask, one a minute."""

    def __init__(self, server: ReportServer, home: Path, days: int = 10) -> None:
        self.server, self.home, self.now, self.days = server, home, NOW, days
        self.env = {"HOME": str(home), "QUOTALINE_ADMIN_KEY": KEY}
        self.where = resolve_locations(self.env)

    def ask(self, later: float = 0.0) -> SourceState:
        self.now += later
        config = Organisation(base_url=self.server.url, days=self.days)
        return ask_organisation(config, self.where, self.env, self.now, luck=lambda: 0.0)

    def minutes(self, count: int) -> list[SourceState]:
        return [self.ask(MINUTE) for _ in range(count)]

    def settle(self) -> None:
        """Until everything is fresh."""
        for _ in range(200):
            if "fresh enough" in (self.ask(MINUTE).note or ""):
                return
        pytest.fail("it never has enough")

    def state(self) -> State:
        assert self.where.ledger
        with open_ledger(self.where.ledger) as ledger:
            state = load_state(ledger)
        assert state is not None
        return state

    def rows(self, by: By) -> dict[str, ReportedRow]:
        assert self.where.ledger
        state = self.state()
        with open_ledger(self.where.ledger) as ledger:
            found = reported(ledger.connection, state.owner, by, legacy=interface_of(state) == "legacy")
        return {row.key: row for row in found}

    def costs(self, by: By) -> dict[str, str | None]:
        return {key: None if row.cost_usd is None else f"{row.cost_usd.normalize():f}" for key, row in self.rows(by).items()}


@pytest.fixture
def machine(home: Path) -> Iterator[Machine]:
    machine: Machine | None = None
    with report_server(lambda: machine.now if machine else NOW) as server:
        machine = Machine(server, home)
        yield machine


def test_costs_and_tokens_come_by_day_model_workspace_actor_and_key(machine: Machine) -> None:
    ours = {"workspace_id": "wrkspc_1", "api_key_id": "apikey_1", "product": "claude_code"}
    machine.server.cost("2026-11-24", "1234.5678", actor=person("dev@example.com"), **ours)
    machine.server.cost("2026-11-25", "0.0001", HAIKU, actor={"type": "api_actor", "api_key_id": "apikey_2"})
    machine.server.usage("2026-11-24", 1000, actor=person("dev@example.com"), **ours)
    machine.settle()
    assert machine.costs("day") == {"2026-11-24": "12.345678", "2026-11-25": "0.000001"}
    assert machine.costs("model") == {OPUS: "12.345678", "claude-haiku-4-5": "0.000001"}
    assert machine.costs("workspace") == {"wrkspc_1": "12.345678", "default workspace": "0.000001"}
    assert machine.costs("actor") == {"dev@example.com": "12.345678", "apikey_2": "0.000001"}
    assert machine.costs("api-key") == {"apikey_1": "12.345678", "no api key": "0.000001"}
    assert machine.rows("day")["2026-11-24"].tokens.input == 1000


def test_a_request_says_what_it_wants_and_who_asks(machine: Machine) -> None:
    machine.ask()
    path, query, headers = machine.server.requests[0]
    assert path == COST
    assert query["starting_at"] == ["2026-11-16T00:00:00Z"]
    assert query["ending_at"] == ["2026-11-26T00:00:00Z"]
    assert query["group_by[]"] == ["model", "workspace_id", "api_key_id", "actor", "product"]
    assert headers["x-api-key"] == KEY
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "analytics-usage-cost-2026-08-24"
    assert headers["User-Agent"].startswith("quotaline/")


def test_there_is_at_most_one_request_a_minute_whoever_asks(machine: Machine) -> None:
    states = [machine.ask(10) for _ in range(31)]
    assert len(machine.server.requests) == 6
    assert "There is at most one request in a minute" in (states[1].note or "")


def test_pages_are_laid_by_until_the_last_one_is_here(machine: Machine) -> None:
    machine.server.rows = 2
    for number in range(5):
        machine.server.cost("2026-11-24", "100", workspace_id=f"w{number}")
    machine.minutes(2)
    assert machine.rows("day") == {}, "a report that is half here is not shown"
    machine.minutes(1)
    assert machine.costs("day") == {"2026-11-24": "5"}
    assert [query.get("page", ["none"])[0] for query in machine.server.asked(COST)] == ["none", "page_2", "page_4"]


def test_the_last_three_days_are_asked_for_again_each_hour_and_what_changed_takes_the_olds_place(machine: Machine) -> None:
    machine.server.cost("2026-11-24", "100")
    machine.server.cost("2026-11-20", "700")
    machine.settle()
    machine.server.costs.clear()
    machine.server.cost("2026-11-24", "250")
    before = len(machine.server.requests)
    machine.minutes(40)
    assert len(machine.server.requests) == before
    machine.now += HOUR
    machine.settle()
    assert machine.costs("day") == {"2026-11-20": "7", "2026-11-24": "2.5"}
    assert {query["starting_at"][0] for query in machine.server.asked(COST)[1:]} == {"2026-11-23T00:00:00Z"}


def test_days_while_the_machine_was_off_are_asked_for_when_it_is_back(machine: Machine) -> None:
    machine.settle()
    machine.now += 5 * DAY
    machine.ask()
    newest = machine.server.asked(COST)[-1]
    assert (newest["starting_at"], newest["ending_at"]) == (["2026-11-23T00:00:00Z"], ["2026-12-01T00:00:00Z"])


def test_half_a_page_is_no_page_and_is_asked_for_again(machine: Machine) -> None:
    machine.server.rows = 2
    for number in range(3):
        machine.server.cost("2026-11-24", "100", workspace_id=f"w{number}")
    machine.minutes(1)
    machine.server.bodies[COST] = b'{"data": [{"starting_at": "2026-11-24T00:00:00Z", "group": {"mo'
    assert machine.ask(MINUTE).problem == "The report is no JSON, or only half of it; it is asked again later."
    machine.server.bodies.clear()
    machine.now += 2 * MINUTE
    machine.ask()
    assert machine.costs("day") == {"2026-11-24": "3"}
    assert machine.state().problem is None


def test_unknown_groups_and_fields_count_and_are_named(machine: Machine) -> None:
    machine.server.cost("2026-11-24", "100", galaxy="andromeda", product="a_new_product")
    machine.server.costs[0]["cost"]["carbon"] = 12
    machine.server.costs[0]["seal"] = "x"
    machine.minutes(1)
    assert machine.costs("day") == {"2026-11-24": "1"}
    assert machine.state().note == "The report names what this quotaline does not know: carbon, group.galaxy, seal."


def test_a_row_that_is_none_costs_itself_only(machine: Machine) -> None:
    machine.server.cost("2026-11-24", "100")
    for broken in ("NaN", "1e99", "lots", None, True, {"x": 1}):
        machine.server.cost("2026-11-24", broken)  # type: ignore[arg-type]
    machine.server.costs.append({"starting_at": "2030-01-01T00:00:00Z"})
    machine.minutes(1)
    assert machine.costs("day") == {"2026-11-24": "1"}
    assert machine.state().note == "6 rows of the last answer could not be understood."


def test_other_currencies_are_never_added(machine: Machine) -> None:
    machine.server.cost("2026-11-24", "100")
    machine.server.cost("2026-11-24", "900", currency="EUR")
    machine.minutes(1)
    row = machine.rows("day")["2026-11-24"]
    assert (row.cost_usd, row.others) == (Decimal(1), (("EUR", Decimal(9)),))


def test_a_429_is_respected(machine: Machine) -> None:
    machine.server.refusals[COST] = 429
    machine.server.headers_sent["Retry-After"] = "1800"
    assert machine.ask().problem == "The server said that there were too many requests (429)."
    machine.server.refusals.clear()
    machine.minutes(29)
    assert len(machine.server.requests) == 1
    machine.minutes(1)
    assert len(machine.server.requests) == 2


@pytest.mark.parametrize(
    ("status", "says", "pause"),
    [
        (401, "The server did not accept the key (401)", 10 * MINUTE),
        (500, "The server answered 500", MINUTE),
        (302, "The server sent us elsewhere (302), where no key is sent", MINUTE),
    ],
)
def test_refusals_wait_as_the_rate_limiter_says(machine: Machine, status: int, says: str, pause: float) -> None:
    machine.server.refusals[COST] = status
    machine.server.headers_sent["Location"] = machine.server.url + PEOPLE
    assert says in (machine.ask().problem or "")
    machine.ask(pause - 1)
    assert len(machine.server.requests) == 1
    machine.ask(1)
    assert len(machine.server.requests) == 2


def test_another_key_is_asked_with_at_once(machine: Machine) -> None:
    machine.server.refusals[COST] = 401
    machine.ask()
    machine.env["QUOTALINE_ADMIN_KEY"] = KEY + "other"
    machine.ask(1)
    assert len(machine.server.requests) == 2


def test_where_the_analytics_do_not_open_the_older_reports_are_read(machine: Machine) -> None:
    machine.server.refusals |= {COST: 403, USAGE: 403}
    machine.server.cost("2026-11-24", "186.5", workspace_id="w1")
    machine.server.usage("2026-11-24", 1000, api_key_id="apikey_1")
    machine.settle()
    assert len(machine.server.asked(COST)) == 1
    assert machine.costs("day") == {"2026-11-24": "1.865"}
    assert machine.costs("workspace") == {"w1": "1.865", "default workspace": None}
    assert machine.costs("api-key") == {"apikey_1": None}, "the older cost report does not know keys"
    assert machine.server.asked(LEGACY_COST)[0]["group_by[]"] == ["description", "workspace_id"]
    assert machine.server.asked(LEGACY_USAGE)[0]["bucket_width"] == ["1d"]


def test_after_a_week_the_analytics_are_tried_again_and_what_is_there_stays(machine: Machine) -> None:
    machine.server.refusals |= {COST: 403, USAGE: 403}
    machine.server.cost("2026-11-20", "100", api_key_id="apikey_1")
    machine.settle()
    machine.now += 8 * DAY
    machine.settle()
    assert len(machine.server.asked(COST)) == 2
    assert machine.costs("day") == {"2026-11-20": "1"}
    assert machine.server.asked(LEGACY_COST)[-1]["starting_at"] > ["2026-11-20"], "what is final is not asked for again"
    machine.server.refusals.clear()
    machine.server.cost("2026-12-02", "300", api_key_id="apikey_2")
    machine.now += 8 * DAY
    machine.settle()
    assert machine.costs("api-key")["apikey_2"] == "3"


def test_while_nothing_is_due_the_key_is_not_even_read(machine: Machine) -> None:
    assert machine.where.ledger
    machine.settle()
    with open_ledger(machine.where.ledger) as ledger:
        assert "The reports are fresh enough" in (why_not_due(ledger, machine.days, machine.now) or "")
        assert why_not_due(ledger, machine.days, machine.now + HOUR) is None
    machine.server.refusals |= {COST: 500}
    machine.ask(2 * HOUR)
    with open_ledger(machine.where.ledger) as ledger:
        assert why_not_due(ledger, machine.days, machine.now) is None, "another key may mend what is wrong"


def test_a_key_for_analytics_that_is_refused_is_not_tried_elsewhere(machine: Machine) -> None:
    machine.env["QUOTALINE_ADMIN_KEY"] = ANALYTICS_KEY
    machine.server.refusals |= {COST: 403}
    assert machine.ask().problem == "The server refuses this key (403): it is not one for the organisation's reports."
    machine.minutes(60)
    assert [path for path, *_ in machine.server.requests] == [COST]


def someone(day: str, address: str, cents: int) -> dict[str, Any]:
    return {
        "actor": {"email_address": address, "type": "user_actor"},
        "core_metrics": {
            "commits_by_claude_code": 8, "lines_of_code": {"added": 342, "removed": 128}, "num_sessions": 15,
            "pull_requests_by_claude_code": 2,
        },
        "customer_type": "api", "date": f"{day}T00:00:00Z", "organization_id": "o", "terminal_type": "vscode",
        "model_breakdown": [
            {
                "estimated_cost": {"amount": cents, "currency": "USD"}, "model": OPUS,
                "tokens": {"cache_creation": 2340, "cache_read": 8790, "input": 45230, "output": 12450},
            }
        ],
    }  # fmt: skip


def test_claude_codes_report_says_what_each_user_did(machine: Machine) -> None:
    machine.server.people = [someone("2026-11-24", "dev@example.com", 186), someone("2026-11-23", "dev@example.com", 14)]
    machine.settle()
    row = machine.rows("user")["dev@example.com"]
    assert (row.cost_usd, row.sessions, row.lines_added, row.lines_removed, row.commits) == (Decimal(2), 30, 684, 256, 16)
    assert row.tokens.total == 2 * (2340 + 8790 + 45230 + 12450)
    assert machine.server.asked(PEOPLE)[0] == {"starting_at": ["2026-11-25"], "limit": ["1000"]}


def test_without_claude_codes_report_users_are_those_of_the_product(machine: Machine) -> None:
    machine.server.refusals[PEOPLE] = 404
    machine.server.cost("2026-11-24", "100", actor=person("dev@example.com"), product="claude_code")
    machine.server.cost("2026-11-24", "900", actor=person("dev@example.com"), product="chat")
    machine.settle()
    assert machine.costs("user") == {"dev@example.com": "1"}
    assert len(machine.server.asked(PEOPLE)) == 1, "what is refused is not asked for again"


def test_a_day_that_is_missing_is_said_and_asked_for_again(machine: Machine) -> None:
    machine.server.refusals |= {COST: 404}
    machine.server.missing = {"2026-11-20"}
    machine.settle()
    state = machine.state()
    assert machine.where.ledger
    with open_ledger(machine.where.ledger) as ledger:
        assert coverage(ledger.connection, state.owner).missing == ("2026-11-20",)


def test_a_page_that_leads_back_to_itself_ends(machine: Machine) -> None:
    row = {"data": [], "has_more": True, "next_page": "page_1"}
    machine.server.bodies[COST] = json.dumps(row).encode()
    machine.ask()
    assert machine.ask(MINUTE).problem == "The report goes round in a circle; it is asked for from its beginning."


def test_a_page_whose_name_has_expired_is_asked_for_from_the_beginning(machine: Machine) -> None:
    machine.server.rows = 1
    machine.server.cost("2026-11-24", "100")
    machine.server.cost("2026-11-24", "200", HAIKU)
    machine.ask()
    machine.server.refusals[COST] = 410
    assert machine.ask(MINUTE).problem is None
    machine.server.refusals.clear()
    machine.minutes(2)
    assert machine.costs("day") == {"2026-11-24": "3"}


def test_clocks_that_are_apart_are_said(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.server, "clock", lambda: machine.now - 2 * HOUR)
    machine.ask()
    assert machine.state().note == "This machine's clock is 120 min ahead of the server's, so days may be cut wrongly."


def test_the_key_is_in_no_file_and_no_message(machine: Machine) -> None:
    machine.settle()
    for body in (json.dumps({"data": [{"seen": KEY}]}), json.dumps({"data": [], KEY: 1}).replace("k", "\\u006b")):
        machine.server.bodies[COST] = body.encode()
        machine.now += 2 * HOUR
        assert machine.ask().problem == "The server sent the key back; its answer was not kept."
    for path in machine.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    assert KEY not in repr(machine.state())


@pytest.mark.parametrize("url", ["http://example.invalid", "http://10.0.0.1", "ftp://127.0.0.1"])
def test_the_key_goes_over_https_or_to_loopback_and_nowhere_else(machine: Machine, url: str) -> None:
    found = ask_organisation(Organisation(base_url=url), machine.where, machine.env, NOW)
    assert "so nothing was sent" in (found.problem or "")
    assert machine.ask().problem is None, "what was not sent does not count"


def test_processes_share_one_limiter(machine: Machine) -> None:
    others = {**machine.env, "XDG_DATA_HOME": str(machine.home / "other")}
    machine.ask()
    config = Organisation(base_url=machine.server.url)
    second = ask_organisation(config, resolve_locations(others), others, machine.now + 1)
    assert "at most one request in a minute" in (second.note or "")
    assert len(machine.server.requests) == 1
    assert os.environ.get("QUOTALINE_ADMIN_KEY") is None
