"""EFFECT The door: `statusline`, `prompt` and `guard --hook` go to prompt/, all else to commands/."""

import os
import sys


def main() -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:]
    if words and words[0] in ("statusline", "prompt") and "--help" not in words:
        from quotaline.prompt.run import main as prompt_path

        prompt_path(words[0])
        os._exit(0)  # everything is written; the interpreter's own tidying up would take a tenth of the time
    ours = words[: words.index("--")] if "--" in words else words  # what comes after is somebody else's command
    if ours[:1] == ["guard"] and "--hook" in ours and "--help" not in ours:
        from quotaline.prompt.hook import main as hook

        hook(ours[1:])
        os._exit(0)
    from quotaline.commands import cli

    return cli()


if __name__ == "__main__":
    sys.exit(main())
