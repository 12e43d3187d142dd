"""EFFECT JSON of other programs: strictly first, and where that fails once more with patience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.errors import SourceError
from quotaline.files import read_file
from quotaline.sources.fields import table

if TYPE_CHECKING:
    from pathlib import Path


def decode_json(data: bytes | msgspec.Raw) -> Any:
    """The value in a JSON text. Raises ValueError, without a word of the text, where it is none even on a second look."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors
        pass
    from quotaline.sources.damaged_json import loads  # noqa: PLC0415 - few texts are damaged

    return loads(bytes(data))


def read_table(path: Path, largest: int, program: str) -> dict[str, Any]:
    """The object in a file of `program`'s, {} for another value. Raises SourceError where there is no JSON to be read."""
    try:
        return table(decode_json(read_file(path, largest)))
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise SourceError(f"{path.name} is not the JSON that {program} writes.") from None
