"""The last reason why a sensor has no new value, and why a link is down, for the log, the status and the page.

The threads of inputs only note what happened, which is cheap and bounded. The sentences are made when the loop asks for
them.
"""

import logging
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger("pushglance")

_KEPT_MAX = 16 * 1024  # bytes of a payload until it is explained
_EXPLAINED_MAX = 20  # payloads in one turn of the loop: the others are explained in the next ones
_LOGGED_MAX = 8  # different sentences for each sensor; a payload of random words must not fill the log


class _Unused(NamedTuple):
    """A payload that was not used."""

    topic: str
    reason: str
    payload: bytes | None  # None: too long to be read
    at_ms: int


class Diagnostics:
    """Collect reasons from any thread; only the loop's thread calls `sensor_notes`, `problems` and `links`."""

    def __init__(self, sensors: "Sequence[SensorPlan]", now_ms: Callable[[], int]) -> None:
        self._plans = {sensor["name"]: sensor for sensor in sensors}
        self._now_ms = now_ms
        self._lock = Lock()
        self._unexplained: dict[str, _Unused] = {}  # by sensor
        self._unused: dict[str, tuple[str, str, int]] = {}  # sensor -> sentence, shortened payload, at_ms
        self._unheard: dict[str, tuple[str, bool]] = {}  # sensor -> sentence, and whether it is certainly a fault
        self._links: dict[str, str] = {}  # link -> why it is down
        self._logged: dict[str, set[str]] = {}

    def on_unused(self, sensor: str, topic: str, reason: str, payload: bytes | None) -> None:
        """Note a payload that a sensor could not use."""
        kept = payload if payload is None or len(payload) <= _KEPT_MAX else payload[: _KEPT_MAX + 1]
        with self._lock:
            self._unexplained[sensor] = _Unused(topic, reason, kept, self._now_ms())

    def on_used(self, sensor: str) -> None:
        """Note that a sensor got a value after one that it could not use."""
        with self._lock:
            self._unexplained.pop(sensor, None)
            self._unused.pop(sensor, None)

    def set_unheard(self, sensor: str, sentence: str, *, is_certain: bool = True) -> None:
        """Note why a sensor was never heard, "" if it was; not certain: perhaps nothing has happened there yet."""
        with self._lock:
            if sentence:
                self._unheard[sensor] = sentence, is_certain
            else:
                self._unheard.pop(sensor, None)

    def set_link_reason(self, link: str, sentence: str) -> None:
        """Note why a link is down, "" if it is up."""
        with self._lock:
            if sentence:
                self._links[link] = sentence
            else:
                self._links.pop(link, None)

    def links(self) -> dict[str, str]:
        """Return {link: why it is down}."""
        with self._lock:
            return dict(self._links)

    def problems(self) -> dict[str, str]:
        """Return {sensor: why its last payload was not used, or why it was never heard}, and log each once."""
        self._explain()
        with self._lock:
            problems = {name: sentence for name, (sentence, _, _) in self._unused.items()}
            problems |= {name: sentence for name, (sentence, _) in self._unheard.items()}
            uncertain = {name for name, (_, is_certain) in self._unheard.items() if not is_certain}
        for name, sentence in problems.items():
            self._log(name, sentence, logging.INFO if name in uncertain else logging.WARNING)
        return problems

    def sensor_notes(self) -> dict[str, dict[str, Any]]:
        """Return {sensor: {problem, last_payload, problem_age_ms, is_certain}} of the sensors with a problem."""
        problems, now_ms = self.problems(), self._now_ms()
        notes: dict[str, dict[str, Any]] = {}
        with self._lock:
            for name, problem in problems.items():
                _, payload, at_ms = self._unused.get(name, ("", None, None))
                age_ms = None if at_ms is None else max(0, now_ms - at_ms)
                notes[name] = {"problem": problem, "last_payload": payload, "problem_age_ms": age_ms}
                notes[name]["is_certain"] = int(self._unheard.get(name, ("", True))[1])
        return notes

    def _explain(self) -> None:
        with self._lock:
            for name in list(self._unexplained)[:_EXPLAINED_MAX]:
                message = self._unexplained.pop(name)
                self._unused[name] = (*self._sentence(name, message), message.at_ms)

    def _sentence(self, name: str, message: _Unused) -> tuple[str, str]:
        """Return why the payload was not used, and the payload for people."""
        if message.payload is None:
            return f"a message on {message.topic} was not used: {message.reason}", ""
        from .payload_hints import explain, shorten  # noqa: PLC0415 - only if a payload is not used

        payload = shorten(message.payload)
        plan = self._plans.get(name)
        reason = message.reason if plan is None else explain(plan, message.reason, message.payload)
        shown = f"the payload {payload}" if payload else "an empty payload"
        return f"{shown} on {message.topic} was not used: {reason}", payload

    def _log(self, name: str, sentence: str, level: int) -> None:
        logged = self._logged.setdefault(name, set())
        reason = sentence.rpartition(" was not used: ")[2]
        if reason not in logged and len(logged) < _LOGGED_MAX:
            logged.add(reason)
            log.log(level, "%s: %s", name, sentence)
