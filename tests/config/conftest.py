"""The shipped files, and keys for them in an otherwise empty environment."""

from pathlib import Path

import pytest

from support.settings_files import bare_environment, keys

__all__ = ["bare_environment", "keys"]

_CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def config():
    """Return the folder of the shipped files."""
    return _CONFIG


@pytest.fixture(autouse=True)
def _only_keys(keys):
    pass
