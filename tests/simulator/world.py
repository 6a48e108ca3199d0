"""The world in a box: a house, a broker, a network, Pushover, a watch and the agent's machine, all from one seed.

`World(seed).live(days)` lets years of bad luck pass; `violations` holds what no law allows. What is checked is what the
watch saw, never the agent's own books. Not simulated, because no client could help it: a request that Pushover carries
out after its own answer timed out *and* after a newer one; and a clock that is called synchronised but was never right
while the agent looked (seed 1528 of an earlier version): it jumps only after a process has seen it right.
"""

import random

import plans
from pushglance.core.budget import WINDOW_MS
from pushglance.core.decider import CHECKPOINT_MS
from pushglance.core.events import EdgeSeen, LinkChanged, PulsesSeen, ValueSeen

from .account import Account
from .clockwork import Clockwork
from .machine import Machine

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SETTLE_MS = 200
# Once the world is quiet, nothing fails and half a budget is left, the watch shows the truth within this.
CALM_MS = 25 * MINUTE


def a_plan(pushes, spacing_ms):
    """Return the plan of the simulated house: a bouncing door, visitors, a tank and a note with a growing number."""
    watch = plans.watch(
        pushes=pushes,
        spacing_ms=spacing_ms,
        title=["Home"],
        text=[["garage", ""]],
        subtext=[["note", ""]],
        count=[["visitors", "total"]],
        percent=[["tank", ""]],
    )
    sensors = [
        plans.contact(settle_open_ms=SETTLE_MS, settle_closed_ms=SETTLE_MS),
        plans.counter(),
        plans.gauge(deadband=1, retained="baseline"),
        plans.text(),
    ]
    return plans.plan(sensors, [watch])


class World:
    """Live through a story of `days` days; everything follows from `seed`."""

    def __init__(self, seed, tell=None):
        self.seed = seed
        self.violations = []
        self._tell = tell
        self.luck = random.Random(seed)
        self.clockwork = Clockwork()
        luck = self.luck
        self.is_calm_story = luck.random() < 0.2  # some stories have no trouble at all: strict checks bite there
        trouble = 0.0 if self.is_calm_story else luck.choice([0.0, 0.02, 0.2, 0.6])
        cuts = 0.0 if self.is_calm_story else luck.choice([0.0, 0.0005, 0.004, 0.03])
        self.account = Account(self.clockwork, luck, trouble)
        self.pushes = luck.choice([50, 50, 50, 20, 5])
        self.pushes_most = self.pushes
        plan = a_plan(self.pushes, luck.choice([20 * MINUTE, 20 * MINUTE, 5 * MINUTE, 0]))
        self.machine = Machine(self.clockwork, luck, self.account, plan, cuts=cuts, has_clock_chip=luck.random() < 0.4)
        self.machine.inputs_began.append(self._inputs_begin)
        self.machine.crashed.append(self._count_losses)
        self.machine.stopped.append(self._check_nothing_lost)
        self.busy_ms = luck.choice([20 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR])
        self._rush_until_ms = 0
        self.level = 0
        self.pulses = 0  # by the world's own count, as seen by a running agent
        self._pulses_of_process = 0
        self._lost = 0  # of those, what the crashes so far were allowed to cost
        self._counted = []  # (at_ms, pulses) since the last start
        self.tank = 50
        self.note = 0
        self.changed_ms = 0
        self.is_broker_up = True
        self.quiet = False

    # -- the story ---------------------------------------------------------------------------------------------------

    def live(self, days):
        """Let the story happen, then let the world grow quiet and see that the watch tells the truth."""
        self.machine.boot_up()
        self.clockwork.after(0, self._something_happens)
        self.clockwork.after(HOUR, self._misfortune)
        for day in range(days):
            self.clockwork.run_until((day + 1) * DAY)
            self._check_calm()
        self._grow_quiet()
        self.clockwork.run_until(self.clockwork.now_ms + 3 * DAY + HOUR)
        self._check_end()
        self._check_arrivals()
        return self

    def say(self, what):
        """Write a line of the diary."""
        if self._tell is not None:
            at_ms = self.clockwork.now_ms
            day, clock = at_ms // DAY + 1, at_ms % DAY
            self._tell(f"day {day:3}  {clock // HOUR:02}:{clock // MINUTE % 60:02}:{clock // SECOND % 60:02}  {what}")

    def _violate(self, law, what):
        self.violations.append(f"{law}: {what} (seed {self.seed}, {self.clockwork.now_ms} ms)")
        self.say(f"VIOLATION {law}: {what}")

    # -- the house ---------------------------------------------------------------------------------------------------

    def _inputs_begin(self):
        self._pulses_of_process = 0
        self.say(f"the agent starts ({self.machine.boot})")
        self.machine.put(EdgeSeen(self.machine.monotonic_ms(), "garage", self.level))
        if self.is_broker_up:
            self._replay()

    def _replay(self):
        now_ms = self.machine.monotonic_ms()
        self.machine.put(LinkChanged(now_ms, "mqtt", 1))
        replayed = [("tank", str(self.tank)), ("note", f"n{self.note}")]
        self.luck.shuffle(replayed)
        for sensor, text in replayed:
            self.machine.put(ValueSeen(now_ms, sensor, text, 1))

    def _something_happens(self):
        if self.quiet:
            return
        happenings = [self._door] * 6 + [self._flap] + [self._visitors] * 4 + [self._publish] * 6
        self.luck.choice(happenings)()
        self.changed_ms = self.clockwork.now_ms
        if self.luck.random() < 0.02:
            self._rush_until_ms = self.clockwork.now_ms + 10 * MINUTE
        is_rush = self.clockwork.now_ms < self._rush_until_ms
        self.clockwork.after(
            self.luck.randrange(1, 40 * SECOND if is_rush else 2 * self.busy_ms), self._something_happens
        )

    def _edge(self, level):
        self.level = level
        if self.machine.loop is not None:
            self.machine.put(EdgeSeen(self.machine.monotonic_ms(), "garage", level))

    def _door(self):
        level = 1 - self.level
        for number in range(self.luck.choice([0, 0, 1, 2])):  # each bounce is there and back again
            self.clockwork.after(number * 8, self._edge, level)
            self.clockwork.after(number * 8 + 3, self._edge, 1 - level)
        self.clockwork.after(44, self._edge, level)

    def _flap(self):
        pause_ms = self.luck.choice([40, 300, 5000, 40_000])
        for number in range(self.luck.randrange(2, 15)):
            self.clockwork.after(number * pause_ms, self._door)

    def _visitors(self):
        number = self.luck.randrange(1, 30)
        if self.machine.loop is None:
            return  # nobody sees them: a pulse while the agent is off is lost by nature
        self.pulses += number
        self._pulses_of_process += number
        self._counted.append((self.clockwork.now_ms, self.pulses))
        now_ms = self.machine.monotonic_ms()
        self.machine.put_latest("pulses", PulsesSeen(now_ms, "visitors", self._pulses_of_process))

    def _publish(self):
        self.tank = self.luck.randrange(101) if self.luck.random() < 0.5 else self.tank
        self.note += 1
        if not self.is_broker_up or self.machine.loop is None:
            return  # retained: the broker tells it when it is back
        now_ms = self.machine.monotonic_ms()
        for sensor, text in (("tank", str(self.tank)), ("note", f"n{self.note}")):
            for _ in range(self.luck.choice([1, 1, 1, 2])):  # QoS 1 may repeat
                self.machine.put_latest(sensor, ValueSeen(now_ms, sensor, text, 0))

    # -- misfortune --------------------------------------------------------------------------------------------------

    def _misfortune(self):
        if self.quiet:
            return
        if not self.is_calm_story:
            self.luck.choice(
                [
                    self._lose_network,
                    self._lose_broker,
                    self._kill,
                    self._cut,
                    self._restart,
                    self._jump,
                    self._resettle,
                ]
            )()
        self.clockwork.after(self.luck.randrange(HOUR, 2 * DAY), self._misfortune)

    def _lose_network(self):
        self.say("the network is gone")
        self.account.is_reachable = False
        self.clockwork.after(self.luck.choice([10 * SECOND, HOUR, 2 * DAY]), self._find_network)

    def _find_network(self):
        self.account.is_reachable = True
        self.account.last_trouble_ms = self.clockwork.now_ms

    def _lose_broker(self):
        self.is_broker_up = False
        self.clockwork.after(self.luck.choice([5 * SECOND, HOUR]), self._find_broker)

    def _find_broker(self):
        if not self.is_broker_up:
            self.is_broker_up = True
            self._replay()

    def _kill(self):
        self.say("the agent is killed")
        self._crash(is_power=False)

    def _cut(self):
        self.say("the power is cut")
        self._crash(is_power=True)

    def _crash(self, *, is_power):
        self.machine.crash(is_power=is_power)

    def _restart(self):
        self.machine.stop_cleanly()

    def _resettle(self):
        """Change the settings: another budget, another spacing."""

        def write():
            self.pushes = self.luck.choice([50, 20, 5])
            self.pushes_most = max(self.pushes_most, self.pushes)
            self.machine.plan = a_plan(self.pushes, self.luck.choice([20 * MINUTE, 0]))

        self.machine.stop_cleanly(write)

    def _jump(self):
        decider = self.machine.decider
        if decider is None or not decider.wall.is_trusted:
            return
        by_ms = self.luck.choice([-30 * DAY, -5 * HOUR, -MINUTE, MINUTE, 5 * HOUR, 40 * DAY])
        self.say(f"the wall clock jumps by {by_ms // MINUTE} min")
        self.machine.jump_wall(by_ms)
        self.clockwork.after(self.luck.choice([SECOND, HOUR]), self.machine.jump_wall, 0)

    # -- the laws ----------------------------------------------------------------------------------------------------

    def _truth(self):
        return {
            "title": "Home",
            "text": "Garage open" if self.level else "Garage closed",
            "subtext": f"n{self.note}",
            "percent": str(self.tank),
        }

    def _differs(self):
        """Return what of the screen is not the truth; the count only by what the agent still knows of it."""
        truth = self._truth()
        truth["count"] = str(self.machine.decider.sensors["visitors"].total) if self.machine.decider else None
        return {
            name: (self.account.screen.get(name), text)
            for name, text in truth.items()
            if text is not None and self.account.screen.get(name) != text
        }

    def _check_calm(self):
        now_ms = self.clockwork.now_ms
        recent = [arrival for arrival in self.account.arrivals if now_ms - arrival.at_ms < WINDOW_MS + HOUR]
        is_calm = self.is_calm_story and now_ms - self.changed_ms > CALM_MS and len(recent) < self.pushes // 2
        if is_calm and self._differs():
            self._violate("never wrong for long", f"calm for 25 minutes, yet {self._differs()}")

    def _grow_quiet(self):
        self.say("the world grows quiet")
        self.quiet = True
        self.account.trouble = 0.0
        self.account.is_reachable = True
        self.machine._cuts = 0.0
        self.machine.boot_up()
        self.machine.start_process()
        self._find_broker()

    def _count_losses(self):
        """At a crash: what was counted longer ago than a checkpoint must be on the card; the rest is lost."""
        on_card = self.machine.card.total
        for at_ms, pulses in self._counted:
            if at_ms < self.clockwork.now_ms - CHECKPOINT_MS - MINUTE and pulses - self._lost > on_card:
                self._violate("counters", f"{pulses - self._lost} counted minutes ago, {on_card} on the card")
        self._lost = self.pulses - on_card
        self._counted = []

    def _check_nothing_lost(self):
        """At an end in good order: every pulse is on the card."""
        if self.machine.card.total != self.pulses - self._lost:
            self._violate("counters", f"{self.machine.card.total} of {self.pulses - self._lost} after a clean stop")
        self._counted = []

    def _check_end(self):
        if self.machine.loop is None:
            self._violate("liveness", "the agent does not run")
            return
        if self._differs():
            self._violate("never wrong for long", f"quiet for three days, yet {self._differs()}")
        total = self.machine.decider.sensors["visitors"].total
        if total != self.pulses - self._lost:
            self._violate("counters", f"{total} counted of {self.pulses - self._lost} pulses")

    def _check_arrivals(self):
        arrivals = self.account.arrivals
        first = 0
        for last, arrival in enumerate(arrivals):
            while arrival.at_ms - arrivals[first].at_ms >= WINDOW_MS:
                first += 1
            if last - first + 1 > self.pushes_most:
                self._violate("never over", f"{last - first + 1} arrived in the 24 h up to {arrival.at_ms}")
                break
        self._check_order()
        for arrival in arrivals:
            if arrival.repeated:
                self._violate("never twice", f"{arrival.repeated} were on the screen already at {arrival.at_ms}")
                break

    def _check_order(self):
        newest = {"subtext": -1, "count": -1}
        for arrival in self.account.arrivals:
            for name in newest.keys() & arrival.glance.keys():
                value = int(arrival.glance[name].lstrip("n"))
                if value < newest[name]:
                    self._violate("newest last", f"{name} fell from {newest[name]} to {value} at {arrival.at_ms}")
                    return
                newest[name] = value


assert CHECKPOINT_MS == 5 * MINUTE, "the bound that the counters' law states"
