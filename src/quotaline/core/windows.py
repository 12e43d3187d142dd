"""PURE THE registry of window kinds: what each is called, how long it lasts, where it stands, who names it how.

Parsers, merge, forecast, guard, doctor, pages and README read it here; a new kind is one entry and a segment.
"""

from quotaline.core.periods import DAY, HOUR, WEEK
from quotaline.core.values import slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence

FIVE_HOUR, SPEND_LIMIT, EXTRA_USAGE = "five_hour", "spend_limit", "extra_usage"
MOST_PERCENT = 1000.0
"""A limit may be passed, by extra usage many times over; a number beyond this is no percentage but an epoch or a mistake."""
FARTHEST_RESET = 10 * 366.0 * DAY
"""Seconds ahead beyond which a window without a known length, a credit for example, does not end."""
PERIOD_LENGTHS = {"daily": float(DAY), "weekly": float(WEEK), "monthly": 30.0 * DAY}
"""Seconds of the periods that a spend limit names; a calendar month is 30 days where only its length is asked for."""


class WindowKind:
    """One kind of rate-limit bucket.

    `id` is the window's own, or for a family (`many`) the beginning of its members' ids. `name` is what a person reads, with
    `{}` for a member's own name; `title` is shorter, for a column; `label` is for the line. `length` is seconds, None where
    the server does not say. `order` sorts a report. `statusline` says whether Claude Code hands it over on stdin under this
    id, `row` is its `kind` in the usage body's `limits[]`, `body` maps the body's other keys to a member's name (the kind's
    own is ""). What `expires` is a credit: it is spent once and does not start anew. A `budget` is a limit of the user's own
    in money that the transcripts tell. `adjective` and `about` are for a window that every plan has, which an option of the
    guard limits.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - the field's word
        name: str,
        *,
        title: str = "",
        label: str = "",
        length: "float | None" = None,
        order: int = 2,
        many: bool = False,
        missing_id: str = "",
        statusline: bool = False,
        row: str = "",
        body: "dict[str, str] | None" = None,
        expires: bool = False,
        budget: bool = False,
        adjective: str = "",
        about: str = "",
    ) -> None:
        self.id, self.name, self.title, self.label, self.length, self.order = id, name, title or name, label, length, order
        self.many, self.missing_id, self.statusline = many, missing_id or id, statusline
        self.expires, self.budget = expires, budget
        self.row, self.body, self.adjective, self.about = row, body or {}, adjective, about

    @property
    def option(self) -> str:
        """The guard's option of its own: `--five-hour`."""
        return "--" + self.id.replace("_", "-")


KINDS = (
    WindowKind(
        FIVE_HOUR, "Session (5h)", label="5h", length=5.0 * HOUR, order=0, statusline=True, row="session",
        body={FIVE_HOUR: ""}, adjective="5-hour", about="the 5-hour window",
    ),
    WindowKind(
        "seven_day", "Weekly", label="7d", length=float(WEEK), order=1, statusline=True, row="weekly_all",
        body={"seven_day": ""}, adjective="weekly", about="the weekly window over all models",
    ),
    WindowKind(
        "seven_day_", "Weekly ({})", title="Weekly by model", length=float(WEEK), many=True, missing_id="weekly_model",
        row="weekly_scoped",
        body={
            "seven_day_opus": "Opus", "seven_day_sonnet": "Sonnet",
            "seven_day_overage_included": "Fable",  # its key before `limits[]` came
            "seven_day_oauth_apps": "OAuth apps", "seven_day_cowork": "Cowork",
        },
    ),
    WindowKind(SPEND_LIMIT, "Spend limit", label="limit", statusline=True),
    WindowKind("cinder_cove", "Credit grant", body={"cinder_cove": ""}, expires=True),
    WindowKind("iguana_necktie", "Credit grant", body={"iguana_necktie": ""}, expires=True),
    WindowKind("wattle_ember", "Credit", body={"wattle_ember": ""}, expires=True),
    WindowKind("promo_credit_", "{}", many=True, expires=True),
    WindowKind(EXTRA_USAGE, "Extra Usage Spend", title="Extra usage", order=3),
    WindowKind("budget_block", "Block budget", label="block", length=5.0 * HOUR, order=4, budget=True),
    WindowKind("budget_daily", "Daily budget", label="day", length=float(DAY), order=5, budget=True),
    WindowKind("budget_weekly", "Weekly budget", label="week", length=float(WEEK), order=6, budget=True),
    WindowKind("budget_monthly", "Monthly budget", label="month", order=7, budget=True),
    WindowKind("budget_monthly_user", "Your monthly budget on all machines", label="all", order=7, budget=True),
    WindowKind("budget_monthly_team", "The team's monthly budget", label="team", order=7, budget=True),
    WindowKind("budget_", "Budget ({})", title="Projects' budgets", many=True, order=8, budget=True),
)  # fmt: skip
EVERYTHING = "everything"  # what is missing where nothing is known
BY_ID = {kind.id: kind for kind in KINDS}
FAMILIES = tuple(kind for kind in KINDS if kind.many)
MODELS, PROMO_CREDITS, PROJECT_BUDGETS = FAMILIES
BUDGETS = tuple(kind for kind in KINDS if kind.budget and not kind.many)
PLAN_KINDS = tuple(kind for kind in KINDS if kind.adjective)
"""The windows that every plan has; a gateway's spend limit stands in their place."""


def window_kind(key: str) -> "WindowKind | None":
    """The kind of the window with the id `key`; None for a server's own key that is not known."""
    found = BY_ID.get(key)
    if found is not None:
        return found
    return next((kind for kind in FAMILIES if key.startswith(kind.id)), None)


def field_prefix(key: str) -> str:
    """What the fields of a window begin with: its id, and `extra` for extra usage."""
    return "extra" if key == EXTRA_USAGE else key


def window_label(key: str, name: str) -> str:
    """The short name of a window: 5h, 7d; "Weekly (Fable)" is short for Fable."""
    kind = BY_ID.get(key)
    return (kind.label if kind else "") or name.partition("(")[2].rstrip(")") or name


def window_title(key: str, name: str = "") -> str:
    """A window's name, short enough for a column; `key` may also be the id under which a whole family is missing."""
    if key == EVERYTHING:
        return "Everything"
    known = next((kind for kind in KINDS if key == (kind.missing_id if kind.many else kind.id)), None)
    return known.title if known and not (known.expires and name) else name or key


def window_expires(key: str) -> bool:
    """Whether the window `key` is a credit, whose `resets_at` is its end and no new beginning."""
    kind = window_kind(key)
    return kind is not None and kind.expires


def is_budget(key: str) -> bool:
    """Whether the window `key` is a limit of the user's own, of which the server knows nothing."""
    kind = window_kind(key)
    return kind is not None and kind.budget


def window_length(key: str, period: "object" = None) -> "float | None":
    """How long a window's period is in seconds: its kind's, else by the source's word `period`; None where nobody says."""
    kind = window_kind(key)
    return (kind.length if kind else None) or PERIOD_LENGTHS.get(str(period))


def is_percent(value: float) -> bool:
    """Whether a finite number can be the used part of a window in percent."""
    return 0 <= value <= MOST_PERCENT


def may_reset_at(key: str, resets_at: float, now: float, period: "object" = None) -> bool:
    """Whether a window can end at `resets_at`: at most twice its length after `now`, which leaves room for a wrong clock."""
    length = window_length(key, period)
    return resets_at <= now + (FARTHEST_RESET if length is None else 2 * length)


def window_order(key: str, position: "int | None" = None) -> "tuple[int, float, str]":
    """What a report sorts windows by: session, week, others where the server listed them or else by id, extra usage."""
    kind = window_kind(key)
    return (kind.order if kind else 2, float("inf") if position is None else position, key)


def member_id(family: WindowKind, names: "Sequence[str]") -> str:
    """The id of a family's window, made of the names that the server gave: `seven_day_fable`."""
    return family.id + "_".join(slug(name) for name in names)


def own_name(family: WindowKind, names: "Sequence[str]", taken: "Container[str]", more: str = "") -> "list[str]":
    """`names`, completed where another member has their id already: by `more`, what else the server said, else by a number."""
    found = list(names)
    if member_id(family, found) in taken and more:
        found.append(more)
    count = 2
    while member_id(family, found) in taken:
        found = [*names[:-1], f"{names[-1]} {count}"]
        count += 1
    return found


def member_name(family: WindowKind, names: "Sequence[str]") -> str:
    """`Weekly (Fable)`."""
    return family.name.format(", ".join(names))
