"""EFFECT Click's completion script for a shell, which asks for it when TAB is first pressed."""

from __future__ import annotations

from click import shell_completion

PROGRAM = "quotaline"
VARIABLES = {
    "complete_func": f"_{PROGRAM}_completion",
    "complete_var": f"_{PROGRAM.upper()}_COMPLETE",
    "prog_name": PROGRAM,
}
KINDS = {
    "bash": shell_completion.BashComplete,
    "zsh": shell_completion.ZshComplete,
    "fish": shell_completion.FishComplete,
}


def script(shell: str) -> str:
    """The code that completes quotaline's commands and options; "" for a shell that has no such thing."""
    if shell not in KINDS:
        return ""
    source = (KINDS[shell].source_template % VARIABLES).strip() + "\n"
    return source.replace("    local response\n", "    local response completion type value\n")  # it leaks them
