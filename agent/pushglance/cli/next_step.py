"""`pushglance` without a command: what to do next, by what is there already."""

import os
from pathlib import Path

import click

from pushglance.errors import PushglanceError, SettingsError
from pushglance.installation import has_service, how_to_start, program

_TITLE = "pushglance keeps an Apple Watch complication true within the 50 updates that a watch accepts in a day."
_MORE = "All commands:  {program} --help"
_DRAFT = Path("pushglance.toml")  # what `init` writes for a user who is not root


def next_step() -> str:
    """Return the state of this installation, and the command that comes next."""
    state, command, purpose = _step()
    lines = [_TITLE, "", f"{state}.", f"Next:  {click.style(command, bold=True)}   {purpose}", ""]
    return "\n".join([*lines, _MORE.format(program=program())])


def _step() -> tuple[str, str, str]:
    """Return the state, the next command, and what that does."""
    from pushglance.runtime.control.control_client import is_running
    from pushglance.runtime.paths import runtime_dir

    sudo = "sudo " if has_service() and os.geteuid() != 0 else ""
    try:
        if is_running(runtime_dir()):
            return "The agent is running", f"{program()} status", "shows what the watch shows, what waits and why"
    except PushglanceError:
        return "An agent is running, and this user may not see it", f"sudo {program()} status", "shows its state"
    file = _settings_file()
    if file is None:
        return "There are no settings yet", f"{sudo}{program()} init", "asks a few questions and writes them"
    option = "" if file != _DRAFT else f" --config {file}"
    if sudo and not os.access(file, os.R_OK):
        return f"This user may not read {file}", f"sudo {program()} check", "shows what they mean"
    if error := _settings_error(file):
        return f"{file} has errors: {error}", f"{sudo}{program()} check{option}", "shows all of them"
    start = how_to_start() if has_service() and not option else f"{program()} run{option}"
    return f"{file} has no errors, and no agent is running", start, "starts it"


def _settings_file() -> Path | None:
    """Return the settings file that exists, None if there is none."""
    from pushglance.settings import settings_path

    return next((file for file in (settings_path(None), _DRAFT) if file.exists()), None)


def _settings_error(file: Path) -> str:
    """Return the first error in the settings, "" if there is none. A service has keys that this user may not read."""
    from pushglance.settings import load_settings

    try:
        load_settings(file, are_keys_needed=not has_service())
    except SettingsError as error:
        return str(error).splitlines()[0]
    return ""
