"""Misfortunes: what befalls network, broker, agent, power, clock and settings, each from time to time."""

from pushglance.core.events import PauseSet, PushRequested

from .bounds import UNSENT_AGAIN_MS
from .home import Settings
from .scheduler import DAY, HOUR, MINUTE, SECOND


class Misfortune:
    """Strike once an hour to once in two days."""

    def __init__(self, world):
        self._world = world
        self._machine = world.machine
        self._clockwork = world.clockwork
        self._luck = world.luck
        self.is_over = False
        self._kinds = (
            self._lose_network,
            world.house.lose_broker,
            self._kill,
            self._cut,
            self._restart,
            self._jump,
            self._resettle,
            self._start_second_copy,
            self._ask,
        )

    def await_next(self):
        """Come back some time later."""
        self._clockwork.after(self._luck.randrange(HOUR, 2 * DAY), self._strike)

    def _strike(self):
        if not self.is_over:
            self._luck.choice(self._kinds)()
            self.await_next()

    def _lose_network(self):
        self._world.say("the network is gone")
        self._world.disturb()
        self._world.pushover.is_reachable = False
        self._clockwork.after(self._luck.choice((10 * SECOND, HOUR, 2 * DAY)), self._find_network)

    def _find_network(self):
        self._world.pushover.is_reachable = True
        self._world.disturb(UNSENT_AGAIN_MS)

    def _kill(self):
        self._machine.crash(is_power=False)

    def _cut(self):
        self._machine.crash(is_power=True)

    def _restart(self):
        self._machine.stop_cleanly(lambda: None)

    def _resettle(self):
        """Change the settings: watches, budgets, spacing, words, a field that comes or goes."""
        self._machine.stop_cleanly(self._write)

    def _write(self):
        self._world.settle_on(Settings(self._luck, self._luck.choice((1, 1, 2, 3))))

    def _jump(self):
        """Set the wall clock wrong for a while, once a process has seen it right."""
        decider = self._machine.decider
        if decider is None or not decider.wall.is_trusted:
            return
        by_ms = self._luck.choice((-30 * DAY, -5 * HOUR, -MINUTE, MINUTE, 5 * HOUR, 40 * DAY))
        self._world.say("the wall clock jumps by {} min", by_ms // MINUTE)
        self._world.disturb()
        self._machine.jump_wall(by_ms)
        self._clockwork.after(self._luck.choice((SECOND, HOUR)), self._right_clock)

    def _right_clock(self):
        self._machine.jump_wall(0)
        self._world.disturb()

    def _ask(self):
        """Have an impatient person ask for the truth now, again and again, or for quiet for a while."""
        if self._machine.loop is None:
            return  # nobody listens
        name, now_ms = self._luck.choice(self._world.settings.watches), self._machine.monotonic_ms()
        if self._luck.random() < 0.5:
            for_ms = self._luck.choice((MINUTE, 5 * HOUR))
            self._world.say("a person pauses {} for {} min", name, for_ms // MINUTE)
            self._world.screens[name].pause(for_ms)
            self._machine.put(PauseSet(now_ms, name, for_ms))
        else:
            self._world.say("a person asks for the truth on {} again and again", name)
            for _ in range(30):
                self._clockwork.after(self._luck.randrange(HOUR), self._want, name)

    def _want(self, name):
        if self._machine.decider is not None and name in self._world.settings.watches:
            self._machine.put(PushRequested(self._machine.monotonic_ms(), name))

    def _start_second_copy(self):
        if self._machine.loop is not None and not self._machine.start_second_copy():
            self._world.violate("never over", "two agents run on one store")
