"""EFFECT The snapshot as plain values: anything wrong with it is "no snapshot", and then the shipped lines are drawn."""

import os

from quotaline.core.values import loads_json, number, read_small_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
NAME = "snapshot.json"
COMPILED = ("segments", "lines", "style")
"""What a snapshot holds of the configuration, ready for drawing."""


def read_snapshot(path: str) -> "dict[str, Any] | None":
    """The snapshot at `path`; None when there is none, it is cut or foreign, or a newer quotaline wrote it."""
    value = loads_json(read_small_file(path).decode("utf-8", "replace"))
    if not isinstance(value, dict) or value.get("version") != VERSION:
        return None
    return value if number(value.get("written_at")) is not None else None


def read_or_defaults(folder: str) -> "dict[str, Any]":
    """The snapshot in `folder` with its parts of the right types; the shipped lines where there is none."""
    kept = read_snapshot(os.path.join(folder, NAME)) if folder else None
    if kept and is_compiled(kept):
        return kept
    shipped = loads_json(read_small_file(os.path.join(os.path.dirname(__file__), "defaults.json")).decode())
    return {**(kept or {}), **(shipped if isinstance(shipped, dict) else {part: {} for part in COMPILED})}


def is_compiled(kept: "dict[str, Any]") -> bool:
    """Whether the parts that came from the configuration have the shape that drawing relies on."""
    if not all(isinstance(kept.get(part), dict) and kept[part] for part in COMPILED):
        return False
    return all(isinstance(item, dict) and isinstance(item.get("forms"), list) for item in kept["segments"].values())
