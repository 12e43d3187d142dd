"""PURE The overview as `usage --json` writes it, and the JSON Schema of that, made from the types."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from quotaline.model import Money
from quotaline.usage.local import moment
from quotaline.usage.report import OUTLOOK, SCHEMA_VERSION, AllAccounts, Overview

V = TypeVar("V", bound=Overview)
MOMENTS = ("limit_at", "limit_earliest", "limit_latest", "crossed_at")


def to_json(view: Overview) -> bytes:
    """The overview as indented JSON."""
    return _indented(_plain(view))


def all_to_json(views: AllAccounts) -> bytes:
    """The overviews of all accounts as indented JSON."""
    return _indented(structs.replace(views, accounts=[_plain(view) for view in views.accounts]))


def _plain(view: V) -> V:
    return structs.replace(view, windows=[structs.replace(one, extras=plain(one.extras)) for one in view.windows])


def _indented(view: Overview | AllAccounts) -> bytes:
    return msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(view), indent=2)


def plain(extras: dict[str, Any]) -> dict[str, Any]:
    """`extras` with our own additions written like the rest: money as a number, moments as RFC 3339, percent with a tenth."""
    found = dict(extras)
    for name in (*OUTLOOK, "left", "prepaid_balance"):
        value = found.get(name)
        if isinstance(value, list):
            found[name] = Money(*value).decimal()
        elif name in MOMENTS and isinstance(value, int | float):
            found[name] = moment(value)
        elif isinstance(value, float):
            found[name] = round(value, 1)
    return found


def schema(*, all_accounts: bool = False) -> bytes:
    """The JSON Schema of `to_json` or of `all_to_json`, made from the types."""
    tree = msgspec.json.schema(AllAccounts if all_accounts else Overview)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:quotaline:usage{'-all' * all_accounts}:{SCHEMA_VERSION}",
        "title": f"quotaline usage --json{' --all' * all_accounts}, version {SCHEMA_VERSION}",
    }
    return msgspec.json.format(msgspec.json.encode({**head, **tree_of(tree)}), indent=2) + b"\n"


def tree_of(node: Any) -> Any:
    """A schema in which decimals are the numbers that `to_json` writes and every key that is always there is required."""
    if isinstance(node, list):
        return [tree_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "string", "format": "decimal"}:
        return {"type": "number"}
    tree = {key: tree_of(item) for key, item in node.items()}
    if isinstance(tree.get("description"), str):
        tree["description"] = cleandoc(tree["description"])  # as Python 3.13 keeps docstrings, and older ones do not
    if tree.get("type") == "object" and isinstance(tree.get("properties"), dict):
        tree["required"] = list(tree["properties"])
    return tree
