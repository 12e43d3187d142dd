"""EFFECT Claude Code's `statusLine`: the slot in its settings file, alone or chained behind the command that held it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotaline.errors import HostError
from quotaline.integrations import change, json_text, launcher
from quotaline.locations import resolve_locations

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "statusLine"
REFRESH_INTERVAL = 30  # seconds; a countdown in minutes is at most half a minute behind
SCRIPT = "chain.sh"


def settings_file(env: Mapping[str, str]) -> Path:
    """The settings of the active config dir. Raises HostError where there is no home."""
    folders = resolve_locations(env).claude_dirs
    if not folders:
        raise HostError("There is no home folder to find Claude Code's settings in; set HOME or CLAUDE_CONFIG_DIR.")
    return folders[0] / "settings.json"


def held_by(env: Mapping[str, str]) -> str | None:
    """The command line of somebody else that holds the slot; None when it is free or ours."""
    text = _text(change.read_config(settings_file(env)), settings_file(env))
    found = json_text.get(text, settings_file(env).name, KEY) if text.strip() else None
    value = found[0] if found else None
    if value is None or (isinstance(value, dict) and installed_words(value.get("command")) is not None):
        return None
    return str(value.get("command")) if isinstance(value, dict) else json.dumps(value)


def installed_words(command: Any) -> list[str] | None:
    """The words of a command line that `install` wrote: `[program, "statusline"]` or `["/bin/sh", chain.sh, OLD, program]`."""
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return None
    if len(words) == 2 and Path(words[0]).name == "quotaline" and words[1] == "statusline":  # noqa: PLR2004 - as above
        return words
    if len(words) == 4 and words[0] == "/bin/sh" and Path(words[1]).name == SCRIPT and Path(words[3]).name == "quotaline":  # noqa: PLR2004
        return words
    return None


def install(env: Mapping[str, str], *, chain: bool = False, replace: bool = False) -> change.Change:
    """Put our command into the slot. One that is chained already stays chained unless `replace`. Raises HostError."""
    path = settings_file(env)
    before = change.read_config(path)
    text = _text(before, path) if before is not None else "{}\n"
    found = json_text.get(text, path.name, KEY)
    old = found[0] if found else None
    held = dict(old) if isinstance(old, dict) else {}
    words = installed_words(held.get("command"))
    other = held.get("command") if isinstance(held.get("command"), str) and words is None else None
    if old is not None and words is None and not (replace or (chain and other)):
        raise HostError(
            f"Another command holds Claude Code's status line: {other or json.dumps(old)}. "
            "Run this again with --chain to show its rows above ours, or with --replace to take its place."
        )
    if words and len(words) == 4 and not replace:  # noqa: PLR2004 - installed_words() says so
        other = words[2]
    program = launcher.command()
    scripts: dict[Path, str | None] = {}
    if other and not replace:
        script = _script(env)
        scripts[script] = launcher.shipped(SCRIPT)
        command = shlex.join(["/bin/sh", str(script), other, program])
    else:
        command = shlex.join([program, "statusline"])
    value = {**held, "type": "command", "command": command}
    value.setdefault("refreshInterval", REFRESH_INTERVAL)
    after = text if value == old else json_text.put(text, path.name, KEY, value)
    notes = []
    if '"disableAllHooks": true' in text:
        notes.append("`disableAllHooks` is true in these settings: Claude Code runs no status line until it is taken out.")
    return change.Change(
        path=path, before=before, after=after.encode(), scripts=scripts, backup=words is None, notes=tuple(notes)
    )


def uninstall(env: Mapping[str, str]) -> change.Change:
    """What was in the slot before, byte for byte where nothing else changed; else the one member is put back or taken out."""
    path = settings_file(env)
    before = change.read_config(path)
    unchanged = change.Change(path=path, before=before, after=before, backup=False)
    if before is None:
        return unchanged
    text = _text(before, path)
    found = json_text.get(text, path.name, KEY)
    words = installed_words(found[0].get("command")) if found and isinstance(found[0], dict) else None
    if words is None:
        return unchanged
    scripts: dict[Path, str | None] = {_script(env): None}
    kept = change.read_config(change.backup_of(path.resolve()))
    after = text_after(text, path.name, words, None if kept is None else _text(kept, path))
    if kept is None and after == "{}\n":
        return change.Change(path=path, before=before, after=None, scripts=scripts, backup=False)
    return change.Change(path=path, before=before, after=after.encode(), scripts=scripts, backup=False)


def text_after(text: str, name: str, words: list[str], kept: str | None) -> str:
    """The settings without us: `kept` is the backup's text, where there is one and it is JSON still."""
    try:
        was = json_text.get(kept, name, KEY) if kept is not None else None
    except HostError:
        kept = was = None
    if kept is not None and _without(text, name) == _without(kept, name):
        return kept
    if was is not None:
        return json_text.put_raw(text, name, KEY, was[1])
    if len(words) == 4:  # noqa: PLR2004 - the chained command is in the command line itself
        return json_text.put_raw(text, name, KEY, json.dumps({"type": "command", "command": words[2]}, ensure_ascii=False))
    return json_text.drop(text, name, KEY)


def _without(text: str, name: str) -> str:
    """The text with the slot's member cut out, whatever is in it: equal where nothing else changed."""
    found = [member for member in json_text.members(text, name) if member.key == KEY]
    rest = json_text.drop(text, name, KEY) if found else text
    return rest if json_text.members(rest, name) else "{}"


def _script(env: Mapping[str, str]) -> Path:
    folder = resolve_locations(env).data_dir
    if folder is None:
        raise HostError("There is no home folder to keep the chain script in; set HOME or QUOTALINE_DATA_DIR.")
    return folder / "shell" / SCRIPT


def _text(data: bytes | None, path: Path) -> str:
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise HostError(f"{path.name} is not UTF-8 at byte {error.start}. Mend it there and run this again.") from error
