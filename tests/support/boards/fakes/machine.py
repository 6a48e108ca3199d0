"""A fake `machine`: a test moves the pins by datagrams and receives the feeds of the watchdog."""

import _thread
import harness
import micropython
import sys
import time

WDT_RESET = 3
PINS = 30


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 8
    IRQ_FALLING = 4

    def __init__(self, number, mode=IN, pull=None):
        if number != "LED" and not (isinstance(number, int) and 0 <= number < PINS):
            raise ValueError("invalid pin")
        self.number = number
        self._level = 1 if pull == Pin.PULL_UP else 0
        self._handler = None
        harness.receive()

    def value(self):
        waiting = harness.levels.get(self.number)
        if waiting:
            self._level = waiting.pop(0)
        return self._level

    def irq(self, handler, trigger, hard=False):
        self._handler, self._trigger = handler, trigger
        harness.pins[self.number] = self

    def interrupt(self):
        before = self._level
        level = harness.levels[self.number][0]
        edge = Pin.IRQ_RISING if level > before else Pin.IRQ_FALLING
        if level != before and edge & self._trigger:
            micropython.heap_lock()  # an interrupt may not allocate
            try:
                self._handler(self)
            finally:
                micropython.heap_unlock()
        self._level = level
        harness.levels[self.number] = []

    def on(self):
        harness.send("led 1")

    def off(self):
        harness.send("led 0")


class WDT:
    def __init__(self, timeout):
        if timeout > 8388:
            raise ValueError("timeout too long")
        harness.send("watchdog %d" % timeout)

    def feed(self):
        harness.send("feed")
        harness.receive()
        if harness.hang_ms:
            ms, harness.hang_ms = harness.hang_ms, 0
            time.sleep_ms(ms)


class Timer:
    """Calls again and again, as the chip's does, also while mpremote copies; what it raises is printed."""

    def __init__(self, number):
        pass

    def init(self, period, callback):
        self._period, self._callback = period, callback
        _thread.start_new_thread(self._run, ())
        harness.send("timer %d" % period)

    def _run(self):
        while True:
            time.sleep_ms(self._period)
            try:
                self._callback(self)
            except Exception as error:  # noqa: BLE001 - as the chip does
                print("uncaught exception in Timer callback")
                sys.print_exception(error)


class RTC:
    def datetime(self, now):
        harness.send("rtc %s" % (now,))


def reset():
    harness.send("reset")
    raise SystemExit(77)


def reset_cause():
    import os

    return int(os.getenv("RESET_CAUSE") or 1)


def disable_irq():
    return 0


def enable_irq(state):
    pass
