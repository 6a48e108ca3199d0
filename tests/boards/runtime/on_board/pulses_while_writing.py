"""Count pulses while each second a file is written to flash, in virtual time (MicroPython); print what was counted."""

import time

import flash
import machine

from pushglance_board.flash_file import FlashFile
from pushglance_board.pins.pulse_counters import InterruptCounter

PIN = 27
SECONDS = 60


def count(period_ms, width_us, is_writing):
    """Return the pulses of a minute that are counted; each one lasts for half of its period."""
    machine.levels[PIN] = 1
    counter = InterruptCounter(machine.Pin(PIN), width_us, 0)
    begin_ms = next_ms = time.now_ms()

    def move(until_ms):
        nonlocal next_ms
        while next_ms + period_ms // 2 <= min(until_ms, begin_ms + SECONDS * 1000):
            next_ms += period_ms // 2
            time.jump_to(next_ms)
            machine.move(PIN, 1 - machine.levels[PIN])

    time.before_advance(move)
    file = FlashFile("state.json")
    for second in range(SECONDS):
        if is_writing:
            file.replace([["debit", second]])
        time.advance_to(begin_ms + (second + 1) * 1000)
    time.advance_to(time.now_ms() + 1000)
    return counter.read()


print(count(2, 0, False), count(2, 0, True), count(200, 5000, True), flash.writes[0])
