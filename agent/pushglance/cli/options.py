"""Options that several commands share."""

from pathlib import Path

import click

config_option = click.option(
    "--config",
    "-c",
    envvar="PUSHGLANCE_CONFIG",
    type=click.Path(path_type=Path),
    help="The settings file.  [default: /etc/pushglance/pushglance.toml]",
)

watch_option = click.option("--watch", "name", help="Which watch; without it, each one of the settings.")
