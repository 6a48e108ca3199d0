"""The simulated house: what its sensors do, what reaches the agent of it, and what is true.

Six sensors: a bouncing door and a pulse counter on pins; a window, a meter, a tank and a note on retained topics.
"""

import time

from pushglance.core.events import EdgeSeen, LinkChanged, PulsesSeen, ValueSeen
from support import plans

from .scheduler import DAY, HOUR, MINUTE, SECOND

SETTLE_MS = 200
TOPICS = ("window", "meter", "tank", "note")
WORDS = (("Garage closed", "Garage open"), ("Shut", "Open"))
WATCHES = ("hall", "wrist", "desk")
_BEGINS_WITH = " since "


class Settings:
    """Hold what a user has written: drawn anew whenever the settings change in a story."""

    def __init__(self, luck, watches):
        self.watches = WATCHES[:watches]
        self.pushes = {name: luck.choice((50, 50, 50, 20, 5)) for name in WATCHES}
        self.spacing_ms = luck.choice((20 * MINUTE, 20 * MINUTE, 5 * MINUTE, 0))
        self.pacing = luck.choice(("price", "price", "spacing"))
        self.words = luck.choice(WORDS)
        self.has_note = luck.random() < 0.8
        self.is_window_urgent = int(luck.random() < 0.3)
        self.stale_ms = luck.choice((0, 0, 6 * HOUR))

    def plan(self):
        """Return the Plan of these settings."""
        closed, is_open = self.words
        sensors = [
            plans.contact(settle_open_ms=SETTLE_MS, settle_closed_ms=SETTLE_MS, open=is_open, closed=closed),
            plans.topic_contact("window", "home/window", urgent=self.is_window_urgent, open="Ajar", closed="Fast"),
            plans.counter(),
            plans.counter("meter", source="mqtt", counts="total", topic="home/meter", resets="never"),
            plans.gauge(deadband=1, stale_ms=self.stale_ms),
            plans.text(),
        ]
        return plans.plan(sensors, [self._watch(name) for name in self.watches])

    def _watch(self, name):
        if name == "hall":
            fields = {
                "title": ["Home"],
                "text": [["garage", ""]],
                "count": [["visitors", "total"]],
                "percent": [["tank", ""]],
            }
            if self.has_note:
                fields["subtext"] = [["note", ""]]
        elif name == "wrist":
            fields = {
                "title": [["window", ""]],
                "text": [["garage", ""], _BEGINS_WITH, ["garage", "since"]],
                "subtext": [["visitors", "today"], " today"],
                "count": [["meter", ""]],
            }
        else:
            fields = {"title": [["window", ""]], "text": [["note", ""]]}
        watch = plans.watch(name, self.pushes[name], self.spacing_ms, self.pacing, **fields)
        return watch | {"account": ("b" if name == "wrist" else "a") * 16}


class House:
    """Move things, and tell a running agent of them as pins and topics do."""

    def __init__(self, world):
        self._world = world
        self._machine = world.machine
        self._clockwork = world.clockwork
        self._luck = world.luck
        self.level = 0
        self.window = 0
        self.pulses = 0  # by the world's own count, as seen by a running agent
        self.today = 0  # of those, since local midnight
        self.meter = 5000
        self.tank = 50
        self.note = 0
        self._tank_told_ms = 0
        self.is_broker_up = True
        self.counted = []  # (at_ms, pulses) since the last start
        self._pulses_of_process = 0
        self._midnight_ms = -DAY  # the last one
        self._due_ms = dict.fromkeys(TOPICS, 0)  # when the last message of each topic comes: each keeps its order
        self._happenings = (
            [self._door] * 6 + [self._flap] + [self._come] * 4 + [self._tell_tank] * 3 + [self._tell_note] * 3
        ) + [self._tell_window, self._tell_meter]

    def happen(self):
        """Let one thing happen."""
        self._luck.choice(self._happenings)()

    # -- pins --------------------------------------------------------------------------------------------------------

    def begin(self):
        """See an agent start: its first looks."""
        self._pulses_of_process = 0
        self.counted = []
        self._machine.put(EdgeSeen(self._machine.monotonic_ms(), "garage", self.level))
        if self.is_broker_up:
            self._replay()

    def _edge(self, level):
        self._world.disturb()
        self.level = level
        if self._machine.loop is not None:
            self._machine.put(EdgeSeen(self._machine.monotonic_ms(), "garage", level))

    def _door(self):
        level, bounces = 1 - self.level, self._luck.choice((0, 0, 1, 2))
        self._world.say("the door {} with {} bounces", "opens" if level else "closes", bounces)
        for number in range(bounces):  # each bounce is there and back again
            self._clockwork.after(number * 8, self._edge, level)
            self._clockwork.after(number * 8 + 3, self._edge, 1 - level)
        self._clockwork.after(44, self._edge, level)

    def _flap(self):
        pause_ms = self._luck.choice((40, 300, 5000, 40_000))
        for number in range(self._luck.randrange(2, 15)):
            self._clockwork.after(number * pause_ms, self._door)

    def _come(self):
        number = self._luck.randrange(1, 30)
        if self._clockwork.now_ms - self._midnight_ms < SECOND:
            return  # they may rightly count for either day
        if self._machine.loop is None:
            return  # nobody sees them: a pulse while the agent is off is lost by nature
        self._world.say("{} visitors", number)
        self._world.disturb()
        self.pulses += number
        self.today += number
        self._pulses_of_process += number
        self.counted.append((self._clockwork.now_ms, self.pulses))
        event = PulsesSeen(self._machine.monotonic_ms(), "visitors", self._pulses_of_process)
        self._machine.put_latest("pulses", event)

    def turn_day(self):
        """See local midnight pass, and come back for the next one."""
        self._world.disturb()
        self.today, self._midnight_ms = 0, self._clockwork.now_ms
        self._clockwork.after(self._until_midnight_ms(), self.turn_day)

    def await_midnight(self):
        """Come back at local midnight."""
        self._clockwork.after(self._until_midnight_ms(), self.turn_day)

    def _until_midnight_ms(self):
        wall_ms = self._machine.true_wall_ms()
        local_s = wall_ms // 1000 + _offset_s(wall_ms)
        midnight_ms = wall_ms + (DAY // 1000 - local_s % (DAY // 1000)) * 1000
        return midnight_ms - (_offset_s(midnight_ms) - _offset_s(wall_ms)) * 1000 - wall_ms

    # -- topics ------------------------------------------------------------------------------------------------------

    def _tell_window(self):
        self._world.disturb()
        self.window = 1 - self.window
        self._publish("window")

    def _tell_meter(self):
        self._world.disturb()
        self.meter += self._luck.randrange(1, 40)
        self._publish("meter")

    def _tell_tank(self):
        self._world.disturb()
        self.tank = self._luck.randrange(101) if self._luck.random() < 0.5 else self.tank
        self._publish("tank")

    def _tell_note(self):
        self._world.disturb()
        self.note += 1
        self._publish("note")

    def _value(self, topic):
        if topic == "window":
            return "open" if self.window else "closed"
        return f"n{self.note}" if topic == "note" else str(getattr(self, topic))

    def _publish(self, topic):
        self._world.say("{} tells {}", topic, self._value(topic))
        if topic == "tank":
            self._tell_tank_age()
        if not self.is_broker_up or self._machine.loop is None:
            return  # retained: the broker tells it when it is back
        # Each topic keeps its order, but not with the others: one may come a second after another that it preceded.
        delay_ms = 0 if self._luck.random() < 0.8 else self._luck.randrange(2 * SECOND)
        now_ms = self._clockwork.now_ms
        self._due_ms[topic] = max(self._due_ms[topic], now_ms + delay_ms)
        process = self._machine.process
        self._clockwork.after(self._due_ms[topic] - now_ms, self._deliver, topic, self._value(topic), process)

    def _tell_tank_age(self):
        self._tank_told_ms = self._clockwork.now_ms
        stale_ms = self._world.settings.stale_ms
        if stale_ms:  # then it is a change of what is true
            self._clockwork.after(stale_ms, self._world.disturb, 2 * SECOND)

    def _deliver(self, topic, text, process):
        if process != self._machine.process or not self.is_broker_up:
            return  # that connection is gone
        self._world.disturb()  # what the agent could not know before
        event = ValueSeen(self._machine.monotonic_ms(), topic, text, 0)
        for _ in range(self._luck.choice((1, 1, 1, 2))):  # QoS 1 may repeat
            if topic == "window":
                self._machine.put(event)
            else:
                self._machine.put_latest(f"value:{topic}", event)
        if topic == "meter" and self._luck.random() < 0.05:
            self._machine.put(ValueSeen(self._machine.monotonic_ms(), topic, str(int(text) - 20), 0))

    def _replay(self):
        now_ms = self._machine.monotonic_ms()
        self._machine.put(LinkChanged(now_ms, "mqtt", 1))
        self._tell_tank_age()
        for topic in self._luck.sample(TOPICS, len(TOPICS)):
            self._machine.put(ValueSeen(now_ms, topic, self._value(topic), 1))
        if self._luck.random() < 0.1:  # another broker's old copy comes after it
            self._machine.put(ValueSeen(now_ms, "meter", str(self.meter - 1000), 1))

    def lose_broker(self):
        """Let the broker go for a while."""
        self._world.say("the broker is gone")
        self._world.disturb()
        self.is_broker_up = False
        if self._machine.loop is not None:
            self._machine.put(LinkChanged(self._machine.monotonic_ms(), "mqtt", 0))
        self._clockwork.after(self._luck.choice((5 * SECOND, HOUR)), self.find_broker)

    def find_broker(self):
        """Let the broker come back; it replays what it has kept."""
        if not self.is_broker_up:
            self._world.disturb()
            self.is_broker_up = True
            if self._machine.loop is not None:
                self._replay()

    # -- the truth ---------------------------------------------------------------------------------------------------

    def truth(self, name, settings):
        """Return what a watch should show: field -> texts of which each is true; the counts by what was kept."""
        decider = self._machine.decider
        word = settings.words[self.level]
        if name == "hall":
            truth = {"title": ("Home",), "text": (word,), "count": (str(decider.sensors["visitors"].total),)}
            truth["subtext"] = (f"n{self.note}",) if settings.has_note else ("", None)
            truth["percent"] = self._tank_truth(settings.stale_ms)
        elif name == "wrist":
            truth = {"title": (self._window_word(),), "count": (str(self.meter),)}
            truth["text"] = (word + decider.sensors["garage"].text("since").join((_BEGINS_WITH, "")),)
            if self._world.is_calm_story and self._world.midnights > 1:
                truth["subtext"] = (f"{self.today} today",)
        else:
            truth = {"title": (self._window_word(),), "text": (f"n{self.note}",)}
        if not self.is_broker_up:
            told = {"hall": ("subtext", "percent"), "wrist": ("title", "count"), "desk": ("title", "text")}[name]
            truth = {field: texts for field, texts in truth.items() if field not in told}
        return truth

    def _window_word(self):
        return "Ajar" if self.window else "Fast"

    def _tank_truth(self, stale_ms):
        if not stale_ms:
            return (str(self.tank),)
        age_ms = self._clockwork.now_ms - max(self._tank_told_ms, self._world.started_ms)
        if age_ms < stale_ms - MINUTE:
            return (str(self.tank), "")  # an old replay of an equal value does not make a stale one fresh
        return ("",) if age_ms > stale_ms + self._world.truth_within_ms else (str(self.tank), "")


def _offset_s(wall_ms):
    return time.localtime(wall_ms / 1000).tm_gmtoff
