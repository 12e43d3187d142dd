"""EFFECT The fields that segments show: this machine's own of this moment, or the bundled sample's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from quotaline.config import segments
from quotaline.core import paths, session
from quotaline.core.rate_limits import session_readings
from quotaline.model import Missing
from quotaline.preview import sample
from quotaline.refresh.current import current_snapshot
from quotaline.refresh.run import refresh
from quotaline.render.fields import Fields, gather_fields
from quotaline.usage.report import overview
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.model import Snapshot


class Live(Struct, frozen=True, kw_only=True):
    """What a preview needs: the configuration's segments, compiled, and the fields of one moment."""

    found: segments.Catalogue
    compiled: dict[str, Any]
    fields: Fields
    missing: list[Missing]


def live(where: Locations, config: Config, env: Mapping[str, str], now: float, *, offline: bool = False) -> Live:
    """This machine's own values; `offline`: those of the last refresh. Raises ConfigError."""
    return _live(where, config, current_snapshot(where, env, now, offline=offline), now, [])


def live_in_session(where: Locations, config: Config, env: Mapping[str, str], now: float, *, offline: bool = False) -> Live:
    """This machine's own values, with the sample's session around them: its model, folder, context and cost."""
    state = live(where, config, env, now, offline=offline)
    stdin = sample.load("statusline.json", now)
    for name, value in session.session_fields(stdin, paths.home(env), now).items():
        state.fields.setdefault(name, value)
    return state


def sampled(where: Locations, config: Config, now: float, *, opened: bool = True) -> Live:
    """The bundled sample's values, in the user's own configuration; `opened`: with undocumented sources. Raises ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        env = sample.furnish(Path(folder), now, opened=opened)
        snapshot = refresh(env, now).snapshot
        stdin = sample.load("statusline.json", now)
        own = session_readings(stdin.get("rate_limits"), now, now, stdin.get("session_id"))
        assert snapshot is not None  # noqa: S101 - a folder that was just made can be written
        state = _live(where, config, snapshot, now, own)
        state.fields.update(session.session_fields(stdin, paths.home(env), now))
    return state


def _live(where: Locations, config: Config, snapshot: Snapshot, now: float, own: list[dict[str, Any]]) -> Live:
    found = segments.catalogue(config, segments.own_folder(where.config_file))
    kept = msgspec.json.decode(msgspec.json.encode(snapshot))  # as the prompt path reads it
    fields = gather_fields(kept, own, now).whole()
    missing = overview(snapshot, now, local_zone()).missing
    return Live(found=found, compiled=segments.compile_lines(config, found), fields=fields, missing=missing)
