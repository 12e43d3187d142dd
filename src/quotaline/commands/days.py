"""EFFECT Days as they are asked for on the command line, in the user's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from quotaline.zone import local_zone


class Day(click.DateTime):
    """A day in the user's time zone: `2026-11-21`, `20261121`, `today`, `yesterday`, `7d` or `2w` ago."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y%m%d"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Its midnight. Raises click.BadParameter."""
        word = str(value).strip().lower()
        back = {"today": 0, "yesterday": 1}.get(word)
        if word[:-1].isdecimal() and word[:-1].isascii() and len(word) <= LONGEST_BACK and word[-1:] in DAYS_OF:
            back = int(word[:-1]) * DAYS_OF[word[-1]]
        if back is None:
            try:
                found: datetime = super().convert(value, param, ctx)
            except click.BadParameter:
                self.fail(f"{value!r} is no day; write 2026-11-21, today, yesterday, 7d or 2w.", param, ctx)
            return found
        return datetime.combine(datetime.now(local_zone()).date() - timedelta(days=back), datetime.min.time())


DAYS_OF = {"d": 1, "w": 7}
LONGEST_BACK = 5
"""Characters of a span: 9999d are 27 years."""
DAY = Day()
