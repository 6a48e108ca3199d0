"""The fault injector: faults of network, broker, agent, power, clock and settings, from time to time."""

from pushglance.core.request_events import PauseSet, PushRequested, SettingsReloaded

from .bounds import UNSENT_AGAIN_MS
from .household.settings import Settings
from .scheduler import DAY, HOUR, MINUTE, SECOND


class FaultInjector:
    """Inject a fault once an hour to once in two days."""

    def __init__(self, simulation):
        self._simulation = simulation
        self._machine = simulation.machine
        self._scheduler = simulation.scheduler
        self._rng = simulation.rng
        self.is_finished = False
        self._kinds = (
            self._lose_network,
            simulation.home.lose_broker,
            self._kill,
            self._cut,
            self._restart,
            self._jump,
            self._change_settings,
            self._start_second_copy,
            self._send_request,
            self._reload,
        )

    def schedule_next(self):
        """Schedule the next fault."""
        self._scheduler.after(self._rng.randrange(HOUR, 2 * DAY), self._inject)

    def _inject(self):
        if not self.is_finished:
            self._rng.choice(self._kinds)()
            self.schedule_next()

    def _lose_network(self):
        self._simulation.log("the network is unavailable")
        self._simulation.end_quiet_time()
        self._simulation.pushover.is_reachable = False
        self._scheduler.after(self._rng.choice((10 * SECOND, HOUR, 2 * DAY)), self._restore_network)

    def _restore_network(self):
        self._simulation.pushover.is_reachable = True
        self._simulation.end_quiet_time(UNSENT_AGAIN_MS)

    def _kill(self):
        self._machine.crash(is_power=False)

    def _cut(self):
        self._machine.crash(is_power=True)

    def _restart(self):
        self._machine.stop_cleanly(lambda: None)

    def _change_settings(self):
        """Change the settings: watches, budgets, spacing, words, a field that is added or removed."""
        self._machine.stop_cleanly(self._write)

    def _write(self):
        self._simulation.use_settings(Settings(self._rng, self._rng.choice((1, 1, 2, 3))))

    def _reload(self):
        """Let a person reload the settings, because something may be fixed."""
        if self._machine.loop is not None:
            self._simulation.log("a person reloads the settings")
            self._simulation.end_quiet_time()
            self._machine.put(SettingsReloaded(self._machine.monotonic_ms()))

    def _jump(self):
        """Set the wall clock wrong for some time, once a process has seen it right."""
        decider = self._machine.decider
        if decider is None or not decider.wall.is_trusted:
            return
        by_ms = self._rng.choice((-30 * DAY, -5 * HOUR, -MINUTE, MINUTE, 5 * HOUR, 40 * DAY))
        self._simulation.log("the wall clock jumps by {} min", by_ms // MINUTE)
        self._simulation.end_quiet_time()
        self._machine.jump_wall(by_ms)
        self._scheduler.after(self._rng.choice((SECOND, HOUR)), self._right_clock)

    def _right_clock(self):
        self._machine.jump_wall(0)
        self._simulation.end_quiet_time()

    def _send_request(self):
        """Send a person's requests: a push now, many times, or a pause."""
        if self._machine.loop is None:
            return  # no agent runs
        name, now_ms = self._rng.choice(self._simulation.settings.watches), self._machine.monotonic_ms()
        if self._rng.random() < 0.5:
            for_ms = self._rng.choice((MINUTE, 5 * HOUR))
            self._simulation.log("a person pauses {} for {} min", name, for_ms // MINUTE)
            self._simulation.screens[name].pause(for_ms)
            self._machine.put(PauseSet(now_ms, name, for_ms))
        else:
            self._simulation.log("a person requests pushes to {} many times", name)
            for _ in range(30):
                self._scheduler.after(self._rng.randrange(HOUR), self._push_now, name)

    def _push_now(self, name):
        if self._machine.decider is not None and name in self._simulation.settings.watches:
            self._machine.put(PushRequested(self._machine.monotonic_ms(), name))

    def _start_second_copy(self):
        if self._machine.loop is not None and not self._machine.start_second_copy():
            self._simulation.violate("never over", "two agents run on one store")
