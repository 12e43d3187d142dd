"""EFFECT The client's own total of a session, told by `claude -p` rather than found in a transcript."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.core.values import UTF_16, decode_text
from quotaline.transcripts.collected import MOST_DOLLARS
from quotaline.transcripts.records import read_dollars, read_text, whole_objects

if TYPE_CHECKING:
    from quotaline.ledger.store import Ledger

DECODING = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
MARK = b'"result"'
_BLOCKED = re.compile(r"(User\w+ o|O)peration (blocked|stopped) by hook")


class Result(msgspec.Struct, frozen=True):
    """The `result` object that ends `claude -p --output-format json` and stream-json (sdk.d.ts 0.3.329, `SDKResultMessage`).

    `total_cost_usd` is the session's total so far, an estimate at list price; of several in one stream the last one counts.
    """

    type: str = ""
    session_id: str = ""
    total_cost_usd: Decimal | None = None
    is_error: bool = False
    result: object = None
    num_turns: object = None
    terminal_reason: object = None

    @property
    def healthy(self) -> bool:
        """Whether the model answered: no error, and no hook that stopped the prompt or the run."""
        return not (self.is_error or self.terminal_reason == "hook_stopped" or self._prompt_blocked())

    def _prompt_blocked(self) -> bool:
        """A prompt that a hook blocks is a success of no turn, the hook's words its answer (clients 2.1.197 and 2.1.331)."""
        return not self.num_turns and isinstance(self.result, str) and _BLOCKED.match(self.result) is not None


def find_result(output: bytes) -> Result | None:
    """The last result in what `claude -p` printed: one JSON value, a list of messages, or one message a line.

    Where it is not simply that, whole messages are looked for: behind damage, marks and NULs, without a newline between.
    """
    if output.startswith(UTF_16):
        output = decode_text(output).encode()
    try:
        messages = [bytes(raw) for raw in msgspec.json.decode(output, type=list[msgspec.Raw])]
    except DECODING:
        messages = [output, *output.splitlines()]
    return next(filter(None, map(_result, reversed(messages))), None)


def _result(text: bytes) -> Result | None:
    """The result that a message is, else the last one that is somewhere in it."""
    if MARK not in text:
        return None
    try:
        result = msgspec.json.decode(text, type=Result, strict=False)
    except DECODING:
        found = [_careful(value) for value, _, _ in whole_objects(decode_text(text)) if value.get("type") == "result"]
        return found[-1] if found else None
    return result if result.type == "result" else None


def _careful(message: dict[str, Any]) -> Result:
    """A result of which nothing is taken for granted."""
    return Result(
        type="result",
        session_id=read_text(message.get("session_id")) or "",
        total_cost_usd=read_dollars(message.get("total_cost_usd")),
        is_error=message.get("is_error") not in (None, False, "false", "0"),
        result=message.get("result"),
        num_turns=message.get("num_turns"),
        terminal_reason=message.get("terminal_reason"),
    )


def store_result(ledger: Ledger, result: Result) -> bool:
    """Keep a result's cost with its session; False when it has neither, or what no session costs. Raises LedgerError."""
    cost = result.total_cost_usd
    if not result.session_id or cost is None or not cost.is_finite() or not 0 <= cost < MOST_DOLLARS:
        return False
    with ledger.transaction() as connection:
        connection.execute(
            """INSERT INTO session (uuid, client_cost) VALUES (?, ?)
            ON CONFLICT (uuid) DO UPDATE SET client_cost = excluded.client_cost""",
            (result.session_id, str(cost)),
        )
    return True
