"""Make a part of the tests run with nothing but pytest and hypothesis installed."""

import importlib.util


def pytest_addoption(parser):
    """Accept the setting `timeout` of pyproject.toml where the plugin that it is for is not installed."""
    if importlib.util.find_spec("pytest_timeout") is None:
        parser.addini("timeout", "seconds for each test; without pytest-timeout it has no effect")
