"""Whatever is made is the person's alone: files of mode 0600 in folders of mode 0700, whoever makes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from quotaline import files
from quotaline.commands.load_config import load_config
from quotaline.core import inbox, spawn_refresh
from quotaline.integrations import change
from quotaline.ledger.store import open_ledger
from quotaline.locations import resolve_locations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def take_lock(place: Path) -> None:
    with files.lock(files.private_dir(place) / "lock"):
        pass


def read_config(place: Path) -> None:
    named = place / "config.toml"
    files.write_atomic(files.private_dir(place) / named.name, b"enable_alpha_features = true\n")
    where = {"HOME": str(place), "QUOTALINE_CONFIG": str(named), "QUOTALINE_DATA_DIR": str(place / "data")}
    load_config(resolve_locations(where))


def install(place: Path) -> None:
    change.make_folders(place / "deep")
    change.write_like(place / "deep/x.toml", b"x", place / "no such model")


MAKERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda place: files.write_own(files.private_dir(place / "a") / "x", b"x"), "a/x"),
    "a lock": (take_lock, "lock"),
    "a message": (lambda place: inbox.write_if_changed(str(place / "a"), "s", {"x": 1}, 5.0), "a/inbox/s.json"),
    "a stamp": (lambda place: spawn_refresh.claim_spawn_slot(str(place / "a/stamp"), 5.0), "a/stamp"),
    "a host's file": (install, "deep/x.toml"),
    "a notice": (read_config, "data/alpha-notice"),
    "a ledger": (lambda place: open_ledger(files.private_dir(place) / "ledger.sqlite3").close(), "ledger.sqlite3"),
}


@pytest.fixture
def open_handed() -> Iterator[None]:
    """A shell that takes no right away from what is made."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_handed")
@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_made_is_the_persons_alone(maker: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    make, name = MAKERS[maker]
    make(place)
    assert (place / name).is_file()
    for path in [place, *place.rglob("*")]:
        # pathlib and makedirs give the folders around the last one what the umask leaves; the last one is held
        inner = path.is_dir() and any(child.is_dir() for child in path.iterdir())
        assert inner or path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
