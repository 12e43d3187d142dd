"""PURE `quotaline prompt --shell env`: the numbers as variables, one `NAME=VALUE` a line. Imported only when it is named.

A value is of letters, digits, dots, dashes and underlines alone, so that neither a shell that evaluates the lines nor systemd's
EnvironmentFile nor `env` finds anything in it to quote. What is not known is not there.
"""

from quotaline.core.money import format_amount
from quotaline.core.values import as_money, number
from quotaline.core.windows import EXTRA_USAGE, field_prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from quotaline.render.fields import Fields

PREFIX = "QUOTALINE_"
SETTINGS = frozenset(("CONFIG", "CACHE_DIR", "DATA_DIR", "ADMIN_KEY", "REFRESH", "TTY", "MESSAGE"))
"""Behind the prefix what quotaline reads or sets itself: a window of such a name would change where its files are."""
SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
SPANS = ("today", "week", "block")
EXTRA = field_prefix(EXTRA_USAGE)


def variable_lines(fields: "Fields") -> str:
    """The lines, without the last one's end; "" where nothing is known."""
    found: dict[str, str] = {}
    for name, value in _variables(fields):
        key = "".join(c if c.isascii() and c.isalnum() else "_" for c in name).upper()
        text = str(value)
        if value is not None and key not in SETTINGS and text and SAFE.issuperset(text):
            found.setdefault(PREFIX + key, text)
    return "\n".join(f"{name}={text}" for name, text in found.items())


def _variables(fields: "Fields") -> "Iterator[tuple[str, Any]]":
    """Names without their prefix, and values; None for what is not known."""
    for key in fields.windows:
        yield key, _cut(fields.get(f"{key}.used"))
        yield f"{key}_resets_at", _cut(fields.get(f"{key}.resets_at"))
        money, limit = _money(fields.get(f"{key}.money")), _money(fields.get(f"{key}.limit"))
        yield from zip((f"{key}_money", f"{key}_limit"), (money and money[0], limit and limit[0]), strict=True)
        yield f"{key}_currency", (money or limit or (None, None))[1]
        yield from _age(fields, key)
    used, limit, left = (_money(fields.get(f"{EXTRA}.{name}")) for name in ("used", "limit", "left"))
    yield "extra", used and used[0]
    yield "extra_limit", limit and limit[0]
    yield "extra_left", left and left[0]
    yield "extra_percent", _cut(fields.get(f"{EXTRA}.utilization"))
    yield "extra_currency", (used or limit or left or (None, None))[1]
    yield from _age(fields, EXTRA)
    for span in SPANS:
        cost = _money(fields.get(f"{span}.cost"))
        yield f"{span}_cost", cost and cost[0]
        yield f"{span}_tokens", _cut(fields.get(f"{span}.tokens"))
    yield "plan", fields.get("account.plan")


def _age(fields: "Fields", key: str) -> "Iterator[tuple[str, Any]]":
    yield f"{key}_age", _cut(fields.get(f"{key}.age"))
    yield f"{key}_stale", "1" if key in fields.stale and fields.get(f"{key}.age") is not None else None


def _cut(value: "Any") -> "int | None":
    amount = number(value)
    return None if amount is None else int(amount)


def _money(value: "Any") -> "tuple[str, str] | None":
    """The amount in whole units, exact, and its currency."""
    money = as_money(value)
    return None if money is None else (format_amount(money[0], money[2]), money[1])
