"""The small parts: paths, branches, the inbox, starting a refresh, values by their specs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quotaline
from quotaline.core import formats, git, inbox, paths, spawn_refresh, values
from quotaline.core.rate_limits import session_readings
from quotaline.core.snapshot import read_or_defaults
from quotaline.core.values import encode_json
from quotaline.locations import resolve_locations
from quotaline.render.paint import LOOK_ALIKES, fit, paint, width
from quotaline.render.sgr import tmux_style

folders = st.one_of(st.none(), st.just(""), st.sampled_from(["/x", "/x/y z", "/home/é", "relative", "/trailing/"]))
names = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")


@pytest.mark.skipif(sys.platform == "win32", reason="environments of Unix")
@given(st.fixed_dictionaries(dict.fromkeys(names, folders)))
def test_our_paths_are_those_of_platformdirs(values: dict[str, str | None]) -> None:
    env = {name: value for name, value in values.items() if value is not None}
    if not env.get("HOME", "").startswith("/"):
        env["HOME"] = "/home/user"
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.delenv(name, raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        expected = (
            platformdirs.user_config_dir("quotaline") + "/config.toml",
            platformdirs.user_data_dir("quotaline"),
            platformdirs.user_cache_dir("quotaline") + "/default",
        )
    assert expected == (paths.config_file(env), paths.data_dir(env), paths.cache_dir(env))


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
@given(st.fixed_dictionaries(dict.fromkeys(names, folders)))
def test_the_refresh_and_the_prompt_agree_where_files_are(values: dict[str, str | None]) -> None:
    """Also without a HOME that leads anywhere: the password file is asked by both."""
    env = {name: value for name, value in values.items() if value is not None}
    found = resolve_locations(env)
    told = (found.config_file, found.data_dir, found.cache_dir)
    assert [str(path) for path in told] == [paths.config_file(env), paths.data_dir(env), paths.cache_dir(env)]
    assert os.path.isabs(paths.home(env))  # noqa: PTH117 - a text


def test_what_is_lent_to_platformdirs_is_all_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("QUOTALINE_DATA_DIR", "/d")
    before = dict(os.environ)
    assert resolve_locations(os.environ).data_dir == Path("/d")
    assert dict(os.environ) == before


def test_variables_of_ours_come_first_and_an_empty_one_is_an_unset_one() -> None:
    env = {"HOME": "/h", "QUOTALINE_CACHE_DIR": "/c", "QUOTALINE_DATA_DIR": "", "QUOTALINE_CONFIG": "/etc/q.toml"}
    assert (paths.config_file(env), paths.data_dir(env), paths.cache_dir(env)) == (
        "/etc/q.toml",
        "/h/.local/share/quotaline",
        "/c/default",
    )
    assert paths.cache_dir({**env, "CLAUDE_CONFIG_DIR": ""}) == "/c/default"


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_two_accounts_never_share_a_folder_and_its_name_is_safe(one: str, other: str) -> None:
    try:
        first, second = paths.account_slug(one), paths.account_slug(other)
    except UnicodeEncodeError:
        return
    assert (first == second) == (one == other)
    assert all(character.isascii() and (character.isalnum() or character in "._-") for character in first)


def repository(folder: Path) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.invalid", "-c", "init.defaultBranch=trunk"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "m"]):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


@pytest.mark.slow
def test_the_branch_is_read_from_git_in_worktrees_and_detached_heads(tmp_path: Path) -> None:
    main = tmp_path / "main"
    (main / "deep" / "er").mkdir(parents=True)
    assert git.branch(str(main / "deep")) == ""
    repository(main)
    assert git.branch(str(main / "deep" / "er")) == "trunk"
    subprocess.run(["git", "worktree", "add", "-q", "-b", "feature/x", "../tree"], cwd=main, check=True)
    assert git.branch(str(tmp_path / "tree")) == "feature/x"
    subprocess.run(["git", "checkout", "-q", "--detach"], cwd=main, check=True)
    sha = subprocess.run(["git", "rev-parse", "HEAD"], cwd=main, check=True, capture_output=True, text=True).stdout
    assert git.branch(str(main)) == sha[:7]


@pytest.mark.parametrize("head", ["", "ref: refs/heads/.invalid", "nonsense", "\x1b[31m", "x" * 5000])
def test_a_broken_head_is_no_branch(head: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    (tmp_path / ".git" / "config").write_text("")
    assert git.branch(str(tmp_path)) == ""


LIMITS = {"five_hour": {"used_percentage": 42, "resets_at": 1_795_251_475}}


def test_the_inbox_is_written_when_the_limits_change_and_only_then(tmp_path: Path) -> None:
    folder = str(tmp_path / "new" / "default")
    assert inbox.write_if_changed(folder, "abc", LIMITS, 100.0) == 100.0
    path = tmp_path / "new" / "default" / "inbox" / "abc.json"
    first = path.stat()
    assert inbox.write_if_changed(folder, "abc", LIMITS, 200.0) == 100.0, "an idle session keeps the time of its numbers"
    assert (first.st_ino, first.st_mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)
    assert inbox.write_if_changed(folder, "abc", {"five_hour": {"used_percentage": 43}}, 300.0) == 300.0
    assert json.loads(path.read_text()) == {
        "version": 1, "session": "abc", "as_of": 300.0, "rate_limits": {"five_hour": {"used_percentage": 43}},
    }  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["abc.json"]


def test_a_session_name_cannot_leave_the_inbox(tmp_path: Path) -> None:
    inbox.write_if_changed(str(tmp_path / "a"), "../../../evil\0/x", LIMITS, 1.0)
    assert [path.parent.name for path in tmp_path.rglob("*.json")] == ["inbox"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=9,
    )
)
def test_what_the_inbox_encodes_is_json(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert json.loads(encode_json(value)) == value


def test_a_nudge_is_one_in_a_while_and_none_inside_a_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "posix_spawn", lambda _path, command, _env, **_options: started.append(command))
    folder = str(tmp_path / "q")
    spawn_refresh.spawn_refresh(folder, {paths.REFRESH_MARKER: "1"}, 1000.0)
    assert started == []
    for now in (1000.0, 1001.0, 1000.0 + spawn_refresh.PAUSE - 1):
        spawn_refresh.spawn_refresh(folder, {}, now)
    assert len(started) == 1
    assert started[0][1:] == ["-P", str(Path(quotaline.__path__[0], "start.py")), sys.argv[0], "refresh", "--background"]
    spawn_refresh.spawn_refresh(folder, {}, 1000.0 + spawn_refresh.PAUSE)
    assert len(started) == 2


def test_what_cannot_be_a_stamp_is_none_and_what_stands_in_its_place_tells_the_time(tmp_path: Path) -> None:
    stamp = tmp_path / "q" / "nudged"
    for text in ("", "soon", "1e3", "-5", "9" * 30):
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(text)
        os.utime(stamp, (500, 500))
        assert [spawn_refresh.claim_spawn_slot(str(stamp), now) for now in (1000.5, 1001.0, 1016.0)] == [True, False, True]
        assert stamp.read_text() == "1016\n"
    stamp.unlink()
    os.mkfifo(stamp)
    os.utime(stamp, (500, 500))
    assert [spawn_refresh.claim_spawn_slot(str(stamp), now) for now in (1000.0, 1001.0)] == [True, False]
    assert [spawn_refresh.claim_spawn_slot("/dev/null/x/nudged", 1000.0)] == [False]


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        ([1240, "USD", 2], "money", "$12.40"), ([-5, "EUR", 2], "money", "-€0.05"), ([1240, "JPY", 0], "money", "¥1240"),
        ([12345, "KWD", 3], "money", "12.345 KWD"), (0.0216, "money", "$0.02"),
        ([10**18 + 1, "USD", 2], "money", "$10000000000000000.01"),
        (99.9, "pct", "99%"), (104.2, "pct", "104%"), (0, "pct", "0%"),
        (7980, "left", "2h13m"), (59, "left", "<1m"), (3600, "left", "1h"), (86_400, "left", "1d"), (300_600, "left", "3d11h"),
        (420_000, "tokens", "420k"), (1_234_567, "tokens", "1.2M"), (12_345_678, "tokens", "12M"), (999, "tokens", "999"),
        (8, "bar", "█░░░░░░░░░"), (0, "bar5", "░░░░░"), (99, "bar5", "████░"), (100, "bar5", "█████"), (250, "bar5", "█████"),
        ("feature/long-name", ".8", "feature…"), ("short", ".8", "short"), (7, "", "7"),
        (1.5, ".2f", "1.50"),
        ("x", "pct", None), (None, "left", None),
    ],
)  # fmt: skip
def test_a_value_by_its_spec(value: object, spec: str, expected: str | None) -> None:
    assert expected == formats.format_value(value, spec, {})


def test_a_clock_names_the_day_when_it_is_not_today() -> None:
    seven = 1_795_244_400.0
    assert formats.format_clock(seven + 3600, seven) == "08:00"
    assert formats.format_clock(seven + 86_400, seven) == "Sun 07:00"
    assert formats.format_clock(seven + 8 * 86_400, seven) == "29 Nov 07:00"


sgrs = st.sampled_from(["", "2", "1;31", "38;5;214", "38;2;1;2;3", "97"])


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30), sgrs)
def test_painting_never_changes_what_is_seen(text: str, sgr: str) -> None:
    text = values.printable(text)
    plain = paint(text, sgr, "plain")
    assert plain.replace(f"\x1b[{sgr}m", "").replace("\x1b[0m", "") == text
    bash = paint(text, sgr, "bash")
    outside = "".join(piece.rpartition("\x02")[2] for piece in bash.split("\x01"))
    assert outside == text.translate(LOOK_ALIKES)
    zsh = paint(text, sgr, "zsh").replace(f"%{{\x1b[{sgr}m%}}", "").replace("%{\x1b[0m%}", "").replace("$%{\x02%}", "$")
    assert zsh.replace("%%", "%") == text.translate(LOOK_ALIKES)


def test_a_colour_is_told_to_tmux_in_its_own_words() -> None:
    assert tmux_style("1;38;5;214") == "bold,fg=colour214"
    assert tmux_style("38;2;255;0;16") == "fg=#ff0010"
    assert tmux_style("2") == "dim"


pieces = st.lists(
    st.fixed_dictionaries({
        "forms": st.tuples(st.integers(6, 20), st.integers(3, 6), st.integers(1, 3)).map(lambda n: ["x" * k for k in n]),
        "priority": st.integers(0, 100),
        "sgr": st.just(""),
    }),
    max_size=8,
)  # fmt: skip


@given(pieces, st.integers(1, 120))
def test_a_fitted_row_is_never_too_wide_and_drops_only_what_cannot_be_shortened(
    row: list[dict[str, object]], limit: int
) -> None:
    fitted = fit(row, limit, 3)
    assert sum(width(text) for _, text in fitted) + 3 * max(0, len(fitted) - 1) <= limit or not fitted
    if len(fitted) < len(row):
        shortest = {forms[-1] for forms in (piece["forms"] for piece in row) if isinstance(forms, list)}
        assert all(text in shortest for _, text in fitted)


def test_money_on_stdin_is_exact_to_the_cent() -> None:
    (reading,) = session_readings({"spend_limit": {"used_percentage": 1, "used_usd": 0.29, "limit_usd": 1.1}}, 1.0, 2.0)
    assert (reading["value"]["used_money"], reading["value"]["limit_money"]) == ([29, "USD", 2], [110, "USD", 2])


def test_what_is_shown_before_the_first_refresh_is_the_shipped_configuration() -> None:
    from quotaline.config.segments import shipped_defaults

    assert json.loads(json.dumps(shipped_defaults())) == {**read_or_defaults("")}, "run `make defaults`"
