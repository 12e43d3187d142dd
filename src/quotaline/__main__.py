"""EFFECT The door: `statusline`, `prompt` and `guard --hook` go to prompt/, all else to commands/."""

import os
import sys


def main() -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:]
    own = words[: words.index("--")] if words[:1] == ["guard"] and "--" in words else words  # behind it is another's command
    if own and "--help" not in own and (own[0] in ("statusline", "prompt") or (own[0] == "guard" and "--hook" in own)):
        if own[0] == "statusline":
            from quotaline.prompt.statusline import main as statusline

            statusline()
        elif own[0] == "prompt":
            from quotaline.prompt.line import main as prompt

            prompt(own[1:])
        else:
            from quotaline.prompt.guard_hook import main as hook

            hook(own[1:])
        os._exit(0)  # everything is written; the interpreter's own tidying up would take a tenth of the time
    from quotaline.commands import cli

    return cli()


if __name__ == "__main__":
    sys.exit(main())
