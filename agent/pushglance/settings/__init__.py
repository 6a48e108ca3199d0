"""Settings as a user writes them: a TOML file, the environment and credentials, with one sentence per error.

Only the commands import this package. The daemon reads a Plan instead and so does not load pydantic.
"""

from .loading.load import load_settings
from .loading.toml_file import CONFIG_VARIABLE, DEFAULT_PATH, settings_path
from .model import Settings

__all__ = ["CONFIG_VARIABLE", "DEFAULT_PATH", "Settings", "load_settings", "settings_path"]
