"""Requests of people: push now, send fields, pause, set a total. Each gets a `Reply`; boards do not import this."""

from pushglance.core.commands import Reply
from pushglance.core.events import PauseSet, PushRequested
from pushglance.core.words import pause_text

from .pause import ENDLESS, LONGEST_MS
from .push_request import PushRequest, field_error, is_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record, TotalSet
    from pushglance.core.sensors.sensor import Sensor

    from .watch import Watch


def handle_request(watches: "list[Watch]", event: "Any", now_ms: int) -> "list[Record]":
    """Pass a PushRequested, SendRequested or PauseSet on to its watch, or reply why it is rejected."""
    named = [watch for watch in watches if watch.name == event.watch]
    error = _request_error(event) if named else _unknown("watch", event.watch, [watch.name for watch in watches])
    if error:
        return [Reply(event.request, 0, event.watch, error)]
    if isinstance(event, PauseSet):
        save = named[0].set_pause(now_ms, event.for_ms)
        return [save, Reply(event.request, 1, event.watch, pause_text(named[0].pause.left_ms(now_ms)))]
    if isinstance(event, PushRequested):
        return named[0].request_push(PushRequest(event.request, {}, event.is_all))
    return named[0].request_push(PushRequest(event.request, event.glance, 0))


def _request_error(event: "Any") -> str:
    if isinstance(event, PauseSet):
        return "" if ENDLESS <= event.for_ms <= LONGEST_MS else "a pause may last a year at most"
    return "" if isinstance(event, PushRequested) else field_error(event.glance)


def set_total(sensors: "list[Sensor]", event: "TotalSet") -> Reply:
    """Set the total of a counter to a whole number from 0 on, or reply why it is rejected."""
    counters = [sensor for sensor in sensors if sensor.kind == "counter"]
    named = [counter for counter in counters if counter.name == event.sensor]  # type: Any
    if not named:
        error = _unknown("counter", event.sensor, [counter.name for counter in counters])
        return Reply(event.request, 0, event.sensor, error)
    counter, text = named[0], event.text
    before = counter.total
    if not text or text[0] == "-" or not is_whole(text):
        return Reply(event.request, 0, event.sensor, "a total is a whole number from 0 on, of up to 15 digits")
    counter.set_total(int(text))
    return Reply(event.request, 1, event.sensor, "the total is %d, it was %d" % (counter.total, before))


def _unknown(kind: str, name: str, names: "list[str]") -> str:
    return "unknown %s '%s'; known: %s" % (kind, name, ", ".join(names) or "none")
