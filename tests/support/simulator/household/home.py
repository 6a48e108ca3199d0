"""The simulated home: what its sensors do, what reaches the agent, and what the watches should show.

Six sensors: a bouncing door and a pulse counter on pins; a window, a meter, a tank and a note on retained topics. The
window's device is offline now and then, and reports at times that it does not know its state.
"""

import time

from pushglance.core.events import AvailabilityChanged, EdgeSeen, LinkChanged, PulsesSeen, ValueSeen
from pushglance.core.sensors.sensor import OFFLINE, REPORTED
from support.simulator.bounds import KEPT_WITHIN_MS
from support.simulator.scheduler import DAY, HOUR, MINUTE, SECOND

from .settings import SINCE

TOPICS = ("window", "meter", "tank", "note")
_UNKNOWN = "unavailable"  # what the window reports if it does not know its state


class Home:
    """Change the sensors, and deliver their events to a running agent like pins and topics."""

    def __init__(self, simulation):
        self._simulation = simulation
        self._machine = simulation.machine
        self._scheduler = simulation.scheduler
        self._rng = simulation.rng
        self.level = 0
        self.window = 0
        self.is_window_online = True
        self.does_window_know = True
        self.pulses = 0  # while an agent runs, by the simulator's own count
        self.today = 0  # the same since local midnight
        self.meter = 5000
        self.tank = 50
        self.note = 0
        self._tank_sent_ms = 0
        self.is_broker_up = True
        self.counted = []  # (at_ms, pulses) since the last start
        self._pulses_of_process = 0
        self._midnight_ms = -DAY  # the last one
        self._due_ms = dict.fromkeys(TOPICS, 0)  # when the last message of each topic arrives: a topic keeps its order
        self._actions = (
            [self._door] * 6
            + [self._flap]
            + [self._count_visitors] * 4
            + [self._change_tank] * 3
            + [self._change_note] * 3
        ) + [self._change_window, self._change_meter, self._lose_window, self._forget_window]

    def act(self):
        """Do one random action."""
        self._rng.choice(self._actions)()

    # -- pins --------------------------------------------------------------------------------------------------------

    def on_start(self):
        """Deliver the first readings to an agent that starts."""
        self._pulses_of_process = 0
        self.counted = []
        self._machine.put(EdgeSeen(self._machine.monotonic_ms(), "garage", self.level))
        if self.is_broker_up:
            self._replay()

    def _edge(self, level):
        self._simulation.end_quiet_time()
        self.level = level
        if self._machine.loop is not None:
            self._machine.put(EdgeSeen(self._machine.monotonic_ms(), "garage", level))

    def _door(self):
        level, bounces = 1 - self.level, self._rng.choice((0, 0, 1, 2))
        self._simulation.log("the door {} with {} bounces", "opens" if level else "closes", bounces)
        for number in range(bounces):  # each bounce is two edges
            self._scheduler.after(number * 8, self._edge, level)
            self._scheduler.after(number * 8 + 3, self._edge, 1 - level)
        self._scheduler.after(44, self._edge, level)

    def _flap(self):
        pause_ms = self._rng.choice((40, 300, 5000, 40_000))
        for number in range(self._rng.randrange(2, 15)):
            self._scheduler.after(number * pause_ms, self._door)

    def spend_all(self):
        """Move the door so that as many pushes as possible are spent, and leave it in a state that is not shown."""
        for number in range(55):
            self._door()
            wait_ms = 2 * MINUTE if number < 40 else 21 * MINUTE  # as long as an urgent change waits at any price
            self._scheduler.run_until(self._scheduler.now_ms + wait_ms)
        if self._simulation.screens["hall"].fields.get("text") == self._simulation.settings.words[self.level]:
            self._door()

    def _count_visitors(self):
        number = self._rng.randrange(1, 30)
        if self._scheduler.now_ms - self._midnight_ms < SECOND:
            return  # they could count for either day
        if self._machine.loop is None:
            return  # a pulse while the agent is off is always lost
        self._simulation.log("{} visitors", number)
        self._simulation.end_quiet_time()
        self.pulses += number
        self.today += number
        self._pulses_of_process += number
        self.counted.append((self._scheduler.now_ms, self.pulses))
        event = PulsesSeen(self._machine.monotonic_ms(), "visitors", self._pulses_of_process)
        self._machine.put_latest("pulses", event)

    def turn_day(self):
        """Start a new local day, and schedule the next one."""
        self._simulation.end_quiet_time()
        self.today, self._midnight_ms = 0, self._scheduler.now_ms
        self._scheduler.after(self._until_midnight_ms(), self.turn_day)

    def schedule_midnight(self):
        """Schedule the next local midnight."""
        self._scheduler.after(self._until_midnight_ms(), self.turn_day)

    def _until_midnight_ms(self):
        wall_ms = self._machine.true_wall_ms()
        local_s = wall_ms // 1000 + _offset_s(wall_ms)
        midnight_ms = wall_ms + (DAY // 1000 - local_s % (DAY // 1000)) * 1000
        return midnight_ms - (_offset_s(midnight_ms) - _offset_s(wall_ms)) * 1000 - wall_ms

    # -- topics ------------------------------------------------------------------------------------------------------

    def _change_window(self):
        self._simulation.end_quiet_time()
        self.window, self.does_window_know = 1 - self.window, True
        self._publish("window")

    def _forget_window(self):
        self._simulation.end_quiet_time()
        self.does_window_know = False
        self._publish("window")

    def _lose_window(self):
        if self.is_window_online:
            self._set_window_online(is_online=False)
            away_ms = self._rng.choice((30 * SECOND, HOUR, 9 * HOUR))
            self._scheduler.after(away_ms, self._find_window)

    def _find_window(self):
        self._set_window_online(is_online=True)

    def _set_window_online(self, *, is_online):
        self._simulation.log("the window is {}", "online" if is_online else "offline")
        self._simulation.end_quiet_time()
        self.is_window_online = is_online
        if self.is_broker_up and self._machine.loop is not None:
            self._machine.put_latest("availability:window", self._window_availability())
        if is_online:
            self._publish("window")

    def _window_availability(self):
        return AvailabilityChanged(self._machine.monotonic_ms(), "window", OFFLINE, int(self.is_window_online))

    def _change_meter(self):
        self._simulation.end_quiet_time()
        self.meter += self._rng.randrange(1, 40)
        self._publish("meter")

    def _change_tank(self):
        self._simulation.end_quiet_time()
        self.tank = self._rng.randrange(101) if self._rng.random() < 0.5 else self.tank
        self._publish("tank")

    def _change_note(self):
        self._simulation.end_quiet_time()
        self.note += 1
        self._publish("note")

    def _value(self, topic):
        if topic == "window":
            return ("open" if self.window else "closed") if self.does_window_know else _UNKNOWN
        return f"n{self.note}" if topic == "note" else str(getattr(self, topic))

    def _publish(self, topic):
        self._simulation.log("{} publishes {}", topic, self._value(topic))
        if topic == "tank":
            self._refresh_tank()
        if not self.is_broker_up or self._machine.loop is None:
            return  # retained: the broker replays it later
        # A topic keeps its order, but different topics may overtake each other.
        delay_ms = 0 if self._rng.random() < 0.8 else self._rng.randrange(2 * SECOND)
        now_ms = self._scheduler.now_ms
        self._due_ms[topic] = max(self._due_ms[topic], now_ms + delay_ms)
        process = self._machine.process
        self._scheduler.after(self._due_ms[topic] - now_ms, self._deliver, topic, self._value(topic), process)

    def _refresh_tank(self):
        self._tank_sent_ms = self._scheduler.now_ms
        stale_ms = self._simulation.settings.stale_ms
        if stale_ms:  # going stale changes what should be shown
            self._scheduler.after(stale_ms, self._simulation.end_quiet_time, 2 * SECOND)

    def _deliver(self, topic, text, process):
        if process != self._machine.process or not self.is_broker_up:
            return  # the connection is closed
        self._simulation.end_quiet_time()  # a change that the agent did not know before
        event = self._event(topic, text, 0)
        for _ in range(self._rng.choice((1, 1, 1, 2))):  # QoS 1 may repeat
            if topic == "window":
                self._machine.put(event)
            else:
                self._machine.put_latest(f"value:{topic}", event)
        if topic == "meter" and self._rng.random() < 0.05:
            self._machine.put(ValueSeen(self._machine.monotonic_ms(), topic, str(int(text) - 20), 0))

    def _event(self, topic, text, retained):
        now_ms = self._machine.monotonic_ms()
        if text == _UNKNOWN:
            return AvailabilityChanged(now_ms, topic, REPORTED, 0)
        return ValueSeen(now_ms, topic, text, retained)

    def _replay(self):
        now_ms = self._machine.monotonic_ms()
        self._machine.put(LinkChanged(now_ms, "mqtt", 1))
        self._refresh_tank()
        events = [self._event(topic, self._value(topic), 1) for topic in TOPICS]
        events.append(self._window_availability())
        for event in self._rng.sample(events, len(events)):
            self._machine.put(event)
        if self._rng.random() < 0.1:  # an old copy of another broker follows
            self._machine.put(ValueSeen(now_ms, "meter", str(self.meter - 1000), 1))

    def lose_broker(self):
        """Stop the broker for some time."""
        self._simulation.log("the broker is unavailable")
        self._simulation.end_quiet_time()
        self.is_broker_up = False
        if self._machine.loop is not None:
            self._machine.put(LinkChanged(self._machine.monotonic_ms(), "mqtt", 0))
        self._scheduler.after(self._rng.choice((5 * SECOND, HOUR)), self.restore_broker)

    def restore_broker(self):
        """Start the broker again; it replays its retained messages."""
        if not self.is_broker_up:
            self._simulation.end_quiet_time()
            self.is_broker_up = True
            if self._machine.loop is not None:
                self._replay()

    # -- desired state -----------------------------------------------------------------------------------------------

    def desired(self, name, settings):
        """Return what a watch should show: field -> allowed texts; counts by what was saved."""
        decider = self._machine.decider
        word = settings.words[self.level]
        if name == "hall":
            desired: dict[str, tuple[str | None, ...]] = {
                "title": ("Home",),
                "text": (word,),
                "count": (str(decider.sensors["visitors"].total),),
            }
            desired["subtext"] = (f"n{self.note}",) if settings.has_note else ("", None)
            desired["percent"] = self._tank_texts(settings.stale_ms)
        elif name == "wrist":
            desired = {"title": (self._window_word(),), "count": (str(self.meter),)}
            desired["text"] = (word + decider.sensors["garage"].text("since").join((SINCE, "")),)
            if self._simulation.is_calm_story and self._simulation.midnights > 1:
                desired["subtext"] = (f"{self.today} today",)
        else:
            desired = {"title": (self._window_word(),), "text": (f"n{self.note}",)}
        if not self.is_broker_up:
            published = {"hall": ("subtext", "percent"), "wrist": ("title", "count"), "desk": ("title", "text")}[name]
            desired = {field: texts for field, texts in desired.items() if field not in published}
        return desired

    def _window_word(self):
        if not (self.is_window_online and self.does_window_know):
            return "?"
        return "Ajar" if self.window else "Fast"

    def _tank_texts(self, stale_ms):
        if not stale_ms:
            return (str(self.tank),)
        age_ms = self._scheduler.now_ms - max(self._tank_sent_ms, self._simulation.started_ms)
        if age_ms < stale_ms - MINUTE:
            return (str(self.tank), "")  # a retained message with an equal value does not revive a stale one
        within_ms = max(self._simulation.truth_within_ms, KEPT_WITHIN_MS)
        return ("",) if age_ms > stale_ms + within_ms else (str(self.tank), "")


def _offset_s(wall_ms):
    return time.localtime(wall_ms / 1000).tm_gmtoff
