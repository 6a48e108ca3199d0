"""A simulated home that publishes to a real broker, and the Plan of an agent that reads it."""

from pushglance.sandbox import TOKEN, USER
from support import plans


class Home:
    """Publishes random changes of a door, a note and a meter as retained messages."""

    def __init__(self, broker, random):
        self._random = random
        self._broker = broker
        self._door, self._note, self._meter = 0, 0, 5000
        for topic in ("door", "note", "meter"):
            self._publish(topic)

    def _publish(self, topic):
        value = {"door": ("closed", "open")[self._door], "note": f"n{self._note}", "meter": str(self._meter)}[topic]
        self._broker.publish(f"home/{topic}", value, retain=True)

    def change(self):
        """Change one value at random."""
        topic = self._random.choice(("door", "door", "note", "meter"))
        if topic == "door":
            self._door = 1 - self._door
        elif topic == "note":
            self._note += 1
        else:
            self._meter += self._random.randrange(1, 50)
        self._publish(topic)

    def expected_screen(self):
        """Return the glance that the watch should show."""
        door = "Garage open" if self._door else "Garage closed"
        return {"title": "Home", "text": door, "subtext": f"n{self._note}", "count": str(self._meter)}


def home_plan(sandbox, broker, pushes):
    """Return a Plan of three urgent sensors on topics, whose changes are pushed at once."""
    sensors = [
        plans.topic_contact(topic="home/door"),
        plans.text(topic="home/note", urgent=1),
        plans.counter("meter", source="mqtt", counts="total", topic="home/meter", resets="never", urgent=1, stale_ms=0)
        | {"qos": 1, "pointer": ""},
    ]
    fields = {"title": ["Home"], "text": [["garage", ""]], "subtext": [["note", ""]], "count": [["meter", "total"]]}
    return plans.plan(
        sensors,
        [plans.watch(pushes=pushes, spacing_ms=0, **fields) | {"device": ""}],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 700, "ca_file": ""},
        mqtt=plans.mqtt(broker.port, version="5"),
        secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": ""},
    )
