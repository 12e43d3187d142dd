"""PURE `limits[]`, `model_scoped[]` and the named windows of a usage body -> one window for each limit that the server keeps.

Rows speak first, classified on `kind` and never on a label; a named window of the same period fills in what its row leaves
out: a row that says nothing takes no number's place. A kind that is not known is a window under the server's own key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline.config.fields import FIELDS
from quotaline.core.periods import same_period
from quotaline.core.values import short_label, slug
from quotaline.core.windows import BY_ID, EXTRA_USAGE, KINDS, MODELS, PERIOD_LENGTHS, member_id, member_name, own_name
from quotaline.model import Window
from quotaline.sources.fields import BadFieldError, kept_beside, percent, reset, table

if TYPE_CHECKING:
    from collections.abc import Mapping

ROW_KINDS = {kind.row: kind for kind in KINDS if kind.row}
PERIODS = tuple(PERIOD_LENGTHS)
RESERVED = frozenset({EXTRA_USAGE, *(name.partition(".")[0] for name in FIELDS)})
"""First words of fields that are no window's."""
CLOSE = 1.0
"""Percentages that differ by less are one, cut in one place and not in the other."""
_READ = frozenset({"kind", "group", "percent", "resets_at", "scope"})


def add_rows(rows: object, windows: dict[str, Window], problems: list[str], now: float | None) -> list[Any]:
    """Put the windows of `limits[]` into `windows`; return the rows that cannot be understood."""
    strange = []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        where = f"limits[{index}]"
        try:
            _add(windows, table(row), now)
        except BadFieldError as error:
            named = table(row).get("kind")
            kind = ROW_KINDS.get(named) if isinstance(named, str) else None
            problems.append(f"{where}: {error}" if kind is None or kind.many else f"{kind.id}: {where}: {error}")
            strange.append(row)
    return strange


def add_model_scoped(rows: object, windows: dict[str, Window], problems: list[str], now: float | None) -> None:
    """Put the windows of `get_usage`'s `model_scoped[]` into `windows`, where `limits[]` has none of that name."""
    found: dict[str, Window] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        try:
            key, window = _model_scoped(table(row), found, now)
        except BadFieldError as error:
            problems.append(f"model_scoped[{index}]: {error}")
            continue
        if key not in windows:
            found[window.id] = window
        elif windows[key].utilization is None:
            windows[key] = combine(windows[key], window, now)
    windows.update(found)


def _model_scoped(row: Mapping[str, Any], taken: Mapping[str, Window], now: float | None) -> tuple[str, Window]:
    """The id that a row's name makes, and its window under one that is not `taken`. Raises BadFieldError."""
    name = short_label(row.get("display_name"))
    if name is None:
        raise BadFieldError("no name")
    key = member_id(MODELS, [name])
    window = Window(
        id=key,
        name=name,
        utilization=percent(row.get("utilization")),
        resets_at=reset(row.get("resets_at"), key, now),
    )
    return key, _member(window, [name], "", taken)


def _add(windows: dict[str, Window], row: Mapping[str, Any], now: float | None) -> None:
    """Add the window of one row. Raises BadFieldError for a kind, a percentage or a date that is not understood."""
    label = short_label(row.get("kind"))
    if label is None:
        raise BadFieldError("a row without a kind")
    kind = ROW_KINDS.get(label) or (BY_ID.get(label) if label not in RESERVED else None)
    scope = table(row.get("scope"))
    names = [name for part in ("model", "surface") if (name := _scope_name(scope.get(part))) is not None]
    extras = kept_beside(row, _READ)
    if kind is not None and kind.many:
        if not names:
            raise BadFieldError("a scope without a name")
        key, name = member_id(kind, names), member_name(kind, names)
    elif kind is not None:
        key, name = kind.id, kind.name
    else:
        key, name = _own_key(label, names), f"{label} ({', '.join(names)})" if names else label
        extras |= {"period": row["group"]} if row.get("group") in PERIODS else {}
    window = Window(
        id=key,
        name=name,
        utilization=percent(row.get("percent")),
        resets_at=reset(row.get("resets_at"), key, now, extras.get("period")),
        extras=extras,
    )
    other = windows.get(key)
    if other is not None and not says_nothing(other):
        if window == other or says_nothing(window):
            return
        more = short_label(table(scope.get("model")).get("id")) or ""
        window = _numbered(window, windows) if kind is None or not kind.many else _member(window, names, more, windows)
    windows[window.id] = window


def _own_key(label: str, names: list[str]) -> str:
    """The id of a window of a kind that is not known: the server's own key, and the names of its scope."""
    own = slug(label)
    return "_".join([f"limit_{own}" if own in RESERVED else own, *(slug(name) for name in names)])


def _member(window: Window, names: list[str], more: str, taken: Mapping[str, Window]) -> Window:
    """A weekly window of one model or surface under an id that nobody has, made of the names that the server gave."""
    named = own_name(MODELS, names, taken, more)
    return structs.replace(window, id=member_id(MODELS, named), name=member_name(MODELS, named))


def _numbered(window: Window, taken: Mapping[str, Window]) -> Window:
    count = 2
    while f"{window.id}_{count}" in taken:
        count += 1
    return structs.replace(window, id=f"{window.id}_{count}", name=f"{window.name} {count}")


def _scope_name(part: object) -> str | None:
    if isinstance(part, dict):
        return short_label(part.get("display_name")) or short_label(part.get("name")) or short_label(part.get("id"))
    return short_label(part)


def says_nothing(window: Window) -> bool:
    """Whether neither a number nor a reset was told."""
    return window.utilization is None and window.resets_at is None and window.used_money is None


def combine(row: Window, named: Window, now: float | None) -> Window:
    """The window of a row and of the named bucket of the same id: the row's, with what only the bucket tells.

    Of one period the bucket's percentage is the more precise one, and money stands only there. A row without a reset is of
    the bucket's period, unless that is over at `now`.
    """
    filled = structs.replace(named, name=row.name, extras=named.extras | row.extras)
    if says_nothing(row):
        return filled
    if row.utilization is None and named.utilization is not None:
        return structs.replace(filled, resets_at=row.resets_at if named.resets_at is None else named.resets_at)
    over = named.resets_at is not None and now is not None and named.resets_at <= now
    if over or (row.resets_at is not None and not same_period(row.resets_at, named.resets_at)):
        return row
    precise = named.utilization is not None and (row.resets_at is not None or _close(row, named))
    return structs.replace(
        filled,
        utilization=named.utilization if precise else row.utilization,
        resets_at=named.resets_at if row.resets_at is None else row.resets_at,
    )


def _close(row: Window, named: Window) -> bool:
    return row.utilization is not None and named.utilization is not None and abs(row.utilization - named.utilization) < CLOSE
