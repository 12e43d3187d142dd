"""`[budget]`: what is an amount, what is not, and the windows that budgets become."""

from __future__ import annotations

from pathlib import Path

import pytest

from quotaline.config.budgets import budget_limits
from quotaline.config.load import load, load_or_default
from quotaline.config.schema import Budget, Budgets
from quotaline.errors import ConfigError
from quotaline.model import Money


def written(home: Path, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


AMOUNTS = {
    "25": 2500, "25.5": 2550, '"25"': 2500, '"25.00"': 2500, '"25.5"': 2550, '"$25"': 2500, '" 25.05 "': 2505, '"25 USD"': 2500,
    '"USD 25"': 2500, "0.01": 1, "9_999_999": 999_999_900, '"9999999.99"': 999_999_999,
}  # fmt: skip


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_whole_dollars_or_cents_in_any_way_to_write_them(text: str, home: Path) -> None:
    config = load(written(home, f"[budget]\nweekly = {text}\n"))
    [limit] = budget_limits(config.budget, "/home/a")
    assert limit.limit == Money(AMOUNTS[text], "USD", 2)
    assert (limit.id, limit.name, limit.period, limit.project) == ("budget_weekly", "Weekly budget", "weekly", None)


NONE = (
    "0",
    "0.00",
    '"0"',
    "-1",
    '"-5"',
    "1e9",
    "10_000_000",
    '"1e3"',
    "0.001",
    '"1.005"',
    '"€5"',
    '"5 EUR"',
    '"five"',
    '""',
    "nan",
    "inf",
    '"٥"',
)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_amount_is_one_sentence_and_keeps_the_last_good_configuration(text: str, home: Path) -> None:
    path = written(home, '[budget]\nweekly = "10"\n')
    load_or_default(path, home)
    written(home, f"[budget]\nweekly = {text}\n")
    with pytest.raises(
        ConfigError, match=r"^\S*config.toml: `budget.weekly` is .*; allowed is an amount in dollars such as 25"
    ) as told:
        load(path)
    assert str(told.value).count(". ") == 0
    config, _, problems = load_or_default(path, home)
    assert (config.budget.weekly, problems) == ("10", [str(told.value)])


@pytest.mark.parametrize("path", ["code/shop", "~", "~someone/x", "", "./x", "/", "//"])
def test_a_project_is_a_whole_path(path: str, home: Path) -> None:
    with pytest.raises(ConfigError, match="allowed is a whole path such as ~/code/shop"):
        load(written(home, f'[budget.projects."{path}"]\nmonthly = 5\n'))


@pytest.mark.parametrize("text", ["true", "[]", "{}", "2026-11-25"])
def test_another_kind_of_value_is_refused(text: str, home: Path) -> None:
    with pytest.raises(ConfigError, match=r"`budget\.weekly`"):
        load(written(home, f"[budget]\nweekly = {text}\n"))


def test_each_period_and_each_project_is_a_window_of_its_own() -> None:
    projects = {"~/code/shop/": Budget(monthly="80", daily=5), "/srv/shop": Budget(monthly=7), "~/ü": Budget(block=1)}
    found = budget_limits(Budgets(block=1, daily=2, weekly=3, monthly=4, projects=projects), "/home/a")
    assert [(limit.id, limit.name, limit.period, limit.project) for limit in found] == [
        ("budget_block", "Block budget", "block", None),
        ("budget_daily", "Daily budget", "daily", None),
        ("budget_weekly", "Weekly budget", "weekly", None),
        ("budget_monthly", "Monthly budget", "monthly", None),
        ("budget_shop_daily", "Budget (shop, daily)", "daily", "/home/a/code/shop"),
        ("budget_shop_monthly", "Budget (shop, monthly)", "monthly", "/home/a/code/shop"),
        ("budget_shop_monthly_2", "Budget (shop, monthly 2)", "monthly", "/srv/shop"),
        (found[7].id, "Budget (ü, block)", "block", "/home/a/ü"),
    ]
    assert len({limit.id for limit in found}) == len(found)
    assert () == budget_limits(Budgets(), "/home/a")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/a\x1b[31mb\u202e", "Budget (a [31mb, daily)"),
        ("/x/" + "n" * 200, f"Budget ({'n' * 40}, daily)"),
        ("/x/\x1b", "Budget (project, daily)"),
    ],
)
def test_a_projects_name_is_one_line_of_text_whatever_its_folder_is_called(path: str, name: str) -> None:
    [limit] = budget_limits(Budgets(projects={path: Budget(daily=1)}), "/home/a")
    assert limit.name == name
    assert limit.name.isprintable()
    assert limit.project == path.rstrip("/")
