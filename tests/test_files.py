"""Files are replaced in one step: a writer that is stopped anywhere leaves the old file and no scraps."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from quotaline.files import private_dir, write_atomic
from quotaline.prompt import inbox

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
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
        by_inbox(tmp_path, NEW)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["s.json"]
