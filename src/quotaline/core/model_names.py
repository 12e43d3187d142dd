"""PURE The user's own names for models (`[style.models]`): the first that fits takes the place of the model's, for people."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DATE_DIGITS = 8


def own_name(names: "Mapping[str, Any]", *called: str) -> "str | None":
    """The user's name for a model that is `called` so, by its identifier or its display name; None where none fits."""
    wanted = {form for name in called for form in (name.casefold(), plain(name.casefold()))}
    for pattern, shown in names.items():
        pieces = pattern.casefold().split("*")
        if isinstance(shown, str) and shown and any(fits(pieces, name) for name in wanted):
            return shown
    return None


def fits(pieces: "list[str]", name: str) -> bool:
    """Whether a name is these pieces with any text between them."""
    first, *rest = pieces
    if not rest:
        return name == first
    last = rest.pop()
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in rest:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def plain(name: str) -> str:
    """An identifier without `[1m]` and the date of its release."""
    name = name.partition("[")[0]
    head, _, tail = name.rpartition("-")
    return head if len(tail) == DATE_DIGITS and tail.isascii() and tail.isdigit() else name
