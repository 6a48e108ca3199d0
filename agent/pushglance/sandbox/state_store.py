"""The whole state of the sandbox behind one lock; each change wakes the threads that wait for one.

Rules: this module uses no socket; only `wait_for_release`, `wait_for` and `wait_for_change` block; every list has a
maximum length. The lock is reentrant, so that a predicate of `wait_for` may call any method of the store.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import TypeVar

from .faults import Fault, FaultQueue
from .records import Arrival, ReceivedMessage, Request
from .watch_screen import WatchScreen

RECORDS_MAX = 10_000
WATCHES_MAX = 100
WARNINGS_MAX = 100
CONNECTIONS_RECOMMENDED = 2  # pushover.net/api, "Being Friendly to our API"

T = TypeVar("T")


class StateStore:
    """Hold watches, arrivals, requests, warnings, faults and connections."""

    def __init__(
        self,
        new_screen: Callable[[], WatchScreen],
        limit: int,
        quota: int,
        now_ms: Callable[[], int],
        resets_at: str = "",
    ) -> None:
        self.limit = limit
        self.resets_at = resets_at  # local time of day from which pushes count, "": those of the last 24 hours
        self.quota = quota  # requests that the account may send in a month
        self.now_ms = now_ms
        self._new_screen = new_screen
        self.lock = threading.Condition(threading.RLock())
        self.revision = 0
        self.is_closing = False
        self.watches: OrderedDict[tuple[str, str], WatchScreen] = OrderedDict()
        self.arrivals: deque[Arrival] = deque(maxlen=RECORDS_MAX)
        self.messages: deque[ReceivedMessage] = deque(maxlen=RECORDS_MAX)
        self.requests: deque[Request] = deque(maxlen=RECORDS_MAX)
        self.warnings: OrderedDict[str, tuple[int, int]] = OrderedDict()  # warning -> (times, last at_ms)
        self.totals: Counter[str] = Counter()
        self.held = 0
        self.connections_open = 0
        self._faults = FaultQueue()
        self._releases = 0

    def deliver_push(self, user: str, device: str, fields: Mapping[str, str], request_id: str) -> Arrival:
        """Deliver a push to its watch; without a device, to every watch of this user."""
        with self.lock:
            at_ms = self.now_ms()
            watch = self._watch(user, device)
            has_changed, was_shown = watch.apply(fields, at_ms)
            if not device:
                for (owner, name), other in self.watches.items():
                    if owner == user and name:
                        other.apply(fields, at_ms)
            spent = watch.spent(at_ms)
            arrival = Arrival(at_ms, user, device, dict(fields), has_changed, was_shown, spent, request_id)
            self.arrivals.append(arrival)
            self.totals["arrived"] += 1
            self.totals["shown" if was_shown else "not_shown"] += 1
            self._notify()
            return arrival

    def deliver_message(self, user: str, device: str, fields: Mapping[str, str], request_id: str) -> None:
        """Deliver an ordinary message; it does not count against the limit of a watch."""
        with self.lock:
            text, title, priority = fields["message"], fields["title"], int(fields["priority"])
            self.messages.append(ReceivedMessage(self.now_ms(), user, device, text, title, priority, request_id))
            self.totals["messages"] += 1
            self._notify()

    def refresh(self) -> None:
        """Show on every watch what has arrived there by now."""
        with self.lock:
            now_ms = self.now_ms()
            changed = [watch.refresh(now_ms) for watch in self.watches.values()]
            if any(changed):
                self._notify()

    def quota_left(self) -> int:
        """Return how many requests the account may still send in this month."""
        with self.lock:
            return max(0, self.quota - self.totals["arrived"] - self.totals["messages"])

    def add_request(self, request: Request) -> None:
        """Record a request and its answer, which is sent next."""
        with self.lock:
            self.requests.append(request)
            self.totals["requests"] += 1
            if request.fault:
                self.totals["faults"] += 1
            elif request.errors:
                self.totals["refused"] += 1
            self._notify()

    def add_warning(self, warning: str) -> None:
        """Record a mistake that the real service would ignore; a repeated warning is counted."""
        with self.lock:
            times, _ = self.warnings.pop(warning, (0, 0))
            self.warnings[warning] = (times + 1, self.now_ms())
            if len(self.warnings) > WARNINGS_MAX:
                self.warnings.popitem(last=False)
            self._notify()

    def open_connection(self, others: int) -> int:
        """Count a connection at its first request under `/1/`, while `others` are open; return its number."""
        with self.lock:
            self.totals["connections"] += 1
            self.connections_open += 1
            self.totals["connections_most"] = max(self.totals["connections_most"], others + 1)
            if others + 1 > CONNECTIONS_RECOMMENDED:
                self.add_warning(
                    f"more than {CONNECTIONS_RECOMMENDED} connections were open at once; Pushover asks clients not to"
                )
            self._notify()
            return self.totals["connections"]

    def close_connection(self) -> None:
        """Record that a counted connection is closed."""
        with self.lock:
            self.connections_open -= 1
            self._notify()

    def add_fault(self, fault: Fault) -> None:
        """Append a fault to the queue. Raises ValueError if the queue is full."""
        with self.lock:
            self._faults.add(fault)
            self._notify()

    def pop_fault(self) -> Fault | None:
        """Return the fault for the next request, or None."""
        with self.lock:
            fault = self._faults.pop()
            if fault:
                self._notify()
            return fault

    def clear_faults(self) -> None:
        """Empty the queue of faults; requests that are already held stay held."""
        with self.lock:
            self._faults.clear()
            self._notify()

    def queued_faults(self) -> list[dict[str, object]]:
        """Return the queued faults as JSON-able values."""
        with self.lock:
            return self._faults.as_list()

    def wait_for_release(self, delay_s: float) -> None:
        """Hold the calling thread for `delay_s` real seconds, or until `release` or `close`."""
        with self.lock:
            before = self._releases
            self.held += 1
            self._notify()
            self.lock.wait_for(lambda: self.is_closing or self._releases != before, delay_s)
            self.held -= 1
            self._notify()

    def release(self) -> None:
        """Let every held request continue now."""
        with self.lock:
            self._releases += 1
            self._notify()

    def wait_for(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Return the predicate's first true value, or its last value after the timeout."""
        with self.lock:
            return self.lock.wait_for(predicate, timeout_s)

    def wait_for_change(self, revision: int, timeout_s: float) -> int:
        """Return the new revision once it differs from the given one, or the same one after the timeout."""
        with self.lock:
            self.lock.wait_for(lambda: self.is_closing or self.revision != revision, timeout_s)
            return self.revision

    def close(self) -> None:
        """End all waits, now and later."""
        with self.lock:
            self.is_closing = True
            self._notify()

    def _watch(self, user: str, device: str) -> WatchScreen:
        watch = self.watches.get((user, device))
        if watch is None:
            watch = self.watches[user, device] = self._new_screen()
            if len(self.watches) > WATCHES_MAX:
                self.watches.popitem(last=False)
        return watch

    def _notify(self) -> None:
        self.revision += 1
        self.lock.notify_all()
