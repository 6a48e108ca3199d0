"""What the inputs' tests share: a queue to look into, a clock to set, and mock pins that follow it."""

import threading
import time

import pytest
from gpiozero.pins import mock

WAIT_S = 20  # no test waits for so long unless it is about to fail


class Mail:
    """A queue that forgets nothing: `facts` in order, `latest` by key."""

    def __init__(self):
        self.events = []
        self.latest = {}
        self._changed = threading.Condition()

    def put(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def put_latest(self, key, event):
        with self._changed:
            self.latest[key] = event
            self.events.append(event)
            self._changed.notify_all()

    def wait_for(self, *wanted):
        """Wait until all these rows are there: [class name, every value but the instant]."""
        with self._changed:
            came = self._changed.wait_for(lambda: all(list(row) in self.rows() for row in wanted), WAIT_S)
        assert came, f"{wanted} did not all come, but {self.rows()}"

    def wait_until(self, is_so):
        with self._changed:
            assert self._changed.wait_for(is_so, WAIT_S), self.rows()

    def rows(self):
        """Return the facts without their instants."""
        return [event.as_list()[:1] + event.as_list()[2:] for event in self.events]

    def forget(self, sensor):
        """Drop what is known of one sensor."""
        with self._changed:
            self.events[:] = [event for event in self.events if event.as_list()[2] != sensor]

    def clear(self):
        with self._changed:
            self.events.clear()
            self.latest.clear()


class FakeClock:
    """Monotonic time that passes when told: `us` microseconds."""

    def __init__(self):
        self.us = 5_000_000_000

    def now_ms(self):
        return self.us // 1000

    def monotonic(self):
        return self.us / 1_000_000

    def pass_us(self, us):
        self.us += us


@pytest.fixture
def mail():
    return Mail()


@pytest.fixture
def clock(monkeypatch):
    """The inputs' clock; mock pins stamp their edges by it too."""
    clock = FakeClock()
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
    """Make plans of sensors: name the kind and the keys that matter, the rest is filled in."""

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
