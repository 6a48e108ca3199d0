"""The shipped files, and keys for them in an otherwise empty environment."""

import os
from pathlib import Path

import pytest

_CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def config():
    """Return the folder of the shipped files."""
    return _CONFIG


@pytest.fixture(autouse=True)
def _only_keys(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PUSHGLANCE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "t" * 30)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", "u" * 30)
