"""`quotaline export`, by the installed command: the file that node_exporter reads, several accounts, a ledger that fails."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from commandline import QUOTALINE, quotaline
from quotaline.files import lock
from quotaline.ledger import open_ledger
from quotaline.locations import resolve_locations
from transcript_lines import append, assistant, write
from usage_history import HOUR, configure, tell

NAMES = '[accounts]\nwork = "~/.claude-work"\nhome = "~/.claude"\n'
OPUS = 'model="claude-opus-5-5",source="transcripts"'


@pytest.fixture
def env(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a person's own command, which refreshes."""
    return {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}


def samples(text: bytes) -> dict[str, str]:
    """Series → value."""
    lines = (line.rpartition(" ") for line in text.decode().splitlines() if line[0] != "#")
    return {series: value for series, _, value in lines}


def told(folder: Path, percent: float, login: str) -> None:
    """What Claude Code left in `folder` a moment ago, of the account whose uuid ends in `login`."""
    folder.mkdir(exist_ok=True)
    now = time.time()
    tell(folder, now, {"five_hour": (percent, now + 2 * HOUR)})
    path = folder / ".claude.json"
    path.write_text(path.read_text("utf-8").replace("00000000000a", f"00000000000{login}"), "utf-8")


def test_it_exits_0_without_any_data(env: dict[str, str], environment: dict[str, str]) -> None:
    for some in (env, environment):
        found = quotaline("export", env=some)
        assert (found.returncode, found.stderr) == (0, b"")
        assert found.stdout.startswith(b"# HELP quotaline_info ")
        assert found.stdout.endswith(b"\n# EOF\n")
    assert b"# TYPE quotaline info\n" in quotaline("export", "--format", "openmetrics", env=env).stdout
    assert quotaline("export", "--format", "influx", env=env).returncode == 2


def test_the_file_is_readable_for_everybody_and_replaced_at_once(env: dict[str, str], home: Path) -> None:
    write(home / ".claude", "s1", assistant("m1", time.time() - 60, input=7))
    before = os.umask(0o077)
    try:
        (home / "node").mkdir()
        done = quotaline("export", "--output", "node/quotaline.prom", env=env, cwd=home)
    finally:
        os.umask(before)
    path = home / "node" / "quotaline.prom"
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert path.stat().st_mode & 0o777 == 0o644
    assert samples(path.read_bytes())[f'quotaline_tokens_total{{{OPUS},kind="input"}}'] == "7"
    inode = path.stat().st_ino
    (home / "link.prom").symlink_to(path)
    assert quotaline("export", "--output", "link.prom", env=env, cwd=home).returncode == 0
    assert path.stat().st_ino != inode, "another file took its place"
    assert (home / "link.prom").is_symlink()
    assert [one.name for one in (home / "node").iterdir()] == [path.name]


@pytest.mark.parametrize("file", ["no/such/folder.prom", "folder", "\x1b[2J/x.prom"])
def test_a_file_that_cannot_be_written_is_one_sentence(env: dict[str, str], home: Path, file: str) -> None:
    (home / "folder").mkdir()
    done = quotaline("export", "--output", file, env=env, cwd=home)
    assert (done.returncode, done.stdout) == (1, b"")
    assert re.fullmatch(rb"Error: Could not open file '[^\n\x1b]+': [A-Z][^\n\x1b]+\n", done.stderr)


def test_a_disk_that_is_full_leaves_the_old_file(env: dict[str, str], home: Path) -> None:
    """A process that may write no file of any length is as good as one."""
    path = home / "quotaline.prom"
    path.write_text("old\n", encoding="utf-8")
    quotaline("export", env=env, check=True)
    words = ["bash", "-c", f"trap '' XFSZ; ulimit -f 0; exec {QUOTALINE} export --offline --output quotaline.prom"]
    done = subprocess.run(words, env=env, cwd=home, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"File too large" in done.stderr
    assert path.read_text(encoding="utf-8") == "old\n"
    assert not list(home.glob(".quotaline.prom*"))


def test_with_accounts_every_sample_names_its_account_and_all_are_there(env: dict[str, str], home: Path) -> None:
    configure(home)
    told(home / ".claude-work", 9, "b")
    told(home, 42, "a")
    write(home / ".claude", "s1", assistant("m1", time.time() - 60, input=1))
    write(home / ".claude-work", "s2", assistant("m2", time.time() - 60, input=2))
    assert b"account=" not in quotaline("export", env=env, check=True).stdout
    configure(home, NAMES)
    found = samples(quotaline("export", env=env, check=True).stdout)
    assert all(
        '{account="work",' in one or '{account="home",' in one or one.endswith(('="work"}', '="home"}')) for one in found
    )
    tokens = {name: found[f'quotaline_tokens_total{{account="{name}",{OPUS},kind="input"}}'] for name in ("work", "home")}
    assert tokens == {"work": "2", "home": "1"}
    used = [found[one] for one in found if one.startswith("quotaline_window_used_ratio")]
    assert used == ["0.09", "0.42"]


def test_one_login_in_two_folders_is_one_account_with_what_both_used(env: dict[str, str], home: Path) -> None:
    configure(home, NAMES)
    told(home / ".claude-work", 44, "a")
    told(home, 42, "a")
    write(home / ".claude", "s1", assistant("m1", time.time() - 60, input=1))
    write(home / ".claude-work", "s2", assistant("m2", time.time() - 60, input=2))
    found = samples(quotaline("export", env=env, check=True).stdout)
    assert found[f'quotaline_tokens_total{{account="work",{OPUS},kind="input"}}'] == "3"
    assert not any('account="home"' in one for one in found)


def test_several_folders_in_one_variable_add_up_and_one_twice_counts_once(env: dict[str, str], home: Path) -> None:
    for number, name in enumerate(("one", "two"), 1):
        write(home / name, f"s{number}", assistant(f"m{number}", time.time() - 60, input=number))
    for told_folders, tokens in ((("one", "two", "one"), "3"), (("two", "two"), "2")):
        variable = ",".join(str(home / name) for name in told_folders)
        found = samples(quotaline("export", env={**env, "CLAUDE_CONFIG_DIR": variable}, check=True).stdout)
        assert found[f'quotaline_tokens_total{{{OPUS},kind="input"}}'] == tokens


def test_a_counter_does_not_fall_from_one_export_to_the_next(env: dict[str, str], home: Path) -> None:
    at = time.time() - 60
    path = write(home / ".claude", "s1", assistant("m1", at, request="r1", input=5), assistant("m1", at, request="r2", input=7))
    series = f'quotaline_tokens_total{{{OPUS},kind="input"}}'
    assert samples(quotaline("export", env=env, check=True).stdout)[series] == "12"
    append(path, assistant("m1", at, request=None, input=1))
    quotaline("refresh", "--force", env=env, check=True)
    found = samples(quotaline("export", env=env, check=True).stdout)
    assert found[f'quotaline_local_tokens{{span="today",{OPUS},kind="input"}}'] == "7"
    assert found[series] == "12"


def test_requests_are_counted_by_source_and_outcome_but_for_one_under_way(env: dict[str, str], home: Path) -> None:
    configure(home)
    told(home, 42, "a")
    quotaline("refresh", env=env, check=True)
    where = resolve_locations(env)
    assert where.ledger
    account = "account:00000000-0000-4000-8000-00000000000a"
    rows = [
        (account, "answered"),
        (account, "answered"),
        (account, "pending"),
        ("config:default", "failed"),
        ("account:b", "x"),
    ]
    with open_ledger(where.ledger) as ledger:
        insert = "INSERT INTO request (key, source, asked_at, outcome) VALUES (?, 'endpoint', 1, ?)"
        ledger.connection.executemany(insert, rows)
    found = samples(quotaline("export", env=env, check=True).stdout)
    assert {series: value for series, value in found.items() if "requests" in series} == {
        'quotaline_requests_total{source="endpoint",outcome="answered"}': "2",
        'quotaline_requests_total{source="endpoint",outcome="failed"}': "1",
    }


def test_a_ledger_that_cannot_be_used_costs_the_counters_alone(env: dict[str, str], home: Path) -> None:
    configure(home)
    told(home, 42, "a")
    quotaline("refresh", env=env, check=True)
    ledger = resolve_locations(env).ledger
    assert ledger
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA user_version = 999")
    done = quotaline("export", "--output", "x.prom", env=env, cwd=home)
    assert done.returncode == 0
    assert re.fullmatch(rb"quotaline: The ledger [^\n]+ newer quotaline[^\n]+ The counters are left out\.\n", done.stderr)
    found = samples((home / "x.prom").read_bytes())
    assert found['quotaline_window_used_ratio{window="five_hour",source="claude-json",alpha="true"}'] == "0.42"
    assert not any("_total" in series for series in found)


def test_exports_into_a_file_wait_for_each_other(env: dict[str, str], home: Path) -> None:
    """Else one that counted earlier could write later, and the counters in the file would fall."""
    write(home / ".claude", "s1", assistant("m1", time.time() - 60, input=1))
    quotaline("refresh", env=env, check=True)
    data = resolve_locations(env).data_dir
    assert data
    with lock(data / "export.lock"):
        waiting = subprocess.Popen([QUOTALINE, "export", "--output", "x.prom"], env=env, cwd=home)
        for _ in range(3):
            quotaline("export", env=env, check=True)  # takes as long, and waits for nobody
        assert waiting.poll() is None
        assert not (home / "x.prom").exists()
    assert waiting.wait() == 0
    assert b"quotaline_tokens_total" in (home / "x.prom").read_bytes()
