"""EFFECT What `setup` shows before it asks: what is on this machine, and the line as it will look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from quotaline.commands.next_steps import numbers_are_known
from quotaline.errors import ConfigError
from quotaline.preview.live import live_in_session, sampled
from quotaline.preview.presets import preset_previews, with_preset
from quotaline.snapshot.load import load_snapshot
from quotaline.terminal import page
from quotaline.terminal.presets import preset_lines
from quotaline.terminal.setup import found_lines, look_lines
from quotaline.terminal.text import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.integrations.found import Found
    from quotaline.locations import Locations
    from quotaline.render.fields import Fields


ICON = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""A character for private use: the sign of a patched font."""


class Looks:
    """The line with the numbers of the last refresh, else with made ones; nothing is read anew and nothing written.

    `taken_over` are presets that are not written yet, by name.
    """

    def __init__(
        self, where: Locations, config: Config, env: Mapping[str, str], now: float, taken_over: Mapping[str, dict[str, Any]]
    ) -> None:
        self.where, self.config, self.env, self.now = where, config, env, now
        self.taken_over = taken_over
        self.made = not numbers_are_known(load_snapshot(where.snapshot))
        self._fields: dict[bool, Fields] = {}

    def found(self, found: Found) -> None:
        """Print what is on this machine."""
        page.print_page(lambda _: found_lines(found, self.where.tilde), self.config, self.env)

    def line(self, preset: str, opening: str = "It will look like this", *, alpha: bool) -> None:
        """Print the person's line with a preset; `alpha`: with undocumented sources open. Raises ConfigError."""
        screen, tree = page.console(self.config, self.env), self.taken_over.get(preset)
        look = with_preset(
            preset, self.where, self.fields(alpha=alpha), colour=not screen.no_color, limit=screen.width - 2, tree=tree
        )
        click.echo()
        page.print_page(lambda _: look_lines(look, opening, made=self.made), self.config, self.env)
        if any(ICON.search(row) for row in (*look.claude, *look.prompt)):
            self.say("Boxes or blanks in it? Its signs need a Nerd Font; the preset powerline-plain needs none.")

    def say(self, text: str) -> None:
        """Print a paragraph."""
        click.echo()
        page.print_page(lambda _: [Words(text)], self.config, self.env)

    def presets(self, chosen: str, *, alpha: bool) -> None:
        """Print every preset."""
        screen = page.console(self.config, self.env)
        found = preset_previews(self.where, self.fields(alpha=alpha), colour=not screen.no_color, limit=screen.width - 2)
        click.echo()
        page.print_page(lambda _: preset_lines(found, chosen), self.config, self.env)
        click.echo()

    def fields(self, *, alpha: bool) -> Fields:
        """What the line is drawn from."""
        if alpha not in self._fields:
            try:
                state = (
                    sampled(self.where, self.config, self.now, opened=alpha)
                    if self.made
                    else live_in_session(self.where, self.config, self.env, self.now, offline=True)
                )
            except OSError as error:
                raise ConfigError(
                    f"The example cannot be drawn: {error.strerror}. Set TMPDIR to a folder that can be written."
                ) from error
            self._fields[alpha] = state.fields
        return self._fields[alpha]
