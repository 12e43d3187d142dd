"""EFFECT A marked block in `.bashrc`, `.zshrc` or `config.fish` that reads the code of `quotaline init`, kept in a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.core import paths
from quotaline.core.child_env import without_admin_key
from quotaline.core.shell_code import SHELL_FILES, quote
from quotaline.core.surfaces import SURFACES
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, launcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


HOOK_LINE = re.compile(r"# <<< quotaline <<<|[^#\n]*\binit bash\b")
TAKES_OVER = re.compile(r"(?:^|[\s;&|({])(?:PROMPT_COMMAND=|unset\s+(?:-v\s+)?PROMPT_COMMAND\b)")
HANDS_ON = re.compile(r"\$\{?PROMPT_COMMAND\b")


def kept_name(shell: str) -> str:
    """The file that holds what a shell reads at its start."""
    return next(name for name, of in SHELL_FILES.items() if of == shell)


def rc_file(shell: str, env: Mapping[str, str]) -> Path:
    """The file that an interactive `shell` reads. Raises HostError where there is no home."""
    home = paths.home(env)
    if not home:
        raise HostError("There is no home folder to find the shell's configuration in; set HOME.")
    variable, folder, name = SURFACES[shell].rc or ("", "", "")
    chosen = env.get(variable) or (zdotdir(home, env) if shell == "zsh" else "")
    return Path(chosen or Path(home, folder), name)


def zdotdir(home: str, env: Mapping[str, str]) -> str:
    """ZDOTDIR as `.zshenv` sets it without exporting it, which only a zsh can tell; "" where there is none."""
    if not any(Path(folder, ".zshenv").exists() for folder in (home, "/etc", "/etc/zsh")) or shutil.which("zsh") is None:
        return ""
    words = ["zsh", "-c", 'builtin print -rn -- "${ZDOTDIR-}"']
    try:
        own = {**without_admin_key(env), "HOME": home}
        done = subprocess.run(words, env=own, capture_output=True, stdin=subprocess.DEVNULL, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    found = os.fsdecode(done.stdout)
    return found if Path(found).is_absolute() else ""


def login_file(env: Mapping[str, str]) -> Path | None:
    """The file that a login bash reads and that does not lead to `.bashrc`: a shell of that kind shows no line. Else None."""
    for name in (".bash_profile", ".bash_login", ".profile"):
        path = Path(paths.home(env), name)
        text = change.read_config(path)
        if text is not None:
            return None if any(b"bashrc" in line for line in text.splitlines() if not line.lstrip().startswith(b"#")) else path
    return None


def install(shell: str, env: Mapping[str, str]) -> change.Change:
    """The block at the end, so that it comes after whatever sets a prompt. Raises HostError."""
    login = login_file(env) if shell == "bash" else None
    more = () if login is None else (_with_block(login, shell, env),)
    planned = _with_block(rc_file(shell, env), shell, env)
    return structs.replace(planned, more=more, notes=tuple(notes(shell, env, decode(planned.after or b""))))


def notes(shell: str, env: Mapping[str, str], text: str) -> Iterator[str]:
    """What the person should know who will look for the line that `text`, the shell's file, puts there."""
    if shell == "bash" and (line := taken_over(text)):
        path = rc_file(shell, env)
        yield (
            f"Line {line} of {path} gives PROMPT_COMMAND away, on which the line depends: `quotaline uninstall bash` and then"
            " `quotaline install bash` put the block below it."
        )
    if shell == "bash" and not any(
        Path(paths.home(env), name).exists() for name in (".bash_profile", ".bash_login", ".profile")
    ):
        yield "A login bash (ssh, macOS's Terminal) reads no ~/.bashrc here: `. ~/.bashrc` in a ~/.bash_profile shows it there."
    if env.get("TERM") == "dumb":
        yield "This terminal is a dumb one (TERM=dumb), where no line is drawn."


def taken_over(text: str) -> int | None:
    """The number of the line below our hook in a `.bashrc` after which PROMPT_COMMAND calls it no more; None where none is.

    Whoever reads the variable first is taken to call what was in it.
    """
    hooked = False
    for number, line in enumerate(text.splitlines(), 1):
        if HOOK_LINE.match(line):
            hooked = True
        elif hooked and not line.lstrip().startswith("#"):
            if HANDS_ON.search(line):
                return None
            if TAKES_OVER.search(line):
                return number
    return None


def _with_block(path: Path, shell: str, env: Mapping[str, str]) -> change.Change:
    before = change.read_config(path)
    text = None if before is None else decode(before)
    kept = kept_name(shell)
    place = launcher.kept_file(kept, env)
    words = {"program": launcher.command(), "file": str(place)}
    block = SURFACES[shell].rc_block.format(**{name: quote(word, shell) for name, word in words.items()})
    after = blocks.add(text, block, change.missing_folders(path))
    return change.Change(
        path=path,
        before=before,
        after=encode(after),
        scripts={place: launcher.kept_text(kept, env)},
        backup=text is None or blocks.find(text).at is None,
    )


def uninstall(shell: str, env: Mapping[str, str]) -> change.Change:
    """The file without the block, and the other files that an `install` under other circumstances may have chosen."""
    path = rc_file(shell, env)
    _, folder, name = SURFACES[shell].rc or ("", "", "")
    others = [Path(paths.home(env), folder, name)]
    if shell == "bash":
        others += [Path(paths.home(env), login) for login in (".bash_profile", ".bash_login", ".profile")]
    more = [without_block(other) for other in others if other != path and has_block(other)]
    scripts = {launcher.kept_file(kept_name(shell), env): None}
    return structs.replace(without_block(path, scripts), more=tuple(more))


def has_block(path: Path) -> bool:
    """Whether a block of ours is in a file that can be read."""
    try:
        return blocks.find(decode(change.read_config(path) or b"")).at is not None
    except HostError:
        return False


def without_block(path: Path, scripts: Mapping[Path, str | None] | None = None, notes: tuple[str, ...] = ()) -> change.Change:
    """Any host's file with our block taken out again, and our own `scripts` removed."""
    before = change.read_config(path)
    text = decode(before or b"")
    after = None if before is None else blocks.remove(text)
    if after is not None and blocks.find(text).others:
        notes = (*notes, f"Lines between quotaline's marks in {path} are not quotaline's: they stay.")
    return change.Change(
        path=path,
        before=before,
        after=None if after is None else encode(after),
        scripts=dict(scripts or {}),
        backup=False,
        folders=blocks.made_folders(text),
        notes=notes,
    )


def decode(data: bytes) -> str:
    """Text that encodes to the same bytes again, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` came from."""
    return text.encode("utf-8", "surrogateescape")
