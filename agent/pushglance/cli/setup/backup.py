"""`pushglance backup`: write the settings and a consistent copy of the store into one file."""

import json
import time
from contextlib import ExitStack
from pathlib import Path

import click

from pushglance.cli.options import config_option, json_option


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keys", "with_keys", is_flag=True, help="With the keys and passwords, which are not encrypted in FILE.")
@click.option(
    "--move",
    "is_moved",
    is_flag=True,
    help="The agent will run elsewhere: it must be stopped, and does not start again.",
)
@config_option
@json_option
def backup_command(file: Path, config: Path | None, *, with_keys: bool, is_moved: bool, as_json: bool) -> None:
    """Write the settings and the store into FILE, also while the agent runs. It may be replaced, e.g. each night.

    `pushglance restore FILE` reads it. Keys are left out without --keys, and those in environment variables always.
    """
    from pushglance import __version__
    from pushglance.runtime.backup.archive import Backup, write_backup
    from pushglance.runtime.backup.store_copy import copy_store, move_store
    from pushglance.runtime.paths import state_dir
    from pushglance.runtime.storage.lock import lock_directory
    from pushglance.settings import settings_path

    from .backup_settings import read_keys, settings_without_keys

    settings = settings_path(config)
    text = settings_without_keys(settings)
    keys = read_keys(settings) if with_keys else {}
    with ExitStack() as stack:
        if is_moved:
            stack.callback(lock_directory(state_dir()).close)
        store, version = copy_store(state_dir())
        write_backup(file, Backup(__version__, time.time_ns() // 1_000_000, version, text, store, keys))
        if is_moved:
            move_store(state_dir(), file.absolute())
    if as_json:
        click.echo(
            json.dumps({"file": str(file), "settings": str(settings), "store": bool(store), "keys": sorted(keys)})
        )
        return
    parts = [str(settings), f"the store in {state_dir()}" if store else "no store, because there is none"]
    parts.append(f"keys: {', '.join(keys)}" if keys else "no keys" + ("" if with_keys else " (--keys adds them)"))
    click.echo(f"{file} has {'; '.join(parts)}")
    if is_moved:
        click.echo(
            f"this agent does not start any more. On the other computer type  sudo pushglance restore {file.name}"
        )
