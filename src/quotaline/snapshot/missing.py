"""PURE Why a value that a person looks for is not there, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.core.windows import EXTRA_USAGE, FAMILIES, PLAN_KINDS, SPEND_LIMIT, WindowKind
from quotaline.model import ExtraUsage, Missing
from quotaline.snapshot.reasons import reason_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.schema import Config
    from quotaline.model import Reading, SourceState

SWITCH = "set `enable_alpha_features = true` in config.toml"


def missing(readings: Sequence[Reading], config: Config, states: Sequence[SourceState]) -> list[Missing]:
    """The windows and the extra usage that no source reported, each with the reason that is nearest to the truth."""
    have = {reading.value.id for reading in readings}
    found = []
    if SPEND_LIMIT not in have:  # a gateway's stands in their place
        found += [window_missing(kind, have) for kind in PLAN_KINDS if kind.id not in have]
    if EXTRA_USAGE not in have:
        found.append(extra_missing(config, states))
    for reading in readings:
        if isinstance(reading.value, ExtraUsage) and not reading.value.is_enabled:
            reason = reason_text(reading.value.disabled_reason)
            found.append(Missing(EXTRA_USAGE, f"extra usage is off{': ' + reason if reason else ''}"))
    if not config.enable_alpha_features:
        families = [family for family in FAMILIES if not any(key.startswith(family.id) for key in have)]
        found += [Missing(family.missing_id, "needs enable_alpha_features", SWITCH) for family in families]
    return found


def window_missing(kind: WindowKind, have: set[str]) -> Missing:
    """A window that every plan has and nobody reported."""
    if any(other.id in have for other in PLAN_KINDS):
        return Missing(kind.id, f"your plan reports no {kind.adjective} window, or it has just been reset")
    why = "no answer yet in a Claude Code session with the status line"
    return Missing(kind.id, why, "run `quotaline install claude-code`")


def extra_missing(config: Config, states: Sequence[SourceState]) -> Missing:
    """Extra usage that nobody reported."""
    if not config.enable_alpha_features:
        return Missing(EXTRA_USAGE, "needs enable_alpha_features", SWITCH)
    problems = [why for state in states if (why := state.problem or state.note) and state.source != "transcripts"]
    return Missing(EXTRA_USAGE, problems[-1] if problems else "no open source reported it")
