"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, on its own port, run by an ordinary user."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from programs import need

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "postgres"
CONFIG = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
max_connections = 60
shared_buffers = 32MB
autovacuum = off
log_min_messages = panic
ssl = {ssl}
ssl_cert_file = '{certificate}.crt'
ssl_key_file = '{certificate}.key'
"""


class Postgres:
    """A server with the superuser `postgres`, who needs no password; `url` is of a database of a test's own."""

    def __init__(self, folder: Path, *, data: Path | None = None, made: bool = False) -> None:
        self.bin = Path(os.path.realpath(need("postgres"))).parent
        self.folder, self.data, self.port = folder, data or folder / "data", free_port()
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o777)
        if not made:
            self._as_owner(
                self.bin / "initdb", "-D", self.data, "-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale"
            )
        self.configure()

    def configure(self, *, certificate: str = "", hba: str = "") -> None:
        """Write the configuration anew; `hba` are lines that come before what lets everybody in."""
        ssl = "on" if certificate else "off"
        text = CONFIG.format(port=self.port, folder=self.folder, ssl=ssl, certificate=certificate or "none")
        self._write("postgresql.conf", text)
        self._write("pg_hba.conf", f"{hba}\nlocal all all trust\nhost all,replication all 127.0.0.1/32 trust\n")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        words = self._words(self.bin / "postgres", "-D", self.data)
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ready: list[str | Path] = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            assert self._process.poll() is None, "the server does not start"
            time.sleep(0.05)

    def certificate(self, name: str) -> None:
        """Show itself by the key and the certificate of that name in its folder."""
        for end in ("key", "crt"):
            self._own(self.data / f"{name}.{end}")
        (self.data / f"{name}.key").chmod(0o600)
        self.configure(certificate=name)
        self.stop()
        self.start()

    def replica(self, folder: Path) -> Postgres:
        """A hot standby of it in `folder`, started: it follows, and takes reading transactions only."""
        folder.chmod(0o777)
        source = f"host=127.0.0.1 port={self.port} user={OWNER}"
        self._as_owner(self.bin / "pg_basebackup", "-d", source, "-D", folder / "data", "-R", "-X", "stream", "-c", "fast")
        found = Postgres(folder, made=True)
        found.start()
        return found

    def kill(self) -> None:
        """As a power cut would: the server and its children, no goodbye."""
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGQUIT)  # what is not committed is gone, and no connection is ended in order
            self._wait()

    def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGINT)
            self._wait()

    def freeze(self, *, on: bool) -> None:
        """Let no backend answer any longer, or let them go on."""
        for process in self.backends():
            os.kill(process, signal.SIGSTOP if on else signal.SIGCONT)

    def backends(self) -> list[int]:
        """The processes of the server."""
        main = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        found = [main]
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == main:
                    found.append(int(entry.name))
        return found

    def database(self) -> str:
        """The url of a new, empty database."""
        self._databases += 1
        name = f"fleet{self._databases}"
        self.sql(f"CREATE DATABASE {name}", database="postgres")
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

    def sql(self, text: str, *, database: str) -> list[tuple[object, ...]]:
        """Run statements as the superuser; the rows of the last one."""
        import psycopg

        with psycopg.connect(host=str(self.folder), port=self.port, user=OWNER, dbname=database, autocommit=True) as connection:
            done = connection.execute(text)
            return done.fetchall() if done.description else []

    def _signal(self, number: int) -> None:
        os.kill(int((self.data / "postmaster.pid").read_text().splitlines()[0]), number)

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        self._own(path)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, OWNER)

    def _words(self, *words: object) -> list[str]:
        """PostgreSQL does not run as root."""
        change = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*change, *map(str, words)]

    def _as_owner(self, *words: object) -> None:
        subprocess.run(self._words(*words), check=True, capture_output=True, cwd="/")


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A running server, gone with all its files at the end."""
    pytest.importorskip("psycopg")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="pg") as name:  # a socket's path is short, and pytest's folders are private
        server = Postgres(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.kill()  # its files go, too: nothing need be put in order
