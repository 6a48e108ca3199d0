"""Orders, in the imperative: all that the core ever asks of a runtime.

A runtime commits every save of one answer before it lets the first byte of a push of the same answer leave. Saves
name what is true from now on, so that repeating one does no harm.
"""

from .events import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SaveDebit(Record):
    """StateStore a push before it is sent, or book anew one that has not left yet.

    `until_ms` is the instant when the push is returned to the budget, `until_wall_ms` the same in wall time (-1: the
    clock is not trusted). `shown` is what is on the screen; the fields that are sent are in doubt from now on (None).
    """

    fields = ("watch", "push_id", "at_ms", "until_ms", "until_wall_ms", "sent", "shown")

    def __init__(
        self,
        watch: str,
        push_id: int,
        at_ms: int,
        until_ms: int,
        until_wall_ms: int,
        sent: "dict[str, str]",
        shown: "dict[str, str | None]",
    ) -> None:
        self.watch = watch
        self.push_id = push_id
        self.at_ms = at_ms
        self.until_ms = until_ms
        self.until_wall_ms = until_wall_ms
        self.sent = sent
        self.shown = shown


class SaveOutcome(Record):
    """Note how a push ended, until when it counts (`until_ms` -1: the debit is returned) and what is shown now."""

    fields = ("watch", "push_id", "at_ms", "outcome", "detail", "until_ms", "until_wall_ms", "shown")

    def __init__(
        self,
        watch: str,
        push_id: int,
        at_ms: int,
        outcome: str,
        detail: str,
        until_ms: int,
        until_wall_ms: int,
        shown: "dict[str, str | None]",
    ) -> None:
        self.watch = watch
        self.push_id = push_id
        self.at_ms = at_ms
        self.outcome = outcome
        self.detail = detail
        self.until_ms = until_ms
        self.until_wall_ms = until_wall_ms
        self.shown = shown


class SaveLedger(Record):
    """Note anew when debits are returned, after the clock was set: `entries` are [push_id, until_ms, until_wall_ms]."""

    fields = ("watch", "entries")

    def __init__(self, watch: str, entries: "list[list[int]]") -> None:
        self.watch = watch
        self.entries = entries


class SaveParked(Record):
    """Note that a watch is parked because of what Pushover `said`; an empty sentence ends it."""

    fields = ("watch", "detail", "fingerprint")

    def __init__(self, watch: str, detail: str, fingerprint: str) -> None:
        self.watch = watch
        self.detail = detail
        self.fingerprint = fingerprint


class SavePause(Record):
    """Note a pause of `for_ms` (0: none, -1: until told otherwise) and when it ends (`until_wall_ms` -1: unknown)."""

    fields = ("watch", "for_ms", "until_ms", "until_wall_ms")

    def __init__(self, watch: str, for_ms: int, until_ms: int, until_wall_ms: int) -> None:
        self.watch = watch
        self.for_ms = for_ms
        self.until_ms = until_ms
        self.until_wall_ms = until_wall_ms


class SaveSensors(Record):
    """Keep the states of these sensors: {name: {key: int or string}}."""

    fields = ("states",)

    def __init__(self, states: "dict[str, dict[str, Any]]") -> None:
        self.states = states


class SaveModel(Record):
    """Keep what pacing has learnt: {"sensor garage" or "watch home": plain JSON}. Losing it costs nothing but wit."""

    fields = ("states",)

    def __init__(self, states: "dict[str, Any]") -> None:
        self.states = states


class SaveTransition(Record):
    """Keep one settled change of a contact for the history; `value` is 1 for open, 0 for closed."""

    fields = ("sensor", "at_ms", "value")

    def __init__(self, sensor: str, at_ms: int, value: int) -> None:
        self.sensor = sensor
        self.at_ms = at_ms
        self.value = value


class PushGlance(Record):
    """Send these fields to this watch. A second one with the same `push_id` replaces what has not left yet.

    `lease` is the number under which a hub decided this (0: the watch is not shared); no field, for it is the same for
    every push until the next `LeaseAcquired`.
    """

    fields = ("watch", "push_id", "glance")

    def __init__(self, watch: str, push_id: int, glance: "dict[str, str]", lease: int = 0) -> None:
        self.watch = watch
        self.push_id = push_id
        self.glance = glance
        self.lease = lease


class CancelPush(Record):
    """Give up a push that has not left: the watch shows the truth again without it."""

    fields = ("watch", "push_id")

    def __init__(self, watch: str, push_id: int) -> None:
        self.watch = watch
        self.push_id = push_id


class Reply(Record):
    """Tell whoever waits under `request` what became of it, in a sentence about `subject`; nothing is to be saved."""

    fields = ("request", "is_done", "subject", "detail")

    def __init__(self, request: str, is_done: int, subject: str, detail: str) -> None:
        self.request = request
        self.is_done = is_done
        self.subject = subject
        self.detail = detail
