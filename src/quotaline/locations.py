"""EFFECT Where everything is for one environment: quotaline's own files, by platformdirs, and Claude Code's.

The prompt path computes the same in `core/paths.py`, without the import; a test holds the two equal over many environments.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from msgspec import Struct

from quotaline.core import paths
from quotaline.core.snapshot import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

APP = "quotaline"
VARIABLE = "CLAUDE_CONFIG_DIR"


class Locations(Struct, frozen=True, kw_only=True):
    """Paths of one account on one machine; None where there is no home and no variable that says otherwise.

    `config_dir` is Claude Code's folder (or folders) as it may be shown, the home folder as `~`. `limiter_dir` is where
    the rate limiter keeps count: a login has one budget, so no XDG variable moves it (a snap's terminal sets XDG_DATA_HOME).
    """

    config_file: Path | None
    cache_dir: Path | None
    data_dir: Path | None
    limiter_dir: Path | None
    home: Path | None
    claude_dirs: tuple[Path, ...]
    config_dir: str

    @property
    def snapshot(self) -> Path | None:
        """The snapshot file."""
        return self.cache_dir / NAME if self.cache_dir else None

    @property
    def ledger(self) -> Path | None:
        """The ledger's database."""
        return self.data_dir / "ledger.db" if self.data_dir else None

    @property
    def request_ledger(self) -> Path | None:
        """The ledger that counts requests: the same database as `ledger`, unless XDG_DATA_HOME has moved that one."""
        return self.limiter_dir / "ledger.db" if self.limiter_dir else None

    def tilde(self, path: Path | str) -> str:
        """A path as it may be shown: the home folder as `~`."""
        return _tilde(path, self.home)


def resolve_locations(env: Mapping[str, str]) -> Locations:
    """Resolve every path from the environment; no file is read. CLAUDE_CONFIG_DIR may be a list, as ccusage takes it."""
    home = Path(found) if (found := paths.home(env)) else None
    told = env.get(VARIABLE, "")
    parts = [told] if "," in told and Path(told).is_dir() else told.split(",")
    chosen = [Path(part.strip()) for part in parts if part.strip()]
    claude_dirs = chosen
    if not chosen and home:
        claude_dirs = [home / ".claude", Path(env.get("XDG_CONFIG_HOME") or home / ".config", "claude")]
    with _environment(env, home):
        config = _folder(env, "QUOTALINE_CONFIG", platformdirs.user_config_dir)
        cache = _folder(env, "QUOTALINE_CACHE_DIR", platformdirs.user_cache_dir)
        data = _folder(env, "QUOTALINE_DATA_DIR", platformdirs.user_data_dir)
    return Locations(
        config_file=config if config is None or env.get("QUOTALINE_CONFIG") else config / "config.toml",
        cache_dir=cache and cache / paths.account_slug(env.get(VARIABLE, "")),
        data_dir=data,
        limiter_dir=Path(limiter) if (limiter := paths.limiter_dir(env)) else data,
        home=home,
        claude_dirs=tuple(claude_dirs),
        config_dir=", ".join(_tilde(folder, home) for folder in (chosen or claude_dirs[:1])),
    )


def folder_env(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment in which Claude Code uses `folder`: without the variable for the usual one, where it keeps its state."""
    home = paths.home(env)
    usual = bool(home) and is_same_folder(folder, Path(home, ".claude")) and not (folder / ".claude.json").exists()
    rest = {name: value for name, value in env.items() if name != VARIABLE}
    return rest if usual else {**rest, VARIABLE: str(folder)}


def single_folder_env(env: Mapping[str, str]) -> Mapping[str, str]:
    """`env` for what only one login can answer: of several folders the first that has one, else the first."""
    told = env.get(VARIABLE, "")
    folders = resolve_locations(env).claude_dirs if "," in told else ()
    if not folders or str(folders[0]) == told:
        return env
    known = (folder for folder in folders if any((folder / name).exists() for name in (".claude.json", ".credentials.json")))
    return folder_env(env, next(known, folders[0]))


def is_same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, which need not be there."""
    try:
        return one.samefile(other)
    except OSError:
        return one == other


def _folder(env: Mapping[str, str], variable: str, ask: Callable[[str], str]) -> Path | None:
    """What `variable` says, else platformdirs; None where that finds no home to put it in."""
    chosen = env.get(variable) or ask(APP)
    return Path(chosen) if env.get(variable) or Path(chosen).is_absolute() else None


@contextmanager
def _environment(env: Mapping[str, str], home: Path | None) -> Iterator[None]:
    """Platformdirs reads the process's own environment: lend it `env` where that is another one, as for the sample.

    A HOME that is no absolute path is an unset one; older versions of platformdirs follow it wherever it leads.
    """
    if env is os.environ and os.path.isabs(env.get("HOME", "/")):  # noqa: PTH117 - a text, which may be empty
        yield
        return
    kept, lent = (
        dict(os.environ),
        {**env, **({} if home is None else {"HOME": str(home)})},
    )  # `env` may be the one that is cleared
    os.environ.clear()
    os.environ.update(lent)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _tilde(path: Path | str, home: Path | None) -> str:
    text, start = str(path), str(home or "")
    return "~" + text[len(start) :] if start and (text == start or text.startswith(start + "/")) else text
