"""EFFECT `quotaline doctor`: checks with the runtime's own predicates, one line and one remedy each."""

import click


@click.command()
@click.option("--online", is_flag=True, help="Ask the endpoint once, if it is open and the budget allows it.")
@click.option("--verify", is_flag=True, help="Compare what the open sources say of the same windows; runs `claude -p /usage`.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(*, online: bool, verify: bool, as_json: bool) -> int:
    """Check configuration, folders, snapshot, sources, hosts, terminal and ledger.

    The output holds no token, e-mail address or prompt, and is made to be pasted into a report. Exit code 1 when a check
    fails. Without --online nothing is sent and no login is read. --verify runs your own `claude` once, if that source is open
    and the budget allows it.
    """
    import os
    import platform
    import time

    from quotaline import __version__
    from quotaline.doctor.check import worst
    from quotaline.doctor.run import doctor_context, run_checks
    from quotaline.terminal import checks, page

    context = doctor_context(os.environ, time.time(), online=online, verify=verify)
    found = run_checks(context)
    if as_json:
        import msgspec

        whole = {
            "quotaline": __version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()}",
            "checks": found,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2))
    else:
        head = f"quotaline {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
        screen = page.console(context.config, os.environ)
        lines = checks.lines(found, head)
        page.print_lines(screen, lines, context.config, ascii_only=page.needs_ascii(context.config))
    return 1 if worst(found) == "FAIL" else 0
