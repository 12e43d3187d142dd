"""What the line costs a shell: µs per prompt, beside starting `/bin/true` once per prompt and beside `starship prompt`.

`make bench-shells`, or `python bench/shells.py --prompts 200 --rounds 7`. Each round runs all contestants one after the
other, so that a slow moment of the machine hits all of them; printed is the median of the rounds, and the median of the
ratios within each round. The time of an empty loop is taken off; the hook's first run, which reads the whole file, counts.
Processes are counted by `strace -f` in runs of their own. Needs bash, zsh, fish, dash, strace; starship where it is there.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from quotaline.core import shell_code
from quotaline.core.paths import cache_dir
from quotaline.core.snapshot import read_or_defaults
from quotaline.snapshot import prompt_files
from quotaline.snapshot.publish import boot_clock

# Each loop prints the nanoseconds of its own repetitions, told by the shell's own clock or by GNU date around them.
LOOPS = {
    "bash": "t0=${{EPOCHREALTIME/./}}; for ((i=0;i<{n};i++)); do {what}; done; echo $(( ${{EPOCHREALTIME/./}} - t0 ))",
    "zsh": "zmodload zsh/datetime; t0=$EPOCHREALTIME; repeat {n} {{ {what} }}; echo; echo $(( (EPOCHREALTIME - t0) * 1e6 ))",
    "fish": 'set t0 (date +%s%N); for i in (seq {n}); {what}; end; set t1 (date +%s%N); echo; math -s0 "($t1 - $t0) / 1000"',
}
HOOK = {
    "bash": "__quotaline_hook",
    "zsh": "__quotaline_precmd",
    "fish": "__quotaline_hook; fish_right_prompt",
}
START = {"bash": ["bash", "--norc", "--noprofile"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}


def reading(key: str, used: float, resets_at: float, now: float) -> dict[str, object]:
    """A window as a snapshot holds it."""
    value = {"type": "window", "id": key, "name": key, "utilization": used, "resets_at": resets_at}
    return {"value": value, "source": "statusline", "as_of": now}


def cache(folder: Path) -> None:
    """Fresh prompt files with two windows and extra usage, as a refresh would leave them."""
    now = time.time()
    extra = {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "limit": [5000, "USD", 2]}
    kept = {
        **read_or_defaults(""), "written_at": now, "fresh_for": 3600.0, "stale_after": 3600.0, "fields": {},
        "readings": [reading("five_hour", 42.0, now + 7980, now), reading("seven_day", 63.0, now + 300_600, now),
                     {"value": extra, "source": "claude-json", "as_of": now}],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in prompt_files.render_prompt_files(kept, now).items():
        (folder / name).write_bytes(content)
    (folder / "clock").write_bytes(boot_clock())


def init(shell: str, env: dict[str, str]) -> str:
    """The hook's code as `quotaline init` prints it."""
    return shell_code.settings(shell, env, "/bin/false") + shell_code.init_code(shell)


def loop(shell: str, what: str, prompts: int, env: dict[str, str], *, hooked: bool = False) -> float:
    """µs per repetition of `what` in one shell; the hook's first run, which reads the file, is among them."""
    code = (init(shell, env) + "\n") if hooked else ""
    spent = []
    for repeated in (what, "true"):
        script = code + LOOPS[shell].format(n=prompts, what=repeated)
        done = subprocess.run([*START[shell], "-c", script], capture_output=True, text=True, env=env, check=True)
        spent.append(float(done.stdout.split()[-1]))
    return (spent[0] - spent[1]) / prompts


def spawned(words: list[str], prompts: int, env: dict[str, str]) -> float:
    """µs per start of a program from bash, which is how a host would start it."""
    return loop("bash", shlex.join(words) + " >/dev/null 2>&1", prompts, env)


def processes(shell: str, prompts: int, folder: Path, env: dict[str, str]) -> tuple[int, int]:
    """Forks and execs of a shell that runs the hook `prompts` times, less those of one that runs it once."""

    def count(times: int) -> tuple[int, int]:
        trace = folder / "trace"
        each = {"bash": f"for ((i=0;i<{times};i++)); do {HOOK[shell]}; done", "zsh": f"repeat {times} {{ {HOOK[shell]} }}"}
        script = (
            init(shell, env) + "\n" + each.get(shell, f"for i in (string split , {','.join('x' * times)}); {HOOK[shell]}; end")
        )
        words = ["strace", "-f", "-e", "trace=clone,clone3,fork,vfork,execve", "-o", str(trace), *START[shell], "-c", script]
        subprocess.run(words, env=env, check=True, capture_output=True)
        text = trace.read_text(errors="replace")
        forks = [line for line in re.findall(r"^\d+ +(?:clone3?|v?fork)\(.*", text, re.MULTILINE) if "CLONE_THREAD" not in line]
        return len(forks), text.count("execve(")

    many, one = count(prompts), count(1)
    return many[0] - one[0], many[1] - one[1]


def starts(scratch: Path, rounds: int) -> None:
    """Print what the installed line adds to a shell's start, beside `eval "$(quotaline init …)"` and starship, in turns."""
    program = str(Path(sys.executable).with_name("quotaline"))
    by_eval = {"bash": 'eval "$({} init bash)"', "zsh": 'eval "$({} init zsh)"', "fish": "{} init fish | source"}
    peers = {"nothing": None, "installed": program, "init": program, "starship": shutil.which("starship")}
    homes = {peer: scratch / peer for peer, command in peers.items() if command or peer == "nothing"}
    print(f"\n{'ms of a start':22}" + "".join(f"{peer:>18}" for peer in homes))
    for shell, line in by_eval.items():
        for peer, home in homes.items():
            env = {"HOME": str(home), "PATH": os.environ["PATH"]}
            if peer == "installed":
                subprocess.run([program, "install", shell], env=env, check=True, stdout=subprocess.DEVNULL)
                continue
            rc = home / {"fish": ".config/fish/config.fish"}.get(shell, f".{shell}rc")
            rc.parent.mkdir(parents=True, exist_ok=True)
            rc.write_text(line.format(peers[peer]) + "\n" if peers[peer] else "", encoding="utf-8")
        turns = [{peer: started(shell, home) for peer, home in homes.items()} for _ in range(rounds * 5)][2:]
        row = f"{shell:22}{statistics.median(turn['nothing'] for turn in turns):18.2f}"
        for peer in list(homes)[1:]:
            row += f"{statistics.median(turn[peer] - turn['nothing'] for turn in turns):+18.2f}"
        print(row)


def started(shell: str, home: Path) -> float:
    """Milliseconds of an interactive shell that ends at once."""
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "120"}
    begun = time.perf_counter()
    subprocess.run([shell, "-i", "-c", "exit"], env=env, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - begun) * 1000


def main() -> int:
    """Measure and print a table; exit code 1 when a limit of the design is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        exceeded = measure(Path(scratch), options.prompts, options.rounds)
        starts(Path(scratch), options.rounds)
        return exceeded


def measure(scratch: Path, prompts: int, rounds: int) -> int:
    """The rounds, the counts, the table."""
    env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "QUOTALINE_CACHE_DIR": str(scratch / "cache"), "LC_ALL": "C.UTF-8"}
    folder = Path(cache_dir(env))
    cache(folder)
    script = scratch / "starship.sh"
    kept = shell_code.script_settings("starship", env, "/bin/false")
    script.write_text(shell_code.file_text("starship.sh", kept, "0"), encoding="utf-8")
    starship = shutil.which("starship")
    contestants = {f"{shell} hook": (shell, HOOK[shell]) for shell in HOOK}
    programs = {"/bin/true": ["/bin/true"], "fast starship form": ["/bin/sh", str(script)]}
    if starship:
        (scratch / "starship.toml").write_text("")
        env["STARSHIP_CONFIG"] = str(scratch / "starship.toml")
        programs["starship prompt"] = [starship, "prompt"]
    times: dict[str, list[float]] = {name: [] for name in (*contestants, *programs)}
    for _ in range(rounds):
        for name, (shell, what) in contestants.items():
            times[name].append(loop(shell, what, prompts, env, hooked=True))
        for name, words in programs.items():
            times[name].append(spawned(words, prompts, env))
    print(f"{prompts} prompts, median of {rounds} rounds\n")
    print(f"{'':22}{'µs per prompt':>14}{'best':>9}{'× /bin/true':>13}{'forks':>8}{'execs':>8}")
    exceeded = False
    for name, found in times.items():
        ratio = statistics.median(one / true for one, true in zip(found, times["/bin/true"], strict=True))
        row = f"{name:22}{statistics.median(found):14.0f}{min(found):9.0f}{ratio:13.3f}"
        if name in contestants:
            forks, execs = processes(contestants[name][0], prompts, folder, env)
            row += f"{forks:8}{execs:8}"
            exceeded = exceeded or ratio > 0.1 or forks > 0 or execs > 0
        exceeded = exceeded or (name == "fast starship form" and ratio > 3)
        print(row)
    print(
        "\nlimits: hooks at most 0.1 × /bin/true, no fork, no exec; the fast starship form at most 3 ×"
        + (" - EXCEEDED" if exceeded else "")
    )
    return int(exceeded)


if __name__ == "__main__":
    sys.exit(main())
