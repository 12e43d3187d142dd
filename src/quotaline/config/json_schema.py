"""PURE The JSON Schema of config.toml, for editors, made from its types and what README says of each key."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.config.palettes import PALETTES
from quotaline.config.schema import Config
from quotaline.config.segment import Segment
from quotaline.prices.book import OVERRIDE_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:quotaline:config", "title": "quotaline's config.toml"}
"""Of the drafts the one that editors of TOML know (taplo, and what is built on it)."""
LEFT_OUT = ("title", "default", "required", "description", "$ref")


def schema(meanings: Mapping[str, str]) -> bytes:
    """The schema as indented JSON; `meanings` are sentences by dotted key, as in README's table."""
    (whole, segment), parts = msgspec.json.schema_components((Config, Segment))
    tree = _Tree(parts, meanings)
    found = tree.node(whole, "")
    entries = found["properties"]
    laid_over = tree.node(segment, "segments.NAME")
    for part in (laid_over, laid_over["properties"]["fallback"]):
        part.pop("required", None)  # what is laid over a segment need not be whole
    entries["segments"]["additionalProperties"] = laid_over
    entries["style"]["properties"]["palette"]["enum"] = list(PALETTES)
    one = entries["prices"]["additionalProperties"]
    one["properties"], one["additionalProperties"] = dict.fromkeys(OVERRIDE_KEYS, one["additionalProperties"]), False
    return msgspec.json.format(msgspec.json.encode({**HEAD, **found}), indent=2) + b"\n"


class _Tree:
    """Msgspec's schema with everything in its place, without null, which TOML does not have."""

    def __init__(self, parts: Mapping[str, Any], meanings: Mapping[str, str]) -> None:
        self._parts, self._meanings = parts, meanings

    def node(self, node: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The schema of what stands at `key`."""
        named = node.get("$ref")
        whole: dict[str, Any] = {**(self._parts[named.rpartition("/")[2]] if named else {}), **node}
        about = self._meanings.get(key) or cleandoc(whole.get("description", "")).partition("\n")[0]
        found: dict[str, Any] = {"description": about} if about else {}
        choices = [one for one in whole.pop("anyOf", ()) if one != {"type": "null"}]
        if len(choices) == 1:
            return {**found, **self.node(choices[0], key), **found, **self._default(whole)}
        found |= {name: value for name, value in whole.items() if name not in LEFT_OUT}
        found |= {"anyOf": choices} if choices else {}
        found |= {"required": whole["required"]} if whole.get("required") else {}
        found |= self._default(whole)
        if "properties" in whole:
            inside = whole["properties"].items()
            found["properties"] = {name: self.node(one, f"{key}.{name}".lstrip(".")) for name, one in inside}
        if isinstance(whole.get("additionalProperties"), dict):
            inner = whole["additionalProperties"]
            last = "NAME" if "$ref" in inner or inner.get("type") == "object" else "KEY"
            found["additionalProperties"] = self.node(inner, f"{key}.{last}")
        if "items" in whole:
            found["items"] = self.node(whole["items"], f"{key}[]")
        return found

    def _default(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """A value's default; a table's is that of its keys."""
        value = whole.get("default")
        return {} if value is None or isinstance(value, dict | list | tuple) else {"default": value}
