"""PURE ccstatusline's settings.json, versions 1 to 4, as a preset: which of its widgets have an equal, and in what form."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from quotaline.errors import ConfigError
from quotaline.other_tools.draft import (
    Draft,
    Equal,
    Imported,
    address,
    colour,
    count,
    left_instead,
    literal,
    rows_of,
    separator,
    table,
    without_background,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.segments import Tree

NEWEST = 4
"""The newest version of the file that is known."""
BAR = {"progress": "bar32", "progress-short": "bar16", "slider": "bar10", "slider-only": "bar10"}
USUAL = ("model", "context-length", "git-branch", "git-changes")
"""What it shows where the file has no lines."""
UPPER = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _week(model: str) -> Equal:
    window = f"seven_day_{model}"
    form = f"{{{window}.used:pct}}"
    label = model.capitalize()
    return Equal("weekly_model", f"{label} {form}", form, f"{label} {{{window}.used:BAR}} {form}", level=f"{window}.used")


EQUALS = {
    "model": Equal("model"),
    "output-style": Equal("", "style {style.name:.24}", "{style.name:.24}"),
    "git-branch": Equal("git"),
    "git-status": Equal("git_state"),
    "git-staged-files": count("git.staged", "+"),
    "git-staged": count("git.staged", "+"),
    "git-unstaged-files": count("git.modified", "!"),
    "git-unstaged": count("git.modified", "!"),
    "git-untracked-files": count("git.untracked", "?"),
    "git-untracked": count("git.untracked", "?"),
    "git-conflicts": count("git.conflicts", "="),
    "git-ahead-behind": Equal("", "⇡{git.ahead} ⇣{git.behind}"),
    "git-worktree": Equal("", "{worktree.name:.24}"),
    "worktree-name": Equal("", "{worktree.name:.24}"),
    "git-review": Equal("pr"),
    "current-working-dir": Equal("directory", "{directory.path:.60}"),
    "cache-hit-rate": Equal("", "cache {cache.hits:pct}", "{cache.hits:pct}"),
    "cache-timer": Equal("cache", "", "{cache.left:left}"),
    "context-length": Equal("context", "ctx {context.tokens:tokens}", "{context.tokens:tokens}"),
    "context-window": Equal("", "of {context.size:tokens}", "{context.size:tokens}"),
    "context-percentage": Equal("context", "ctx {context.used:pct}", "{context.used:pct}"),
    "context-bar": Equal(
        "context", "ctx {context.used:bar16} {context.used:pct}", "{context.used:bar16} {context.used:pct}",
        "ctx {context.used:BAR} {context.used:pct}",
    ),
    "session-clock": Equal("duration"),
    "session-cost": Equal("cost", "~{cost.total:money} session", "~{cost.total:money}"),
    "version": Equal("version"),
    "claude-session-id": Equal("", "{session.id:.36}"),
    "session-name": Equal("session"),
    "session-usage": Equal(
        "five_hour", "5h {five_hour.used:pct}", "{five_hour.used:pct}", "5h {five_hour.used:BAR} {five_hour.used:pct}"
    ),
    "weekly-usage": Equal(
        "seven_day", "7d {seven_day.used:pct}", "{seven_day.used:pct}", "7d {seven_day.used:BAR} {seven_day.used:pct}"
    ),
    "weekly-sonnet-usage": _week("sonnet"),
    "weekly-opus-usage": _week("opus"),
    "fable-weekly-usage": _week("fable"),
    "extra-usage-utilization": Equal("extra", "extra {extra.utilization:pct}", "{extra.utilization:pct}"),
    "extra-usage-remaining": Equal("extra_left", "", "{extra.left:money}"),
    "extra-usage-used": Equal("extra", "{extra.used:money} extra", "{extra.used:money}"),
    "reset-timer": Equal(
        "", "5h {five_hour.left:left}", "{five_hour.left:left}", clock="5h until {five_hour.resets_at:clock}"
    ),
    "weekly-reset-timer": Equal(
        "", "7d {seven_day.left:left}", "{seven_day.left:left}", clock="7d until {seven_day.resets_at:clock}"
    ),
    "thinking-effort": Equal("effort"),
    "vim-mode": Equal("vim"),
}  # fmt: skip
"""Widget type → ours; `BAR` stands for the bar of the length that it has there."""
TEXTS = {"custom-text": "customText", "custom-symbol": "customSymbol"}
LINK = "link"


def read(tree: object, shipped: Mapping[str, Tree]) -> Imported:
    """The preset. Raises ConfigError for a version that is not known."""
    settings = table(tree)
    version = settings.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= NEWEST:
        raise ConfigError(f"These settings of ccstatusline are of version {str(version)[:20]}; known are 1 to {NEWEST}.")
    draft = Draft("ccstatusline", shipped)
    marks: Counter[str] = Counter()
    lines = settings.get("lines")
    for line in rows_of(lines) if lines is not None else [[{"type": name} for name in USUAL]]:
        draft.row()
        for item in map(table, rows_of(line)):
            _widget(draft, item, marks)
    _style(draft, settings, marks)
    return draft.finished("your line of ccstatusline")


def _widget(draft: Draft, item: Mapping[str, Any], marks: Counter[str]) -> None:
    kind = item.get("type")
    if not isinstance(kind, str) or item.get("hide") is True:
        return
    if kind == "separator":
        marks[separator(item.get("character", "|")) or ""] += 1
    elif kind == "flex-separator":
        draft.fill()
    elif kind in EQUALS:
        draft.add(kind, EQUALS[kind], form_of(EQUALS[kind], item), _colour(draft, item))
        draft.twelve_hours |= table(item.get("metadata")).get("hour12") == "true"
    elif kind in TEXTS or kind == LINK:
        options = table(item.get("metadata"))
        url = address(options.get("url")) if kind == LINK else None
        text = literal(options.get("text") or options.get("url") or "" if kind == LINK else item.get(TEXTS[kind], "")).strip()
        if text:
            draft.add(kind, Equal(""), text, _colour(draft, item), **({"link": url} if url else {}))
    else:
        draft.without_equal(kind)


def _colour(draft: Draft, item: Mapping[str, Any]) -> str | None:
    """The colour of a widget; what else it is painted with has no equal."""
    background = item.get("backgroundColor")
    for value, what in ((background, "background colours"), (item.get("bold"), "bold"), (item.get("merge"), "joined widgets")):
        if value:
            draft.without_equal(what)
    found = colour_of(item.get("color"))
    if found is None and item.get("color"):
        draft.without_equal(f"the colour {item['color']}")
    return without_background(found, colour_of(background.removeprefix("bg")) if isinstance(background, str) else None)


def form_of(equal: Equal, item: Mapping[str, Any]) -> str:
    """The form of a widget with its options; "" for the shipped segment's own."""
    options = table(item.get("metadata"))
    form = (equal.raw if item.get("rawValue") is True else "") or equal.form
    if equal.clock and options.get("absolute") == "true":
        form = equal.clock
    bar = BAR.get(str(options.get("display")))
    if equal.bar and bar:
        form = equal.bar.replace("BAR", bar)
    return left_instead(form) if "true" in (options.get("inverse"), options.get("invert")) else form


def colour_of(name: object) -> str | None:
    """Its colour as one of ours; None for none, and for a gradient."""
    if not isinstance(name, str):
        return None
    if name.startswith("hex:"):
        return colour("#" + name.removeprefix("hex:"))
    if name in ("gray", "grey"):
        return "bright-black"
    return colour(UPPER.sub("-", name.removeprefix("ansi256:")).lower())


def _style(draft: Draft, settings: Mapping[str, Any], marks: Counter[str]) -> None:
    powerline = table(settings.get("powerline"))
    if powerline.get("enabled") is True:
        draft.separator = next(filter(None, map(separator, rows_of(powerline.get("separators")))), None)
        if powerline.get("theme"):
            draft.without_equal(f"the theme {powerline['theme']}")
        if rows_of(powerline.get("startCaps")) or rows_of(powerline.get("endCaps")):
            draft.without_equal("caps")
    elif settings.get("defaultSeparator"):
        draft.separator = separator(settings["defaultSeparator"])
    elif any(marks):
        draft.separator = marks.most_common(1)[0][0] or None
    if settings.get("globalBold") is True:
        draft.without_equal("bold")
