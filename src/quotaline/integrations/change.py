"""EFFECT A planned change of somebody's configuration: shown as a diff, backed up, written whole."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from msgspec import Struct, field

from quotaline.errors import HostError
from quotaline.files import read_file, scratch_beside, write_atomic


class Change(Struct, frozen=True, kw_only=True):
    """`path` from `before` to `after` (None: no such file). `scripts` are files of our own to write, or with None to remove.

    `backup` says whether what was there is kept beside it. `folders`: how many of the file's folders go with it when they are
    empty. `notes` are sentences for the person. `more` are changes of other files that belong to it.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    scripts: dict[Path, str | None] = field(default_factory=dict)
    backup: bool = True
    folders: int = 0
    notes: tuple[str, ...] = ()
    more: tuple[Change, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether anything on disk would be different."""
        return self.before != self.after or any(script_text(path) != text for path, text in self.scripts.items())

    def diff(self) -> str:
        """A unified diff of the configuration file; what is no text is shown as U+FFFD."""
        import difflib  # noqa: PLC0415 - `doctor` shows none

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
                make_folders(path.parent)
                write_atomic(path, text.encode("utf-8", "surrogateescape"))
                adopt(path)
        if change.before != change.after:
            _replace(change, target)
        for path in [path for path, text in change.scripts.items() if text is None]:
            path.unlink(missing_ok=True)
            remove_empty(path.parent, 2)  # `shell`, and the data folder around it
        if not change.backup and change.after == read_config(backup_of(target)):
            backup_of(target).unlink(missing_ok=True)
        if change.after is None:
            remove_empty(target.parent, change.folders)
    except OSError as error:
        raise HostError(f"{target} cannot be written: {error.strerror}. Nothing else was changed.") from error


def missing_folders(path: Path) -> int:
    """How many folders have to be made for a file."""
    return sum(not folder.exists() for folder in path.parents)


def remove_empty(folder: Path, levels: int) -> None:
    """Take away up to so many folders, from the inside, as long as they are empty."""
    try:
        for path in (folder, *folder.parents)[:levels]:
            path.rmdir()
    except OSError:
        pass


def _replace(change: Change, target: Path) -> None:
    if read_config(change.path) != change.before:
        raise HostError(f"{change.path} was changed by another program meanwhile. Run this again.")
    if change.backup and change.before is not None:
        write_like(backup_of(target), change.before, target)
    if change.after is None:
        target.unlink()
        return
    make_folders(target.parent)
    write_like(target, change.after, target)


def make_folders(folder: Path) -> None:
    """Make a folder and its parents; root makes them for whom the folder around them belongs to."""
    for path in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        path.mkdir(mode=0o700, exist_ok=True)
        adopt(path)


def adopt(path: Path) -> None:
    """Give what root has made to the owner of the folder that it stands in."""
    if os.geteuid() == 0:
        around = path.parent.stat()
        os.chown(path, around.st_uid, around.st_gid)


def write_like(path: Path, data: bytes, model: Path) -> None:
    """Write a file whole, with the owner, the mode and the attributes of `model`, or private where there is none.

    A file of several names, one that is mounted, or one whose owner cannot be given away is written in place, after the new
    content was written beside it: so there is room for it. Raises OSError.
    """
    scratch = scratch_beside(path)
    there = path.exists()
    try:
        try:
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            if model.exists():
                owner = model.stat()
                shutil.copystat(model, scratch)
                os.utime(scratch)
                if (owner.st_uid, owner.st_gid) != (scratch.stat().st_uid, scratch.stat().st_gid):
                    os.chown(scratch, owner.st_uid, owner.st_gid)
                    scratch.chmod(owner.st_mode & 0o7777)
            else:
                adopt(scratch)
            if not there or path.stat().st_nlink == 1:
                scratch.replace(path)
                return
        except OSError:
            if not there:
                raise
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    finally:
        scratch.unlink(missing_ok=True)


def script_text(path: Path) -> str | None:
    """What a file of our own holds; None where there is none that can be read."""
    try:
        return read_file(path).decode("utf-8", "surrogateescape")
    except OSError:
        return None
