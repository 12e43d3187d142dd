"""EFFECT `quotaline guard --hook`: Claude Code's PreToolUse and UserPromptSubmit ask whether there is room.

Silent while there is, and while nobody knows. Where a limit is passed a tool call is answered with an ask (or a deny) and a
prompt with a block: once per session for each limit and period, remembered by an empty file, so that going on is one answer
away. So it is while the configuration has problems, unless the command line has limits of its own.

In an unattended session (`claude -p`) there is nobody to answer, and no answer of a hook makes the run fail: with block,
`continue: false` or exit code 2 the clients 2.1.197 and 2.1.331 end with exit code 0 and a result that says success. So nothing
is said there, unless `--deny`: then every prompt is blocked and every tool call denied, the run being ended with the first.
Like the whole prompt path it always exits 0.
"""

import time

from quotaline.core import paths, system
from quotaline.core.limits import (
    FULL,
    UNTOLD,
    binding,
    check_limits,
    explain_check,
    parse_duration,
    parse_percent,
    untold_limits,
)
from quotaline.core.money import parse_amount
from quotaline.core.snapshot import NAME, read_snapshot
from quotaline.core.values import encode_json, number, printable
from quotaline.core.windows import PLAN_KINDS
from quotaline.prompt.run import emit, guarded, read_json, refresh_if_stale

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

OPTIONS = {"--window": "", "--max-extra": "", "--max-age": "", **{kind.option: kind.id for kind in PLAN_KINDS}}
OWN_LIMITS = frozenset(OPTIONS) - {"--max-age"} | {"--no-extra", "--budget"}
AGAIN = "Send it again to go on, or "
CHANGE = {True: "change the limits of the hook's command.", False: "change the limits of [guard] in config.toml."}
MEND = "mend the configuration; `quotaline doctor` says what is wrong."
UNATTENDED = "It was not sent: in an unattended session there is nobody to ask."


def main(arguments: "list[str]") -> None:
    """Read the hook's JSON, answer it, start a refresh if the snapshot is old. Always returns."""
    guarded(lambda: _answer(arguments, time.time()))


def _answer(arguments: "list[str]", now: float) -> None:
    data = read_json()
    folder = paths.cache_dir(system.environ())
    kept = read_snapshot(system.join(folder, NAME)) or {} if folder else {}
    text = ""
    try:
        text = answer(data, kept, arguments, folder, now) if isinstance(data, dict) else ""
    except Exception:  # a snapshot that cannot be read is written anew
        kept = {}
    emit(text)
    refresh_if_stale(kept, folder, now)


def answer(data: "dict[str, Any]", kept: "dict[str, Any]", arguments: "list[str]", folder: str, now: float) -> str:
    """The JSON for Claude Code, or nothing when it may go on."""
    event = data.get("hook_event_name")
    if event not in ("PreToolUse", "UserPromptSubmit"):
        return ""
    objection = object_to(data, kept, arguments, folder, now)
    if objection or event != "UserPromptSubmit" or "--tell" not in arguments:
        return objection
    from quotaline.prompt.hook_context import news

    said, mark = news(kept, now)
    if not said or not claim_mark(folder, f"{str(data.get('session_id'))[:64]}-{mark}"):  # not at each prompt, if in doubt
        return ""
    return encode_json({"hookSpecificOutput": {"hookEventName": event, "additionalContext": said}})


def object_to(data: "dict[str, Any]", kept: "dict[str, Any]", arguments: "list[str]", folder: str, now: float) -> str:
    """The JSON that asks, denies or blocks; nothing while there is room, and where this session was asked already."""
    event = data.get("hook_event_name")
    rules, own = kept.get("guard"), has_own_limits(arguments)
    limits = options(arguments, rules if isinstance(rules, dict) else {})
    untold = untold_limits(kept.get("problems"))
    if untold:
        limits = options(arguments, {"max_age": limits.get("max_age"), "hook": limits.get("hook")})
    found = _objection(kept, limits, now, own=own, untold=untold)
    deny, alone = limits.get("hook") == "deny", is_unattended(system.environ())
    if found is None or (alone and not deny):
        return ""
    check, said, change = found
    asked = alone or first_question(folder, str(data.get("session_id")), check, now)
    if asked is False:
        return ""
    reason = f"quotaline: {said}"
    if event == "UserPromptSubmit":
        after = UNATTENDED if alone else AGAIN + change if asked else change.capitalize()
        return encode_json({"decision": "block", "reason": f"{reason} {after}"})
    told = {
        "hookEventName": event,
        "permissionDecision": "deny" if deny else "ask",
        "permissionDecisionReason": reason,
    }
    stop = {"continue": False, "stopReason": reason} if alone else {}
    return encode_json({**stop, "hookSpecificOutput": told})


def _objection(
    kept: "dict[str, Any]", limits: "dict[str, Any]", now: float, *, own: bool, untold: "str | None"
) -> "tuple[dict[str, Any], str, str] | None":
    """The check that speaks against going on, its sentence, and what a person can do about it; None when nothing does."""
    if untold and not own:
        return {"id": "configuration", "until": None, "limit": None}, f"{printable(untold)} {UNTOLD}", MEND
    readings = kept.get("readings")
    if not isinstance(readings, list):
        return None
    fields = kept.get("fields")
    crossing = fields.get("crossing.amount") if isinstance(fields, dict) else None
    moving = isinstance(crossing, list) and any(now < (number(until) or 0) for until in crossing[1:2])
    decides = binding(check_limits(readings, limits, now, moving))
    if decides is None or decides["state"] != "over":
        return None
    return decides, explain_check(decides, now, clock_of(kept)), CHANGE[own]


def clock_of(kept: "dict[str, Any]") -> str:
    """How the snapshot's configuration tells the time."""
    style = kept.get("style")
    return str(style.get("clock", "24h")) if isinstance(style, dict) else "24h"


def is_unattended(env: "Mapping[str, str]") -> bool:
    """Whether nobody sits before this session: `claude -p` and programs that drive Claude Code.

    Clients before CLAUDE_CODE_SESSION_ATTENDED pass on that of a session around them: of `sdk-cli` it is not asked.
    """
    entrypoint, attended = env.get("CLAUDE_CODE_ENTRYPOINT", ""), env.get("CLAUDE_CODE_SESSION_ATTENDED")
    return entrypoint == "sdk-cli" or attended == "0" or (not attended and entrypoint.startswith("sdk-"))


def has_own_limits(arguments: "list[str]") -> bool:
    """Whether the command line names a limit."""
    return any(argument.partition("=")[0] in OWN_LIMITS for argument in arguments)


def options(arguments: "list[str]", rules: "dict[str, Any]") -> "dict[str, Any]":
    """The snapshot's `[guard]` with the command's options over it, parsed by hand: what is not understood is passed over."""
    limits = {**rules, "windows": dict(rules.get("windows") or {})}
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if option == "--no-extra":
            limits["no_extra"] = True
        elif option == "--budget":
            limits["budget"] = True
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


def first_question(folder: str, session: str, check: "dict[str, Any]", now: float) -> "bool | None":
    """Whether this session is told of this limit for the first time in its period; of many at once exactly one is.

    None where that cannot be remembered: it is asked each time, better than money that nobody was asked about.
    """
    until = check["until"]
    period = "now" if until is None else str(round(until / 60))
    name = "-".join((session[:64], check["id"][:64], period, str(check["limit"])))
    return claim_mark(folder, name + (time.strftime("-%Y%m%d", time.gmtime(now)) if check["until"] is None else ""))


def claim_mark(folder: str, name: str) -> "bool | None":
    """Whether nobody was here before under this name; of many at once exactly one is told so. None where none can be left."""
    name = "".join(character if character.isascii() and character.isalnum() else "-" for character in name)
    place = system.join(folder, "asked")
    try:
        try:
            descriptor = system.open(system.join(place, name), system.O_WRONLY | system.O_CREAT | system.O_EXCL, 0o600)
        except FileNotFoundError:
            import os

            os.makedirs(place, 0o700, exist_ok=True)
            descriptor = system.open(system.join(place, name), system.O_WRONLY | system.O_CREAT | system.O_EXCL, 0o600)
        system.close(descriptor)
    except FileExistsError:
        return False
    except OSError:
        return None
    return True
