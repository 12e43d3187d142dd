"""EFFECT `quotaline guard --hook`: Claude Code's PreToolUse and UserPromptSubmit ask whether there is room.

Silent while there is, and while nobody knows. Where a limit is passed a tool call is answered with an ask (or a deny) and a
prompt with a block: once per session for each limit and period, remembered by an empty file, so that going on is one answer
away. Like the whole prompt path it always exits 0.
"""

import os
import time

from quotaline.core import paths
from quotaline.core.limits import FULL, binding, check_limits, explain_check, parse_duration, parse_percent
from quotaline.core.money import parse_amount
from quotaline.core.snapshot import NAME, read_snapshot
from quotaline.core.values import encode_json, loads_json, number
from quotaline.core.windows import PLAN_KINDS
from quotaline.prompt.run import emit, guarded, read_stdin, refresh_if_stale

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OPTIONS = {"--window": "", "--max-extra": "", "--max-age": "", **{kind.option: kind.id for kind in PLAN_KINDS}}
AFTER = "Send it again to go on, or change the limits of [guard] in config.toml."


def main(arguments: "list[str]") -> None:
    """Read the hook's JSON, answer it, start a refresh if the snapshot is old. Always returns."""
    guarded(lambda: _answer(arguments, time.time()))


def _answer(arguments: "list[str]", now: float) -> None:
    data = loads_json(read_stdin().decode("utf-8", "replace"))
    folder = paths.cache_dir(os.environ)
    kept = read_snapshot(os.path.join(folder, NAME)) or {} if folder else {}
    if isinstance(data, dict):
        emit(answer(data, kept, arguments, folder, now))
    refresh_if_stale(kept, folder, now)


def answer(data: "dict[str, Any]", kept: "dict[str, Any]", arguments: "list[str]", folder: str, now: float) -> str:
    """The JSON for Claude Code, or nothing when it may go on."""
    event = data.get("hook_event_name")
    readings, rules = kept.get("readings"), kept.get("guard")
    if event not in ("PreToolUse", "UserPromptSubmit") or not isinstance(readings, list):
        return ""
    limits = options(arguments, rules if isinstance(rules, dict) else {})
    crossing = (kept.get("fields") or {}).get("crossing.amount")
    moving = isinstance(crossing, list) and now < (number(crossing[1]) or 0)
    decides = binding(check_limits(readings, limits, now, moving))
    if (
        decides is None
        or decides["state"] != "over"
        or not is_first_question(folder, str(data.get("session_id")), decides, now)
    ):
        return ""
    reason = f"quotaline: {explain_check(decides, now)}"
    if event == "UserPromptSubmit":
        return encode_json({"decision": "block", "reason": f"{reason} {AFTER}"})
    decision = "deny" if limits.get("hook") == "deny" else "ask"
    return encode_json(
        {"hookSpecificOutput": {"hookEventName": event, "permissionDecision": decision, "permissionDecisionReason": reason}}
    )


def options(arguments: "list[str]", rules: "dict[str, Any]") -> "dict[str, Any]":
    """The snapshot's `[guard]` with the command's options over it, parsed by hand: what is not understood is passed over."""
    limits = {**rules, "windows": dict(rules.get("windows") or {})}
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if option == "--no-extra":
            limits["no_extra"] = True
        elif option == "--deny":
            limits["hook"] = "deny"
        elif option in OPTIONS:
            value = value if equals else rest.pop(0) if rest else ""
            key, _, percent = value.rpartition("=") if option == "--window" else (OPTIONS[option], "", value)
            if option == "--max-extra":
                limits["extra"] = parse_amount(value) or limits.get("extra")
            elif option == "--max-age":
                limits["max_age"] = parse_duration(value) or limits.get("max_age")
            elif key:
                limit = parse_percent(percent)
                limits["windows"][key] = FULL if limit is None else limit
    return limits


def is_first_question(folder: str, session: str, check: "dict[str, Any]", now: float) -> bool:
    """Whether this session is told of this limit for the first time in its period; of many at once exactly one is."""
    until = check["until"]
    period = "now" if until is None else str(round(until / 60))
    name = "-".join((session[:64], check["id"][:64], period, str(check["limit"])))
    name = "".join(character if character.isascii() and character.isalnum() else "-" for character in name)
    if check["until"] is None:
        name += time.strftime("-%Y%m%d", time.gmtime(now))
    place = os.path.join(folder, "asked")
    try:
        try:
            descriptor = os.open(os.path.join(place, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileNotFoundError:
            os.makedirs(place, 0o700, exist_ok=True)
            descriptor = os.open(os.path.join(place, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.close(descriptor)
    except FileExistsError:
        return False
    except OSError:
        pass  # what cannot be remembered is asked again: better than money that nobody was asked about
    return True
