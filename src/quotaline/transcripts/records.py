"""PURE The whole records in a line that is not simply one: behind damage, NULs and byte order marks, without a newline between.

Here is everything that clean transcripts never need: it may be slow, and it takes nothing of a record for granted.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.transcripts.line import OURS, Billed, CacheWrites, Fork, Line, Message, ServerTools, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 10**12
DIGITS = 19  # more of them are no counter, and Python refuses to convert thousands
START = re.compile(r'\{\s*"')
EMPTY = " \t\r\n\0\ufeff"
# What may be tried on one line before the rest of it is given up, so that no line is a trap: starts, and characters for each.
STARTS, CHARACTERS, DEEP = 20_000, 16 << 20, 10
# Rows of `usage.iterations` that are billed and that the counters at the top leave out.
BILLED = frozenset(("advisor_message", "compaction"))


class Found(NamedTuple):
    """The records of a line; `damaged` when something in it was no record, or had a counter that cannot be.

    `whole` says of each record whether nothing but records stands before it, or nothing at all behind it.
    """

    lines: list[Line]
    whole: list[bool]
    damaged: bool


def search(data: bytes | bytearray) -> Found:
    """The records of one line, in their order; raises nothing."""
    text = bytes(data).decode("utf-8", "replace")
    lines, ends = [], []
    gap = 0
    damaged, clean_until = False, 0
    for value, start, end in whole_objects(text):
        if text[gap:start].strip(EMPTY):
            damaged = True
        elif not damaged:
            clean_until = end
        gap = end
        line, bad = read(value)
        if line is not None:
            lines.append(line)
            ends.append(end)
        damaged = damaged or bad
    rest = bool(text[gap:].strip(EMPTY))
    whole = [end <= clean_until or not text[end:].strip(EMPTY) for end in ends]
    return Found(lines, whole, damaged or rest)


def whole_objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The JSON objects in a text, whatever stands between them, each with its first place and the one behind it."""
    at = 0
    starts, characters = STARTS, CHARACTERS + 2 * len(text)
    while starts > 0 and characters > 0 and (match := START.search(text, at)):
        try:
            value, end = _decoder.raw_decode(text, match.start())
        except RecursionError:
            starts, at = starts - DEEP, match.start() + 1
        except ValueError as error:
            failed = getattr(error, "pos", len(text))
            starts, characters, at = starts - 1, characters - (failed - match.start()), match.start() + 1
        else:
            at = end
            yield value, match.start(), end


def read(value: Any) -> tuple[Line | None, bool]:
    """What is read of a decoded record, None when it is of no interest; whether a part of it makes no sense."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in OURS:
        return None, False
    message, fork = value.get("message"), value.get("forkedFrom")
    said, bad = None, False
    if isinstance(message, dict):
        usage = message.get("usage")
        counted, bad = read_usage(usage) if isinstance(usage, dict) else (None, usage is not None)
        said = Message(model=read_text(message.get("model")), id=read_text(message.get("id")), usage=counted)
    line = Line(
        is_sidechain=value.get("isSidechain") is True,
        message=said,
        request_id=read_text(value.get("requestId")),
        type=kind,
        uuid=read_text(value.get("uuid")),
        timestamp=read_text(value.get("timestamp")),
        cwd=read_text(value.get("cwd")),
        session_id=read_text(value.get("sessionId")),
        forked_from=Fork(session_id=read_text(fork.get("sessionId"))) if isinstance(fork, dict) else None,
        is_api_error_message=value.get("isApiErrorMessage") is True,
        account_uuid=read_text(value.get("accountUuid")),
        total_cost_usd=read_dollars(value.get("totalCostUSD")),
    )
    return line, bad


def read_usage(usage: dict[str, Any]) -> tuple[Usage, bool]:
    """The counters of a decoded usage, and whether one of them is none: it counts as 0 and costs the others nothing."""
    server, written, iterations = (usage.get(name) for name in ("server_tool_use", "cache_creation", "iterations"))
    bad = [False]
    tools = ServerTools(web_search_requests=_count(server, "web_search_requests", bad))
    writes = CacheWrites(
        ephemeral_1h_input_tokens=_count(written, "ephemeral_1h_input_tokens", bad),
        ephemeral_5m_input_tokens=_count(written, "ephemeral_5m_input_tokens", bad),
    )
    read = Usage(
        input_tokens=_count(usage, "input_tokens", bad),
        cache_creation_input_tokens=_count(usage, "cache_creation_input_tokens", bad),
        cache_read_input_tokens=_count(usage, "cache_read_input_tokens", bad),
        output_tokens=_count(usage, "output_tokens", bad),
        server_tool_use=tools,
        cache_creation=writes,
        inference_geo=read_text(usage.get("inference_geo")),
        speed=read_text(usage.get("speed")),
        billed=_billed(iterations, bad),
    )
    return read, bad[0]


def _billed(iterations: Any, bad: list[bool]) -> list[Billed]:
    """The iterations of a message that are billed beside it."""
    found = []
    for part, entry in enumerate(iterations if isinstance(iterations, list) else (), 1):
        kind = entry.get("type") if isinstance(entry, dict) else None
        if isinstance(kind, str) and kind in BILLED:
            counted, wrong = read_usage({**entry, "iterations": None})
            found.append(Billed(part, read_text(entry.get("model")) or None, counted))
            bad[0] = bad[0] or wrong
    return found


def _count(holder: Any, key: str, bad: list[bool]) -> int:
    """A counter; 0 for what is none, which `bad` then says. Null is no fault."""
    value = holder.get(key) if isinstance(holder, dict) else None
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < DIGITS
    if digits or (isinstance(value, float) and value.is_integer()):
        value = int(value)  # type: ignore[arg-type]
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        bad[0] = True
        return 0
    return value


def read_text(value: Any) -> str | None:
    """A text, None for what is none; half a character in it, as JavaScript's slice leaves one, becomes U+FFFD."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_dollars(value: Any) -> Decimal | None:
    """An amount of dollars, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= DIGITS else -1


_decoder = json.JSONDecoder(parse_int=_whole, strict=False)
