"""All that the sandbox knows, behind one lock; every change wakes whoever waits for one.

Rules: nothing here touches a socket, nothing blocks but `hold`, `wait_for` and `wait_for_news`, and every list has a
bound. The lock may be taken again by its owner, so that a predicate of `wait_for` can ask the book what it likes.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import TypeVar

from .api.faults import Fault, FaultQueue
from .records import Arrival, Message, Request
from .watch import Watch

KEPT_MAX = 10_000
WATCHES_MAX = 100
WARNINGS_MAX = 100
CONNECTIONS_ASKED_FOR = 2  # pushover.net/api, "Being Friendly to our API"

T = TypeVar("T")


class StateStore:
    """Keep watches, arrivals, requests, warnings, faults and connections."""

    def __init__(self, limit: int, now_ms: Callable[[], int]) -> None:
        self.limit = limit
        self.now_ms = now_ms
        self.lock = threading.Condition(threading.RLock())
        self.revision = 0
        self.is_closing = False
        self.watches: OrderedDict[tuple[str, str], Watch] = OrderedDict()
        self.arrivals: deque[Arrival] = deque(maxlen=KEPT_MAX)
        self.messages: deque[Message] = deque(maxlen=KEPT_MAX)
        self.requests: deque[Request] = deque(maxlen=KEPT_MAX)
        self.warnings: OrderedDict[str, tuple[int, int]] = OrderedDict()  # sentence -> (times, last at_ms)
        self.totals: Counter[str] = Counter()
        self.held = 0
        self.connections_open = 0
        self._faults = FaultQueue()
        self._releases = 0

    def receive(self, user: str, device: str, fields: Mapping[str, str], request_id: str) -> Arrival:
        """Let a push reach its watch; without a device, also every other watch of this user."""
        with self.lock:
            at_ms = self.now_ms()
            watch = self._watch(user, device)
            has_changed, was_shown = watch.receive(fields, at_ms)
            if not device:
                for (owner, name), other in self.watches.items():
                    if owner == user and name:
                        other.receive(fields, at_ms)
            spent = watch.spent(at_ms)
            arrival = Arrival(at_ms, user, device, dict(fields), has_changed, was_shown, spent, request_id)
            self.arrivals.append(arrival)
            self.totals["arrived"] += 1
            self.totals["shown" if was_shown else "not_shown"] += 1
            self._tell()
            return arrival

    def receive_message(self, user: str, device: str, fields: Mapping[str, str], request_id: str) -> None:
        """Let an ordinary message reach a user's devices; no watch has a budget for those."""
        with self.lock:
            text, title, priority = fields["message"], fields["title"], int(fields["priority"])
            self.messages.append(Message(self.now_ms(), user, device, text, title, priority, request_id))
            self.totals["messages"] += 1
            self._tell()

    def record(self, request: Request) -> None:
        """Remember a request and how it is about to be answered."""
        with self.lock:
            self.requests.append(request)
            self.totals["requests"] += 1
            if request.fault:
                self.totals["faults"] += 1
            elif request.errors:
                self.totals["refused"] += 1
            self._tell()

    def warn(self, sentence: str) -> None:
        """Note something odd that the real service would pass over; a repeated sentence is counted."""
        with self.lock:
            times, _ = self.warnings.pop(sentence, (0, 0))
            self.warnings[sentence] = (times + 1, self.now_ms())
            if len(self.warnings) > WARNINGS_MAX:
                self.warnings.popitem(last=False)
            self._tell()

    def open_connection(self, others: int) -> int:
        """Count a connection at its first request under `/1/`, while `others` are open; return its number."""
        with self.lock:
            self.totals["connections"] += 1
            self.connections_open += 1
            self.totals["connections_most"] = max(self.totals["connections_most"], others + 1)
            if others + 1 > CONNECTIONS_ASKED_FOR:
                self.warn(
                    f"more than {CONNECTIONS_ASKED_FOR} connections were open at once, which Pushover asks not to do"
                )
            self._tell()
            return self.totals["connections"]

    def close_connection(self) -> None:
        """Note that a counted connection is gone."""
        with self.lock:
            self.connections_open -= 1
            self._tell()

    def add_fault(self, fault: Fault) -> None:
        """Put a fault at the end of the queue. Raises ValueError when too many wait."""
        with self.lock:
            self._faults.add(fault)
            self._tell()

    def take_fault(self) -> Fault | None:
        """Return the fault for the next request, if there is one."""
        with self.lock:
            fault = self._faults.take()
            if fault:
                self._tell()
            return fault

    def clear_faults(self) -> None:
        """Forget the faults that wait; answers already held stay held."""
        with self.lock:
            self._faults.clear()
            self._tell()

    def waiting_faults(self) -> list[dict[str, object]]:
        """Return the faults that wait, as JSON-able values."""
        with self.lock:
            return self._faults.as_list()

    def hold(self, delay_s: float) -> None:
        """Wait in real seconds, but no longer than until `release` or `close`."""
        with self.lock:
            before = self._releases
            self.held += 1
            self._tell()
            self.lock.wait_for(lambda: self.is_closing or self._releases != before, delay_s)
            self.held -= 1
            self._tell()

    def release(self) -> None:
        """Let every held request go on now."""
        with self.lock:
            self._releases += 1
            self._tell()

    def wait_for(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Return the first true value of the predicate, or its last one when the time is over."""
        with self.lock:
            return self.lock.wait_for(predicate, timeout_s)

    def wait_for_news(self, revision: int, timeout_s: float) -> int:
        """Return the revision once it differs from the given one, or the same one when the time is over."""
        with self.lock:
            self.lock.wait_for(lambda: self.is_closing or self.revision != revision, timeout_s)
            return self.revision

    def close(self) -> None:
        """Wake everyone who waits, for good."""
        with self.lock:
            self.is_closing = True
            self._tell()

    def _watch(self, user: str, device: str) -> Watch:
        watch = self.watches.get((user, device))
        if watch is None:
            watch = self.watches[user, device] = Watch(self.limit)
            if len(self.watches) > WATCHES_MAX:
                self.watches.popitem(last=False)
        return watch

    def _tell(self) -> None:
        self.revision += 1
        self.lock.notify_all()
