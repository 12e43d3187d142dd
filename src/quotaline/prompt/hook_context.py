"""PURE `guard --hook --tell`: what is left, for the model that is about to work. Imported only when it is asked for.

What is told stays in the conversation and is paid for with each request, so it is told seldom: at a session's first prompt, and
when something has passed into another tenth, its period has turned, or the day has. Stale values and those past their reset are
not told; where nothing is known nothing is said.
"""

from quotaline.core.formats import format_left, format_percent
from quotaline.core.money import format_money
from quotaline.core.periods import DAY
from quotaline.core.values import as_money, number
from quotaline.core.windows import EXTRA_USAGE, MODELS, PLAN_KINDS, field_prefix, window_kind
from quotaline.render.fields import gather_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from quotaline.render.fields import Fields

EXTRA = field_prefix(EXTRA_USAGE)
TENTH = 10.0
LONGEST_NAME = 24


def news(kept: "dict[str, Any]", now: float) -> "tuple[str, str]":
    """What is left, and the name of the mark by which a session knows that it was told; twice "" where nothing is known."""
    fields = gather_fields(kept, [], now)
    windows, state = _windows(fields)
    money, spent = _extra_usage(fields)
    if not windows and not money:
        return "", ""
    said = [f"Claude usage left: {', '.join(windows)}."] if windows else []
    return " ".join([*said, *money]), f"told-{hash((*state, *spent))}-{int(now // DAY)}"


def _windows(fields: "Fields") -> "tuple[list[str], list[int]]":
    """Words on each window that decides, and numbers that are others when it is time to say them anew."""
    words, state = [], []
    least = 100.0
    for key in (*(kind.id for kind in PLAN_KINDS), *(key for key in fields.windows if window_kind(key) is MODELS)):
        remaining, left = number(fields.get(f"{key}.remaining")), number(fields.get(f"{key}.left"))
        if remaining is None or key in fields.stale or (window_kind(key) is MODELS and remaining >= least):
            continue  # a model's week with as much left as all models' says nothing more
        least = remaining if key == PLAN_KINDS[-1].id else least
        resets = "" if left is None else f" (resets in {format_left(left)})"
        words.append(f"{_name(key, fields)} {format_percent(remaining)}{resets}")
        state += [len(words), int(remaining // TENTH), 0 if left is None else round((fields.now + left) / 600)]
    return words, state


def _extra_usage(fields: "Fields") -> "tuple[list[str], list[int]]":
    used, limit = as_money(fields.get(f"{EXTRA}.used")), as_money(fields.get(f"{EXTRA}.limit"))
    if used is None or EXTRA in fields.stale:
        return [], []
    share = number(fields.get(f"{EXTRA}.utilization"))
    step = int(share // TENTH) if limit and share is not None else used[0] // (5 * 10 ** used[2])
    cap = f" of {format_money(limit)}" if limit else ", no cap"
    return [f"Extra usage this month: {format_money(used)}{cap}."], [-1, step]


def _name(key: str, fields: "Fields") -> str:
    """`session`, `week`, `Fable week`: of a name that a server gave one word and a version, so that it instructs nobody."""
    plan = {kind.id: word for kind, word in zip(PLAN_KINDS, ("session", "week"), strict=True)}
    if key in plan:
        return plan[key]
    label = str(fields.get(f"{key}.label") or "")[:LONGEST_NAME]
    words = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else " " for c in label).split()
    version = words[1:2] if words[1:2] and words[1][0].isdigit() else []
    return " ".join([*(words[:1] or ["model"]), *version, "week"])
