"""EFFECT What a refresh leaves in the cache folder for those who draw: the snapshot, prompt files, and when this boot was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
from msgspec import structs

from quotaline.core.snapshot import NAME
from quotaline.core.values import loads_json
from quotaline.files import write_own
from quotaline.snapshot import prompt_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from quotaline.model import Fault, Snapshot

T = TypeVar("T")
S = TypeVar("S")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Net(Protocol):
    """What catches a fault of the prompt files; `refresh.stages.Stages` is one."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults so far."""

    def attempt(self, stage: str, work: Callable[[], T], otherwise: S) -> T | S:
        """What `work` returns, `otherwise` where it fails."""


def publish(folder: Path, snapshot: Snapshot, now: float, net: Net) -> Snapshot:
    """Write `snapshot.json` with the faults so far, and what is derived from it; the snapshot as written. Raises OSError."""
    plain = loads_json(msgspec.json.encode(snapshot).decode())
    files: dict[str, bytes] = net.attempt("prompt files", lambda: prompt_files.render_prompt_files(plain, now), {})
    written = structs.replace(snapshot, faults=net.faults)
    write_own(folder / NAME, msgspec.json.encode(written))
    for name, content in files.items():
        write_own(folder / name, content)
    moment = net.attempt("clock", boot_clock, b"")
    if moment:
        write_own(folder / "clock", moment)
    return written


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
