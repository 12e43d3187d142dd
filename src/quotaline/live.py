"""EFFECT The fields that segments show: this machine's own of this moment, or the bundled sample's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from quotaline import sample, segments
from quotaline.look import current
from quotaline.model import Missing
from quotaline.prompt import draw, paths, statusline, windows
from quotaline.refresh import refresh
from quotaline.report.overview import overview
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config import Config
    from quotaline.model import Snapshot
    from quotaline.places import Places


class Live(Struct, frozen=True, kw_only=True):
    """What a preview needs: the configuration's segments, compiled, and the fields of one moment."""

    found: segments.Catalogue
    compiled: dict[str, Any]
    fields: dict[str, Any]
    missing: list[Missing]


def live(where: Places, config: Config, env: Mapping[str, str], now: float) -> Live:
    """This machine's own values. Raises ConfigError."""
    return _live(where, config, current(where, env, now), now, [])


def sampled(where: Places, config: Config, now: float) -> Live:
    """The bundled sample's values, in the user's own configuration. Raises ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        env = sample.furnish(Path(folder), now)
        snapshot = refresh(env, now).snapshot
        stdin = sample.load("statusline.json", now)
        own = windows.own_readings(stdin.get("rate_limits"), now, now)
        assert snapshot is not None  # noqa: S101 - a folder that was just made can be written
        state = _live(where, config, snapshot, now, own)
        state.fields.update(statusline.fields(stdin, paths.home(env), now))
    return state


def _live(where: Places, config: Config, snapshot: Snapshot, now: float, own: list[dict[str, Any]]) -> Live:
    found = segments.catalogue(config, segments.own_folder(str(where.config_file or "")))
    kept = msgspec.json.decode(msgspec.json.encode(snapshot))  # as the prompt path reads it
    fields = draw.gather(kept, own, now)
    missing = overview(snapshot, now, local_zone()).missing
    return Live(found=found, compiled=segments.compile_lines(config, found), fields=fields, missing=missing)
