"""Run the real core in virtual time, with a Pushover that answers at once.

It calls the core as the daemon's loop does: all events of one instant, then `TimePassed`, and between them at the
core's deadlines. Monotonic milliseconds are unix milliseconds here. During an outage no push leaves this machine: each
one is answered `UNSENT` at once, and the core tries again as it would in the daemon.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pushglance.core.commands import PushGlance, SaveOutcome, SaveTransition
from pushglance.core.decider import Decider
from pushglance.core.events import (
    DELIVERED,
    UNSENT,
    ClockSet,
    DayChanged,
    PulsesSeen,
    PushFinished,
    Record,
    TimePassed,
    ValueSeen,
)

from .calendar_days import ClockChange
from .recording import PULSES, Recording

if TYPE_CHECKING:
    from pushglance.core.plan_types import Memory, Plan

_JITTER = 512  # the middle of 0..1023, so that a replay is reproducible
Interval = tuple[int, int]  # begin, end (excluded): unix ms
Reading = tuple[int, str, str]  # (at_ms, sensor, the core's value from then on)


@dataclass(frozen=True, slots=True)
class DeliveredPush:
    """A push that reached the watch; it returns to the budget at `until_ms`."""

    at_ms: int
    watch: str
    fields: dict[str, str]
    until_ms: int


@dataclass(slots=True)
class SimulationResult:
    """The settled `readings`, the delivered `pushes`, the number of `unsent` attempts and of `events` fed."""

    readings: list[Reading] = field(default_factory=list)
    pushes: list[DeliveredPush] = field(default_factory=list)
    unsent: int = 0
    events: int = 0


class Simulation:
    """Feed events to a Decider. `on_decision`, if set, is called with the Decider and the instant."""

    def __init__(
        self, plan: "Plan", start_ms: int, outages: Sequence[Interval] = (), memory: "Memory | None" = None
    ) -> None:
        self.decider = Decider(plan, memory or {}, start_ms)
        self.result = SimulationResult()
        self.on_decision: Callable[[Decider, int], None] | None = None
        self._outages = outages
        self._texts: dict[str, str | None] = {}
        self._is_contact = {sensor["name"]: sensor["kind"] == "contact" for sensor in plan["sensors"]}

    def feed(self, events: Iterable[Record]) -> None:
        """Feed events, which are in order of time; those of one instant are decided on together."""
        simultaneous: list[Record] = []
        at_ms = -1
        for event in events:
            event_ms: int = event.at_ms  # type: ignore[attr-defined]  # every event has one
            if event_ms != at_ms and simultaneous:
                self._feed_instant(simultaneous, at_ms)
                simultaneous = []
            at_ms = event_ms
            simultaneous.append(event)
        if simultaneous:
            self._feed_instant(simultaneous, at_ms)

    def advance_to(self, until_ms: int) -> None:
        """Let time pass up to `until_ms` (excluded), and wake the core at its deadlines."""
        decider = self.decider
        deadline = decider.deadline_ms()
        while deadline is not None and deadline < until_ms:
            self._decide(max(deadline, decider.now_ms))
            deadline = decider.deadline_ms()

    def _feed_instant(self, events: list[Record], at_ms: int) -> None:
        self.advance_to(at_ms)
        self.result.events += len(events)
        for event in events:
            self._execute(self.decider.handle(event), at_ms)
            name = getattr(event, "sensor", "")
            if name and not self._is_contact[name]:
                self._record_reading(name, at_ms)
            elif isinstance(event, DayChanged):
                for other, is_contact in self._is_contact.items():
                    if not is_contact:
                        self._record_reading(other, at_ms)
        self._decide(at_ms)

    def _record_reading(self, name: str, at_ms: int) -> None:
        """Record the text of a sensor other than a contact, if it has changed."""
        text = self.decider.sensors[name].text("")
        if text is not None and text != self._texts.get(name):
            self._texts[name] = text
            self.result.readings.append((at_ms, name, text))

    def _decide(self, at_ms: int) -> None:
        self._execute(self.decider.handle(TimePassed(at_ms)), at_ms)
        if self.on_decision is not None:
            self.on_decision(self.decider, at_ms)

    def _execute(self, commands: list[Record], at_ms: int) -> None:
        for command in commands:
            if isinstance(command, PushGlance):
                self._answer(command, at_ms)
            elif isinstance(command, SaveTransition):  # a contact has settled
                self.result.readings.append((at_ms, command.sensor, str(command.value)))

    def _answer(self, command: PushGlance, at_ms: int) -> None:
        is_outage = any(begin <= at_ms < end for begin, end in self._outages)
        outcome = UNSENT if is_outage else DELIVERED
        answer = PushFinished(at_ms, command.watch, command.push_id, outcome, _JITTER, 0, "")
        commands = self.decider.handle(answer)
        if is_outage:
            self.result.unsent += 1
        else:
            until_ms = next(saved.until_ms for saved in commands if isinstance(saved, SaveOutcome))
            self.result.pushes.append(DeliveredPush(at_ms, command.watch, dict(command.glance), until_ms))
        self._execute(commands, at_ms)


def events_of(recording: Recording, clock_changes: Sequence[ClockChange]) -> Iterator[Record]:
    """Yield the events of a recording, with those of a trusted clock between them."""
    remaining = iter(clock_changes)
    change = next(remaining, None)
    pulses = dict.fromkeys(recording.counts, 0)
    offset_s: int | None = None
    for at_ms, name, text in zip(recording.at_ms, recording.sensor, recording.text, strict=True):
        while change is not None and change.unix_ms <= at_ms:
            yield from _clock_events(change, offset_s)
            offset_s, change = change.utc_offset_s, next(remaining, None)
        if recording.counts.get(name) == PULSES:
            if int(float(text)):
                pulses[name] += 1
                yield PulsesSeen(at_ms, name, pulses[name])
        else:
            yield ValueSeen(at_ms, name, text, 0)
    while change is not None:
        yield from _clock_events(change, offset_s)
        offset_s, change = change.utc_offset_s, next(remaining, None)


def _clock_events(change: ClockChange, offset_s: int | None) -> Iterator[Record]:
    if change.utc_offset_s != offset_s:
        yield ClockSet(change.unix_ms, change.unix_ms, change.utc_offset_s)
    yield DayChanged(change.unix_ms, change.day)
