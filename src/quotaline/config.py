"""EFFECT config.toml → a Struct; an unknown key or a wrong type is one sentence that names the key and what is allowed."""

from __future__ import annotations

import re
import tomllib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from quotaline.errors import ConfigError
from quotaline.palettes import PALETTES

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
Seconds = Annotated[float, Meta(ge=1)]

TYPE_WORDS = {
    "bool": "true or false", "str": "text", "int": "a whole number", "float": "a number", "array": "a list",
    "object": "a table",
}  # fmt: skip

CLAUDE_ROWS = (
    ("model", "directory", "git", "context", "cost"),
    ("five_hour", "seven_day", "weekly_model", "spend_limit", "extra"),
)
PROMPT_ROWS = (("extra", "five_hour", "seven_day"),)


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: a key that is not listed is an error, not a silent nothing."""


class Line(Strict, frozen=True, kw_only=True):
    """`[line.NAME]`: rows of segment names."""

    rows: tuple[tuple[str, ...], ...]


class ClaudeJson(Strict, frozen=True, kw_only=True):
    """`[sources.claude_json]`: the cache in `~/.claude.json`."""

    enabled: bool = True


class ClaudeCli(Strict, frozen=True, kw_only=True):
    """`[sources.claude_cli]`: `claude -p /usage` by the user's own program."""

    enabled: bool = True
    command: str = "claude"


class Endpoint(Strict, frozen=True, kw_only=True):
    """`[sources.endpoint]`: the last resort, the only source that reads the user's token."""

    enabled: bool = True
    base_url: str = "https://api.anthropic.com"
    user_agent: str | None = None
    keychain: bool = False


class Sources(Strict, frozen=True, kw_only=True):
    """`[sources]`: each can be closed on its own; the alpha ones need `enable_alpha_features` as well."""

    claude_json: ClaudeJson = ClaudeJson()
    claude_cli: ClaudeCli = ClaudeCli()
    endpoint: Endpoint = Endpoint()


class Style(Strict, frozen=True, kw_only=True):
    """`[style]`."""

    colour: Literal["auto", "always", "never"] = "auto"
    palette: str = "default"


class Refresh(Strict, frozen=True, kw_only=True):
    """`[refresh]`: seconds after which a prompt starts a refresh, and after which a value is marked stale."""

    fresh_for: Seconds = 60.0
    stale_after: Seconds = 3600.0


class Config(Strict, frozen=True, kw_only=True):
    """The whole file; every key is optional."""

    enable_alpha_features: bool = False
    line: dict[str, Line] = field(default_factory=dict)
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: Sources = Sources()
    style: Style = Style()
    refresh: Refresh = Refresh()

    def lines(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Rows by line name, the shipped lines included."""
        return {"claude": CLAUDE_ROWS, "prompt": PROMPT_ROWS, **{name: line.rows for name, line in self.line.items()}}


def load(path: Path | None) -> Config:
    """The configuration at `path`; the defaults where there is no file. Raises ConfigError with one sentence."""
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.") from error
    return parse(text, path.name)


def parse(text: str, name: str = "config.toml") -> Config:
    """A configuration from TOML text. Raises ConfigError."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not valid TOML: {error}.") from error
    config = convert(tree, Config, name)
    if config.style.palette not in PALETTES:
        raise ConfigError(f"{name}: `style.palette` is {config.style.palette!r}; allowed are {listed(PALETTES)}.")
    problem = unsafe_base_url(config.sources.endpoint.base_url)
    if problem:
        raise ConfigError(f"{name}: `sources.endpoint.base_url` {problem}; allowed is HTTPS, or HTTP to a loopback address.")
    return config


def unsafe_base_url(url: str) -> str | None:
    """Why a token may not be sent to this address, or None when it may."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is not an address"
    if parts.username or parts.password:
        return "carries a user name or password"
    if not host:
        return "names no host"
    if parts.scheme == "https":
        return None
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return None if parts.scheme == "http" and loopback else "would send the token unprotected"


def convert(tree: Any, kind: type[T], name: str) -> T:
    """`tree` as `kind`; msgspec's complaint becomes a sentence with the key and what is allowed there."""
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        raise ConfigError(f"{name}: {explain(message, kind, entry(tree, kind, message))}") from error


def entry(tree: Any, kind: Any, message: str) -> str:
    """Which entry of a table the complaint is about; msgspec writes `[...]` for it."""
    found = re.search(r"`\$\.([^`\[]+)\[\.\.\.\]", message)
    steps = found[1].split(".") if found else []
    node = tree
    for step in steps:
        node = node.get(step, {}) if isinstance(node, dict) else {}
    for name, value in node.items() if steps and isinstance(node, dict) else ():
        alone: Any = {name: value}
        for step in reversed(steps):
            alone = {step: alone}
        try:
            msgspec.convert(alone, kind)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return str(name)
    return ""


def explain(message: str, kind: Any, name: str = "") -> str:
    """One sentence from a msgspec message such as "Expected `bool`, got `str` - at `$.sources.endpoint.enabled`".

    `name` is the table's entry that `[...]` stands for.
    """
    found = re.match(r"(?P<what>.*?)(?: - at (?:key in )?`\$?\.?(?P<path>.*)`)?$", message, re.DOTALL)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    shown = path.replace("[...]", f".{name}") if name else path
    unknown = re.match(r"Object contains unknown field `(.*)`", what)
    if unknown:
        place = f"`{shown}.{unknown[1]}`" if path else f"`{unknown[1]}`"
        return f"{place} is not a key; allowed are {listed(keys_at(kind, path))}."
    missing = re.match(r"Object missing required field `(.*)`", what)
    if missing:
        return f"`{shown or 'the file'}` lacks the key `{missing[1]}`."
    what = (
        re.sub(r"`([^`]*)`", lambda word: TYPE_WORDS.get(word[1].removesuffix(" | null"), word[1]), what)
        .replace("Expected ", "must be ")
        .replace(", got ", ", not ")
        .replace("Invalid enum value", "cannot be")
    )
    allowed = choices_at(kind, path)
    return f"`{shown}` {what}" + (f"; allowed are {listed(allowed)}." if allowed else ".")


def keys_at(kind: Any, path: str) -> list[str]:
    """The keys of the table at `path`, for messages."""
    node = node_at(kind, path)
    return [item.encode_name for item in node.fields] if isinstance(node, msgspec.inspect.StructType) else []


def choices_at(kind: Any, path: str) -> list[str]:
    """The values of an enumeration at `path`, for messages."""
    node = node_at(kind, path)
    return [str(value) for value in node.values] if isinstance(node, msgspec.inspect.LiteralType) else []


def node_at(kind: Any, path: str) -> Any:
    """Msgspec's description of the type at a dotted path; `[...]` steps into a table of tables or a list."""
    node: Any = msgspec.inspect.type_info(kind)
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        if isinstance(node, msgspec.inspect.DictType):
            node = node.value_type
        elif isinstance(node, msgspec.inspect.StructType):
            node = next((item.type for item in node.fields if item.encode_name == step), None)
        else:
            node = getattr(node, "item_type", None)
    return node


def listed(names: Any) -> str:
    """Names as a person lists them."""
    return ", ".join(str(name) for name in names)
