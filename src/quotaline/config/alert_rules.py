"""PURE The grammar of `[[alert]]`, which is closed.

`FIELD >= NUMBER` (also `>`, `<=`, `<`) for any number that a segment may show, `crossing`, `reset` and `WINDOW.reset`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.config.fields import is_field
from quotaline.core.money import SYMBOLS

if TYPE_CHECKING:
    from quotaline.config.schema import Alert

SYMBOL = "|".join(map(re.escape, SYMBOLS))
FORM = re.compile(rf"\s*([a-z][a-z0-9_.]*)\s*(?:(>=|<=|>|<)\s*(?:{SYMBOL})?([0-9]{{1,12}}(?:\.[0-9]{{1,6}})?)\s*%?)?\s*")
QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class Condition(Struct, frozen=True):
    """A parsed `when`: a comparison, or an event (`crossing`, `reset`) with `op` empty. `field` may be a window's `….reset`."""

    field: str
    op: str = ""
    number: Decimal = Decimal(0)


def parse_condition(when: str) -> Condition | None:
    """The condition in `when`; None when it is none."""
    found = FORM.fullmatch(when)
    if found is None:
        return None
    name, op, number = found.groups()
    if op is None:
        event = name in ("crossing", "reset") or (name.endswith(".reset") and is_field(name[:-6] + ".resets_at"))
        return Condition(name) if event else None
    return Condition(name, op, Decimal(number)) if is_field(name) else None


def alert_problem(alert: Alert) -> str | None:
    """What is wrong with an `[[alert]]` beyond its types, without a full stop."""
    if parse_condition(alert.when) is None:
        return (
            f"`alert.when` is {alert.when!r}; allowed are a field, a comparison and a number (`five_hour.used >= 90`), "
            "`crossing`, `reset` and `WINDOW.reset`"
        )
    if isinstance(alert.run, str) != alert.shell and alert.run:
        return "`alert.run` must be a list of words, or one text together with `shell = true`"
    if alert.quiet is not None and not QUIET.fullmatch(alert.quiet):
        return f'`alert.quiet` is {alert.quiet!r}; allowed is a span of local time such as "22:00-07:00"'
    return None
