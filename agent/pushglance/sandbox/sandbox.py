"""`Sandbox`: the whole stand-in as one object, for tests and for the command."""

import ssl
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Any, Self, TypeVar

from .admin_api import Site
from .api.faults import Fault
from .api.glances_api import Api
from .api.validation import Rules
from .records import FIELDS, Arrival, Message, Request
from .server import Server
from .state_json import describe_everything, describe_totals
from .state_store import StateStore

TOKEN = "aSandboxTokenThatOpensNothing1"  # noqa: S105 - made up, of the right shape
USER = "uSandboxUserKeyThatOpensNothin"

T = TypeVar("T")


class Sandbox:
    """Stand in for api.pushover.net on 127.0.0.1 from construction until `close`; `with` closes it.

    `port` 0 takes a free one. `limit` is how many arrivals in 24 hours a watch shows. `now_ms` is a clock for tests:
    milliseconds since 1970 that never go back. `tokens`, `users` and `devices` name the only ones that exist; None is
    every well-formed one. `on_request` is called after each request under `/1/`, from the thread that served it.
    Raises OSError when the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        limit: int = 50,
        now_ms: Callable[[], int] | None = None,
        tokens: Collection[str] | None = None,
        users: Collection[str] | None = None,
        devices: Collection[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self._book = StateStore(limit, now_ms or _steady_wall_clock())
        api = Api(self._book, Rules(tokens, users, devices), on_request)
        self._server = Server(port, self._book, api, Site(self._book), ssl_context)
        self._scheme = "https" if ssl_context else "http"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Return the address without a trailing slash, as the setting `pushover.url` takes it."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop within a second, whatever is held, streamed or half sent; a second call does nothing."""
        if not self._book.is_closing:
            self._book.close()
            self._server.close()

    def next(self, *faults: Fault | str) -> None:
        """Queue faults for the next requests under `/1/`; a bare kind is one time with its defaults."""
        for fault in faults:
            self._book.add_fault(Fault(fault) if isinstance(fault, str) else fault)

    def clear_faults(self) -> None:
        """Forget the faults that wait."""
        self._book.clear_faults()

    def release(self) -> None:
        """Let every held request (`slow`, `late`, `hang`) go on now."""
        self._book.release()

    def drop_connections(self) -> None:
        """Close every open connection now, idle ones included, as a server does that restarts."""
        self._server.drop_connections()

    def arrivals(self, user: str | None = None, device: str | None = None) -> list[Arrival]:
        """Return what reached a watch, oldest first: everything, or what was sent to this user and device."""
        with self._book.lock:
            return [
                arrival
                for arrival in self._book.arrivals
                if user in (None, arrival.user) and device in (None, arrival.device)
            ]

    def messages(self) -> list[Message]:
        """Return the ordinary messages that reached somebody, oldest first."""
        with self._book.lock:
            return list(self._book.messages)

    def requests(self) -> list[Request]:
        """Return every request under `/1/`, refused and failed ones included, oldest first."""
        with self._book.lock:
            return list(self._book.requests)

    def screen(self, user: str = USER, device: str = "") -> dict[str, str]:
        """Return the five fields that a watch shows; "" is blank."""
        with self._book.lock:
            watch = self._book.watches.get((user, device))
            return dict(watch.screen) if watch else dict.fromkeys(FIELDS, "")

    def spent(self, user: str = USER, device: str = "") -> int:
        """Return how many pushes reached a watch in its last 24 hours."""
        with self._book.lock:
            watch = self._book.watches.get((user, device))
            return watch.spent(self._book.now_ms()) if watch else 0

    def most_spent(self, user: str = USER, device: str = "") -> int:
        """Return the largest number of pushes that reached a watch in any 24 hours so far."""
        with self._book.lock:
            watch = self._book.watches.get((user, device))
            return watch.most if watch else 0

    def warnings(self) -> list[str]:
        """Return what was odd but not refused, the oldest first, each sentence once."""
        with self._book.lock:
            return list(self._book.warnings)

    def totals(self) -> dict[str, int]:
        """Return requests, arrived, messages, shown, not_shown, refused, faults, connections and connections_most."""
        with self._book.lock:
            return describe_totals(self._book)

    @property
    def held(self) -> int:
        """Return how many requests a fault is holding right now."""
        return self._book.held

    @property
    def connections_open(self) -> int:
        """Return how many connections that asked something under `/1/` are open right now."""
        return self._book.connections_open

    def state(self) -> dict[str, Any]:
        """Return what `/sandbox/state.json` tells."""
        return describe_everything(self._book)

    def wait_for(self, predicate: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Return the predicate's first true value; it is asked again at every change. Raises TimeoutError."""
        value = self._book.wait_for(predicate, timeout_s)
        if not value:
            seen = "\n".join(f"  {request}" for request in self.requests()[-10:]) or "  nothing"
            raise TimeoutError(f"What was waited for did not happen within {timeout_s} s. The last requests:\n{seen}")
        return value


def _steady_wall_clock() -> Callable[[], int]:
    # Reads like wall time but never jumps: a clock set back would give a watch more than its 50.
    offset_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
    return lambda: offset_ms + time.monotonic_ns() // 1_000_000
