"""A settings file to write, and an environment without variables of pushglance."""

from support.settings_files import bare_environment, issues, keys, load, write

__all__ = ["bare_environment", "issues", "keys", "load", "write"]
