"""`scripts/bench core`: what an event costs in the decider among 1, 10 and 1000 sensors, and simulated days a second.

One door moves each half minute; every tenth sensor has a watch of its own beside it. The cost of its events should not
depend on the others. Bytes are the most that is held at once while one event is taken, by tracemalloc.
"""

import argparse
import cProfile
import io
import json
import logging
import pstats
import time
import tracemalloc
from itertools import count
from pathlib import Path
from typing import Any

from pushglance.core.commands import PushGlance
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, EdgeSeen, PushFinished, Record, TimePassed
from support import plans
from support.simulator.world import STORY_DAYS, World

_SENSORS = (1, 10, 1000)
_ROUNDS = 3  # in turns; the quickest of each counts
_MOVE_MS = 30_000
_TRACED = 500
_PROFILED = 20  # functions
_QUIET_DAYS = 3  # end each story


class Moving:
    """A decider among so many sensors, whose first door moves; a push is delivered at once."""

    def __init__(self, sensors: int) -> None:
        names = [f"door{number}" for number in range(sensors)]
        watches = [plans.watch(f"watch{name}", pacing="price", text=[[name, ""]]) for name in names[::10]]
        self._decider = Decider(plans.plan([plans.contact(name) for name in names], watches), {}, 0)
        self._now_ms = 0
        self._levels = (number % 2 for number in count())
        for name in names:
            self._decider.handle(EdgeSeen(0, name, 0))
        self.move(20)

    def move(self, times: int) -> int:
        """Move the door, and let everything happen that follows; return how many events that were."""
        events = 0
        for _ in range(times):
            self._now_ms += _MOVE_MS
            events += self._let_pass() + self._tell(EdgeSeen(self._now_ms, "door0", next(self._levels)))
        return events

    def _let_pass(self) -> int:
        events = 0
        while True:
            at_ms = self._decider.deadline_ms()
            if at_ms is None or at_ms > self._now_ms:
                return events
            events += self._tell(TimePassed(at_ms))

    def _tell(self, event: Record) -> int:
        events = 1
        for command in self._decider.handle(event):
            if isinstance(command, PushGlance):
                answer = PushFinished(event.at_ms, command.watch, command.push_id, DELIVERED, 0, 0, "")  # type: ignore[attr-defined]
                events += self._tell(answer)
        return events


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may be asked."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--moves", type=int, default=2000, help="how often the door moves in a round (default 2000)")
    parser.add_argument("--stories", type=int, default=20, help="simulated stories to live (default 20)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures and the profile as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print the tables."""
    logging.disable(logging.CRITICAL)
    rates = dict.fromkeys(_SENSORS, 0.0)
    houses = {sensors: Moving(sensors) for sensors in _SENSORS}
    for _ in range(_ROUNDS):
        for sensors, house in houses.items():
            began_s = time.process_time()
            events = house.move(arguments.moves)
            rates[sensors] = max(rates[sensors], events / (time.process_time() - began_s))
    figures: dict[str, Any] = {"events_per_second": rates, "bytes_per_event": _bytes(), "profile": _profile()}
    figures["simulated_days_per_second"] = _days(arguments.stories)
    print(f"| {'sensors':>7} | events/s | cost against one sensor | bytes/event |")
    print("|---|---|---|---|")
    for sensors in _SENSORS:
        cost = rates[_SENSORS[0]] / rates[sensors]
        print(f"| {sensors:7} | {rates[sensors]:8.0f} | {cost:23.2f} | {figures['bytes_per_event'][sensors]:11.0f} |")
    print(f"\n{figures['simulated_days_per_second']:.0f} simulated days per second and core\n\n{figures['profile']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _bytes() -> dict[int, float]:
    """Return the most bytes that one move of the door holds beside what was there, by number of sensors: the mean."""
    means = {}
    for sensors in _SENSORS:
        house, total, events = Moving(sensors), 0, 0
        tracemalloc.start()
        for _ in range(_TRACED):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            events += house.move(1)
            total += tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        means[sensors] = total / events
    return means


def _profile() -> str:
    """Return where the time goes among ten sensors."""
    house, profile, text = Moving(10), cProfile.Profile(), io.StringIO()
    profile.runcall(house.move, _TRACED)
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_PROFILED)
    return text.getvalue().strip()


def _days(stories: int) -> float:
    began_s = time.process_time()
    for seed in range(1, stories + 1):
        World(seed).live()
    return stories * (STORY_DAYS + _QUIET_DAYS) / (time.process_time() - began_s)
