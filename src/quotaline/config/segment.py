"""PURE One segment: its keys, its formats checked against the fields and specs that there are, and what is compiled of them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Meta

from quotaline.config.explain import Strict, listed
from quotaline.config.fields import FIELDS, SPECS, is_field
from quotaline.config.palettes import COLOUR_FORMS, sgr
from quotaline.core.values import printable_with_icons
from quotaline.errors import ConfigError
from quotaline.render.paint import is_safe_url

Threshold = Annotated[float, Meta(ge=-1e12, le=1e12)]
SPEC = re.compile(r"money|pct|pace|left|tokens|clock|bar[0-9]{0,2}|\.[1-9][0-9]{0,2}|\.[0-9]f|")


class Fallback(Strict, frozen=True, kw_only=True):
    """`[fallback]`: the forms shown when only transcripts are known."""

    format: str
    long: str | None = None
    short: str | None = None


class Segment(Strict, frozen=True, kw_only=True):
    """One segment file. `priority` 0-100: the higher one stays longer when the line is narrow.

    While the `level` is under `hide_below` it is not shown. `link` is where it leads in the Claude line: an address, or a field
    that holds one.
    """

    summary: str
    format: str
    long: str | None = None
    short: str | None = None
    each: str | None = None
    level: str | None = None
    warn: Threshold | None = None
    critical: Threshold | None = None
    hide_below: Threshold | None = None
    link: str | None = None
    colour: str = "text"
    priority: Annotated[int, Meta(ge=0, le=100)] = 50
    fallback: Fallback | None = None


def check(segment: Segment, place: str) -> None:
    """Raise ConfigError where a segment names a field, spec or colour that does not exist."""
    if sgr(segment.colour) is None:
        raise ConfigError(f"{place}: `colour` is {segment.colour!r}; allowed is {COLOUR_FORMS}.")
    if segment.each is not None and not re.fullmatch(r"[a-z0-9_]+\*", segment.each):
        raise ConfigError(f"{place}: `each` is {segment.each!r}; allowed is the beginning of window names and a star.")
    if segment.hide_below is not None and segment.level is None:
        raise ConfigError(f"{place}: `hide_below` needs a `level`, the field that it is held against.")
    if segment.level is not None and not is_field(segment.level, repeated=segment.each is not None):
        raise ConfigError(f"{place}: `level` names the field {segment.level!r}; allowed are {listed(FIELDS)}, WINDOW.used.")
    address = parts(segment.link or "", place, repeated=segment.each is not None)
    if address and isinstance(address[0], str) and not is_safe_url(address[0]):
        raise ConfigError(f"{place}: `link` is {segment.link!r}; allowed is an address that begins with https://, or a field.")
    for form in forms(segment):
        parts(form, place, repeated=segment.each is not None)


def forms(segment: Segment) -> list[str]:
    """Every format text of a segment."""
    fallback = segment.fallback
    more = (fallback.long, fallback.format, fallback.short) if fallback else ()
    return [form for form in (segment.long, segment.format, segment.short, *more) if form is not None]


def parts(form: str, place: str, *, repeated: bool) -> list[Any]:
    """A format string as literals and `[field, spec]` pairs. Raises ConfigError."""
    import string  # noqa: PLC0415 - most refreshes compile nothing anew

    compiled: list[Any] = []
    try:
        pieces = list(string.Formatter().parse(form))
    except ValueError as error:
        raise ConfigError(f"{place}: the format {form!r} is not a Python format string: {error}.") from error
    for literal, name, spec, conversion in pieces:
        if literal:
            if printable_with_icons(literal) != literal:
                raise ConfigError(f"{place}: the format {form!r} holds a control character; colours are set by `colour`.")
            compiled.append(literal)
        if name is None:
            continue
        if not is_field(name, repeated=repeated):
            raise ConfigError(f"{place}: {{{name}}} is not a field; `quotaline segments --fields` lists them.")
        if conversion or not SPEC.fullmatch(spec or ""):
            raise ConfigError(f"{place}: {{{name}:{spec}}} has an unknown format; allowed are {listed(SPECS)}.")
        compiled.append([name, spec or ""])
    return compiled


def named(segment: Segment) -> set[str]:
    """Every field that a checked segment names, the one that its colour follows included."""
    compiled = [parts(form, "", repeated=segment.each is not None) for form in forms(segment)]
    return {part[0] for form in compiled for part in form if not isinstance(part, str)} | {segment.level or ""}


def shows_git_state(segment: Segment) -> bool:
    """Whether somebody must look into the repository for it: the branch alone is read from one file."""
    return any(name.startswith("git.") and name != "git.branch" for name in named(segment))


def compile_segment(segment: Segment, show: str = "used") -> dict[str, Any]:
    """A checked segment as the prompt path reads it; with `show` "left" it says what is left of its windows."""
    repeated = segment.each is not None

    def three(long: str | None, usual: str, short: str | None) -> list[Any]:
        found = [form if form is None else parts(form, "", repeated=repeated) for form in (long, usual, short)]
        return [form and what_is_left(form) for form in found] if show == "left" else found

    compiled: dict[str, Any] = {
        "forms": three(segment.long, segment.format, segment.short),
        "colour": sgr(segment.colour),
        "priority": segment.priority,
    }
    if segment.each:
        compiled["each"] = segment.each.removesuffix("*")
    if segment.link:
        compiled["link"] = parts(segment.link, "", repeated=repeated)
    for key in ("level", "warn", "critical", "hide_below"):
        if getattr(segment, key) is not None:
            compiled[key] = getattr(segment, key)
    if segment.fallback:
        compiled["fallback"] = three(segment.fallback.long, segment.fallback.format, segment.fallback.short)
    return compiled


def what_is_left(form: list[Any]) -> list[Any]:
    """A compiled form with the percent of a window that are left in place of those that are used; the word says so."""
    found: list[Any] = []
    for part in form:
        name, spec = (None, "") if isinstance(part, str) else part
        if name is None or not name.endswith(".used") or not (spec == "pct" or spec.startswith("bar")) or name in FIELDS:
            found.append(part)
            continue
        found.append([name.removesuffix("used") + "remaining", spec])
        found += [" left"] if spec == "pct" else []
    return found
