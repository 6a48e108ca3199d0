"""The stage: the real core in virtual time, before a Pushover that answers at once.

It calls the core as the daemon's loop does: facts of one instant, then `TimePassed`, and else at the core's deadlines.
Monotonic milliseconds are unix milliseconds here. During an outage nothing leaves this machine: every push is answered
`UNSENT` at once, and the core tries again as it would.
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

from .calendar_days import Turn
from .recording import PULSES, Recording

if TYPE_CHECKING:
    from pushglance.core.plan_types import Memory, Plan

_JITTER = 512  # the middle of 0..1023: a replay draws nothing
Span = tuple[int, int]  # from, to (not with it): unix ms
Reading = tuple[int, str, str]  # (at_ms, sensor, what the core holds for true from then on)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push that reached the watch; `until_ms` is when it comes back to the budget."""

    at_ms: int
    watch: str
    fields: dict[str, str]
    until_ms: int


@dataclass(slots=True)
class Played:
    """What happened: `readings` as they settled, `pushes` that arrived, `unsent` attempts, `facts` handed in."""

    readings: list[Reading] = field(default_factory=list)
    pushes: list[Pushed] = field(default_factory=list)
    unsent: int = 0
    events: int = 0


class Stage:
    """Play facts to a Decider. `look`, if given, is called after each decision with the decider and the instant."""

    def __init__(
        self, plan: "Plan", start_ms: int, outages: Sequence[Span] = (), memory: "Memory | None" = None
    ) -> None:
        self.decider = Decider(plan, memory or {}, start_ms)
        self.played = Played()
        self.look: Callable[[Decider, int], None] | None = None
        self._outages = outages
        self._texts: dict[str, str | None] = {}
        self._is_contact = {sensor["name"]: sensor["kind"] == "contact" for sensor in plan["sensors"]}

    def play(self, events: Iterable[Record]) -> None:
        """SimulatorInput in facts in order of time, those of one instant together."""
        here: list[Record] = []
        at_ms = -1
        for event in events:
            fact_ms: int = event.at_ms  # type: ignore[attr-defined]  # every fact has one
            if fact_ms != at_ms and here:
                self._turn(here, at_ms)
                here = []
            at_ms = fact_ms
            here.append(event)
        if here:
            self._turn(here, at_ms)

    def pass_to(self, until_ms: int) -> None:
        """Let time pass up to, not with, `until_ms`: wake the core at its deadlines."""
        decider = self.decider
        deadline = decider.deadline_ms()
        while deadline is not None and deadline < until_ms:
            self._decide(max(deadline, decider.now_ms))
            deadline = decider.deadline_ms()

    def _turn(self, events: list[Record], at_ms: int) -> None:
        self.pass_to(at_ms)
        self.played.events += len(events)
        for event in events:
            self._carry_out(self.decider.handle(event), at_ms)
            name = getattr(event, "sensor", "")
            if name and not self._is_contact[name]:
                self._read(name, at_ms)
            elif isinstance(event, DayChanged):
                for other, is_contact in self._is_contact.items():
                    if not is_contact:
                        self._read(other, at_ms)
        self._decide(at_ms)

    def _read(self, name: str, at_ms: int) -> None:
        """Note what a sensor that is no contact says, if it is something else than before."""
        text = self.decider.sensors[name].text("")
        if text is not None and text != self._texts.get(name):
            self._texts[name] = text
            self.played.readings.append((at_ms, name, text))

    def _decide(self, at_ms: int) -> None:
        self._carry_out(self.decider.handle(TimePassed(at_ms)), at_ms)
        if self.look is not None:
            self.look(self.decider, at_ms)

    def _carry_out(self, commands: list[Record], at_ms: int) -> None:
        for command in commands:
            if isinstance(command, PushGlance):
                self._answer(command, at_ms)
            elif isinstance(command, SaveTransition):  # a contact has settled
                self.played.readings.append((at_ms, command.sensor, str(command.value)))

    def _answer(self, command: PushGlance, at_ms: int) -> None:
        is_unavailable = any(begin <= at_ms < end for begin, end in self._outages)
        outcome = UNSENT if is_unavailable else DELIVERED
        answer = PushFinished(at_ms, command.watch, command.push_id, outcome, _JITTER, 0, "")
        commands = self.decider.handle(answer)
        if is_unavailable:
            self.played.unsent += 1
        else:
            until_ms = next(told.until_ms for told in commands if isinstance(told, SaveOutcome))
            self.played.pushes.append(Pushed(at_ms, command.watch, dict(command.glance), until_ms))
        self._carry_out(commands, at_ms)


def facts_of(recording: Recording, turns: Sequence[Turn]) -> Iterator[Record]:
    """Yield the facts of a recording, and what a trusted clock tells besides."""
    waiting = iter(turns)
    turn = next(waiting, None)
    pulses = dict.fromkeys(recording.counts, 0)
    offset_s: int | None = None
    for at_ms, name, text in zip(recording.at_ms, recording.sensor, recording.text, strict=True):
        while turn is not None and turn.unix_ms <= at_ms:
            yield from _told(turn, offset_s)
            offset_s, turn = turn.utc_offset_s, next(waiting, None)
        if recording.counts.get(name) == PULSES:
            if int(float(text)):
                pulses[name] += 1
                yield PulsesSeen(at_ms, name, pulses[name])
        else:
            yield ValueSeen(at_ms, name, text, 0)
    while turn is not None:
        yield from _told(turn, offset_s)
        offset_s, turn = turn.utc_offset_s, next(waiting, None)


def _told(turn: Turn, offset_s: int | None) -> Iterator[Record]:
    if turn.utc_offset_s != offset_s:
        yield ClockSet(turn.unix_ms, turn.unix_ms, turn.utc_offset_s)
    yield DayChanged(turn.unix_ms, turn.day)
