"""`prompt --shell env`: every number as a variable that no reader of it can misread."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import quotaline
from programs import need
from quotaline.prompt.line import prompt_text
from quotaline.prompt.variables import SETTINGS, SPANS, variable_lines
from quotaline.render.fields import Fields, gather_fields
from samples import NOW
from usage_history import DAY, HOUR

SHELLS = ("bash", "zsh", "dash", "busybox", "fish")
TABLE = (Path(__file__).parents[2] / "docs/surfaces.md").read_text(encoding="utf-8")


def reading(key: str, percent: float | None, age: float = 60.0, **more: Any) -> dict[str, Any]:
    value = {"type": "window", "id": key, "name": key, "utilization": percent, "resets_at": NOW + HOUR + 0.5, **more}
    return {"value": value, "source": "x", "as_of": NOW - age}


EXTRA = {"type": "extra_usage", "is_enabled": True, "used": [1240, "EUR", 2], "limit": [5000, "EUR", 2]}
FULL = {
    "stale_after": 3600.0, "written_at": NOW,
    "readings": [
        reading("five_hour", 42.9), reading("seven_day", 63.0, age=2 * HOUR), reading("seven_day_opus_5_5", 104.2),
        reading("spend_limit", None, used_money=[52100, "USD", 2], limit_money=[50000, "USD", 2]),
        {"value": EXTRA, "source": "x", "as_of": NOW - 90},
    ],
    "fields": {"today.cost": [[66, "USD", 2], None], "today.tokens": [357000, None], "account.plan": ["max_5x", None]},
}  # fmt: skip


def lines(kept: dict[str, Any]) -> dict[str, str]:
    text = variable_lines(gather_fields(kept, [], NOW))
    return dict(line.split("=", 1) for line in text.splitlines())


def test_each_number_is_a_variable_and_what_is_not_known_is_none() -> None:
    assert lines(FULL) == {
        "QUOTALINE_FIVE_HOUR": "42", "QUOTALINE_FIVE_HOUR_RESETS_AT": str(int(NOW + HOUR)), "QUOTALINE_FIVE_HOUR_AGE": "60",
        "QUOTALINE_SEVEN_DAY": "63", "QUOTALINE_SEVEN_DAY_RESETS_AT": str(int(NOW + HOUR)), "QUOTALINE_SEVEN_DAY_AGE": "7200",
        "QUOTALINE_SEVEN_DAY_STALE": "1",
        "QUOTALINE_SEVEN_DAY_OPUS_5_5": "104", "QUOTALINE_SEVEN_DAY_OPUS_5_5_RESETS_AT": str(int(NOW + HOUR)),
        "QUOTALINE_SEVEN_DAY_OPUS_5_5_AGE": "60",
        "QUOTALINE_SPEND_LIMIT_RESETS_AT": str(int(NOW + HOUR)), "QUOTALINE_SPEND_LIMIT_MONEY": "521.00",
        "QUOTALINE_SPEND_LIMIT_LIMIT": "500.00", "QUOTALINE_SPEND_LIMIT_CURRENCY": "USD", "QUOTALINE_SPEND_LIMIT_AGE": "60",
        "QUOTALINE_EXTRA": "12.40", "QUOTALINE_EXTRA_LIMIT": "50.00", "QUOTALINE_EXTRA_LEFT": "37.60",
        "QUOTALINE_EXTRA_PERCENT": "24", "QUOTALINE_EXTRA_CURRENCY": "EUR", "QUOTALINE_EXTRA_AGE": "90",
        "QUOTALINE_TODAY_COST": "0.66", "QUOTALINE_TODAY_TOKENS": "357000", "QUOTALINE_PLAN": "max_5x",
    }  # fmt: skip
    assert lines({}) == {}
    assert prompt_text(["--shell=env"], {"lines": {}, "style": {}, "segments": {}}, {}, NOW) == ""
    assert (
        lines({**FULL, "readings": [{"value": {**EXTRA, "limit": None}, "source": "x", "as_of": NOW}]}).keys()
        & {
            "QUOTALINE_EXTRA_LIMIT",
            "QUOTALINE_EXTRA_LEFT",
            "QUOTALINE_EXTRA_PERCENT",
        }
        == set()
    ), "no cap"
    assert lines({"readings": [reading("five_hour", 42.0, resets_at=NOW)]}) == {}, "a period that is over"


def test_yen_and_negative_amounts_are_exact() -> None:
    yen = {**EXTRA, "used": [123456789012345678, "JPY", 0], "limit": None}
    assert lines({"readings": [{"value": yen, "source": "x", "as_of": NOW}]})["QUOTALINE_EXTRA"] == "123456789012345678"
    less = {**EXTRA, "used": [-5, "USD", 2]}
    assert lines({"readings": [{"value": less, "source": "x", "as_of": NOW}]})["QUOTALINE_EXTRA"] == "-0.05"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_no_window_of_any_name_changes_where_quotaline_looks(name: str) -> None:
    assert not [key for key in lines({"readings": [reading(name.lower(), 42.0)]}) if key == f"QUOTALINE_{name}"]
    assert lines({"readings": [reading(f"{name.lower()}_x", 42.0)]}), "it can be told"


@given(st.text(), st.text(), st.text())
def test_no_text_of_the_servers_can_be_read_as_anything_else(key: str, currency: str, plan: str) -> None:
    fields = Fields(NOW)
    fields.windows.append(key)
    fields.update({f"{key}.used": 42.5, f"{key}.money": [1, currency, 2], "account.plan": plan})
    text = variable_lines(fields)
    assert all(re.fullmatch(r"QUOTALINE_[A-Z0-9_]*=[A-Za-z0-9._-]+", line) for line in text.split("\n"))


def test_the_page_names_every_variable() -> None:
    rows = re.findall(r"`(QUOTALINE_[A-Z_]+)`", TABLE[TABLE.index("| variable | is |") :])
    every = lines(
        {
            **FULL,
            "fields": {
                f"{span}.{what}": [amount, None] for span in SPANS for what, amount in (("cost", [66, "USD", 2]), ("tokens", 5))
            },
        }
    )
    every |= lines(FULL) | lines({"readings": [{"value": EXTRA, "source": "x", "as_of": NOW - DAY / 2}], "stale_after": HOUR})
    printed = {re.sub(r"FIVE_HOUR|SEVEN_DAY(_OPUS_5_5)?|SPEND_LIMIT", "WINDOW", name) for name in every}
    assert printed == set(rows)


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_takes_them(shell: str) -> None:
    text = variable_lines(gather_fields(FULL, [], NOW))
    words = [need(shell), *(["sh"] if shell == "busybox" else ["--no-config"] if shell == "fish" else [])]
    take = (
        f"export {' '.join(map(shlex.quote, text.splitlines()))}" if shell == "fish" else f"set -eu\neval {shlex.quote(text)}"
    )
    done = subprocess.run(
        [*words, "-c", f"{take}\necho $QUOTALINE_EXTRA $QUOTALINE_PLAN"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("12.40 max_5x\n", "")


def test_the_installed_program_prints_them(furnished: dict[str, str]) -> None:
    text = quotaline("prompt", "--shell", "env", env=furnished).stdout.decode()
    assert "QUOTALINE_FIVE_HOUR=42\n" in text
    assert "QUOTALINE_EXTRA=12.40\n" in text
    assert "env" in quotaline("prompt", "--help", env=furnished).stdout.decode()
