"""Root in somebody else's home: with whose rights it looks, and in which order it gives its own up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quotaline.core import system
from quotaline.core.owner import become_owner_of_home

ROOTS, THEIRS, GROUP = 0, 1234, 5678


class Ids:
    """The ids of a made process of root's; what is called is noted with the rights that hold by then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: int, closed: str = "") -> None:
        self.user, self.group, self.log = ROOTS, ROOTS, list[str]()
        monkeypatch.setattr(system, "geteuid", lambda: self.user)
        monkeypatch.setattr(system, "stat", lambda _path: os.stat_result((0, 0, 0, 0, owner, GROUP, 0, 0, 0, 0)))
        monkeypatch.setattr(os, "listdir", self.look)
        self.closed = closed
        for name in ("seteuid", "setuid", "setegid", "setgid", "setgroups"):
            monkeypatch.setattr(os, name, lambda value, name=name: self.set(name, value))

    def look(self, folder: str) -> list[str]:
        self.log.append(f"{Path(folder).name} as {self.user}:{self.group}")
        if self.closed and folder.endswith(self.closed):
            raise PermissionError
        return []

    def set(self, name: str, value: int) -> None:
        assert self.user == ROOTS or name == "seteuid", "only root may change the group"
        if name in ("setuid", "setgid", "setgroups"):
            self.log.append(f"{name} {value} as {self.user}:{self.group}")
        if name.endswith("uid"):
            self.user = value
        elif name.endswith("gid"):
            self.group = value


def became(owner: int, closed: str = "", user: int = ROOTS) -> Ids:
    """What a process of `user`'s did to its ids where `owner` owns the home."""
    with pytest.MonkeyPatch.context() as patch:
        ids = Ids(patch, owner, closed)
        ids.user = user
        become_owner_of_home({"HOME": "/home/x"}, "/opt/quotaline")
    return ids


def test_it_looks_with_their_rights_and_then_gives_its_own_up_for_good() -> None:
    assert became(THEIRS).log == [
        f"quotaline as {THEIRS}:{GROUP}",
        f"{Path(os.__file__).parent.name} as {THEIRS}:{GROUP}",
        f"setgroups [{GROUP}] as {ROOTS}:{ROOTS}",
        f"setgid {GROUP} as {ROOTS}:{ROOTS}",
        f"setuid {THEIRS} as {ROOTS}:{GROUP}",
    ]


@pytest.mark.parametrize("closed", ["/quotaline", str(Path(os.__file__).parent)])
def test_where_they_may_not_read_the_program_root_stays_root(closed: str) -> None:
    ids = became(THEIRS, closed)
    assert (ids.user, ids.group) == (ROOTS, ROOTS)
    assert not any(line.startswith("set") for line in ids.log)


@pytest.mark.parametrize(("user", "owner"), [(ROOTS, ROOTS), (THEIRS, 99)])
def test_roots_own_home_and_anybody_else_change_nothing(user: int, owner: int) -> None:
    ids = became(owner, user=user)
    assert (ids.user, ids.log) == (user, [])


def test_a_home_that_is_not_there_is_nobodys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(system, "geteuid", lambda: ROOTS)
    monkeypatch.setattr(os, "seteuid", lambda _value: pytest.fail("nobody is to become anybody"))
    become_owner_of_home({"HOME": str(tmp_path / "none")}, str(tmp_path))
