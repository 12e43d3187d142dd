"""PURE One line of a transcript → the usage it tells of.

The format is internal to Claude Code and changes without notice: every field is optional, unknown ones are passed over, and the
order of the keys means nothing. `"usage"` stands on lines of other types too, inside tool results and quoted text; only the
type at the top of the line decides.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, ValidationError

FAST, US, SIDECHAIN = 1, 2, 4
BEFORE_ALL = 2000
# Places in a row. The six counters stand last.
TIME, FIRST_COUNTER, OUTPUT = 2, 8, 9

# A line whose top-level type is proven, from its first bytes, to be none of ours: before the type stand pairs with a flat value
# and nothing else, so that the type found is the top one. Most bytes of a transcript are thrown away by this. The usual first
# two pairs are spelt out for speed alone.
OTHER = re.compile(
    rb'\{(?:"parentUuid": ?(?:null|"[\w-]*+"), ?"isSidechain": ?(?:true|false), ?)?+'
    rb'(?:"(?!type")\w++": ?(?:"[^"\\]*+"|null|true|false|-?\d++), ?)*+'
    rb'"type": ?"(?!assistant"|session-owner"|cost-state")\w[\w-]*+"'
).match

# A counter beyond a trillion is no counter; the database would not hold each of them either.
Count = Annotated[int, Meta(ge=0, le=10**12)]


# The fields stand in the order in which Claude Code writes them: the decoder looks for a key where the last one was found.
class _Server(Struct, gc=False):
    web_search_requests: Count | None = 0


class _Cache(Struct, gc=False):
    ephemeral_1h_input_tokens: Count | None = 0
    ephemeral_5m_input_tokens: Count | None = 0


class Usage(Struct, gc=False):
    """The counters of one API message; a null counts as nothing."""

    input_tokens: Count | None = 0
    cache_creation_input_tokens: Count | None = 0
    cache_read_input_tokens: Count | None = 0
    output_tokens: Count | None = 0
    server_tool_use: _Server | None = None
    cache_creation: _Cache | None = None
    inference_geo: str | None = None
    speed: str | None = None

    def counters(self) -> tuple[int, int, int, int, int, int]:
        """Input, output, 5-minute and 1-hour cache writes, cache reads, web searches; a write of no kind is a 5-minute one."""
        cache, server, written = self.cache_creation, self.server_tool_use, self.cache_creation_input_tokens or 0
        hour = cache.ephemeral_1h_input_tokens or 0 if cache is not None else 0
        five = written - hour
        if cache is not None and (cache.ephemeral_5m_input_tokens or 0) > five:
            five = cache.ephemeral_5m_input_tokens or 0
        searches = server.web_search_requests or 0 if server is not None else 0
        return self.input_tokens or 0, self.output_tokens or 0, max(five, 0), hour, self.cache_read_input_tokens or 0, searches


class Message(Struct, gc=False):
    """What is read of a line's message."""

    model: str | None = None
    id: str | None = None
    usage: Usage | None = None


class _Fork(Struct, gc=False, rename="camel"):
    session_id: str | None = None


class Line(Struct, gc=False, rename="camel"):
    """What is read of a line."""

    is_sidechain: bool | None = None
    message: Message | None = None
    request_id: str | None = None
    type: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    cwd: str | None = None
    session_id: str | None = None
    forked_from: _Fork | None = None
    is_api_error_message: bool | None = None
    account_uuid: str | None = None
    total_cost_usd: Decimal | None = msgspec.field(name="totalCostUSD", default=None)


# Two halves of a character as JavaScript escapes them, or one half alone, which is no text
SURROGATES = re.compile(rb"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[dD][89a-fA-F]\w\w")
PAIR = 12

OURS = frozenset(("assistant", "session-owner", "cost-state"))
decode = msgspec.json.Decoder(Line, strict=False).decode


def read_line(data: bytes | bytearray) -> Line | None:
    """The line, or None when it is of no interest; raises ValueError when it is one of ours and makes no sense."""
    line: Line | None
    try:
        line = decode(data)
    except ValueError:
        line = _with_care(data)
    return line if line is not None and line.type in OURS else None


def _with_care(data: bytes | bytearray) -> Line | None:
    """A line that the decoder refused: texts that a client cut in the middle of a character are no reason to lose usage."""
    mended = SURROGATES.sub(_paired, bytes(data).decode("utf-8", "replace").encode())
    try:
        return decode(mended)
    except ValidationError:
        loose = msgspec.json.decode(mended)
        if isinstance(loose, dict) and loose.get("type") in OURS:
            raise
        return None


def _paired(match: re.Match[bytes]) -> bytes:
    return match[0] if len(match[0]) == PAIR else rb"\ufffd"


def usage_row(line: Line, message: Message, usage: Usage, owner: str | None) -> list[Any]:
    """A row: message id, request id, time as written, session, project, model, flags, owner, and the six counters.

    `owner` is the account that the file named last. A copy in a fork names the session it comes from, and that one is kept.
    Raises ValueError when the message has no id or no time.
    """
    key, fork = message.id or line.uuid, line.forked_from
    if not key or not line.timestamp:
        raise ValueError("An API message without an id or a time cannot be kept.")
    return [
        key,
        line.request_id or "",
        line.timestamp,
        (fork is not None and fork.session_id) or line.session_id or "",
        line.cwd or "",
        message.model or "",
        (usage.speed == "fast") * FAST + (usage.inference_geo == "us") * US + (line.is_sidechain is True) * SIDECHAIN,
        owner,
        *usage.counters(),
    ]


def same_message(row: list[Any], line: Line, usage: Usage) -> None:
    """Fold a further line of the same message into its row: the largest of each counter, the first time."""
    for place, count in enumerate(usage.counters(), FIRST_COUNTER):
        row[place] = max(row[place], count)
    if line.timestamp and line.timestamp < row[TIME]:
        row[TIME] = line.timestamp


def milliseconds(timestamp: str) -> int:
    """ISO 8601 → milliseconds since the epoch; a time without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year < BEFORE_ALL:
        raise ValueError("No API message is that old.")
    return round(moment.timestamp() * 1000)
