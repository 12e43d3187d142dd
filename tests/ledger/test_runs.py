"""Runs of `claude -p` count once: by their transcripts, else by what the client itself told of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quotaline.core.periods import DAY, HOUR
from quotaline.ledger import open_ledger
from quotaline.ledger.blocks import block_hours, block_start
from quotaline.ledger.history import WAYS, histories, history
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.projects import find_projects
from quotaline.ledger.rows import HistoryRow, total_row
from quotaline.ledger.runs import store_run
from quotaline.ledger.schema import MIGRATIONS
from quotaline.ledger.totals import local_totals
from quotaline.ledger.usage import usage_between
from quotaline.prices import PriceBook
from quotaline.sources.claude_result import read_result
from results import result, used
from transcript_lines import NOON, assistant, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from quotaline.ledger import Ledger
    from quotaline.ledger.history import By

ANSWER, DOLLARS = 12 + 57 + 3400 + 11000, Decimal("0.021588000000000003")
PRICES = PriceBook()


def keep(
    ledger: Ledger, *messages: dict[str, Any], at: float = NOON, folder: str = "/home/user/shop", apart: float = 1.0
) -> None:
    """Record the results of one stream, `apart` seconds after each other."""
    before = None
    for number, message in enumerate(messages):
        run = read_result(message, at + number * apart, folder=folder, follows=before).run
        assert store_run(ledger, run)
        before = run.uuid


def found(ledger: Ledger, by: By = "day", **more: Any) -> list[HistoryRow]:
    return history(ledger.connection, by, UTC, PRICES, **more)


def whole(ledger: Ledger) -> HistoryRow:
    totals = [total_row(found(ledger, by)) for by in WAYS]  # type: ignore[arg-type]
    assert all(one == totals[0] for one in totals), "every way adds up to the same"
    together = histories(ledger.connection, WAYS, UTC, PRICES)  # type: ignore[arg-type]
    assert together == {by: found(ledger, by) for by in WAYS}, "and is the same beside the others"  # type: ignore[arg-type]
    return totals[0]


def answers(ledger: Ledger) -> float:
    """How many answers' tokens count; their cost is held equal."""
    total = whole(ledger)
    assert total.recorded_usd.quantize(Decimal("1e-15")) == (total.tokens.total * DOLLARS / ANSWER).quantize(Decimal("1e-15"))
    return total.tokens.total / ANSWER


def test_a_run_without_transcripts_counts_as_itself_in_every_way(ledger: Ledger) -> None:
    keep(ledger, result(1))
    keys = {by: [row.key for row in found(ledger, by)] for by in WAYS}  # type: ignore[arg-type]
    assert keys == {
        "day": ["2026-11-20"],
        "week": ["2026-W47"],
        "month": ["2026-11"],
        "model": ["claude-opus-5-5"],
        "project": ["/home/user/shop"],
        "session": ["s1"],
        "subagent": ["recorded runs"],
        "block": ["2026-11-20T12:00Z"],
    }
    total = whole(ledger)
    assert (0, 1, ANSWER, DOLLARS, DOLLARS) == (
        total.messages,
        total.runs,
        total.tokens.total,
        total.cost_usd,
        total.recorded_usd,
    )
    (row,) = found(ledger, "session")
    assert ("record", "/home/user/shop", DOLLARS) == (row.source, row.project, row.client_cost_usd)
    assert [("claude-opus-5-5", "record")] == [(model.model, model.source) for model in row.models]


def test_a_run_whose_session_has_transcripts_counts_by_them(ledger: Ledger, claude: Path) -> None:
    keep(ledger, result(3))
    write(claude, "s1", assistant("m1", NOON, input=1000))
    assert 3 == answers(ledger)
    import_transcripts(ledger, [claude])
    total = whole(ledger)
    assert (1000, 0, Decimal("0.004"), Decimal(0)) == (
        total.tokens.total,
        total.runs,
        total.cost_usd.normalize(),
        total.recorded_usd,
    )
    keep(ledger, result(9))
    assert 1000 == whole(ledger).tokens.total
    (row,) = found(ledger, "session")
    assert ("transcripts", Decimal(repr(0.021588000000000003 * 9))) == (row.source, row.client_cost_usd)


def test_transcripts_of_one_session_do_not_hide_the_runs_of_another(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", NOON, input=1000))
    import_transcripts(ledger, [claude])
    keep(ledger, result(1), result(2, session="s2", own=2))
    total = whole(ledger)
    assert (1000 + 2 * ANSWER, 1, 1) == (total.tokens.total, total.messages, total.runs)
    (day,) = found(ledger)
    assert [("claude-opus-5-5", "transcripts", 1000), ("claude-opus-5-5", "record", 2 * ANSWER)] == [
        (model.model, model.source, model.tokens.total) for model in day.models
    ]
    assert 1000 == total_row(found(ledger, runs=False)).tokens.total, "the transcripts alone can be asked for"
    assert 1 == len(usage_between(ledger.connection, NOON - 1, NOON + 9, runs=False))


def test_a_ledger_of_messages_knows_on_its_way_to_this_version_which_sessions_they_are_of(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as old, old:
        for step in MIGRATIONS[:4]:
            old.executescript(step)
        old.execute("INSERT INTO config_dir (path) VALUES ('/c')")
        old.execute("INSERT INTO file (config_dir_id, path) VALUES (1, '/c/s.jsonl')")
        old.execute("INSERT INTO session (uuid) VALUES ('s0'), ('s1')")
        for table, column in (("project", "path"), ("model", "name")):
            old.execute(f"INSERT INTO {table} ({column}) VALUES ('claude-opus-5-5')")  # noqa: S608
        old.execute(
            """INSERT INTO message (message_id, request_id, time, session_id, project_id, model_id, flags, input, output,
            cache_write_5m, cache_write_1h, cache_read, web_searches, file_id)
            VALUES ('m', 'r', ?, 2, 1, 1, 0, 1000, 0, 0, 0, 0, 0, 1)""",
            (int(NOON * 1000),),
        )
        old.execute("PRAGMA user_version = 4")
    with open_ledger(path) as ledger:
        keep(ledger, result(1, session="s0"))
        keep(ledger, result(1, session="s1"))
        assert {"s0": 1, "s1": 0} == {row.key: row.runs for row in found(ledger, "session")}


def test_the_same_output_recorded_again_counts_once(ledger: Ledger) -> None:
    for _ in range(3):
        keep(ledger, result(1, name="r1"))
    nameless = {**result(2, session="s2", own=2), "uuid": None}
    keep(ledger, nameless)
    keep(ledger, nameless, at=NOON + 99)
    assert 3 == answers(ledger)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_a_resumed_sessions_running_total_counts_once_in_whatever_order_it_is_recorded(
    order: Sequence[int], ledger: Ledger
) -> None:
    """As 2.1.331 counts: three processes, the second and the third with `--resume`."""
    for total in order:
        keep(ledger, result(total), at=NOON + total * DAY)
    assert 3 == answers(ledger)
    assert [ANSWER] * 3 == [row.tokens.total for row in found(ledger)], "each day has what came on top on it"


def test_a_client_that_begins_anew_with_each_process_is_added_up(ledger: Ledger) -> None:
    """As 2.1.225 counts: three processes, `--resume` twice, each with the cost of its own."""
    for day in range(3):
        keep(ledger, result(1), at=NOON + day * DAY)
    assert 3 == answers(ledger)


def test_several_results_of_one_stream_count_once(ledger: Ledger) -> None:
    keep(ledger, result(1), result(2), result(3))
    keep(ledger, result(1), result(2), result(5, own=1), at=NOON + DAY)
    assert 8 == answers(ledger), "an older client's second process begins anew, and the last result had a subagent"


def test_a_stream_whose_count_begins_anew_in_its_midst_is_added_up(ledger: Ledger) -> None:
    keep(ledger, result(2, own=2), result(1))
    assert 3 == answers(ledger)


def test_a_result_that_tells_what_came_on_top_is_believed(ledger: Ledger) -> None:
    """stream-json of 2.1.331: a session whose earlier runs nobody recorded, and a fork of it."""
    keep(ledger, result(5, since=1), result(6, since=1))
    keep(ledger, result(7, session="fork", since=1))
    assert 3 == answers(ledger)
    assert 0 == whole(ledger).holding_earlier


def test_a_fork_is_its_total_without_its_parents_where_the_numbers_name_the_parent(ledger: Ledger) -> None:
    """The total of a fork holds its parent's, and nothing in it says whose fork it is; json of 2.1.331."""
    keep(ledger, result(1), at=NOON)
    keep(ledger, result(2), at=NOON + 9)
    keep(ledger, result(3, session="fork"), at=NOON + 99)
    keep(ledger, result(4, session="fork"), at=NOON + 999)
    assert 4 == answers(ledger)
    assert {"s1": 2, "fork": 2} == {row.key: row.tokens.total / ANSWER for row in found(ledger, "session")}


def test_a_fork_of_what_nobody_recorded_says_that_it_holds_more(ledger: Ledger) -> None:
    keep(ledger, result(3, session="fork"))
    assert (3, 1) == (answers(ledger), whole(ledger).holding_earlier)
    keep(ledger, result(4, session="fork"))
    assert (4, 1) == (answers(ledger), whole(ledger).holding_earlier), "what came on top is its own"


@pytest.mark.parametrize(
    "changes",
    [
        {"subagent_stats": {"spawned": 2}},
        {"subagent_stats": None},
        {"usage": None},
        {"modelUsage": {"claude-opus-5-5": used(1), "claude-haiku-5-5": used(1)}},
    ],
)
def test_what_subagents_or_another_model_used_is_no_parents(changes: dict[str, Any], ledger: Ledger) -> None:
    keep(ledger, {**result(2), **changes})
    total = whole(ledger)
    assert (2, 1, 0) == (total.tokens.total / ANSWER, total.runs, total.holding_earlier)


def test_a_total_without_models_has_the_tokens_of_the_main_loop(ledger: Ledger) -> None:
    keep(ledger, {**result(1), "modelUsage": None}, {**result(2), "modelUsage": None})
    assert 2 == answers(ledger)
    assert ["unknown model"] == [row.key for row in found(ledger, "model")]


def test_models_without_a_cost_have_what_is_left_of_the_total_or_their_list_price(ledger: Ledger) -> None:
    one = {**result(2), "total_cost_usd": 5, "modelUsage": {"a": used(1, 2), "claude-opus-5-5": used(1, None)}}
    keep(ledger, one)
    assert {"a": 2, "claude-opus-5-5": 3} == {row.key: row.cost_usd for row in found(ledger, "model")}
    two = {
        **result(2, session="s2"),
        "total_cost_usd": None,
        "modelUsage": {"b": used(1, None), "claude-opus-5-5": used(1, None)},
    }
    keep(ledger, two)
    priced = {row.key: row.cost_usd.quantize(Decimal("1e-6")) for row in found(ledger, "model")}
    assert (Decimal("3.021588"), Decimal(0)) == (priced["claude-opus-5-5"], priced["b"])
    assert ("b",) == whole(ledger).unpriced_models


def test_a_models_window_in_its_name_is_no_other_model(ledger: Ledger) -> None:
    keep(ledger, result(1, model="claude-opus-4-8[1m]"), result(1, session="s2", model="us.anthropic.claude-opus-4-8-v1:0"))
    assert ["claude-opus-4-8"] == [row.key for row in found(ledger, "model")]


@pytest.mark.parametrize("total", [0, None])
def test_what_says_neither_tokens_nor_dollars_is_no_run(total: int | None, ledger: Ledger) -> None:
    message = {**result(1, own=0), "total_cost_usd": total, "modelUsage": {}}
    assert not store_run(ledger, read_result(message, NOON).run)
    assert [] == found(ledger)


def test_the_spans_that_every_surface_shows_hold_runs(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", NOON - 2 * HOUR, input=1000))
    import_transcripts(ledger, [claude])
    keep(ledger, result(1, session="s2"), at=NOON - 3 * DAY)
    keep(ledger, result(1, session="s3"), at=NOON)
    spans = local_totals(ledger, NOON + 60, UTC, five_hour_resets_at=None, prices=PRICES)
    assert spans.five_hour is not None
    held = (spans.five_hour, spans.seven_day, spans.today)
    assert [1000 + ANSWER, 1000 + 2 * ANSWER, 1000 + ANSWER] == [span.tokens.total for span in held]
    assert DOLLARS + Decimal("0.004") == spans.today.cost_usd
    later = local_totals(ledger, NOON + 60, UTC, five_hour_resets_at=NOON + 5 * HOUR, prices=PRICES)
    assert later.five_hour is not None
    assert ANSWER == later.five_hour.tokens.total, "a known window is that window"


def test_a_run_opens_a_block_of_its_own(ledger: Ledger) -> None:
    assert block_start(ledger.connection, NOON) is None
    keep(ledger, result(1), at=NOON + 600)
    assert (NOON, None) == (
        block_start(ledger.connection, NOON + 5 * HOUR - 1),
        block_start(ledger.connection, NOON + 5 * HOUR),
    )


BASE = int(NOON // HOUR)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40), st.integers(-200, 0), st.integers(1, 200)
)
@example([(4, True), (2, True), (0, True)], 0, 1)
def test_blocks_are_those_of_messages_and_runs_in_one_chain(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[tuple[int, bool]], first: int, length: int
) -> None:
    """Whatever part of them is looked at; the last is of now, and each some hours behind the one before."""
    hours = accumulate(-gap for gap, _ in reversed(gaps))
    events = [(hour, is_run) for hour, (_, is_run) in zip(hours, reversed(gaps), strict=True)]
    folder = tmp_path_factory.mktemp("blocks")
    with open_ledger(folder / "ledger.db") as ledger:
        said = [assistant(f"m{hour}", (BASE + hour) * HOUR, input=1, session="m") for hour, is_run in events if not is_run]
        write(folder / "claude", "m", *said)
        import_transcripts(ledger, [folder / "claude"])
        for hour, is_run in events:
            if is_run:
                keep(ledger, result(1, session=f"r{hour}"), at=(BASE + hour) * HOUR)
        chain: list[int] = []
        for hour in sorted({BASE + hour for hour, _ in events}):
            if not chain or hour >= chain[-1] + 5:
                chain.append(hour)
        begin, behind = BASE + first, BASE + first + length
        assert [hour for hour in chain if begin <= hour < behind] == block_hours(ledger.connection, begin, behind)
        alone: list[int] = []
        for hour in sorted({BASE + hour for hour, is_run in events if not is_run}):
            if not alone or hour >= alone[-1] + 5:
                alone.append(hour)
        assert alone == block_hours(ledger.connection, 0, BASE + 1, runs=False)


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_running_totals_add_up_to_the_last_one(
    tmp_path_factory: pytest.TempPathFactory, processes: list[list[int]], random: Any
) -> None:
    """Streams of one session, resumed again and again, and recorded in any order of the processes."""
    totals, reached = [], 0
    for process in processes:
        stream = []
        for own in process:
            reached += own
            stream.append(result(reached, own=own))
        totals.append(stream)
    random.shuffle(totals)
    with open_ledger(tmp_path_factory.mktemp("totals") / "ledger.db") as ledger:
        for stream in totals:
            keep(ledger, *stream)
        assert reached == answers(ledger)


def test_days_in_which_only_runs_ended_are_in_the_history(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", NOON, input=1000))
    import_transcripts(ledger, [claude])
    for day in (-9, 2):
        keep(ledger, result(1, session=f"s{day}"), at=NOON + day * DAY)
    assert ["2026-11-11", "2026-11-20", "2026-11-22"] == [row.key for row in found(ledger)]
    assert [ANSWER] == [row.tokens.total for row in found(ledger, until=date(2026, 11, 19))]


def test_a_worktrees_runs_are_its_checkouts(ledger: Ledger) -> None:
    keep(ledger, result(1), folder="/home/user/shop/.claude/worktrees/x/sub")
    assert ["/home/user/shop/sub"] == [row.key for row in found(ledger, "project")]
    assert ["/home/user/shop/sub"] == [row.project for row in found(ledger, "session")]


def test_a_projects_runs_are_found_with_it(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", NOON, input=1000, cwd="/home/user/shop"))
    import_transcripts(ledger, [claude])
    keep(ledger, result(1, session="s2"))
    keep(ledger, result(2, session="s3", own=2), folder="/home/user/other")
    (shop,) = find_projects(ledger.connection, "shop")
    for by in WAYS:
        total = total_row(found(ledger, by, project=shop))  # type: ignore[arg-type]
        assert (1000 + ANSWER, 1, 1) == (total.tokens.total, total.messages, total.runs)
    assert ["other"] == [path.path.rsplit("/", 1)[1] for path in find_projects(ledger.connection, "other")]


def test_the_view_for_people_shows_each_run(ledger: Ledger) -> None:
    keep(ledger, result(1))
    (row,) = ledger.connection.execute("SELECT time, session, turns, duration_ms, cost, counts FROM recorded_run").fetchall()
    assert ("2026-11-20 12:00:00", "s1", 1, 225, str(DOLLARS), 1) == row
