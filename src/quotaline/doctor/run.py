"""EFFECT The context that the checks look at, and all of them in order; a check that breaks is itself an answer."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from quotaline.config.load import load_checked, load_or_default
from quotaline.doctor.check import Check, DoctorContext
from quotaline.errors import ConfigError
from quotaline.locations import resolve_locations, single_folder_env
from quotaline.snapshot.load import load_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS = (
    "config", "folders", "snapshot", "sources", "endpoint", "verify", "organisation", "fleet", "integrations", "alerts",
    "ledger", "terminal",
)  # fmt: skip
"""The files of this folder in the order in which they are asked."""


def doctor_context(env: Mapping[str, str], now: float, *, online: bool, verify: bool = False) -> DoctorContext:
    """What is there at `now`; a configuration that cannot be followed is told, and the last good one looked at."""
    where, broken = resolve_locations(env), None
    env = single_folder_env(env)
    try:
        config = load_checked(where.config_file)
    except ConfigError as error:
        config, broken = load_or_default(where.config_file, where.cache_dir)[0], str(error)
    return DoctorContext(
        where=where,
        env=env,
        now=now,
        config=config,
        broken=broken,
        snapshot=load_snapshot(where.snapshot),
        online=online,
        verify=verify,
    )


def run_checks(context: DoctorContext) -> list[Check]:
    """Every check, clean of what is personal."""
    found: list[Check] = []
    for group in GROUPS:
        if group == "verify" and not context.verify:
            continue
        module = importlib.import_module(f"quotaline.doctor.{group}")
        try:
            found += module.checks(context)
        except Exception as error:  # noqa: BLE001 - the doctor must not die of what it finds
            message = f"The check itself broke: {type(error).__name__}: {error}."
            found.append(Check(group=group.capitalize(), name=group, status="FAIL", message=message, remedy="please report it"))
    return [context.clean(check) for check in found]
