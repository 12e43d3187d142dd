"""EFFECT Each source: open, present, readable, whose account, how old; and what this version of Claude Code can report."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.config.schema import Sources, alpha_enabled
from quotaline.core.formats import counted, format_left
from quotaline.doctor.check import Check
from quotaline.errors import SourceError
from quotaline.integrations.hosts import CLAUDE_CODE
from quotaline.integrations.steps import is_installed
from quotaline.ledger.imported import CLAUDE_DESKTOP, STATS_CACHE
from quotaline.sources import claude_desktop, claude_json, credentials, inbox
from quotaline.sources.client_version import RATE_LIMITS, client_program, client_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext
    from quotaline.model import Reading

GROUP = "Sources"
CAN = (
    (RATE_LIMITS, "rate limits on stdin"),
    ((2, 1, 251), "spend limits"),
    ((2, 1, 273), "`claude -p /usage` for programs"),
)
CLOSED = "It is undocumented and closed: enable_alpha_features is false."


def checks(context: DoctorContext) -> Iterator[Check]:
    """Claude Code, then the sources in the order in which they are asked."""
    yield claude_code(context)
    yield statusline(context)
    yield claude_json_check(context)
    yield claude_cli(context)
    yield endpoint(context)
    yield from unread(context)
    yield transcripts(context)
    yield from statistics(context)


def claude_code(context: DoctorContext) -> Check:
    """The version that is installed, and what it can report."""
    found = client_version(context.config.sources.claude_cli.command, context.env)
    if found is None:
        message = f"`{context.config.sources.claude_cli.command}` was not found, or does not tell its version."
        remedy = "set `sources.claude_cli.command` to its path"
        return Check(group=GROUP, name="Claude Code", status="SKIP", message=message, remedy=remedy)
    number = ".".join(str(part) for part in found)
    can, cannot = [word for since, word in CAN if found >= since], [word for since, word in CAN if found < since]
    if not can:
        message = f"Version {number} reports nothing to its status line."
        return Check(group=GROUP, name="Claude Code", status="WARN", message=message, remedy="run `claude update`")
    more = f" Not yet: {', '.join(cannot)}." if cannot else ""
    return Check(group=GROUP, name="Claude Code", status="PASS", message=f"Version {number} reports {', '.join(can)}.{more}")


def statusline(context: DoctorContext) -> Check:
    """What Claude Code's sessions left in the inbox."""
    readings = inbox.read(context.where.cache_dir, context.now) if context.where.cache_dir else []
    if not readings:
        message = "No Claude Code session has handed over rate limits yet."
        remedy = "send one message in Claude Code"
        if not is_installed(CLAUDE_CODE, context.env):
            remedy = f"run `quotaline setup`, and {remedy}"
        return Check(group=GROUP, name="statusline", status="WARN", message=message, remedy=remedy)
    sessions = len({reading.session for reading in readings})
    message = f"{counted(sessions, 'session')}, the newest {age(readings, context.now)} ago."
    return Check(group=GROUP, name="statusline", status="PASS", message=message)


def age(readings: list[Reading], now: float) -> str:
    """How old the newest of them is."""
    return format_left(max(0.0, now - max(reading.as_of for reading in readings)))


def claude_json_check(context: DoctorContext) -> Check:
    """The cache in `.claude.json`."""
    if not alpha_enabled(context.config, "claude_json"):
        return closed("claude-json", context)
    try:
        readings = claude_json.read(context.env, context.now)
    except SourceError as error:
        return Check(group=GROUP, name="claude-json", status="WARN", message=str(error))
    uuid, plan = claude_json.read_account(context.env)
    account = f" of account {uuid[:8]}…" if uuid else ""
    message = f"{len(readings)} values{account}{f', plan {plan}' if plan else ''}, {age(readings, context.now)} old."
    return Check(group=GROUP, name="claude-json", status="PASS", message=message)


def unread(context: DoctorContext) -> Iterator[Check]:
    """What this version did not understand of the last answer of each source: problems and new keys, never their values."""
    parts = {state.source: state.unread for state in (context.snapshot.sources if context.snapshot else ())}
    if alpha_enabled(context.config, "claude_json"):
        with contextlib.suppress(SourceError):
            parts["claude-json"] = claude_json.read(context.env, context.now).unread
    for source, words in parts.items():
        if words:
            message = f"Not understood of the last answer: {'; '.join(words)}."
            remedy = "a newer quotaline may show what they hold"
            yield Check(group=GROUP, name=f"{source} answer", status="WARN", message=message, remedy=remedy)


def claude_cli(context: DoctorContext) -> Check:
    """The user's own program."""
    if not alpha_enabled(context.config, "claude_cli"):
        return closed("claude-cli", context)
    command = context.config.sources.claude_cli.command
    if client_program(command, context.env) is None:
        message = f"The program `{command}` was not found."
        remedy = "set `sources.claude_cli.command` to its path, or `sources.claude_cli.enabled` to false"
        return Check(group=GROUP, name="claude-cli", status="WARN", message=message, remedy=remedy)
    return Check(group=GROUP, name="claude-cli", status="PASS", message=f"`{command} -p /usage` can be run.")


def endpoint(context: DoctorContext) -> Check:
    """The login that the endpoint would need: whether there is one, unread."""
    if not alpha_enabled(context.config, "endpoint"):
        return closed("endpoint", context)
    keychain = context.config.sources.endpoint.keychain
    if context.env.get(credentials.VARIABLE):
        return Check(group=GROUP, name="endpoint", status="PASS", message=f"{credentials.VARIABLE} is set.")
    folders = context.where.claude_dirs
    if any((folder / ".credentials.json").is_file() for folder in folders[:1]) or keychain:
        message = "The Keychain may be asked." if keychain else "There is a .credentials.json; it was not read."
        return Check(group=GROUP, name="endpoint", status="PASS", message=message)
    message, remedy = "No Claude Code login was found.", "log in with /login, or set `sources.endpoint.enabled` to false"
    return Check(group=GROUP, name="endpoint", status="WARN", message=message, remedy=remedy)


def transcripts(context: DoctorContext) -> Check:
    """Claude Code's transcripts."""
    folders = [folder / "projects" for folder in context.where.claude_dirs if (folder / "projects").is_dir()]
    if not folders:
        message = "No folder of transcripts was found."
        remedy = "they are there once Claude Code has run; see CLAUDE_CONFIG_DIR"
        return Check(group=GROUP, name="transcripts", status="WARN", message=message, remedy=remedy)
    names = [f"{folder}" for folder in folders]
    try:
        for folder in folders:
            next(folder.iterdir(), None)
    except OSError as error:
        message = f"They cannot be read: {error.strerror}."
        return Check(group=GROUP, name="transcripts", status="FAIL", message=message, remedy="look at the folder's permissions")
    return Check(group=GROUP, name="transcripts", status="PASS", message=f"In {', '.join(names)}.")


def statistics(context: DoctorContext) -> Iterator[Check]:
    """Other programs' own statistics, those whose file is there."""
    from quotaline.refresh.imported_step import read_statistics, statistics_files  # noqa: PLC0415 - as a refresh reads them

    every = structs.replace(context.config, enable_alpha_features=True, sources=Sources())
    opened = statistics_files(context.config, context.where, context.env)
    for path in statistics_files(every, context.where, context.env):
        source = CLAUDE_DESKTOP if path.name == claude_desktop.NAME else STATS_CACHE
        if path not in opened:
            yield closed(source, context)
            continue
        try:
            days, levels = read_statistics(path, context.now)
        except SourceError as error:
            message, remedy = str(error), "nothing else depends on it; what was read of it before stays"
            yield Check(group=GROUP, name=source, status="WARN", message=message, remedy=remedy)
            continue
        found = f"{len(days)} days, the last {days[-1].day}" if days else f"{len(levels)} samples of windows"
        yield Check(group=GROUP, name=source, status="PASS", message=f"{path}: {found}.")


def closed(name: str, context: DoctorContext) -> Check:
    """A source that may not be read, and which switch closes it."""
    message = CLOSED
    if context.config.enable_alpha_features:
        message = f"It is closed by `sources.{name.replace('-', '_')}.enabled`."
    return Check(group=GROUP, name=name, status="SKIP", message=message)
