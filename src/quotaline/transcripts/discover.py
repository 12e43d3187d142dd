"""EFFECT Which transcripts are there, and which of them changed, without opening one.

A folder whose modification time stays the same has no new entries, so it is not listed again; a file is looked at by `stat`.
Up to some 2,000 files all of them are looked at each time. Beyond that the most recent ones are, and those that rest take
turns: the work does not grow with the history, and a resting file that is taken up again is noticed some refreshes later.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.transcripts.job import Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from sqlite3 import Connection

# How many may be looked at each time; when there are more, how many of the most recent ones, and how many of those that rest.
FILES, FOLDERS = (2048, 1024, 1024), (1024, 512, 512)
SETTLED_NS = 2_000_000_000  # a folder changed less than 2 s ago may change again without a new time on it


class Found(NamedTuple):
    """The files to read, oldest first, and what could not be read and was not named before."""

    jobs: list[Job]
    problems: list[str]


def discover(connection: Connection, config_dirs: Sequence[Path], *, thorough: bool) -> Found:
    """Look for new, grown, changed and vanished transcripts; keeps what it learned of folders in the ledger."""
    walk = _Walk(connection)
    for config_dir in config_dirs:
        walk.root(str(config_dir), str(config_dir / "projects"))
    for row in _turn(connection, "folder", "id, config_dir_id, path, mtime_ns, problem", walk, thorough=thorough):
        walk.folder(*row)
    for row in _turn(connection, "file", "id, path, inode, size, mtime_ns, problem", walk, thorough=thorough):
        walk.file(*row)
    return walk.finish()


def _turn(connection: Connection, table: str, columns: str, walk: _Walk, *, thorough: bool) -> list[tuple[Any, ...]]:
    """The rows to look at now: all, or the most recent and the next ones of the round."""
    living, (most, recent, resting) = ("NOT gone", FILES) if table == "file" else ("1", FOLDERS)
    query = f"SELECT {columns} FROM {table} WHERE {living}"  # noqa: S608 - names of our own
    many = connection.execute(f"SELECT 1 FROM {table} WHERE {living} LIMIT 1 OFFSET ?", (most,)).fetchone()  # noqa: S608
    if thorough or not many:
        return connection.execute(query).fetchall()
    rows = connection.execute(f"{query} ORDER BY mtime_ns DESC LIMIT ?", (recent,)).fetchall()
    seen = {row[0] for row in rows}
    after = connection.execute("SELECT after FROM turn WHERE round = ?", (table,)).fetchone() or (0,)
    turn = connection.execute(f"{query} AND id > ? ORDER BY id LIMIT ?", (*after, resting)).fetchall()
    end = turn[-1][0] if len(turn) == resting else 0
    walk.writes.append(("INSERT OR REPLACE INTO turn VALUES (?, ?)", (table, end)))
    return rows + [row for row in turn if row[0] not in seen]


class _Walk:
    """What one look around finds, written in one go at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._empty = connection.execute("SELECT 1 FROM file LIMIT 1").fetchone() is None
        self._visited: set[tuple[int, int]] = set()
        self._changed: list[tuple[int, int]] = []  # id, size
        self._new: list[tuple[int, str, int, int]] = []  # mtime, path, config dir, size
        self.problems: list[str] = []
        self.writes: list[tuple[str, tuple[Any, ...]]] = []

    def root(self, config_dir: str, path: str) -> None:
        """Take up a config dir that was not known."""
        if self._connection.execute("SELECT 1 FROM folder WHERE path = ?", (path,)).fetchone() or not os.path.isdir(path):  # noqa: PTH112
            return
        self._connection.execute("INSERT OR IGNORE INTO config_dir (path) VALUES (?)", (config_dir,))
        (key,) = self._connection.execute("SELECT id FROM config_dir WHERE path = ?", (config_dir,)).fetchone()
        self._enter(key, path)

    def folder(self, key: int, config_dir: int, path: str, mtime_ns: int, problem: str | None) -> None:
        """List a known folder again if its time says so."""
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path for each of thousands costs more than the call
        except OSError:
            self.writes.append(("DELETE FROM folder WHERE id = ?", (key,)))
            self.writes.append(("UPDATE file SET gone = 1 WHERE path >= ? AND path < ?", (f"{path}/", f"{path}0")))
            return
        if status.st_mtime_ns != mtime_ns:
            found = self._list(config_dir, path, problem)
            settled = _settled(status.st_mtime_ns) if found is None else 0
            self.writes.append(("UPDATE folder SET mtime_ns = ?, problem = ? WHERE id = ?", (settled, found, key)))

    def file(self, key: int, path: str, *was: Any) -> None:
        """Note a known file that is not as it was."""
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError:
            self.writes.append(("UPDATE file SET gone = 1 WHERE id = ?", (key,)))
            return
        if was != (status.st_ino, status.st_size, status.st_mtime_ns, None):
            self._changed.append((key, status.st_size))
            if status.st_ino != was[0]:
                self.writes.append(("UPDATE file SET read_to = 0, guarded = 0 WHERE id = ?", (key,)))

    def _enter(self, config_dir: int, path: str) -> None:
        """Take up a folder that was not known, unless it is one of ours by another path: a symlink, perhaps a loop."""
        status = os.stat(path)  # noqa: PTH116
        identity = (status.st_dev, status.st_ino)
        if identity in self._visited or self._known(identity):
            return
        self._visited.add(identity)
        found = self._list(config_dir, path, None)
        settled = _settled(status.st_mtime_ns) if found is None else 0
        columns = "config_dir_id, path, device, inode, mtime_ns, problem"
        statement = f"INSERT OR REPLACE INTO folder ({columns}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
        self.writes.append((statement, (config_dir, path, *identity, settled, found)))

    def _known(self, identity: tuple[int, int]) -> bool:
        """Whether another path to this folder is in the ledger and still leads there."""
        query = "SELECT path FROM folder WHERE device = ? AND inode = ?"
        for (path,) in self._connection.execute(query, identity).fetchall():
            try:
                status = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            if (status.st_dev, status.st_ino) == identity:
                return True
        return False

    def _list(self, config_dir: int, path: str, problem: str | None) -> str | None:
        """Look at a folder's entries; returns why they cannot be read."""
        known: set[str] = set()
        if not self._empty:
            query = "SELECT path FROM file WHERE NOT gone AND path >= ? AND path < ?"
            known = {row[0] for row in self._connection.execute(query, (f"{path}/", f"{path}0"))}
        folders = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError, UnicodeEncodeError):  # gone again, a symlink to itself; no name to keep
                        entry.path.encode()
                        if entry.is_dir():
                            folders.append(entry.path)
                        elif entry.name.endswith(".jsonl") and entry.path not in known and entry.is_file():
                            status = entry.stat()
                            self._new.append((status.st_mtime_ns, entry.path, config_dir, status.st_size))
        except OSError as error:
            reason = error.strerror or str(error)
            if problem is None:
                self.problems.append(f"{path}: {reason}")
            return reason
        for folder in folders:
            if self._empty or not self._connection.execute("SELECT 1 FROM folder WHERE path = ?", (folder,)).fetchone():
                with contextlib.suppress(OSError):  # gone again
                    self._enter(config_dir, folder)
        return None

    def finish(self) -> Found:
        """Write what was learned and say what to read."""
        connection = self._connection
        if not (self.writes or self._new or self._changed):
            return Found([], self.problems)
        self._new.sort()  # the older file gets the lower id: of two that hold a message, it had it first
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in self.writes:
                connection.execute(statement, values)
            statement = """INSERT INTO file (config_dir_id, path, mtime_ns) VALUES (?, ?, ?) ON CONFLICT (path)
                DO UPDATE SET gone = 0, read_to = 0, guarded = 0, size = -1"""
            connection.executemany(statement, ((config_dir, path, time) for time, path, config_dir, _ in self._new))
            query = """SELECT file.id, path, size, read_to, guard, guarded, uuid, skipping FROM file
                LEFT JOIN account ON account.id = account_id WHERE """
            jobs = [_job(connection.execute(f"{query} file.id = ?", (key,)).fetchone(), size) for key, size in self._changed]
            jobs += [_job(connection.execute(f"{query} path = ?", (path,)).fetchone(), size) for _, path, _, size in self._new]
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        return Found(jobs, self.problems)


def _job(row: tuple[Any, ...], size: int) -> Job:
    key, path, before, read_to, guard, guarded, owner, skipping = row
    return Job(
        key,
        path,
        ahead=size - read_to if size >= read_to else size,
        size=before,
        offset=read_to,
        guard=guard,
        guarded=guarded,
        owner=owner,
        skipping=bool(skipping),
    )


def _settled(mtime_ns: int) -> int:
    """The time to remember for a folder; 0, which is never its time, while it may still change unseen."""
    return mtime_ns if mtime_ns < time.time_ns() - SETTLED_NS else 0
