"""PURE The `/api/oauth/usage` body -> windows and extra usage, bucket by bucket.

The same body lies in `~/.claude.json` (`cachedUsageUtilization.utilization`) and, reduced, in `usage_report.rate_limits` of
`claude -p /usage`. It is undocumented: every field is optional, and what cannot be understood costs its own bucket only.
`limits[]` speaks first, classified on `kind` and never on a label; the named windows fill in what it did not give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from msgspec import Struct, structs

from quotaline.core.periods import same_period
from quotaline.core.values import short_label
from quotaline.core.windows import FAMILIES, KINDS, member_id, member_name
from quotaline.errors import SourceError
from quotaline.model import ExtraUsage, Reading, Window
from quotaline.sources.extra import parse_extra
from quotaline.sources.fields import BadFieldError, dollars, moment, percent, share, table

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

FAMILY = FAMILIES[0]
ROW_KINDS = {kind.row: kind for kind in KINDS if kind.row}
_READ_ELSEWHERE = frozenset({"limits", "model_scoped", "extra_usage", "spend"})
KNOWN_KEYS = frozenset({*(key for kind in KINDS for key in kind.body), *_READ_ELSEWHERE})


class UsageBody(Struct, frozen=True):
    """What a body said: values to show, what it cost us (`problems`), and by the server's own keys what we do not show."""

    values: tuple[Window | ExtraUsage, ...]
    unknown: dict[str, Any]
    problems: tuple[str, ...] = ()


def readings(body: object, *, source: str, as_of: float, account: str | None) -> list[Reading]:
    """The body's values as readings of an undocumented source. Raises SourceError like `parse`."""
    return [Reading(value=value, source=source, as_of=as_of, account=account, alpha=True) for value in parse(body).values]


def parse(body: object) -> UsageBody:
    """Read a decoded body. Raises SourceError when none of its keys is known: that is an error page, not 0 %."""
    if not isinstance(body, dict) or not KNOWN_KEYS & body.keys():
        raise SourceError("The answer holds no usage figure that quotaline knows; a newer quotaline may know it.")
    problems: list[str] = []
    unknown = {key: value for key, value in body.items() if key not in KNOWN_KEYS and value is not None}
    windows: dict[str, Window] = {}
    strange = _rows(body, windows, problems)
    if strange:
        unknown["limits"] = strange
    _named(body, windows, problems)
    values: list[Window | ExtraUsage] = list(windows.values())
    extra = _attempt("extra_usage", problems, parse_extra, body.get("extra_usage"), body.get("spend"), problems)
    if extra is not None:
        values.append(extra)
    return UsageBody(tuple(values), unknown, tuple(problems))


def scoped_window(names: list[str], utilization: float | None, resets_at: float | None, extras: dict[str, Any]) -> Window:
    """A weekly window of one model or surface, under an id made of the name the server gave: `seven_day_fable`."""
    return Window(
        id=member_id(FAMILY, names),
        name=member_name(FAMILY, names),
        utilization=utilization,
        resets_at=resets_at,
        extras=extras,
    )


def model_scoped(rows: object, problems: list[str]) -> list[Window]:
    """`model_scoped[]` of `get_usage`: `{display_name, utilization, resets_at}` each; a broken one costs itself."""
    found = []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        window = _attempt(f"model_scoped[{index}]", problems, _model_scoped, table(row))
        if window is not None:
            found.append(window)
    return found


def _model_scoped(row: dict[str, Any]) -> Window:
    name = short_label(row.get("display_name"))
    if name is None:
        raise BadFieldError("no name")
    return scoped_window([name], percent(row.get("utilization")), moment(row.get("resets_at")), {})


def _rows(body: dict[str, Any], windows: dict[str, Window], problems: list[str]) -> list[Any]:
    """Put the windows of `limits[]` and `model_scoped[]` into `windows`; return the rows of kinds not known."""
    strange = []
    rows = body.get("limits")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        window = _attempt(f"limits[{index}]", problems, _row, table(row))
        if window is None:
            strange.append(row)
        else:
            windows.setdefault(window.id, window)
    for window in model_scoped(body.get("model_scoped"), problems):
        windows.setdefault(window.id, window)
    return strange


def _row(row: dict[str, Any]) -> Window:
    """One row of `limits[]`. Raises BadFieldError for a kind, a percentage or a date that is not understood."""
    utilization, resets_at = percent(row.get("percent")), moment(row.get("resets_at"))
    extras = {
        key: value
        for key, value in row.items()
        if value is not None and key not in {"kind", "group", "percent", "resets_at", "scope"}
    }
    named = row.get("kind")
    kind = ROW_KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        raise BadFieldError(f"a kind not known: {short_label(named) or type(named).__name__}")
    if not kind.many:
        return Window(id=kind.id, name=kind.name, utilization=utilization, resets_at=resets_at, extras=extras)
    scope = table(row.get("scope"))
    names = [name for part in ("model", "surface") if (name := _scope_name(scope.get(part))) is not None]
    if not names:
        raise BadFieldError("a scope without a name")
    return scoped_window(names, utilization, resets_at, extras)


def _scope_name(part: object) -> str | None:
    if isinstance(part, dict):
        return short_label(part.get("display_name")) or short_label(part.get("name")) or short_label(part.get("id"))
    return short_label(part)


def _named(body: dict[str, Any], windows: dict[str, Window], problems: list[str]) -> None:
    """Add the named windows to `windows`; where a row of the same period is there, its coarser percentage gives way."""
    for kind in KINDS:
        for key, member in kind.body.items():
            window_id = member_id(kind, [member]) if kind.many else kind.id
            window = _attempt(
                key, problems, _bucket, body.get(key), window_id, member_name(kind, [member]) if kind.many else kind.name
            )
            if window is None:
                continue
            row = windows.get(window_id)
            if row is None:
                windows[window_id] = window
            elif window.utilization is not None and same_period(row.resets_at, window.resets_at):
                extras = window.extras | row.extras
                windows[window_id] = structs.replace(window, name=row.name, resets_at=row.resets_at, extras=extras)


def _bucket(value: object, window_id: str, name: str) -> Window | None:
    """A named window; None for null, or when nothing in it is told. Raises BadFieldError."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadFieldError(f"{type(value).__name__} where a window belongs")
    used, limit = dollars(value.get("used_dollars")), dollars(value.get("limit_dollars"))
    utilization = percent(value.get("utilization"))
    resets_at = moment(value.get("resets_at"))
    if utilization is None and used is None and resets_at is None:
        return None
    read = {"utilization", "resets_at", "used_dollars", "limit_dollars"}
    return Window(
        id=window_id,
        name=name,
        utilization=share(used, limit) if utilization is None else utilization,
        resets_at=resets_at,
        used_money=used,
        limit_money=limit,
        extras={key: kept for key, kept in value.items() if kept is not None and key not in read},
    )


def _attempt(where: str, problems: list[str], read: Callable[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `read` returns; None, and a line in `problems`, where it stumbles over its bucket."""
    try:
        return read(*args, **kwargs)
    except BadFieldError as error:
        problems.append(f"{where}: {error}")
        return None
