"""EFFECT Draw docs/pictures/*.svg by rich from what the commands really print: `make pictures`; `--check` only compares.

The bundled sample at one fixed moment, so that a picture changes when the output does and never otherwise.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from quotaline.config.schema import Config, Style
from quotaline.core import paths
from quotaline.core.inbox import record_rate_limits
from quotaline.core.snapshot import read_or_defaults
from quotaline.locations import resolve_locations
from quotaline.preview import live, sample
from quotaline.preview.segments import previews
from quotaline.prompt.statusline import statusline_text
from quotaline.refresh.run import refresh
from quotaline.snapshot import prompt_files
from quotaline.terminal import page, segments
from quotaline.usage.report import overview
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from quotaline.model import Snapshot

FOLDER = Path(__file__).resolve().parent / "pictures"
NOW = 1_795_244_400.0  # 2026-11-21 07:00:00 UTC
HUES = [(224, 108, 117), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221), (86, 182, 194)]
DARK = TerminalTheme(
    (24, 26, 31), (215, 218, 224), [(24, 26, 31), *HUES, (215, 218, 224)], [(92, 99, 112), *HUES, (255, 255, 255)]
)
LIGHT = TerminalTheme(
    (250, 250, 250), (56, 58, 66), [(56, 58, 66), *HUES, (160, 161, 167)], [(79, 82, 94), *HUES, (255, 255, 255)]
)
PROMPTS = {"bash": "~/quotaline $ ", "zsh": "quotaline % ", "fish": "you@here ~/quotaline> "}


class Drawing:
    """A picture in the making: text with its escapes goes in, an SVG comes out."""

    def __init__(self, name: str, title: str, width: int, theme: TerminalTheme = DARK) -> None:
        self.name, self.title, self.theme = name, title, theme
        self.console = Console(
            record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor", highlight=False,
            legacy_windows=False,
        )  # fmt: skip

    def say(self, text: str) -> None:
        """Text as a terminal would get it."""
        self.console.print(Text.from_ansi(text), soft_wrap=True)

    def svg(self) -> str:
        """The picture, without the font that rich would have a reader's browser fetch."""
        text = self.console.export_svg(title=self.title, theme=self.theme, unique_id=self.name)
        text = re.sub(r"@font-face \{.*?\}\n", "", text, flags=re.DOTALL)
        text = text.replace("Fira Code, monospace", "Menlo, DejaVu Sans Mono, monospace")
        text = text.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some readers drop leading blanks without it
        lines = (line.rstrip() for line in text.splitlines())
        return "\n".join(lines).strip() + "\n"


def scene(home: Path) -> tuple[dict[str, str], Snapshot, dict[str, Any]]:
    """The sample, laid out and refreshed: its environment, its snapshot, and Claude Code's JSON."""
    env = {**sample.furnish(home, NOW), "COLUMNS": "104"}
    stdin = sample.load("statusline.json", NOW)
    folder = paths.cache_dir(env)
    record_rate_limits(stdin, env, NOW)
    for path in Path(folder, "inbox").iterdir():
        os.utime(path, (NOW, NOW))
    snapshot = refresh(env, NOW).snapshot
    assert snapshot is not None, "the folder was made a moment ago"
    return env, snapshot, stdin


def ansi(text: str, surface: str) -> str:
    """What a terminal gets when `surface` has read its own escapes."""
    if surface == "bash":
        return text.replace("\x01", "").replace("\x02", "")
    if surface == "zsh":
        return re.sub(r"%[{}]|\x02", "", text).replace("%%", "%")
    if surface == "tmux":
        text = re.sub(r"#\[fg=colour(\d+)\]", "\x1b[38;5;\\1m", text.replace("##", "#"))
        text = text.replace("#[]", "")
        return re.sub(r"#\[dim\]", "\x1b[2m", text).replace("#[default]", "\x1b[0m")
    return text


def shells(snapshot: Snapshot) -> Drawing:
    """The line in each shell, from the prompt files that the shells read."""
    drawing = Drawing("shells", "bash, zsh, fish, starship, tmux", 92)
    kept = msgspec.json.decode(msgspec.json.encode(snapshot))
    files = prompt_files.render_prompt_files(kept, NOW)

    def line(surface: str) -> str:
        row = files[f"prompt.{surface}"].decode().split("\n")[1]
        return ansi(row.partition("\t")[2], surface)

    def right(left: str, text: str) -> str:
        gap = 92 - len(left) - len(re.sub(r"\x1b\[[0-9;]*m", "", text))
        return left + " " * gap + text

    drawing.say(line("bash") + "  " + PROMPTS["bash"] + "make test")
    drawing.say(right(PROMPTS["zsh"] + "make test", line("zsh")))
    drawing.say(right(PROMPTS["fish"] + "make test", line("fish")))
    drawing.say("")
    drawing.say("\x1b[1;36mquotaline\x1b[0m on \x1b[1;35mmain\x1b[0m " + line("starship"))
    drawing.say("\x1b[1;32m❯\x1b[0m make test")
    drawing.say("")
    drawing.say(right("[0] 0:make* 1:vim-", line("tmux") + " 07:00"))
    return drawing


def drawings() -> list[Drawing]:
    """Every picture."""
    with tempfile.TemporaryDirectory() as folder:
        env, snapshot, stdin = scene(Path(folder))
        kept = read_or_defaults(paths.cache_dir(env))
        status = Drawing("statusline", "Claude Code", 100)
        frame, words = "─" * 98, " > Split the importer, and keep every test green."
        status.say(f"\x1b[2m╭{frame}╮\n│\x1b[0m{words:<98}\x1b[2m│\n╰{frame}╯\x1b[0m")
        status.say("\n".join("  " + row for row in statusline_text(stdin, kept, env, NOW, NOW).split("\n")))
        made = [status, shells(snapshot)]
        view = overview(snapshot, NOW, local_zone())
        for name, palette, theme in (("usage", "default", DARK), ("usage-light", "light", LIGHT)):
            drawing = Drawing(name, "quotaline", 100, theme)
            style = Config(style=Style(palette=palette))
            page.print_lines(drawing.console, page.usage_page(view, snapshot, NOW, 100), style, ascii_only=False)
            made.append(drawing)
        state = live.sampled(resolve_locations(env), Config(), NOW)
        listed = Drawing("segments", "quotaline segments --sample", 100)
        found = previews(state.found, state.compiled, state.fields, state.missing)
        page.print_lines(listed.console, segments.table(found, 100), Config(), ascii_only=False)
        return [*made, listed]


def main() -> int:
    """Write or compare."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    stale = []
    for drawing in drawings():
        path = FOLDER / f"{drawing.name}.svg"
        svg = drawing.svg()
        if not path.exists() or path.read_text(encoding="utf-8") != svg:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(svg, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"{', '.join(stale)} show something else than the commands print; run `make pictures`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
