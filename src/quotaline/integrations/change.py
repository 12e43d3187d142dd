"""EFFECT A planned change of somebody's configuration: shown as a diff, backed up, written whole."""

from __future__ import annotations

import difflib
import errno
import os
from pathlib import Path

from msgspec import Struct, field

from quotaline.errors import HostError
from quotaline.files import private_dir, read_file, write_atomic


class Change(Struct, frozen=True, kw_only=True):
    """`path` from `before` to `after` (None: no such file). `scripts` are files of our own to write, or with None to remove.

    `backup` says whether what was there is kept beside it. `notes` are sentences for the person.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    scripts: dict[Path, str | None] = field(default_factory=dict)
    backup: bool = True
    notes: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether anything on disk would be different."""
        return self.before != self.after or any(_text(path) != text for path, text in self.scripts.items())

    def diff(self) -> str:
        """A unified diff of the configuration file; what is no text is shown as U+FFFD."""
        before, after = ((side or b"").decode("utf-8", "replace") for side in (self.before, self.after))
        old, new = (str(self.path) if side is not None else os.devnull for side in (self.before, self.after))
        lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), old, new)
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        return "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)


def read_config(path: Path) -> bytes | None:
    """The file's bytes; None when there is none. Raises HostError for one that cannot be read."""
    try:
        return read_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        odd = error.errno in (errno.EISDIR, errno.EINVAL, errno.EFBIG, errno.ENXIO)
        remedy = "Put a plain file there" if odd else "Make it readable"
        raise HostError(f"{path} cannot be read: {error.strerror}. {remedy} and run this again.") from error


def backup_of(path: Path) -> Path:
    """Where the file as it was before `install` is kept."""
    return path.with_name(path.name + ".quotaline-backup")


def apply_change(change: Change) -> None:
    """Make the change on disk. A link is followed, a mode is kept. Raises HostError; the file is then as it was."""
    target = change.path.resolve()
    try:
        # A script is there before the line that names it, and goes after it.
        for path, text in change.scripts.items():
            if text is not None:
                private_dir(path.parent)
                write_atomic(path, text.encode("utf-8", "surrogateescape"))
        if change.before != change.after:
            _replace(change, target)
        for path in [path for path, text in change.scripts.items() if text is None]:
            path.unlink(missing_ok=True)
        if not change.backup and change.after == read_config(backup_of(target)):
            backup_of(target).unlink(missing_ok=True)
    except OSError as error:
        raise HostError(f"{error.filename or target} cannot be written: {error.strerror}. Nothing else was changed.") from error


def _replace(change: Change, target: Path) -> None:
    if read_config(change.path) != change.before:
        raise HostError(f"{change.path} was changed by another program meanwhile. Run this again.")
    mode = target.stat().st_mode & 0o777 if change.before is not None else 0o600
    if change.backup and change.before is not None:
        write_atomic(backup_of(target), change.before, mode=mode)
    if change.after is None:
        target.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, change.after, mode=mode)
    target.chmod(mode)  # the mask does not apply to a file that was there before


def _text(path: Path) -> str | None:
    try:
        return read_file(path).decode("utf-8", "surrogateescape")
    except OSError:
        return None
