"""From a path to Settings: the one way in."""

from pathlib import Path
from typing import Any

from pushglance.settings.model import Settings

from .placeholders import with_stand_ins
from .toml_file import read_toml, settings_path


def load_settings(path: Path | None, board: str | None = None, *, are_keys_needed: bool = True) -> Settings:
    """Read and check the settings: the file at `path` (None: $PUSHGLANCE_CONFIG, else /etc/pushglance/pushglance.toml).

    `board` is the kind that the pins are checked for; None leaves it to the file. The environment wins over credentials
    and secret files, these win over the file. Where nothing will be sent, keys are not needed: stand-ins take their
    places. Raises SettingsError, one line for each mistake.
    """
    tree = read_toml(settings_path(path))
    typed = {"board": {"kind": board}} if board else {}
    keywords: dict[str, Any] = {"toml": tree if are_keys_needed else with_stand_ins(tree), "typed": typed}
    return Settings(**keywords)
