"""PURE Edit one member of a JSON object as text, so that every other byte of the file stays as its owner wrote it."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from msgspec import Struct

from quotaline.errors import HostError

BLANK = re.compile(r"[ \t\r\n]*")


class Member(Struct, frozen=True):
    """One member of the outermost object: where its key starts, and where its value starts and ends."""

    key: str
    start: int
    value: int
    end: int


def members(text: str, name: str) -> list[Member]:
    """The outermost object's members. Raises HostError with line and column where `text` is not a JSON object."""
    decoder = json.JSONDecoder()
    at = _blank(text, 1 if text.startswith("\ufeff") else 0)
    try:
        tree, end = decoder.raw_decode(text, at)
        if _blank(text, end) != len(text):
            raise json.JSONDecodeError("Extra data", text, _blank(text, end))  # noqa: TRY301 - one way out for both
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise HostError(f"{name} is not valid JSON: {error.msg} at {where}. Mend it there and run this again.") from error
    except RecursionError as error:
        raise HostError(f"{name} is nested too deeply to be edited safely. Edit it by hand.") from error
    if not isinstance(tree, dict):
        raise HostError(f"{name} holds no JSON object at line 1, column 1. Make it one, for example {{}}, and run this again.")
    found = []
    at = _blank(text, at + 1)
    while text[at] != "}":
        start = at
        key, at = scanstring(text, at + 1, True)
        value = _blank(text, _blank(text, at) + 1)
        end = decoder.raw_decode(text, value)[1]
        found.append(Member(key, start, value, end))
        at = _blank(text, end)
        if text[at] == ",":
            at = _blank(text, at + 1)
    return found


def put(text: str, name: str, key: str, value: Any) -> str:
    """`text` with the member `key` set to `value`, in the file's own indentation; a new member comes last."""
    found = members(text, name)
    newline = "\r\n" if "\r\n" in text else "\n"
    lead = indentation(text, found)
    raw = json.dumps(value, ensure_ascii=False) if lead is None else json.dumps(value, ensure_ascii=False, indent=lead)
    raw = raw.replace("\n", newline + (lead or ""))
    same = [member for member in found if member.key == key]
    if same:
        return put_raw(text, name, key, raw)
    member = f"{json.dumps(key)}: {raw}"
    if found:
        gap = ", " if lead is None else f",{newline}{lead}"
        return text[: found[-1].end] + gap + member + text[found[-1].end :]
    opening = text.index("{")
    return f"{text[: opening + 1]}{newline}{lead or '  '}{member}{newline}" + text[text.index("}", opening) :]


def put_raw(text: str, name: str, key: str, raw: str) -> str:
    """`text` with the text of the value of `key` replaced by `raw`; of two members of that name the last one counts."""
    member = [member for member in members(text, name) if member.key == key][-1]
    return text[: member.value] + raw + text[member.end :]


def drop(text: str, name: str, key: str) -> str:
    """`text` without the member `key` and the comma that joined it."""
    found = members(text, name)
    at = max(number for number, member in enumerate(found) if member.key == key)
    if at > 0:
        return text[: found[at - 1].end] + text[found[at].end :]
    if len(found) > 1:
        return text[: found[0].start] + text[found[1].start :]
    opening = text.index("{")
    return text[: opening + 1] + text[text.index("}", found[0].end) :]


def get(text: str, name: str, key: str) -> tuple[Any, str] | None:
    """The value of `key` and its text; None when there is no such member."""
    same = [member for member in members(text, name) if member.key == key]
    return (json.loads(text[same[-1].value : same[-1].end]), text[same[-1].value : same[-1].end]) if same else None


def indentation(text: str, found: list[Member]) -> str | None:
    """What stands before the first member on its line; two spaces for an empty object, None for a file of one line."""
    if not found:
        return "  "
    line = text[text.rfind("\n", 0, found[0].start) + 1 : found[0].start]
    return line if "\n" in text[: found[0].start] and not line.strip() and line else None


def _blank(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at
