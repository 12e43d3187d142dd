"""EFFECT The snapshot as plain values: anything wrong with it is "no snapshot", and then the shipped lines are drawn."""

from quotaline.core import system
from quotaline.core.values import loads_json, number, read_small_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
NAME = "snapshot.json"
MOST_FILES = 256
FRESH_FOR, STALE_AFTER = 60.0, 3600.0
"""Seconds: how long a snapshot is kept, and after which a value is marked stale, where the configuration says nothing."""
COMPILED = ("segments", "lines", "style")
"""What a snapshot holds of the configuration, ready for drawing."""


def config_state(path: str) -> str:
    """What tells one state on disk of config.toml, of its segments and presets, from another; "" where there are none.

    Contents are not read: times, sizes and names. `hash` of numbers is the same in every process.
    """
    if not path:
        return ""
    facts = [*_facts(path)]
    for kind in ("segments", "presets"):
        folder = system.join(system.dirname(path), kind)
        facts += _facts(folder)
        if facts[-1] < 0:
            continue
        try:
            names = sorted(name for name in system.listdir(folder) if name.endswith(".toml"))
        except OSError:
            names = []
        for name in names[:MOST_FILES]:
            facts += [int.from_bytes(system.fsencode(name), "big"), *_facts(system.join(folder, name))]
    return str(hash(tuple(facts))) if max(facts) >= 0 else ""


def _facts(path: str) -> "tuple[int, int, int]":
    try:
        facts = system.stat(path)
    except (OSError, ValueError):
        return -1, -1, -1
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size


def read_snapshot(path: str) -> "dict[str, Any] | None":
    """The snapshot at `path`; None when there is none, it is cut or foreign, or a newer quotaline wrote it."""
    value = loads_json(read_small_file(path).decode("utf-8", "replace"))
    if not isinstance(value, dict) or value.get("version") != VERSION:
        return None
    return value if number(value.get("written_at")) is not None else None


def read_or_defaults(folder: str) -> "dict[str, Any]":
    """The snapshot in `folder` with its parts of the right types; the shipped lines where there is none."""
    kept = read_snapshot(system.join(folder, NAME)) if folder else None
    if kept and is_compiled(kept):
        return kept
    shipped = loads_json(read_small_file(system.join(system.dirname(__file__), "defaults.json")).decode())
    return {**(kept or {}), **(shipped if isinstance(shipped, dict) else {part: {} for part in COMPILED})}


def is_compiled(kept: "dict[str, Any]") -> bool:
    """Whether the parts that came from the configuration have the shape that drawing relies on."""
    if not all(isinstance(kept.get(part), dict) and kept[part] for part in COMPILED):
        return False
    return all(isinstance(item, dict) and isinstance(item.get("forms"), list) for item in kept["segments"].values())
