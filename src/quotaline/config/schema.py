"""PURE The types of config.toml: every key, its kind and its default. README's table of keys is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from quotaline.config.explain import Strict
from quotaline.core.periods import DAY
from quotaline.core.snapshot import FRESH_FOR, STALE_AFTER

Seconds = Annotated[float, Meta(ge=1, le=30 * DAY)]
Percent = Annotated[float, Meta(ge=0, le=1000)]

CLAUDE_ROWS = (
    ("model", "directory", "git", "context", "cost"),
    ("five_hour", "seven_day", "weekly_model", "spend_limit", "extra", "crossing"),
)
DEFAULT_PRESET = "default"
ANTHROPIC = "https://api.anthropic.com"
EVERY_DAY = "mon-sun"
PROMPT_ROWS = (("extra", "crossing", "five_hour", "seven_day"),)


class Line(Strict, frozen=True, kw_only=True):
    """`[line.NAME]`: rows of segment names."""

    rows: tuple[tuple[str, ...], ...]


class ClaudeJson(Strict, frozen=True, kw_only=True):
    """`[sources.claude_json]`: the cache in `~/.claude.json`."""

    enabled: bool = True


class ClaudeCli(Strict, frozen=True, kw_only=True):
    """`[sources.claude_cli]`: `claude -p /usage` by the user's own program."""

    enabled: bool = True
    command: str = "claude"


class Endpoint(Strict, frozen=True, kw_only=True):
    """`[sources.endpoint]`: the last resort, the only source that reads the user's token."""

    enabled: bool = True
    base_url: str = ANTHROPIC
    user_agent: str | None = None
    keychain: bool = False


class StatsCache(Strict, frozen=True, kw_only=True):
    """`[sources.stats_cache]`: Claude Code's own count of days, `stats-cache.json`."""

    enabled: bool = True


class ClaudeDesktop(Strict, frozen=True, kw_only=True):
    """`[sources.claude_desktop]`: Claude Desktop's samples of the windows, `plan-usage-history.json`."""

    enabled: bool = True


class Sources(Strict, frozen=True, kw_only=True):
    """`[sources]`: each can be closed on its own; the alpha ones need `enable_alpha_features` as well."""

    claude_json: ClaudeJson = ClaudeJson()
    claude_cli: ClaudeCli = ClaudeCli()
    endpoint: Endpoint = Endpoint()
    stats_cache: StatsCache = StatsCache()
    claude_desktop: ClaudeDesktop = ClaudeDesktop()


class Style(Strict, frozen=True, kw_only=True):
    """`[style]`: `separator` stands between two segments; `show` says whether windows tell what is used or what is left.

    `clock` is how times of day are told. `models` are names for models, by their own names, where a star is any text. `links`
    says whether segments of the Claude line are links: `auto` where the terminal is known to show them.
    """

    colour: Literal["auto", "always", "never"] = "auto"
    palette: str = "default"
    separator: Annotated[str, Meta(max_length=8)] | None = None
    show: Literal["used", "left"] = "used"
    clock: Literal["24h", "12h"] = "24h"
    models: dict[str, str] = field(default_factory=dict)
    links: Literal["auto", "always", "never"] = "auto"


class Refresh(Strict, frozen=True, kw_only=True):
    """`[refresh]`: seconds after which a prompt starts a refresh, and after which a value is marked stale."""

    fresh_for: Seconds = FRESH_FOR
    stale_after: Seconds = STALE_AFTER


class Guard(Strict, frozen=True, kw_only=True):
    """`[guard]`: limits of `quotaline guard` and of its hook. Percent 0-1000; `max_extra` in the account's currency.

    With `budget` no budget of one's own may be spent. `hook` is how the hook answers a tool call: ask the user, or deny it.
    """

    five_hour: Percent | None = None
    seven_day: Percent | None = None
    windows: dict[str, Percent] = field(default_factory=dict)
    max_extra: int | float | str | None = None
    no_extra: bool = False
    budget: bool = False
    max_age: str | None = None
    unknown: Literal["tell", "ok", "fail"] = "tell"
    hook: Literal["ask", "deny"] = "ask"


class Budget(Strict, frozen=True, kw_only=True):
    """`[budget.projects."PATH"]`: dollars for what is used in one folder and below it."""

    block: int | float | str | None = None
    daily: int | float | str | None = None
    weekly: int | float | str | None = None
    monthly: int | float | str | None = None


class Budgets(Budget, frozen=True, kw_only=True):
    """`[budget]`: dollars of one's own for a 5-hour block, a day, a week (from Monday) or a calendar month at list price.

    `user_monthly` and `team_monthly` are for what one's own machines and those of the team used, as their fleet knows it.
    """

    user_monthly: int | float | str | None = None
    team_monthly: int | float | str | None = None
    projects: dict[str, Budget] = field(default_factory=dict)


class Alert(Strict, frozen=True, kw_only=True, omit_defaults=True):
    """`[[alert]]`: `run` is a list of words, or one text with `shell = true`; `quiet` is local time, "22:00-07:00".

    `terminal` is what is sent to the terminal that a prompt was drawn in: the bell, or OSC 9 (a notification).
    """

    when: str
    run: tuple[str, ...] | str = ()
    shell: bool = False
    terminal: Literal["none", "bell", "osc9"] = "none"
    quiet: str | None = None


class Pace(Strict, frozen=True, kw_only=True):
    """`[pace]`: the days of the week on which somebody works, which today's share of a week is reckoned by."""

    days: str = EVERY_DAY


class Organisation(Strict, frozen=True, kw_only=True):
    """`[organisation]`: reports of a Console or Enterprise organisation; off without a key.

    `key_file` is a file of the user's own, mode 0600; `days` is how far back the reports are asked for.
    """

    key_file: str | None = None
    base_url: str = ANTHROPIC
    days: Annotated[int, Meta(ge=1, le=365)] = 90


class Fleet(Strict, frozen=True, kw_only=True):
    """`[fleet]`: one PostgreSQL ledger for several machines and people; off without a url.

    `machine` and `user` are the names that this machine's rows get, by default the host's and the login's; with
    `share_projects` the folders of projects get there as they are, else as keyed hashes.
    """

    url: str | None = None
    share_projects: bool = False
    machine: str | None = None
    user: str | None = None


class Config(Strict, frozen=True, kw_only=True):
    """The whole file; every key is optional."""

    enable_alpha_features: bool = False
    preset: str = DEFAULT_PRESET
    line: dict[str, Line] = field(default_factory=dict)
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: Sources = Sources()
    accounts: dict[str, str] = field(default_factory=dict)
    style: Style = Style()
    refresh: Refresh = Refresh()
    guard: Guard = Guard()
    budget: Budgets = Budgets()
    pace: Pace = Pace()
    organisation: Organisation = Organisation()
    fleet: Fleet = Fleet()
    alert: tuple[Alert, ...] = ()
    prices: dict[str, dict[str, float | str]] = field(default_factory=dict)

    def lines(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Rows by line name, the shipped lines included."""
        return {"claude": CLAUDE_ROWS, "prompt": PROMPT_ROWS, **{name: line.rows for name, line in self.line.items()}}


def alpha_enabled(config: Config, source: str) -> bool:
    """Whether an undocumented source may be read: the switch, and the source's own."""
    return config.enable_alpha_features and bool(getattr(getattr(config.sources, source, None), "enabled", False))


def may_ask(config: Config) -> bool:
    """Whether a source that asks somebody may be read."""
    return alpha_enabled(config, "claude_cli") or alpha_enabled(config, "endpoint")
