"""Commands, in the imperative: everything that the core asks of a runtime.

One call of the core returns saves and pushes together. A runtime commits all these saves before it sends the first byte
of such a push. A save states what holds from now on, so repeating it does no harm.
"""

from .events import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SaveDebit(Record):
    """Debit a push before it is sent, or update the debit of one that has not left yet.

    `until_ms` is when the push returns to the budget, `until_wall_ms` the same in wall time (-1: the clock is not
    trusted). `shown` is what is certainly on the screen; the fields that are sent are uncertain from now on (None).
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
    """Save how a push ended, until when it counts (`until_ms` -1: it was refunded) and what is shown now."""

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
    """Save new return times after the clock was set: `entries` are [push_id, until_ms, until_wall_ms]."""

    fields = ("watch", "entries")

    def __init__(self, watch: str, entries: "list[list[int]]") -> None:
        self.watch = watch
        self.entries = entries


class SaveRefusal(Record):
    """Save what Pushover refused and until when that stands ({}: nothing), with the fingerprint of the settings."""

    fields = ("watch", "refusal", "fingerprint")

    def __init__(self, watch: str, refusal: "dict[str, Any]", fingerprint: str) -> None:
        self.watch = watch
        self.refusal = refusal
        self.fingerprint = fingerprint


class SaveShown(Record):
    """Save what is shown or reported, after a change without a push."""

    fields = ("watch", "shown")

    def __init__(self, watch: str, shown: "dict[str, str | None]") -> None:
        self.watch = watch
        self.shown = shown


class SavePause(Record):
    """Save a pause of `for_ms` (0: none, -1: without an end) and when it ends (`until_wall_ms` -1: unknown)."""

    fields = ("watch", "for_ms", "until_ms", "until_wall_ms")

    def __init__(self, watch: str, for_ms: int, until_ms: int, until_wall_ms: int) -> None:
        self.watch = watch
        self.for_ms = for_ms
        self.until_ms = until_ms
        self.until_wall_ms = until_wall_ms


class SaveSensors(Record):
    """Save the states of these sensors: {name: {key: int or string}}."""

    fields = ("states",)

    def __init__(self, states: "dict[str, dict[str, Any]]") -> None:
        self.states = states


class SaveModel(Record):
    """Save learnt models: {"sensor garage" or "watch home": plain JSON}.

    Losing them only makes pacing less accurate until they are learnt again.
    """

    fields = ("states",)

    def __init__(self, states: "dict[str, Any]") -> None:
        self.states = states


class SaveTransition(Record):
    """Save one settled change of a contact for the history; `value` is 1 for open, 0 for closed."""

    fields = ("sensor", "at_ms", "value")

    def __init__(self, sensor: str, at_ms: int, value: int) -> None:
        self.sensor = sensor
        self.at_ms = at_ms
        self.value = value


class PushGlance(Record):
    """Send these fields to this watch. A second one with the same `push_id` replaces what has not left yet.

    `lease` is the number of the lease under which a hub decided this (0: the watch is not shared). It is not one of the
    `fields`, because it is the same for every push until the next `LeaseAcquired`.
    """

    fields = ("watch", "push_id", "glance")

    def __init__(self, watch: str, push_id: int, glance: "dict[str, str]", lease: int = 0) -> None:
        self.watch = watch
        self.push_id = push_id
        self.glance = glance
        self.lease = lease


class CancelPush(Record):
    """Drop a push that has not left."""

    fields = ("watch", "push_id")

    def __init__(self, watch: str, push_id: int) -> None:
        self.watch = watch
        self.push_id = push_id


class Reply(Record):
    """Answer the client whose request has the id `request`: whether it was done, and a sentence about `subject`."""

    fields = ("request", "is_done", "subject", "detail")

    def __init__(self, request: str, is_done: int, subject: str, detail: str) -> None:
        self.request = request
        self.is_done = is_done
        self.subject = subject
        self.detail = detail
