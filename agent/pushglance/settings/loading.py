"""From a path to Settings: the one way in."""

from pathlib import Path
from typing import Any

from pushglance.settings.model import Settings
from pushglance.settings.toml_file import read_toml, settings_path


def load_settings(path: Path | None) -> Settings:
    """Read and check the settings: the file at `path` (None: $PUSHGLANCE_CONFIG, else /etc/pushglance/pushglance.toml).

    The environment wins over credentials and secret files, these win over the file. Raises SettingsError, one line
    for each mistake.
    """
    keywords: dict[str, Any] = {"toml": read_toml(settings_path(path))}
    return Settings(**keywords)
