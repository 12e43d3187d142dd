"""EFFECT What `quotaline guard` prints: its line, its JSON, and the countdown while it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from quotaline.guard.verdict import Verdict


def report(found: Verdict, *, quiet: bool) -> None:
    """One line: why there is no room, on stderr; that there is, on a terminal only."""
    import sys

    if found.outcome != "room":
        click.echo(f"quotaline: {found.message}", err=True)
    elif not quiet and sys.stdout.isatty():
        click.echo(found.message)


def to_json(found: Verdict, code: int, now: float, account: str | None) -> str:
    """The verdict for programs: times as RFC 3339 in UTC, money as decimal text with its currency; of which `account`."""
    import json

    from quotaline.core.periods import rfc3339
    from quotaline.model import Money

    def moment(at: float | None) -> str | None:
        return None if at is None else rfc3339(at)

    def amount(value: float | Money | None) -> Any:
        return {"amount": str(value.decimal()), "currency": value.currency} if isinstance(value, Money) else value

    checks = [
        {
            "id": check.id,
            "name": check.name,
            "state": check.state,
            "used": amount(check.used),
            "limit": amount(check.limit),
            "until": moment(check.until),
            "as_of": moment(check.as_of),
            "why": check.why or None,
        }
        for check in found.checks
    ]
    tree = {"verdict": found.outcome, "exit_code": code, "says": found.message, "until": moment(found.until), "checks": checks}
    whose = {} if account is None else {"account": account}
    return json.dumps({"schema_version": 1, "generated_at": moment(now), **whose, **tree}, indent=2, ensure_ascii=False)


class Progress:
    """The countdown on stderr, on a terminal only: one line that is drawn over itself."""

    def __init__(self) -> None:
        import sys

        self.on = sys.stderr.isatty()
        self._drawn = ""

    def tell(self, found: Verdict, now: float) -> None:
        """Show what is waited for."""
        from quotaline.core.formats import format_left

        if not self.on:
            return
        rest = "" if found.until is None else f" · {format_left(max(0.0, found.until - now))} left"
        text = f"waiting{rest} · {found.message}"
        if text != self._drawn:
            import shutil

            self._drawn = text
            click.echo(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away again."""
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)
