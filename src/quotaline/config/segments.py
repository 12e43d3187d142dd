"""EFFECT segments/*.toml and the user's own → compiled lines.

A segment is data: a summary, a format, and how it shortens and colours. Compiling checks every field, spec and colour once,
when the configuration changes, so that the prompt path only looks values up.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import Meta

from quotaline.config.explain import Strict, convert, listed
from quotaline.config.fields import FIELDS, SPECS, is_field
from quotaline.config.palettes import COLOUR_FORMS, sgr, style
from quotaline.config.schema import Config
from quotaline.core.snapshot import config_state
from quotaline.core.values import printable_with_icons
from quotaline.errors import ConfigError
from quotaline.files import read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Tree: TypeAlias = dict[str, Any]
LARGEST = 64 * 1024  # bytes of a segment file

Threshold = Annotated[float, Meta(ge=-1e12, le=1e12)]
SPEC = re.compile(r"money|pct|pace|left|tokens|clock|bar[0-9]{0,2}|\.[1-9][0-9]{0,2}|\.[0-9]f|")


class Fallback(Strict, frozen=True, kw_only=True):
    """`[fallback]`: the forms shown when only transcripts are known."""

    format: str
    long: str | None = None
    short: str | None = None


class Segment(Strict, frozen=True, kw_only=True):
    """One segment file. `priority` 0-100: the higher one stays longer when the line is narrow.

    While the `level` is under `hide_below` it is not shown.
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
    colour: str = "text"
    priority: Annotated[int, Meta(ge=0, le=100)] = 50
    fallback: Fallback | None = None


class Catalogue(Strict, frozen=True, kw_only=True):
    """Every segment that can be shown: `raw` as written, with `[segments.*]` of the configuration laid over it."""

    segments: dict[str, Segment]
    own: frozenset[str] = frozenset()


def shipped_folder() -> Path:
    """Where the shipped segments are: in the wheel, or at the top of a source tree."""
    here = Path(__file__).resolve()  # importlib.resources takes a refresh 3 ms
    packaged = here.parents[1] / "_data" / "segments"
    return packaged if packaged.is_dir() else here.parents[3] / "segments"


def shipped_state() -> str:
    """What tells one state of the shipped segments, and of the program that compiles them, from another."""
    return f"{config_state(str(shipped_folder().with_name('config.toml')))} {config_state(__file__)}"


def read_folder(folder: Path | None, kind: str = "segments") -> tuple[dict[str, Tree], dict[str, str]]:
    """The TOML files of a folder by name, and of those that cannot be read what is wrong, a sentence each."""
    found: dict[str, Tree] = {}
    problems = {}
    try:
        paths = sorted(folder.iterdir()) if folder else []
    except (FileNotFoundError, NotADirectoryError):
        paths = []
    except OSError as error:
        return {}, {"": f"{kind} cannot be looked into: {error.strerror}."}
    for path in paths:
        if path.suffix != ".toml" or path.name.startswith("."):
            continue
        import tomllib  # noqa: PLC0415 - most refreshes compile nothing anew

        try:
            found[path.stem] = tomllib.loads(read_file(path, LARGEST).decode())
        except OSError as error:
            problems[path.stem] = f"{kind}/{path.name} cannot be read: {error.strerror}."
        except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, of a number of 5,000 digits
            problems[path.stem] = f"{kind}/{path.name} cannot be read: {error}."
    return found, problems


@cache
def shipped() -> dict[str, Tree]:
    """The shipped segments as written."""
    return read_folder(shipped_folder())[0]


def read_own(folder: Path | None, config: Config) -> tuple[dict[str, Tree], dict[str, str]]:
    """The user's own segments that can be shown, and of each other one what is wrong, a sentence by name."""
    found, problems = read_folder(folder)
    for name, tree in list(found.items()):
        problem = segment_problem(tree, f"segments/{name}.toml")
        if problem and segment_problem({**tree, **config.segments.get(name, {})}, ""):
            del found[name]
            problems[name] = problem
    return found, problems


def segment_problem(tree: Tree, place: str) -> str | None:
    """What is wrong with a segment as written at `place`, in a sentence."""
    try:
        check(convert(tree, Segment, place), place)
    except ConfigError as error:
        return str(error)
    return None


def catalogue(config: Config, own_folder: Path | None) -> Catalogue:
    """Shipped segments, the user's own of the same name instead of them, `[segments.*]` over both. Raises ConfigError."""
    own, problems = read_own(own_folder, config)
    for problem in problems.values():
        raise ConfigError(problem)
    return assemble(config, own)


def assemble(config: Config, own: Mapping[str, Tree], missing: Collection[str] = ()) -> Catalogue:
    """What `catalogue` says of segments that were read. Those of `missing` may be named though they are not there.

    Raises ConfigError for what config.toml says of them.
    """
    trees = {**shipped(), **own}
    for name, changes in config.segments.items():
        if name in trees or {"summary", "format"} <= changes.keys():  # a whole one
            trees[name] = {**trees.get(name, {}), **changes}
        elif name not in missing:
            raise ConfigError(f"config.toml: `segments.{name}` is not a segment; allowed are {listed(sorted(trees))}.")
    segments = {}
    for name, tree in trees.items():
        place = f"config.toml: `segments.{name}`" if name in config.segments else f"segments/{name}.toml"
        segments[name] = convert(tree, Segment, place)
        check(segments[name], place)
    for line, rows in config.lines().items():
        for word in (word for row in rows for word in row):
            if word not in segments and word not in missing:
                raise ConfigError(f"config.toml: `line.{line}.rows` names {word!r}; allowed are {listed(sorted(segments))}.")
    return Catalogue(segments=segments, own=frozenset(own) | (config.segments.keys() - shipped().keys()))


def assemble_what_fits(config: Config, own: Mapping[str, Tree]) -> Catalogue:
    """Of a configuration that is not the present one: the segments that it knows, and of its changes those that still fit."""
    trees = {**{name: tree for name, tree in config.segments.items() if not segment_problem(tree, name)}, **shipped(), **own}
    segments = {}
    for name, tree in trees.items():
        changed = {**tree, **config.segments.get(name, {})}
        segments[name] = convert(tree if segment_problem(changed, name) else changed, Segment, name)
    return Catalogue(segments=segments, own=frozenset(own))


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
    for form in forms(segment):
        parts(form, place, repeated=segment.each is not None)


def forms(segment: Segment) -> list[str]:
    """Every format text of a segment."""
    fallback = segment.fallback
    more = (fallback.long, fallback.format, fallback.short) if fallback else ()
    return [form for form in (segment.long, segment.format, segment.short, *more) if form is not None]


def parts(form: str, place: str, *, repeated: bool) -> list[Any]:
    """A format string as literals and `[field, spec]` pairs. Raises ConfigError."""
    import string  # noqa: PLC0415 - as above

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


def compile_lines(config: Config, found: Catalogue) -> dict[str, Any]:
    """`segments`, `lines` and `style` of a snapshot."""
    return {
        "segments": {name: compile_segment(segment, config.style.show) for name, segment in found.segments.items()},
        "lines": {name: [list(row) for row in rows] for name, rows in config.lines().items()},
        "style": style(config.style.palette, config.style.colour, config.style.separator, config.style.show),
    }


def own_folder(config_file: Path | None) -> Path | None:
    """The user's segments beside the configuration file; None where there is no place for one."""
    return config_file.parent / "segments" if config_file else None


def shipped_defaults() -> Mapping[str, Any]:
    """What the prompt path shows before the first refresh: `core/defaults.json` holds exactly this."""
    return compile_lines(Config(), catalogue(Config(), None))
