"""EFFECT The client's own total of a session, told by `claude -p` rather than found in a transcript."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from quotaline.ledger.store import Ledger

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
    """The last result in what `claude -p` printed: one JSON value, a list of messages, or one message a line."""
    try:
        messages = [bytes(raw) for raw in msgspec.json.decode(output, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        messages = [output, *output.splitlines()]
    found = [result for result in map(_result, messages) if result is not None]
    return found[-1] if found else None


def _result(text: bytes) -> Result | None:
    try:
        result = msgspec.json.decode(text, type=Result, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return result if result.type == "result" else None


def store_result(ledger: Ledger, result: Result) -> bool:
    """Keep a result's cost with its session; False when it has neither. Raises LedgerError."""
    if not result.session_id or result.total_cost_usd is None:
        return False
    with ledger.transaction() as connection:
        connection.execute(
            """INSERT INTO session (uuid, client_cost) VALUES (?, ?)
            ON CONFLICT (uuid) DO UPDATE SET client_cost = excluded.client_cost""",
            (result.session_id, str(result.total_cost_usd)),
        )
    return True
