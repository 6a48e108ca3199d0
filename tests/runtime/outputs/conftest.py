"""A sandbox for each test, and a Pushover client that talks to it."""

import pytest

from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, Sandbox


def settings(url, read_ms=2000, ca_file=""):
    """Return the part of a Plan that says where Pushover is."""
    return {"url": url, "connect_ms": 2000, "read_ms": read_ms, "ca_file": ca_file}


@pytest.fixture
def sandbox():
    """Run a sandbox on a free port."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def pushover(sandbox):
    """Return a client of the sandbox."""
    pushover = Pushover(settings(sandbox.url), TOKEN)
    yield pushover
    pushover.close()
