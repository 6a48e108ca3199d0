"""Fixtures for inputs: an event queue, a clock, and mock pins that follow the clock."""

import time

import pytest
from gpiozero.pins import mock

from support.event_recorder import EventRecorder, ManualClock


@pytest.fixture
def queue():
    return EventRecorder()


@pytest.fixture
def clock(monkeypatch):
    """The inputs' clock; mock pins stamp their edges by it, too."""
    clock = ManualClock()
    monkeypatch.setattr(mock, "monotonic", clock.monotonic)
    return clock


@pytest.fixture
def factory(clock):
    factory = mock.MockFactory()
    yield factory
    factory.close()


@pytest.fixture
def now_ms():
    return lambda: time.monotonic_ns() // 1_000_000


@pytest.fixture
def sensor():
    """Return a function from a kind and the keys that matter to the Plan of a sensor with all keys."""

    def make(kind, **keys):
        plan = {"name": "door", "kind": kind, "urgent": 0, "retained": "baseline", **_DEFAULTS[kind]}
        if "topic" in keys:
            plan |= {"source": "mqtt", "qos": 1, "pointer": ""}
        else:
            plan |= {"source": "gpio", "gpio": 17, "pull": "up"}
        return plan | keys

    return make


_DEFAULTS = {
    "contact": {
        "settle_open_ms": 200,
        "settle_closed_ms": 200,
        "open": "Open",
        "closed": "Closed",
        "open_level": 1,
        "open_payloads": ["open", "on", "true", "1"],
        "closed_payloads": ["closed", "off", "false", "0"],
    },
    "counter": {"resets": "never", "width_us": 5000, "active_level": 0, "counts": "messages"},
    "gauge": {"decimals": 1, "deadband": 0, "low": 0, "high": 1000, "stale_ms": 0},
    "text": {"length": 40, "stale_ms": 0},
}
