"""Protocols of the parts that the loop uses; tests and the simulator bring their own implementations."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pushglance.core.commands import CancelPush, PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import Record
from pushglance.core.wire.pushover_answer import Answer

from .worker_progress import WorkerProgress


class Clock(Protocol):
    """Monotonic time in milliseconds, and wall time as events once it can be trusted."""

    def now_ms(self) -> int:
        """Return monotonic milliseconds."""
        ...

    def poll_events(self, now_ms: int) -> list[Record]:
        """Return changes of the wall time: `ClockSet`, `DayChanged`. Cheap enough to be called at every wake-up."""
        ...

    def deadline_ms(self) -> int | None:
        """Return when `poll_events` must be called again at the latest, e.g. at local midnight."""
        ...


class EventQueue(Protocol):
    """Takes events of inputs and of the courier, from any thread; it never blocks and never raises."""

    def put(self, event: Record) -> None:
        """Add an event; when too many wait, the oldest one of a sensor is dropped and counted."""
        ...

    def put_latest(self, key: str, event: Record) -> None:
        """Add an event that replaces a waiting one of the same `key`, where only the newest counts.

        It may wait a tenth of a second so that others are popped with it.
        """
        ...


class Input(Protocol):
    """A source of events, e.g. pins or topics. It owns its threads and only puts events into the queue."""

    @property
    def workers(self) -> Sequence[WorkerProgress]:
        """Return the progress of each of its threads."""
        ...

    def start(self) -> None:
        """Start; the first reading of each level or the first connection follows. Raises HardwareUnavailable."""
        ...

    def resync(self) -> None:
        """Read again what may have been missed, e.g. the level of each pin; called twice a minute."""
        ...

    def stop(self) -> None:
        """Stop within a second; no event is put after it returns."""
        ...


class Observer(Protocol):
    """Publishes the agent's state: a file for the commands and the page, or MQTT topics. Runs in the loop's thread."""

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Note the events and commands of this turn of the loop."""
        ...

    def mark_dirty(self) -> None:
        """Note that the state may have changed."""
        ...

    def reply(self, reply: Reply) -> None:
        """Deliver a reply to a request that came through this observer's channel."""
        ...

    def deadline_ms(self) -> int | None:
        """Return when there will be something to publish, or None until something changes."""
        ...

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, Any]) -> bool:
        """Publish what is due and return whether anything was; `counts` are the daemon's own, e.g. events dropped."""
        ...

    def close(self) -> None:
        """Remove what would be out of date once the daemon has ended."""
        ...


class Store(Protocol):
    """Saves what must survive a power cut."""

    def load(self, now_ms: int) -> dict[str, Any]:
        """Return the Memory for `Decider`; called once, before anything else."""
        ...

    def save(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these commands together; they are on disk when it returns. Raises StoreError: nothing is saved."""
        ...

    def check(self) -> None:
        """Raise StoreError if another process may push as well, because files were removed or replaced meanwhile."""
        ...

    def close(self) -> None:
        """Close the store; `save` must not be called afterwards."""
        ...


class SendGuard(Protocol):
    """Decides, when the first byte of a push is about to leave, whether it may. Runs in the courier's thread."""

    def authorize(self, command: PushGlance) -> str:
        """Return "" if the push may leave, else why not; then no byte of it is sent."""
        ...

    def on_finished(self, command: PushGlance, answer: Answer) -> None:
        """Note how a push ended, if it may have left."""
        ...


class Courier(Protocol):
    """Posts pushes and puts `PushRetrying` and `PushFinished` into the queue."""

    @property
    def workers(self) -> Sequence[WorkerProgress]:
        """Return the progress of each of its threads."""
        ...

    def start(self) -> None:
        """Start to wait for commands."""
        ...

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept a command without waiting."""
        ...

    def stop(self) -> None:
        """Stop within a second; the debit of a push whose answer is still missing stays."""
        ...
