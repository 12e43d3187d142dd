"""PURE A marked block at the end of a configuration file: put there, replaced, and taken out again to the byte.

The opening mark remembers what the file was like, so that nothing else has to: whether it was there at all, and whether its
last line had an end.
"""

from __future__ import annotations

import re

END = "# <<< quotaline <<<\n"
NO_END, NEW = " (the line above had no end)", " (this file was not there before)"
MARK = "# >>> quotaline{} >>>\n"
BLOCK = re.compile(r"^# >>> quotaline(?P<note> \([^()\n]*\))? >>>\n.*?^# <<< quotaline <<<(?:\n|\Z)", re.MULTILINE | re.DOTALL)


def add(before: str | None, body: str) -> str:
    """The file with `body` (whole lines) in its block; None is a file that is not there. Twice is as once."""
    if before is not None and (found := BLOCK.search(before)):
        return before[: found.start()] + MARK.format(found["note"] or "") + body + END + before[found.end() :]
    note = NEW if before is None else NO_END if before and not before.endswith("\n") else ""
    return (before or "") + ("\n" if note == NO_END else "") + MARK.format(note) + body + END


def remove(text: str) -> str | None:
    """The file without the block; None when nothing is left of a file that was not there before."""
    found = BLOCK.search(text)
    if found is None:
        return text
    start = found.start() - (1 if found["note"] == NO_END else 0)
    rest = text[:start] + text[found.end() :]
    if found["note"] == NO_END and text[found.end() :]:
        rest = text[: found.start()] + text[found.end() :]
    return None if found["note"] == NEW and not rest else rest
