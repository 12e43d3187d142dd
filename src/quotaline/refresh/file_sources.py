"""EFFECT The sources that are files, one after the other: one that fails costs its own readings only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config.schema import alpha_enabled
from quotaline.errors import SourceError
from quotaline.model import SourceState
from quotaline.sources import claude_json, inbox
from quotaline.sources.usage_body import source_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from quotaline.config.schema import Config
    from quotaline.model import Reading
    from quotaline.refresh.stages import Stages


def read_files(
    config: Config, cache_dir: Path | None, env: Mapping[str, str], now: float, stages: Stages
) -> tuple[list[Reading], list[SourceState]]:
    """The readings of each source that may be read, cheapest and safest first, and how each fared."""
    states: list[SourceState] = []
    readings: list[Reading] = []
    if cache_dir is not None:
        readings += _read("statusline", lambda: inbox.read(cache_dir, now), states, stages)
    if alpha_enabled(config, "claude_json"):
        readings += _read("claude-json", lambda: claude_json.read(env, now), states, stages)
    return readings, states


def _read(source: str, read: Callable[[], list[Reading]], states: list[SourceState], stages: Stages) -> list[Reading]:
    try:
        readings = read()
    except SourceError as error:
        states.append(SourceState(source=source, problem=str(error)))
        return []
    except Exception as error:  # noqa: BLE001 - a source's fault is its own
        stages.note(f"source {source}", error)
        states.append(SourceState(source=source, problem=stages.faults[-1].message))
        return []
    states.append(source_state(source, readings))
    return readings
