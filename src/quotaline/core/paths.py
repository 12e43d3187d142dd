"""PURE Where quotaline's files are, from the environment alone: what platformdirs says, without its import.

An empty variable is an unset one. A test holds these equal to platformdirs over many environments.
"""

import sys

from quotaline.core import system

TYPE_CHECKING = False  # `typing` is not on this path's list of imports
if TYPE_CHECKING:
    from collections.abc import Mapping

REFRESH_MARKER = "QUOTALINE_REFRESH"
"""Set in whatever a refresh starts: a line that is drawn in there starts none."""
HASH_SEED, HASH_PRIME, HASH_MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF


def home(env: "Mapping[str, str]") -> str:
    """The user's home folder, or "" when there is none to be found. Without an absolute HOME the password file is asked."""
    path = env.get("HOME") or ""
    if sys.platform == "win32":
        path = path or env.get("USERPROFILE") or ""
    elif not system.isabs(path):
        import os

        told = os.environ.pop("HOME", None)  # `expanduser` would follow it wherever it leads
        path = os.path.expanduser("~")
        if told is not None:
            os.environ["HOME"] = told
    return path if system.isabs(path) else ""


def _base(env: "Mapping[str, str]", own: str, xdg: str, unix: str, mac: str) -> str:
    """The folder that `own` overrides, else platformdirs' for this system; "" when there is no home."""
    chosen = env.get(own)
    if chosen:
        return chosen
    root = home(env)
    if sys.platform == "win32":
        local = env.get("LOCALAPPDATA") or (root and system.join(root, "AppData", "Local"))
        return local and system.join(local, "quotaline", "quotaline", *(["Cache"] if xdg == "XDG_CACHE_HOME" else []))
    base = env.get(xdg, "").strip()
    if not system.isabs(base):  # the XDG specification: a relative path is an unset one
        if not root:
            return ""
        base = system.join(root, mac if sys.platform == "darwin" else unix)
    return system.join(base, "quotaline")


def config_file(env: "Mapping[str, str]") -> str:
    """The configuration file."""
    chosen = env.get("QUOTALINE_CONFIG")
    if chosen:
        return chosen
    folder = _base(env, "", "XDG_CONFIG_HOME", ".config", "Library/Application Support")
    return folder and system.join(folder, "config.toml")


def data_dir(env: "Mapping[str, str]") -> str:
    """The folder of the ledger."""
    return _base(env, "QUOTALINE_DATA_DIR", "XDG_DATA_HOME", ".local/share", "Library/Application Support")


def limiter_dir(env: "Mapping[str, str]") -> str:
    """The folder in which requests are counted: `data_dir`'s place for this user, whatever the XDG variables say."""
    return data_dir({name: value for name, value in env.items() if name != "XDG_DATA_HOME"})


def cache_dir(env: "Mapping[str, str]") -> str:
    """The folder of this account's snapshot, inbox, prompt files and lock; "" when there is no place for it."""
    base = _base(env, "QUOTALINE_CACHE_DIR", "XDG_CACHE_HOME", ".cache", "Library/Caches")
    return base and system.join(base, account_slug(env.get("CLAUDE_CONFIG_DIR", "")))


def account_slug(config_dir: str) -> str:
    """`default` when unset, else the last two parts of the path, readable, and a hash that keeps two of them apart."""
    if not config_dir:
        return "default"
    digest = HASH_SEED
    for byte in system.fsencode(config_dir):
        digest = ((digest ^ byte) * HASH_PRIME) & HASH_MASK
    tail = "-".join(config_dir.replace("\\", "/").strip("/").split("/")[-2:])
    readable = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in tail).strip(".-")
    return f"{readable[:40] or 'account'}-{digest:016x}"
