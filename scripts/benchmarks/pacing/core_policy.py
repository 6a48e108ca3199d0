"""The policy of the core: the real Decider, fed with a trace in virtual time, with a Pushover that answers at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from pushglance.core.events import ClockSet, DayChanged, Record, ValueSeen
from pushglance.replay.simulator import Simulation
from pushglance.replay.trace import CONTACT, DAY_MS, HOUR_MS, Trace, TracedSensor

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_START_MS = 1_767_225_600_000  # a midnight in UTC
_WORDS = {0.0: "closed", 1.0: "open"}
_DECIMALS_MAX = 3

# With this the budget of a watch returns at midnight instead of 24 hours after each push.
CALENDAR: dict[str, Any] = {"resets_at_s": 0}


def core_pushes(trace: Trace, **changes: Any) -> list[int]:
    """Return when the core pushes; `changes` are merged into the watch of the plan."""
    simulation = Simulation(_plan(trace, changes), _START_MS)
    simulation.feed(_events(trace))
    simulation.advance_to(_START_MS + trace.end_ms)
    return [push.at_ms - _START_MS for push in simulation.result.pushes]


def _plan(trace: Trace, changes: dict[str, Any]) -> "Plan":
    parts: list[Any] = []
    for sensor in trace.sensors:
        parts += [[sensor.name.lower(), ""], " "]
    watch = {
        "name": "watch",
        "account": "",
        "device": "",
        "fingerprint": "",
        "pushes": 50,
        "spacing_ms": 20 * 60_000,
        "pacing": "price",
        "resets_at_s": -1,
        "fields": [{"name": "text", "parts": parts[:-1]}],
    }
    sensors = [_sensor(sensor, _decimals(trace, column)) for column, sensor in enumerate(trace.sensors)]
    plan: Any = {"version": 2, "sensors": sensors, "watches": [watch | changes], "messages": None}
    return plan  # only the parts of a Plan that the core reads


def _sensor(sensor: TracedSensor, decimals: int) -> dict[str, Any]:
    common = {
        "name": sensor.name.lower(),
        "source": "mqtt",
        "urgent": int(sensor.is_urgent),
        "share": 100,
        "weight": round(sensor.weight * 1_000_000),
        "retained": "baseline",
    }
    if sensor.kind == CONTACT:
        words = {"open": "Open", "closed": "Closed", "settle_open_ms": 0, "settle_closed_ms": 0}
        return common | words | {"kind": "contact"}
    significant_change = round(sensor.significant_change * 10**decimals)
    return common | {
        "kind": "gauge",
        "decimals": decimals,
        "deadband": 0,
        "low": 0,
        "high": 10 * significant_change,
        "significant_change": significant_change,
        "stale_ms": 0,
    }


def _decimals(trace: Trace, column: int) -> int:
    values = trace.value[trace.sensor == column]
    for decimals in range(_DECIMALS_MAX):
        if np.allclose(values, np.round(values, decimals), atol=1e-9):
            return decimals
    return _DECIMALS_MAX


def _events(trace: Trace) -> Iterator[Record]:
    yield ClockSet(_START_MS, _START_MS, 0)
    is_contact = [sensor.kind == CONTACT for sensor in trace.sensors]
    names = [sensor.name.lower() for sensor in trace.sensors]
    decimals = [_decimals(trace, column) for column in range(len(names))]

    def seen(at_ms: int, column: int, value: float) -> Record:
        text = _WORDS[value] if is_contact[column] else f"{value:.{decimals[column]}f}"
        return ValueSeen(_START_MS + at_ms, names[column], text, 0)

    yield DayChanged(_START_MS, _START_MS // DAY_MS)
    for column, value in enumerate(trace.first.tolist()):
        yield seen(0, column, value)
    days = _days(trace)
    day_event = next(days, None)
    for at_ms, column, value in zip(trace.at_ms.tolist(), trace.sensor.tolist(), trace.value.tolist(), strict=True):
        while day_event is not None and day_event.at_ms <= _START_MS + at_ms:  # type: ignore[attr-defined]
            yield day_event
            day_event = next(days, None)
        yield seen(at_ms, column, value)


def _days(trace: Trace) -> Iterator[Record]:
    """Yield the days, and on one that has not 24 hours the change of the clock, at 3 o'clock."""
    starts = trace.day_starts_ms.tolist()
    offset_s = 0
    for day, start_ms in enumerate(starts[:-1]):
        if day:
            yield DayChanged(_START_MS + start_ms, _START_MS // DAY_MS + day)
        forward_ms = DAY_MS - (starts[day + 1] - start_ms)
        if forward_ms:
            offset_s += forward_ms // 1000
            at_ms = _START_MS + start_ms + 3 * HOUR_MS
            yield ClockSet(at_ms, at_ms, offset_s)
