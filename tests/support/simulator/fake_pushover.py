"""The simulated network and Pushover: what arrives, and what is answered when.

What Pushover or a server in between answers comes from the table of answers, read by the product's own `classify`.
"""

import json

from pushglance.core.commands import CancelPush
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, PushFinished, PushRetrying
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.wire.pushover_answer import Answer, classify, parse_body
from support.pushover.answers import ANSWERS

from .bounds import ARRIVAL_MS, FLIGHT_MS, QUOTA_MS, REFUSED_AGAIN_MS, UNKNOWN_AGAIN_MS, UNSENT_AGAIN_MS
from .scheduler import MINUTE, SECOND

ATTEMPTS = 3  # like the real courier
_OK = Answer(DELIVERED, 0, "request r")


def _read(row):
    """Return what a row of the table means."""
    _, status, headers, body = row[:4]
    content = body if isinstance(body, bytes) else body.encode()
    return classify(status, headers, parse_body(content, json.loads), "")


_FAILURES: dict = {}  # outcome -> the answers of the table with it
for _answer in map(_read, ANSWERS):
    _FAILURES.setdefault(_answer.outcome, []).append(_answer)


class SimulatedPushover:
    """Network and Pushover for all watches; `trouble` is the probability of a fault, 0 to 1."""

    def __init__(self, rng, trouble):
        self.rng = rng
        self.trouble = trouble
        self.is_reachable = True

    def draw(self, glance):
        """Return the result of a request with this glance: (answer, does it reach the watch)."""
        if not self.is_reachable:
            return Answer(UNSENT, 0, "no route", "connect"), False
        if self.rng.random() >= self.trouble:
            return _OK, True
        outcome = self.rng.choice((UNKNOWN, UNKNOWN, UNKNOWN, UNSENT, THROTTLED, REFUSED))
        answer = self.rng.choice(_FAILURES[outcome])
        if outcome == REFUSED and set(answer.cause.split()) & set(FIELD_NAMES):
            names = [name for name in glance if self.rng.random() < 0.4]  # a real server names only what it got
            answer = Answer(REFUSED, 0, answer.detail, " ".join(names))
        return answer, outcome == UNKNOWN and self.rng.random() < 0.7

    def draw_answer_ms(self, outcome):
        """Return how long the answer takes: short, long, or longer than the ten minutes of a flight."""
        if outcome != UNKNOWN:
            return self.rng.randrange(20, 400) if self.rng.random() < 0.97 else self.rng.randrange(60 * SECOND)
        return self.rng.choice((30, 200, 3000, 30_000, 8 * MINUTE, FLIGHT_MS + MINUTE))

    def draw_arrival_ms(self):
        """Return how long a push takes from Pushover to the watch: usually 0, at most ten minutes."""
        return 0 if self.rng.random() < 0.9 else self.rng.randrange(ARRIVAL_MS)


class SimulatedCourier:
    """Send pushes like the real courier: one at a time; an attempt that never left is retried with fresh content."""

    workers = ()  # it has no thread that could be stuck

    def __init__(self, machine, pushover, screens):
        self._machine = machine
        self._pushover = pushover
        self._screens = screens
        self._scheduler = machine.scheduler
        self._rng = pushover.rng
        self._process = machine.process
        self._commands = {}  # watch -> the command that waits
        self._done = {}  # watch -> the last finished push
        self._current = None
        self._is_asking = False
        self._attempt = 0

    def start(self):
        """Do nothing: commands come by `submit`."""

    def stop(self):
        """Do nothing: the process has ended."""

    def submit(self, command):
        """Accept a command, or the answer to a PushRetrying."""
        if command.push_id <= self._done.get(command.watch, 0):
            return
        current = self._current
        if self._is_asking and current.watch == command.watch:
            self._is_asking = False
            if command.push_id == current.push_id and not isinstance(command, CancelPush):
                self._current = command
                self._attempt += 1
                self._start_attempt()
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
                self._start_attempt()

    def _start_attempt(self):
        if self._rng.random() < 0.3:
            self._send(self._current)  # sent before anything else, even before a power cut at the next step
        else:
            self._scheduler.after(self._rng.randrange(5, 2000), self._send, self._current)

    def _send(self, command):
        if self._machine.process != self._process or self._current is not command:
            return
        answer, reaches = self._pushover.draw(command.glance)
        outcome = answer.outcome
        if outcome == UNSENT:
            self._machine.witness.end_quiet_time(answer.wait_ms + UNSENT_AGAIN_MS)
            if self._attempt < ATTEMPTS:
                self._is_asking = True
                self._machine.put(PushRetrying(self._machine.monotonic_ms(), command.watch, command.push_id))
            else:
                self._finish(command, answer)
            return
        answer_ms = self._pushover.draw_answer_ms(outcome)
        if reaches:
            self._reach(command, answer_ms)
        if outcome == UNKNOWN:
            self._machine.witness.end_quiet_time(answer_ms + answer.wait_ms * 5 // 4 + UNKNOWN_AGAIN_MS)
        self._scheduler.after(answer_ms, self._answer, command, answer)

    def _reach(self, command, answer_ms):
        screen, delay_ms = self._screens[command.watch], self._pushover.draw_arrival_ms()
        delay_ms = screen.expect(command.push_id, command.glance, delay_ms)
        if self._rng.random() < 0.02:  # delivered twice, like in real networks; the copy arrives before any newer push
            screen.expect(command.push_id, command.glance, min(delay_ms, answer_ms))
        if delay_ms:
            self._machine.witness.end_quiet_time(delay_ms)

    def _answer(self, command, answer):
        if self._machine.process == self._process and self._current is command:
            self._finish(command, answer)

    def _finish(self, command, answer):
        outcome = answer.outcome
        self._current = None
        self._done[command.watch] = command.push_id
        waiting = self._commands.get(command.watch)
        if waiting is not None and waiting.push_id <= command.push_id:
            del self._commands[command.watch]
        screen, now_ms = self._screens[command.watch], self._scheduler.now_ms
        if outcome == REFUSED:
            self._machine.witness.end_quiet_time(REFUSED_AGAIN_MS)
        elif outcome == THROTTLED and answer.cause != "quota":
            self._machine.witness.end_quiet_time(answer.wait_ms * 5 // 4 + UNSENT_AGAIN_MS)
        elif outcome != DELIVERED or screen.has_refusal():  # it lifts a refusal: what was held back may go
            self._machine.witness.end_quiet_time()
        if outcome == THROTTLED and answer.cause == "quota":
            screen.throttled_until_ms = max(screen.throttled_until_ms, now_ms + (answer.wait_ms or QUOTA_MS))
        self._machine.expect_saved(command, answer)
        event = PushFinished(
            self._machine.monotonic_ms(),
            command.watch,
            command.push_id,
            outcome,
            self._rng.randrange(1024),
            answer.wait_ms,
            answer.detail,
            answer.cause,
        )
        self._machine.witness.on_answer(command, outcome)
        self._machine.put(event)
        if self._rng.random() < 0.01:
            self._machine.put(event)  # the agent never does that, but it must be harmless
        self._next()
