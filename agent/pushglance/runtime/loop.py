"""AgentLoop: pop events, feed the core, save, push, then sleep until the next deadline. Its thread owns all state."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pushglance.core.commands import CancelPush, PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import UNKNOWN, UNSENT, EdgeSeen, LinkChanged, PushFinished, Record, Stopping, TimePassed
from pushglance.core.push.backoff import JITTER_FULL
from pushglance.core.status.status_line import status_line
from pushglance.errors import StoreError

from .event_log import EventLog
from .event_queue import BoundedEventQueue
from .interfaces import Clock, Courier, Input, Observer, Store
from .process.systemd import SystemdNotifier
from .worker_progress import WorkerProgress

log = logging.getLogger("pushglance")

HEARTBEAT_MS = 30_000  # for the watchdog, the wall clock and the inputs' resync: twice a minute costs almost nothing
REPLACED_MAX_MS = 10 * 60_000
_NOT_SAVED = (PushGlance, CancelPush, Reply)
UNSAVED_MAX = 5000  # commands held while the store is unavailable; above this a restart is more likely to help


class AgentLoop:
    """Run the agent until `stop`; own the decider, the store and the observers."""

    def __init__(
        self,
        decider: Decider,
        queue: BoundedEventQueue,
        clock: Clock,
        store: Store,
        courier: Courier,
        inputs: Sequence[Input],
        observers: Sequence[Observer],
        systemd: SystemdNotifier,
        workers: Callable[[], Sequence[WorkerProgress]] = tuple,
        figures: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._decider = decider
        self._queue = queue
        self._clock = clock
        self._store = store
        self._courier = courier
        self._inputs = inputs
        self._observers = observers
        self._systemd = systemd
        self._workers = workers
        self._figures = figures  # of other parts, for the status
        self._stuck: list[str] = []
        self._event_log = EventLog(decider)
        self._heartbeat_ms = 0
        self._unsaved: list[Record] = []
        self._store_fault = ""
        self._replaced_ms: int | None = None  # since when the store's files are gone or replaced
        self._is_stopping = False
        self.was_ready = False

    def stop(self) -> None:
        """Make `run` end soon; a signal handler may call it."""
        self._is_stopping = True
        self._queue.wake()

    def run(self) -> None:
        """Start the inputs, run until `stop`, then save everything. Raises the error that ends the daemon."""
        try:
            self._courier.start()
            for source in self._inputs:
                source.start()
            self._systemd.ready()
            self.was_ready = True
            while not self._is_stopping:
                self._step(self._pause_s())
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

    def _step(self, pause_s: float) -> None:
        events = self._queue.pop_all(pause_s)
        now_ms = self._clock.now_ms()
        self._heartbeat(now_ms)
        events += self._clock.poll_events(now_ms)
        handled, commands = self._feed([*events, TimePassed(now_ms)])
        self._log_events(handled, commands, now_ms)
        self._execute(commands, now_ms)
        # A raw edge changes nothing that is shown, and must not delay the settled change that follows it.
        if commands or any(not isinstance(event, EdgeSeen) for event in events):
            self._mark_dirty()
        self._notify_observers(events, commands, now_ms)

    def _heartbeat(self, now_ms: int) -> None:
        if now_ms < self._heartbeat_ms + HEARTBEAT_MS:
            return
        self._heartbeat_ms = now_ms
        self._mark_dirty()
        self._check_workers(now_ms)
        self._check_store(now_ms)
        for source in self._inputs:
            source.resync()

    def _check_workers(self, now_ms: int) -> None:
        """Feed the watchdog unless a worker is stuck: then systemd restarts the daemon, which is the only remedy."""
        stuck = [worker.name for worker in self._workers() if worker.is_stuck(now_ms)]
        if not stuck:
            self._systemd.alive()
        elif stuck != self._stuck:
            log.error("%s: no progress; systemd restarts pushglance if this lasts", ", ".join(stuck))
        self._stuck = stuck

    def _feed(self, events: Sequence[Record]) -> tuple[list[Record], list[Record]]:
        """Let the core handle these events and the link changes that follow; return all of them, and the commands."""
        handled: list[Record] = []
        commands: list[Record] = []
        for event in events:
            handled.append(event)
            commands += self._decider.handle(event)
            if isinstance(event, PushFinished) and (change := self._pushover_change(event)):
                handled.append(change)
                commands += self._decider.handle(change)
        return handled, commands

    def _pushover_change(self, event: PushFinished) -> LinkChanged | None:
        """Return how an answer changes the link to Pushover, or None."""
        if event.outcome == UNSENT and self._is_held_back(event.watch):
            return None
        is_up = event.outcome not in (UNSENT, UNKNOWN)
        if self._decider.links.get("pushover") == int(is_up):
            return None
        return LinkChanged(event.at_ms, "pushover", int(is_up))

    def _is_held_back(self, name: str) -> bool:
        """Return whether something other than the link to Pushover kept this watch's push from leaving."""
        links = self._decider.links
        is_on_standby = any(watch.standby_reason for watch in self._decider.watches if watch.name == name)
        return links.get("store") == 0 or links.get("cluster") == 0 or is_on_standby

    def _log_events(self, events: Sequence[Record], commands: Sequence[Record], now_ms: int) -> None:
        self._event_log.on_events(events)
        self._event_log.on_commands(commands)
        self._event_log.log_waits(now_ms)

    def _execute(self, commands: Sequence[Record], now_ms: int) -> None:
        """Save first, all together; only then may a push leave."""
        if not commands and not self._unsaved:
            return
        is_saved = self._save([command for command in commands if not isinstance(command, _NOT_SAVED)], now_ms)
        for command in commands:
            if isinstance(command, Reply):
                for observer in self._observers:
                    observer.reply(command)
            elif isinstance(command, (PushGlance, CancelPush)):
                if is_saved:
                    self._courier.submit(command)
                else:
                    self._withhold(command, now_ms)

    def _withhold(self, command: PushGlance | CancelPush, now_ms: int) -> None:
        """Send nothing: a push whose debit is not on disk must not leave."""
        self._courier.submit(CancelPush(command.watch, command.push_id))
        if isinstance(command, PushGlance):
            jitter = random.randrange(JITTER_FULL)  # noqa: S311 - spreads retries, protects no secret
            detail = "the debit could not be written"
            self._queue.put(PushFinished(now_ms, command.watch, command.push_id, UNSENT, jitter, 0, detail))

    def _save(self, commands: Sequence[Record], now_ms: int) -> bool:
        """Commit these commands and those that could not be saved before; return False if the store is unavailable."""
        self._unsaved += commands
        if not self._unsaved:
            return not self._store_fault
        try:
            self._store.save(self._unsaved, now_ms)
        except StoreError as error:
            self._set_store_fault(str(error), now_ms)
            if len(self._unsaved) > UNSAVED_MAX:
                raise
            return False
        self._unsaved = []
        self._set_store_fault("", now_ms)
        return True

    def _check_store(self, now_ms: int) -> None:
        """See whether the store is still the only one, also while there is nothing to save.

        Raises StoreError after some minutes: then a restart helps sooner than a person who puts the files back.
        """
        try:
            self._store.check()
        except StoreError as error:
            self._set_store_fault(str(error), now_ms)
            self._replaced_ms = now_ms if self._replaced_ms is None else self._replaced_ms
            if now_ms >= self._replaced_ms + REPLACED_MAX_MS:
                raise
        else:
            self._replaced_ms = None
            if not self._unsaved:
                self._set_store_fault("", now_ms)

    def _set_store_fault(self, fault: str, now_ms: int) -> None:
        """Note why nothing can be saved, and thus nothing pushed, or "" if it can; log it and change the link."""
        was_down = bool(self._store_fault)
        self._store_fault = fault
        if fault and not was_down:
            log.error("%s", fault)
        if bool(fault) != was_down:
            self._queue.put(LinkChanged(now_ms, "store", int(not fault)))

    def _mark_dirty(self) -> None:
        for observer in self._observers:
            observer.mark_dirty()

    def _notify_observers(self, events: Sequence[Record], commands: Sequence[Record], now_ms: int) -> None:
        """Let each observer publish at its own pace."""
        counts: dict[str, Any] = {
            "dropped": self._queue.dropped,
            "unsaved": len(self._unsaved),
            "stuck": self._stuck,
            **self._figures(),
        }
        if self._store_fault:
            counts["store_fault"] = self._store_fault
        has_published = False
        for observer in self._observers:
            observer.on_turn(events, commands)
            has_published = observer.flush(self._decider, now_ms, counts) or has_published
        if has_published:
            self._systemd.status(status_line(self._decider, now_ms))

    def _close(self) -> None:
        """Stop the sources of events, handle the last ones, and save everything."""
        for source in self._inputs:
            source.stop()
        self._courier.stop()
        now_ms = self._clock.now_ms()
        handled, commands = self._feed([*self._queue.pop_all(0), Stopping(now_ms)])
        self._event_log.on_events(handled)
        self._save([command for command in commands if not isinstance(command, _NOT_SAVED)], now_ms)
        self._store.close()
        for observer in self._observers:
            observer.close()
