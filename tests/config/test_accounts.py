"""`[accounts]`: what is an account, and the environment in which each is the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quotaline.config.accounts import account_named, named_accounts
from quotaline.config.load import load
from quotaline.errors import ConfigError
from quotaline.locations import folder_env, resolve_locations, single_folder_env

if TYPE_CHECKING:
    from pathlib import Path

WORK, HOME = "~/.claude-work", "~/.claude"
WRONG = {
    'work = "claude"': "allowed is a whole path such as ~/.claude-work",
    'work = ""': "allowed is a whole path",
    'work = "~"': "allowed is a whole path",
    '"two words" = "~/.c"': "allowed is a short name",
    '"" = "~/.c"': "allowed is a short name",
    'any = "~/.c"': "neither any nor all",
    'all = "~/.c"': "neither any nor all",
    'a = "~/.c"\nb = "~/.c/"': "`accounts.b` is the folder of `accounts.a`",
    "work = 1": "`accounts.work`",
    "\n".join(f'a{number} = "~/.c{number}"' for number in range(21)): "at most 20",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_account_is_one_sentence(text: str, home: Path) -> None:
    path = home / "config.toml"
    path.write_text(f"[accounts]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert WRONG[text] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("present", [None, WORK, HOME, "~/elsewhere"])
def test_each_account_has_the_places_that_a_shell_of_its_own_has(present: str | None, home: Path) -> None:
    """The usual folder is the one without the variable; the present account is first where it has no name."""

    def env(folder: str | None) -> dict[str, str]:
        return {"HOME": str(home)} | ({} if folder is None else {"CLAUDE_CONFIG_DIR": folder.replace("~", str(home))})

    accounts = {"work": WORK, "home": HOME}
    found = {account.name: account for account in named_accounts(accounts, env(present))}
    assert found["work"].where == resolve_locations(env(WORK))
    assert found["home"].where == resolve_locations(env(HOME if present == HOME else None))
    assert found["work"].folder == f"{home}/.claude-work"
    assert list(found) == [*(["~/elsewhere"] if present == "~/elsewhere" else []), "work", "home"]
    for account in found.values():
        assert account.where == resolve_locations(account.env)


def test_a_link_to_the_present_folder_is_the_present_account(home: Path) -> None:
    (home / ".claude").mkdir()
    (home / "link").symlink_to(home / ".claude")
    env = {"HOME": str(home)}
    assert named_accounts({"mine": "~/link"}, env) == [("mine", env, resolve_locations(env))]


def test_the_usual_folder_that_holds_its_own_state_is_named(home: Path) -> None:
    (home / ".claude").mkdir()
    assert "CLAUDE_CONFIG_DIR" not in folder_env({"HOME": str(home)}, home / ".claude")
    (home / ".claude" / ".claude.json").touch()
    assert folder_env({"HOME": str(home)}, home / ".claude")["CLAUDE_CONFIG_DIR"] == f"{home}/.claude"


def test_an_unknown_name_is_refused_with_those_that_are_known(home: Path) -> None:
    env = {"HOME": str(home)}
    assert account_named({"work": WORK}, env, "work").folder == f"{home}/.claude-work"
    with pytest.raises(ConfigError, match=r"There is no account 'wrok'\. Known: work\."):
        account_named({"work": WORK}, env, "wrok")
    with pytest.raises(ConfigError, match=r"Known: none; give them names under \[accounts\]"):
        account_named({}, env, "any")


def test_of_several_folders_the_first_with_a_login_answers(home: Path) -> None:
    one, two = home / "one", home / "two"
    env = {"HOME": str(home), "CLAUDE_CONFIG_DIR": f"{one}, {two}"}
    assert single_folder_env(env)["CLAUDE_CONFIG_DIR"] == str(one)
    two.mkdir()
    (two / ".credentials.json").touch()
    assert single_folder_env(env)["CLAUDE_CONFIG_DIR"] == str(two)
    assert resolve_locations(env).claude_dirs == (one, two)
    for other in ({"HOME": str(home)}, {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(one)}):
        assert single_folder_env(other) == other


def test_a_folder_with_a_comma_in_its_name_is_one_folder(home: Path) -> None:
    folder = home / "a,b"
    folder.mkdir()
    env = {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(folder)}
    assert resolve_locations(env).claude_dirs == (folder,)
    assert single_folder_env(env) == env
