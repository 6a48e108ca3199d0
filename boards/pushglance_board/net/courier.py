"""The courier: delivers pushes one at a time and puts their outcomes into the queue.

A push that surely never left is attempted again a few times, each time with the glance as it is then (`PushRetrying`).
Nothing is attempted without WiFi or the time of day: TLS could not check a certificate's dates, and each attempt
writes to flash.
"""

import random
from asyncio import sleep_ms

from micropython import const

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN, UNSENT
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance.core.wire.push_delivery import ATTEMPTS, RETRY_BASE_MS, RETRY_CEILING_MS, PendingCommands
from pushglance.core.wire.pushover_answer import Answer
from pushglance_board import faults as fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.wire.event_buffer import EventBuffer
    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults
    from pushglance_board.restarts import Restarts

    from .pushover import Pushover
    from .wifi import Wifi

# How long a push waits for WiFi and the time of day. With its attempts it stays below the core's 10 minutes in flight.
_READY_MS = const(5 * 60_000)
_STALE_MS = const(2000)  # after a longer wait the glance is refreshed
_REPLY_MS = const(10_000)
_STEP_MS = 20
_HELD_MS = const(6 * 3_600_000)
_HELD = "the watchdog or an error ended three runs in a row; nothing is pushed in the first 6 hours of this one"


class Courier:
    """Execute the loop's push commands. `users` holds the user key and the device of each watch."""

    def __init__(
        self,
        pushover: "Pushover",
        users: "dict[str, tuple[str, str]]",
        queue: "EventBuffer",
        clock: "BoardClock",
        wifi: "Wifi",
        faults: "Faults",
        restarts: "Restarts",
    ) -> None:
        self._pushover = pushover
        self._users = users
        self._queue = queue
        self._clock = clock
        self._wifi = wifi
        self._faults = faults
        self._pending = PendingCommands()
        self._restarts = restarts
        self._held_until_ms = _HELD_MS if restarts.has_failed_often() else 0  # a push may be what ended them

    def submit(self, command: "PushGlance | CancelPush") -> None:
        """Accept a command; it replaces a waiting one for the same watch."""
        self._pending.put(command)

    async def run(self) -> None:
        """Run for ever."""
        while True:
            command = self._pending.pop()
            if isinstance(command, PushGlance):
                await self._deliver(command)
            await sleep_ms(_STEP_MS)

    async def _deliver(self, command: "PushGlance") -> None:
        held_ms = self._held_until_ms - self._clock.now_ms()
        answer = Answer(UNSENT, held_ms, _HELD) if held_ms > 0 else await self._attempt(command)
        if answer is not None:
            self._finish(command, answer)

    async def _attempt(self, command: "PushGlance") -> "Answer | None":
        """Attempt a push until it may have left; return how it ended, None if it was cancelled."""
        answer = Answer(UNSENT, 0, "")
        for attempt in range(ATTEMPTS):
            if attempt:
                await sleep_ms(backoff_ms(attempt, RETRY_BASE_MS, RETRY_CEILING_MS, _jitter()))
            waited_ms = await self._wait_until_ready()
            if not self._is_ready():
                reason = "no WiFi" if not self._wifi.is_up else "the time of day is not known yet"
                answer = Answer(UNSENT, 0, answer.detail or reason)
                break
            glance = command.glance
            if attempt or waited_ms > _STALE_MS:
                refreshed = await self._refresh(command)
                if isinstance(refreshed, CancelPush):
                    return None
                if refreshed is None:
                    break
                glance = refreshed.glance
            user, device = self._users[command.watch]
            answer = await self._pushover.post(user, device, glance)
            self._restarts.clear()
            blocked_ms = self._pushover.blocked_ms
            self._faults.log(
                "push to %s: %s; TLS kept the loop for %d ms" % (command.watch, answer.outcome, blocked_ms)
            )
            if answer.outcome != UNSENT or answer.wait_ms:
                break
            self._wifi.note_failure()
        return answer

    async def _wait_until_ready(self) -> int:
        """Wait until a push can be attempted, at most `_READY_MS`; return how long that took (ms)."""
        start_ms = self._clock.now_ms()
        while not self._is_ready() and self._clock.now_ms() - start_ms < _READY_MS:
            await sleep_ms(_STEP_MS)
        return self._clock.now_ms() - start_ms

    def _is_ready(self) -> bool:
        return self._wifi.is_up and self._clock.is_trusted

    async def _refresh(self, command: "PushGlance") -> "PushGlance | CancelPush | None":
        """Ask the core for the current glance of a push that has not left; return None if it does not answer."""
        self._queue.put(self._pending.start_refresh(command, self._clock.now_ms()))
        for _ in range(_REPLY_MS // _STEP_MS):
            reply = self._pending.pop_refreshed(command)
            if reply is not None:
                return reply
            await sleep_ms(_STEP_MS)
        return None

    def _finish(self, command: "PushGlance", answer: Answer) -> None:
        self._report(answer)
        self._queue.put(self._pending.finish(command, answer, self._clock.now_ms(), _jitter()))

    def _report(self, answer: Answer) -> None:
        if answer.outcome in (UNSENT, UNKNOWN):
            self._faults.report(fault.PUSHOVER, "Pushover: " + answer.detail)
            return
        self._wifi.note_success()
        self._faults.clear(fault.PUSHOVER)
        if answer.outcome == REFUSED:
            self._faults.report(fault.REFUSED, "Pushover refuses: %s; correct it and deploy again" % answer.detail)
        elif answer.outcome == DELIVERED:
            self._faults.clear(fault.REFUSED)


def _jitter() -> int:
    return random.getrandbits(10) % JITTER_FULL
