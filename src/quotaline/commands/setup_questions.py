"""EFFECT The questions of `quotaline setup`: at most four, each with what is taken when nothing is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from msgspec import Struct, structs

from quotaline.commands.install import HOSTS
from quotaline.commands.suggestions import did_you_mean
from quotaline.core.values import printable
from quotaline.integrations.hosts import CLAUDE_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from quotaline.commands.setup_looks import Looks
    from quotaline.integrations.found import Found

ALPHA = (
    "Dollars beyond the plan and each model's week are known to sources that Anthropic does not document: what Claude Code"
    " keeps in ~/.claude.json, your own program's `claude -p /usage`, and api.anthropic.com, asked with your login at most once"
    " in five minutes. They may break without notice; values from them are marked alpha."
)


class Answers(Struct, frozen=True, kw_only=True):
    """What is to be set up. `chain`: the rows of a command that holds Claude Code's slot stay, above ours; else it goes.

    `preset` and `alpha` are None where the configuration cannot be changed.
    """

    hosts: tuple[str, ...]
    chain: bool
    preset: str | None
    alpha: bool | None


def must_choose(answers: Answers, found: Found) -> bool:
    """Whether somebody else's status line is in the way."""
    return CLAUDE_CODE in answers.hosts and found.held is not None


def ask(
    answers: Answers,
    found: Found,
    *,
    given: Collection[str],
    presets: Collection[str],
    looks: Looks,
) -> Answers:
    """Ask for what was not `given`; `answers` are the defaults. Raises click.Abort where an answer is refused."""
    number = 0

    def numbered(text: str) -> str:
        nonlocal number
        number += 1
        return f"{number}. {text}"

    if "hosts" not in given:
        offered = " ".join(host.name for host in found.hosts)
        text = numbered(f"Where? Of: {offered}")
        answers = structs.replace(
            answers, hosts=click.prompt(text, default=" ".join(answers.hosts), value_proc=lambda word: _hosts(word, found))
        )
    if must_choose(answers, found) and "chain" not in given:
        click.echo(f"\nIn Claude Code's status line there is already:\n\n    {printable(found.held or '')}\n")
        choice = click.Choice(["chain", "replace"])
        text = numbered("Keep its rows above (chain), or take its place (replace)?")
        answers = structs.replace(answers, chain=click.prompt(text, type=choice, default="chain") == "chain")
    if answers.preset is not None and "preset" not in given:
        answers = structs.replace(answers, preset=_preset(numbered, answers, presets, looks))
    if answers.alpha is not None and "alpha" not in given:
        looks.say(ALPHA)
        if not answers.alpha and looks.made and answers.preset is not None:
            looks.line(answers.preset, "With them it looks like this", alpha=True)
            click.echo()
        answers = structs.replace(answers, alpha=click.confirm(numbered("Open them?"), default=answers.alpha))
    return answers


def _hosts(word: object, found: Found) -> tuple[str, ...]:
    """Names with blanks or commas between them. Raises click.UsageError, after which the question comes again."""
    if isinstance(word, tuple):
        return word
    words = [one.lower() for one in re.split(r"[\s,;]+", str(word)) if one]
    if words == ["none"]:
        return ()
    if words == ["all"]:
        return tuple(host.name for host in found.hosts)
    for one in words:
        if one not in HOSTS:
            raise click.UsageError(f"{one!r} is none of {', '.join(HOSTS)}, all, none{did_you_mean(one, HOSTS)}.")
    return tuple(dict.fromkeys(words))


def _preset(numbered: Callable[[str], str], answers: Answers, presets: Collection[str], looks: Looks) -> str:
    """The preset; `?` shows them all and asks again, and another than the shown one is drawn."""

    def known(word: str) -> str:
        if word != "?" and word not in presets:
            raise click.UsageError(f"{word!r} is no preset{did_you_mean(word, presets)}.")
        return word

    click.echo()
    usual, alpha = str(answers.preset), bool(answers.alpha)
    for tool in looks.taken_over:
        click.echo(f"{tool} is your line of that tool, taken over.")
    text = numbered(f"Which preset (? shows them)? Of: {printable(' '.join(presets))}")
    while (found := str(click.prompt(text, default=usual, value_proc=known))) == "?":
        looks.presets(usual, alpha=alpha)
    if found != usual:
        looks.line(found, alpha=alpha)
    return found
