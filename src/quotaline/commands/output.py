"""EFFECT What a command writes into the file that somebody named, or to stdout."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from quotaline.core.values import printable
from quotaline.files import PRIVATE, write_atomic

STDOUT = "-"


def write_output(file: str, data: bytes, *, mode: int = PRIVATE) -> None:
    """Replace the file that `file` or a link of this name names, at once; into a pipe or a device it is written.

    `-` is stdout. Raises FileError; the file that was there stays then.
    """
    if file == STDOUT:
        sys.stdout.buffer.write(data)
        return
    try:
        path = Path(file)
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as other:
                other.write(data)
        else:
            write_atomic(path.resolve(), data, mode=mode)
    except (OSError, ValueError) as error:
        raise click.FileError(printable(file), getattr(error, "strerror", None) or "no such name can be") from None
