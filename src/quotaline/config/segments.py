"""EFFECT segments/*.toml and the user's own → compiled lines.

A segment is data: a summary, a format, and how it shortens and colours. Compiling checks every field, spec and colour once,
when the configuration changes, so that the prompt path only looks values up.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from quotaline.config.explain import Strict, convert, listed
from quotaline.config.palettes import style
from quotaline.config.schema import Config
from quotaline.config.segment import Segment, check, compile_segment, shows_git_state
from quotaline.core.snapshot import config_state
from quotaline.errors import ConfigError
from quotaline.files import read_file
from quotaline.render.layout import FILL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Tree: TypeAlias = dict[str, Any]
LARGEST = 64 * 1024  # bytes of a segment file


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
            if word not in segments and word not in missing and word != FILL:
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


def compile_lines(config: Config, found: Catalogue) -> dict[str, Any]:
    """`segments`, `lines` and `style` of a snapshot."""
    lines = {name: [list(row) for row in rows] for name, rows in config.lines().items()}
    shown = [found.segments[name] for row in lines["claude"] for name in row if name in found.segments]
    return {
        "segments": {name: compile_segment(segment, config.style.show) for name, segment in found.segments.items()},
        "lines": lines,
        "style": style(config.style, git=any(map(shows_git_state, shown))),
    }


def own_folder(config_file: Path | None) -> Path | None:
    """The user's segments beside the configuration file; None where there is no place for one."""
    return config_file.parent / "segments" if config_file else None


def shipped_defaults() -> Mapping[str, Any]:
    """What the prompt path shows before the first refresh: `core/defaults.json` holds exactly this."""
    return compile_lines(Config(), catalogue(Config(), None))
