"""Files are read by kind and size, and replaced in one step: a writer that is stopped leaves the old file and no scraps."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import filelock
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commandline import QUOTALINE, quotaline
from quotaline import files
from quotaline.core import inbox, system
from quotaline.core.values import read_small_file
from quotaline.files import private_dir, read_file, remove_scratch, write_atomic, write_own

OLD = {"five_hour": {"used_percentage": 1}}
NEW = {"five_hour": {"used_percentage": 2}}


def by_files(folder: Path, content: Mapping[str, object]) -> Path:
    path = private_dir(folder / "inbox") / "s.json"
    write_atomic(path, str(content).encode())
    return path


def by_inbox(folder: Path, content: Mapping[str, object]) -> Path:
    inbox.write_if_changed(str(folder), "s", dict(content), 1.0)
    return folder / "inbox" / "s.json"


writers = pytest.mark.parametrize("write", [by_files, by_inbox])
Writer = Callable[[Path, Mapping[str, object]], Path]


@writers
@pytest.mark.parametrize("stopped_in", ["write", "replace", "open"])
def test_a_writer_that_is_stopped_leaves_the_old_file_and_no_scraps(
    write: Writer, stopped_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, OLD)
    before = path.read_bytes()

    def full(*_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, stopped_in, full)
        patch.setattr(system, stopped_in, full)
        patch.setattr(os, "fdopen", full if stopped_in == "write" else os.fdopen)
        patch.setattr(Path, "replace", full if stopped_in == "replace" else Path.replace)
        try:
            write(tmp_path, NEW)
        except OSError:
            assert write is by_files
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["s.json"]


@writers
def test_a_reader_sees_the_old_file_or_the_new_one_as_a_whole(write: Writer, tmp_path: Path) -> None:
    path = write(tmp_path, OLD)
    with path.open("rb") as reader:
        write(tmp_path, NEW)
        assert b"1" in reader.read(), "the one who opened the old file still reads it whole"
    assert b"2" in path.read_bytes()


@writers
def test_what_is_written_is_nobody_elses_business(write: Writer, tmp_path: Path) -> None:
    path = write(tmp_path / "made", OLD)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_half_a_write_is_no_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = by_inbox(tmp_path, OLD)
    before = path.read_bytes()
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(system, "write", lambda descriptor, data: write(descriptor, data[:9]))
        by_inbox(tmp_path, NEW)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["s.json"]


def open_a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path may have 107 bytes
        server.bind(path.name)
        os.chdir(here)


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 30)


def link_to_a_fifo(path: Path) -> None:
    os.mkfifo(path.with_name("behind"))
    path.symlink_to("behind")


ODD: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
    "socket": open_a_socket,
    "zero": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "sparse": make_sparse,
    "loop": lambda path: path.symlink_to(path.name),
    "fifo by a link": link_to_a_fifo,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_or_too_large_is_refused_before_it_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    ODD[kind](path)
    with pytest.raises(OSError) as found:  # noqa: PT011 - of every errno
        read_file(path)
    assert found.value.strerror
    assert read_small_file(str(path)) == b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(data=b"x", limit=300, mode=0o777)
@given(data=st.binary(max_size=300), limit=st.integers(1, 300), mode=st.integers(0, 0o777))
def test_a_file_is_read_whole_or_not_at_all(data: bytes, limit: int, mode: int, tmp_path: Path) -> None:
    """Whatever others may do with it."""
    path = tmp_path / "x"
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    path.chmod(mode | 0o400)
    if len(data) <= limit:
        assert data == read_file(path, limit) == read_small_file(str(path), limit)
        return
    with pytest.raises(OSError, match="larger than"):
        read_file(path, limit)
    assert read_small_file(str(path), limit) == b""


def test_a_file_that_says_that_it_is_empty_is_read_to_its_limit() -> None:
    assert b"Linux" in read_file(Path("/proc/version"), 4096)
    with pytest.raises(OSError, match="larger than"):
        read_file(Path("/proc/cpuinfo"), 10)


CACHE, CONFIG = ".cache/quotaline/default", ".config/quotaline"
PLACES = (
    f"{CACHE}/snapshot.json", f"{CACHE}/inbox/s.json", f"{CACHE}/alerts.json", f"{CACHE}/config.json", f"{CACHE}/prompt.bash",
    f"{CACHE}/nudged", f"{CONFIG}/config.toml", f"{CONFIG}/segments/mine.toml", ".claude.json", ".claude/.credentials.json",
    ".claude/settings.json", ".bashrc", ".zshrc", ".tmux.conf", ".config/starship.toml",
)  # fmt: skip
OURS = tuple(place for place in PLACES if place.startswith(CACHE) and "inbox" not in place and "nudged" not in place)
COMMANDS = (["refresh", "--force"], ["usage"], ["doctor"], ["prompt"], ["statusline"], ["install", "--yes", "bash"])


def spare() -> None:
    """A child that eats `/dev/zero` dies of it instead of the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


@pytest.mark.parametrize("kind", ["fifo", "folder", "zero", "sparse"])
def test_no_command_waits_for_or_eats_what_stands_in_place_of_any_file(
    kind: str, home: Path, environment: dict[str, str]
) -> None:
    """All places at once; each command ends, without a traceback."""
    alpha = "enable_alpha_features = true\nsources.claude_cli.enabled = false\nsources.endpoint.enabled = false\n"
    for place in PLACES:
        path = home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if place.endswith("config.toml"):
            path.write_text(alpha)
        else:
            ODD[kind](path)
    for command in COMMANDS:
        done = subprocess.run(
            [QUOTALINE, *command], env=environment, input=b"{}", capture_output=True, preexec_fn=spare, check=False
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
    quotaline("refresh", "--background", env=environment)
    files = [home / place for place in OURS if (home / place).is_file() and not (home / place).is_symlink()]
    assert {"snapshot.json", "config.json", "prompt.bash"} <= {path.name for path in files}, "what is ours is mended"
    assert json.loads((home / CACHE / "snapshot.json").read_bytes())["version"] == 1


def test_a_folder_in_our_place_is_removed_when_empty_and_else_moved_aside(tmp_path: Path) -> None:
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full/inside").write_text("kept")
    for name in ("empty", "full"):
        write_own(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
    assert [path.name.split("-")[0] for path in tmp_path.glob("*.moved-*")] == ["full.moved"]
    assert (next(tmp_path.glob("full.moved-*")) / "inside").read_text() == "kept"


def test_what_killed_writers_left_is_removed_after_an_hour_and_nothing_else(home: Path) -> None:
    tmp_path = home
    now = time.time()
    scraps = [".snapshot.json.123.0123abcd", "s.json.99.new"]
    others = [".snapshot.json.123.0123abcz", "snapshot.json", ".bashrc.1.swp", "s.new", "config.toml", ".config.toml.lock"]
    for name in (*scraps, *others):
        (tmp_path / name).write_text("x")
    (tmp_path / ".folder.1.0123abcd").mkdir()
    remove_scratch([tmp_path, None, tmp_path / "none"], now + 3000)
    assert {*scraps, *others, ".folder.1.0123abcd"} == {path.name for path in tmp_path.iterdir()}
    remove_scratch([tmp_path, None, tmp_path / "none"], now + 3700)
    assert {*others, ".folder.1.0123abcd"} == {path.name for path in tmp_path.iterdir()}


def test_a_refresh_removes_them(home: Path, environment: dict[str, str]) -> None:
    for folder in (CACHE, f"{CACHE}/inbox", CONFIG, ".local/share/quotaline"):
        scrap = home / folder / ".x.1.0123abcd"
        scrap.parent.mkdir(parents=True, exist_ok=True)
        for path in (scrap, home / CONFIG / ".config.toml.1.0123abcd"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
            os.utime(path, (1, 1))
    quotaline("refresh", env=environment)
    assert [home / CONFIG / ".x.1.0123abcd"] == list(home.rglob(".*.0123abcd")), "another program's, beside config.toml"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_what_root_writes_into_somebodys_folder_is_that_ones(tmp_path: Path) -> None:
    folder, path = tmp_path, tmp_path / "x"
    os.chown(folder, 4242, 4242)
    write_atomic(path, b"one")
    assert (path.stat().st_uid, path.stat().st_gid) == (4242, 4242)
    os.chown(path, 4243, 4244)
    write_atomic(path, b"two")
    assert (path.stat().st_uid, path.stat().st_gid) == (4243, 4244)


@pytest.mark.parametrize(
    ("limit", "said"),
    [(4096, "4 KiB"), ((1 << 20) - 1024, "1023 KiB"), (1 << 20, "1 MiB"), (None, "16 MiB"), (3 << 20, "3 MiB")],
)
def test_a_file_of_one_byte_too_many_is_refused_with_the_limit(limit: int | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    os.truncate(path, (limit or 16 << 20) + 1)
    with pytest.raises(OSError, match=f"larger than {said}:"):
        read_file(path, **({} if limit is None else {"limit": limit}))
    if limit:
        os.truncate(path, limit)
        assert len(read_file(path, limit)) == limit


@pytest.mark.parametrize(("user", "gives"), [(0, True), (1000, False)])
def test_only_root_gives_a_file_to_the_owner_of_its_folder(
    user: int, gives: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getegid", lambda: tmp_path.stat().st_gid + 1)  # so the folder is another one's
    monkeypatch.setattr(os, "fchown", lambda _descriptor, owner, group: given.append((owner, group)))
    write_atomic(tmp_path / "f", b"x")
    assert given == ([(tmp_path.stat().st_uid, tmp_path.stat().st_gid)] if gives else [])


@pytest.fixture(params=["flock", "no fcntl", "no flock"])
def locking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way in which a lock is taken."""

    def missing(*_arguments: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    if request.param == "no fcntl":
        monkeypatch.setattr(files, "fcntl", None)
    elif request.param == "no flock":
        monkeypatch.setattr(fcntl, "flock", missing)
    return str(request.param)


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_a_lock_is_one_holders_and_free_again_whatever_the_holder_raises(tmp_path: Path, locking: str) -> None:
    path = tmp_path / "a.lock"
    with contextlib.suppress(KeyError), files.lock(path):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(files.HeldError), files.lock(path):
            pytest.fail("it is held")
        raise KeyError
    with files.lock(path):
        pass
    assert path.exists() or locking == "no flock"


def test_it_is_the_lock_that_older_versions_take(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with filelock.FileLock(path), pytest.raises(files.HeldError), files.lock(path):
        pytest.fail("it is held")
    with files.lock(path), pytest.raises(filelock.Timeout), filelock.FileLock(path, timeout=0):
        pytest.fail("it is held")


def test_who_has_patience_gets_it_when_it_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.lock"
    with contextlib.ExitStack() as holder:
        holder.enter_context(files.lock(path))
        monkeypatch.setattr(time, "sleep", lambda _: holder.close())
        with files.lock(path, patience=60):
            pass


def test_a_lock_whose_file_was_removed_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, flock = tmp_path / "a.lock", fcntl.flock

    def removed_meanwhile(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        monkeypatch.setattr(fcntl, "flock", flock)
        path.unlink()

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with files.lock(path), pytest.raises(files.HeldError), files.lock(path):
        pytest.fail("it is held")


def test_what_is_no_place_for_a_lock_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("folder", "link", "nowhere/a.lock"):
        with pytest.raises(OSError, match=r"directory|symbolic links"), files.lock(tmp_path / name):
            pytest.fail("there is none")
    assert not (tmp_path / "elsewhere").exists()
