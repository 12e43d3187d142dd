"""EFFECT Values that nobody promised: JSON read and written without `json`, numbers, texts, small files; never an exception."""

import sys

from quotaline.core import system

try:
    from _json import make_scanner
except ImportError:  # an interpreter without the accelerator
    make_scanner = None  # type: ignore[assignment,misc]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 16 * 1024 * 1024
KIND, REGULAR = 0o170000, 0o100000  # S_IFMT, S_IFREG: `stat` is not on this path's list of imports
MAX_DEPTH, MAX_ITEMS, MAX_TEXT = 6, 64, 4096  # of what `encode_json` writes
BLANK = " \t\n\r\ufeff\0"
"""What may stand around a JSON text: blanks, the byte order mark of PowerShell's pipes, the NULs of a torn write."""
DEEPEST = 10_000
"""Levels of nesting that a second try reads; the first one ends at the interpreter's own limit."""
LARGEST = sys.float_info.max


UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The marks before UTF-16, which PowerShell writes."""


def decode_text(data: bytes) -> str:
    """Another program's text: UTF-8, or UTF-16 behind its mark; what is neither becomes U+FFFD. Needs no codec's module."""
    if data.startswith(UTF_16):
        return data[: len(data) // 2 * 2].decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


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


def parse_digits(digits: str) -> "int | float":
    """An integer in JSON; one of more digits than `int` takes is infinite, and so nobody's number."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class _PatientRules(_Rules):
    """The same for a second try."""

    parse_int = staticmethod(parse_digits)  # type: ignore[assignment]


def loads_json(text: str) -> "Any":
    """The value in a JSON text, or None when it is not one."""
    text = text.strip(BLANK)
    try:
        return _scan(text, _Rules)
    except (ValueError, RecursionError):  # a number too long or brackets too deep cost themselves, not the text
        limit = sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(max(limit, DEEPEST))
            return _scan(text, _PatientRules)
        except (ValueError, RecursionError):
            return None
        finally:
            sys.setrecursionlimit(limit)


def _scan(text: str, rules: "type[_Rules]") -> "Any":
    """The value, None where the text is not JSON. Raises ValueError for an endless number, RecursionError for deep nesting."""
    try:
        if make_scanner is None:
            import json

            return json.loads(text, parse_constant=rules.parse_constant, parse_int=rules.parse_int)
        value, end = make_scanner(rules)(text, 0)  # type: ignore[arg-type]
    except (StopIteration, MemoryError, SystemError):
        return None  # SystemError: the scanner finds no json.decoder to take its exception from (CPython 3.11, 3.12)
    return value if end == len(text) else None


def scan_json(text: str, at: int) -> "tuple[Any, int]":
    """The value that begins at `at` and the place behind it. Raises ValueError where there is none."""
    if make_scanner is None:
        raise ValueError("nobody scans here")
    try:
        return make_scanner(_PatientRules)(text, at)  # type: ignore[arg-type]
    except (StopIteration, RecursionError, MemoryError, SystemError):
        raise ValueError("no value") from None


def encode_json(value: "Any", depth: int = 0) -> str:
    """JSON of numbers, texts, lists and objects; what is deeper or longer than any rate limit is left out."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value) if number(value) is not None else "null"
    if isinstance(value, str):
        return quote_json(value[:MAX_TEXT])
    if depth >= MAX_DEPTH:
        return "null"
    if isinstance(value, dict):
        members = [
            f"{quote_json(str(key)[:MAX_TEXT])}:{encode_json(item, depth + 1)}" for key, item in list(value.items())[:MAX_ITEMS]
        ]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(encode_json(item, depth + 1) for item in value[:MAX_ITEMS]) + "]"
    return "null"


def quote_json(text: str, *, only_ascii: bool = True) -> str:
    """A JSON string; `json.encoder` would bring `re` along."""
    if text.isprintable() and '"' not in text and "\\" not in text and (text.isascii() or not only_ascii):
        return f'"{text}"'
    parts = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            parts.append("\\" + character)
        elif character == "\n":
            parts.append("\\n")
        elif 32 <= code < 127 or (code >= 160 and not only_ascii):  # noqa: PLR2004 - printable ASCII, printable Latin and all beyond
            parts.append(character)
        elif code < 0x10000:  # noqa: PLR2004 - one UTF-16 unit
            parts.append(f"\\u{code:04x}")
        else:
            code -= 0x10000
            parts.append(f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}")
    return '"' + "".join(parts) + '"'


def read_small_file(path: str, limit: int = MAX_BYTES) -> bytes:
    """A whole regular file, or b"" when it cannot be read, is no such file or is larger than `limit`; it never waits."""
    try:
        descriptor = system.open(path, system.READ)
    except (OSError, ValueError):
        return b""
    try:
        facts = system.fstat(descriptor)
        is_file = facts.st_mode & KIND == REGULAR
        return system.read(descriptor, facts.st_size) if is_file and facts.st_size <= limit else b""
    except OSError:
        return b""
    finally:
        system.close(descriptor)


def number(value: "Any") -> "float | None":
    """A finite number, also one written as a string; anything else is None."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def as_money(value: "Any") -> "list[Any] | None":
    """`[int, str, int]` or nothing: what else stands there is not money."""
    if isinstance(value, (list, tuple)) and len(value) == 3:  # noqa: PLR2004 - model.Money has three fields
        amount, currency, exponent = value
        if isinstance(amount, int) and isinstance(currency, str) and isinstance(exponent, int) and 0 <= exponent <= 9:  # noqa: PLR2004
            return list(value)
    return None


def printable(text: str) -> str:
    """The text without anything that could move a cursor, change a colour or turn the writing direction."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character.isprintable())


def printable_with_icons(text: str) -> str:
    """The same, but the icons of a font stay, which stand in Unicode's private areas: of a person's own formats."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c.isprintable() or "\ue000" <= c <= "\uf8ff" or c >= "\U000f0000")


def without_controls(text: str) -> str:
    """The text without what moves a cursor or turns the writing direction; unlike `printable` it leaves what joins letters."""
    ranges = ((0, 0x20), (0x7F, 0xA0), (0x200E, 0x2010), (0x2028, 0x202F), (0x2066, 0x206A), (0xD800, 0xE000))
    return "".join(character for character in text if not any(low <= ord(character) < high for low, high in ranges))


def short_label(value: "Any") -> "str | None":
    """A name that a person may read: one line, no control characters, at most 40 characters; None when nothing is left."""
    if not isinstance(value, str):
        return None
    kept = "".join(character if character.isprintable() else " " for character in value[:400])
    return " ".join(kept.split())[:40].rstrip() or None


def slug(name: str) -> str:
    """`Fable` → `fable`, `Opus 5.5` → `opus_5_5`; a letter beyond ASCII stands as its code point."""
    pieces = []
    for character in name.casefold()[:40]:
        if character.isascii():
            pieces.append(character if character.isalnum() else " ")
        else:
            pieces.append(f" u{ord(character):x} ")
    return "_".join("".join(pieces).split()) or "_".join(f"u{ord(character):x}" for character in name[:8])
