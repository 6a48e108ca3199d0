"""The queue of waiting events without threads: their order, which one replaces another, and which one is dropped."""

from pushglance.core.events import EdgeSeen, ValueSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.events import Record


class EventBuffer:
    """Hold events in the order of their arrival. At most `capacity` changes of sensors wait.

    If more come, the oldest change of the sensor with the most waiting changes is dropped: its newer changes correct
    it, and a noisy sensor never displaces the last change of a quiet one. Other events are never dropped: a lost answer
    would leave a push in flight for ever.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._events = {}  # type: dict[int, Record]  # by number of arrival: MicroPython's dicts have no order
        self._latest = {}  # type: dict[str, int]  # key: number of the waiting event
        self._changes = {}  # type: dict[str, list[int]]  # sensor: numbers of its droppable events, oldest first
        self._changes_waiting = 0
        self._number = 0
        self.dropped = 0

    def put(self, event: "Record") -> None:
        """Append an event."""
        number = self._append(event)
        if isinstance(event, (EdgeSeen, ValueSeen)):
            if event.sensor not in self._changes:
                self._changes[event.sensor] = []
            self._changes[event.sensor].append(number)
            self._changes_waiting += 1
            if self._changes_waiting > self._capacity:
                self._drop_one()

    def put_latest(self, key: str, event: "Record") -> None:
        """Append an event that replaces the waiting one with the same `key`."""
        if key in self._latest:
            del self._events[self._latest[key]]  # the new one is appended: events keep the order of their instants
        self._latest[key] = self._append(event)

    def is_empty(self) -> bool:
        """Return whether no event waits."""
        return not self._events

    def pop_all(self) -> "list[Record]":
        """Remove all events and return them, oldest first."""
        events = self._events
        if not events:
            return []
        self._events = {}
        self._latest = {}
        self._changes = {}
        self._changes_waiting = self._number = 0
        return [events[number] for number in sorted(events)]

    def _append(self, event: "Record") -> int:
        self._number += 1
        self._events[self._number] = event
        return self._number

    def _drop_one(self) -> None:
        noisiest = []  # type: list[int]
        for sensor in self._changes:
            numbers = self._changes[sensor]
            is_tie = len(numbers) == len(noisiest) > 0
            if len(numbers) > len(noisiest) or (is_tie and numbers[0] < noisiest[0]):
                noisiest = numbers
        del self._events[noisiest.pop(0)]
        self._changes_waiting -= 1
        self.dropped += 1
