"""A wish: one push that a person asked for. It skips spacing, company and pause; it never beats the budget.

Everything here speaks in sentences, because a person waits for the answer. What else people may ask for, a pause or
another total, is taken here as well: none of it is loaded before somebody asks.
"""

from pushglance.core.commands import Reply
from pushglance.core.events import PauseSet, PushRequested
from pushglance.core.words import OUTCOME_TEXTS, duration_text, pause_text

from .glance import FIELD_NAMES, TEXT_LENGTH_MAX
from .pause import ENDLESS, LONGEST_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record, TotalSet
    from pushglance.core.sensors.counter import Counter

    from .watch import Watch

PARKED_MS = 5 * 60 * 1000  # between tries by hand on a parked watch: many refusals within minutes block an address
_DIGITS_MAX = 15


class Wish:
    """Hold what is wanted: these fields as they are given, or (`is_all`) every field whether it differs or not."""

    def __init__(self, request: str, fields: "dict[str, str]", is_all: int) -> None:
        self.request = request
        self._fields = fields
        self._is_all = is_all

    def load(self, pending: "dict[str, str]", glance: "dict[str, str]") -> "dict[str, str]":
        """Return the fields to push, of those that differ and of all that are true."""
        load = dict(glance if self._is_all else pending)
        load.update(self._fields)
        return load

    def refusal(self, watch: "Watch", now_ms: int, last_ms: "int | None", not_before_ms: int) -> str:
        """Return why `watch` cannot be pushed to at once, or nothing."""
        if watch.budget.left(now_ms) == 0:
            returns = watch.budget.refill_times_ms(now_ms)
            back = "the next one comes back in " + duration_text(returns[0] - now_ms) if returns else "none is allowed"
            return "all %d pushes are spent: %s" % (watch.budget.capacity, back)
        if watch.parked:
            wait_ms = 0 if last_ms is None else last_ms + PARKED_MS - now_ms
            if wait_ms > 0:
                return "Pushover refused (%s): mend that, or ask again in %s" % (watch.parked, duration_text(wait_ms))
            return ""
        if not_before_ms > now_ms:
            return "the last push did not get through: the next try is in " + duration_text(not_before_ms - now_ms)
        return ""

    def ending(self, watch: "Watch", now_ms: int, outcome: str, detail: str) -> str:
        """Return how a wanted push ended, and what is left."""
        words = OUTCOME_TEXTS[outcome]
        left = "%d of %d pushes left" % (watch.budget.left(now_ms), watch.budget.capacity)
        return "%s%s (%s)" % (words, ": " + detail if detail else "", left)


def handle_request(watch: "Watch", event: "Any", now_ms: int) -> "list[Record]":
    """Have `watch` take what a person wants of it: PushRequested, SendRequested or PauseSet; or say why it cannot be."""
    if isinstance(event, PauseSet):
        if not ENDLESS <= event.for_ms <= LONGEST_MS:
            return [Reply(event.request, 0, event.watch, "a pause may last a year at most")]
        save = watch.set_pause(now_ms, event.for_ms)
        return [save, Reply(event.request, 1, event.watch, pause_text(watch.pause.left_ms(now_ms)))]
    if isinstance(event, PushRequested):
        return watch.request_push(Wish(event.request, {}, event.is_all))
    mistake = _mistake_in(event.glance)
    if mistake:
        return [Reply(event.request, 0, event.watch, mistake)]
    return watch.request_push(Wish(event.request, event.glance, 0))


def set_counter_total(counter: "Counter", event: "TotalSet") -> Reply:
    """Have `counter` go on from the total that a person wrote, a whole number from 0 on of up to 15 digits."""
    text, before = event.text, counter.total
    if not text or text[0] == "-" or not _is_whole(text):
        return Reply(event.request, 0, event.sensor, "a total is a whole number from 0 on, of up to 15 digits")
    counter.set_total(int(text))
    return Reply(event.request, 1, event.sensor, "the total is %d, it was %d" % (counter.total, before))


def _mistake_in(fields: "dict[str, str]") -> str:
    """Return a sentence about fields that no watch takes, or nothing."""
    if not fields:
        return "nothing to send: name at least one field"
    for name in fields:
        text = fields[name]
        if name not in FIELD_NAMES:
            return "there is no field %s: a glance has %s" % (name, ", ".join(FIELD_NAMES))
        if len(text) > TEXT_LENGTH_MAX:
            return "%s must be a text of at most %d characters" % (name, TEXT_LENGTH_MAX)
        if name in ("count", "percent") and text and not _is_whole(text):
            return "%s must be a whole number" % name
        if name == "percent" and text and not 0 <= int(text) <= 100:
            return "percent must be between 0 and 100"
    return ""


def _is_whole(text: str) -> bool:
    digits = text[1:] if text[0] == "-" else text
    return 0 < len(digits) <= _DIGITS_MAX and all([one in "0123456789" for one in digits])
