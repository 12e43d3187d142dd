"""A fleet's machines on a page of each width."""

from __future__ import annotations

from decimal import Decimal

from goldens import golden, printed
from quotaline.fleet.look import MachineUse
from quotaline.terminal.fleet import table

NOW = 1_795_269_600.0


def test_the_machines_of_a_fleet() -> None:
    machines = [
        MachineUse(
            machine="desk", user="ann", last_seen=NOW - 5, today=Decimal("1.234"), seven_days=Decimal(20), month=Decimal(1234),
        ),
        MachineUse(
            machine="a machine with a\x1b name that is 日本語 long", user="ben", last_seen=NOW - 90_000, today=Decimal(0),
            seven_days=Decimal(0), month=Decimal("0.5"), unpriced_models=("claude-new-1",),
        ),
    ]  # fmt: skip
    shown = [f"--- {limit}\n{printed(table(machines, NOW, limit), limit)}" for limit in (40, 65, 66, 80, 120)]
    shown.append(f"--- none\n{printed(table([], NOW, 40), 40)}")
    golden("terminal/fleet.txt", "\n".join(shown))
