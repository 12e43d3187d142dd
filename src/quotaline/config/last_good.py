"""EFFECT The last configuration that was understood, kept in the cache folder: a mistake in the files never opens a guard.

`config.json`, 0600: `{"version": 1, "config": …, "segments": {name: segment as written}, "made_of": …, "compiled": …}`. What
has something wrong with it is no configuration.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from quotaline.config.schema import Config
from quotaline.config.segments import Tree, segment_problem
from quotaline.errors import ConfigError
from quotaline.files import read_file, write_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "config.json"
VERSION = 1
LARGEST = 4 * 1024 * 1024


class Kept(Struct, frozen=True, kw_only=True):
    """A configuration and the user's own segments as they were written.

    `compiled` is what they give a snapshot, and `made_of` tells the files and the program that gave it; "" where it is not sure
    that a change of those would be seen.
    """

    config: Config
    own: dict[str, Tree]
    made_of: str = ""
    compiled: dict[str, Any] = {}


class _File(Struct, frozen=True):
    version: int
    config: dict[str, Any]
    segments: dict[str, dict[str, Any]] = {}
    made_of: str = ""
    compiled: dict[str, Any] = {}


def read_last_good(cache_dir: Path | None, understand: Callable[[Any], Config]) -> Kept | None:
    """What was kept, where this version still understands it; `understand` makes a Config of a tree or raises ConfigError."""
    try:
        data = read_file(cache_dir / NAME, LARGEST) if cache_dir else b""
        file = msgspec.json.decode(data, type=_File)
        config = understand(file.config)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError, ConfigError):
        return None
    own = {name: tree for name, tree in file.segments.items() if segment_problem(tree, name) is None}
    kept = Kept(config=config, own=own, made_of=file.made_of, compiled=file.compiled)
    return kept if file.version == VERSION else None


def keep_last_good(cache_dir: Path | None, kept: Kept) -> None:
    """Write it where it is another than what is there. Where that cannot be, nothing else can be written either."""
    if cache_dir is None or not cache_dir.is_dir():
        return
    with contextlib.suppress(OSError, TypeError, ValueError, msgspec.MsgspecError):
        file = _File(VERSION, msgspec.to_builtins(kept.config), kept.own, kept.made_of, kept.compiled)
        data = msgspec.json.encode(file)
        with contextlib.suppress(OSError):
            if read_file(cache_dir / NAME, LARGEST) == data:
                return
        write_own(cache_dir / NAME, data)
