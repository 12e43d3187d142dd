"""PURE Tables in which every key is known: an unknown key or a wrong type is one sentence that says what is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from quotaline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

TYPE_WORDS = {
    "bool": "true or false", "str": "text", "int": "a whole number", "float": "a number", "array": "a list",
    "object": "a table",
}  # fmt: skip


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: a key that is not listed is an error, not a silent nothing."""


def convert(tree: Any, kind: type[T], name: str) -> T:
    """`tree` as `kind`; msgspec's complaint becomes a sentence with the key and what is allowed there."""
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        raise ConfigError(f"{name}: {explain(message, kind, entry(tree, kind, message))}") from error


def entry(tree: Any, kind: Any, message: str) -> list[str]:
    """Which entries of tables the complaint is about; msgspec writes `[...]` for each."""
    found = re.search(r"`\$\.([^`]+)`$", message)
    steps = re.findall(r"[^.\[\]]+|\[\.\.\.\]", found[1]) if found else []
    names: list[str] = []
    path: list[str] = []
    for step in steps[: len(steps) - steps[::-1].index("[...]")] if "[...]" in steps else ():
        if step != "[...]":
            path.append(step)
            continue
        node = tree
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        wrong = (
            name for name in (node if isinstance(node, dict) else ()) if _complaint([*path, name], node[name], kind) == message
        )
        name = next(wrong, "")
        names, path = [*names, name], [*path, name]
    return names


def _complaint(path: list[str], value: Any, kind: Any) -> str:
    """What msgspec says of a tree that holds `value` alone, at `path`."""
    for step in reversed(path):
        value = {step: value}
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def explain(message: str, kind: Any, names: Sequence[str] = ()) -> str:
    """One sentence from a msgspec message such as "Expected `bool`, got `str` - at `$.sources.endpoint.enabled`".

    `names` are the tables' entries that `[...]` stands for, where they are known.
    """
    found = re.match(r"(?P<what>.*?)(?: - at (?:key in )?`\$?\.?(?P<path>.*)`)?$", message, re.DOTALL)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    shown = path
    for name in names:
        shown = shown.replace("[...]", f".{name}" if name else "[…]", 1)
    unknown = re.match(r"Object contains unknown field `(.*)`", what)
    if unknown:
        place = f"`{shown}.{unknown[1]}`" if path else f"`{unknown[1]}`"
        return f"{place} is not a key; allowed are {listed(keys_at(kind, path))}."
    missing = re.match(r"Object missing required field `(.*)`", what)
    if missing:
        return f"`{shown or 'the file'}` lacks the key `{missing[1]}`."
    what = (
        re.sub(r"`([^`]*)`", lambda words: _kinds(words[1]), what)
        .replace("Expected ", "must be ")
        .replace(", got ", ", not ")
        .replace("Invalid enum value", "cannot be")
    )
    allowed = choices_at(kind, path)
    return f"`{shown}` {what}" + (f"; allowed are {listed(allowed)}." if allowed else ".")


def _kinds(types: str) -> str:
    """`float | str | null` as a person says it."""
    return " or ".join(TYPE_WORDS.get(word, word) for word in types.split(" | ") if word != "null")


def keys_at(kind: Any, path: str) -> list[str]:
    """The keys of the table at `path`, for messages."""
    node = node_at(kind, path)
    return [item.encode_name for item in node.fields] if isinstance(node, msgspec.inspect.StructType) else []


def choices_at(kind: Any, path: str) -> list[str]:
    """The values of an enumeration at `path`, for messages."""
    node = node_at(kind, path)
    return [str(value) for value in node.values] if isinstance(node, msgspec.inspect.LiteralType) else []


def node_at(kind: Any, path: str) -> Any:
    """Msgspec's description of the type at a dotted path; `[...]` steps into a table of tables or a list."""
    node: Any = msgspec.inspect.type_info(kind)
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        if isinstance(node, msgspec.inspect.DictType):
            node = node.value_type
        elif isinstance(node, msgspec.inspect.StructType):
            node = next((item.type for item in node.fields if item.encode_name == step), None)
        else:
            node = getattr(node, "item_type", None)
    return node


def listed(names: Any) -> str:
    """Names as a person lists them."""
    return ", ".join(str(name) for name in names)
