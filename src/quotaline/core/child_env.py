"""PURE The environment for what we start: the user's settings, and nothing that belongs to the Claude Code session around us.

A hook or status line inherits that session's secrets (CLAUDE_CODE_MESSAGING_TOKEN), its process id and its marks of being a
part of it; new clients add to them. So of Claude Code's variables those pass that are known to configure it, and no others.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ADMIN_KEY = "QUOTALINE_ADMIN_KEY"
"""The key of an organisation's reports: for quotaline's own refresh, and for no other program."""
SETTINGS = ("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR")
SETTINGS_BEGIN = tuple(
    "CLAUDE_CODE_" + name
    for name in ("USE_", "SKIP_", "OAUTH_", "CLIENT_", "CERT_", "PROXY_", "DISABLE_", "ENABLE_", "API_KEY_HELPER_", "GIT_BASH_")
)
NEEDED = ("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "SUDO_UID")
"""What a program needs to find the user's own settings."""


def only_needed(env: "Mapping[str, str]") -> "dict[str, str]":
    """Of `env` what no program goes without, for one that works on what nobody need trust; PATH is the caller's to add."""
    return {name: env[name] for name in NEEDED if name in env}


def without_session(env: "Mapping[str, str]") -> "dict[str, str]":
    """`env` without the variables of a Claude Code session."""
    return {name: value for name, value in env.items() if not of_session(name)}


def without_admin_key(env: "Mapping[str, str]") -> "dict[str, str]":
    """`env` for a program of the user's."""
    return {name: value for name, value in env.items() if name != ADMIN_KEY}


def of_session(name: str) -> bool:
    """Whether a variable is Claude Code's and not known to be a setting of the user's."""
    if not name.startswith(("CLAUDE", "AI_AGENT")):
        return False
    return name not in SETTINGS and not name.startswith(SETTINGS_BEGIN)
