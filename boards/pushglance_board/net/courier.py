"""The courier: carries pushes out one at a time, and puts what became of them into the inbox.

What surely never left is tried again a few times, each time with the glance as it is then (`PushRetrying`). Without WiFi
or the time of day nothing is tried at all: TLS could not check a certificate's dates, and each try writes to flash.
"""

import random
from asyncio import sleep_ms

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance.core.wire.push_delivery import ATTEMPTS, RETRY_BASE_MS, RETRY_CEILING_MS, PendingCommands
from pushglance.core.wire.pushover_answer import Answer
from pushglance_board import faults as trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.wire.event_buffer import EventBuffer
    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults

    from .pushover import Pushover
    from .wifi import Wifi

_HOLD_MS = (
    5 * 60_000
)  # a push waits so long for WiFi and time; with its attempts it stays below the flight's 10 minutes
_STALE_MS = 2000  # held longer, it asks for the glance as it is now
_REPLY_MS = 10_000
_STEP_MS = 20


class Courier:
    """Take orders from the loop. `users` holds the user key and the device of each watch."""

    def __init__(
        self,
        pushover: "Pushover",
        users: "dict[str, tuple[str, str]]",
        inbox: "EventBuffer",
        clock: "BoardClock",
        wifi: "Wifi",
        troubles: "Faults",
    ) -> None:
        self._pushover = pushover
        self._users = users
        self._inbox = inbox
        self._clock = clock
        self._wifi = wifi
        self._troubles = troubles
        self._pending = PendingCommands()

    def take(self, command: "PushGlance | CancelPush") -> None:
        """Accept an order; a newer one for the same watch replaces what has not left."""
        self._pending.put(command)

    async def carry(self) -> None:
        """Carry for ever."""
        while True:
            command = self._pending.pop()
            if isinstance(command, PushGlance):
                await self._deliver(command)
            await sleep_ms(_STEP_MS)

    async def _deliver(self, command: "PushGlance") -> None:
        answer = Answer(UNSENT, 0, "")
        for attempt in range(ATTEMPTS):
            if attempt:
                await sleep_ms(backoff_ms(attempt, RETRY_BASE_MS, RETRY_CEILING_MS, _jitter()))
            held_ms = await self._hold()
            if not self._is_ready():
                why = "no WiFi" if not self._wifi.is_up else "the time of day is not known yet"
                answer = Answer(UNSENT, 0, answer.detail or why)
                break
            glance = command.glance
            if attempt or held_ms > _STALE_MS:
                renewed = await self._renewed(command)
                if isinstance(renewed, CancelPush):
                    return
                if renewed is None:
                    break
                glance = renewed.glance
            user, device = self._users[command.watch]
            answer = await self._pushover.post(user, device, glance)
            if answer.outcome != UNSENT:
                break
            self._wifi.missed()
        self._come_home(command, answer)

    async def _hold(self) -> int:
        """Wait until a push can be tried, at most `_HOLD_MS`; return how long that took."""
        began_ms = self._clock.now_ms()
        while not self._is_ready() and self._clock.now_ms() - began_ms < _HOLD_MS:
            await sleep_ms(_STEP_MS)
        return self._clock.now_ms() - began_ms

    def _is_ready(self) -> bool:
        return self._wifi.is_up and self._clock.is_trusted

    async def _renewed(self, command: "PushGlance") -> "PushGlance | CancelPush | None":
        """Ask the core for the freshest glance of a push that has not left; None if it does not answer."""
        self._inbox.put(self._pending.start_refresh(command, self._clock.now_ms()))
        for _ in range(_REPLY_MS // _STEP_MS):
            reply = self._pending.pop_refreshed(command)
            if reply is not None:
                return reply
            await sleep_ms(_STEP_MS)
        return None

    def _come_home(self, command: "PushGlance", answer: Answer) -> None:
        self._pending.finish(command)
        self._tell(answer)
        now_ms = self._clock.now_ms()
        self._inbox.put(
            PushFinished(
                now_ms, command.watch, command.push_id, answer.outcome, _jitter(), answer.wait_ms, answer.detail
            )
        )

    def _tell(self, answer: Answer) -> None:
        if answer.outcome in (UNSENT, UNKNOWN):
            self._troubles.begin(trouble.PUSHOVER, "Pushover: " + answer.detail)
            return
        self._wifi.heard()
        self._troubles.end(trouble.PUSHOVER)
        if answer.outcome == REFUSED:
            self._troubles.begin(trouble.REFUSED, "Pushover refuses: %s; correct it and deploy again" % answer.detail)
        elif answer.outcome == DELIVERED:
            self._troubles.end(trouble.REFUSED)


def _jitter() -> int:
    return random.getrandbits(10) % JITTER_FULL
