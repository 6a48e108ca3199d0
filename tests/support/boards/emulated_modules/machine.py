"""machine of the board emulator: pins are a bytearray that the scenario changes."""

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
    if number in interrupts:
        pin, handler, trigger = interrupts[number]
        if trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            micropython.heap_lock()  # an interrupt must not allocate; small integers have the same range as on a board
            try:
                handler(pin)
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
