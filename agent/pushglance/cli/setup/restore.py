"""`pushglance restore`: put the settings and the store of a backup in place; nothing is overwritten without asking."""

import os
import shutil
import time
from pathlib import Path

import click

from pushglance.cli.options import config_option
from pushglance.errors import PushglanceError, SettingsError

_OWN_MODE = 0o600


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", "may_replace", is_flag=True, help="Replace settings and store that exist; they are renamed.")
@config_option
def restore_command(file: Path, config: Path | None, *, may_replace: bool) -> None:
    """Restore settings, store and keys from FILE, which `pushglance backup` wrote. The agent must be stopped.

    The pushes after the backup are unknown, so the budget counts as spent for the next 24 hours; messages are sent.
    """
    from pushglance.runtime.backup.archive import read_backup
    from pushglance.runtime.backup.store_copy import check_format, restore_store
    from pushglance.runtime.paths import state_dir
    from pushglance.runtime.storage.store import NAME
    from pushglance.settings import settings_path

    from .backup_settings import split_keys
    from .secret_files import write_secrets

    backup = read_backup(file)
    check_format(backup.store_format, backup.version)
    settings, store = settings_path(config), state_dir() / NAME
    existing = [str(path) for path in (settings, store) if _has_content(path)]
    if existing and not may_replace:
        raise PushglanceError(
            f"{' and '.join(existing)} would be replaced: to rename what exists and restore, type  "
            f"pushglance restore --replace {file}"
        )
    text, files = split_keys(backup.settings, settings, backup.keys)
    previous = [
        restore_store(state_dir(), backup.store),
        _write_settings(settings, text, has_keys=text != backup.settings),
    ]
    for path, key in files.items():
        write_secrets({path.name: key}, path.parent)
    made = time.strftime("%d %b %Y %H:%M", time.localtime(backup.made_wall_ms / 1000))
    click.echo(f"restored {settings} and {store} as of {made}, pushglance {backup.version}")
    for path in filter(None, previous):
        click.echo(f"what was there before is now {path}")
    click.echo("every budget counts as spent for the next 24 hours: pushes after the backup are unknown")
    click.echo("The agent that was backed up must not run any more: two of them would exceed the budget of a watch.")
    _print_next(settings)


def _has_content(path: Path) -> bool:
    """Return whether a file exists and is more than the comments that an installation writes."""
    if path.suffix != ".toml":
        return path.exists()
    lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
    return any(line.strip() and not line.startswith("#") for line in lines)


def _write_settings(path: Path, text: str, *, has_keys: bool) -> Path | None:
    """Write the settings file; return what an existing one is called now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new, before = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.before")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_MODE), "w", encoding="utf-8") as file:
        file.write(text)
    if not has_keys:
        new.chmod(0o644)  # the service's user reads it
    elif os.geteuid() == 0:
        try:
            shutil.chown(new, group="pushglance")
            new.chmod(0o640)
        except LookupError:
            pass  # no service is installed: only root reads it
    is_replaced = path.exists()
    if is_replaced:
        path.replace(before)
    new.replace(path)
    return before if is_replaced else None


def _print_next(settings: Path) -> None:
    """Print which keys are missing, and how to start the agent."""
    from pushglance.settings import load_settings

    from .backup_settings import credentials_folder

    folder = credentials_folder(settings)
    if folder:
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(folder))
    try:
        load_settings(settings)
    except SettingsError as error:
        click.echo(f"Before the start, write what is missing here:\n{error}")
    start = "sudo systemctl enable --now pushglance" if folder else f"pushglance run -c {settings}"
    click.echo(f"Next:  {start}")
