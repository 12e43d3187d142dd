"""EFFECT The door: `statusline` and `prompt` go to prompt/, all else to commands/."""

import os
import sys


def main() -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:]
    if words and words[0] in ("statusline", "prompt") and "--help" not in words:
        from quotaline.prompt.run import main as prompt_path

        prompt_path(words[0])
        os._exit(0)  # everything is written; the interpreter's own tidying up would take a tenth of the time
    from quotaline.commands import cli

    return cli()


if __name__ == "__main__":
    sys.exit(main())
