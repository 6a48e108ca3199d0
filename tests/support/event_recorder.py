"""An event queue that tests can look into, and a clock that they set."""

import threading

WAIT_S = 20  # no test waits so long unless it is about to fail


class EventRecorder:
    """An event queue that keeps everything: `events` in order, `latest` by key."""

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

    def wait_for(self, *expected):
        """Wait until all these rows are there: [class name, every value but the instant]."""
        with self._changed:
            is_complete = self._changed.wait_for(lambda: all(list(row) in self.rows() for row in expected), WAIT_S)
        assert is_complete, f"expected {expected}, got {self.rows()}"

    def wait_until(self, predicate):
        with self._changed:
            assert self._changed.wait_for(predicate, WAIT_S), self.rows()

    def rows(self):
        """Return the events without their instants."""
        return [event.as_list()[:1] + event.as_list()[2:] for event in self.events]

    def forget(self, sensor):
        """Remove the events of one sensor."""
        with self._changed:
            self.events[:] = [event for event in self.events if event.as_list()[2] != sensor]

    def clear(self):
        with self._changed:
            self.events.clear()
            self.latest.clear()


class ManualClock:
    """Monotonic time that passes only by `pass_us`."""

    def __init__(self):
        self.us = 5_000_000_000

    def now_ms(self):
        return self.us // 1000

    def monotonic(self):
        return self.us / 1_000_000

    def pass_us(self, us):
        self.us += us
