"""PURE The words of quotaline as types: windows, money, readings, token usage, the snapshot.

Units everywhere: percent is 0-100 and may exceed 100, times are epoch seconds (UTC), money is an integer of minor units.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from msgspec import Struct, field

SNAPSHOT_VERSION = 1
EXPIRED = "expired"
"""The cause of a source that was not asked, as the login has ended."""
TRANSCRIPTS, RECORD = "transcripts", "record"
"""Sources of token usage: what Claude Code wrote, at list price; what a client counted itself in a run without transcripts."""


class Money(Struct, frozen=True, array_like=True):
    """`amount` minor units of `currency` (ISO 4217, upper case); 1240, "USD", 2 is $12.40."""

    amount: int
    currency: str = "USD"
    exponent: int = 2

    @classmethod
    def dollars(cls, amount: Decimal) -> Money:
        """An exact sum of US dollars as money for showing, rounded once, here, to the cent."""
        return cls(int(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN).scaleb(2)), "USD", 2)

    def decimal(self) -> Decimal:
        """The amount in whole units, exact."""
        return Decimal(self.amount).scaleb(-self.exponent)


class Window(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="window"):
    """A rate-limit bucket: how much of it is used, and when it starts anew.

    `id` is `five_hour`, `seven_day`, `seven_day_<model>`, `spend_limit` or the server's own key. `utilization` is None when
    the source named the window without a number. `position` is where the source listed it among the windows of its kind, None
    where it lists none. `extras` keeps what the source said beyond this, by the source's own keys.
    """

    id: str
    name: str
    utilization: float | None = None
    resets_at: float | None = None
    used_money: Money | None = None
    limit_money: Money | None = None
    position: int | None = None
    extras: dict[str, Any] = field(default_factory=dict)


class ExtraUsage(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="extra_usage"):
    """Money spent beyond the plan in this calendar month. `limit` None means no cap, never zero.

    `is_enabled` is false while extra usage cannot cover a request, whoever turned it off; `disabled_reason` says why. `balance`
    is the prepaid money that is there, below zero too; with `reloads` it fills itself up.
    """

    is_enabled: bool
    used: Money | None = None
    limit: Money | None = None
    utilization: float | None = None
    disabled_reason: str | None = None
    balance: Money | None = None
    reloads: bool = False
    extras: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The identifier that windows and extra usage share in lists."""
        return "extra_usage"

    @property
    def name(self) -> str:
        """The name a person reads."""
        return "Extra Usage Spend"


class Reading(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value, where it was read, when it was true, and whose it is.

    `source` is one of statusline, claude-json, claude-cli, endpoint, transcripts, admin. `alpha` marks an undocumented one.
    """

    value: Window | ExtraUsage
    source: str
    as_of: float
    account: str | None = None
    session: str | None = None
    alpha: bool = False


class TokenUsage(Struct, frozen=True, kw_only=True):
    """The five token counters of the API."""

    input: int = 0
    output: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0

    @property
    def total(self) -> int:
        """All five together."""
        return self.input + self.output + self.cache_write_5m + self.cache_write_1h + self.cache_read

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_write_5m=self.cache_write_5m + other.cache_write_5m,
            cache_write_1h=self.cache_write_1h + other.cache_write_1h,
            cache_read=self.cache_read + other.cache_read,
        )


class ModelUsage(Struct, frozen=True, kw_only=True):
    """What one model used; `cost_usd` is None when its price is not known. `source` is `transcripts` or `record`."""

    model: str
    tokens: TokenUsage
    cost_usd: Decimal | None
    source: str = TRANSCRIPTS


class LocalUsage(Struct, frozen=True, kw_only=True):
    """What this machine used between two times. `cost_usd` sums the priced models only; `models` are by name and source."""

    starts_at: float
    ends_at: float
    tokens: TokenUsage = TokenUsage()
    cost_usd: Decimal = Decimal(0)
    unpriced_models: tuple[str, ...] = ()
    models: tuple[ModelUsage, ...] = ()


class LocalTotals(Struct, frozen=True, kw_only=True):
    """The three spans every surface shows; `five_hour` is None while no 5-hour block is active.

    `active` are the times of the block's first and last message, epoch seconds.
    """

    five_hour: LocalUsage | None
    seven_day: LocalUsage
    today: LocalUsage
    active: tuple[float, float] | None = None


class Account(Struct, frozen=True, kw_only=True):
    """Whose numbers these are. `config_dir` is written with `~`; `uuid` and `plan` need an alpha source."""

    config_dir: str
    uuid: str | None = None
    plan: str | None = None


class Missing(Struct, frozen=True):
    """A value that is not there, why, and what to do."""

    id: str
    why: str
    remedy: str = ""


class SourceState(Struct, frozen=True, kw_only=True):
    """How one source fared in the last refresh: `problem` is None when it was read, `note` says why it was not its turn.

    `unread` is what of its last answer was not understood, each `WHERE: WHY`. `disabled_reason` is why the client says that
    extra usage is off, which it hears with each answer of the server. `cause` is why there was no answer, an `Outcome` or
    EXPIRED, and `until` the time (epoch seconds) until which nobody is asked for that.
    """

    source: str
    readings: int = 0
    problem: str | None = None
    note: str | None = None
    unread: tuple[str, ...] = ()
    disabled_reason: str | None = None
    cause: str | None = None
    until: float | None = None


class Fault(Struct, frozen=True, kw_only=True):
    """A stage of the refresh that failed: in one sentence what and why, and since when (epoch seconds). Others went on."""

    stage: str
    message: str
    since: float


class Snapshot(Struct, frozen=True, kw_only=True):
    """The disk cache that the prompt path reads.

    `readings` holds one merged reading per window. `fields` are ready values for segments, each `[value, until]`: after
    epoch `until` (None: never) the value is no longer true. `problems` are the configuration's, `faults` what the refresh could
    not do: nobody sees the screen of a background process. `segments`, `lines`, `style` and `guard` are the compiled
    configuration, `config_state` is how its files were on disk then (see `core.snapshot.config_state`).
    """

    version: int = SNAPSHOT_VERSION
    written_at: float
    fresh_for: float
    stale_after: float
    account: Account
    readings: tuple[Reading, ...] = ()
    local: LocalTotals | None = None
    fields: dict[str, tuple[Any, float | None]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    sources: tuple[SourceState, ...] = ()
    problems: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    segments: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, list[list[str]]] = field(default_factory=dict)
    style: dict[str, Any] = field(default_factory=dict)
    guard: dict[str, Any] = field(default_factory=dict)
    config_state: str = ""
