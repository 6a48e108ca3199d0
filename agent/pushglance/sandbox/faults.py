"""Faults that can be injected into the next responses, and the queue of them.

| kind | what the client gets | reaches the watch |
|---|---|---|
| `normal` | the normal response, e.g. to let two pushes pass before the third fails, or with extra `headers` | yes |
| `slow` | the normal response, `delay_s` late | yes, at once |
| `late` | the normal response, `delay_s` late | yes, after the delay, even if the client has disconnected |
| `status` | HTTP `status` with `headers` and Pushover's JSON, with `text` as its error | if `applies` |
| `refused` | HTTP 200 with `"status":0` and `text` as its error | no |
| `info` | the normal response with `text` as its `info` | yes |
| `html` | HTTP `status` with a web server's page, e.g. 429, 502 or a gateway's 403 | if `applies` |
| `foreign` | HTTP `status` with JSON that is not Pushover's | if `applies` |
| `empty` | HTTP `status` without a body | if `applies` |
| `continue` | `100 Continue` every 5 s, then the connection closes after `delay_s` | if `applies` |
| `drip` | the normal response, one byte each second | yes |
| `drop` | the connection is closed without a response | if `applies`: a lost response |
| `reset` | the connection is reset (RST) without a response | if `applies` |
| `garbage` | HTTP 200 with bytes that are not JSON | if `applies` |
| `half` | half a response, then the end of the connection | if `applies` |
| `huge` | HTTP 200 with a body of 32 MiB | if `applies` |
| `hang` | nothing until released, closed, or `delay_s` has passed | if `applies`, at once |

Every kind accepts `delay_s`: the sandbox waits that long first. `times` None means until cleared. Only a POST under
`/1/` uses up a fault. A request that the API refuses reaches no watch under any fault.

Usual faults have names, see `named_faults`. In Python: `sandbox.inject("html-429", Fault("status", status=503))`.
Over HTTP, as application/json: `POST /sandbox/faults` with `{"kind": "status", "status": 503, "times": 3}`, a name, or
a list of them (see `fault_json`), `GET` to list the queue, `DELETE` to clear it and release held requests,
`POST /sandbox/release` to release only.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Each kind with its default delay in seconds.
KINDS = {
    "normal": 0.0,
    "slow": 3.0,
    "late": 20.0,
    "status": 0.0,
    "refused": 0.0,
    "info": 0.0,
    "html": 0.0,
    "foreign": 0.0,
    "empty": 0.0,
    "continue": 600.0,
    "drip": 0.0,
    "drop": 0.0,
    "reset": 0.0,
    "garbage": 0.0,
    "half": 0.0,
    "huge": 0.0,
    "hang": 600.0,
}
NORMAL_RESPONSE_KINDS = ("normal", "slow", "late", "info", "drip")  # the response is the one of the real service
DELAY_MAX_S = 3600.0
TIMES_MAX = 10_000
QUEUED_MAX = 1000
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_HEADER_VALUE = re.compile(r"[ -~]{0,200}")  # no line ends, so that a value cannot start another header


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule for the answers to the next `times` requests under `/1/`. Raises ValueError for values out of range."""

    kind: str
    times: int | None = 1  # None: until cleared
    status: int = 500  # for the kinds "status", "html", "foreign" and "empty"
    delay_s: float | None = None  # None: the default of KINDS
    headers: Mapping[str, str] = field(default_factory=dict)  # for kinds that send a response
    applies: bool = False  # the push reaches the watch although the response fails
    text: str = ""  # for the kinds "status", "refused" and "info"; "": a usual one
    names: tuple[str, ...] = ()  # parameters that the error names as invalid, for the kind "status"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; choose one of {', '.join(KINDS)}.")
        if self.times is not None and not 1 <= self.times <= TIMES_MAX:
            raise ValueError(f"times must be 1 to {TIMES_MAX}, or null for 'until cleared'.")
        if not 300 <= self.status <= 599 or self.status == 304:
            raise ValueError("status must be 300 to 599 and not 304; for 200 with status 0 use the kind 'refused'.")
        if self.delay_s is not None and not 0 <= self.delay_s <= DELAY_MAX_S:
            raise ValueError(f"delay_s must be 0 to {DELAY_MAX_S:.0f} seconds.")
        if self.applies and self.kind in (*NORMAL_RESPONSE_KINDS, "refused"):
            raise ValueError(f"'applies' cannot be combined with the kind {self.kind!r}.")
        if not _HEADER_VALUE.fullmatch(self.text) or not all(map(_HEADER_NAME.fullmatch, self.names)):
            raise ValueError("text must be printable ASCII on one line, and names must be names of parameters.")
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError("headers must have plain names and printable ASCII values on one line.")

    @property
    def wait_s(self) -> float:
        """Return the delay before the response, in seconds."""
        return KINDS[self.kind] if self.delay_s is None else self.delay_s


class FaultQueue:
    """Faults in the order in which they were added, each returned as often as it specifies."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Fault, int | None]] = deque()

    def add(self, fault: Fault) -> None:
        """Append a fault. Raises ValueError if the queue is full."""
        if len(self._queue) >= QUEUED_MAX:
            raise ValueError(f"{QUEUED_MAX} faults are queued already; clear them first.")
        self._queue.append((fault, fault.times))

    def pop(self) -> Fault | None:
        """Return the fault for the next request, or None for a normal response."""
        if not self._queue:
            return None
        fault, uses_left = self._queue.popleft()
        if uses_left is None:
            self._queue.appendleft((fault, None))
        elif uses_left > 1:
            self._queue.appendleft((fault, uses_left - 1))
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self._queue.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return the queue as JSON-able values; `times` is the number of uses left."""
        return [
            asdict(fault) | {"headers": dict(fault.headers), "names": list(fault.names), "times": left}
            for fault, left in self._queue
        ]
