"""PURE JSON of other programs: strictly first, and where that fails once more with patience."""

from __future__ import annotations

from typing import Any

import msgspec


def decode_json(data: bytes | msgspec.Raw) -> Any:
    """The value in a JSON text. Raises ValueError, without a word of the text, where it is none even on a second look."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors
        pass
    from quotaline.sources.damaged_json import loads  # noqa: PLC0415 - few texts are damaged

    return loads(bytes(data))
