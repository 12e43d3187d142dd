"""PURE claude-powerline's configuration as a preset: which of its segments have an equal, and in what form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.core.values import number
from quotaline.other_tools.draft import Draft, Equal, Imported, colour, count, left_instead, rows_of, table, without_background

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.segments import Tree

USUAL = ({"directory": {"style": "basename"}, "git": {}, "model": {}, "session": {}, "today": {}, "context": {}, "agent": {}},)
"""What it shows where the file has no lines."""
EQUALS = {
    "directory": Equal("directory"),
    "git": Equal("git"),
    "model": Equal("model"),
    "block": Equal("five_hour", bar="5h {five_hour.used:bar} {five_hour.used:pct} {five_hour.left:left}"),
    "weekly": Equal("seven_day", bar="7d {seven_day.used:bar} {seven_day.used:pct} {seven_day.left:left}"),
    "context": Equal(
        "context", "ctx {context.tokens:tokens} {context.used:pct}", bar="ctx {context.used:bar} {context.used:pct}"
    ),
    "version": Equal("version"),
    "sessionId": Equal("", "{session.id:.36}"),
    "agent": Equal("agent"),
    "thinking": Equal("effort"),
    "cacheTimer": Equal("cache"),
}
FOLDERS = {"full": "{directory.path:.60}", "basename": "{directory.name:.40}"}
DAILY = "budget.daily"
PRICE = "{today.mark}{today.cost:money} today"
TODAY = Equal("today", PRICE + " {budget_daily.used:pct}", level="budget_daily.used", short=PRICE)
"""Today's price where a budget for the day is set."""
MOST = 1_000_000
USUAL_WARNING = 80
PRICES = {"session": Equal("cost"), "today": Equal("today")}
"""Segments that show a price or tokens, as their `type` says, and have an equal of the price."""
METRICS = {"showDuration": ("metrics duration", Equal("duration")), "showLinesAdded": ("metrics lines", Equal("lines"))}
OTHER_METRICS = ("showResponseTime", "showLastResponseTime", "showMessageCount")
GIT: dict[str, Equal | None] = {
    "showWorkingTree": Equal("git_state"),
    "showAheadBehind": Equal("git_state"),
    "showOperation": Equal("", "{git.operation}"),
    "showStashCount": count("git.stash", "*"),
    "showUpstream": Equal("", "→{git.upstream:.24}"),
    **dict.fromkeys(("showSha", "showTag", "showTimeSinceCommit", "showRepoName", "showWorktree")),
}
"""What else the branch can be followed by; None where that has no equal."""
ARROW, LETTER = " \ue0b1 ", " › "
SEPARATORS = {("powerline", "unicode"): ARROW, ("powerline", "text"): LETTER}


def read(tree: object, shipped: Mapping[str, Tree]) -> Imported:
    """The preset."""
    config = table(tree)
    display = table(config.get("display"))
    custom = table(table(config.get("colors")).get("custom")) if config.get("theme") == "custom" else {}
    draft = Draft("claude-powerline", shipped)
    warn = _budget(draft, table(config.get("budget")))
    lines = display.get("lines")
    for line in rows_of(lines) if lines is not None else [{"segments": segments} for segments in USUAL]:
        draft.row()
        for name, options in table(table(line).get("segments")).items():
            if table(options).get("enabled") is not False:
                text, background = (colour(str(table(custom.get(name)).get(key))) for key in ("fg", "bg"))
                _segment(draft, name, table(options), without_background(text, background), warn)
    _style(draft, config, display)
    return draft.finished("your line of claude-powerline")


def _segment(draft: Draft, name: str, options: Mapping[str, Any], found: str | None, warn: float) -> None:
    if name == "metrics":
        _metrics(draft, options, found)
    elif name in PRICES:
        kind = options.get("type", "tokens" if name == "session" else "cost")
        if kind in ("cost", "both") and name == "today" and DAILY in draft.settings:
            draft.add(name, TODAY, TODAY.form, found, warn=warn)
        elif kind in ("cost", "both"):
            draft.add(name, PRICES[name], colour=found)
        if kind != "cost":
            draft.without_equal(f"{name} {kind}")
    elif name in EQUALS:
        draft.add(name, EQUALS[name], form_of(name, options), found)
        if name == "git":
            _git(draft, options, found)
    else:
        draft.without_equal(name)


def _git(draft: Draft, options: Mapping[str, Any], found: str | None) -> None:
    wanted = {key: equal for key, equal in GIT.items() if options.get(key) is True}
    if "showWorkingTree" in wanted:
        wanted.pop("showAheadBehind", None)  # which is told with it
    for key, equal in wanted.items():
        if equal is None:
            draft.without_equal(f"git {key}")
        else:
            draft.add(f"git {key}", equal, equal.form, found)


def _metrics(draft: Draft, options: Mapping[str, Any], found: str | None) -> None:
    for key, (part, equal) in METRICS.items():
        if options.get(key) is not False:
            draft.add(part, equal, colour=found)
    for key in OTHER_METRICS:
        if options.get(key) is not False:
            draft.without_equal(f"metrics {key}")


def form_of(name: str, options: Mapping[str, Any]) -> str:
    """The form of a segment with its options; "" for the shipped segment's own."""
    equal = EQUALS[name]
    if name == "directory":
        return FOLDERS.get(str(options.get("style")), "")
    form = equal.form
    if equal.bar and options.get("displayStyle", "text") != "text":
        form = equal.bar
    elif name == "context" and options.get("showPercentageOnly") is True:
        form = "{context.used:pct}"
    return left_instead(form) if options.get("percentageMode") == "remaining" else form


def _budget(draft: Draft, budgets: Mapping[str, Any]) -> float:
    """Take over the budget of a day; the percent from which it warns."""
    for name in (name for name, budget in budgets.items() if name != "today" and table(budget).get("amount")):
        draft.without_equal(f"the budget of {name}")
    today = table(budgets.get("today"))
    amount, warn = number(today.get("amount")), number(today.get("warningThreshold"))
    if amount is not None and 0.01 <= amount <= MOST and today.get("type", "cost") == "cost":  # noqa: PLR2004 - a cent
        draft.settings[DAILY] = f'"{amount:.2f}"'
    return warn if warn is not None and 0 <= warn <= 100 else USUAL_WARNING  # noqa: PLR2004 - percent


def _style(draft: Draft, config: Mapping[str, Any], display: Mapping[str, Any]) -> None:
    style, charset = display.get("style", "minimal"), display.get("charset", "unicode")
    if (found := SEPARATORS.get((str(style), str(charset)))) is not None:
        draft.separator = found
    elif style == "minimal":
        draft.separator = " "
    else:
        draft.without_equal(f"the style {style}")
    if config.get("theme", "dark") != "custom":
        draft.without_equal(f"the theme {config.get('theme', 'dark')}")
