"""`history --plot` and `--backtest` by the installed command, over readings that refreshes left in the ledger."""

from __future__ import annotations

import json
import time
from pathlib import Path

from commandline import quotaline
from quotaline.refresh.run import refresh
from usage_history import HOUR, MINUTE, configure, tell


def work(home: Path) -> None:
    """A 5-hour period of even use that ended half an hour ago."""
    configure(home)
    reset = time.time() - HOUR / 2
    for minute in range(0, 300, 15):
        now = reset - 5 * HOUR + minute * MINUTE
        tell(home, now, {"five_hour": (10 + minute / 5, reset)})
        refresh({"HOME": str(home)}, now)


def test_the_windows_are_drawn_and_the_forecasts_scored(home: Path, environment: dict[str, str]) -> None:
    work(home)
    drawn = quotaline("history", "--plot", env=environment, check=True).stdout.decode()
    assert drawn.startswith("Session (5h)  67%\n 100")
    scored = quotaline("history", "--backtest", env=environment, check=True).stdout.decode()
    assert "Session (5h)\n  " in scored
    told = json.loads(quotaline("history", "--backtest", "--json", env=environment, check=True).stdout)
    assert told["schema_version"] == 1
    [window] = told["windows"]
    assert (window["id"], window["periods"]) == ("five_hour", 1)
    assert window["points"] < 5


def test_without_readings_both_say_so(environment: dict[str, str]) -> None:
    for option in ("--plot", "--backtest"):
        assert quotaline("history", option, env=environment, check=True).stdout.startswith(b"No ")
