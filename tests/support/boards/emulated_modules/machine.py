"""machine of the board emulator: pins are a bytearray that the story moves."""

import micropython

WDT_RESET = 3
levels = bytearray([1] * 48)
interrupts = {}
feeds = [0]


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

    def irq(self, bump, trigger, hard=False):
        interrupts[self.number] = (self, bump, trigger)

    def on(self):
        levels[self.number] = 1

    def off(self):
        levels[self.number] = 0


def move(number, level):
    """Bring a pin to a level, with its interrupt."""
    if levels[number] == level:
        return
    levels[number] = level
    if number in interrupts:
        pin, bump, trigger = interrupts[number]
        if trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            micropython.heap_lock()  # an interrupt may not allocate, and here numbers are as small as a board's
            try:
                bump(pin)
            finally:
                micropython.heap_unlock()


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        feeds[0] += 1


class RTC:
    def datetime(self, now):
        pass


def reset():
    raise SystemExit("reset")


def reset_cause():
    return 1


def disable_irq():
    return 0


def enable_irq(state):
    pass
