"""The network and Pushover, simulated: what arrives, and what is answered when."""

from pushglance.core.commands import CancelPush
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, PushFinished, PushRetrying

from .bounds import ARRIVAL_MS, FLIGHT_MS, PARKED_MS, THROTTLED_MS, UNKNOWN_AGAIN_MS, UNSENT_AGAIN_MS
from .scheduler import MINUTE, SECOND

ATTEMPTS = 3  # as the real courier


class SimulatedPushover:
    """Be the network and Pushover for all watches; `trouble` is how often something goes wrong, 0 to 1."""

    def __init__(self, luck, trouble):
        self.luck = luck
        self.trouble = trouble
        self.is_reachable = True

    def draw(self):
        """Return what becomes of the next request: (outcome, does it reach the watch, wait_ms)."""
        if not self.is_reachable:
            return UNSENT, False, 0
        if self.luck.random() >= self.trouble:
            return DELIVERED, True, 0
        return self.luck.choice(
            (
                (UNKNOWN, True, 0),
                (UNKNOWN, True, 0),
                (UNKNOWN, False, 0),
                (UNSENT, False, 0),
                (THROTTLED, False, self.luck.choice((0, 90 * MINUTE))),
                (REFUSED, False, 0),
            )
        )

    def draw_answer_ms(self, outcome):
        """Return how long the answer takes: at once, late, or never within the ten minutes of a flight."""
        if outcome != UNKNOWN:
            return self.luck.randrange(20, 400) if self.luck.random() < 0.97 else self.luck.randrange(60 * SECOND)
        return self.luck.choice((30, 200, 3000, 30_000, 8 * MINUTE, FLIGHT_MS + MINUTE))

    def draw_arrival_ms(self):
        """Return how long a push takes from Pushover to the watch: as a rule nothing, at most ten minutes."""
        return 0 if self.luck.random() < 0.9 else self.luck.randrange(ARRIVAL_MS)


class SimulatedCourier:
    """Carry orders as the real courier does: one at a time; what never left is tried again with the freshest glance."""

    def __init__(self, machine, pushover, screens):
        self._machine = machine
        self._pushover = pushover
        self._screens = screens
        self._clockwork = machine.clockwork
        self._luck = pushover.luck
        self._process = machine.process
        self._commands = {}  # watch -> the order that waits its turn
        self._done = {}  # watch -> the last push that came home
        self._current = None
        self._is_asking = False
        self._attempt = 0

    def start(self):
        """Do nothing: orders come by `take`."""

    def stop(self):
        """Do nothing: whoever started us is gone."""

    def submit(self, command):
        """Accept an order, or a reply to a question."""
        if command.push_id <= self._done.get(command.watch, 0):
            return
        current = self._current
        if self._is_asking and current.watch == command.watch:
            self._is_asking = False
            if command.push_id == current.push_id and not isinstance(command, CancelPush):
                self._current = command
                self._attempt += 1
                self._set_out()
                return
            self._current = None
            if command.push_id == current.push_id:
                self._next()
                return
        self._commands[command.watch] = command
        self._next()
        self._machine.perhaps_cut_power()

    def _next(self):
        while self._current is None and self._commands:
            command = self._commands.pop(next(iter(self._commands)))
            if not isinstance(command, CancelPush):
                self._current = command
                self._attempt = 1
                self._set_out()

    def _set_out(self):
        if self._luck.random() < 0.3:
            self._send(self._current)  # gone before anything else happens, even if the power goes with the next step
        else:
            self._clockwork.after(self._luck.randrange(5, 2000), self._send, self._current)

    def _send(self, command):
        if self._machine.process != self._process or self._current is not command:
            return
        outcome, reaches, wait_ms = self._pushover.draw()
        if outcome == UNSENT:
            self._machine.witness.disturb(UNSENT_AGAIN_MS)
            if self._attempt < ATTEMPTS:
                self._is_asking = True
                self._machine.put(PushRetrying(self._machine.monotonic_ms(), command.watch, command.push_id))
            else:
                self._finish(command, outcome, 0)
            return
        answer_ms = self._pushover.draw_answer_ms(outcome)
        if reaches:
            self._reach(command, answer_ms)
        if outcome == UNKNOWN:
            self._machine.witness.disturb(answer_ms + UNKNOWN_AGAIN_MS)
        self._clockwork.after(answer_ms, self._answer, command, outcome, wait_ms)

    def _reach(self, command, answer_ms):
        screen, delay_ms = self._screens[command.watch], self._pushover.draw_arrival_ms()
        delay_ms = screen.expect(command.push_id, command.glance, delay_ms)
        if self._luck.random() < 0.02:  # delivered twice, as networks do; the copy comes before anything newer can
            screen.expect(command.push_id, command.glance, min(delay_ms, answer_ms))
        if delay_ms:
            self._machine.witness.disturb(delay_ms)

    def _answer(self, command, outcome, wait_ms):
        if self._machine.process == self._process and self._current is command:
            self._finish(command, outcome, wait_ms)

    def _finish(self, command, outcome, wait_ms):
        self._current = None
        self._done[command.watch] = command.push_id
        waiting = self._commands.get(command.watch)
        if waiting is not None and waiting.push_id <= command.push_id:
            del self._commands[command.watch]
        screen, now_ms = self._screens[command.watch], self._clockwork.now_ms
        if outcome != DELIVERED:
            self._machine.witness.disturb()
        if outcome in (REFUSED, THROTTLED):
            patience_ms = PARKED_MS if outcome == REFUSED else wait_ms or THROTTLED_MS
            screen.patient_until_ms = max(screen.patient_until_ms, now_ms + patience_ms)
        self._machine.expect_saved(command, outcome)
        event = PushFinished(
            self._machine.monotonic_ms(), command.watch, command.push_id, outcome, self._luck.randrange(1024), wait_ms
        )
        self._machine.witness.told(command, outcome)
        self._machine.put(event)
        if self._luck.random() < 0.01:
            self._machine.put(event)  # nothing in the agent does so; if it ever did, no harm may come of it
        self._next()
