"""Every test has a home, a cache and a clock of its own; a quick one starts no process."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from furnished import Template
from programs import summary
from quotaline.ledger import Ledger, open_ledger

pytest_plugins = ["time_limit"]
settings.register_profile("quotaline", deadline=None)  # a busy machine is no counter-example
settings.load_profile("quotaline")


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.terminal import TerminalReporter

VARIABLES = (
    "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "QUOTALINE_CONFIG", "QUOTALINE_CACHE_DIR", "QUOTALINE_DATA_DIR",
    "QUOTALINE_REFRESH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES",
    "QUOTALINE_ADMIN_KEY", "CLAUDECODE", "CLAUDE_PROJECT_DIR", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ATTENDED",
)  # fmt: skip


def pytest_configure() -> None:
    """A run in the background (`nohup`, `make test &`) ignores signals, and so would all that tests start.

    A handler that does nothing is as good here, and a program that is started does not inherit it.
    """
    for name in ("SIGINT", "SIGQUIT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """How many tests were skipped because a shell or a tool is not here."""
    skipped = terminalreporter.stats.get("skipped", [])
    said = summary([report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)])
    if said:
        terminalreporter.write_line(said)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder; no variable of the machine reaches quotaline."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def zone(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`zone("Asia/Tokyo")` makes that the zone of this process, for the C library too; afterwards it is UTC again."""
    assert os.environ["HOME"] == str(home)

    def become(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield become
    become("UTC")


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment for a child process: the one of this test, and a refresh that is never started by accident."""
    assert os.environ["HOME"] == str(home)
    return {**os.environ, "QUOTALINE_REFRESH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What `furnished` copies."""
    return Template(tmp_path_factory.mktemp("furnished"))


@pytest.fixture
def furnished(template: Template, environment: dict[str, str], home: Path) -> dict[str, str]:
    """A home with the bundled sample, as the real commands have read it; its environment."""
    return template.copy(home, environment)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, open."""
    with open_ledger(tmp_path / "data" / "ledger.db") as opened:
        yield opened


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    """Where a config dir of Claude Code will be."""
    return tmp_path / "claude"


SLOW = (
    "alerts/test_delivery.py", "commands/", "forecast/test_fields.py", "integrations/", "ledger/test_survival.py",
    "ratelimit/test_processes.py", "ratelimit/test_week.py", "refresh/test_stages.py", "shells/", "sources/test_claude_cli.py",
    "test_budgets.py", "test_contributing.py", "test_forecast.py", "test_pre_commit.py", "test_surfaces.py",
    "transcripts/test_workers.py", "usage/test_report.py",
)  # fmt: skip
"""Rooms and files whose tests start processes or take long; elsewhere the marker `slow` says it of one test."""
PROCESSES = frozenset({"subprocess.Popen", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.exec", "os.system"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the rooms above, and those that ask for the environment of a child process, are slow."""
    here = Path(__file__).parent
    for item in items:
        if str(item.path.relative_to(here)).startswith(SLOW) or "environment" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


class _ProcessAlarm:
    """Ends the quick test that starts a process."""

    on = False

    def __call__(self, event: str, _arguments: object) -> None:
        if self.on and event in PROCESSES:
            self.on = False
            pytest.fail(f"A quick test starts no process ({event}); mark it `slow`.")


_alarm = _ProcessAlarm()
sys.addaudithook(_alarm)


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that is not marked `slow` starts no process: it is one of `make quick`."""
    _alarm.on = request.node.get_closest_marker("slow") is None
    yield
    _alarm.on = False
