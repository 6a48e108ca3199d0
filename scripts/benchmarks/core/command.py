"""`scripts/bench core`: cost of an event in the Decider with 1, 10 and 1000 sensors, and simulated days per second.

One door moves each half minute; every tenth sensor has its own watch. The cost of the door's events should not depend
on the number of sensors. Bytes are the peak of allocated memory while one event is handled, by tracemalloc.
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
from support.simulator.simulation import STORY_DAYS, Simulation

_SENSORS = (1, 10, 1000)
_ROUNDS = 3  # the fastest one counts
_MOVE_MS = 30_000
_TRACED = 500
_PROFILED = 20  # functions
_QUIET_DAYS = 3  # at the end of each story


class MovingDoor:
    """A Decider with many sensors, the first of which changes; a push is delivered at once."""

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
        """Move the door and let time pass between; return the number of events."""
        events = 0
        for _ in range(times):
            self._now_ms += _MOVE_MS
            events += self._pass_time() + self._feed(EdgeSeen(self._now_ms, "door0", next(self._levels)))
        return events

    def _pass_time(self) -> int:
        events = 0
        while True:
            at_ms = self._decider.deadline_ms()
            if at_ms is None or at_ms > self._now_ms:
                return events
            events += self._feed(TimePassed(at_ms))

    def _feed(self, event: Record) -> int:
        events = 1
        for command in self._decider.handle(event):
            if isinstance(command, PushGlance):
                answer = PushFinished(event.at_ms, command.watch, command.push_id, DELIVERED, 0, 0, "")  # type: ignore[attr-defined]
                events += self._feed(answer)
        return events


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--moves", type=int, default=2000, help="moves of the door per round (default 2000)")
    parser.add_argument("--stories", type=int, default=20, help="simulated stories (default 20)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures and the profile as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print the table."""
    logging.disable(logging.CRITICAL)
    rates = dict.fromkeys(_SENSORS, 0.0)
    doors = {sensors: MovingDoor(sensors) for sensors in _SENSORS}
    for _ in range(_ROUNDS):
        for sensors, door in doors.items():
            start_s = time.process_time()
            events = door.move(arguments.moves)
            rates[sensors] = max(rates[sensors], events / (time.process_time() - start_s))
    figures: dict[str, Any] = {"events_per_second": rates, "bytes_per_event": _bytes(), "profile": _profile()}
    figures["simulated_days_per_second"] = _days(arguments.stories)
    print(f"| {'sensors':>7} | events/s | cost relative to 1 | bytes/event |")
    print("|---|---|---|---|")
    for sensors in _SENSORS:
        cost = rates[_SENSORS[0]] / rates[sensors]
        print(f"| {sensors:7} | {rates[sensors]:8.0f} | {cost:18.2f} | {figures['bytes_per_event'][sensors]:11.0f} |")
    print(f"\n{figures['simulated_days_per_second']:.0f} simulated days per second and core\n\n{figures['profile']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _bytes() -> dict[int, float]:
    """Return the mean of the peak bytes that one event allocates, by number of sensors."""
    means = {}
    for sensors in _SENSORS:
        door, total, events = MovingDoor(sensors), 0, 0
        tracemalloc.start()
        for _ in range(_TRACED):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            events += door.move(1)
            total += tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        means[sensors] = total / events
    return means


def _profile() -> str:
    """Return the profile of the Decider with ten sensors."""
    door, profile, text = MovingDoor(10), cProfile.Profile(), io.StringIO()
    profile.runcall(door.move, _TRACED)
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_PROFILED)
    return text.getvalue().strip()


def _days(stories: int) -> float:
    start_s = time.process_time()
    for seed in range(1, stories + 1):
        Simulation(seed).run()
    return stories * (STORY_DAYS + _QUIET_DAYS) / (time.process_time() - start_s)
