"""PURE The user's own names for models (`[style.models]`): the first that fits takes the place of the model's, for people."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DATE_DIGITS = 8
OF_A_MODEL = "seven_day_"


def own_name(names: "Mapping[str, Any]", *called: str) -> "str | None":
    """The user's name for a model that is `called` so, by its identifier or its display name; None where none fits."""
    wanted = {form for name in called for form in (name.casefold(), plain(name.casefold()))}
    for pattern, shown in names.items():
        pieces = pattern.casefold().split("*")
        if isinstance(shown, str) and shown and any(fits(pieces, name) for name in wanted):
            return shown
    return None


def window_name(names: "Mapping[str, Any]", key: str, name: str) -> str:
    """A window's name with the user's own for the model that it is of: `Weekly (Fable)` is `Weekly (F)` by `Fable = "F"`."""
    head, bracket, model = name.partition("(")
    shown = own_name(names, model.rstrip(")")) if bracket and key.startswith(OF_A_MODEL) else None
    return f"{head}({shown})" if shown else name


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
