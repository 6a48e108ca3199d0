"""Settings as a user writes them: a TOML file, the environment and credentials, checked with a sentence per mistake.

Only commands come here; the daemon reads a Plan, so that pydantic stays out of it.
"""

from pushglance.settings.loading import load_settings
from pushglance.settings.model import Settings
from pushglance.settings.toml_file import CONFIG_VARIABLE, DEFAULT_PATH, settings_path

__all__ = ["CONFIG_VARIABLE", "DEFAULT_PATH", "Settings", "load_settings", "settings_path"]
