"""EFFECT Change one key of config.toml and leave every comment where it was; and tell where each value comes from."""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import tomlkit
from msgspec import Struct
from tomlkit.exceptions import TOMLKitError

from quotaline.config import load as configuration
from quotaline.config import presets, segments
from quotaline.errors import ConfigError
from quotaline.files import HeldError, lock, private_dir, read_file, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quotaline.config.schema import Config

PRIVATE = 0o600
BARE = re.compile("[A-Za-z0-9_-]+")
GONE = object()
PATIENCE = 10.0
"""Seconds that one change waits for the others."""


class Setting(Struct, frozen=True, kw_only=True):
    """An effective value: `origin` is `default`, the preset or the name of the file that says so."""

    key: str
    value: Any
    origin: str


def settings(config: Config, path: Path | None) -> list[Setting]:
    """Every effective value with where it comes from, by dotted key. The file is one that was loaded: it is valid."""
    written = dict(_leaves(tomllib.loads(_text(path))))
    tree = msgspec.to_builtins(config)
    tree["line"] = {name: {"rows": [list(row) for row in rows]} for name, rows in config.lines().items()}
    own = presets.chosen(config.preset, presets.own_folder(path), "config.toml")
    origins = dict.fromkeys(dict(_leaves(own)), f"preset {config.preset}")
    origins |= dict.fromkeys(written, path.name if path else "")
    return [Setting(key=key, value=value, origin=origins.get(key, "default")) for key, value in _leaves(tree)]


def put(path: Path, key: str, value: str) -> Any:
    """Set `key` to `value` and return what it is now: TOML where it reads as TOML and fits, else text.

    Several at once wait for each other, and none is lost. Raises ConfigError when the key is none, the value does not fit, the
    file would not be a configuration any more, or cannot be written; the file is as it was then.
    """
    where = steps(key)
    with editing(path) as target:  # a link into a folder of dotfiles stays a link
        return _put(path, target, where, value)


def unset(path: Path, key: str) -> bool:
    """Take `key`, a value or a whole table, out of the file, so that its default holds; False where it was not there.

    Raises ConfigError as `put` does.
    """
    where = steps(key)
    with editing(path) as target:
        before = _text(path)
        after = without(before, where, path.name)
        if after == before:
            return False
        try:
            _check(path, after)
        except ConfigError:
            if len(where) == 1 or _at(after, where[:-1]):
                raise
            after = without(before, where[:-1], path.name)  # nothing is left of its table, which needs the key
            _check(path, after)
        write_atomic(target, after.encode(), mode=target.stat().st_mode & 0o777)
        return True


def put_preset(path: Path, name: str, text: str) -> Path | None:
    """Write a preset of one's own beside config.toml and choose it; where a former one of that name is kept, if there was one.

    Raises ConfigError as `put` does; a preset that was written stays, unchosen.
    """
    place = path.parent / "presets" / f"{name}.toml"
    with editing(path) as target:
        former = read_file(place) if place.is_file() else b""
        kept = place.with_name(place.name + ".quotaline-backup") if former not in (b"", text.encode()) else None
        private_dir(place.parent)
        if kept is not None:
            write_atomic(kept, former)
        write_atomic(place, text.encode())
        _put(path, target, ["preset"], str(tomlkit.item(name).as_string()))
    return kept


@contextmanager
def editing(path: Path) -> Iterator[Path]:
    """Hold config.toml against others of us; where its bytes are. Raises ConfigError."""
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            raise ConfigError(f"{path.name} is not a regular file and cannot be written.")
        private_dir(target.parent)
        with lock(target.with_name(f".{target.name}.lock"), PATIENCE):
            yield target
    except HeldError:
        raise ConfigError(f"{path.name} is being changed by another process. Run this again.") from None
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be written: {error.strerror}. Check the folder's permissions.") from error


def _put(path: Path, target: Path, where: list[str], value: str) -> Any:
    before = _text(path)
    refused: ConfigError | None = None
    for candidate in candidates(value):
        after = changed(before, where, candidate, path.name)
        try:
            _check(path, after)
        except ConfigError as error:
            refused = error if refused is None or "must be text" in str(refused) else refused
            continue
        mode = target.stat().st_mode & 0o777 if target.exists() else PRIVATE
        write_atomic(target, after.encode(), mode=mode)
        return candidate
    raise refused or ConfigError(f"{value!r} is not a value.")


def steps(key: str) -> list[str]:
    """The parts of a dotted TOML key. Raises ConfigError."""
    try:
        tree = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        tree = {}
    found: list[str] = []
    node: Any = tree
    while isinstance(node, dict) and len(node) == 1:
        ((name, node),) = node.items()
        found.append(name)
    if not found or "\n" in key:
        raise ConfigError(f"{key!r} is not a key; keys look like `style.colour`.")
    return found


def candidates(value: str) -> list[Any]:
    """What a word on the command line may mean: the TOML value that it is, then the text itself."""
    try:
        tree = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return [value]
    return [tree["value"], value] if set(tree) == {"value"} else [value]


def changed(text: str, where: list[str], value: Any, name: str) -> str:
    """The TOML text with one key set, all else and every comment kept. Raises ConfigError."""
    try:
        document = tomlkit.parse(text)
        table: Any = document
        for step in where[:-1]:
            if step not in table:
                table[step] = tomlkit.table(is_super_table=True)  # which has a line of its own only for values of its own
            table = table[step]
        table[where[-1]] = value
        after = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name}: `{'.'.join(where)}` cannot be set ({error}); use `quotaline config edit`.") from error
    if not _only_changed(text, after, where, value):
        raise ConfigError(f"{name}: `{'.'.join(where)}` cannot be set without touching more; use `quotaline config edit`.")
    return after


def _check(path: Path, text: str) -> None:
    """Raises ConfigError where `text` would not be a configuration."""
    segments.catalogue(configuration.parse(text, path.name, presets.own_folder(path)), segments.own_folder(path))


def without(text: str, where: list[str], name: str) -> str:
    """The TOML text without one key, all else and every comment kept; the same where it is not there. Raises ConfigError."""
    wrong = f"{name}: `{'.'.join(where)}` cannot be taken out"
    try:
        document = tomlkit.parse(text)
        table: Any = document
        for step in where[:-1]:
            table = table[step]
        del table[where[-1]]
        after = tomlkit.dumps(document)
    except KeyError:
        return text
    except (TOMLKitError, TypeError, AttributeError) as error:
        raise ConfigError(f"{wrong} ({error}); use `quotaline config edit`.") from error
    if not _only_changed(text, after, where, GONE):
        raise ConfigError(f"{wrong} without touching more; use `quotaline config edit`.")
    return after


def _at(text: str, where: list[str]) -> Any:
    """What the TOML text has at `where`."""
    node: Any = tomllib.loads(text)
    for step in where:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _only_changed(before: str, after: str, where: list[str], value: Any) -> bool:
    """Whether `after` says what `before` said, and `value` at `where` (`GONE`: nothing there), and nothing else."""
    try:
        expected, found = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    node = expected
    for step in where[:-1]:
        node = node.setdefault(step, {})
    if value is GONE:
        del node[where[-1]]
    else:
        node[where[-1]] = value
    return bool(_full(expected) == _full(found))


def _full(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree without empty tables: one whose last key was taken out may be gone or stay."""
    tables = {key: _full(value) for key, value in tree.items() if isinstance(value, dict)}
    return {key: tables.get(key, value) for key, value in tree.items() if tables.get(key, True)}


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        key = prefix + (name if BARE.fullmatch(name) else str(tomlkit.key(name).as_string()))
        if isinstance(value, dict):
            yield from _leaves(value, key + ".")
        else:
            yield key, value


def _text(path: Path | None) -> str:
    """The file, or an empty one. Raises ConfigError."""
    return configuration.read_text(path) if path else ""
