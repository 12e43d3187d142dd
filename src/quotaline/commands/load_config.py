"""EFFECT The configuration for a foreground command, and what is said once on its stderr, never in a prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from quotaline.config.load import load_checked
from quotaline.files import private_dir

if TYPE_CHECKING:
    from quotaline.config.schema import Config
    from quotaline.locations import Locations

ALPHA = (
    "extra usage, model windows and whatever else comes from undocumented sources is an alpha feature: "
    "it relies on undocumented interfaces that may break without notice."
)


def load_config(where: Locations) -> Config:
    """The configuration for a foreground command, which tells what is wrong with it: raises ConfigError.

    Where it opens undocumented sources for the first time, what that means is said on stderr.
    """
    config = load_checked(where.config_file)
    if config.enable_alpha_features and where.data_dir is not None:
        try:
            private_dir(where.data_dir)
            os.close(os.open(where.data_dir / "alpha-notice", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            click.echo(f"quotaline: {ALPHA}", err=True)
        except FileExistsError:
            pass
        except OSError:
            click.echo(f"quotaline: {ALPHA}", err=True)
    return config
