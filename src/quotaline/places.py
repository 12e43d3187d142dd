"""PURE Where everything is for one environment: quotaline's own files and Claude Code's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.prompt import paths

if TYPE_CHECKING:
    from collections.abc import Mapping


class Places(Struct, frozen=True, kw_only=True):
    """Paths of one account on one machine; None where there is no home and no variable that says otherwise."""

    config_file: Path | None
    cache_dir: Path | None
    data_dir: Path | None
    home: Path | None
    claude_dirs: tuple[Path, ...]
    config_dir: str

    @property
    def snapshot(self) -> Path | None:
        """The snapshot file."""
        return self.cache_dir / "snapshot.json" if self.cache_dir else None

    @property
    def ledger(self) -> Path | None:
        """The ledger's database."""
        return self.data_dir / "ledger.db" if self.data_dir else None

    def tilde(self, path: Path | str) -> str:
        """A path as it may be shown: the home folder as `~`."""
        text, home = str(path), str(self.home or "")
        return "~" + text[len(home) :] if home and (text == home or text.startswith(home + "/")) else text


def places(env: Mapping[str, str]) -> Places:
    """Resolve every path from the environment; nothing is read."""
    home = paths.home(env)
    chosen = [part for part in env.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    if chosen:
        claude_dirs = [Path(part.strip()) for part in chosen]
    elif home:
        xdg = env.get("XDG_CONFIG_HOME") or str(Path(home, ".config"))
        claude_dirs = [Path(home, ".claude"), Path(xdg, "claude")]
    else:
        claude_dirs = []

    def path(text: str) -> Path | None:
        return Path(text) if text else None

    found = Places(
        config_file=path(paths.config_file(env)),
        cache_dir=path(paths.cache_dir(env)),
        data_dir=path(paths.data_dir(env)),
        home=path(home),
        claude_dirs=tuple(claude_dirs),
        config_dir="",
    )
    shown = ", ".join(found.tilde(folder) for folder in (claude_dirs if chosen else claude_dirs[:1]))
    return Places(**{name: getattr(found, name) for name in found.__struct_fields__ if name != "config_dir"}, config_dir=shown)
