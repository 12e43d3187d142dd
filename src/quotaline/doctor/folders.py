"""EFFECT Cache and data folders: writable, private, with room on the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.config.accounts import named_accounts
from quotaline.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.config.accounts import NamedAccount
    from quotaline.doctor.check import DoctorContext

GROUP = "Folders"
LEAST_ROOM = 64 * 1024 * 1024
OTHERS = 0o077


def checks(context: DoctorContext) -> Iterator[Check]:
    """Both folders, and the one in which requests are counted where XDG_DATA_HOME has moved the data away from it."""
    yield folder("cache", context.where.cache_dir, "QUOTALINE_CACHE_DIR")
    yield folder("data", context.where.data_dir, "QUOTALINE_DATA_DIR")
    if context.where.limiter_dir != context.where.data_dir:
        yield folder("requests", context.where.limiter_dir, "QUOTALINE_DATA_DIR")
    if context.config.accounts:
        for account in named_accounts(context.config.accounts, context.env):
            yield claude_folder(account)


def claude_folder(account: NamedAccount) -> Check:
    """Whether an account of `[accounts]` has a folder of Claude Code's."""
    name, path = f"account {account.name}", Path(account.folder)
    if path.is_dir():
        return Check(group=GROUP, name=name, status="PASS", message=f"{path} is there.")
    remedy = f"log in once with CLAUDE_CONFIG_DIR={path} claude, or mend `accounts.{account.name}` in config.toml"
    return Check(group=GROUP, name=name, status="WARN", message=f"{path} is not there.", remedy=remedy)


def folder(name: str, path: Path | None, variable: str) -> Check:
    """One folder; one that is not there yet is judged by the nearest folder above it."""
    if path is None:
        message, remedy = "There is no home folder to keep it in.", f"set HOME or {variable}"
        return Check(group=GROUP, name=name, status="FAIL", message=message, remedy=remedy)
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = f"set {variable} to a folder that can be written"
        return Check(group=GROUP, name=name, status="FAIL", message=f"{path} cannot be written.", remedy=remedy)
    free = shutil.disk_usage(there).free
    if free < LEAST_ROOM:
        message = f"{path} has only {free >> 20} MiB left on its disk."
        return Check(
            group=GROUP, name=name, status="WARN", message=message, remedy="make room, or the next refresh cannot be kept"
        )
    if there != path:
        return Check(group=GROUP, name=name, status="PASS", message=f"{path} is not there yet and can be made.")
    mode = path.stat().st_mode & 0o777
    if mode & OTHERS:
        message = f"{path} is open to others (mode {mode:03o})."
        return Check(group=GROUP, name=name, status="WARN", message=message, remedy=f"chmod 700 {path}")
    return Check(group=GROUP, name=name, status="PASS", message=f"{path} is writable and private.")
