"""Readings for a Pi: a board that does not push by itself publishes what has settled under one prefix, retained.

`PREFIX/garage` is "open" or "closed", a counter its total, a gauge or text its value; `PREFIX/online` is 1, and 0 by
the last will. The computer's settings read them as ordinary topics, a counter with counts = "total".
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.decider import Decider

_WORDS = ("closed", "open")


class Readings:
    """Know what the broker has of each sensor; without a `prefix` nothing is published."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._wanted = {}  # type: dict[str, str]
        self._published = {}  # type: dict[str, str]
        self._out = ""  # the sensor whose message is on its way
        self._out_text = ""
        self._packet_id = 0

    def update(self, decider: "Decider") -> None:
        """Take the readings as they are now."""
        if not self._prefix:
            return
        for name in decider.sensors:
            sensor = decider.sensors[name]
            if sensor.kind == "contact":
                value = sensor.value  # type: ignore[attr-defined]  # a contact has one
                text = None if value is None else _WORDS[value]
            elif sensor.kind == "counter":
                text = sensor.text("total")
            else:
                text = sensor.text("")
            if text is not None:
                self._wanted[name] = text

    def next_unpublished(self) -> "tuple[str, bytes] | None":
        """Return topic and payload of a reading that the broker lacks, None while one is on its way."""
        if self._out:
            return None
        for name in self._wanted:
            if self._published.get(name) != self._wanted[name]:
                self._out, self._out_text = name, self._wanted[name]
                return self._prefix + "/" + name, self._out_text.encode()
        return None

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
