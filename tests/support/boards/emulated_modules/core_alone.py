"""The core alone in the board emulator, with a board's Plan; each push is delivered at once."""

import json

_events = 0
_pushes = 0
_sensors = []
decider = None


def begin(every_ms, pins, topic):
    """Build the core; its heap includes the Plan."""
    global decider, _sensors
    from pushglance.core.decider import Decider
    from pushglance.core.events import ClockSet

    with open("plan.json") as file:
        plan = json.load(file)
    kept = {name: plan[name] for name in ("sensors", "watches", "messages")}
    decider = Decider(kept, {}, 0)
    decider.handle(ClockSet(0, 1_800_000_000_000, 3600))
    _sensors = [(sensor["name"], sensor["kind"]) for sensor in kept["sensors"]]


def turn(times):
    """Handle this number of events, a minute apart, from one sensor after the other; return the instant."""
    global _events, _pushes
    from pushglance.core.events import EdgeSeen, PulsesSeen, PushFinished, TimePassed, ValueSeen

    for _ in range(times):
        now_ms = _events * 60_000
        name, kind = _sensors[_events % len(_sensors)]
        if kind == "contact":
            decider.handle(EdgeSeen(now_ms, name, _events // len(_sensors) % 2))
        elif kind == "counter":
            decider.handle(PulsesSeen(now_ms, name, _events))
        else:
            decider.handle(ValueSeen(now_ms, name, str(_events * 7 % 101), 0))
        decider.handle(TimePassed(now_ms))
        for watch in decider.watches:
            if watch.in_flight is not None:
                _pushes += 1
                decider.handle(PushFinished(now_ms, watch.name, watch.in_flight.push_id, "delivered", 0, 0, ""))
        _events += 1
    return now_ms


def figures():
    """Return figures as JSON."""
    return json.dumps({"moves": _events, "pushes": _pushes})
