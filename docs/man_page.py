"""EFFECT Write quotaline.1 from what `--help` says: part of `make reference`; `--check` only compares."""

from __future__ import annotations

import re
import sys
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quotaline import __version__
from quotaline.commands import COMMANDS, quotaline
from reference import EXITS, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("quotaline.1")
NAME = "Claude quota and extra-usage dollars in every prompt line"
AS_IT_IS = "\b"
"""Click's mark before a paragraph whose lines stay lines."""
FILES = {
    "~/.config/quotaline/config.toml": "the configuration; segments/ and presets/ beside it are your own",
    "~/.cache/quotaline/": "the snapshot that prompts read, for each account",
    "~/.local/share/quotaline/": "the ledger, and what shells read",
}


def main() -> int:
    """Write or compare."""
    made = "\n".join(page()) + "\n"
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made:
            print(f"{PAGE.name} is not what the help says; run `make reference`.")
            return 1
        return 0
    PAGE.write_text(made, encoding="utf-8")
    return 0


def page() -> Iterator[str]:
    """The lines of the page."""
    context = quotaline.make_context("quotaline", [], resilient_parsing=True)
    yield f'.TH QUOTALINE 1 "" "quotaline {__version__}" "User Commands"'
    yield from (".SH NAME", rf"quotaline \- {text(NAME)}")
    yield from (".SH SYNOPSIS", ".B quotaline", r"[\fIcommand\fR] [\fIoption\fR .\|.\|.]")
    yield from (".SH DESCRIPTION", *paragraphs(quotaline.help or ""))
    yield ".SH COMMANDS"
    for name in COMMANDS:
        command = quotaline.get_command(context, name)
        assert command is not None
        yield from described(name, command, EXITS[name])
        for own, sub in sorted(command.commands.items()) if isinstance(command, click.Group) else ():
            yield from described(f"{name} {own}", sub, EXITS[name])
    for title, table in (("ENVIRONMENT", VARIABLES), ("FILES", FILES)):
        yield f".SH {title}"
        for name, about in table.items():
            yield from (".TP", rf"\fB{text(name)}\fR", *paragraphs(about.replace("`", "")))
    yield from (".SH SEE ALSO", r"\fBstarship\fR(1), \fBtmux\fR(1)")


def described(name: str, command: click.Command, exits: str) -> Iterator[str]:
    """One command: how it is called, what it does, its options, its exit codes."""
    arguments = [param.make_metavar(click.Context(command)) for param in command.params if isinstance(param, click.Argument)]
    yield from (f".SS {text(name)}", ".TP", " ".join([rf"\fBquotaline {text(name)}\fR", *map(text, arguments)]))
    yield from paragraphs(command.help or "", inside=True)
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            value = "" if option.is_flag else rf" \fI{text(option.make_metavar(click.Context(command)))}\fR"
            yield from (".TP", rf"\fB{text(max(option.opts, key=len))}\fR{value}", *paragraphs(option.help or ""))
    yield from (".P", f"Exit: {text(exits)}.")


def paragraphs(words: str, *, inside: bool = False) -> Iterator[str]:
    """A help text's paragraphs; `inside` an indented block they stay in it."""
    for number, part in enumerate(filter(None, re.split(r"\n\s*\n", cleandoc(words)))):
        if number:
            yield ".IP" if inside else ".P"
        if part.startswith(AS_IT_IS):
            yield from (".nf", *(text(line.rstrip()) for line in part.removeprefix(AS_IT_IS).strip("\n").split("\n")), ".fi")
        else:
            yield text(" ".join(part.split()))


def text(words: str) -> str:
    """Words that roff prints as they are: hyphens stay what one can copy into a shell."""
    found = words.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga").replace("^", r"\(ha")
    return rf"\&{found}" if found.startswith(".") else found


if __name__ == "__main__":
    sys.exit(main())
