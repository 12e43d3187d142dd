"""EFFECT `quotaline record`: stands behind `claude -p` in a pipe, passes everything on and keeps what it cost."""

import click

LARGEST = 64 * 1024 * 1024  # kept to look for the result; what is longer is passed on all the same


@click.command()
def record() -> int:
    """Read the output of `claude -p --output-format json` (or stream-json) on stdin and pass it on unchanged.

    The session's cost goes into the ledger. Exit code 0 when the result is there and says no error, 1 otherwise; an
    answer that a hook blocked or stopped is none, though the client calls it a success.

    \b
    claude -p "…" --output-format json | quotaline record | jq -r .result
    """  # noqa: D301 - \b tells click to leave the lines below it as they are
    import os

    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger
    from quotaline.ledger.runs import find_result, store_result
    from quotaline.locations import resolve_locations

    result = find_result(_pass_on())
    ledger_file = resolve_locations(os.environ).ledger
    if result is not None and ledger_file is not None:
        try:
            with open_ledger(ledger_file) as ledger:
                store_result(ledger, result)
        except LedgerError as error:
            click.echo(f"quotaline: {error}", err=True)
    elif result is None:
        click.echo("quotaline: stdin held no result of claude -p; add --output-format json (or stream-json).", err=True)
    if result is not None and not result.healthy and not result.is_error:
        click.echo("quotaline: a hook stopped the run before it was done; the client calls it a success.", err=True)
    return 0 if result is not None and result.healthy else 1


def _pass_on() -> bytes:
    """Copy stdin to stdout as it comes, also to a reader that leaves early, and return the end of it."""
    import os

    kept = bytearray()
    listening = True
    while chunk := os.read(0, 1 << 16):
        kept += chunk
        if len(kept) > 2 * LARGEST:
            del kept[:-LARGEST]
        try:
            while listening and chunk:
                chunk = chunk[os.write(1, chunk) :]
        except BrokenPipeError:
            listening = False
    return bytes(kept)
