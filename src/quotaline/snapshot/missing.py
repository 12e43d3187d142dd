"""PURE Why a value that a person looks for is not there, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    if "spend_limit" not in have:
        found += [window_missing(key, have) for key in ("five_hour", "seven_day") if key not in have]
    if "extra_usage" not in have:
        found.append(extra_missing(config, states))
    for reading in readings:
        if isinstance(reading.value, ExtraUsage) and not reading.value.is_enabled:
            reason = reason_text(reading.value.disabled_reason)
            found.append(Missing("extra_usage", f"extra usage is off{': ' + reason if reason else ''}"))
    if not any(key.startswith("seven_day_") for key in have) and not config.enable_alpha_features:
        found.append(Missing("weekly_model", "needs enable_alpha_features", SWITCH))
    return found


def window_missing(key: str, have: set[str]) -> Missing:
    """A window that everyone knows and nobody reported."""
    other = {"five_hour": "seven_day", "seven_day": "five_hour"}[key]
    if other in have:
        return Missing(
            key, f"your plan reports no {'5-hour' if key == 'five_hour' else 'weekly'} window, or it has just been reset"
        )
    return Missing(key, "no answer yet in a Claude Code session with the status line", "run `quotaline install claude-code`")


def extra_missing(config: Config, states: Sequence[SourceState]) -> Missing:
    """Extra usage that nobody reported."""
    if not config.enable_alpha_features:
        return Missing("extra_usage", "needs enable_alpha_features", SWITCH)
    problems = [said for state in states if (said := state.problem or state.note) and state.source != "transcripts"]
    return Missing("extra_usage", problems[-1] if problems else "no open source reported it")
