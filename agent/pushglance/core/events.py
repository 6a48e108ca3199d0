"""Events, in the past tense: everything that the core gets to know. Each one passes `Decider.handle`.

`at_ms` is monotonic; its zero changes at each boot. Events change what is known. Only `TimePassed`, which the loop adds
after all other events, makes the core decide about pushes.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Outcomes: how a push ended
DELIVERED = "delivered"  # HTTP 200 and status 1
UNSENT = "unsent"  # the request surely never left
UNKNOWN = "unknown"  # sent, no usable answer: it may have reached the watch
THROTTLED = "throttled"  # too many requests: surely not executed
REFUSED = "refused"  # Pushover's own words with status 0: not executed, and the same request is not repeated


class Record:
    """A record of values, compared and printed by them; `fields` has their names in the order of the constructor."""

    fields = ()  # type: tuple[str, ...]

    def as_list(self) -> "list[Any]":
        """Return the class name and the values in order: what vectors and logs hold."""
        return [self.__class__.__name__] + [getattr(self, name) for name in self.fields]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.as_list() == other.as_list()

    def __repr__(self) -> str:
        values = self.as_list()
        return "%s(%s)" % (values[0], ", ".join([repr(value) for value in values[1:]]))


class Instant(Record):
    """An event of which only the instant matters."""

    fields = ("at_ms",)

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms


class EdgeSeen(Record):
    """The pin of a contact had this level, bounce included, at first the present one: 1 is open, 0 is closed."""

    fields = ("at_ms", "sensor", "level")

    def __init__(self, at_ms: int, sensor: str, level: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.level = level


class PulsesSeen(Record):
    """`pulses` pulses, or millionths of increments, were counted since this process started: a running total."""

    fields = ("at_ms", "sensor", "pulses")

    def __init__(self, at_ms: int, sensor: str, pulses: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.pulses = pulses


class EdgesLost(Record):
    """`edges` edges of this sensor's pin were too fast to be read since the start; they are only counted."""

    fields = ("at_ms", "sensor", "edges")

    def __init__(self, at_ms: int, sensor: str, edges: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.edges = edges


class ValueSeen(Record):
    """A topic carried "open", "closed", a decimal number or a text; `retained` is 1 if the broker replayed it."""

    fields = ("at_ms", "sensor", "text", "retained")  # type: tuple[str, ...]

    def __init__(self, at_ms: int, sensor: str, text: str, retained: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.text = text
        self.retained = retained


class DatedValueSeen(ValueSeen):
    """A message that also names the time of the change, as it was written there."""

    fields = ("at_ms", "sensor", "text", "retained", "time")

    def __init__(self, at_ms: int, sensor: str, text: str, retained: int, time: str) -> None:
        super().__init__(at_ms, sensor, text, retained)
        self.time = time


class ValueUnreadable(Record):
    """`payloads` payloads since the start were not valid values of this sensor; they are only counted."""

    fields = ("at_ms", "sensor", "payloads")

    def __init__(self, at_ms: int, sensor: str, payloads: int) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.payloads = payloads


class AvailabilityChanged(Record):
    """A cause of sensors/sensor.py makes this sensor unknown (0), or has ended (1). `detail` is for people."""

    fields = ("at_ms", "sensor", "cause", "is_available", "detail")

    def __init__(self, at_ms: int, sensor: str, cause: str, is_available: int, detail: str = "") -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.cause = cause
        self.is_available = is_available
        self.detail = detail


class LinkChanged(Record):
    """A link came up (1) or went down (0): "mqtt", "pushover", "store", "cluster" or "home assistant"."""

    fields = ("at_ms", "link", "is_up")

    def __init__(self, at_ms: int, link: str, is_up: int) -> None:
        self.at_ms = at_ms
        self.link = link
        self.is_up = is_up


class NodeChanged(Record):
    """Another agent came online (1) or went offline (0): its sensors are unavailable until it publishes them again."""

    fields = ("at_ms", "node", "is_online")

    def __init__(self, at_ms: int, node: str, is_online: int) -> None:
        self.at_ms = at_ms
        self.node = node
        self.is_online = is_online


class ClockSet(Record):
    """The wall clock is trusted and shows `wall_ms` (UTC, since 1970); local time is `utc_offset_s` ahead of UTC."""

    fields = ("at_ms", "wall_ms", "utc_offset_s")

    def __init__(self, at_ms: int, wall_ms: int, utc_offset_s: int) -> None:
        self.at_ms = at_ms
        self.wall_ms = wall_ms
        self.utc_offset_s = utc_offset_s


class DayChanged(Record):
    """Local day number `day` (since 1970-01-01) has begun, or the clock became trusted on that day."""

    fields = ("at_ms", "day")

    def __init__(self, at_ms: int, day: int) -> None:
        self.at_ms = at_ms
        self.day = day


class PushRetrying(Record):
    """An attempt surely never left, and the courier asks for the present glance before it tries again."""

    fields = ("at_ms", "watch", "push_id")

    def __init__(self, at_ms: int, watch: str, push_id: int) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.push_id = push_id


class PushFinished(Record):
    """The answer to a push arrived, or its time ran out. Pushover asked to wait `wait_ms` (0: it did not).

    `jitter` (0..1023) is drawn by the runtime. `detail` is for people, `cause` a word of `causes` or "".
    """

    fields = ("at_ms", "watch", "push_id", "outcome", "jitter", "wait_ms", "detail", "cause")

    def __init__(
        self,
        at_ms: int,
        watch: str,
        push_id: int,
        outcome: str,
        jitter: int = 0,
        wait_ms: int = 0,
        detail: str = "",
        cause: str = "",
    ) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.push_id = push_id
        self.outcome, self.cause, self.detail = outcome, cause, detail
        self.jitter, self.wait_ms = jitter, wait_ms


class RequestEvent(Record):
    """A person asked for something; `request_events` has the kinds, which boards never get."""


class LeaseEvent(Record):
    """Hubs that share a watch: `lease_events` has the kinds, which boards never get."""

    watch = ""


class TimePassed(Instant):
    """It is now `at_ms` and no older event is waiting: decide."""


class Stopping(Instant):
    """The runtime is about to stop: save everything that is unsaved."""


# Groups of events that the decider handles alike
READING_EVENTS = (EdgeSeen, PulsesSeen, EdgesLost, ValueSeen, ValueUnreadable, AvailabilityChanged)
PUSH_EVENTS = (PushRetrying, PushFinished)
AGE_EVENTS = (EdgeSeen, PulsesSeen, ValueSeen)  # a sensor's value is as old as the last of them
CLOCK_EVENTS = (ClockSet, DayChanged)
