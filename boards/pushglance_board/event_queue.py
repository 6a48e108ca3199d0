"""The inbox: where tasks leave facts and only the loop takes them. Bounded, and honest about what it drops."""

from pushglance.core.events import EdgeSeen, ValueSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.events import Record

CAPACITY = 64  # the loop takes them every few milliseconds; more wait only while TLS computes


class EventQueue:
    """Keep facts in order until they are taken."""

    def __init__(self) -> None:
        self._events = []  # type: list[tuple[str, Record]]
        self.dropped = 0

    def put(self, event: "Record") -> None:
        """Leave a fact; when too many wait, the oldest change of the sensor with the most of them is dropped."""
        self._events.append(("", event))
        if len(self._events) > CAPACITY:
            self._drop_one()

    def put_latest(self, key: str, event: "Record") -> None:
        """Leave a fact that replaces a waiting one of the same `key`."""
        for place, waiting in enumerate(self._events):
            if waiting[0] == key:
                self._events.pop(place)
                break
        self._events.append((key, event))

    def _drop_one(self) -> None:
        waiting = {}  # type: dict[str, int]
        noisiest = ""
        for key, event in self._events:
            if key == "" and isinstance(event, (EdgeSeen, ValueSeen)):
                waiting[event.sensor] = waiting.get(event.sensor, 0) + 1
                if noisiest == "" or waiting[event.sensor] > waiting[noisiest]:
                    noisiest = event.sensor
        for place, (key, event) in enumerate(self._events):
            if key == "" and isinstance(event, (EdgeSeen, ValueSeen)) and event.sensor == noisiest:
                self._events.pop(place)
                self.dropped += 1
                return

    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._events

    def take(self) -> "list[Record]":
        """Return all facts, oldest first."""
        events, self._events = self._events, []
        return [event for _, event in events]
