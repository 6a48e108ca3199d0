"""What a node publishes: the readings of its sensors, retained, and its status as the last of them.

Home Assistant's discovery payload comes first; it was made with the Plan. `ROOT/sensor/garage` is "open" or "closed", a
counter's total, a gauge's or text's value, or "unknown". `ROOT/status` is "online", or "offline" by the last will. A
subscriber that reads "online" has all readings.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.decider import Decider
    from pushglance.core.plan_types import NodePlan

OFFLINE = b"offline"
_STATUS = "status"


class NodePublisher:
    """Compare the readings with what the broker has. Without a plan nothing is published."""

    def __init__(self, plan: "NodePlan | None") -> None:
        self._root = "" if plan is None else plan["root"] + "/"
        self._discovery = ("", "") if plan is None else (plan["announcement_topic"], plan["announcement"])
        self._readings = {}  # type: dict[str, str]  # topic below the root: text
        self._published = {}  # type: dict[str, str]
        self._in_flight = ""  # topic
        self._in_flight_text = ""
        self._packet_id = 0

    def last_will(self) -> "tuple[str, bytes] | None":
        """Return topic and payload that report this node as offline, None if nothing is published."""
        return (self._root + _STATUS, OFFLINE) if self._root else None

    def update(self, decider: "Decider") -> None:
        """Read the current readings."""
        if not self._root:
            return
        for name in decider.sensors:
            self._readings["sensor/" + name] = decider.sensors[name].reading()

    def next_unpublished(self) -> "tuple[str, bytes] | None":
        """Return topic and payload that the broker does not have, None while a message is in flight."""
        if self._in_flight or not self._root or not self._readings:
            return None
        topic, discovery = self._discovery
        if discovery and topic not in self._published:
            self._in_flight, self._in_flight_text = topic, "published"
            return topic, discovery.encode()
        for name in self._readings:
            if self._published.get(name) != self._readings[name]:
                return self._start(name, self._readings[name])
        if _STATUS not in self._published:
            return self._start(_STATUS, "online")
        return None

    def _start(self, name: str, text: str) -> "tuple[str, bytes]":
        self._in_flight, self._in_flight_text = name, text
        return self._root + name, text.encode()

    def mark_sent(self, packet_id: int) -> None:
        """Note the packet id of the message in flight."""
        self._packet_id = packet_id

    def mark_acknowledged(self, packet_id: int) -> None:
        """Note that the broker has the message."""
        if self._in_flight and packet_id == self._packet_id:
            self._published[self._in_flight] = self._in_flight_text
            self._in_flight = ""

    def reset(self) -> None:
        """Publish everything again on a new connection; publishing a retained value twice does no harm."""
        self._published = {}
        self._in_flight = ""
