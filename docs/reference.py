"""EFFECT Write what the code knows better than anybody: README.md's tables, the schema of config.toml.

`make reference` writes, `--check` only compares.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from quotaline.commands import COMMANDS, quotaline
from quotaline.config.fields import FIELDS, SPECS, WINDOW_FIELDS
from quotaline.config.json_schema import schema
from quotaline.config.palettes import PALETTES
from quotaline.config.schema import Config
from quotaline.locations import resolve_locations
from quotaline.preview import live
from quotaline.preview.segments import previews

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
README, SCHEMA = ROOT / "README.md", ROOT / "src" / "quotaline" / "_data" / "config.schema.json"
NOW = 1_795_244_400.0  # 2026-11-21 07:00:00 UTC
BLOCK = re.compile(r"(<!-- from the code: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

EXITS = {
    "setup": "0, 1 something could not be set up, or nobody asked",
    "history": "0",
    "report": "0",
    "export": "0, 1 FILE cannot be written",
    "fleet": "0, 1 the database cannot be used, 2 there is none",
    "usage": "0, 3 no data",
    "watch": "0",
    "refresh": "0, 1 nothing could be read",
    "guard": "0 room, 1 no room, 2 wrong usage, 3 unknown, 4 the fuse blew; COMMAND's own",
    "record": "the input's health",
    "init": "0, 2",
    "install": "0, 1",
    "uninstall": "0, 1",
    "config": "0, 2 not allowed",
    "segments": "0, 2 no such segment",
    "demo": "0",
    "presets": "0",
    "doctor": "0, 1 a check failed",
    "prompt": "always 0",
    "statusline": "always 0",
}

VARIABLES = {
    "QUOTALINE_CONFIG": "the configuration file",
    "QUOTALINE_CACHE_DIR": "the folder of the snapshot, the inbox and the prompt files",
    "QUOTALINE_DATA_DIR": "the folder of the ledger",
    "CLAUDE_CONFIG_DIR": "Claude Code's own: which account is looked at; each has a cache of its own",
    "CLAUDE_CODE_OAUTH_TOKEN": "Claude Code's own: the login the endpoint is asked with, if that source is open",
    "CLAUDE_CODE_ENTRYPOINT": "Claude Code's own: whether somebody sits before the session that calls the hook",
    "CLAUDE_CODE_SESSION_ATTENDED": "the same, from the versions that say it",
    "XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_DATA_HOME": "where the folders above are when nothing else says so",
    "QUOTALINE_ADMIN_KEY": "the key for your organisation's reports, instead of `organisation.key_file`; no child is given it",
    "PGHOST, PGPORT, PGSERVICEFILE": "PostgreSQL's own: where the fleet's server is, as far as `fleet.url` does not say it",
    "PGPASSWORD": "PostgreSQL's own: the password of the fleet's database; read by its library, never shown",
    "PGHOSTADDR": "PostgreSQL's own: with it no fleet is visited, since nobody could prove the server's name",
    "NO_COLOR": "no colours",
    "FORCE_COLOR": "colours even in a pipe; `0` is none",
    "COLUMNS": "the width to draw for",
    "LC_ALL, LC_CTYPE, LANG": "the locale, the first that is set; without UTF-8 in it the shells draw ASCII",
    "FORCE_HYPERLINK": "links whatever the terminal; `0` is none",
    "TERM, TERM_PROGRAM, VTE_VERSION, WT_SESSION, TMUX, STY": "the terminal: whether it is known to show links",
    "SHELL": "the login's shell, which the first steps name",
    "TZ": "the zone of reset times, days and blocks",
}

MEANINGS = {
    "enable_alpha_features": "opens the undocumented sources",
    "line.NAME.rows": "rows of segment names; `claude` is the status line, `prompt` what shells show, others are yours; "
    "`>` pushes what follows to the right edge",
    "segments.NAME.KEY": "any key of a segment file; with `summary` and `format` a new segment",
    "sources.claude_json.enabled": "the cache in `~/.claude.json`; with the switch above",
    "sources.claude_cli.enabled": "`claude -p /usage`; with the switch above",
    "sources.claude_cli.command": "the program, if it is not found as `claude`",
    "sources.endpoint.enabled": "the usage endpoint, the last resort; with the switch above",
    "sources.endpoint.base_url": "HTTPS, or a loopback address",
    "sources.endpoint.user_agent": "instead of `quotaline/VERSION`",
    "sources.endpoint.keychain": "macOS: whether the Keychain may be asked, which may ask you",
    "sources.stats_cache.enabled": "Claude Code's own count of days, `stats-cache.json`; with the switch above",
    "sources.claude_desktop.enabled": "Claude Desktop's samples of the windows; with the switch above",
    "style.colour": "`auto` obeys NO_COLOR and FORCE_COLOR",
    "style.palette": ", ".join(PALETTES),
    "style.show": "what windows tell: `used`, or what is `left`",
    "style.clock": "`24h`, 15:00, or `12h`, 3:00 PM",
    "style.models.KEY": 'a name of your own for a model, in lines and pages: `"claude-opus-*" = "Opus"`',
    "style.links": "whether segments of the Claude line are links: `auto` where the terminal is known to show them",
    "style.separator": "what stands between two segments, at most 8 characters",
    "preset": "the ready line that is used: `quotaline presets` shows them",
    "refresh.fresh_for": "seconds after which a prompt starts a refresh",
    "refresh.stale_after": "seconds after which a value is marked stale",
    "guard.five_hour": "percent from which `quotaline guard` says that there is no room",
    "guard.seven_day": "the same for the week",
    "guard.windows.KEY": "the same for any window, by its id: `seven_day_fable = 95`",
    "guard.max_extra": "money beyond the plan that may be spent this month",
    "guard.no_extra": "no room as soon as money could move",
    "pace.days": "your days of work, for today's share of a week: `mon-fri`, `mon,wed-fri`",
    "guard.budget": "no room once a budget of your own is spent",
    "accounts.NAME": "a folder of Claude Code's to show beside the others, `~/.claude-work`",
    "budget.block": 'dollars for a 5-hour block, at list price: `25` or `"25.00"`',
    "budget.daily": "the same for a day of your time zone",
    "budget.weekly": "for a week from Monday",
    "budget.monthly": "for a calendar month",
    "budget.user_monthly": "for a calendar month of yours on all machines of a fleet",
    "budget.team_monthly": "for a calendar month of your teams in a fleet",
    "budget.projects.NAME.block": "the same for what is used in the folder NAME (`~/code/shop`) and below it",
    "budget.projects.NAME.daily": "a day of it",
    "budget.projects.NAME.weekly": "a week of it",
    "budget.projects.NAME.monthly": "a month of it",
    "guard.max_age": "a value older than this is unknown: `15m`",
    "guard.unknown": "what unknown is: told by exit code 3, ok, or fail",
    "guard.hook": "how the hook answers a tool call: ask you, or deny it",
    "organisation.key_file": "a file with a key for your organisation's reports, your own and mode 0600",
    "organisation.base_url": "HTTPS, or a loopback address",
    "organisation.days": "how many days back the reports are asked for, 1-365",
    "fleet.url": "one ledger for several machines: `postgresql://USER@HOST/DATABASE`, without a password",
    "fleet.share_projects": "whether the folders of projects are told by name, not by a keyed hash",
    "fleet.machine": "what this machine is called there; the host's name",
    "fleet.user": "what you are called there; your login's name",
    "alert[].when": "a field, a comparison and a number (`extra.used >= 5`), or `crossing`, or `reset`",
    "alert[].run": "the command as a list of words, or one text with `shell = true`",
    "alert[].shell": "whether `run` is for a shell",
    "alert[].terminal": "`bell` or `osc9`, for the terminal that a prompt was drawn in",
    "alert[].quiet": "local hours without alerts: `22:00-07:00`",
    "prices.NAME.KEY": "a price of your own for a model, in dollars per million tokens",
}


def commands() -> Iterator[tuple[str, ...]]:
    """How it is called, what it does, exit codes; a group's own commands below it."""
    yield "command", "does", "exit"
    context = quotaline.make_context("quotaline", [], resilient_parsing=True)
    for name in COMMANDS:
        command = quotaline.get_command(context, name)
        if command is None:
            continue
        yield f"`{synopsis(name, command)}`", command.get_short_help_str(200), EXITS[name]
        if isinstance(command, click.Group):
            for own, sub in sorted(command.commands.items()):
                yield f"`{synopsis(f'{name} {own}', sub)}`", sub.get_short_help_str(200), EXITS[name]


def synopsis(name: str, command: click.Command) -> str:
    """A command with its arguments and options, as `--help` knows them; the values of a choice are there."""
    words = [name]
    for param in command.params:
        what = (param.metavar or (param.name or "").upper()).replace("...", "…").replace("|", ", ")
        if getattr(param, "hidden", False):
            continue
        if isinstance(param, click.Option):
            what = f"[{max(param.opts, key=len)}{'' if param.is_flag else f' {what}'}]"
        elif not (param.required or param.metavar or isinstance(param.type, click.Choice)):
            what = f"[{what}]"
        words.append(what)
    return " ".join(words)


def segments() -> Iterator[tuple[str, ...]]:
    """Name, what it shows of the sample (else its format), what it is."""
    yield "segment", "shows", "what it is"
    state = live.sampled(resolve_locations({"HOME": "/nowhere"}), Config(), NOW)
    for one in previews(state.found, state.compiled, state.fields, state.missing):
        yield f"`{one.name}`", f"`{one.text or state.found.segments[one.name].format}`", one.summary


def fields() -> Iterator[tuple[str, ...]]:
    """Every field."""
    yield "field", "what it is"
    yield from ((f"`{name}`", about) for name, about in FIELDS.items())


def windows() -> Iterator[tuple[str, ...]]:
    """Every field of a window."""
    yield "field", "what it is"
    yield from ((f"`WINDOW.{name}`", about) for name, about in WINDOW_FIELDS.items())


def formats() -> Iterator[tuple[str, ...]]:
    """Every format spec."""
    yield "format", "gives"
    yield from ((f"`{name}`", about) for name, about in SPECS.items())


def variables() -> Iterator[tuple[str, ...]]:
    """Every environment variable."""
    yield "variable", "says"
    yield from (("`" + name.replace(", ", "`, `") + "`", about) for name, about in VARIABLES.items())


def keys() -> Iterator[tuple[str, ...]]:
    """Every key of config.toml, its default, its meaning."""
    yield "key", "default", "what it is"
    for key, default, about in leaves(msgspec.inspect.type_info(Config), ""):
        yield f"`{key}`", default and f"`{default}`", MEANINGS.get(key) or about


def leaves(node: Any, prefix: str, default: Any = None, about: str = "") -> Iterator[tuple[str, str, str]]:
    """Dotted keys with defaults; where MEANINGS is silent, a table's own docstring speaks."""
    inspect = msgspec.inspect
    if isinstance(node, inspect.Metadata):
        yield from leaves(node.type, prefix, default, about)
    elif isinstance(node, inspect.StructType):
        about = (node.cls.__doc__ or "").partition("\n")[0]
        for item in node.fields:
            value = None if item.default is msgspec.NODEFAULT else item.default
            yield from leaves(item.type, f"{prefix}.{item.encode_name}".lstrip("."), value, about)
    elif isinstance(node, inspect.DictType):
        inner = node.value_type
        if isinstance(inner, inspect.DictType | inspect.StructType):
            yield from leaves(inner, f"{prefix}.NAME")
        else:
            yield f"{prefix}.KEY", "", about
    elif isinstance(getattr(node, "item_type", None), inspect.StructType):
        yield from leaves(node.item_type, f"{prefix}[]")
    else:
        yield prefix, "" if default is None else msgspec.json.encode(default).decode(), about


PARTS = {part.__name__: part for part in (commands, segments, fields, windows, formats, variables, keys)}


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    head, *rest = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *rest]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def filled(text: str) -> str:
    """The README with every marked table as the code has it."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{table(PARTS[found[2]]())}\n{found[3]}", text)


def main() -> int:
    """Write or compare."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    made = {README: filled(README.read_text(encoding="utf-8")).encode(), SCHEMA: schema(MEANINGS)}
    other = [path for path, content in made.items() if not path.exists() or path.read_bytes() != content]
    if "--check" in sys.argv:
        for path in other:
            print(f"{path.name} is not what the code says; run `make reference`.")
        return int(bool(other))
    for path in other:
        path.write_bytes(made[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
