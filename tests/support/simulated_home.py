"""A home on a real broker, and the Plan of an agent that watches it."""

from pushglance.sandbox import TOKEN, USER
from support import plans


class Home:
    """Tell a real broker what happens at home, as retained messages."""

    def __init__(self, broker, luck):
        self._luck = luck
        self._broker = broker
        self._door, self._note, self._meter = 0, 0, 5000
        for topic in ("door", "note", "meter"):
            self._tell(topic)

    def _tell(self, topic):
        value = {"door": ("closed", "open")[self._door], "note": f"n{self._note}", "meter": str(self._meter)}[topic]
        self._broker.publish(f"home/{topic}", value, retain=True)

    def happen(self):
        """Let one thing happen."""
        topic = self._luck.choice(("door", "door", "note", "meter"))
        if topic == "door":
            self._door = 1 - self._door
        elif topic == "note":
            self._note += 1
        else:
            self._meter += self._luck.randrange(1, 50)
        self._tell(topic)

    def truth(self):
        """Return what the watch should show."""
        door = "Garage open" if self._door else "Garage closed"
        return {"title": "Home", "text": door, "subtext": f"n{self._note}", "count": str(self._meter)}


def a_plan(sandbox, broker, pushes):
    """Return a Plan of three urgent sensors on topics: each change wants to be pushed at once."""
    sensors = [
        plans.topic_contact(topic="home/door"),
        plans.text(topic="home/note", urgent=1),
        plans.counter("meter", source="mqtt", counts="total", topic="home/meter", resets="never", urgent=1)
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
