"""The page against `history`, `usage` and the ledger: the same numbers, every name inert, absent things absent."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from html_tables import Page
from overviews import bare, full
from quotaline.config.schema import Config, Style
from quotaline.core import formats
from quotaline.ledger.history import history
from quotaline.ledger.imported import ImportedDay, store_imported
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.projects import find_projects
from quotaline.ledger.readings import store_readings
from quotaline.ledger.rows import total_row
from quotaline.locations import Locations
from quotaline.model import Account, Reading, Window
from quotaline.prices import PriceBook
from quotaline.terminal.history import cost
from quotaline.web import facts as gathered
from quotaline.web import tables
from quotaline.web.facts import Asked, Scene
from quotaline.web.page import asset, html_page
from samples import NOW
from transcript_lines import assistant, write
from usage_history import DAY, HOUR, used

if TYPE_CHECKING:
    from quotaline.ledger import Ledger
    from quotaline.model import Snapshot

NAMES = ("</script><img src=x onerror=alert(1)>", "\u202egnp\u2066", "x" * 10_000, "/home/user/shop", "two\ud800halves")
DIR = "~/.claude"


def scene(ledger: Ledger, claude: Path, snapshot: Snapshot, **asked: Any) -> Scene:
    nowhere = dict.fromkeys(("config_file", "cache_dir", "data_dir", "limiter_dir"))
    where = Locations(**nowhere, home=claude.parent, claude_dirs=(claude,), config_dir=DIR)
    return Scene(ledger, where, Config(), snapshot, Asked(**asked), NOW, UTC)


def work(ledger: Ledger, claude: Path) -> None:
    """A session in a project of each name, a day apart from the next, one of them with a model without a price."""
    for number, name in enumerate(NAMES):
        model = "claude-unheard-of-1" if number == 1 else "claude-opus-5-5"
        lines = [
            assistant(
                f"m{number}-{turn}",
                NOW - number * DAY - turn * 60,
                session=f"s{number}",
                cwd=name,
                output=1000 * (number + turn),
                sidechain=turn == 1,
                model=model,
            )
            for turn in range(3)
        ]
        path = write(claude, f"s{number}")
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    import_transcripts(ledger, [claude])


def page_of(found: Scene) -> tuple[Page, str]:
    text = html_page(gathered.gather(found), found.config.style)
    text.encode()
    return Page(text), text


def test_each_table_says_what_history_says(ledger: Ledger, claude: Path) -> None:
    work(ledger, claude)
    page, _ = page_of(scene(ledger, claude, full()))
    for by in gathered.WAYS:
        rows = history(ledger.connection, by, UTC, PriceBook())
        total = total_row(rows)
        place = 3 if by == "session" else 1
        shown = [tuple(value.shown for value in row[place:]) for row in page.tables[by]]
        assert sorted(shown) == sorted(cells(row) for row in rows)
        assert tuple(value.shown for value in page.foot[by][place:]) == cells(total)
        priced = [row for row in rows if row.cost_usd or not row.unpriced_models]
        assert sum(row[place].number or 0 for row in page.tables[by]) == pytest.approx(
            float(sum(row.cost_usd for row in priced))
        )
    assert "≥" in page.text
    assert "no price" in page.text
    assert "claude-unheard-of-1, whose price is not known" in page.text


def cells(row: Any) -> tuple[str, ...]:
    counts = (row.tokens.input, row.tokens.output, row.tokens.cache_write_5m, row.tokens.cache_write_1h, row.tokens.cache_read)
    told = (cost(row), formats.format_tokens(row.tokens.total), str(row.messages))
    return (*told, *(formats.format_tokens(count) for count in counts))


def test_nothing_that_a_project_is_called_becomes_an_element(ledger: Ledger, claude: Path) -> None:
    work(ledger, claude)
    page, text = page_of(scene(ledger, claude, full()))
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert [tag for tag, _ in page.elements].count("img") == 0
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on") or key == "style"]
    assert re.findall(r"[\w.-]*://[^\"'\s<]*", text) == ["http://www.w3.org/2000/svg"]
    assert "</script><img src=x onerror=alert(1)>" in page.text
    assert max(len(row[0].shown) for row in page.tables["project"]) <= 120
    assert not {"\u202e", "\u2066", "\ud800"} & set(text)


def test_the_policy_names_the_one_style_and_the_one_script(ledger: Ledger, claude: Path) -> None:
    import base64
    import hashlib

    page, text = page_of(scene(ledger, claude, bare()))
    [policy] = [a["content"] or "" for tag, a in page.elements if tag == "meta" and a.get("http-equiv")]
    for file, source in (("page.css", "style-src"), ("page.js", "script-src")):
        known = base64.b64encode(hashlib.sha256(asset(file).encode()).digest()).decode()
        assert f"{source} 'sha256-{known}'" in policy
        assert f">{asset(file)}<" in text
    assert "default-src 'none'" in policy
    assert "</" not in asset("page.js") + asset("page.css")


def test_an_empty_ledger_says_so(ledger: Ledger, claude: Path) -> None:
    page, _ = page_of(scene(ledger, claude, structs.replace(bare(), readings=(), local=None)))
    assert page.tables == {}
    assert "The ledger is empty" in page.text
    assert "$0.00" not in page.text


def test_days_and_a_project_that_are_asked_for_are_all_that_is_told(ledger: Ledger, claude: Path) -> None:
    work(ledger, claude)
    [project] = find_projects(ledger.connection, "/home/user/shop")
    page, _ = page_of(scene(ledger, claude, full(), project=project))
    assert [row[0].shown for row in page.tables["project"]] == ["/home/user/shop"]
    assert len(page.tables["session"]) == 1
    assert "only /home/user/shop" in page.text
    assert "Last 7 days" not in page.text
    first = datetime.fromtimestamp(NOW - DAY, UTC).date()
    page, _ = page_of(scene(ledger, claude, full(), since=first, until=first))
    assert [row[0].shown for row in page.tables["day"]] == [first.isoformat()]
    assert f"{first} to {first}" in page.text


def test_windows_have_their_past_their_resets_and_their_source(ledger: Ledger, claude: Path) -> None:
    for hours in range(20):
        reset = NOW - 10 * HOUR + (HOUR if hours < 10 else 11 * HOUR)
        value = Window(id="five_hour", name="Session (5h)", utilization=5.0 * (hours % 10), resets_at=reset)
        reading = Reading(value=value, source="claude-json", as_of=NOW - (20 - hours) * HOUR, alpha=True)
        store_readings(ledger, DIR, None, [reading])
    snapshot = full(account=Account(config_dir=DIR))
    page, text = page_of(scene(ledger, claude, snapshot))
    assert [(row[0].shown, row[2].shown, row[4].shown) for row in page.tables["periods"]] == [
        ("Session (5h)", "45%", "claude-json alpha"),
        ("Session (5h)", "45%", "claude-json alpha"),
    ]
    assert text.count('class="reset"') == 1
    by_title = {row[0].shown: row for row in page.tables["windows"]}
    assert by_title["Weekly (Fable)"][1].shown == "91%"
    assert by_title["Weekly (Fable)"][2].shown.startswith("critical · ")
    assert "alpha: from an undocumented source" in page.text


def test_short_windows_are_drawn_for_a_week_and_long_ones_for_five_unless_days_are_asked_for(
    ledger: Ledger, claude: Path
) -> None:
    for days in (1, 10, 30, 40):
        both = [used(50, NOW - days * DAY, resets_at=NOW - days * DAY + HOUR, key=key) for key in ("five_hour", "seven_day")]
        store_readings(ledger, DIR, None, both)

    def drawn(**asked: Any) -> list[tuple[str, int]]:
        found = gathered.gather(scene(ledger, claude, full(account=Account(config_dir=DIR)), **asked))
        return [(over.last.value.id, len(over.readings)) for over in found.over_time]

    assert drawn() == [("five_hour", 1), ("seven_day", 3)]
    since = datetime.fromtimestamp(NOW - 41 * DAY, UTC).date()
    assert drawn(since=since) == [("five_hour", 4), ("seven_day", 4)]
    assert drawn(since=since, until=datetime.fromtimestamp(NOW - 20 * DAY, UTC).date()) == [("five_hour", 2), ("seven_day", 2)]


def test_a_day_of_which_no_transcript_tells_has_no_project(ledger: Ledger, claude: Path) -> None:
    work(ledger, claude)
    store_imported(ledger, claude / "stats-cache.json", "1", days=[ImportedDay("2026-02-16", {"m": 5000})])
    [project] = find_projects(ledger.connection, "/home/user/shop")
    for asked, shown in (({}, True), ({"project": project}, False), ({"since": date(2026, 2, 17)}, False)):
        opened = scene(ledger, claude, full(), **asked)._replace(config=Config(enable_alpha_features=True))
        assert ("~5k" in page_of(opened)[0].text) is shown
        assert "~5k" not in page_of(scene(ledger, claude, full(), **asked))[0].text


def test_a_page_of_many_projects_and_sessions_has_its_size(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(ledger, claude)
    monkeypatch.setattr(tables, "MOST_ROWS", {**tables.MOST_ROWS, "session": 2, "day": 3})
    page, _ = page_of(scene(ledger, claude, full()))
    assert len(page.tables["session"]) == 2
    assert [row[0].shown for row in page.tables["day"]] == sorted((row[0].shown for row in page.tables["day"]), reverse=True)
    assert "The dearest 2 of 5" in page.text
    assert "The newest 3 of 5 days" in page.text


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_words_and_marks_stand_out_in_both_themes(theme: int) -> None:
    found = re.findall(r"--(\w+): light-dark\((#\w+), (#\w+)\)", asset("page.css"))
    colours = {name: (light, dark)[theme] for name, light, dark in found}
    for ground in ("paper", "card"):
        for words in ("ink", "soft", "mark", "more", "hot"):
            assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)
        assert contrast(colours["dim"], colours[ground]) >= 3


def test_a_model_has_the_name_that_its_reader_gave_it(ledger: Ledger, claude: Path) -> None:
    work(ledger, claude)
    named = Config(style=Style(models={"claude-opus-5-5": "<Opus>"}))
    page, _ = page_of(scene(ledger, claude, full())._replace(config=named))
    assert "<Opus>" in [row[0].shown for row in page.tables["model"]]


def test_what_is_left_is_told_where_the_style_says_so(ledger: Ledger, claude: Path) -> None:
    found = gathered.gather(scene(ledger, claude, full()))
    [whole, left] = (
        {row[0].shown: row[1] for row in Page(html_page(found, Style(show=show))).tables["windows"]}
        for show in ("used", "left")
    )
    assert (whole["Session (5h)"].shown, left["Session (5h)"].shown) == ("42%", "57% left")
    assert (whole["Session (5h)"].number or 0) + (left["Session (5h)"].number or 0) == 100


def test_times_of_day_are_told_as_the_style_says(ledger: Ledger, claude: Path) -> None:
    found = gathered.gather(scene(ledger, claude, full()))
    half, whole = (Page(html_page(found, Style(clock=clock))).tables["windows"][0][2].shown for clock in ("12h", "24h"))
    assert re.search(r"\d:\d\d [AP]M", half)
    assert not re.search(r"\d [AP]M", whole)
