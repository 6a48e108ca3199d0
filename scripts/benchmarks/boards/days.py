"""Days of a house for the core and a board's store, on CPython and on MicroPython: days.py PLAN.json FACTS.

A door opens and closes twenty times a day, a counter grows 500 times, a gauge changes each five minutes. Prints JSON:
facts handled, microseconds that the core took, writes a day, and on MicroPython the heap after each tenth of them.
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

DAY_MS = 86_400_000
START_S = 1_800_000_000
STEP_MS = 60_000


class Flash:
    """Stand in for `os` where the store is: waiting for this computer's disk tells nothing of a board's flash."""

    rename = os.rename


flash_file.os = Flash


class House:
    """Hold one board's core and store, and hand them what happens."""

    def __init__(self, plan):
        from pushglance.core.decider import Decider

        self.store = FlashStore(plan["watches"])
        self.decider = Decider(plan, self.store.load(0), 0)
        self.events = 0
        self.us = 0
        self.pulses = 0
        self.level = 0

    def tell(self, event, now_ms):
        """SimulatorInput over one fact and carry out what the core orders, until it orders nothing more."""
        self.events += 1
        began_us = _now_us()
        commands = self.decider.handle(event) + self.decider.handle(TimePassed(now_ms))
        self.us += _now_us() - began_us
        pushes = [command for command in commands if isinstance(command, PushGlance)]
        self.store.keep([command for command in commands if command.__class__.__name__[:4] == "Save"], now_ms)
        for push in pushes:
            self.tell(PushFinished(now_ms, push.watch, push.push_id, DELIVERED, 0, 0, ""), now_ms)

    def minute(self, number):
        """Live one minute of a day."""
        now_ms = number * STEP_MS
        if number % 1440 == 0:
            self.tell(DayChanged(now_ms, number // 1440 + 20_000), now_ms)
        if number % 36 == 1:
            self.level = 1 - self.level
            self.tell(EdgeSeen(now_ms, "garage", self.level), now_ms)
        if number % 3 == 0 and number % 9 != 0 or number % 40 == 0:
            self.pulses += 1
            self.tell(PulsesSeen(now_ms, "visitors", self.pulses), now_ms)
        if number % 5 == 0:
            self.tell(ValueSeen(now_ms, "tank", str(number * 7 % 101), 0), now_ms)
        due_ms = self.decider.deadline_ms()
        while due_ms is not None and due_ms <= now_ms + STEP_MS:
            self.tell(TimePassed(due_ms), max(due_ms, now_ms))
            again_ms = self.decider.deadline_ms()
            if again_ms is not None and again_ms <= due_ms:
                break
            due_ms = again_ms
        waits_ms = self.store.deadline_ms()
        if waits_ms is not None and waits_ms <= now_ms + STEP_MS:
            self.store.keep([], now_ms + STEP_MS)


def _now_us():
    return time.ticks_us() if hasattr(time, "ticks_us") else time.monotonic_ns() // 1000


def _heap():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def main(path, events):
    """Live until so many facts were handled."""
    with open(path) as file:
        house = House(json.load(file))
    house.tell(ClockSet(0, START_S * 1000, 0), 0)
    heaps = []
    number = 0
    while house.events < events:
        house.minute(number)
        number += 1
        if house.events * 10 >= events * (len(heaps) + 1):
            heaps.append(_heap())
    figures = {"events": house.events, "us": house.us, "days": number // 1440, "heaps": heaps}
    figures["writes_a_day"] = house.store.writes * 1440 // number
    print(json.dumps(figures))


main(sys.argv[1], int(sys.argv[2]))
