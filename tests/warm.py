"""Quotaline commands in processes that need not import anything: `python warm.py` forks one for each line of stdin.

What takes a command most of its time is Python's start and its imports. Here both are done once; the command itself runs as it
would from the installed script. It does not suit what depends on how Python starts: locale, encoding, `PYTHON…` variables.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

IMPORTED = (
    "commands.refresh",
    "commands.usage",
    "refresh.run",
    "refresh.remote",
    "sources.endpoint",
    "terminal.page",
    "usage.as_json",
)


class Warm:
    """`with Warm() as quotaline: quotaline("usage", env=…)` gives what `commandline.quotaline` gives."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.communicate()

    def __call__(self, *words: str, env: dict[str, str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One command; its folder is the caller's present one."""
        call = {"words": words, "env": env, "stdin": stdin.decode("latin-1"), "folder": str(Path.cwd())}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(call) + "\n")
        self._server.stdin.flush()
        done = json.loads(self._server.stdout.readline())
        out, err = (done[name].encode("latin-1") for name in ("out", "err"))
        return subprocess.CompletedProcess(["quotaline", *words], done["code"], out, err)


def run(call: dict[str, Any], files: list[IO[bytes]]) -> int:
    """The forked process: the command's exit code."""
    from quotaline.__main__ import main

    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.argv = ["quotaline", *call["words"]]
    try:
        code: object = main()
    except SystemExit as error:
        code = error.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def serve() -> None:
    """Fork for each line of stdin, one after the other."""
    for name in IMPORTED:
        importlib.import_module(f"quotaline.{name}")
    for line in sys.stdin:
        call = json.loads(line)
        files: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 - closed below, and with the child
        files[0].write(call["stdin"].encode("latin-1"))
        files[0].seek(0)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = run(call, files)
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in files[1:]:
            file.seek(0)
            texts.append(file.read().decode("latin-1"))
            file.close()
        files[0].close()
        print(json.dumps({"code": code, "out": texts[0], "err": texts[1]}), flush=True)


if __name__ == "__main__":
    serve()
