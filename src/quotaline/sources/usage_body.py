"""PURE The `/api/oauth/usage` body -> windows, credits and extra usage, bucket by bucket.

The same body lies in `~/.claude.json` (`cachedUsageUtilization.utilization`) and, reduced, in `usage_report.rate_limits` of
`claude -p /usage`. It is undocumented: every field is optional, and what cannot be understood costs its own bucket only and is
named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from msgspec import Struct, structs

from quotaline.core.values import short_label
from quotaline.core.windows import KINDS, PROMO_CREDITS, member_id, member_name, own_name, window_kind
from quotaline.errors import SourceError
from quotaline.model import ExtraUsage, Reading, SourceState, Window
from quotaline.sources.extra import parse_extra
from quotaline.sources.fields import BadFieldError, dollars, kept_beside, percent, reset, share, table
from quotaline.sources.limits import add_model_scoped, add_rows, combine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
T = TypeVar("T")

_READ_ELSEWHERE = frozenset({"limits", "model_scoped", "extra_usage", "spend", "promo_credits"})
KNOWN_KEYS = frozenset({*(key for kind in KINDS for key in kind.body), *_READ_ELSEWHERE})
# Seen in answers, and nothing that a person could use: names of things in the making, mostly null, and what other pages show.
CODE_NAMES = frozenset({
    "tangelo", "omelette_promotional", "seven_day_omelette", "nimbus_quill", "amber_ladder", "copper_kite", "harbor_lantern",
    "amber_gauge", "amber_cistern", "brass_thimble", "juniper_tide", "cedar_ember", "seven_day_sonnet_max",
    "member_dashboard_available", "seven_day_breakdown", "ended_promo_credits",
})  # fmt: skip
NEW_KEY = "a key that this quotaline does not know"
MOST_PROBLEMS = 16


class UsageBody(Struct, frozen=True):
    """What a body said: values to show, what it cost us (`problems`), and by the server's own keys what we do not show."""

    values: tuple[Window | ExtraUsage, ...]
    unknown: dict[str, Any]
    problems: tuple[str, ...] = ()

    def unread(self) -> tuple[str, ...]:
        """What a person should hear of: each problem, and each key that no version before this one has met."""
        strange = (f"{name}: {NEW_KEY}" for name in new_keys(self.unknown))
        return (*self.problems, *strange)[:MOST_PROBLEMS]


class Readings(list[Reading]):
    """The readings of one body, and in words what of it could not be read."""

    def __init__(self, found: Iterable[Reading] = (), unread: tuple[str, ...] = (), disabled_reason: str | None = None) -> None:
        super().__init__(found)
        self.unread, self.disabled_reason = unread, disabled_reason


def source_state(source: str, found: list[Reading]) -> SourceState:
    """How a source that was read has fared, with what of its answer was not understood."""
    if not isinstance(found, Readings):
        return SourceState(source=source, readings=len(found))
    return SourceState(source=source, readings=len(found), unread=found.unread, disabled_reason=found.disabled_reason)


def readings(body: object, *, source: str, as_of: float, account: str | None) -> Readings:
    """The body's values as readings of an undocumented source. Raises SourceError like `parse`."""
    parsed = parse(body, as_of)
    found = (Reading(value=value, source=source, as_of=as_of, account=account, alpha=True) for value in parsed.values)
    return Readings(found, parsed.unread())


def parse(body: object, now: float | None = None) -> UsageBody:
    """Read a decoded body that was true at `now`. Raises SourceError when none of its keys is known: an error page, not 0 %."""
    if not isinstance(body, dict) or not KNOWN_KEYS & body.keys():
        raise SourceError("The answer holds no usage figure that quotaline knows; a newer quotaline may know it.")
    problems: list[str] = []
    unknown = {key: value for key, value in body.items() if key not in KNOWN_KEYS and value is not None}
    windows: dict[str, Window] = {}
    strange = add_rows(body.get("limits"), windows, problems, now)
    if strange:
        unknown["limits"] = strange
    lists = {key: body.get(key) for key in ("limits", "model_scoped", "promo_credits")}
    problems += [
        f"{key}: {type(it).__name__} where a list belongs" for key, it in lists.items() if not isinstance(it, list | None)
    ]
    add_model_scoped(body.get("model_scoped"), windows, problems, now)
    _add_named(body, windows, problems, now)
    _add_promo_credits(body.get("promo_credits"), windows, problems, now)
    values: list[Window | ExtraUsage] = _placed(windows.values())
    extra = _attempt("extra_usage", problems, parse_extra, body.get("extra_usage"), body.get("spend"), problems)
    if extra is not None:
        values.append(extra)
    return UsageBody(tuple(values), unknown, tuple(problems))


def new_keys(keys: Iterable[object]) -> list[str]:
    """Those of a body's keys that nobody has met before, sorted; one that could be data is not named."""
    return sorted({name_of(key) for key in keys if key not in KNOWN_KEYS and key not in CODE_NAMES})


def name_of(key: object) -> str:
    """A key, if it looks like one; a key that could be data is not printed."""
    if not isinstance(key, str):
        return "(a key that is no name)"
    sound_name = key.isascii() and key.replace("_", "").isalnum() and len(key) <= 40  # noqa: PLR2004
    return key if sound_name and not any(letter.isdigit() for letter in key) else "(a key that is no name)"


def _placed(windows: Iterable[Window]) -> list[Window | ExtraUsage]:
    """The windows with their places in the server's list; session and week have a place of their own everywhere."""
    placed: list[Window | ExtraUsage] = []
    count = 0
    for window in windows:
        kind = window_kind(window.id)
        if kind is not None and kind.adjective:
            placed.append(window)
        else:
            placed.append(structs.replace(window, position=count))
            count += 1
    return placed


def _add_named(body: dict[str, Any], windows: dict[str, Window], problems: list[str], now: float | None) -> None:
    """Add the named windows and grants to `windows`, or what they know beyond their rows."""
    for kind in KINDS:
        for key, member in kind.body.items():
            window_id, name = (member_id(kind, [member]), member_name(kind, [member])) if kind.many else (kind.id, kind.name)
            window = _attempt(window_id, problems, _bucket, body.get(key), window_id, name, now)
            if window is not None:
                row = windows.get(window_id)
                windows[window_id] = window if row is None else combine(row, window, now)


def _add_promo_credits(rows: object, windows: dict[str, Window], problems: list[str], now: float | None) -> None:
    """Add `promo_credits[]`: each a credit of dollars under its `program_id`, with the name that the server gave it."""
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        block = table(row)
        label = short_label(block.get("label"))
        named = own_name(PROMO_CREDITS, [short_label(block.get("program_id")) or label or "credit"], windows)
        key = member_id(PROMO_CREDITS, named)
        window = _attempt(f"promo_credits[{index}]", problems, _bucket, row, key, label or "Promo credit", now)
        if window is not None:
            windows[key] = window


def _bucket(value: object, window_id: str, name: str, now: float | None) -> Window | None:
    """A named window or credit; None for null, or when nothing in it is told. Raises BadFieldError."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadFieldError(f"{type(value).__name__} where a window belongs")
    used, limit = dollars(value.get("used_dollars")), dollars(value.get("limit_dollars"))
    utilization = percent(value.get("utilization"))
    resets_at = reset(value.get("resets_at"), window_id, now)
    if utilization is None and used is None and resets_at is None:
        return None
    kind = window_kind(window_id)
    if kind is not None and kind.expires:
        name = short_label(value.get("label")) or name
    read = {"utilization", "resets_at", "used_dollars", "limit_dollars"}
    return Window(
        id=window_id,
        name=name,
        utilization=share(used, limit) if utilization is None else utilization,
        resets_at=resets_at,
        used_money=used,
        limit_money=limit,
        extras=kept_beside(value, read),
    )


def _attempt(where: str, problems: list[str], read: Callable[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `read` returns; None, and a line in `problems`, where it stumbles over its bucket."""
    try:
        return read(*args, **kwargs)
    except BadFieldError as error:
        problems.append(f"{where}: {error}")
        return None
