"""The inbox: where tasks leave facts and only the loop takes them. Bounded, and honest about what it drops."""

from pushglance.core.events import EdgeSeen, ValueSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.events import Record

CAPACITY = 64  # the loop takes them every few milliseconds; more wait only while TLS computes


class Inbox:
    """Keep facts in order until they are taken."""

    def __init__(self) -> None:
        self._facts = []  # type: list[tuple[str, Record]]
        self.dropped = 0

    def put(self, fact: "Record") -> None:
        """Leave a fact; when too many wait, the oldest change of the sensor with the most of them is dropped."""
        self._facts.append(("", fact))
        if len(self._facts) > CAPACITY:
            self._drop_one()

    def put_latest(self, key: str, fact: "Record") -> None:
        """Leave a fact that replaces a waiting one of the same `key`."""
        for place, waiting in enumerate(self._facts):
            if waiting[0] == key:
                self._facts.pop(place)
                break
        self._facts.append((key, fact))

    def _drop_one(self) -> None:
        waiting = {}  # type: dict[str, int]
        noisiest = ""
        for key, fact in self._facts:
            if key == "" and isinstance(fact, (EdgeSeen, ValueSeen)):
                waiting[fact.sensor] = waiting.get(fact.sensor, 0) + 1
                if noisiest == "" or waiting[fact.sensor] > waiting[noisiest]:
                    noisiest = fact.sensor
        for place, (key, fact) in enumerate(self._facts):
            if key == "" and isinstance(fact, (EdgeSeen, ValueSeen)) and fact.sensor == noisiest:
                self._facts.pop(place)
                self.dropped += 1
                return

    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._facts

    def take(self) -> "list[Record]":
        """Return all facts, oldest first."""
        facts, self._facts = self._facts, []
        return [fact for _, fact in facts]
