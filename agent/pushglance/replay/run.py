"""Run a whole replay: simulate the core over a recording and evaluate each watch."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar

from pushglance.core.decider import Decider

from .calendar_days import clock_changes, midnights_ms
from .evaluation import Evaluation, evaluate
from .recording import Recording
from .simulator import Interval, Simulation, SimulationResult, events_of

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_PROGRESS_EVERY = 500  # events between two reports

ReportProgress = Callable[[str, int, int], None]  # (name of the step, done, total)
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Replay:
    """The result of a replay, with one evaluation per watch; `midnights_ms` (unix) enclose the recording."""

    result: SimulationResult
    evaluations: list[Evaluation]
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
    outages: Sequence[Interval] = (),
    on_decision: Callable[[Decider, int], None] | None = None,
    report_progress: ReportProgress | None = None,
) -> Replay:
    """Run the core over a recording in virtual time, up to the midnight after its last line, and evaluate it."""
    start_ms, last_ms = recording.at_ms[0], recording.at_ms[-1]
    midnights = midnights_ms(zone, start_ms, last_ms)
    simulation = Simulation(plan, start_ms, outages)
    simulation.on_decision = on_decision
    start_s = time.perf_counter()
    events = events_of(recording, clock_changes(zone, start_ms, midnights[-1] - 1))
    simulation.feed(_with_progress(events, len(recording.at_ms), "replaying", report_progress))
    simulation.advance_to(midnights[-1])
    duration_s = time.perf_counter() - start_s
    result = simulation.result
    evaluations = [
        evaluate(plan, watch, result, midnights, _hindsight_progress(report_progress)) for watch in plan["watches"]
    ]
    return Replay(result, evaluations, midnights, start_ms, result.events / duration_s)


def _with_progress(
    items: Iterable[_Item], total: int, step: str, report_progress: ReportProgress | None
) -> Iterator[_Item]:
    for done, item in enumerate(items):
        if report_progress is not None and done % _PROGRESS_EVERY == 0:
            report_progress(step, min(done, total), total)
        yield item
    if report_progress is not None:
        report_progress(step, total, total)


def _hindsight_progress(report_progress: ReportProgress | None) -> Callable[[int, int], None] | None:
    if report_progress is None:
        return None
    return lambda done, total: report_progress("comparing with hindsight", done, total)
