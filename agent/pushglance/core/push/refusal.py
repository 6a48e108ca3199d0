"""A refusal of Pushover that stands: what it is about, and until when that is not sent again.

A refusal of keys, user or device stops everything, one of a value only that value, any other one only the same content.
Contents that were refused one after the other all stand as long as the newest, else two would be sent in turns.
It counts from the refusal itself and survives crashes and reboots. It ends when a person reloads or asks, or with other
settings; after a regular stop it is tried again once, since a person who restarts may have fixed the account.
"""

from pushglance.core.causes import DEVICE, TOKEN, USER
from pushglance.core.events import Record

from .backoff import REQUESTED_MS
from .pause import Pause

_EARLIER_MAX = 8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import PushFinished
    from pushglance.core.wall_clock import WallClock


class Refusal(Record):
    """What Pushover refused; `memory` is its state as a store holds it."""

    fields = ("detail", "cause", "sent")

    def __init__(self, memory: "dict[str, Any]", opened_ms: int) -> None:
        self.detail = memory.get("detail", "")  # type: str
        self.cause = memory.get("cause", "")  # type: str  # see `causes`
        self.sent = memory.get("sent", {})  # type: dict[str, str]  # the content, or of it the refused values
        self.earlier = memory.get("earlier", [])  # type: list[list[Any]]  # cause and content of refusals before it
        self.asked_ms = None  # type: int | None  # when a try that a person requested was refused
        self._wait = Pause(memory, opened_ms)

    def is_about_receiver(self) -> bool:
        """Return True if whatever is sent would be refused."""
        names = self.cause.split()
        return TOKEN in names or USER in names or DEVICE in names

    def refused_values(self) -> "dict[str, str]":
        """Return the values that were refused; empty if the refusal names none."""
        if self.is_about_receiver():
            return {}
        return _values(self.cause, self.sent)

    def left_ms(self, now_ms: int) -> int:
        """Return how long it still stands."""
        return self._wait.left_ms(now_ms)

    def sendable(self, fields: "dict[str, str]", now_ms: int) -> "dict[str, str]":
        """Return which of these fields may be sent now."""
        if self.left_ms(now_ms) == 0:
            return fields
        if self.is_about_receiver():
            return {}
        for cause, content in self.earlier + [[self.cause, self.sent]]:  # noqa: RUF005 - MicroPython
            values = _values(cause, content)
            if values:
                fields = {name: fields[name] for name in fields if fields[name] != values.get(name)}
            elif fields == content:
                return {}
        return fields

    def allow_try(self, at_ms: int, wall: "WallClock") -> None:
        """Let it stand until a minute after the refusal at the longest."""
        for_ms, until_ms, _ = self._wait.state()
        earliest_ms = until_ms - for_ms + REQUESTED_MS
        self._wait.set(at_ms, max(0, min(self._wait.left_ms(at_ms), earliest_ms - at_ms)), wall)

    def is_over(self, delivered: "dict[str, str]") -> bool:
        """Return True if it no longer stands, now that this was delivered: a value stands until its field arrives."""
        values = self.refused_values()
        return not values or any([name in values for name in delivered])

    def clock_set(self, at_ms: int, wall_ms: int) -> bool:
        """Adjust its end to the wall clock; return True if that changed what must be saved."""
        return self._wait.clock_set(at_ms, wall_ms)

    def state(self) -> "dict[str, Any]":
        """Return what must survive."""
        for_ms, until_ms, until_wall_ms = self._wait.state()
        return {
            "detail": self.detail,
            "cause": self.cause,
            "sent": self.sent,
            "earlier": self.earlier,
            "for_ms": for_ms,
            "until_ms": until_ms,
            "until_wall_ms": until_wall_ms,
        }


def _values(cause: str, content: "dict[str, str]") -> "dict[str, str]":
    """Return the values of a content that a cause names."""
    return {name: content[name] for name in cause.split() if name in content}


def refusal_of(
    event: "PushFinished", sent: "dict[str, str]", before: "Refusal | None", for_ms: int, wall: "WallClock"
) -> Refusal:
    """Return the refusal of what was sent, which stands for `for_ms` from its answer on; `before` stood until now."""
    memory = {
        "detail": event.detail or "refused without a reason",
        "cause": event.cause,
        "sent": dict(sent),
        "for_ms": for_ms,
        "until_ms": event.at_ms + for_ms,
        "until_wall_ms": wall.wall_ms(event.at_ms + for_ms),
    }
    refusal = Refusal(memory, event.at_ms)
    if before is not None and before.left_ms(event.at_ms) and not before.is_about_receiver():
        refusal.earlier = (before.earlier + [[before.cause, before.sent]])[-_EARLIER_MAX:]  # noqa: RUF005
    if before is not None and refusal.refused_values():
        values = before.refused_values()
        for name in values:  # values that were refused one after the other are all left out
            if name not in refusal.refused_values():
                refusal.cause += " " + name
                refusal.sent[name] = values[name]
    return refusal
