"""EFFECT The hosts: is Claude Code's status line ours and does its exact command work, is the line in the shells' files."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotaline.core import shell_code
from quotaline.core.child_env import without_admin_key
from quotaline.core.paths import REFRESH_MARKER
from quotaline.doctor.check import Check
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, claude_code, json_text, shell_rc
from quotaline.integrations.hosts import SHELL_HOSTS
from quotaline.integrations.steps import names_us
from quotaline.preview import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

SLOT, SHELLS = "Claude Code", "Shells"
PATIENCE = 2.0
SLOW = 0.3
"""Seconds: Claude Code ends a run that a newer one overtakes, so a slow line is often no line."""
INSTALL = "run `quotaline install claude-code`"


def checks(context: DoctorContext) -> Iterator[Check]:
    """Claude Code's settings, then each shell and its friends."""
    try:
        yield from slot(context)
    except HostError as error:
        yield Check(group=SLOT, name="settings", status="FAIL", message=str(error), remedy="mend the file")
    found = [check for check in (block(host, context) for host in SHELL_HOSTS) if check is not None]
    yield from found
    if not found:
        first, *others, last = SHELL_HOSTS
        remedy = f"run `quotaline install {first}`, {', '.join(others)} or {last}"
        yield Check(group=SHELLS, name="init", status="SKIP", message="The line is in no shell's file.", remedy=remedy)
    elif not any(check.status == "FAIL" for check in found):
        yield prompt_files(context)


def slot(context: DoctorContext) -> Iterator[Check]:
    """The status line's slot in Claude Code's settings."""
    path = claude_code.settings_file(context.env)
    data = change.read_config(path)
    text = (data or b"").decode("utf-8", "replace")
    found = json_text.get(text, path.name, claude_code.KEY) if text.removeprefix("\ufeff").strip() else None
    value = found[0] if found else None
    if value is None:
        yield Check(group=SLOT, name="status line", status="WARN", message=f"{path} has no status line.", remedy=INSTALL)
        return
    command = value.get("command") if isinstance(value, dict) else None
    if not isinstance(value, dict) or value.get("type") != "command" or not isinstance(command, str):
        message = f"The status line in {path} is not of the type `command`."
        yield Check(group=SLOT, name="status line", status="FAIL", message=message, remedy=INSTALL)
        return
    if claude_code.installed_command(command) is None:
        message = f"The status line in {path} belongs to another command."
        remedy = "run `quotaline install claude-code --chain` to show both"
        yield Check(group=SLOT, name="status line", status="WARN", message=message, remedy=remedy)
        return
    yield Check(group=SLOT, name="status line", status="PASS", message=f"It is ours in {path}.")
    if (off := json_text.get(text, path.name, claude_code.OFF)) and off[0] is True:
        message = f"`{claude_code.OFF}` is true: Claude Code runs no status line."
        yield Check(group=SLOT, name="hooks", status="WARN", message=message, remedy=f"take it out of {path}")
    for message in claude_code.above(context.env, Path.cwd()):
        yield Check(group=SLOT, name="project settings", status="WARN", message=message, remedy="see the sentence")
    if claude_code.install(context.env).needed:
        message = "The command is not what this quotaline would write (another program, or another `padding`)."
        yield Check(group=SLOT, name="command line", status="WARN", message=message, remedy=INSTALL)
    yield works(command, context)


def works(command: str, context: DoctorContext) -> Check:
    """The exact configured command, run through sh as Claude Code does, with the sample: exit 0, with output, in time.

    The sample goes without its rate limits, which would otherwise be taken for this account's.
    """
    stdin: dict[str, Any] = sample.load("statusline.json", context.now)
    del stdin["rate_limits"]
    env = {"COLUMNS": "120", **without_admin_key(context.env), REFRESH_MARKER: "doctor", "CLAUDECODE": "1"}
    started = time.monotonic()
    try:
        run = subprocess.run(
            ["/bin/sh", "-c", command],
            input=json.dumps(stdin).encode(),
            env=env,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        message = f"The configured command did not end within {PATIENCE:g} s."
        ours = claude_code.installed_command(command)
        if ours is not None and ours.chained:  # such as npx, which fetches a package when it runs first
            remedy = f"run `{ours.chained}` once by itself, which ours stands behind, and see how long it takes"
            return Check(group=SLOT, name="command", status="WARN", message=message, remedy=remedy)
        return Check(group=SLOT, name="command", status="FAIL", message=message, remedy=INSTALL)
    took = time.monotonic() - started
    if run.returncode != 0:
        message = f"The configured command ended with {run.returncode}: Claude Code shows a blank row."
        return Check(group=SLOT, name="command", status="FAIL", message=message, remedy=INSTALL)
    if not run.stdout.strip():
        message = "The configured command prints nothing."
        return Check(group=SLOT, name="command", status="FAIL", message=message, remedy=INSTALL)
    if took > SLOW:
        message = f"The configured command works, and takes {took * 1000:.0f} ms."
        return Check(group=SLOT, name="command", status="WARN", message=message, remedy="see what else runs in it")
    return Check(group=SLOT, name="command", status="PASS", message="The configured command prints the line in time.")


def block(host: str, context: DoctorContext) -> Check | None:
    """Our block in a host's file, or an `init` line written by hand; None where there is neither."""
    try:
        path = SHELL_HOSTS[host].config_file(context.env)
        text = shell_rc.decode(change.read_config(path) or b"")
    except HostError as error:
        return Check(group=SHELLS, name=host, status="FAIL", message=str(error), remedy="make the file readable")
    if host == "bash" and (line := shell_rc.taken_over(text)):
        message = f"Line {line} of {path} gives PROMPT_COMMAND away, on which the line depends."
        return Check(group=SHELLS, name=host, status="WARN", message=message, remedy="put the block, or your `init`, below it")
    if blocks.find(text).at is None:
        by_hand = names_us(text)
        return Check(group=SHELLS, name=host, status="PASS", message=f"{path} names quotaline.") if by_hand else None
    return installed(host, path, context)


def installed(host: str, path: Path, context: DoctorContext) -> Check:
    """Our block, against what `install` would write."""
    try:
        planned = SHELL_HOSTS[host].install(context.env)
    except HostError as error:
        return Check(group=SHELLS, name=host, status="FAIL", message=str(error))
    if planned.before != planned.after or any(_differs(place, text or "") for place, text in planned.scripts.items()):
        message = f"The block in {path} is not what this quotaline would write: another program, or an older form."
        remedy = f"run `quotaline install {host}`"
        return Check(group=SHELLS, name=host, status="WARN", message=message, remedy=remedy)
    if any(one.needed for one in planned.more):
        path = planned.more[0].path
        message = f"A login {host} reads {path}, which has no line."
        return Check(group=SHELLS, name=host, status="WARN", message=message, remedy=f"run `quotaline install {host}`")
    return Check(group=SHELLS, name=host, status="PASS", message=f"The line is in {path}.")


def _differs(place: Path, text: str) -> bool:
    """Whether a file of ours is not what this quotaline would write for some account."""
    return shell_code.essence(change.script_text(place) or "") != shell_code.essence(text)


def prompt_files(context: DoctorContext) -> Check:
    """The prompt files that the shells read."""
    folder = context.where.cache_dir
    there = sorted(folder.glob("prompt.*")) if folder else []
    if not there:
        message = "There is no prompt file for the shells to read."
        return Check(group=SHELLS, name="prompt files", status="WARN", message=message, remedy="run `quotaline refresh`")
    return Check(group=SHELLS, name="prompt files", status="PASS", message=f"{len(there)} files in {folder}.")
