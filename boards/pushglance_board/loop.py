"""BoardLoop: poll the pins, pass events to the core, execute its commands, feed the watchdog. It owns all state."""

import random
from asyncio import sleep_ms

from micropython import const

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import UNSENT, PushFinished, TimePassed
from pushglance.core.push.backoff import JITTER_FULL
from pushglance.core.status.status_line import status_line

from . import faults as fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import WDT

    from pushglance.core.decider import Decider
    from pushglance.core.events import Record
    from pushglance.core.wire.event_buffer import EventBuffer
    from pushglance_board.net.courier import Courier
    from pushglance_board.net.node_publisher import NodePublisher
    from pushglance_board.pins.contact_pin import ContactPin
    from pushglance_board.pins.pulse_counters import PulsePin

    from .clock import BoardClock
    from .console import Console
    from .faults import Faults
    from .store import FlashStore

POLL_MS = 5
_CLOCK_MS = const(1000)  # a new day and a new UTC offset begin on the second
_STEP_MAX_MS = const(60_000)


class BoardLoop:
    """Run for ever. `courier` is None on a board that only publishes readings."""

    def __init__(
        self,
        decider: "Decider",
        queue: "EventBuffer",
        clock: "BoardClock",
        store: "FlashStore",
        courier: "Courier | None",
        pins: "list[ContactPin | PulsePin]",
        publisher: "NodePublisher",
        faults: "Faults",
        console: "Console",
        watchdog: "WDT",
    ) -> None:
        self._decider = decider
        self._queue = queue
        self._clock = clock
        self._store = store
        self._courier = courier
        self._pins = pins
        self._publisher = publisher
        self._faults = faults
        self._console = console
        self._watchdog = watchdog
        self._due_ms = 0  # the next deadline of the core or the store
        self._clock_due_ms = 0
        self._logged = ""

    async def run(self) -> None:
        """Run for ever. Nothing else feeds the watchdog."""
        while True:
            now_ms = self._clock.now_ms()
            for pin in self._pins:
                pin.poll(now_ms)
            if now_ms >= self._clock_due_ms:
                self._clock_due_ms = now_ms + _CLOCK_MS
                for event in self._clock.poll_events(now_ms):
                    self._queue.put(event)
            if now_ms >= self._due_ms or not self._queue.is_empty():
                self._step(now_ms)
            self._watchdog.feed()
            await sleep_ms(POLL_MS)

    def _step(self, now_ms: int) -> None:
        commands = []  # type: list[Record]
        for event in self._queue.pop_all():
            commands += self._decider.handle(event)
        commands += self._decider.handle(TimePassed(now_ms))
        self._execute(commands, now_ms)
        self._publisher.update(self._decider)
        self._log_status(now_ms)
        self._due_ms = now_ms + _STEP_MAX_MS
        for deadline_ms in (self._decider.deadline_ms(), self._store.deadline_ms()):
            if deadline_ms is not None:
                self._due_ms = min(self._due_ms, deadline_ms)

    def _execute(self, commands: "list[Record]", now_ms: int) -> None:
        """Save all state of these commands first; only then may a push leave."""
        saves = [command for command in commands if not isinstance(command, (PushGlance, CancelPush))]
        pushes = [command for command in commands if isinstance(command, (PushGlance, CancelPush))]
        is_saved = self._save(saves, now_ms)
        for command in pushes:
            if is_saved:
                self._courier.submit(command)  # type: ignore[union-attr]  # pushes need a watch, a watch has a courier
                continue
            self._courier.submit(CancelPush(command.watch, command.push_id))  # type: ignore[union-attr]
            if isinstance(command, PushGlance):
                jitter = random.getrandbits(10) % JITTER_FULL
                detail = "the debit could not be written"
                self._queue.put(PushFinished(now_ms, command.watch, command.push_id, UNSENT, jitter, 0, detail))

    def _save(self, saves: "list[Record]", now_ms: int) -> bool:
        """Return whether the state on flash is up to date."""
        try:
            self._store.save(saves, now_ms)
        except OSError as error:
            message = "flash cannot be written (%s): is it full? Nothing is pushed until it can be written" % error
            self._faults.report(fault.FLASH, message)
            return False
        if self._store.deadline_ms() is None:
            self._faults.clear(fault.FLASH)
        return not self._faults.is_reported(fault.FLASH)

    def _log_status(self, now_ms: int) -> None:
        """Log one line when something visible has changed."""
        line = status_line(self._decider, now_ms)
        if line != self._logged and line:
            self._logged = line
            self._console.log(line)
