"""The page in a real Chromium: sorted, filtered, in both themes, narrow, printed, without scripts, and asking nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from chromium import Chromium
from commandline import quotaline
from quotaline.web.markup import ON_PAPER

pytestmark = pytest.mark.slow
TRAP = "</script><img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>"
SHOWN = "[...document.querySelectorAll('#day tbody tr:not([hidden])')].map(row => row.cells[0].textContent)"
PRICES = "[...document.querySelectorAll('#day tbody td:nth-child(2)')].map(cell => Number(cell.dataset.v))"


@pytest.fixture
def page(furnished: dict[str, str], home: Path) -> Path:
    """The page of the sample, with sixteen days more, each in a project with a name that would run something."""
    from transcript_lines import NOON, assistant

    lines = [
        assistant(f"m{day}", NOON - day * 86400, session=f"s{day}", cwd=f"{TRAP}{day}", output=500 * (day * 7 % 16 + 1))
        for day in range(16)
    ]
    folder = home / ".claude" / "projects" / "-trap"
    folder.mkdir(parents=True)
    (folder / "trap.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    quotaline("report", "page.html", env=furnished, check=True)
    return home / "page.html"


@pytest.fixture
def browser() -> Iterator[Chromium]:
    with Chromium() as found:
        yield found


def test_a_heading_sorts_and_a_word_filters_by_keyboard_too(page: Path, browser: Chromium) -> None:
    browser.show(page)
    assert browser.evaluate(SHOWN) == sorted(browser.evaluate(SHOWN), reverse=True)
    browser.evaluate("document.querySelector('#day thead th:nth-child(2) button').click()")
    prices = browser.evaluate(PRICES)
    assert prices == sorted(prices, reverse=True)
    assert browser.evaluate("document.querySelector('#day th[aria-sort]').getAttribute('aria-sort')") == "descending"
    browser.evaluate("document.querySelector('#day thead th:nth-child(2) button').focus()")
    browser.press("Enter", "\r")
    prices = browser.evaluate(PRICES)
    assert prices == sorted(prices)
    assert browser.evaluate("[...document.querySelectorAll('#day [aria-sort]')].map(x => x.getAttribute('aria-sort'))") == [
        "ascending"
    ]
    browser.evaluate("delete document.querySelector('#day tbody td:nth-child(2)').dataset.v")
    for _ in range(2):
        browser.press("Enter", "\r")
        assert [price is None for price in browser.evaluate(PRICES)] == [False] * (len(prices) - 1) + [True]
    browser.evaluate("document.querySelector('input[data-for=day]').focus()")
    browser.type("  11-2 2026-")
    days = browser.evaluate(SHOWN)
    assert days
    assert all("2026-11-2" in day for day in days)
    told = browser.evaluate(
        "document.querySelector('input[data-for=day]').closest('.filter').querySelector('output').textContent"
    )
    assert told == f"{len(days)} of {len(prices)} rows"


def test_a_bar_is_named_by_its_row(page: Path, browser: Chromium) -> None:
    browser.show(page)
    bars = browser.evaluate("[...document.querySelectorAll('svg[data-rows=day] rect title')].map(x => x.textContent)")
    rows = browser.evaluate(
        "[...document.querySelectorAll('#day tbody tr')].map(r => r.cells[0].textContent + ': ' + r.cells[1].textContent)"
    )
    assert bars == rows[::-1]


def test_no_name_runs_and_nothing_is_asked_for(page: Path, browser: Chromium) -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.read_bytes())

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.open(f"http://127.0.0.1:{server.server_port}/")
        assert TRAP in browser.evaluate("document.body.textContent")
        assert browser.evaluate("document.title").startswith("Claude usage")
        assert browser.evaluate("document.images.length + document.scripts.length") == 1
        server.shutdown()
    assert asked == ["/"]
    assert [url for url in browser.requests if not url.startswith("data:")] == [f"http://127.0.0.1:{server.server_port}/"]
    assert browser.problems == []


def test_the_policy_stops_what_would_be_put_in(page: Path, browser: Chromium) -> None:
    text = page.read_text(encoding="utf-8")
    put_in = "<script>document.title='ran'</script><img src='http://127.0.0.1:9/x'><p style='color:red' onclick='x()'>p</p>"
    page.write_text(text.replace("<main>", f"<main>{put_in}"), encoding="utf-8")
    browser.show(page)
    assert browser.evaluate("document.title").startswith("Claude usage")
    assert browser.evaluate("getComputedStyle(document.querySelector('main > p')).color") != "rgb(255, 0, 0)"
    assert len(browser.problems) >= 3


def test_the_theme_is_the_systems_until_one_is_chosen(page: Path, browser: Chromium) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.show(page)
    light = browser.evaluate(ground)
    browser.dark(on=True)
    dark = browser.evaluate(ground)
    assert dark != light
    for on, key, colour in ((True, "light", light), (True, "auto", dark), (False, "dark", dark), (False, "auto", light)):
        browser.dark(on=on)
        browser.evaluate(f"document.getElementById('{key}').click()")
        assert browser.evaluate(ground) == colour


def test_a_narrow_screen_scrolls_no_page_but_its_tables(page: Path, browser: Chromium) -> None:
    for width in (1200, 400, 320):
        browser.resize(width)
        browser.show(page)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.screenshot().startswith(b"\x89PNG")


def test_each_picture_has_words_and_each_control_a_name(page: Path, browser: Chromium) -> None:
    browser.show(page)
    tree = browser.say("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored") and "role" in node
    ]
    for role in ("image", "img", "searchbox", "radio", "button", "region", "table", "columnheader"):
        assert all(name for kind, name in named if kind == role), role
    assert {"button", "searchbox", "radio", "table"} <= {kind for kind, _ in named}
    assert any(name.startswith("Session (5h): from ") for _, name in named)
    browser.press("Tab")
    outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_without_scripts_everything_is_there_but_sorting_and_filtering(page: Path) -> None:
    with Chromium(scripts=False) as browser:
        browser.show(page)
        tree = browser.say("Accessibility.getFullAXTree")["nodes"]
        roles = {node["role"]["value"] for node in tree if not node.get("ignored") and "role" in node}
    assert "table" in roles
    assert not {"button", "searchbox"} & roles


def test_it_prints(page: Path, browser: Chromium) -> None:
    browser.dark(on=True)
    browser.show(page)
    assert browser.pdf().startswith(b"%PDF-")
    browser.say("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 29, 31)"
    assert browser.evaluate("getComputedStyle(document.querySelector('.frame')).maxHeight") == "none"
    assert browser.evaluate("getComputedStyle(document.querySelector('fieldset')).display") == "none"


def test_of_a_long_table_paper_has_its_first_rows(page: Path, browser: Chromium) -> None:
    shown = "[...document.querySelectorAll('#day tbody tr')].filter(row => row.getClientRects().length).length"
    browser.show(page)
    add = "while (body.rows.length < 100) body.append(body.rows[0].cloneNode(true))"
    browser.evaluate(f"{{ const body = document.querySelector('#day tbody'); {add} }}")
    assert browser.evaluate(shown) == 100
    browser.say("Emulation.setEmulatedMedia", media="print", features=[])
    assert browser.evaluate(shown) == ON_PAPER
