"""PURE One line of a transcript → the usage it tells of.

The format is internal to Claude Code and changes without notice: every field is optional, unknown ones are passed over, and the
order of the keys means nothing. `"usage"` stands on lines of other types too, inside tool results and quoted text; only the
type at the top of the line decides.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from quotaline.transcripts.row import COUNTERS, FAST, FLAGS, FULL_TIME, SIDECHAIN, TIME, US, WRITTEN, milliseconds

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
class ServerTools(Struct, gc=False):
    """Counters of what the server's tools did."""

    web_search_requests: Count | None = 0


class CacheWrites(Struct, gc=False):
    """A cache write's two kinds."""

    ephemeral_1h_input_tokens: Count | None = 0
    ephemeral_5m_input_tokens: Count | None = 0


class _Iteration(Struct, gc=False):
    type: Literal["message", "fallback_message"] | None = None


class Billed(NamedTuple):
    """An iteration that is billed beside the message: `part` is its place, from 1 on; `model` None is the message's."""

    part: int
    model: str | None
    usage: Usage


class Usage(Struct, gc=False):
    """The counters of one API message; a null counts as nothing.

    The counters at the top hold what the iterations of the known types used. Another type the decoder refuses: the careful
    reading knows which of them are billed beside, and gives those as `billed`.
    """

    input_tokens: Count | None = 0
    cache_creation_input_tokens: Count | None = 0
    cache_read_input_tokens: Count | None = 0
    output_tokens: Count | None = 0
    server_tool_use: ServerTools | None = None
    cache_creation: CacheWrites | None = None
    inference_geo: str | None = None
    iterations: list[_Iteration] | None = None
    speed: str | None = None
    billed: list[Billed] | None = msgspec.field(name="-", default=None)

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


class Fork(Struct, gc=False, rename="camel"):
    """Where a copied line comes from."""

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
    forked_from: Fork | None = None
    is_api_error_message: bool | None = None
    account_uuid: str | None = None
    total_cost_usd: Decimal | None = msgspec.field(name="totalCostUSD", default=None)


OURS = frozenset(("assistant", "session-owner", "cost-state"))
decode = msgspec.json.Decoder(Line, strict=False).decode


def usage_row(line: Line, message: Message, usage: Usage, owner: str | None, newest: int) -> list[Any]:
    """A row: message id, request id, time, session, project, model, flags, owner, the six counters, part, times as written.

    A message whose request is not named, or that stands in a subagent's file, which may be a replay under another request, is
    known by its own id alone. `owner` is the account that the file named last. A copy in a fork names the session it comes
    from, and that one is kept. Raises ValueError when the message has no id or no time between 2000 and `newest`.
    """
    key, fork = message.id or line.uuid, line.forked_from
    if not key or not line.timestamp:
        raise ValueError("An API message without an id or a time cannot be kept.")
    return [
        key,
        "" if line.is_sidechain is True else line.request_id or "",
        milliseconds(line.timestamp, newest),
        (fork is not None and fork.session_id) or line.session_id or "",
        line.cwd or "",
        message.model or "",
        (usage.speed == "fast") * FAST + (usage.inference_geo == "us") * US + (line.is_sidechain is True) * SIDECHAIN,
        owner,
        *usage.counters(),
        0,
        None,
        line.timestamp,
    ]


def same_message(row: list[Any], line: Line, usage: Usage, newest: int) -> None:
    """Fold a further line of the same message into its row: the largest of each counter, every flag, the first time.

    What a subagent's copy says of the time gives way to what another one says.
    """
    for place, count in enumerate(usage.counters(), COUNTERS.start):
        if count > row[place]:
            row[place] = count
            row[FULL_TIME] = line.timestamp
    if usage.speed == "fast":
        row[FLAGS] |= FAST
    if usage.inference_geo == "us":
        row[FLAGS] |= US
    if row[FLAGS] & SIDECHAIN and line.is_sidechain is not True and line.timestamp:
        row[TIME], row[WRITTEN] = milliseconds(line.timestamp, newest), line.timestamp
        row[FLAGS] &= ~SIDECHAIN
    elif line.timestamp and line.timestamp < row[WRITTEN] and (row[FLAGS] & SIDECHAIN or line.is_sidechain is not True):
        row[TIME], row[WRITTEN] = min(row[TIME], milliseconds(line.timestamp, newest)), line.timestamp
