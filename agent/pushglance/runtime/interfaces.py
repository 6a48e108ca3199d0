"""What the loop needs from the world, as Protocols: tests and boards bring their own."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pushglance.core.commands import CancelPush, PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import Record


class Clock(Protocol):
    """Tells monotonic milliseconds, and wall time as facts once it can be trusted."""

    def now_ms(self) -> int:
        """Return monotonic milliseconds."""
        ...

    def poll_events(self, now_ms: int) -> list[Record]:
        """Return what there is to tell about wall time: `ClockSet`, `DayChanged`. Cheap enough for every wake-up."""
        ...

    def deadline_ms(self) -> int | None:
        """Return when `facts` should be asked again at the latest, e.g. local midnight."""
        ...


class EventQueue(Protocol):
    """Where inputs and the courier put their facts, from any thread; it never blocks and never raises."""

    def put(self, event: Record) -> None:
        """Leave a fact; when too many wait, the oldest one of a sensor is dropped and counted."""
        ...

    def put_latest(self, key: str, event: Record) -> None:
        """Leave a fact that replaces a waiting one of the same `key`: where only the newest counts.

        It may wait a tenth of a second for others to be taken with it.
        """
        ...


class Input(Protocol):
    """A source of facts: pins, topics. It owns its threads and puts facts into the queue, nothing else."""

    def start(self) -> None:
        """Begin; the first look at each level or the first connection attempt follows. Raises HardwareUnavailable."""
        ...

    def resync(self) -> None:
        """Look again at what may have been missed, e.g. the level of each pin; called every half minute."""
        ...

    def stop(self) -> None:
        """End within a second; no fact is put after it returns."""
        ...


class Observer(Protocol):
    """Tells those outside what is so: a file for who looks, topics for the house. In the loop's thread."""

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Note what came in and what was ordered in this turn."""
        ...

    def mark_dirty(self) -> None:
        """Note that something may have changed."""
        ...

    def reply(self, reply: Reply) -> None:
        """SimulatorInput a reply to whoever asked on this road."""
        ...

    def deadline_ms(self) -> int | None:
        """Return when there will be something to tell, or None until something changes."""
        ...

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, int]) -> bool:
        """Tell what is due, and return whether that was anything; `counts` are the daemon's own, e.g. facts dropped."""
        ...

    def close(self) -> None:
        """Take back what nobody will be there to keep true."""
        ...


class Store(Protocol):
    """Keeps what must survive a power cut."""

    def load(self, now_ms: int) -> dict[str, Any]:
        """Return the Memory for `Decider`; called once, first."""
        ...

    def save(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these orders together, on disk when it returns. Raises StoreError, and then nothing is saved."""
        ...

    def close(self) -> None:
        """Close; saves after it are a mistake."""
        ...


class SendGuard(Protocol):
    """Has the last word on a push; asked in the courier's thread when its first byte is about to leave."""

    def authorize(self, command: PushGlance) -> str:
        """Return "" if it may leave, else why not: then it surely does not."""
        ...

    def on_finished(self, command: PushGlance, outcome: str, detail: str) -> None:
        """Learn how a push ended that may have left."""
        ...


class Courier(Protocol):
    """Carries pushes out and puts `PushRetrying` and `PushFinished` into the queue."""

    def start(self) -> None:
        """Begin to wait for orders."""
        ...

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept an order without waiting."""
        ...

    def stop(self) -> None:
        """End within a second; a push whose answer is still out stays booked."""
        ...
