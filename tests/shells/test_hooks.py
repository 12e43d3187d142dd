"""The hooks, in the real shells with `-e -u`: which frame is shown, and that nothing else ever is."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shellkit
from quotaline.core.snapshot import read_or_defaults
from quotaline.core.spawn_refresh import claim_spawn_slot
from quotaline.snapshot import prompt_files
from shellkit import FILE, STRICT, calls, fake_command, frames, shown, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("shell", list(STRICT))


@pytest.fixture
def env() -> dict[str, str]:
    return shellkit.environment()


def test_the_frame_of_this_second_is_shown(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((-500, "long ago"), (-1, "a second ago"), (900, "now"), (9000, "later")), FILE[shell])
    assert shown(shell, tmp_path / "c", env, times=3) == "now"


def test_a_value_whose_window_has_reset_is_gone(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((-60, "5h 42%"), (9000, "")), FILE[shell])
    assert shown(shell, tmp_path / "c", env) == ""


def test_spaces_backslashes_and_glob_characters_stay(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    text = r"  * \n \\ $HOME ~ ${x} 'q' \"q\" {a,b}  ?  "
    write(tmp_path / "c", frames((900, text)), FILE[shell])
    assert shown(shell, tmp_path / "c", env) == text


@pytest.mark.parametrize(
    "content",
    [
        "", "\n", "quotaline", "quotaline 1\n", "quotaline 2 1 9999999999 0\n9999999999\tx\n",
        "quotaline 1 a b 0\n9999999999\tx\n",
        "quotaline 1 0 0 0\n9999999999\tx\n", "quotaline 1 1 9999999999 0\n", "quotaline 1 1 9999999999 0\nx\tx\n",
        "quotaline 1 1 9999999999 0\n08\tx\n", "quotaline 1 1 9999999999 0\na[$(touch canary)]\tx\n",
        "quotaline 1 a[$(touch$IFS\\canary)] 1 0\n9\tx\n", "quotaline 1 1 9999999999 0\n-5\tx\n5\tx", "\x00\x01\x02\n" * 5,
        "quotaline 1 1 9999999999\n9999999999\tx\n", "\xff\xfe", "quotaline 1 1 9999999999 0\n\n\n",
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_should_be_shows_nothing(
    shell: str, content: str, tmp_path: Path, env: dict[str, str]
) -> None:
    write(tmp_path / "c", content.encode("latin-1"), FILE[shell])
    assert shown(shell, tmp_path / "c", env, times=2) == ""
    assert not list(tmp_path.glob("**/canary"))


def test_no_file_no_folder_and_a_folder_in_its_place_show_nothing(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    assert shown(shell, tmp_path / "none", env) == ""
    (tmp_path / "c" / FILE[shell]).mkdir(parents=True)
    assert shown(shell, tmp_path / "c", env) == ""


def test_a_file_that_was_cut_anywhere_is_silent(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    whole = frames((-5, "old"), (900, "now"), (9000, "later")).encode()
    script = shellkit.code(shell, tmp_path / "c")
    for size in range(0, len(whole), 7):
        write(tmp_path / "c", whole[:size], FILE[shell])
        assert shellkit.run(shell, script + "\n" + shellkit.HOOK[shell], env).stdout == ""


def test_a_fresh_file_starts_no_refresh_and_an_expired_one_starts_one(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    command = fake_command(tmp_path / "bin")
    now = int(time.time())
    write(tmp_path / "c", frames((900, "now")), FILE[shell])
    shown(shell, tmp_path / "c", env, command, times=3)
    assert not (tmp_path / "c" / "nudged").exists()
    assert calls(tmp_path / "bin") == []
    write(tmp_path / "c", frames((900, "old"), written=now - 900, expires=now - 1), FILE[shell])
    assert shown(shell, tmp_path / "c", env, command, times=3) == "old"
    shellkit.wait_for(lambda: calls(tmp_path / "bin"))
    shown(shell, tmp_path / "c", env, command, times=3)
    assert calls(tmp_path / "bin") == ["refresh --background"]


def test_shells_and_the_status_line_heed_one_stamp(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    command, stamp = fake_command(tmp_path / "bin"), tmp_path / "c" / "nudged"
    now = time.time()
    write(tmp_path / "c", frames((900, "old"), written=int(now) - 900, expires=int(now) - 1), FILE[shell])
    assert claim_spawn_slot(str(stamp), now)
    shown(shell, tmp_path / "c", env, command)
    assert calls(tmp_path / "bin") == [], "what Python started a moment ago is under way"
    stamp.unlink()
    shown(shell, tmp_path / "c", env, command)
    shellkit.wait_for(lambda: calls(tmp_path / "bin"))
    os.utime(stamp, (now - 900, now - 900))
    assert not claim_spawn_slot(str(stamp), time.time())


def test_a_file_from_the_future_counts_as_expired(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    command = fake_command(tmp_path / "bin")
    now = int(time.time())
    write(tmp_path / "c", frames((90_000, "x"), written=now + 80_000, expires=now + 80_060), FILE[shell])
    shown(shell, tmp_path / "c", env, command)
    shellkit.wait_for(lambda: calls(tmp_path / "bin"))


def test_inside_a_refresh_none_is_started(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    shown(shell, tmp_path / "c", {**env, "QUOTALINE_REFRESH": "1"}, fake_command(tmp_path / "bin"))
    assert not (tmp_path / "c" / "nudged").exists()


def test_the_shell_ends_while_the_refresh_still_runs(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    """The child holds neither stdout nor stderr: `shown` reads both to their end while the child waits on a pipe."""
    pipe = tmp_path / "gate"
    os.mkfifo(pipe)
    shown(
        shell,
        tmp_path / "c",
        env,
        fake_command(tmp_path / "bin", f"read -r line < '{pipe}'; echo released >> '{tmp_path}/bin/calls'"),
    )
    shellkit.wait_for(lambda: calls(tmp_path / "bin"))
    with pipe.open("w") as gate:
        gate.write("go\n")
    shellkit.wait_for(lambda: "released" in calls(tmp_path / "bin"))


def test_a_refresh_that_cannot_write_is_not_started_again_and_again(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "file").write_text("a file where the cache folder should be")
    shown(shell, tmp_path / "file" / "c", env, fake_command(tmp_path / "bin"), times=5)
    assert len(calls(tmp_path / "bin")) <= 1


HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("$`\\%{}[]#!()'\"<>|&;*?~ \t\n\x1b\x07\x01\x02\x1d\x1f\x7f\u202e\u0301\u4e2d🙂")),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
TRAPS = st.sampled_from(
    ["$(touch canary)", "`touch canary`", "\\$(touch canary)", "%{\x1b[2J%}", "\\[\\e]0;x\\a\\]", "#(touch canary)",
     "#{q:host}", "${HOME:=x}", "$((a[$(touch canary)]))", "%F{red}%m", "!!", "\\w\\h", "'; touch canary; '", "$'\\x1b'"]
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.one_of(HOSTILE, TRAPS, st.builds(lambda a, b, c: a + b + c, HOSTILE, TRAPS, HOSTILE)))
def test_no_value_runs_anything_or_leaves_its_cells(shell: str, value: str, tmp_path: Path, env: dict[str, str]) -> None:
    """Any text as a model's name: QUOTALINE is exactly what was painted, silent under `-e -u`, and no file appears."""
    kept = {
        **read_or_defaults(""), "written_at": time.time(), "fresh_for": 600.0, "stale_after": 3600.0, "readings": [],
        "fields": {"model.name": [value, None]}, "lines": {"prompt": [["model"]]},
    }  # fmt: skip
    content = prompt_files.render_prompt_files(kept, time.time())[FILE[shell]]
    write(tmp_path / "c", content, FILE[shell])
    expected = content.decode().splitlines()[1].partition("\t")[2] if content.count(b"\n") > 1 else ""
    script = shellkit.code(shell, tmp_path / "c") + f"\n{shellkit.HOOK[shell]}\n"
    got = shellkit.run(
        shell, f"cd '{tmp_path}'\n{script}" + shellkit.SHOW.get(shell, 'printf "[%s]" "$QUOTALINE"'), env
    ).stdout[1:-1]
    assert expected == got
    assert not list(tmp_path.glob("**/canary"))
