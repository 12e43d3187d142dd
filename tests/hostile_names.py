"""Names that a shell, tmux or starship would run where they are not inert, and a prompt file that shows them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quotaline.core.snapshot import read_or_defaults
from quotaline.snapshot import prompt_files

# Names that make a file `P` when they are evaluated, whole and in halves that complete each other.
NAMES = ["$(>P)", "`>P`", "$(:)", "`:`", "$(touch P)", "\\`>P\\`", "\\$(>P)", "${x:-$(>P)}", "$((a[$(>P)]))", "$[$(>P)]",
         "'$(>P)'", '"`>P`"',
         "%{$(>P)%}", "%(?.$(>P).)", "!$(>P)", "$'$(>P)'", "\\001$(>P)", "$\\(>P)", "$$(>P)", "%$(>P)", "~$(>P)"]  # fmt: skip
HALVES = [
    ("`>P", "`"),
    ("$(", ">P)"),
    ("$", "(>P)"),
    ("\\", "$(>P)"),
    ("`", ">P`"),
    ("${x:-`", ">P`}"),
    ("'", "'$(>P)"),
    ("%", "{$(>P)"),
]


def short_names() -> st.SearchStrategy[tuple[str, str]]:
    """Two names of few characters, of those that shells read as their own; in one of them a command may lie."""
    piece = st.text(st.sampled_from(list("$`\\%{}()[]!'\">P;&|<x \x01\x02")), max_size=8)
    trap = st.sampled_from(["$(>P)", "`>P`", "${x:-`>P`}", "$(:)"])
    return st.tuples(piece, piece) | st.builds(lambda a, t, b: (a + t, b), piece, trap, piece)


def prompt_file(name: str, now: float, *names: str) -> bytes:
    """`prompt.bash`, `prompt.tmux` … of a line with our own money and up to two segments of hostile names."""
    shipped = read_or_defaults("")
    extra = {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "limit": None}
    fields = dict(zip(("model.name", "agent.name"), ([name, None] for name in names), strict=False))
    segments = {**shipped["segments"], "model": {"forms": [None, [["model.name", ""]], None], "colour": "31"}}
    segments["agent"] = {"forms": [None, [["agent.name", ""]], None], "colour": ""}
    kept: dict[str, Any] = {
        **shipped, "segments": segments, "written_at": now, "fresh_for": 9e6, "stale_after": 9e6, "fields": fields,
        "readings": [{"value": extra, "source": "claude-json", "as_of": now}],
        "lines": {"prompt": [["model", "agent", "extra"]]},
        "style": {**shipped["style"], "separator": "|"},
    }  # fmt: skip
    head, first = prompt_files.render_prompt_files(kept, now)[name].splitlines()[:2]
    return head + b"\n" + first + b"\n"
