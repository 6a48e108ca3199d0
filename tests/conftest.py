"""Settings of pytest and hypothesis for all tests; a part of them needs no other plugin."""

import importlib.util

from hypothesis import HealthCheck, settings

# On a loaded machine a single example may take long; that is not a failure. pytest-timeout limits each test.
settings.register_profile("no deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no deadline")


def pytest_addoption(parser):
    """Accept the setting `timeout` of pyproject.toml where the plugin that it is for is not installed."""
    if importlib.util.find_spec("pytest_timeout") is None:
        parser.addini("timeout", "seconds for each test; without pytest-timeout it has no effect")
