"""PURE The configuration of ccline (CCometixLine) as a preset: its segments with their icons and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.other_tools.draft import Draft, Equal, Imported, colour, literal, rows_of, separator, table, without_background

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.segments import Tree

EQUALS = {
    "model": (Equal("model", "{model.name}"),),
    "directory": (Equal("directory", "{directory.name:.40}"),),
    "git": (Equal("git", "{git.branch:.40}"), Equal("git_state")),
    "context_window": (Equal("context", "{context.used:pct} · {context.tokens:tokens}"),),
    "usage": (
        Equal("five_hour", "5h {five_hour.used:pct} {five_hour.left:left}"),
        Equal("seven_day", "7d {seven_day.used:pct} {seven_day.left:left}"),
    ),
    "cost": (Equal("cost", "~{cost.total:money}"),),
    "session": (Equal("duration", "{duration.total:left}"), Equal("lines", "+{lines.added} -{lines.removed}")),
    "output_style": (Equal("", "{style.name:.24}"),),
}
"""Segment → ours; the icon stands before the first."""
COLOURS = 16
RGB = ("r", "g", "b")


def read(tree: object, shipped: Mapping[str, Tree]) -> Imported:
    """The preset."""
    config = table(tree)
    style = table(config.get("style"))
    icon_of = "plain" if style.get("mode") == "plain" else "nerd_font"
    draft = Draft("ccline", shipped)
    draft.row()
    for segment in map(table, rows_of(config.get("segments"))):
        name = segment.get("id")
        if segment.get("enabled") is not True or not isinstance(name, str):
            continue
        if name not in EQUALS:
            draft.without_equal(name)
            continue
        colours = table(segment.get("colors"))
        if colours.get("background") is not None:
            draft.without_equal("background colours")
        if table(segment.get("styles")).get("text_bold") is True:
            draft.without_equal("bold")
        icon = table(segment.get("icon")).get(icon_of)
        found = without_background(colour_of(colours.get("text")), colour_of(colours.get("background")))
        mark = literal(icon).strip() + " " if isinstance(icon, str) and icon.strip() else ""
        for equal in EQUALS[name]:
            draft.add(name, equal, mark + equal.form, found)
            mark = ""
    draft.separator = separator(style.get("separator"))
    return draft.finished("your line of ccline")


def colour_of(value: Any) -> str | None:
    """One of its colours, `{c16}`, `{c256}` or `{r, g, b}`, as one of ours; None for what is none."""
    found = table(value)
    numbers = {key: number for key, number in found.items() if isinstance(number, int) and not isinstance(number, bool)}
    if 0 <= numbers.get("c16", -1) < COLOURS:
        return str(numbers["c16"])
    if "c256" in numbers:
        return colour(str(numbers["c256"]))
    if all(0 <= numbers.get(part, -1) <= 255 for part in RGB):  # noqa: PLR2004 - a byte
        return "#" + "".join(f"{numbers[part]:02x}" for part in RGB)
    return None
