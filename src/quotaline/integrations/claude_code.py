"""EFFECT Claude Code's `statusLine`: the slot in its settings file, alone or chained behind the command that held it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.errors import HostError
from quotaline.files import read_file
from quotaline.integrations import change, json_text, launcher
from quotaline.locations import resolve_locations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "statusLine"
REFRESH_INTERVAL = 30  # seconds; a countdown in minutes is at most half a minute behind
SCRIPT = "chain.sh"
NO_PYTHON_HOME = "PYTHONHOME="
"""In front of the program: a PYTHONHOME of the person's own Python keeps ours from starting. An empty one is none."""
ELSE = ("2>/dev/null", "||")
"""Between the start without `site` and the program, which takes over where this Python or this file of ours is gone."""
MANAGED = (
    Path("/etc/claude-code/managed-settings.json"),
    Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
)
OFF = "disableAllHooks"


class InstalledCommand(NamedTuple):
    """A command line that `install` wrote: the program, and the command that it is chained behind, "" for none."""

    program: str
    chained: str


def settings_file(env: Mapping[str, str]) -> Path:
    """The settings of the active config dir. Raises HostError where there is no home."""
    folders = resolve_locations(env).claude_dirs
    if not folders:
        raise HostError("There is no home folder to find Claude Code's settings in; set HOME or CLAUDE_CONFIG_DIR.")
    return folders[0] / "settings.json"


def held_by(env: Mapping[str, str]) -> str | None:
    """The command line of somebody else that holds the slot; None when it is free or ours."""
    text = _object(_text(change.read_config(settings_file(env)), settings_file(env)))
    found = json_text.get(text, settings_file(env).name, KEY)
    value = found[0] if found else None
    if value is None or (isinstance(value, dict) and installed_command(value.get("command")) is not None):
        return None
    return str(value.get("command")) if isinstance(value, dict) else json.dumps(value)


def installed_command(command: Any) -> InstalledCommand | None:
    """What `install` wrote, see there: `[PYTHON … || ] [PYTHONHOME=] program …`, or `/bin/sh chain.sh OLD program …`."""
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return None
    match words:
        case [_, "-I", "-S", file, _, "statusline", *more] if Path(file).name == launcher.START and ELSE[1] in more:
            words = more[more.index(ELSE[1]) + 1 :]
    if words[:1] == [NO_PYTHON_HOME]:
        del words[0]
    if len(words) > 2 and words[-2] == "--padding":  # noqa: PLR2004 - as above
        del words[-2:]
    match words:
        case [program, "statusline"] if Path(program).name == "quotaline":
            return InstalledCommand(program, "")
        case ["/bin/sh", script, old, program] if Path(script).name == SCRIPT and Path(program).name == "quotaline":
            return InstalledCommand(program, old)
    return None


def above(env: Mapping[str, str], folder: Path) -> Iterator[str]:
    """What hides the line although it is in the person's settings, a sentence each.

    The settings of this folder's project and those of the organisation win over the person's.
    """
    own = settings_file(env).resolve()
    for path in (*MANAGED, folder / ".claude" / "settings.local.json", folder / ".claude" / "settings.json"):
        try:
            tree = json.loads(read_file(path).decode("utf-8-sig")) if path.resolve() != own else None
        except (OSError, ValueError, RecursionError):
            continue
        if not isinstance(tree, dict):
            continue
        slot = tree.get(KEY)
        if isinstance(slot, dict) and installed_command(slot.get("command")) is None:
            yield f"{path} has a status line of its own, which hides this one here: take it out or chain it there."
        if tree.get(OFF) is True:
            yield f"`{OFF}` is true in {path}: Claude Code runs no status line here until it is taken out."


def install(env: Mapping[str, str], *, chain: bool = False, replace: bool = False) -> change.Change:
    """Put our command into the slot. One that is chained already stays chained unless `replace`. Raises HostError."""
    path = settings_file(env)
    before = change.read_config(path)
    text = _object(_text(before, path))
    found = json_text.get(text, path.name, KEY)
    old = found[0] if found else None
    held = dict(old) if isinstance(old, dict) else {}
    mine = installed_command(held.get("command"))
    other = held.get("command") if isinstance(held.get("command"), str) and mine is None else None
    if old is not None and mine is None and not (replace or (chain and other)):
        raise HostError(
            f"Another command holds Claude Code's status line: {other or json.dumps(old)}. "
            "Run this again with --chain to show its rows above ours, or with --replace to take its place."
        )
    if mine and mine.chained and not replace:
        other = mine.chained
    program = launcher.command()
    scripts: dict[Path, str | None] = {}
    padding = held.get("padding")  # Claude Code keeps it to itself, and cuts a row that is wider
    options = ["--padding", str(padding)] if isinstance(padding, int) and padding > 0 else []
    if other and not replace:
        script = launcher.kept_file(SCRIPT, env)
        scripts[script] = launcher.kept_text(SCRIPT, env)
        command = shlex.join(["/bin/sh", str(script), other, program, *options])
    else:
        command = f"{NO_PYTHON_HOME} {shlex.join([program, 'statusline', *options])}"
        if start := launcher.start():
            command = f"{shlex.join([*start, 'statusline', *options])} {' '.join(ELSE)} {command}"
    value = {**held, "type": "command", "command": command}
    value.setdefault("refreshInterval", REFRESH_INTERVAL)
    if value != old and mine is not None and sum(member.key == KEY for member in json_text.members(text, path.name)) > 1:
        raise HostError(f"{path.name} has `{KEY}` twice, and only the last one counts. Take the other out and run this again.")
    after = text if value == old else json_text.put(text, path.name, KEY, value)
    notes = list(above(env, Path.cwd()))
    if (off := json_text.get(text, path.name, OFF)) and off[0] is True:
        notes.append(f"`{OFF}` is true in these settings: Claude Code runs no status line until it is taken out.")
    return change.Change(
        path=path, before=before, after=after.encode(), scripts=scripts, backup=mine is None, notes=tuple(notes)
    )


def uninstall(env: Mapping[str, str]) -> change.Change:
    """What was in the slot before, byte for byte where nothing else changed; else the one member is put back or taken out."""
    path = settings_file(env)
    before = change.read_config(path)
    unchanged = change.Change(path=path, before=before, after=before, backup=False)
    if before is None:
        return unchanged
    text = _object(_text(before, path))
    found = json_text.get(text, path.name, KEY)
    mine = installed_command(found[0].get("command")) if found and isinstance(found[0], dict) else None
    if mine is None:
        return unchanged
    scripts: dict[Path, str | None] = {launcher.kept_file(SCRIPT, env): None}
    kept = change.read_config(change.backup_of(path.resolve()))
    after = text_after(text, path.name, mine, None if kept is None else _text(kept, path))
    if kept is None and after == "{}\n":
        return change.Change(path=path, before=before, after=None, scripts=scripts, backup=False, folders=1)
    return change.Change(path=path, before=before, after=after.encode(), scripts=scripts, backup=False)


def text_after(text: str, name: str, mine: InstalledCommand, kept: str | None) -> str:
    """The settings without us: `kept` is the backup's text, where there is one and it is JSON still."""
    try:
        was = json_text.get(_object(kept), name, KEY) if kept is not None else None
    except HostError:
        kept = was = None
    if kept is not None and _without(text, name) == _without(_object(kept), name):
        return kept
    if was is not None:
        return json_text.put_raw(text, name, KEY, was[1])
    if mine.chained:
        return json_text.put_raw(text, name, KEY, json.dumps({"type": "command", "command": mine.chained}, ensure_ascii=False))
    return json_text.drop(text, name, KEY)


def _object(text: str) -> str:
    """The text of the settings; an empty file is an empty object, which is how Claude Code reads it."""
    return text if text.removeprefix("\ufeff").strip() else "{}\n"


def _without(text: str, name: str) -> str:
    """The text with the slot's member cut out, whatever is in it: equal where nothing else changed."""
    found = [member for member in json_text.members(text, name) if member.key == KEY]
    rest = json_text.drop(text, name, KEY) if found else text
    return rest if json_text.members(rest, name) else "{}"


def _text(data: bytes | None, path: Path) -> str:
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise HostError(f"{path.name} is not UTF-8 at byte {error.start}. Mend it there and run this again.") from error
