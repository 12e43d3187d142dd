"""PURE A marked block in a configuration file: put there, replaced, and taken out again to the byte.

The opening mark remembers what the file was like, so that nothing else has to: whether it was there at all, how many of its
folders were, and whether its last line had an end. Between the marks only lines that `install` writes are ours: what else
stands there, or behind a mark that lost its other one, is somebody's and stays.
"""

from __future__ import annotations

import re

from msgspec import Struct

END = "# <<< quotaline <<<\n"
NO_END, NEW = " (the line above had no end)", " (this file was not there before)"
NEW_FOLDERS = " (this file and {} of its folders were not there before)"
MARK = "# >>> quotaline{} >>>\n"
OPEN_LINE = re.compile(r"# >>> quotaline(?P<note> \([^()\n]*\))? >>>\r?\n?")
END_LINE = re.compile(r"# <<< quotaline <<<\r?\n?")
LINES = re.compile(r"[^\n]*\n|[^\n]+")

# What stands in a block, of this version and of those before it; a sequence counts as a whole.
OURS = tuple(
    tuple(re.compile(f"{line}\r?\n?") for line in lines)
    for lines in (
        (r'if \[\[ [^;]* \]\]; then eval "\$\([^;|&]* init (?:bash|zsh)[^;|]*\)"; fi',),
        (r'\s*eval "\$\([^;|&]*quotaline\S* init (?:bash|zsh)[^;|]*\)"',),
        (r"if \[\[ .* \]\]; then \. \S.*/shell/quotaline\.(?:bash|zsh)'?; fi",),
        (r"if status is-interactive; and test -x .*; and test -r .*/shell/quotaline\.fish'", r"\s+source .*", r"end"),
        (r"if status is-interactive; and test -x [^;]*", r"\s+[^;|&]* init fish[^;|]* \| source", r"end"),
        (r"\s*[^;|&]*quotaline\S* init fish[^;|]* \| source",),
        (r"# To place it yourself, put #\{E:@quotaline\}.*",),
        (r"# What the list of windows, the left side and a usual right side leave decides: .*",),
        (r"# A theme that sets status-right later, or in the background, keeps it\.",),
        (r"set -g @quotaline(?:-\w+)? .*",),
        (r'if -F "#\{m:\*@quotaline.*',),
        (r'if -F "#\{e\|<:#\{status-right-length\},120\}.*',),
        (r"set-hook -g 'after-set-option\[\d+\]' .*@quotaline.*",),
        (r"# Empty where there is nothing to show\. One small process .*",),
    )
)
MODULE = re.compile(r"\[custom\.quotaline\]\r?\n?")
MODULE_KEY = re.compile(r"(?:description|command|when|shell|use_stdin|format) = .*\r?\n?")


class Found(Struct, frozen=True):
    """A file without our marks and lines, and where the first block began; `at` is None where there was none."""

    rest: str
    at: int | None
    note: str
    others: bool
    """Whether somebody else's lines stood between the marks."""
    crlf: bool
    """Whether the first block's lines end in CRLF: then the whole file was given these ends after us."""


def find(text: str) -> Found:
    """Take every block of ours out of a file."""
    lines = LINES.findall(text)
    kept: list[str] = []
    first, note, others, crlf = None, "", False, False
    at = 0
    while at < len(lines):
        opening = OPEN_LINE.fullmatch(lines[at])
        if not (opening or END_LINE.fullmatch(lines[at])):
            kept.append(lines[at])
            at += 1
            continue
        if not opening:  # its opening mark was lost: the lines of ours stand right above
            while kept and (size := next((n for n in (3, 2, 1) if n <= len(kept) and ours(kept[-n:]) == n), 0)):
                del kept[-size:]
        if first is None:
            first, note = sum(map(len, kept)), (opening["note"] or "") if opening else ""
            crlf = lines[at].endswith("\r\n")
        at += 1
        if not opening:
            continue
        end = next(
            (n for n in range(at, len(lines)) if END_LINE.fullmatch(lines[n]) or OPEN_LINE.fullmatch(lines[n])), len(lines)
        )
        closed = end < len(lines) and END_LINE.fullmatch(lines[end]) is not None
        while at < end:
            size = ours(lines[at:end])
            if not size:
                others = True
                if not closed:
                    break
                kept.append(lines[at])
            at += size or 1
        at += 1 if closed else 0
    return Found("".join(kept), first, note, others, crlf)


def ours(lines: list[str]) -> int:
    """How many of the first lines are one piece that `install` writes."""
    if MODULE.fullmatch(lines[0]):
        return 1 + next((n for n, line in enumerate(lines[1:]) if not MODULE_KEY.fullmatch(line)), len(lines) - 1)
    for piece in OURS:
        if len(piece) <= len(lines) and all(line.fullmatch(text) for line, text in zip(piece, lines, strict=False)):
            return len(piece)
    return 0


def add(before: str | None, body: str, missing_folders: int = 0) -> str:
    """The file with `body` (whole lines) in its block; None is a file that is not there. Twice is as once."""
    found = find(before or "")
    if before is not None and found.at is not None:
        return found.rest[: found.at] + MARK.format(found.note) + body + END + found.rest[found.at :]
    new = NEW_FOLDERS.format(missing_folders) if missing_folders else NEW
    note = new if before is None else NO_END if before and not before.endswith("\n") else ""
    return (before or "") + ("\n" if note == NO_END else "") + MARK.format(note) + body + END


def remove(text: str) -> str | None:
    """The file without the block; None when nothing is left of a file that was not there before."""
    found = find(text)
    if found.at is None:
        return text
    if found.note == NO_END and found.at == len(found.rest):
        return found.rest.removesuffix("\r\n" if found.crlf else "\n")
    return None if found.note.startswith(" (this file ") and not found.rest else found.rest


def made_folders(text: str) -> int:
    """How many of the file's folders `install` made."""
    return int("".join(filter(str.isdigit, find(text).note)) or 0)
