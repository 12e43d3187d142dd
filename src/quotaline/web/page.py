"""PURE The whole page: one document that needs nothing else, and that nothing in it can make do anything."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import quotaline
from quotaline.core import formats
from quotaline.core.values import printable
from quotaline.terminal.history import recorded
from quotaline.terminal.page import gaps, health, legend_of
from quotaline.terminal.tokens import cost_text
from quotaline.web import tables, windows
from quotaline.web.facts import WAYS, Asked
from quotaline.web.markup import name, section, text, tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.schema import Style
    from quotaline.ledger.history import By
    from quotaline.ledger.imported import ImportedDay
    from quotaline.usage.local import Span
    from quotaline.web.facts import PageFacts

THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))
EMPTY = "The ledger is empty: no token was found in the transcripts, and no reading of a window is kept yet."
NOTHING_THEN = "Of what is asked for the ledger has nothing."
FIRST_STEPS = "Send a message in Claude Code, or see <code>quotaline doctor</code>."
ACCOUNT_WIDE = "Windows are the account's, whatever the project."
KEY = {
    "line": "line: percent used",
    "grid": "level lines: 50% and 100%",
    "reset": "dashed upright lines: resets",
    "forecast": "dashed slope: where the pace leads (~), the shade its range",
    "imported": "dotted: as Claude Desktop saw it (alpha)",
}
"""What is drawn → what it means."""


def html_page(facts: PageFacts, style: Style) -> str:
    """The document; `style` says whether windows tell what is used or left, and how times of day are told."""
    whole = facts.total.tokens.total or facts.total.messages
    inside = "".join((_windows(facts, style), _extra(facts), _costs(facts)))
    if not inside:
        why = NOTHING_THEN if facts.asked != Asked() else f"{EMPTY}</p><p>{FIRST_STEPS}"
        inside = f"<section><p>{why}</p></section>"
    headline = _tiles(facts, style, whole=bool(whole))
    body = f"{_header(facts)}<main>\n{headline}{inside}</main>\n{_footer(facts)}"
    sheet, script = asset("page.css"), asset("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{digest(sheet)}'",
            f"script-src '{digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        '<meta name="robots" content="noindex"><link rel="icon" href="data:,">\n'
        f"<title>Claude usage, {_day(facts)}</title>\n<style>{sheet}</style></head>\n<body>\n{body}"
        f"<script>{script}</script>\n</body></html>\n"
    )


@cache
def asset(file: str) -> str:
    """A file of this folder."""
    return (files("quotaline") / "web" / file).read_text(encoding="utf-8")


def digest(content: str) -> str:
    """What the policy calls the one style, or the one script, that may be used."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _day(facts: PageFacts) -> str:
    return f"{datetime.fromtimestamp(facts.now, facts.zone):%Y-%m-%d}"


def _header(facts: PageFacts) -> str:
    now = datetime.fromtimestamp(facts.now, facts.zone)
    account = facts.view.account
    whose = [text(part) for part in (account.plan and account.plan.replace("_", " "), account.config_dir) if part]
    offset = f"UTC{now:%z}"
    zone = "UTC" if now.tzname() == "UTC" else f"{now:%Z}, {offset[:-2]}:{offset[-2:]}"
    made = f"Made {now:%Y-%m-%d %H:%M}; times and days are those of {text(zone)}"
    themes = "".join(
        f'<label><input type="radio" name="theme" id="{key}"{" checked" if key == "auto" else ""}>{title}</label>'
        for key, title in THEMES
    )
    return (
        f"<header><div><h1>Claude usage</h1><p>{' · '.join([*whose, _span(facts)])}</p><p>{made}</p></div>"
        f"<fieldset><legend>Colours</legend>{themes}</fieldset></header>\n"
    )


def _span(facts: PageFacts) -> str:
    """Which days and which project the costs are of."""
    asked, days = facts.asked, sorted([row.key for row in facts.rows["day"]] + [day.day for day in facts.imported])
    first = str(asked.since or (days[0] if days else ""))
    last = str(asked.until or (days[-1] if days else ""))
    told = f"{first} to {last}" if first and last else f"from {first} on" if first else "no days yet"
    whole = "" if asked.since or asked.until else ", all that the ledger has" if days else ""
    project = "" if asked.project is None else f", only {name(asked.project.path)}"
    return text(told + whole) + project


def _tiles(facts: PageFacts, style: Style, *, whole: bool) -> str:
    found, local = "", facts.view.transcripts
    if facts.asked.project is None:
        for title, span in (("Last 7 days", local.seven_day), ("Today", local.today)):
            found += _span_tile(title, span) if local.seven_day.tokens.total else ""
    if whole:
        value, told = tables.cost_tile(facts.total)
        days = len(facts.rows["day"])
        found += tile(f"In all, {days} {'day' if days == 1 else 'days'}", value, told)
    found += windows.tiles(facts.view, style)
    return f'<dl class="tiles">\n{found}</dl>\n' if found else ""


def _span_tile(title: str, span: Span) -> str:
    if not span.tokens.total:
        return tile(title, "no use", [])
    return tile(title, text(cost_text(span)), [f"{formats.format_tokens(span.tokens.total)} tokens at list price"])


def _windows(facts: PageFacts, style: Style) -> str:
    figures = windows.figures(facts.view, facts.over_time, style)
    note = f'<p class="note">{ACCOUNT_WIDE}</p>' if facts.asked.project and facts.view.windows else ""
    said = [words for kind, words in KEY.items() if f'class="{kind}"' in figures]
    key = f'<p class="note key">{"".join(f"<span>{words}</span>" for words in said)}</p>' if figures else ""
    health_lines = "".join(f"<p>{text(getattr(line, 'plain', ''))}</p>" for line in health(facts.view))
    parts = (
        windows.now_table(facts.view, style),
        health_lines,
        note,
        figures,
        key,
        windows.periods_table(facts.over_time, facts.now),
    )
    return section("windows-title", "Windows", *parts)


def _extra(facts: PageFacts) -> str:
    days = [tables.extra_days(drawn) for drawn in facts.drawn_days]
    note = (
        '<p class="note">Each step of the meter is shared by list price among the messages between its two readings; '
        "elsewhere is what no message here explains.</p>"
    )
    shares = [tables.extra_table(drawn) for drawn in facts.drawn_projects]
    return section("extra-title", "Extra usage", *days, *shares, note if shares else "")


def _costs(facts: PageFacts) -> str:
    beside: dict[str, Sequence[ImportedDay]] = {"day": facts.imported}
    found = {by: tables.cost_table(by, facts.rows[by], facts.total, facts.zone, beside.get(by, ())) for by in WAYS}
    if not any(found.values()):
        return ""
    order: tuple[By, ...] = ("model", "project", "subagent", "day", "session")
    parts = (tables.cost_days(facts.rows["day"], facts.total, facts.imported), *(found[by] for by in order))
    return section("cost-title", "What it cost, at list price", *parts)


def _footer(facts: PageFacts) -> str:
    """What the marks mean, what is missing and why; who made the page."""
    total, told = facts.total, []
    marks = [words for line in legend_of([facts.view], facts.now) for words, _ in getattr(line, "pieces", ())]
    guessed = "~ an estimate: tokens at list price, which no plan bills"
    told += [guessed if words.startswith("~") else words for words in marks if not words.startswith(("┃", "≥"))]
    told += [guessed] if total.cost_usd and guessed not in told else []
    if total.unpriced_models:
        told.append(f"≥ without {', '.join(map(printable, total.unpriced_models))}, whose price is not known")
    notes = [recorded(total)] if total.runs else []
    notes += [facts.skipped] if facts.skipped else []
    missing = [getattr(line, "plain", "") for line in gaps(list(facts.view.missing))]
    lines = "".join(f"<p>{text(line)}</p>" for line in (" · ".join(told), *notes, *missing) if line)
    return f"<footer>{lines}<p>quotaline {text(quotaline.__version__)}. This page asks nobody and sends nothing.</p></footer>\n"
