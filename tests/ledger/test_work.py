"""Work is proportional to what changed, as the system sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from programs import need
from quotaline.ledger import importer
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.totals import local_totals
from quotaline.prices import PriceBook
from quotaline.transcripts import discover
from transcript_lines import NOON, append, assistant, tool_result, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger import Ledger

STEP = """
import sys
from datetime import UTC
from pathlib import Path
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.totals import local_totals
from quotaline.prices import PriceBook
with open_ledger(Path(sys.argv[1])) as ledger:
    import_transcripts(ledger, [Path(sys.argv[2])])
    local_totals(ledger, float(sys.argv[3]), UTC, five_hour_resets_at=None, prices=PriceBook())
"""


def traced(tmp_path: Path, claude: Path) -> tuple[list[str], int]:
    """A refresh's transcript step in a process of its own: the transcripts it opened, and the bytes it read from them."""
    log = tmp_path / "trace"
    command = [need("strace"), "-f", "-qq", "-y", "-e", "trace=openat,open,read,readv,pread64,preadv", "-o", str(log)]
    step = [sys.executable, "-c", STEP, str(tmp_path / "data" / "ledger.db"), str(claude), str(NOON)]
    done = subprocess.run([*command, *step], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = [line for line in log.read_text().splitlines() if ".jsonl" in line]
    opened = [line for line in calls if re.search(r"\bopen(at)?\(", line)]
    return opened, sum(int(line.rpartition("= ")[2]) for line in calls if re.search(r"\bp?read(v|64|v2)?\(", line))


@pytest.mark.slow
def test_one_more_line_opens_one_file_and_reads_its_bytes(ledger: Ledger, claude: Path, tmp_path: Path) -> None:
    paths = [write(claude, f"s{n}", tool_result("x" * 9999), assistant(f"m{n}", input=n)) for n in range(20)]
    import_transcripts(ledger, [claude])
    appended = append(paths[7], assistant("new", input=100))
    opened, size = traced(tmp_path, claude)
    assert (1, appended) == (len(opened), size)
    assert ([], 0) == traced(tmp_path, claude)


def test_a_refresh_asks_the_database_as_much_for_a_long_history_as_for_a_short_one(ledger: Ledger, claude: Path) -> None:
    """Counted in steps of the database's machine, which do not depend on how busy this one is."""
    counted, known = [], 0
    path = write(claude, "today", assistant("m", NOON))
    for days in (9, 90):
        for day in range(known, days):
            write(claude, f"s{day}", *(assistant(f"m{day}-{n}", NOON - day * 86400 - n * 600, input=1) for n in range(60)))
        known = days
        import_transcripts(ledger, [claude])
        append(path, assistant(f"more-{days}", NOON, input=1))
        counted.append(steps(ledger, claude))
    short, long = counted
    assert long < short * 1.2


def steps(ledger: Ledger, claude: Path) -> int:
    """Steps of SQLite's virtual machine, in tens, for one refresh; looking at the files themselves is left out."""
    found = discover.discover(ledger.connection, [claude], thorough=False)
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importer, "discover", lambda *_, **__: found)
        ledger.connection.set_progress_handler(one, 10)
        report = import_transcripts(ledger, [claude])
        local_totals(ledger, NOON, UTC, five_hour_resets_at=None, prices=PriceBook())
        ledger.connection.set_progress_handler(None, 10)
    assert 1 == report.files_read
    return count
