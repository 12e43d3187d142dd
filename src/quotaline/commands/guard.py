"""EFFECT `quotaline guard`: is there room? Waits for the reset and runs a command when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from quotaline.core.windows import PLAN_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quotaline.config.schema import Config
    from quotaline.guard.accounts import AccountsWatch
    from quotaline.guard.verdict import Verdict
    from quotaline.guard.watch import Watch
    from quotaline.locations import Locations

NO_ROOM = 1
F = TypeVar("F", bound="Callable[..., Any]")


def window_options(command: F) -> F:
    """An option for each window that every plan has: `--five-hour PCT`."""
    for kind in reversed(PLAN_KINDS):
        command = click.option(kind.option, metavar="PCT", help=f"Limit of {kind.about}.")(command)
    return command


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@window_options
@click.option("--window", "windows", metavar="ID=PCT", multiple=True, help="Limit of any window, such as seven_day_fable=95.")
@click.option("--max-extra", metavar="AMOUNT", help="Money beyond the plan this month, in the account's currency.")
@click.option(
    "--max-extra-delta", metavar="AMOUNT", help="End COMMAND when it moves the extra usage by more, or passes a limit."
)
@click.option("--no-extra", is_flag=True, help="No room as soon as a request would cost money beyond the plan.")
@click.option("--budget", is_flag=True, help="No room once a budget of your own ([budget]) is spent.")
@click.option("--account", metavar="NAME", help="Judge that account of [accounts]; any: the first with room; all: every one.")
@click.option("--max-age", metavar="TIME", help="Values older than this are unknown: 90s, 15m, 2h.")
@click.option("--unknown", type=click.Choice(["tell", "ok", "fail"]), help="Exit code of unknown: 3, 0 or 1.")
@click.option("--offline", is_flag=True, help="Judge the snapshot as it is; read no source.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--wait", "waits", is_flag=True, help="Wait until there is room.")
@click.option("--timeout", metavar="TIME", help="Wait no longer than this.")
@click.option("--hook", is_flag=True, help="Answer Claude Code's PreToolUse and UserPromptSubmit hooks (JSON on stdin).")
@click.option("--deny", is_flag=True, help="With --hook: deny a tool call instead of asking.")
@click.option("--tell", is_flag=True, help="With --hook: tell the model what is left, when that has changed.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def guard(
    *,
    command: tuple[str, ...],
    account: str | None,
    waits: bool,
    timeout: str | None,
    as_json: bool,
    offline: bool,
    **given: Any,
) -> int:
    """Say whether there is room under the limits: exit 0 room, 1 no room, 3 unknown; or wait for it, then run COMMAND.

    Limits come from [guard] in config.toml; options replace them one by one. Without any, every window counts up to 100 %.
    COMMAND takes the place of this process, so its exit code and its signals are its own.

    With --max-extra-delta COMMAND has a fuse: the limits are watched while it runs. Where one is passed, its process group gets
    SIGINT, 10 s later SIGTERM, 10 s later SIGKILL, and the exit code is 4.

    With --account COMMAND works with the account that has room: CLAUDE_CONFIG_DIR is that one's, QUOTALINE_ACCOUNT its name,
    QUOTALINE_CONFIG_DIR its folder.
    """
    import os
    import time

    from quotaline.commands.guard_output import Progress, report, to_json
    from quotaline.commands.load_config import load_config
    from quotaline.config.schema import Config
    from quotaline.errors import ConfigError
    from quotaline.guard.watch import Watch, wait_for_room
    from quotaline.locations import resolve_locations

    where = resolve_locations(os.environ)
    own = any(
        given[name]
        for name in ("windows", "max_extra", "max_extra_delta", "no_extra", "budget", *(kind.id for kind in PLAN_KINDS))
    )
    config, problem = Config(), ""
    try:
        config = load_config(where)
    except ConfigError as error:
        problem = str(error)
    limits, unknown = limits_from(config, given)
    if limits["extra_delta"] and not command:
        raise click.UsageError("--max-extra-delta watches a command while it runs; write it behind --.")
    patience = duration("--timeout", timeout)
    if problem and own:
        click.echo(f"quotaline: {problem} The limits of this command count alone.", err=True)

    def watch_of(place: Locations, env: Mapping[str, str]) -> Watch:
        alpha = config.enable_alpha_features
        return Watch(place, env, limits, offline=offline, alpha=alpha, own_limits=own, problem=problem)

    watch: Watch | AccountsWatch = watch_of(where, os.environ)
    if account is not None:
        from quotaline.guard.accounts import watch_accounts

        if account == "all" and limits["extra_delta"]:
            raise click.UsageError("--max-extra-delta watches one account; write its name, or any.")
        watch = watch_accounts(account, config.accounts, os.environ, watch_of)
    if waits:
        progress = Progress()
        try:
            found = wait_for_room(
                watch.look, watch.changed, clock=time.time, sleep=time.sleep, timeout=patience, tell=progress.tell,
                step=1.0 if progress.on else 5.0,
            )  # fmt: skip
        finally:
            progress.clear()
    else:
        found = watch.look(time.time())
    code = {"tell": found.exit_code, "ok": 0, "fail": NO_ROOM}[unknown] if found.outcome == "unknown" else found.exit_code
    if as_json and not (command and code == 0):
        click.echo(to_json(found, code, time.time(), watch.account))
    else:
        report(found, quiet=bool(command) and code == 0)
    if not command or code:
        return code
    return _run(list(command), watch, found, fused=bool(limits["extra_delta"]))


def _run(command: list[str], watch: Watch | AccountsWatch, found: Verdict, *, fused: bool) -> int:
    """Hand over to the command, or run it with a fuse; its exit code."""
    from quotaline.guard.accounts import AccountsWatch, use_account
    from quotaline.guard.fused import run_fused
    from quotaline.guard.watch import exec_command

    if isinstance(watch, AccountsWatch):
        use_account(watch.chosen)
        watch = watch.watch
    return (
        run_fused(command, watch, found, lambda text: click.echo(f"quotaline: {text}", err=True))
        if fused
        else exec_command(command)
    )


def limits_from(config: Config, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The limits and what unknown means: the options over `[guard]`. Raises click.UsageError."""
    from quotaline.config.guard_limits import guard_limits
    from quotaline.core.limits import parse_percent
    from quotaline.core.money import parse_amount

    limits = guard_limits(config.guard, config.refresh.stale_after) | {"clock": config.style.clock}
    named = [(kind.id, given[kind.id], kind.option) for kind in PLAN_KINDS]
    for text in given["windows"]:
        key, _, value = text.rpartition("=")
        if not key:
            raise click.UsageError(f"--window is {text!r}; write the window's id, = and a percentage: seven_day_fable=95.")
        named.append((key.strip(), value, f"--window {key.strip()}"))
    for key, text, option in named:
        if text is not None:
            limits["windows"][key] = parse_percent(text)
            if limits["windows"][key] is None:
                raise click.UsageError(f"{option} is {text!r}; allowed is a percentage such as 80.")
    if given["max_extra"] is not None:
        limits["extra"] = parse_amount(given["max_extra"])
        if limits["extra"] is None:
            raise click.UsageError(f"--max-extra is {given['max_extra']!r}; allowed is an amount such as 5.00.")
    limits["extra_delta"] = None if given["max_extra_delta"] is None else parse_amount(given["max_extra_delta"])
    if given["max_extra_delta"] is not None and limits["extra_delta"] is None:
        raise click.UsageError(f"--max-extra-delta is {given['max_extra_delta']!r}; allowed is an amount such as 2.00.")
    limits["no_extra"] = limits["no_extra"] or given["no_extra"]
    limits["budget"] = limits["budget"] or given["budget"]
    limits["max_age"] = duration("--max-age", given["max_age"]) or limits["max_age"]
    return limits, given["unknown"] or config.guard.unknown


def duration(option: str, text: str | None) -> float | None:
    """Seconds; None where the option is absent. Raises click.UsageError."""
    from quotaline.core.limits import parse_duration

    if text is None:
        return None
    seconds = parse_duration(text)
    if not seconds and parse_duration(f"{text}s"):
        raise click.UsageError(f"{option} is {text!r}, which has no unit; write {text}s, {text}m, {text}h or {text}d.")
    if not seconds:
        raise click.UsageError(f"{option} is {text!r}; allowed is a time such as 90s, 15m, 2h or 1d, at most 30d.")
    return seconds
