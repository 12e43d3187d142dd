"""EFFECT The scene that the checks look at, and all of them in order; a check that breaks is itself an answer."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from quotaline import config as configuration
from quotaline import segments
from quotaline.checks.result import Check, Scene
from quotaline.config import Config
from quotaline.errors import ConfigError
from quotaline.places import places
from quotaline.refresh import load_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS = ("settings", "folders", "snapshot", "sources", "requester", "hosts", "alerts", "ledger", "terminal")
"""The files of this folder in the order in which they are asked."""


def scene(env: Mapping[str, str], now: float, *, online: bool) -> Scene:
    """What is there at `now`; a configuration that cannot be followed is told, and the default one looked at."""
    where, broken = places(env), None
    try:
        config = configuration.load(where.config_file)
        segments.catalogue(config, segments.own_folder(str(where.config_file or "")))
    except ConfigError as error:
        config, broken = Config(), str(error)
    return Scene(
        where=where, env=env, now=now, config=config, broken=broken, snapshot=load_snapshot(where.snapshot), online=online
    )


def examine(looked_at: Scene) -> list[Check]:
    """Every check, clean of what is personal."""
    found: list[Check] = []
    for group in GROUPS:
        module = importlib.import_module(f"quotaline.checks.{group}")
        try:
            found += module.checks(looked_at)
        except Exception as error:  # noqa: BLE001 - the doctor must not die of what it finds
            says = f"The check itself broke: {type(error).__name__}: {error}."
            found.append(Check(group=group.capitalize(), name=group, status="FAIL", says=says, remedy="please report it"))
    return [looked_at.clean(check) for check in found]
