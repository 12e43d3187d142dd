"""EFFECT Read a snapshot: anything wrong with it is "no snapshot", never an exception."""

import os

try:
    from _json import make_scanner
except ImportError:  # an interpreter without the accelerator
    make_scanner = None  # type: ignore[assignment,misc]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
BLANK = " \t\n\r"


class _Rules:
    """What `json.decoder.JSONDecoder` tells the scanner, without `json`, which pulls `re`; NaN and Infinity read as null."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    memo: "dict[str, str]" = {}  # noqa: RUF012 - the pure-Python scanner's scratch

    @staticmethod
    def parse_constant(_name: str) -> None:
        return None


def loads(text: str) -> "Any":
    """The value in a JSON text, or None when it is not one."""
    text = text.strip(BLANK)
    try:
        if make_scanner is None:
            import json

            return json.loads(text, parse_constant=_Rules.parse_constant)
        value, end = make_scanner(_Rules)(text, 0)  # type: ignore[arg-type]
    except (StopIteration, ValueError, RecursionError, MemoryError, SystemError):
        return None  # SystemError: the scanner finds no json.decoder to take its exception from (CPython 3.11, 3.12)
    return value if end == len(text) else None


def slurp(path: str, limit: int = MAX_BYTES) -> bytes:
    """A whole file, or b"" when it cannot be read or is larger than `limit`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return b""
    try:
        size = os.fstat(descriptor).st_size
        return b"" if size > limit else os.read(descriptor, size)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def read(path: str) -> "dict[str, Any] | None":
    """The snapshot at `path`; None when there is none, it is cut or foreign, or a newer quotaline wrote it."""
    value = loads(slurp(path).decode("utf-8", "replace"))
    if not isinstance(value, dict) or value.get("version") != VERSION:
        return None
    return value if number(value.get("written_at")) is not None else None


def number(value: "Any") -> "float | None":
    """A finite number, also one written as a string; anything else is None."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value - value == 0 else None
