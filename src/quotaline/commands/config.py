"""EFFECT `quotaline config`: the effective configuration, one key changed, the file in an editor, its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quotaline.commands.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

TEMPLATE = """\
# quotaline's configuration; every key is optional, and `quotaline config show` lists them all.

"""


@click.group(invoke_without_command=True)
@click.pass_context
def config(ctx: click.Context) -> None:
    """Show or change the configuration; alone it is `config show`."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@config.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON: key, value, origin.")
def show(*, as_json: bool = False) -> int:
    """Print every effective value as TOML, with where it comes from."""
    import os

    import msgspec

    from quotaline.commands.load_config import load_config
    from quotaline.config.edit import settings
    from quotaline.locations import resolve_locations

    where = resolve_locations(os.environ)
    found = settings(load_config(where), where.config_file)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return 0
    path = where.tilde(where.config_file) if where.config_file else "no file: there is no home folder"
    there = "" if where.config_file and where.config_file.exists() else " (not there yet)"
    by = ", from QUOTALINE_CONFIG" if os.environ.get("QUOTALINE_CONFIG") else ""
    click.echo(f"# {path}{there}{by}")
    texts = [(f"{one.key} = {toml(one.value)}", one.origin) for one in found if one.value is not None]
    room = min(60, max(len(text) for text, _ in texts))
    for text, origin in texts:
        click.echo(f"{text:<{room}}  # {origin}")
    return 0


def _keys(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Keys that TAB offers."""
    from quotaline.config.edit import settings
    from quotaline.config.schema import Config

    return [one.key for one in settings(Config(), None) if one.key.startswith(incomplete)]


def _values(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Values that TAB offers: the names that a key may hold."""
    import os

    from quotaline.config.palettes import PALETTES
    from quotaline.config.presets import own_folder, read_presets
    from quotaline.locations import resolve_locations

    found: Collection[str] = PALETTES if ctx.params.get("key") == "style.palette" else ()
    if ctx.params.get("key") == "preset":
        found = read_presets(own_folder(resolve_locations(os.environ).config_file))
    return [name for name in found if name.startswith(incomplete)]


def _tools(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Tools that TAB offers."""
    from quotaline.other_tools.read import TOOLS

    return [tool for tool in TOOLS if tool.startswith(incomplete)]


@config.command()
@click.argument("key", shell_complete=_keys)
def get(key: str) -> int:
    """Print the effective value of KEY, a table as its values. Exit code 2 for a key that is none."""
    import os

    from quotaline.commands.load_config import load_config
    from quotaline.config.edit import settings
    from quotaline.errors import ConfigError
    from quotaline.locations import resolve_locations

    where = resolve_locations(os.environ)
    found = {one.key: one.value for one in settings(load_config(where), where.config_file)}
    inside = {name: value for name, value in found.items() if name.startswith(key + ".") and value is not None}
    if key not in found and not inside:
        raise ConfigError(f"{key!r} is not a key{did_you_mean(key, found)}; `quotaline config show` lists them all.")
    if key in found and found[key] is not None:
        click.echo(found[key] if isinstance(found[key], str) else toml(found[key]))
    for name, value in inside.items():
        click.echo(f"{name} = {toml(value)}")
    return 0


@config.command()
@click.argument("key", shell_complete=_keys)
def unset(key: str) -> int:
    """Take KEY out of config.toml, so that its default holds again."""
    from quotaline.config import edit

    path = _file()
    if edit.unset(path, key):
        click.echo(f"{key} is no longer set in {path.name}.")
        _follow()
    else:
        click.echo(f"{key} is not set in {path.name}; nothing to change.")
    return 0


@config.command(name="set")
@click.argument("key", shell_complete=_keys)
@click.argument("value", shell_complete=_values)
def put(key: str, value: str) -> int:
    """Set KEY to VALUE in config.toml and keep its comments.

    VALUE is TOML where it reads as TOML (true, 70, ["a", "b"]), else text:

    \b
        quotaline config set enable_alpha_features true
        quotaline config set style.palette light
        quotaline config set line.prompt.rows '[["extra", "five_hour"]]'
    """  # noqa: D301 - \b tells click to leave the lines below it as they are
    from quotaline.config import edit

    found = edit.put(_file(), key, value)
    click.echo(f"{key} = {toml(found)}")
    _follow()
    return 0


@config.command(name="import")
@click.argument("tool", shell_complete=_tools)
@click.argument("file", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be taken and write nothing.")
def take_over(tool: str, file: str | None, *, dry_run: bool) -> int:
    """Take over the configuration of another status line as a preset, and choose it.

    TOOL is ccstatusline, claude-powerline or ccline. It is read where TOOL has it, or from FILE (`-`: standard input); rows,
    order, colours and separators come along where they have an equal, and what has none is named. `quotaline config set
    preset default` undoes it.
    """
    from quotaline.commands.config_import import import_from

    return import_from(tool, file, dry_run=dry_run)


@config.command()
def edit() -> int:
    """Open config.toml in VISUAL or EDITOR, and say what is wrong with it afterwards."""
    import os

    from quotaline.commands.load_config import load_config
    from quotaline.config.edit import editing
    from quotaline.core.child_env import ADMIN_KEY
    from quotaline.files import write_atomic
    from quotaline.locations import resolve_locations

    path = _file()
    with editing(path) as target:
        if not target.exists():
            write_atomic(target, TEMPLATE.encode())
    os.environ.pop(ADMIN_KEY, None)  # an editor has no use for it
    click.edit(filename=str(path))
    load_config(resolve_locations(os.environ))
    return 0


@config.command()
def schema() -> int:
    """Print the JSON Schema of config.toml, for editors that complete and check it."""
    from importlib.resources import files

    click.echo((files("quotaline") / "_data" / "config.schema.json").read_text(encoding="utf-8"), nl=False)
    return 0


@config.command(name="path")
def show_path() -> int:
    """Print the path of config.toml, whether it is there or not."""
    click.echo(_file())
    return 0


def _follow() -> None:
    """Check the changed file, and let the lines follow it without waiting for their next refresh."""
    import os
    import time

    from quotaline.commands.load_config import load_config
    from quotaline.core.spawn_refresh import CONFIG_STAMP, spawn_refresh
    from quotaline.locations import resolve_locations

    where = resolve_locations(os.environ)
    load_config(where)
    spawn_refresh(str(where.cache_dir or ""), os.environ, time.time(), CONFIG_STAMP)


def _file() -> Path:
    """The configuration file. Raises ConfigError where there is no place for one."""
    import os

    from quotaline.errors import ConfigError
    from quotaline.locations import resolve_locations

    path = resolve_locations(os.environ).config_file
    if path is None:
        raise ConfigError("There is no home folder for config.toml; set QUOTALINE_CONFIG to a file.")
    return path


def toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    import tomlkit

    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return str(tomlkit.item(value).as_string())
