"""Text for a shell is inert wherever it is put: each placement that people use, in the real shells, with hostile names.

It makes no file and starts no process: strace counts as many as for plain names.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shellkit
from hostile_names import HALVES, NAMES, prompt_file, short_names
from programs import need
from quotaline.core.values import printable
from shellkit import FILE, count_processes, traced, write

if TYPE_CHECKING:
    from pathlib import Path

# shell → how it is started, and how a value gets into what is shown before a command; {q} is the variable, {f} the prompt file
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "posix-bash": ["bash", "--norc", "--noprofile", "--posix", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "dash": ["dash", "-i"],
    "busybox": ["busybox", "sh", "-i"],
}
FILE_TEXT = '$(tail -n 1 "$file" | cut -f 2)'
PLACEMENTS = {
    "bash": ["PS1='$QUOTALINE '", 'PS1="$QUOTALINE "', 'PS1="${QUOTALINE@P} "', f"PS1='{FILE_TEXT} '", f'PS1="{FILE_TEXT} "'],
    "zsh": [
        f"setopt {options}; {how}"
        for options in ("prompt_subst", "prompt_subst prompt_bang", "no_prompt_subst prompt_bang")
        for how in ("PROMPT='$QUOTALINE '", 'PROMPT="$QUOTALINE "', 'PROMPT="${(%)QUOTALINE} "',
                    f"PROMPT='{FILE_TEXT} '", f'PROMPT="{FILE_TEXT} "')
        if not ("no_" in options and "'" in how)
    ],
}  # fmt: skip
PLACEMENTS["posix-bash"] = PLACEMENTS["bash"]
PLACEMENTS["dash"] = PLACEMENTS["busybox"] = [how for how in PLACEMENTS["bash"] if "@P" not in how]
KIND = {"posix-bash": "bash", "dash": "sh", "busybox": "sh"}
CASES = [(shell, how) for shell, list_of in PLACEMENTS.items() for how in list_of]


class Drawn(NamedTuple):
    """What a shell printed, without what takes no cell, and how many processes it started."""

    text: str
    processes: int


def drawn(shell: str, how: str, names: tuple[str, ...], folder: Path) -> Drawn:
    """An interactive shell that draws three such prompts; no file may appear where it stands."""
    path = write(folder, prompt_file(FILE[KIND.get(shell, shell)], time.time(), *names), "file")
    where, trace = folder / "where", folder / "trace"
    where.mkdir(exist_ok=True)
    lines = f"cd {shlex.quote(str(where))}; file={shlex.quote(str(path))}; QUOTALINE={FILE_TEXT}\n{how}\n:\n:\nexit\n"
    done = subprocess.run(
        [*traced(trace), need(START[shell][0]), *START[shell][1:]], input=lines, capture_output=True, text=True, check=False,
        errors="backslashreplace", env={**shellkit.environment(), "HOME": str(where), "HISTFILE": "", "PS1": "> "},
    )  # fmt: skip
    found = sorted(path.name for path in where.iterdir() if not path.name.endswith("history"))
    assert found == [], f"{names} made {found}"
    assert not (folder / "P").exists()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|[\x01\x02\r]", "", done.stdout + done.stderr)
    return Drawn(text, count_processes(trace))


@pytest.mark.parametrize(("shell", "how"), CASES)
def test_the_money_and_every_name_are_shown_as_they_are(shell: str, how: str, tmp_path: Path) -> None:
    """One placement at a time, each hostile name alone and each pair of halves: it runs nothing and shows all of it."""
    twice = "@P" in how or "(%)" in how
    plain = drawn(shell, how, ("plain",), tmp_path).processes
    for names in [*((name,) for name in NAMES), *HALVES]:
        shown, processes = drawn(shell, how, names, tmp_path)
        assert processes == plain, names
        if not twice or "%" not in "".join(names):  # `%%` of a text that is read twice is one `%`, which is zsh's own then
            expected = "|".join(shellkit.inert(name, "bash") for name in names) + "|$12.40"
            assert expected in shown, (names, shown)


@pytest.mark.parametrize("shell", list(PLACEMENTS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_pair_of_short_texts_runs_anything_anywhere(shell: str, data: st.DataObject, tmp_path: Path) -> None:
    how = data.draw(st.sampled_from(PLACEMENTS[shell]))
    names = data.draw(short_names())
    shown, processes = drawn(shell, how, names, tmp_path)
    assert processes == drawn(shell, how, ("plain",), tmp_path).processes
    texts = [shellkit.inert(printable(name), "bash") for name in names]
    if not ("@P" in how or "(%)" in how) and all(text and text == text.strip() and "  " not in text for text in texts):
        assert "|".join(texts) + "|$12.40" in shown


@pytest.mark.parametrize("how", ["printf '%s\\n' $QUOTALINE", 'printf "%s\\n" "$QUOTALINE"', 'echo "$QUOTALINE"'])
@pytest.mark.parametrize("name", NAMES)
def test_fish_shows_a_name_in_any_quotes(how: str, name: str, tmp_path: Path) -> None:
    text = prompt_file("prompt.fish", time.time(), name).decode().splitlines()[1].partition("\t")[2]
    (tmp_path / "text").write_text(text)
    script, trace = f"cd '{tmp_path}'; read QUOTALINE < text; {how}", tmp_path / "trace"
    done = subprocess.run(
        [*traced(trace), need("fish"), "--no-config", "-c", script],
        capture_output=True, text=True, check=True, env=shellkit.environment(),
    )  # fmt: skip
    assert shellkit.plain(done.stdout) == f"{name}|$12.40 extra\n"
    assert {path.name for path in tmp_path.iterdir()} <= {"text", "home", "trace"}
    assert count_processes(trace) <= 1  # fish itself
