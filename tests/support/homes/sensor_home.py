"""One sensor with settings as people write them, fed with the messages of a device."""

from pushglance.core.events import ClockSet, DayChanged
from pushglance.core.wire.event_buffer import EventBuffer
from pushglance.core.wire.message_router import MessageRouter
from pushglance.plan import compile_plan
from pushglance.runtime.plan_validation import check_plan
from support.core_harness import CoreHarness

WALL = 1_795_425_600_000
MINUTE = 60_000
BROKER = '[mqtt]\nhost = "h"\n'


class Home:
    """A core with the sensor `x` of these lines; messages on the topic t."""

    def __init__(self, load, lines):
        text = f'{BROKER}[sensors.x]\n{lines}\n[glance]\ntext = "{{x}}"\n'
        self.plan = check_plan(compile_plan(load(text)))
        self.harness = CoreHarness(self.plan)
        self.harness.feed(ClockSet(0, WALL, 3600), DayChanged(0, WALL // 86_400_000))
        self.buffer = EventBuffer(100)
        topics = [sensor for sensor in self.plan["sensors"] if sensor["source"] == "mqtt"]
        self.router = MessageRouter(topics, self.buffer, lambda: self.harness.now_ms)

    def send(self, *messages, topic="t", every_ms=MINUTE, is_retained=False):
        """Deliver messages, with this time before each."""
        for payload in messages:
            self.harness.pass_to(self.harness.now_ms + every_ms)
            self.router.deliver(topic, payload if payload is None else payload.encode(), is_retained)
            self.harness.feed(*self.buffer.pop_all())

    def wait(self, for_ms):
        """Let time pass."""
        self.harness.pass_to(self.harness.now_ms + for_ms)

    def __getitem__(self, attribute):
        return self.harness.decider.sensors["x"].text(attribute)

    @property
    def alarms(self):
        """Return the messages that were sent, in order."""
        return [fields["message"] for _, name, fields in self.harness.pushes if name == "messages"]

    @property
    def reading(self):
        """Return the reading for programs."""
        return self.harness.decider.sensors["x"].reading()
