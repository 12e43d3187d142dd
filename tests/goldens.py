"""Golden outputs: what a person sees, whole, as it was looked at once. `WRITE_GOLDEN=1` writes them anew, to be looked at."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from quotaline.config.schema import Config
from quotaline.terminal import page
from quotaline.terminal.text import Line

FOLDER = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """The text is what the file `name` under `golden/` holds; escapes are written as `␛` there."""
    path, shown = FOLDER / name, text.replace("\x1b", "␛")
    if os.environ.get("WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


def printed(lines: Iterable[Line], limit: int, config: Config | None = None, *, colour: bool = False) -> str:
    """Lines as the commands print them on a terminal of `limit` cells."""
    out = io.StringIO()
    console = Console(file=out, width=limit, force_terminal=colour, color_system="256" if colour else None, highlight=False)
    config = config or Config()
    page.print_lines(console, lines, config, ascii_only=config.style.palette == "ascii")
    return out.getvalue()
