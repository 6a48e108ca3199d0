"""A settings file to write, an environment without a trace of pushglance, and the mistakes as lines."""

import os

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings

TOKEN = "aT0kenMadeUpForTestsOfPushglan"
USER = "uS3rKeyMadeUpForTestsOfPushgla"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PUSHGLANCE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def keys(monkeypatch):
    """Give token and user by the environment, as most people will."""
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
    """Return a function from the text of a file to Settings; the keys are given."""
    return lambda text: load_settings(write(text))


@pytest.fixture
def mistakes(write, keys):
    """Return a function from the text of a file to the lines of what is wrong with it; the keys are given."""

    def mistakes(text):
        with pytest.raises(SettingsError) as caught:
            load_settings(write(text))
        return str(caught.value).splitlines()

    return mistakes
