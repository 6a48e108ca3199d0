"""The vocabulary of what can go wrong with the next answers, and the queue that hands it out.

| kind | what the client meets | reaches the watch |
|---|---|---|
| `normal` | the usual answer, e.g. to let two pass before the third fails, or with extra `headers` | yes |
| `slow` | the usual answer, `delay_s` late | yes, at once |
| `late` | the usual answer, `delay_s` late | yes, after the delay, even if the client has left |
| `status` | HTTP `status` with `headers`, e.g. 429 with X-Limit-App-Reset | if `applies` |
| `refused` | HTTP 200 with `"status":0` | no |
| `drop` | the connection is closed without an answer | if `applies`: the lost answer |
| `reset` | the connection is reset (RST) without an answer | if `applies` |
| `garbage` | HTTP 200 with bytes that are no JSON | if `applies` |
| `half` | half an answer, then the end of the connection | if `applies` |
| `huge` | HTTP 200 with 32 MiB of answer | if `applies` |
| `hang` | nothing, until released, closed, or `delay_s` is over | if `applies`, at once |

`delay_s` may be given with every kind: it is waited first. `times` None means until cleared. A request takes its fault
when it is a POST under `/1/`; what the rules refuse reaches no watch under any fault.

From Python: `sandbox.next("drop", Fault("status", status=503, times=3))`. Over HTTP, as application/json:
`POST /sandbox/faults` with `{"kind": "status", "status": 503, "times": 3}` or a list of those, `GET` to see what waits,
`DELETE` to forget it and release what is held, `POST /sandbox/release` to release only.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Each kind with the delay it has unless another one is given, in seconds.
KINDS = {
    "normal": 0.0,
    "slow": 3.0,
    "late": 20.0,
    "status": 0.0,
    "refused": 0.0,
    "drop": 0.0,
    "reset": 0.0,
    "garbage": 0.0,
    "half": 0.0,
    "huge": 0.0,
    "hang": 600.0,
}
HONEST = ("normal", "slow", "late")  # they answer as the real service would
DELAY_MAX_S = 3600.0
TIMES_MAX = 10_000
WAITING_MAX = 1000
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_HEADER_VALUE = re.compile(r"[ -~]{0,200}")  # no line ends: a header must not start another one


@dataclass(frozen=True, slots=True)
class Fault:
    """Say how the next `times` requests under `/1/` are answered. Raises ValueError with a sentence."""

    kind: str
    times: int | None = 1  # None: until cleared
    status: int = 500  # for kind "status"
    delay_s: float | None = None  # None: what KINDS says
    headers: Mapping[str, str] = field(default_factory=dict)  # for the kinds that send an answer of their own
    applies: bool = False  # the push reaches the watch although the answer fails

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of fault; choose one of {', '.join(KINDS)}.")
        if self.times is not None and not 1 <= self.times <= TIMES_MAX:
            raise ValueError(f"times must be 1 to {TIMES_MAX}, or null for 'until cleared'.")
        if not 300 <= self.status <= 599 or self.status == 304:
            raise ValueError("status must be 300 to 599 and not 304; for 200 with status 0 use the kind 'refused'.")
        if self.delay_s is not None and not 0 <= self.delay_s <= DELAY_MAX_S:
            raise ValueError(f"delay_s must be 0 to {DELAY_MAX_S:.0f} seconds.")
        if self.applies and self.kind in (*HONEST, "refused"):
            raise ValueError(f"applies does not go with the kind {self.kind!r}.")
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError("headers must have plain names and printable ASCII values on one line.")

    @property
    def wait_s(self) -> float:
        """Return the seconds to wait first."""
        return KINDS[self.kind] if self.delay_s is None else self.delay_s


_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "times": (int, type(None)),
    "status": (int,),
    "delay_s": (int, float, type(None)),
    "headers": (dict,),
    "applies": (bool,),
}


def fault_from_json(found: Any) -> Fault:
    """Return the fault that a JSON object describes. Raises ValueError with a sentence."""
    if not isinstance(found, dict) or "kind" not in found:
        raise ValueError('A fault is an object such as {"kind": "status", "status": 503, "times": 3}.')
    for name, value in found.items():
        if name not in _TYPES:
            raise ValueError(f"{name[:40]!r} is no part of a fault; it has {', '.join(_TYPES)}.")
        is_number_wanted = bool not in _TYPES[name]
        if not isinstance(value, _TYPES[name]) or (is_number_wanted and isinstance(value, bool)):
            raise ValueError(f"{name} has the wrong type.")
    if not all(isinstance(value, str) for value in found.get("headers", {}).values()):
        raise ValueError("headers must have texts as values.")
    return Fault(**found)


class FaultQueue:
    """SimulatorInput out faults in the order they were added, each as often as it says."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Fault, int | None]] = deque()

    def add(self, fault: Fault) -> None:
        """Put a fault at the end. Raises ValueError when too many wait."""
        if len(self._waiting) >= WAITING_MAX:
            raise ValueError(f"{WAITING_MAX} faults are waiting already; clear them first.")
        self._waiting.append((fault, fault.times))

    def take(self) -> Fault | None:
        """Return the fault for the next request, or None for an honest answer."""
        if not self._waiting:
            return None
        fault, left = self._waiting.popleft()
        if left is None:
            self._waiting.appendleft((fault, None))
        elif left > 1:
            self._waiting.appendleft((fault, left - 1))
        return fault

    def clear(self) -> None:
        """Forget all faults that wait."""
        self._waiting.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return what waits as JSON-able values, `times` being what is left."""
        return [asdict(fault) | {"headers": dict(fault.headers), "times": left} for fault, left in self._waiting]
