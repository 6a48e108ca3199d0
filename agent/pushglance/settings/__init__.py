"""Settings as a user writes them: a TOML file, the environment and credentials, checked with a sentence per mistake.

Only commands come here; the daemon reads a Plan, so that pydantic stays out of it.
"""

from .loading.load import load_settings
from .loading.toml_file import CONFIG_VARIABLE, DEFAULT_PATH, settings_path
from .model import Settings

__all__ = ["CONFIG_VARIABLE", "DEFAULT_PATH", "Settings", "load_settings", "settings_path"]
