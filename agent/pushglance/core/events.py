"""Facts, in the past tense: all that the core ever learns. Every one passes `Decider.handle`.

`at_ms` is an instant: monotonic int milliseconds, from a zero that only one boot knows. Facts change what is known;
only `TimePassed`, which the loop hands in after the facts it has, makes the core decide about pushes.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How a push ended. See DELIVERED ... in the README's glossary under "outcome".
DELIVERED = "delivered"  # HTTP 200 and status 1
UNSENT = "unsent"  # the request surely never left
UNKNOWN = "unknown"  # sent, no usable answer: it may have reached the watch
THROTTLED = "throttled"  # 429
REFUSED = "refused"  # other 4xx, or 200 with status 0: the same request is never repeated


class Record:
    """Hold named values; compare and print by them. `fields` names them in the constructor's order."""

    fields = ()  # type: tuple[str, ...]

    def as_list(self) -> "list[Any]":
        """Return the class name and the values in order: what vectors and logs hold."""
        return [self.__class__.__name__] + [getattr(self, name) for name in self.fields]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.as_list() == other.as_list()

    def __repr__(self) -> str:
        values = self.as_list()
        return "%s(%s)" % (values[0], ", ".join([repr(value) for value in values[1:]]))


class EdgeSeen(Record):
    """A contact's pin was seen at a level, bounce included: 1 is open, 0 is closed. The first one is a first look."""

    fields = ("at_ms", "sensor", "level")

    def __init__(self, at_ms: int, sensor: str, level: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.level = level


class PulsesSeen(Record):
    """`pulses` pulses were counted since this process started: a running total, so that a lost fact costs nothing."""

    fields = ("at_ms", "sensor", "pulses")

    def __init__(self, at_ms: int, sensor: str, pulses: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.pulses = pulses


class EdgesLost(Record):
    """`edges` edges of this sensor's pin since start came too fast to be read; they are counted, no more."""

    fields = ("at_ms", "sensor", "edges")

    def __init__(self, at_ms: int, sensor: str, edges: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.edges = edges


class ValueSeen(Record):
    """A topic carried one value as text; `retained` is 1 when the broker replayed a kept message.

    For a contact the text is "open" or "closed", for a gauge or a running total a decimal number; of a sensor that
    another agent has it may be "unknown".
    """

    fields = ("at_ms", "sensor", "text", "retained")

    def __init__(self, at_ms: int, sensor: str, text: str, retained: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.text = text
        self.retained = retained


class ValueUnreadable(Record):
    """`payloads` payloads since start could not be read as this sensor's value; they are counted, no more."""

    fields = ("at_ms", "sensor", "payloads")

    def __init__(self, at_ms: int, sensor: str, payloads: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.payloads = payloads


class LinkChanged(Record):
    """A way in or out came up (1) or went down (0): "mqtt", "pushover", "store", "cluster", "home assistant"."""

    fields = ("at_ms", "link", "is_up")

    def __init__(self, at_ms: int, link: str, is_up: int) -> None:
        self.at_ms = at_ms
        self.link = link
        self.is_up = is_up


class NodeChanged(Record):
    """Another agent came online (1) or went (0): sensors that it has are away until it is back and has told them."""

    fields = ("at_ms", "node", "is_online")

    def __init__(self, at_ms: int, node: str, is_online: int) -> None:
        self.at_ms = at_ms
        self.node = node
        self.is_online = is_online


class ClockSet(Record):
    """The wall clock is trusted and says `wall_ms` (UTC, since 1970); local time is `utc_offset_s` ahead of UTC."""

    fields = ("at_ms", "wall_ms", "utc_offset_s")

    def __init__(self, at_ms: int, wall_ms: int, utc_offset_s: int) -> None:
        self.at_ms = at_ms
        self.wall_ms = wall_ms
        self.utc_offset_s = utc_offset_s


class DayChanged(Record):
    """It is local day number `day` (since 1970-01-01); told at local midnight and when the clock becomes trusted."""

    fields = ("at_ms", "day")

    def __init__(self, at_ms: int, day: int) -> None:
        self.at_ms = at_ms
        self.day = day


class PushRetrying(Record):
    """An attempt surely never left and the courier is about to try again: it asks for the freshest glance."""

    fields = ("at_ms", "watch", "push_id")

    def __init__(self, at_ms: int, watch: str, push_id: int) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.push_id = push_id


class PushFinished(Record):
    """The answer to a push came home, or its time ran out.

    `jitter` (0..1023) is drawn by the runtime, so that the core stays deterministic; `wait_ms` is how long Pushover
    asked to wait (0: it did not say); `said` is what it answered, for log and status, e.g. errors and request id.
    """

    fields = ("at_ms", "watch", "push_id", "outcome", "jitter", "wait_ms", "detail")

    def __init__(
        self, at_ms: int, watch: str, push_id: int, outcome: str, jitter: int = 0, wait_ms: int = 0, detail: str = ""
    ) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.push_id = push_id
        self.outcome = outcome
        self.jitter = jitter
        self.wait_ms = wait_ms
        self.detail = detail


class PushRequested(Record):
    """A person wants the truth on this watch now; with `is_all` also the fields that do not differ.

    `request` names whoever waits for the `Reply`; "" is nobody. So it is in each of the requests that follow.
    """

    fields = ("at_ms", "watch", "is_all", "request")

    def __init__(self, at_ms: int, watch: str, is_all: int = 0, request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.is_all = is_all
        self.request = request


class SendRequested(Record):
    """A person wants these fields on this watch once, as they are; what is true follows when it may."""

    fields = ("at_ms", "watch", "glance", "request")

    def __init__(self, at_ms: int, watch: str, glance: "dict[str, str]", request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.glance = glance
        self.request = request


class PauseSet(Record):
    """A person wants nothing pushed to this watch for `for_ms` (-1: until told otherwise; 0: ends the pause)."""

    fields = ("at_ms", "watch", "for_ms", "request")

    def __init__(self, at_ms: int, watch: str, for_ms: int, request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.for_ms = for_ms
        self.request = request


class TotalSet(Record):
    """A person says what a counter's total is now, as text; today's share stays as it was counted."""

    fields = ("at_ms", "sensor", "text", "request")

    def __init__(self, at_ms: int, sensor: str, text: str, request: str = "") -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.text = text
        self.request = request


class LeaseAcquired(Record):
    """Of the hubs that share this watch it is now this one that pushes, under lease number `lease` (1 or more).

    `debits` ([push_id, until_ms, -1]) are all that count, whoever made them, `shown` is what is on the screen (None: in
    doubt), `parked` why nothing is pushed: what was known of the watch here until now is replaced by them.
    """

    fields = ("at_ms", "watch", "lease", "debits", "shown", "parked")

    def __init__(
        self, at_ms: int, watch: str, lease: int, debits: "list[list[int]]", shown: "dict[str, Any]", parked: str = ""
    ) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.lease = lease
        self.debits = debits
        self.shown = shown
        self.parked = parked


class LeaseLost(Record):
    """This hub does not push to this watch any more, or not yet; `said` is who does, or why nobody can."""

    fields = ("at_ms", "watch", "detail")

    def __init__(self, at_ms: int, watch: str, detail: str) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.detail = detail


class ShownUnknown(Record):
    """A push of another hub has ended late: nobody knows any more what the screen shows in the fields `names`."""

    fields = ("at_ms", "watch", "names")

    def __init__(self, at_ms: int, watch: str, names: "list[str]") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.names = names


class TimePassed(Record):
    """It is now `at_ms` and no older fact is waiting: decide."""

    fields = ("at_ms",)

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms


class Stopping(Record):
    """The runtime is about to stop: everything not yet saved is ordered to be saved."""

    fields = ("at_ms",)

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms


# Groups of events that the decider handles alike
READING_EVENTS = (EdgeSeen, PulsesSeen, EdgesLost, ValueSeen, ValueUnreadable)
PUSH_EVENTS = (PushRetrying, PushFinished)
CLOCK_EVENTS = (ClockSet, DayChanged)
REQUEST_EVENTS = (PushRequested, SendRequested, PauseSet, TotalSet)
LEASE_EVENTS = (LeaseAcquired, LeaseLost, ShownUnknown)
