"""EFFECT What the prompt path asks of the operating system, without `os`, whose import takes a tenth of Python's start.

On Unix the calls are those that `os` has from the same module, and the paths are what `os.path` makes of them there, which a
test holds; elsewhere all of it is `os`'s own.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

try:
    import posix as system
except ImportError:  # not a Unix
    import os as system  # type: ignore[no-redef]

O_CREAT, O_EXCL, O_TRUNC, O_WRONLY = system.O_CREAT, system.O_EXCL, system.O_TRUNC, system.O_WRONLY
READ = sum(getattr(system, flag, 0) for flag in ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
open, read, write, close = system.open, system.read, system.write, system.close  # noqa: A001 - the system's own words
stat, fstat, listdir, replace, unlink = system.stat, system.fstat, system.listdir, system.replace, system.unlink
utime = system.utime
getpid, isatty = system.getpid, system.isatty
geteuid = getattr(system, "geteuid", lambda: -1)  # elsewhere nobody is root
getuid = getattr(system, "getuid", lambda: -1)


def isabs(path: str) -> bool:
    """Whether the path begins at the root."""
    return path.startswith("/")


def join(path: str, *more: str) -> str:
    """A path in a folder; one that begins at the root starts anew."""
    for part in more:
        path = part if part.startswith("/") else path + part if not path or path.endswith("/") else f"{path}/{part}"
    return path


def basename(path: str) -> str:
    """What stands behind the last slash."""
    return path.rpartition("/")[2]


def dirname(path: str) -> str:
    """What stands before it."""
    head = path[: path.rfind("/") + 1]
    return head.rstrip("/") or head


if system.__name__ != "posix":
    isabs, join = system.path.isabs, system.path.join  # type: ignore[attr-defined]
    basename, dirname = system.path.basename, system.path.dirname  # type: ignore[attr-defined]


def fsencode(text: str) -> bytes:
    """The bytes of a file's name or a variable."""
    return text.encode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def environ() -> "Mapping[str, str]":
    """The environment; `os`'s where somebody imported it, who may have changed it there."""
    if "os" in sys.modules:
        import os

        return os.environ
    names = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
    return {name.decode(*names): value.decode(*names) for name, value in system.environ.items()}
