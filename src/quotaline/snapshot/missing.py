"""PURE Why a value that a person looks for is not there, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline.core.windows import EXTRA_USAGE, FAMILIES, PLAN_KINDS, SPEND_LIMIT, WindowKind
from quotaline.errors import Outcome
from quotaline.model import EXPIRED, ExtraUsage, Missing
from quotaline.render import layout
from quotaline.render.fields import NO_LIMITS
from quotaline.snapshot.reasons import client_reason, reason_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.schema import Config
    from quotaline.model import Reading, Snapshot, SourceState

OLD = 600.0
"""Seconds after which a value of a source that asks somebody is older than it usually gets."""
WAITS = {
    Outcome.RATE_LIMITED: "429",
    Outcome.NO_LIMITS: "no limits told",
    Outcome.UNAUTHORIZED: "login refused",
    Outcome.FORBIDDEN: "login not allowed",
    Outcome.FAILED: "no answer",
    EXPIRED: "login expired",
}
"""Why nobody answers, by `SourceState.cause`, in a word or two."""
ALPHA_FIELDS = ("extra.used", "extra.left", "extra.today", "extra.rate", "crossing.amount", "account.plan")
INSTALL_LINE = "run `quotaline install claude-code`"
SWITCH = "set `enable_alpha_features = true` in config.toml"


def missing(readings: Sequence[Reading], config: Config, states: Sequence[SourceState]) -> list[Missing]:
    """The windows and the extra usage that no source reported, each with the reason that is nearest to the truth."""
    have = {reading.value.id for reading in readings}
    found = unread_parts(states)
    unread = {gap.id for gap in found}
    if SPEND_LIMIT not in have:  # a gateway's stands in their place
        found += [window_missing(kind, have) for kind in PLAN_KINDS if kind.id not in have | unread]
    if EXTRA_USAGE not in have | unread:
        found.append(extra_missing(config, states))
    for reading in readings:
        if isinstance(reading.value, ExtraUsage) and not reading.value.is_enabled:
            reason = reason_text(reading.value.disabled_reason)
            found.append(Missing(EXTRA_USAGE, f"extra usage is off{': ' + reason if reason else ''}"))
    if not config.enable_alpha_features:
        alpha = [family for family in FAMILIES if not family.expires and not family.budget]
        families = [family for family in alpha if not any(key.startswith(family.id) for key in have)]
        found += [Missing(family.missing_id, "needs enable_alpha_features", SWITCH) for family in families]
    return found


def why_fields(snapshot: Snapshot, *, alpha: bool) -> dict[str, tuple[Any, float | None]]:
    """The ready fields `why.text` and `why.until`: in a word or two why numbers are missing or old; nothing where all is well.

    `alpha` is whether the undocumented sources are open.
    """
    have = {reading.value.id for reading in snapshot.readings}
    newest = max((reading.as_of for reading in snapshot.readings if reading.alpha), default=None)
    waits = [state for state in snapshot.sources if state.cause in WAITS]
    if alpha and waits and (newest is None or snapshot.written_at - newest > OLD):
        word, until = WAITS[str(waits[0].cause)], waits[0].until
        return {"why.text": (word, until)} | ({} if until is None else {"why.until": (until, until)})
    if not have & {SPEND_LIMIT, *(kind.id for kind in PLAN_KINDS)}:
        return {"why.text": (NO_LIMITS, None)}
    if snapshot.faults:
        return {"why.text": ("refresh failing", None)}
    if not alpha and EXTRA_USAGE not in have and _shows_alpha(snapshot):
        return {"why.text": ("switch off", None)}
    return {}


def _shows_alpha(snapshot: Snapshot) -> bool:
    """Whether a line names what only undocumented sources tell."""
    shown = {name: segment for name, segment in snapshot.segments.items() if isinstance(segment, dict)}
    rows = [row for rows in snapshot.lines.values() for row in rows]
    return any(layout.shows_field([row], {"segments": shown}, name) for row in rows for name in ALPHA_FIELDS) or any(
        shown.get(name, {}).get("each") for row in rows for name in row
    )


def unread_parts(states: Sequence[SourceState]) -> list[Missing]:
    """What a source told, and this version does not understand: a number may be there, and nobody sees it."""
    found: dict[Missing, None] = {}
    for state in states:
        for part in state.unread:
            where, _, why = part.partition(": ")
            key = EXTRA_USAGE if where == "spend" else where
            found[Missing(key, f"{state.source} reported what is not understood: {why}", "a newer quotaline may know it")] = (
                None
            )
    return list(found)


def keep_unread(snapshot: Snapshot, before: Snapshot | None, config: Config) -> Snapshot:
    """The snapshot with what was not understood of the last answer of each source that was not read this time."""
    earlier = {state.source: state.unread for state in before.sources} if before else {}
    states = tuple(
        structs.replace(state, unread=earlier[state.source])
        if (state.note or state.problem) and earlier.get(state.source)
        else state
        for state in snapshot.sources
    )
    return structs.replace(snapshot, sources=states, missing=tuple(missing(snapshot.readings, config, states)))


def window_missing(kind: WindowKind, have: set[str]) -> Missing:
    """A window that every plan has and nobody reported."""
    if any(other.id in have for other in PLAN_KINDS):
        return Missing(kind.id, f"your plan reports no {kind.adjective} window, or it has just been reset")
    why = "no answer yet in a Claude Code session with the status line"
    return Missing(kind.id, why, INSTALL_LINE)


def extra_missing(config: Config, states: Sequence[SourceState]) -> Missing:
    """Extra usage that nobody reported."""
    if not config.enable_alpha_features:
        return Missing(EXTRA_USAGE, "needs enable_alpha_features", SWITCH)
    reason = client_reason(states)
    if reason is not None:
        return Missing(EXTRA_USAGE, f"extra usage is off: {reason_text(reason[0])}")
    problems = [why for state in states if (why := state.problem or state.note) and state.source != "transcripts"]
    return Missing(EXTRA_USAGE, problems[-1] if problems else "no open source reported it")
