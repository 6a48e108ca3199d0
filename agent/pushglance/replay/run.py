"""A whole replay: a recording in, what happened and what it was worth out."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar

from pushglance.core.decider import Decider

from .calendar_days import midnights_ms, turns
from .evaluation import Verdict, judge
from .recording import Recording
from .simulator import Played, Span, Stage, facts_of

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_TOLD_EVERY = 500  # facts between two words about progress

Tell = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Replay:
    """What a replay gave: one verdict for each watch; `midnights_ms` (unix) are those of all days that it touched."""

    played: Played
    verdicts: list[Verdict]
    midnights_ms: list[int]
    start_ms: int
    events_per_s: float

    @property
    def end_ms(self) -> int:
        """Return when the replay ended: the midnight after the last line."""
        return self.midnights_ms[-1]


def replay(
    plan: "Plan",
    recording: Recording,
    zone: tzinfo,
    outages: Sequence[Span] = (),
    look: Callable[[Decider, int], None] | None = None,
    tell: Tell | None = None,
) -> Replay:
    """Run the real core over a recording, in virtual time, up to the midnight after its last line, and judge it."""
    start_ms, last_ms = recording.at_ms[0], recording.at_ms[-1]
    midnights = midnights_ms(zone, start_ms, last_ms)
    stage = Stage(plan, start_ms, outages)
    stage.look = look
    began_s = time.perf_counter()
    events = facts_of(recording, turns(zone, start_ms, midnights[-1] - 1))
    stage.play(_told(events, len(recording.at_ms), "replaying", tell))
    stage.pass_to(midnights[-1])
    taken_s = time.perf_counter() - began_s
    verdicts = [judge(plan, watch, stage.played, midnights, _rounds(tell)) for watch in plan["watches"]]
    return Replay(stage.played, verdicts, midnights, start_ms, stage.played.events / taken_s)


def _told(items: Iterable[_Item], total: int, what: str, tell: Tell | None) -> Iterator[_Item]:
    for done, item in enumerate(items):
        if tell is not None and done % _TOLD_EVERY == 0:
            tell(what, min(done, total), total)
        yield item
    if tell is not None:
        tell(what, total, total)


def _rounds(tell: Tell | None) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell("comparing with hindsight", done, total)
