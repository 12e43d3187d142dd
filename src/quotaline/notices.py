"""EFFECT What is said once, on stderr of a foreground command, and never in a prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from quotaline import config as configuration
from quotaline import segments
from quotaline.files import private_dir

if TYPE_CHECKING:
    from quotaline.config import Config
    from quotaline.places import Places

ALPHA = (
    "extra usage, model windows and whatever else comes from undocumented sources is an alpha feature: "
    "it relies on undocumented interfaces that may break without notice."
)


def foreground(where: Places) -> Config:
    """The configuration for a foreground command, which tells what is wrong with it: raises ConfigError.

    Where it opens undocumented sources for the first time, what that means is said on stderr.
    """
    config = configuration.load(where.config_file)
    segments.catalogue(config, segments.own_folder(str(where.config_file or "")))
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
