"""Simulate days for the core and a board's store, on CPython and on MicroPython: simulated_days.py PLAN.json EVENTS.

A door opens and closes twenty times a day, a counter grows 500 times, a gauge changes each five minutes. Prints JSON:
events handled, microseconds that the core took, writes per day, and on MicroPython the heap after each tenth of them.
"""

import gc
import json
import os
import sys
import time

from pushglance.core.commands import PushGlance
from pushglance.core.events import (
    DELIVERED,
    ClockSet,
    DayChanged,
    EdgeSeen,
    PulsesSeen,
    PushFinished,
    TimePassed,
    ValueSeen,
)
from pushglance_board import flash_file
from pushglance_board.store import FlashStore

STEP_MS = 60_000
START_S = 1_800_000_000


class UnsyncedOs:
    """Replace `os` in the store: syncing this computer's disk takes another time than a board's flash."""

    rename = os.rename


flash_file.os = UnsyncedOs


class SimulatedBoard:
    """The core and the store of one board, fed with generated events."""

    def __init__(self, plan):
        from pushglance.core.decider import Decider

        self.store = FlashStore(plan["watches"])
        self.decider = Decider(plan, self.store.load(0), 0)
        self.events = 0
        self.us = 0
        self.pulses = 0
        self.level = 0

    def feed(self, event, now_ms):
        """Feed one event and execute the commands of the core, until there are none."""
        self.events += 1
        start_us = _now_us()
        commands = self.decider.handle(event) + self.decider.handle(TimePassed(now_ms))
        self.us += _now_us() - start_us
        pushes = [command for command in commands if isinstance(command, PushGlance)]
        self.store.save([command for command in commands if command.__class__.__name__[:4] == "Save"], now_ms)
        for push in pushes:
            self.feed(PushFinished(now_ms, push.watch, push.push_id, DELIVERED, 0, 0, ""), now_ms)

    def run_minute(self, number):
        """Feed the events of one minute, counted from the start."""
        now_ms = number * STEP_MS
        if number % 1440 == 0:
            self.feed(DayChanged(now_ms, number // 1440 + 20_000), now_ms)
        if number % 36 == 1:
            self.level = 1 - self.level
            self.feed(EdgeSeen(now_ms, "garage", self.level), now_ms)
        if number % 3 == 0 and number % 9 != 0 or number % 40 == 0:
            self.pulses += 1
            self.feed(PulsesSeen(now_ms, "visitors", self.pulses), now_ms)
        if number % 5 == 0:
            self.feed(ValueSeen(now_ms, "tank", str(number * 7 % 101), 0), now_ms)
        due_ms = self.decider.deadline_ms()
        while due_ms is not None and due_ms <= now_ms + STEP_MS:
            self.feed(TimePassed(due_ms), max(due_ms, now_ms))
            next_ms = self.decider.deadline_ms()
            if next_ms is not None and next_ms <= due_ms:
                break
            due_ms = next_ms
        store_ms = self.store.deadline_ms()
        if store_ms is not None and store_ms <= now_ms + STEP_MS:
            self.store.save([], now_ms + STEP_MS)


def _now_us():
    return time.ticks_us() if hasattr(time, "ticks_us") else time.monotonic_ns() // 1000


def _heap():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def main(path, events):
    """Run until this number of events was handled, and print the figures."""
    with open(path) as file:
        board = SimulatedBoard(json.load(file))
    board.feed(ClockSet(0, START_S * 1000, 0), 0)
    heaps = []
    minute = 0
    while board.events < events:
        board.run_minute(minute)
        minute += 1
        if board.events * 10 >= events * (len(heaps) + 1):
            heaps.append(_heap())
    figures = {"events": board.events, "us": board.us, "days": minute // 1440, "heaps": heaps}
    figures["writes_per_day"] = board.store.writes * 1440 // minute
    print(json.dumps(figures))


main(sys.argv[1], int(sys.argv[2]))
