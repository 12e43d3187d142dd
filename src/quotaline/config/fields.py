"""PURE The fields and format specs that a segment may name: the one list that compiling, help and README agree on."""

from quotaline.core.windows import EXTRA_USAGE, window_kind

WINDOW_FIELDS = {
    "used": "percent used, 0-100, may exceed 100",
    "remaining": "percent left, 0-100",
    "left": "seconds until the reset",
    "resets_at": "the reset, epoch seconds",
    "label": "short name: 5h, 7d, the model's name",
    "name": "the name a person reads",
    "money": "money used, for a window that counts money",
    "limit": "its limit in money",
    "mark": "`~` or `≥`, before the money of a budget",
    "pace": "points ahead of even use; negative when behind",
    "limit_at": "the time at which it reaches 100 % if the recent pace holds",
    "at_reset": "percent used at the reset if the recent pace holds",
    "age": "seconds since the value was true",
    "source": "where the value was read",
}

FIELDS = {
    "extra.used": "money spent beyond the plan this month",
    "extra.limit": "the monthly cap; absent when there is none",
    "extra.left": "money left: under the cap, or of the prepaid balance where that is less",
    "extra.utilization": "percent of the cap",
    "extra.rate": "money spent beyond the plan in the last hour",
    "extra.today": "money spent beyond the plan since midnight",
    "extra.at_reset": "what it will have come to at the month's end if the last days' pace holds",
    "extra.mark": "`~` while part of `extra.today` lies between readings on both sides of midnight, else empty",
    "extra.age": "seconds since the value was true",
    "extra.source": "where the value was read",
    "crossing.amount": "money spent since a window reached its limit",
    "crossing.since": "when that was, epoch seconds",
    "crossing.name": "the window that drew the money, as a person reads it",
    "limit.at": "the time at which the first window reaches 100 % if the recent pace holds",
    "limit.label": "that window's short name",
    "budget.used": "percent used of the budget of your own that is fullest",
    "budget.spent": "what it has cost so far, at list price",
    "budget.limit": "its amount",
    "budget.left": "what is left of it",
    "budget.label": "its period: block, day, week, month",
    "budget.mark": "before that money: `~`, an estimate, or `≥` where the price of a model is not known",
    "health.score": "how well the budgets of the week and of the block stand, 0-100",
    "health.lost": "the points that are missing from 100",
    "health.part": "what takes most of them: week, block or pace",
    "alert.text": "what the last alert said, for ten minutes",
    "today.cost": "list price of today's tokens on this machine",
    "today.tokens": "today's tokens on this machine",
    "today.mark": "before that price: `~`, an estimate, or `≥` where the price of a model is not known",
    "week.cost": "list price of the last seven days' tokens",
    "week.tokens": "tokens of the last seven days",
    "week.mark": "the same for the last seven days",
    "block.cost": "list price of the present 5-hour block's tokens",
    "block.tokens": "tokens of the present 5-hour block",
    "block.mark": "the same for the present 5-hour block",
    "block.rate": "that price for an hour, between the block's first message and its last",
    "block.at_end": "what the block will have cost at its end if that goes on",
    "block.left": "seconds until the present 5-hour block ends",
    "account.plan": "the plan",
    "accounts.five_hour": "the 5-hour window of each account of `[accounts]`: work 5h 9% · home 42%",
    "accounts.used": "the highest of these, percent used",
    "model.name": "the model as Claude Code names it",
    "model.id": "the model's identifier",
    "model.fast": "the word fast in fast mode",
    "directory.name": "last part of the working folder",
    "directory.path": "the working folder, with ~ for home",
    "git.branch": "branch, or seven digits of a detached commit",
    "context.used": "percent of the context window used",
    "context.remaining": "percent of the context window left",
    "context.tokens": "tokens in the context window",
    "context.size": "size of the context window in tokens",
    "cost.total": "the session's cost at list price, in dollars",
    "cache.left": "seconds until the prompt cache goes cold",
    "cache.hits": "percent of the prompt read from the cache",
    "lines.added": "lines added in this session",
    "lines.removed": "lines removed in this session",
    "duration.total": "seconds this session has lasted",
    "duration.api": "seconds spent waiting for the API",
    "effort.level": "low, medium, high, xhigh or max",
    "session.name": "the session's name",
    "session.id": "the session's identifier",
    "version.claude": "Claude Code's version",
    "style.name": "the output style, unless it is the default one",
    "agent.name": "the agent's name",
    "vim.mode": "vim's mode",
    "pr.number": "number of the open pull request",
    "pr.state": "its review state",
    "worktree.name": "name of the worktree session",
}

SPECS = {
    "money": "$12.40",
    "pct": "42%, cut, never rounded up",
    "pace": "⇡12% ahead of even use, ⇣8% behind it; +12%, -8% in the ascii palette",
    "left": "2h13m: a span in its two largest units",
    "tokens": "420k",
    "clock": "15:00, Thu 15:00: local time",
    "bar": "ten cells; barN for N cells",
    ".N": "text of at most N characters",
    ".Nf": "a number with N decimals",
}


def is_field(name: str, *, repeated: bool = False) -> bool:
    """Whether a segment may name this field; `window.…` only in one that is repeated for each window."""
    if name in FIELDS:
        return True
    prefix, _, rest = name.rpartition(".")
    if rest not in WINDOW_FIELDS:
        return False
    kind = window_kind(prefix)
    return (kind is not None and kind.id != EXTRA_USAGE) or (repeated and prefix == "window")
