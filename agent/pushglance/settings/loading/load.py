"""Load settings: read the file, merge the layers, validate the result."""

from pathlib import Path

from pushglance.settings.model import Settings
from pushglance.settings.validation.validate import validate

from .layers import read_layers
from .placeholders import with_placeholder_keys
from .toml_file import read_toml, settings_path


def load_settings(path: Path | None, board: str | None = None, *, are_keys_needed: bool = True) -> Settings:
    """Read and check the settings in the file at `path` (None: $PUSHGLANCE_CONFIG, else the default path).

    `board` is the kind of board to check the pins for; None uses the file's. The environment overrides credentials and
    secret files, and these override the file. With `are_keys_needed=False` placeholders replace the keys, for commands
    that send nothing. Raises SettingsError, with one line for each issue.
    """
    toml = read_toml(settings_path(path))
    overrides = {"board": {"kind": board}} if board else {}
    return validate(read_layers(toml if are_keys_needed else with_placeholder_keys(toml), overrides))
