"""Fixtures for settings: a file to write, an environment without variables of pushglance, and the errors as lines.

A conftest that imports `bare_environment` clears the environment for each of its tests.
"""

import os

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings

TOKEN = "aT0kenMadeUpForTestsOfPushglan"
USER = "uS3rKeyMadeUpForTestsOfPushgla"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """Remove every variable that pushglance reads."""
    for name in list(os.environ):
        if name.startswith("PUSHGLANCE_") or name == "CREDENTIALS_DIRECTORY" or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def keys(bare_environment, monkeypatch):
    """Set token and user in the environment, as most people do."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a settings file and returns its path."""

    def write(text):
        path = tmp_path / "pushglance.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def load(write, keys):
    """Return a function from the text of a file to Settings; the keys are set."""
    return lambda text: load_settings(write(text))


@pytest.fixture
def issues(write, keys):
    """Return a function from the text of a wrong file to the lines of its error; the keys are set."""

    def issues(text):
        with pytest.raises(SettingsError) as caught:
            load_settings(write(text))
        return str(caught.value).splitlines()

    return issues
