"""machine of the board emulator: pins are a bytearray that the scenario changes."""

import micropython

WDT_RESET = 3
levels = bytearray([1] * 48)
interrupts = {}
rtc_year = [2021]  # an RP2 starts in 2021
_is_masked = [False]
_latched = []  # pins with an edge while interrupts were off: the chip keeps one for each pin


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 8
    IRQ_FALLING = 4

    def __init__(self, number, mode=IN, pull=None):
        self.number = 47 if number == "LED" else number

    def value(self):
        return levels[self.number]

    def irq(self, handler, trigger, hard=False):
        interrupts[self.number] = (self, handler, trigger)

    def on(self):
        levels[self.number] = 1

    def off(self):
        levels[self.number] = 0


def move(number, level):
    """Set the level of a pin and run its interrupt."""
    if levels[number] == level:
        return
    levels[number] = level
    if number in interrupts and interrupts[number][2] & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
        if _is_masked[0]:
            if number not in _latched:
                _latched.append(number)
        else:
            _interrupt(number)


def _interrupt(number):
    pin, handler, _ = interrupts[number]
    micropython.heap_lock()  # an interrupt must not allocate; small integers have the same range as on a board
    try:
        handler(pin)
    finally:
        micropython.heap_unlock()


def mask_interrupts(is_masked):
    """Switch interrupts off, as a write to flash does, or on: then what was latched is handled."""
    _is_masked[0] = is_masked
    while _latched and not is_masked:
        _interrupt(_latched.pop(0))


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        pass


class RTC:
    def datetime(self, now):
        rtc_year[0] = now[0]


def reset():
    raise SystemExit("reset")


def reset_cause():
    return 1


def disable_irq():
    return 0


def enable_irq(state):
    pass
