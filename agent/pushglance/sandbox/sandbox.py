"""`Sandbox`: the simulated Pushover as one object, for tests and for the command."""

import ssl
import time
from collections.abc import Callable, Collection
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from pushglance.core.push.glance import FIELD_NAMES

from .admin_api import AdminApi
from .api.pushover_api import PushoverApi
from .api.validation import Validator
from .fault_json import named_fault
from .faults import Fault
from .records import Arrival, ReceivedMessage, Request
from .server import Server
from .state_json import describe_state, describe_totals
from .state_store import StateStore
from .watch_screen import WatchScreen, daily_reset

TOKEN = "aSandboxTokenThatOpensNothing1"  # noqa: S105 - made up, of the right shape
USER = "uSandboxUserKeyThatOpensNothin"

QUOTA = 10_000  # of an account in a month, pushover.net/api#limits

T = TypeVar("T")


class Sandbox:
    """A simulated api.pushover.net on 127.0.0.1, from construction until `close`; `with` closes it.

    `port` 0 uses a free one. `limit` is the number of pushes that a watch shows in 24 hours, or with `resets_at`, e.g.
    "05:00", from that local time of day on. A push is seen `delay_s` after it arrived. `quota` is that of a month.
    `now_ms` is a clock for tests: milliseconds since 1970 that never go back. `tokens`, `users` and `devices` list the
    valid ones; None accepts every well-formed one. `on_request` is called after each request under `/1/`, in the thread
    that served it.
    Raises OSError if the port is in use.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        limit: int = 50,
        delay_s: float = 0,
        resets_at: str = "",
        quota: int = QUOTA,
        now_ms: Callable[[], int] | None = None,
        tokens: Collection[str] | None = None,
        users: Collection[str] | None = None,
        devices: Collection[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        reset_ms = daily_reset(*map(int, resets_at.split(":"))) if resets_at else None
        new_screen = partial(WatchScreen, limit, int(delay_s * 1000), reset_ms)
        self._store = StateStore(new_screen, limit, quota, now_ms or _steady_wall_clock(), resets_at)
        api = PushoverApi(self._store, Validator(tokens, users, devices), on_request)
        self._server = Server(port, self._store, api, AdminApi(self._store), ssl_context)
        self._scheme = "https" if ssl_context else "http"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Return the port on which the sandbox listens."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Return the address without a trailing slash, as the setting `pushover.url` expects it."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop within a second, even with held, streamed or half-sent responses; a second call does nothing."""
        if not self._store.is_closing:
            self._store.close()
            self._server.close()

    def inject(self, *faults: Fault | str) -> None:
        """Queue faults for the next requests under `/1/`; a name alone stands for one use of that fault."""
        for fault in faults:
            self._store.add_fault(named_fault(fault) if isinstance(fault, str) else fault)

    def clear_faults(self) -> None:
        """Empty the queue of faults."""
        self._store.clear_faults()

    def release(self) -> None:
        """Let every held request (`slow`, `late`, `hang`) continue now."""
        self._store.release()

    def drop_connections(self) -> None:
        """Close every open connection now, including idle ones, like a server that restarts."""
        self._server.drop_connections()

    def arrivals(self, user: str | None = None, device: str | None = None) -> list[Arrival]:
        """Return the pushes that reached a watch, oldest first: all, or those sent to this user and device."""
        with self._store.lock:
            return [
                arrival
                for arrival in self._store.arrivals
                if user in (None, arrival.user) and device in (None, arrival.device)
            ]

    def messages(self) -> list[ReceivedMessage]:
        """Return the ordinary messages that reached a user, oldest first."""
        with self._store.lock:
            return list(self._store.messages)

    def requests(self) -> list[Request]:
        """Return every request under `/1/`, including refused and failed ones, oldest first."""
        with self._store.lock:
            return list(self._store.requests)

    def screen(self, user: str = USER, device: str = "") -> dict[str, str]:
        """Return the five fields that a watch shows; "" is blank."""
        self._store.refresh()
        with self._store.lock:
            watch = self._store.watches.get((user, device))
            return dict(watch.screen) if watch else dict.fromkeys(FIELD_NAMES, "")

    def spent(self, user: str = USER, device: str = "") -> int:
        """Return how many pushes of a watch count now: those of the last 24 hours, or since the last reset."""
        with self._store.lock:
            watch = self._store.watches.get((user, device))
            return watch.spent(self._store.now_ms()) if watch else 0

    def most_spent(self, user: str = USER, device: str = "") -> int:
        """Return the largest number of pushes of a watch that have counted at once so far."""
        with self._store.lock:
            watch = self._store.watches.get((user, device))
            return watch.most_spent if watch else 0

    def warnings(self) -> list[str]:
        """Return the mistakes in requests that were not refused, oldest first, each warning once."""
        with self._store.lock:
            return list(self._store.warnings)

    def totals(self) -> dict[str, int]:
        """Return requests, arrived, messages, shown, not_shown, refused, faults, connections and connections_most."""
        with self._store.lock:
            return describe_totals(self._store)

    @property
    def held(self) -> int:
        """Return how many requests a fault is holding now."""
        return self._store.held

    @property
    def connections_open(self) -> int:
        """Return how many connections that sent a request under `/1/` are open now."""
        return self._store.connections_open

    def state(self) -> dict[str, Any]:
        """Return the content of `/sandbox/state.json`."""
        return describe_state(self._store)

    def wait_for(self, predicate: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Return the predicate's first true value; it is evaluated after every change. Raises TimeoutError."""
        value = self._store.wait_for(predicate, timeout_s)
        if not value:
            last = "\n".join(f"  {request}" for request in self.requests()[-10:]) or "  none"
            raise TimeoutError(f"The expected state was not reached within {timeout_s} s. The last requests:\n{last}")
        return value


def _steady_wall_clock() -> Callable[[], int]:
    # Wall time that never jumps: a clock that is set back would let a watch show more pushes than its limit.
    offset_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
    return lambda: offset_ms + time.monotonic_ns() // 1_000_000
