"""EFFECT `quotaline usage --all`: every account of `[accounts]`, one below the other, or as JSON."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from quotaline.refresh.all_accounts import account_snapshots
from quotaline.usage.as_json import all_to_json
from quotaline.usage.local import moment
from quotaline.usage.report import AllAccounts, account_overview
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from quotaline.config.schema import Config


def print_accounts(config: Config, *, as_json: bool, offline: bool, ascii_only: bool) -> bool:
    """Print all accounts; whether there is a number of any."""
    now = time.time()
    found = account_snapshots(config, os.environ, now, offline=offline)
    views = [account_overview(one.names, one.snapshot, now, local_zone()) for one in found]
    if as_json:
        click.echo(all_to_json(AllAccounts(generated_at=moment(now), accounts=views)))
    else:
        from quotaline.terminal.accounts import accounts_page
        from quotaline.terminal.page import print_page

        pages = [(view, one.snapshot) for view, one in zip(views, found, strict=True)]
        print_page(lambda width: accounts_page(pages, now, width), config, os.environ, ascii_only=ascii_only)
    return not all(view.empty for view in views)
