"""Requests of people: push now, send fields, pause, set a total. Each gets a `Reply`; boards do not import this."""

from pushglance.core.commands import Reply
from pushglance.core.request_events import PauseSet, PushRequested
from pushglance.core.sensors.decimals import parse, to_text
from pushglance.core.words import pause_text

from .pause import ENDLESS, LONGEST_MS
from .push_request import PushRequest, field_error, is_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.request_events import TotalSet
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
    """Set the total of a counter to a number from 0 on, or reply why it is rejected."""
    counters = [sensor for sensor in sensors if sensor.kind == "counter"]
    named = [counter for counter in counters if counter.name == event.sensor]  # type: Any
    if not named:
        error = _unknown("counter", event.sensor, [counter.name for counter in counters])
        return Reply(event.request, 0, event.sensor, error)
    counter = named[0]
    if not _is_total(event.text, counter.decimals):
        kind = "number with up to %d decimals," % counter.decimals if counter.decimals else "whole number"
        return Reply(event.request, 0, event.sensor, "a total is a %s from 0 on, of up to 15 digits" % kind)
    before, today = to_text(counter.total, counter.decimals), to_text(counter.today, counter.decimals)
    counter.set_total(parse(event.text, counter.decimals), event.is_today)
    detail = "the total is %s, it was %s" % (to_text(counter.total, counter.decimals), before)
    if event.is_today:
        detail += "; today is %s, it was %s" % (to_text(counter.today, counter.decimals), today)
    return Reply(event.request, 1, event.sensor, detail)


def _is_total(text: str, decimals: int) -> bool:
    whole, point, fraction = text.partition(".")
    if not whole or whole[0] == "-" or not is_whole(whole):
        return False
    return not point or (0 < len(fraction) <= decimals and fraction[0] != "-" and is_whole(fraction))


def _unknown(kind: str, name: str, names: "list[str]") -> str:
    return "unknown %s '%s'; known: %s" % (kind, name, ", ".join(names) or "none")
