"""EFFECT What this machine remembers of its fleet, in the ledger: who it is there, how the last visit went."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, structs

from quotaline.ledger.store import clear_errors
from quotaline.model import Reading

if TYPE_CHECKING:
    from quotaline.config.schema import Fleet
    from quotaline.ledger import Ledger

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 1800.0
JITTER = 0.25
HASHED = 16  # hexadecimal digits of a project's keyed hash: a billion projects do not meet


class Identity(Struct, frozen=True, kw_only=True):
    """Who a machine is in a fleet, as the database says: the fleet's id, the machine's number, the key of its hashes.

    The number is 0 for who only looks.
    """

    fleet: str
    project_key: str
    machine: int = 0
    schema: int = 1
    oldest_client: int = 1

    def project(self, path: str) -> str:
        """What stands for a project whose path stays on its machine: the same for the same path under everybody's home."""
        return "project-" + self._digest(f"project {path}")[:HASHED]

    def login(self, account: str) -> str:
        """What stands for a login in the row of its requests."""
        return self._digest(f"login {account}")

    def _digest(self, text: str) -> str:
        return hmac.new(bytes.fromhex(self.project_key), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Today(Struct, frozen=True, kw_only=True):
    """What one person used on all machines today, at `looked_at`: dollars as decimal text, true until the day `ends_at`.

    `months` has the same of the calendar month that ends at `month_ends_at`, by the budget's period, and whether a model has no
    price.
    """

    looked_at: float
    ends_at: float
    month_ends_at: float
    cost: str
    tokens: int
    unpriced: bool = False
    months: dict[str, tuple[str, bool]] = {}


class FleetState(Struct, frozen=True, kw_only=True):
    """`problem` is what is wrong in one sentence, `note` what was odd. Times are epoch seconds of this machine's clock.

    `readings_to` is the ledger's last kept reading that was pushed; `taken` are the fleet's newest readings by account. `waits`
    says until when the fleet does not allow a login's request, and why.
    """

    identity: Identity | None = None
    tried_at: float | None = None
    next_try: float = 0.0
    failures: int = 0
    problem: str | None = None
    note: str | None = None
    pushed_at: float | None = None
    waiting: int = 0
    readings_to: int = 0
    taken: dict[str, tuple[Reading, ...]] = {}
    waits: dict[str, tuple[float, str]] = {}
    today: Today | None = None

    def due(self, now: float) -> bool:
        """Whether the server may be tried; a time that only a wrong clock can have written does not forbid it."""
        return not now < self.next_try <= now + LONGEST_PAUSE * (1 + JITTER)

    def failed(self, problem: str, now: float, luck: float) -> FleetState:
        """After a try in vain: the next one is later each time."""
        pause = min(FIRST_PAUSE * 2.0 ** min(self.failures, 10), LONGEST_PAUSE) * (1 + JITTER * luck)
        return structs.replace(self, tried_at=now, next_try=now + pause, failures=self.failures + 1, problem=problem)

    def reached(self, now: float) -> FleetState:
        """After the server was there."""
        return structs.replace(self, tried_at=now, pushed_at=now, next_try=0.0, failures=0, problem=None)


def target_of(fleet: Fleet) -> str:
    """A fingerprint of where the fleet is and of how projects are named there: with another one all is pushed anew."""
    return hashlib.sha256(f"{fleet.url}\n{fleet.share_projects}".encode()).hexdigest()[:32]


def load_state(ledger: Ledger, fleet: Fleet) -> FleetState:
    """What is remembered of this fleet; a new state where nothing is. Raises LedgerError."""
    with clear_errors():
        row = ledger.connection.execute("SELECT state FROM fleet_state WHERE target = ?", (target_of(fleet),)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=FleetState) if row else FleetState()
    except msgspec.MsgspecError:
        return FleetState()


def save_state(ledger: Ledger, fleet: Fleet, state: FleetState) -> None:
    """Keep it; what was remembered of another fleet is forgotten, for what it has is no longer followed. Raises LedgerError."""
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM fleet_state")
        connection.execute("INSERT INTO fleet_state VALUES (?, ?)", (target_of(fleet), msgspec.json.encode(state).decode()))
