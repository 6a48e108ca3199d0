"""What a node tells the house: its readings under one root, retained, and that it is online, last.

Home Assistant is told first what there is, by an announcement that was made with the Plan. `ROOT/sensor/garage` is
"open" or "closed", a counter its total, a gauge or text its value, each "unknown" while nobody knows it; `ROOT/status`
is "online", and "offline" by the last will. Whoever reads "online" has the readings by then.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.decider import Decider
    from pushglance.core.plan_types import NodePlan

OFFLINE = b"offline"
_STATUS = "status"


class NodePublisher:
    """Know what the broker has of each sensor; None as a plan publishes nothing."""

    def __init__(self, plan: "NodePlan | None") -> None:
        self._root = "" if plan is None else plan["root"] + "/"
        self._announcement = ("", "") if plan is None else (plan["announcement_topic"], plan["announcement"])
        self._wanted = {}  # type: dict[str, str]
        self._published = {}  # type: dict[str, str]
        self._out = ""  # what is on its way
        self._out_text = ""
        self._packet_id = 0

    def last_will(self) -> "tuple[str, bytes] | None":
        """Return topic and payload that tell that this node is gone, None if nobody is told."""
        return (self._root + _STATUS, OFFLINE) if self._root else None

    def update(self, decider: "Decider") -> None:
        """Take the readings as they are now."""
        if not self._root:
            return
        for name in decider.sensors:
            self._wanted["sensor/" + name] = decider.sensors[name].reading()

    def next_unpublished(self) -> "tuple[str, bytes] | None":
        """Return topic and payload of what the broker lacks, None while something is on its way."""
        if self._out or not self._root or not self._wanted:
            return None
        topic, announcement = self._announcement
        if announcement and topic not in self._published:
            self._out, self._out_text = topic, "told"
            return topic, announcement.encode()
        for name in self._wanted:
            if self._published.get(name) != self._wanted[name]:
                return self._hand_out(name, self._wanted[name])
        if _STATUS not in self._published:
            return self._hand_out(_STATUS, "online")
        return None

    def _hand_out(self, name: str, text: str) -> "tuple[str, bytes]":
        self._out, self._out_text = name, text
        return self._root + name, text.encode()

    def sent(self, packet_id: int) -> None:
        """Note under which number the last one was sent."""
        self._packet_id = packet_id

    def acknowledged(self, packet_id: int) -> None:
        """Note that the broker has it."""
        if self._out and packet_id == self._packet_id:
            self._published[self._out] = self._out_text
            self._out = ""

    def forget_published(self) -> None:
        """Begin anew after a connection was lost: publishing a retained value again does no harm."""
        self._published = {}
        self._out = ""
