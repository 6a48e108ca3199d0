"""Fixtures of the sandbox's tests: a sandbox with a settable clock, and a check for threads that are left running."""

import threading

import pytest

from pushglance.sandbox import Sandbox


class Clock:
    """A clock in milliseconds that a test sets."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock():
    """Return a clock that stands still until a test sets it."""
    return Clock()


@pytest.fixture
def sandbox(clock):
    """Return a sandbox with that clock."""
    with Sandbox(now_ms=clock) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Fail a test that leaves a thread of the sandbox running."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("sandbox")] == []
