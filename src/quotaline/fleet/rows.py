"""PURE What leaves this machine: counters, models, times, ids and names, and the numbers of readings.

Nothing else does: no text of a conversation, no path of a transcript, no e-mail, nothing else that a server said. Whatever a
transcript holds, a row fits into the database's columns.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from quotaline.core.windows import EXTRA_USAGE, is_budget
from quotaline.ledger.usage import EARLIER, STEPS
from quotaline.model import ExtraUsage, Reading, Window
from quotaline.transcripts.row import FAST, US

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quotaline.ledger.changes import ChangedMessage
    from quotaline.ledger.run_changes import ChangedRun, RunPart
    from quotaline.prices import PriceBook

FLEET = "fleet"
LONGEST = 200
MOST = (1 << 62) - 1
ID = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)
EMAIL = re.compile(r"[^\s@/]+@[^\s@/]+")


def message_row(message: ChangedMessage, project: Callable[[str], str], prices: PriceBook) -> dict[str, Any]:
    """A message as the database's `push_messages` takes it; `project` says under which name its folder is known there."""
    tokens, flags = message.tokens, message.flags
    prompt = tokens.total - tokens.output
    cost = prices.cost(
        message.model,
        tokens,
        at=message.time // 900_000 * 900,  # as the ledger's own sums have it
        prompt=STEPS[(prompt > STEPS[1] - 1) + (prompt > STEPS[2] - 1)],
        web_searches=message.web_searches,
        fast=bool(flags & FAST),
        us=bool(flags & US),
    )
    return {
        "message_id": fit(message.message_id),
        "request_id": fit(message.request_id),
        "part": message.part,
        "time": message.time,
        "flags": flags,
        "model": fit(message.model),
        "session": fit(message.session),
        "project": fit(project(message.project)),
        "account": None if message.account is None else fit(message.account),
        **{kind: min(getattr(tokens, kind), MOST) for kind in tokens.__struct_fields__},
        "web_searches": min(message.web_searches, MOST),
        "cost_usd": None if cost is None else f"{cost:f}",
    }


def run_row(run: ChangedRun, project: Callable[[str], str], prices: PriceBook) -> dict[str, Any]:
    """A run as the database's `push_runs` takes it."""
    return {
        "run_id": fit(run.uuid),
        "time": run.time,
        "flags": EARLIER if run.holds_earlier else 0,
        "session": fit(run.session),
        "transcribed": run.transcribed,
        "project": fit(project(run.project)),
        "account": None if run.account is None else fit(run.account),
        "parts": [_run_part(number, part, run.time, prices) for number, part in enumerate(run.parts)],
    }


def _run_part(number: int, part: RunPart, time: int, prices: PriceBook) -> dict[str, Any]:
    cost = part.told
    if cost is None:
        cost = prices.cost(part.model, part.tokens, at=time // 1000, prompt=STEPS[0], web_searches=part.web_searches)
    return {
        "part": number,
        "model": fit(part.model),
        **{kind: min(getattr(part.tokens, kind), MOST) for kind in part.tokens.__struct_fields__},
        "web_searches": min(part.web_searches, MOST),
        "told_usd": None if part.told is None else f"{part.told:f}",
        "cost_usd": None if cost is None else f"{cost:f}",
    }


def fit(text: str) -> str:
    """A text that a column takes: no NUL, no half of a pair, no e-mail, not too long. Two texts stay two, on all machines."""
    clean = EMAIL.sub("(e-mail)", text.replace("\0", "").encode("utf-8", "replace").decode())
    if clean == text and len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{clean[: LONGEST - 17]}…{digest[:16]}"


def history_row(reading: Reading, account: str) -> dict[str, Any]:
    """A kept reading as `push_readings` takes it."""
    return {
        "account": fit(account),
        "window_id": reading.value.id,
        "as_of": reading.as_of,
        "source": fit(reading.source),
        "utilization": reading.value.utilization,
        "resets_at": getattr(reading.value, "resets_at", None),
        "body": _body(reading)["value"],
    }


def newest_row(reading: Reading, account: str, now: float) -> dict[str, Any]:
    """The present reading of a window, with its age: the database's clock may say another time than this machine's."""
    age = max(0.0, now - reading.as_of)
    return {"account": fit(account), "window_id": reading.value.id, "age": age, "body": _body(reading)}


def worth_telling(readings: Sequence[Reading]) -> list[Reading]:
    """The readings that are this machine's own: neither the fleet's nor budgets, and with an id that is one."""
    return [one for one in readings if one.source != FLEET and not is_budget(one.value.id) and ID.fullmatch(one.value.id)]


def taken_reading(row: dict[str, Any], account: str, now: float) -> Reading | None:
    """Another machine's reading as one of ours, with its origin and its age; None for one that makes no sense here."""
    try:
        body = msgspec.convert(row["body"], Reading)
        age = float(row["age"])
    except (KeyError, TypeError, ValueError):
        return None
    value = body.value
    fits = ID.fullmatch(value.id) and not is_budget(value.id) and (value.id == EXTRA_USAGE) == isinstance(value, ExtraUsage)
    if not fits or age < 0:
        return None
    origin = {"origin": fit(str(row.get("machine"))), "read_by": body.source}
    told: Window | ExtraUsage = structs.replace(value, extras=origin)
    return Reading(value=told, source=FLEET, as_of=now - age, account=account, alpha=body.alpha)


def _body(reading: Reading) -> dict[str, Any]:
    """A reading's own numbers and names: nothing of what its source said beyond them."""
    value: Window | ExtraUsage = structs.replace(reading.value, extras={})
    if isinstance(value, Window):
        value = structs.replace(value, name=fit(value.name))
    elif value.disabled_reason:
        value = structs.replace(value, disabled_reason=fit(value.disabled_reason))
    bare = Reading(value=value, source=reading.source, as_of=reading.as_of, alpha=reading.alpha)
    body: dict[str, Any] = msgspec.to_builtins(bare)
    return body
