"""EFFECT With --verify: the same windows from each source that is open, and by how many points and seconds they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.config.schema import Endpoint, alpha_enabled
from quotaline.core.formats import format_left
from quotaline.core.periods import MINUTE, same_period
from quotaline.core.windows import window_order
from quotaline.doctor import endpoint
from quotaline.doctor.check import Check
from quotaline.errors import LedgerError, SourceError
from quotaline.ledger import open_ledger
from quotaline.model import Reading, SourceState, Window
from quotaline.ratelimit.home import open_limiter
from quotaline.snapshot.merge import merge
from quotaline.sources import claude_json, inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Verify"
ROUNDING = 1.0
"""Points by which one number differs where one source cuts it and another rounds."""
CLOSED = "It is undocumented and closed, so it is not compared."


def checks(context: DoctorContext) -> Iterator[Check]:
    """How each source fared where there is something to say, then a line for each window that two of them know."""
    told: list[Reading] = []
    for name, read in (("statusline", _inbox), ("claude-json", _claude_json), ("claude-cli", _claude_cli)):
        if name != "statusline" and not alpha_enabled(context.config, name.replace("-", "_")):
            yield Check(group=GROUP, name=name, status="SKIP", message=CLOSED)
            continue
        try:
            found = merge(read(context), context.now)
        except (SourceError, LedgerError, OSError) as error:
            yield Check(group=GROUP, name=name, status="SKIP", message=f"Not compared: {error}")
            continue
        if not any(isinstance(reading.value, Window) for reading in found):
            yield Check(group=GROUP, name=name, status="SKIP", message="It knows no window that runs now.")
        told += found
    yield from compared(told, context.now)


def compared(told: list[Reading], now: float) -> Iterator[Check]:
    """A line for each window that several sources know: the newest one, and what the others say beside it."""
    windows: dict[str, list[Reading]] = {}
    for reading in told:
        if isinstance(reading.value, Window) and reading.value.utilization is not None:
            windows.setdefault(reading.value.id, []).append(reading)
    several = {key: sorted(rows, key=lambda row: -row.as_of) for key, rows in windows.items() if len(rows) > 1}
    if not several:
        yield Check(group=GROUP, name="windows", status="SKIP", message="No window is known to two sources.")
    for key in sorted(several, key=window_order):
        first, *others = several[key]
        age = "now" if now - first.as_of < MINUTE else f"{format_left(now - first.as_of)} ago"
        said = [f"{first.source} {first.value.utilization:g} % ({age})", *(beside(first, other) for other in others)]
        wrong = any(contradicts(first, other) for other in others)
        yield Check(
            group=GROUP,
            name=first.value.name,
            status="WARN" if wrong else "PASS",
            message="; ".join(said) + ".",
            remedy="the newest one is shown; if this stays so, please report it" if wrong else "",
        )


def beside(first: Reading, other: Reading) -> str:
    """What an older reading says beside the newest one: points, seconds, and the reset where it is another."""
    mine, theirs = _window(first), _window(other)
    if not same_period(mine.resets_at, theirs.resets_at):
        return f"{other.source} speaks of another period"
    points = (theirs.utilization or 0.0) - (mine.utilization or 0.0)
    amount = f"{abs(points):.3g} point{'' if abs(points) == 1 else 's'}"
    level = f"{amount} {'more' if points > 0 else 'less'}" if points else "the same"
    late = f"{first.as_of - other.as_of:.0f} s older"
    shift = (theirs.resets_at or 0.0) - (mine.resets_at or 0.0)
    reset = f", its reset {abs(shift):.0f} s {'later' if shift > 0 else 'earlier'}" if abs(shift) >= 1 else ""
    return f"{other.source} {level}, {late}{reset}"


def contradicts(first: Reading, other: Reading) -> bool:
    """Whether an older reading of the same period says more than rounding explains, or one of the same minute another number.

    What is used only rises within a period, unless a limit was raised or a saved reset redeemed.
    """
    mine, theirs = _window(first), _window(other)
    if not same_period(mine.resets_at, theirs.resets_at):
        return False
    points = (theirs.utilization or 0.0) - (mine.utilization or 0.0)
    return points > ROUNDING or (abs(points) > ROUNDING and first.as_of - other.as_of < MINUTE)


def _window(reading: Reading) -> Window:
    assert isinstance(reading.value, Window)  # noqa: S101 - the caller chose windows
    return reading.value


def _inbox(context: DoctorContext) -> list[Reading]:
    folder = context.where.cache_dir
    return [] if folder is None else inbox.read(folder, context.now)


def _claude_json(context: DoctorContext) -> list[Reading]:
    return list(claude_json.read(context.env, context.now))


def _claude_cli(context: DoctorContext) -> list[Reading]:
    """One run, if the rate limiter allows it; its answer is kept like any other. Raises SourceError with why it was none."""
    if context.where.ledger is None or context.where.limiter_dir is None:
        raise SourceError("there is no place for the ledger, which counts requests.")
    states: list[SourceState] = []
    with open_ledger(context.where.ledger) as ledger, open_limiter(context.where, ledger) as limiter:
        sources = structs.replace(context.config.sources, endpoint=Endpoint(enabled=False))
        found = endpoint.asking(context, ledger, limiter, [], sources).readings(endpoint.known(context), states)
    if found:
        endpoint.keep(context, found)
        return found
    why = next((state.problem or state.note for state in states), None)
    raise SourceError(why or "it was not asked: this is inside `claude` itself.")
