"""EFFECT What a refresh leaves in the cache folder for those who draw: the snapshot, prompt files, and when this boot was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from quotaline.core.values import loads_json
from quotaline.files import write_atomic
from quotaline.snapshot import prompt_files

if TYPE_CHECKING:
    from quotaline.model import Snapshot

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def publish(folder: Path, snapshot: Snapshot, now: float) -> None:
    """Write `snapshot.json` and what is derived from it. Raises OSError."""
    encoded = msgspec.json.encode(snapshot)
    write_atomic(folder / "snapshot.json", encoded)
    for name, content in prompt_files.render_prompt_files(loads_json(encoded.decode()), now).items():
        write_atomic(folder / name, content)
    moment = boot_clock()
    if moment:
        write_atomic(folder / "clock", moment)


def boot_clock() -> bytes:
    """`BOOT_ID EPOCH` for a shell that has no clock but can read /proc/uptime; empty where there is no /proc.

    The id says after another boot that the time no longer counts.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        name = BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return b""
    return f"{name} {round(time.time() - time.clock_gettime(clock))}\n".encode() if clock is not None and name else b""
