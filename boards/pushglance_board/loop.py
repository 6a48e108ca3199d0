"""BoardLoop: look at the pins, inbox -> core -> orders, feed the watchdog. This one task owns all state."""

import random
from asyncio import sleep_ms

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import UNSENT, PushFinished, TimePassed
from pushglance.core.push.backoff import JITTER_FULL
from pushglance.core.status.status_line import status_line

from . import faults as trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import WDT

    from pushglance.core.decider import Decider
    from pushglance.core.events import Record
    from pushglance.core.wire.event_buffer import EventBuffer

    from .clock import BoardClock
    from .console import Console
    from .contacts import ContactPin
    from .faults import Faults
    from .net.courier import Courier
    from .net.node_publisher import NodePublisher
    from .pulse_counters import PulsePin
    from .store import FlashStore

POLL_MS = 5
_CLOCK_MS = 1000  # a day turns and an offset changes on the second


class BoardLoop:
    """Turn for ever. `courier` is None on a board that only publishes readings."""

    def __init__(
        self,
        decider: "Decider",
        inbox: "EventBuffer",
        clock: "BoardClock",
        store: "FlashStore",
        courier: "Courier | None",
        pins: "list[ContactPin | PulsePin]",
        readings: "NodePublisher",
        troubles: "Faults",
        console: "Console",
        watchdog: "WDT",
    ) -> None:
        self._decider = decider
        self._inbox = inbox
        self._clock = clock
        self._store = store
        self._courier = courier
        self._pins = pins
        self._readings = readings
        self._troubles = troubles
        self._console = console
        self._watchdog = watchdog
        self._due_ms = 0  # when the core or the store wants to be called
        self._clock_ms = 0
        self._told = ""

    async def run(self) -> None:
        """Turn; the watchdog is fed here and nowhere else."""
        while True:
            now_ms = self._clock.now_ms()
            for pin in self._pins:
                pin.look(now_ms)
            if now_ms >= self._clock_ms:
                self._clock_ms = now_ms + _CLOCK_MS
                for event in self._clock.events(now_ms):
                    self._inbox.put(event)
            if now_ms >= self._due_ms or not self._inbox.is_empty():
                self._turn(now_ms)
            self._watchdog.feed()
            await sleep_ms(POLL_MS)

    def _turn(self, now_ms: int) -> None:
        commands = []  # type: list[Record]
        for event in self._inbox.pop_all():
            commands += self._decider.handle(event)
        commands += self._decider.handle(TimePassed(now_ms))
        self._carry_out(commands, now_ms)
        self._readings.update(self._decider)
        self._tell(now_ms)
        self._due_ms = now_ms + 60_000
        for deadline_ms in (self._decider.deadline_ms(), self._store.deadline_ms()):
            if deadline_ms is not None:
                self._due_ms = min(self._due_ms, deadline_ms)

    def _carry_out(self, commands: "list[Record]", now_ms: int) -> None:
        """Save first, all together; only then may a push leave."""
        saves = [command for command in commands if not isinstance(command, (PushGlance, CancelPush))]
        pushes = [command for command in commands if isinstance(command, (PushGlance, CancelPush))]
        is_saved = self._save(saves, now_ms)
        for command in pushes:
            if is_saved:
                self._courier.take(command)  # type: ignore[union-attr]  # without a courier there is no watch to push to
                continue
            self._courier.take(CancelPush(command.watch, command.push_id))  # type: ignore[union-attr]
            if isinstance(command, PushGlance):
                jitter = random.getrandbits(10) % JITTER_FULL
                detail = "the debit could not be written"
                self._inbox.put(PushFinished(now_ms, command.watch, command.push_id, UNSENT, jitter, 0, detail))

    def _save(self, saves: "list[Record]", now_ms: int) -> bool:
        try:
            self._store.keep(saves, now_ms)
        except OSError as error:
            self._troubles.begin(
                trouble.FLASH, "flash cannot be written (%s): is it full? Nothing is pushed until it can" % error
            )
            return False
        if self._store.deadline_ms() is None:
            self._troubles.end(trouble.FLASH)
        return not self._troubles.is_told(trouble.FLASH)

    def _tell(self, now_ms: int) -> None:
        """Print one line when something that a person can see has changed."""
        told = status_line(self._decider, now_ms)
        if told != self._told and told:
            self._told = told
            self._console.say(told)
