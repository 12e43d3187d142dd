"""PURE Segments × fields → what each shows now, or why it shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.config.fields import FIELDS, WINDOW_FIELDS
from quotaline.config.segment import forms, parts
from quotaline.core.values import number
from quotaline.core.windows import EVERYTHING
from quotaline.render import layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quotaline.config.segment import Segment
    from quotaline.config.segments import Catalogue
    from quotaline.model import Missing
    from quotaline.render.fields import Fields

SESSION = (
    "model", "directory", "git", "context", "cost", "cache", "lines", "duration", "effort", "session", "version", "style",
    "agent", "vim", "pr", "worktree",
)  # fmt: skip
"""Fields that Claude Code hands to its status line and nobody else knows."""

LOCAL = {"today": "no tokens today on this machine", "week": "no tokens in the last seven days on this machine",
         "block": "no 5-hour block is active on this machine"}  # fmt: skip
QUIET = {"crossing": "no money moves", "limit": "no window fills up before its reset, as far as can be told",
         "alert": "no alert in the last ten minutes", "budget": "no budget is set under [budget] in config.toml",
         "why": "no number is missing or old",
         "health": "no weekly budget is set under [budget] in config.toml"}  # fmt: skip
FORECAST = (
    "pace", "at_reset", "at_reset_least", "at_reset_most", "limit_at", "limit_error", "share_today", "used_today", "left_today",
    "rate", "today", "mark",
)  # fmt: skip
MISSING_ID = {"extra": "extra_usage"}


class Preview(Struct, frozen=True, kw_only=True):
    """One segment: `shows` holds `(text, SGR parameters)` for each piece; where that is empty, `why` says so."""

    name: str
    summary: str
    shows: tuple[tuple[str, str], ...] = ()
    why: str = ""
    fields: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    own: bool = False

    @property
    def text(self) -> str:
        """What it shows, without colour."""
        return " ".join(text for text, _ in self.shows)


def preview(name: str, found: Catalogue, compiled: Mapping[str, Any], fields: Fields, missing: Sequence[Missing]) -> Preview:
    """One segment at `fields`, at one moment; `compiled` is `config.segments.compile_lines`'s."""
    segment = found.segments[name]
    style = {**compiled["style"], "now": fields.now}
    pieces = layout.expand_segment(compiled["segments"][name], fields, style, long=True)
    shows = tuple((piece["forms"][0], piece["sgr"]) for piece in pieces)
    return Preview(
        name=name,
        summary=segment.summary,
        shows=shows,
        why="" if shows else why_empty(segment, fields, missing),
        fields=fields_of(segment),
        lines=tuple(line for line, rows in compiled["lines"].items() if any(name in row for row in rows)),
        own=name in found.own,
    )


def previews(found: Catalogue, compiled: Mapping[str, Any], fields: Fields, missing: Sequence[Missing]) -> list[Preview]:
    """Every segment, by name."""
    return [preview(name, found, compiled, fields, missing) for name in sorted(found.segments)]


def fields_of(segment: Segment) -> tuple[str, ...]:
    """The fields that any form of a segment names, in the order in which they are named."""
    each = segment.each is not None
    named = [part[0] for form in forms(segment) for part in parts(form, "", repeated=each) if not isinstance(part, str)]
    return tuple(dict.fromkeys(named))


def meaning(field: str) -> str:
    """What a field is, for people."""
    return FIELDS.get(field) or WINDOW_FIELDS.get(field.rpartition(".")[2], "")


def why_empty(segment: Segment, fields: Mapping[str, Any], missing: Sequence[Missing]) -> str:
    """Why a segment shows nothing: the reason of the first field that its usual form lacks."""
    if segment.each is not None:
        key = "weekly_model" if segment.each.startswith("seven_day_") else segment.each
        return reason(key, missing) or "no open source reported such a window"
    usual = [part[0] for part in parts(segment.format, "", repeated=False) if not isinstance(part, str)]
    absent = next((field for field in usual if field not in fields), None)
    if absent is None:
        level = number(fields.get(segment.level)) if segment.level else None
        if segment.hide_below is not None and (level or 0.0) < segment.hide_below:
            return f"hidden below {segment.hide_below:g}"
        return "a value does not fit its format"
    return why_absent(absent, fields, missing)


def why_absent(field: str, fields: Mapping[str, Any], missing: Sequence[Missing]) -> str:
    """Why a field is not there."""
    prefix = field.rpartition(".")[0]
    if prefix in SESSION:
        return "this session has none" if "model.name" in fields else "shown inside Claude Code only"
    if prefix in LOCAL or prefix in QUIET:
        return LOCAL.get(prefix) or QUIET[prefix]
    if prefix == "account":
        return reason("weekly_model", missing) or "no open source told the plan"
    if field.rpartition(".")[2] in FORECAST and f"{prefix}.used" in fields:
        return "nothing to tell yet: it needs readings over some time"
    return reason(MISSING_ID.get(prefix, prefix), missing) or f"no source reported {field}"


def reason(key: str, missing: Sequence[Missing]) -> str:
    """The snapshot's own reason for a value that is missing."""
    return next((gap.why for gap in missing if gap.id in (key, EVERYTHING)), "")
