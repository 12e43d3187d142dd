"""PURE What the records of one file say, together: a row for each API message, whose the sessions are and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.transcripts.line import same_message, usage_row
from quotaline.transcripts.row import COUNTERS, FAST, FLAGS, FULL_TIME, MODEL, PART, TIME, US, milliseconds

if TYPE_CHECKING:
    from quotaline.transcripts.line import Billed, Line

MOST_DOLLARS = 10**9


class Collected:
    """Records are added one by one; none of them can be of `newest`, in milliseconds, or later. `owner` is the last named."""

    def __init__(self, newest: int, owner: str | None) -> None:
        self.owners: dict[str, str] = {}
        self.costs: dict[str, str] = {}
        self.owner = owner
        self._newest = newest
        self._messages: dict[tuple[str | None, str | None, int], list[Any]] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def record(self, line: Line) -> bool:
        """Take a record; false when it makes no sense."""
        try:
            if line.type == "assistant":
                self.message(line)
            else:
                self.session(line)
        except Exception:  # noqa: BLE001 - whatever is in it costs that record only
            return False
        return True

    def message(self, line: Line) -> None:
        """Keep the usage of an API message; raises ValueError when it has no id or no time."""
        message = line.message
        if message is None:
            return
        usage = message.usage
        if usage is None or line.is_api_error_message or message.model == "<synthetic>":
            return
        key = (message.id or line.uuid, None if line.is_sidechain else line.request_id, 0)
        row = self._messages.get(key)
        if row is not None:
            same_message(row, line, usage, self._newest)
        else:
            row = self._messages[key] = usage_row(line, message, usage, self.owner, self._newest)
        if usage.billed:
            self._billed(row, line, usage.billed)

    def _billed(self, row: list[Any], line: Line, iterations: list[Billed]) -> None:
        """Keep what a message has beside its own counters, each part under its own model."""
        for part, model, counted in iterations:
            key = (row[0], row[1] or None, part)
            kept = self._messages.get(key)
            if kept is not None:
                same_message(kept, line, counted, self._newest)
            elif any(counted.counters()):
                kept = self._messages[key] = [*row]
                kept[MODEL], kept[PART] = model or row[MODEL], part
                kept[COUNTERS] = counted.counters()
                kept[FLAGS] &= ~FAST
            if kept is not None:
                same = counted.speed is None and kept[MODEL] == row[MODEL]
                kept[FLAGS] |= row[FLAGS] & (US | FAST if same else US) | (counted.speed == "fast") * FAST

    def session(self, line: Line) -> None:
        """Keep what a line says of its session: whose it is, and what the client says it cost."""
        if line.session_id and line.account_uuid:
            self.owner = self.owners[line.session_id] = line.account_uuid
        elif line.session_id and line.total_cost_usd is not None:
            if not 0 <= line.total_cost_usd < MOST_DOLLARS:  # NaN raises
                raise ValueError("No session costs that.")
            self.costs[line.session_id] = str(line.total_cost_usd)

    def _full_time(self, row: list[Any]) -> int | None:
        """When the line with the largest counters was written, where that is not the row's own time and can be."""
        try:
            moment = milliseconds(row[FULL_TIME], self._newest)
        except ValueError:
            return None
        return moment if moment != row[TIME] else None

    def rows(self, file_id: int) -> list[list[Any]]:
        """The messages so far, which are then forgotten: a row, as `usage_row` has it, ends with the file."""
        rows = list(self._messages.values())
        for row in rows:
            if row[FULL_TIME] is not None:
                row[FULL_TIME] = self._full_time(row)
            row[-1] = file_id
        self._messages.clear()
        return rows
