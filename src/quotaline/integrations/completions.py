"""EFFECT Click's completion script for a shell, as text for `init`: functions only, no process at the start of the shell."""

from __future__ import annotations

from click import shell_completion

PROGRAM = "quotaline"
VARIABLES = {
    "complete_func": f"_{PROGRAM}_completion",
    "complete_var": f"_{PROGRAM.upper()}_COMPLETE",
    "prog_name": PROGRAM,
}

# Click's own check of bash's version starts a bash; `nosort` came with 4.4. Without compinit zsh has no compdef.
GUARDS = {
    "bash": ("if [[ ${{BASH_VERSINFO[0]:-0}}${{BASH_VERSINFO[1]:-0}} -ge 44 ]]; then\n{}\nfi\n", shell_completion.BashComplete),
    "zsh": ("if (( ${{+functions[compdef]}} )); then\n{}\nfi\n", shell_completion.ZshComplete),
    "fish": ("{}\n", shell_completion.FishComplete),
}


def script(shell: str) -> str:
    """The code that makes TAB complete quotaline's commands and options; "" for a shell that has no such thing."""
    if shell not in GUARDS:
        return ""
    guard, kind = GUARDS[shell]
    source = (kind.source_template % VARIABLES).strip()
    return guard.format(source.replace("    local response\n", "    local response completion type value\n"))  # it leaks them
