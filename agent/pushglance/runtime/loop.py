"""AgentLoop: queue -> core -> orders -> sleep until the core's deadline. One thread owns all state, this one."""

import logging
import random
from collections.abc import Sequence

from pushglance.core.commands import CancelPush, PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import UNKNOWN, UNSENT, EdgeSeen, LinkChanged, PushFinished, Record, Stopping, TimePassed
from pushglance.core.push.backoff import JITTER_FULL
from pushglance.core.status.status_line import sentence
from pushglance.errors import StoreError

from .event_log import EventLog
from .event_queue import BoundedEventQueue
from .interfaces import Clock, Courier, Input, Observer, Store
from .process.systemd import SystemdNotifier

log = logging.getLogger("pushglance")

HEARTBEAT_MS = 30_000  # watchdog, wall clock, pins looked at again: twice a minute costs nothing
_NOT_SAVED = (PushGlance, CancelPush, Reply)
UNSAVED_MAX = 5000  # orders kept while the store is away; beyond that a new start is the better try


class AgentLoop:
    """Turn until told to stop; own the decider, the store and everything that is said about them."""

    def __init__(
        self,
        decider: Decider,
        queue: BoundedEventQueue,
        clock: Clock,
        store: Store,
        courier: Courier,
        inputs: Sequence[Input],
        observers: Sequence[Observer],
        supervisor: SystemdNotifier,
    ) -> None:
        self._decider = decider
        self._queue = queue
        self._clock = clock
        self._store = store
        self._courier = courier
        self._inputs = inputs
        self._observers = observers
        self._supervisor = supervisor
        self._journal = EventLog(decider)
        self._heartbeat_ms = 0
        self._unsaved: list[Record] = []
        self._is_stopping = False
        self.was_ready = False

    def stop(self) -> None:
        """Have `run` end soon; a signal handler may call it."""
        self._is_stopping = True
        self._queue.wake()

    def run(self) -> None:
        """Open the inputs, turn until `stop`, then leave everything written. Raises what ends a daemon."""
        try:
            self._courier.start()
            for source in self._inputs:
                source.start()
            self._supervisor.ready()
            self.was_ready = True
            while not self._is_stopping:
                self._turn(self._pause_s())
        finally:
            self._close()

    def _pause_s(self) -> float:
        now_ms = self._clock.now_ms()
        deadlines = (
            self._decider.deadline_ms(),
            self._clock.deadline_ms(),
            self._heartbeat_ms + HEARTBEAT_MS,
            *[observer.deadline_ms() for observer in self._observers],
        )
        return max(0, min(at_ms for at_ms in deadlines if at_ms is not None) - now_ms) / 1000

    def _turn(self, pause_s: float) -> None:
        events = self._queue.pop_all(pause_s)
        now_ms = self._clock.now_ms()
        self._beat(now_ms)
        events += self._clock.poll_events(now_ms)
        commands: list[Record] = []
        for event in events:
            commands += self._decider.handle(event)
            commands += self._tell(event)
        commands += self._decider.handle(TimePassed(now_ms))
        self._carry_out(commands, now_ms)
        self._journal.waiting(now_ms)
        # A raw edge by itself changes nothing that people see; what it settles to, a moment later, must not wait.
        if commands or any(not isinstance(event, EdgeSeen) for event in events):
            self._mark()
        self._show(events, commands, now_ms)

    def _mark(self) -> None:
        for observer in self._observers:
            observer.mark_dirty()

    def _show(self, events: Sequence[Record], commands: Sequence[Record], now_ms: int) -> None:
        """Tell those outside, each observer at its own pace."""
        counts = {"dropped": self._queue.dropped, "unsaved": len(self._unsaved)}
        has_told = False
        for observer in self._observers:
            observer.on_turn(events, commands)
            has_told = observer.flush(self._decider, now_ms, counts) or has_told
        if has_told:
            self._supervisor.status(sentence(self._decider, now_ms))

    def _beat(self, now_ms: int) -> None:
        if now_ms < self._heartbeat_ms + HEARTBEAT_MS:
            return
        self._heartbeat_ms = now_ms
        self._mark()
        self._supervisor.alive()
        for source in self._inputs:
            source.resync()

    def _tell(self, event: Record) -> list[Record]:
        """Log what a person wants to know; an answer also tells whether Pushover is there."""
        if isinstance(event, LinkChanged):
            self._journal.link(event)
        if not isinstance(event, PushFinished):
            return []
        self._journal.finished(event)
        if event.outcome == UNSENT and self._decider.links.get("store") == 0:
            return []  # it is the store that is away
        if event.outcome == UNSENT and (self._decider.links.get("cluster") == 0 or self._is_elsewhere(event.watch)):
            return []  # it is the shared store that is away, or another hub pushes
        is_up = event.outcome not in (UNSENT, UNKNOWN)
        return self._set_link("pushover", is_up=is_up, now_ms=event.at_ms)

    def _is_elsewhere(self, name: str) -> bool:
        return any(watch.elsewhere for watch in self._decider.watches if watch.name == name)

    def _set_link(self, link: str, *, is_up: bool, now_ms: int) -> list[Record]:
        if self._decider.links.get(link) == int(is_up):
            return []
        event = LinkChanged(now_ms, link, int(is_up))
        self._journal.link(event)
        return self._decider.handle(event)

    def _carry_out(self, commands: Sequence[Record], now_ms: int) -> None:
        """Save first, all together; only then may a push leave."""
        if not commands and not self._unsaved:
            return
        pushes = [command for command in commands if isinstance(command, (PushGlance, CancelPush))]
        saves = [command for command in commands if not isinstance(command, _NOT_SAVED)]
        for command in commands:
            if isinstance(command, Reply):
                self._journal.replied(command)
                for observer in self._observers:
                    observer.reply(command)
        if self._save(saves, now_ms):
            for command in pushes:
                if isinstance(command, PushGlance):
                    self._journal.ordered(command)
                self._courier.submit(command)
            return
        for command in pushes:  # a debit that is not on disk lets nothing leave
            self._courier.submit(CancelPush(command.watch, command.push_id))
            if isinstance(command, PushGlance):
                jitter = random.randrange(JITTER_FULL)  # noqa: S311 - spreads retries, keeps no secret
                detail = "the debit could not be written"
                self._queue.put(PushFinished(now_ms, command.watch, command.push_id, UNSENT, jitter, 0, detail))

    def _save(self, saves: Sequence[Record], now_ms: int) -> bool:
        """Commit these orders and those that could not be saved before; return False when the store is away."""
        self._unsaved += saves
        if not self._unsaved:
            return True
        try:
            self._store.save(self._unsaved, now_ms)
        except StoreError as error:
            if self._decider.links.get("store") != 0:
                log.error("%s", error)  # noqa: TRY400 - a sentence; the trace is of no use to its reader
            self._set_link("store", is_up=False, now_ms=now_ms)
            if len(self._unsaved) > UNSAVED_MAX:
                raise
            return False
        self._unsaved = []
        if self._decider.links.get("store") == 0:
            self._set_link("store", is_up=True, now_ms=now_ms)
        return True

    def _close(self) -> None:
        """Stop what brings facts, take the last ones, write everything, and leave."""
        for source in self._inputs:
            source.stop()
        self._courier.stop()
        now_ms = self._clock.now_ms()
        commands: list[Record] = []
        for event in self._queue.pop_all(0):
            commands += self._decider.handle(event)
            self._tell(event)
        commands += self._decider.handle(Stopping(now_ms))
        self._save([command for command in commands if not isinstance(command, _NOT_SAVED)], now_ms)
        self._store.close()
        for observer in self._observers:
            observer.close()
