"""Pulse counters on pins: pulses are counted where they arrive, and only running totals become events.

An interrupt only changes numbers: it must not allocate. The chip itself counts (PCNT of an ESP32) if it can filter the
bounce: its filter ends at 12.8 us, and a contact bounces for milliseconds.
"""

from time import ticks_diff, ticks_us

import machine
from machine import Pin
from micropython import const

from pushglance.core.events import PulsesSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wire.event_buffer import EventBuffer

_CHIP_FILTER_MAX_US = const(12)


class InterruptCounter:
    """Count pulses of at least `width_us` by interrupt, as `core.sensors.pulse_filter` does, on ticks that wrap."""

    def __init__(self, pin: "Pin", width_us: int, active_level: int) -> None:
        self._pin = pin
        self._width_us = width_us
        self._active_level = active_level
        self._raw = self._settled = pin.value()
        self._since_us = ticks_us()
        self.count = 0
        if width_us == 0:
            edge = Pin.IRQ_RISING if active_level else Pin.IRQ_FALLING
            _attach_interrupt(pin, self.on_pulse, edge)
        else:
            _attach_interrupt(pin, self.on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def on_pulse(self, _pin: "Pin") -> None:
        """Count an edge as a pulse (interrupt)."""
        self.count += 1

    def on_edge(self, pin: "Pin") -> None:
        """Handle an edge (interrupt): a level counts once it has held for the width."""
        now_us = ticks_us()
        if self._raw != self._settled and ticks_diff(now_us, self._since_us) >= self._width_us:
            self._settled = self._raw
            if self._settled == self._active_level:
                self.count += 1
        level = pin.value()
        if level != self._raw:
            self._raw = level
            self._since_us = now_us

    def read(self) -> int:
        """Return the pulses counted so far, with a level that has held since the last edge."""
        if self._width_us and self._raw != self._settled:
            state = machine.disable_irq()
            self.on_edge(self._pin)
            machine.enable_irq(state)
        return self.count


class ChipCounter:
    """Let the chip count, at any rate and without interrupts. `number` is its counting unit."""

    def __init__(self, number: int, pin: "Pin", width_us: int, active_level: int) -> None:
        edge = machine.Counter.RISING if active_level else machine.Counter.FALLING  # type: ignore[attr-defined]  # ESP32
        self._counter = machine.Counter(number, pin, edge=edge, filter_ns=width_us * 1000)  # type: ignore[attr-defined]
        self._last = self._counter.value()
        self.count = 0

    def read(self) -> int:
        """Return the pulses counted so far."""
        value = self._counter.value()
        self.count += value - self._last
        self._last = value
        return self.count


class PulsePin:
    """Report the running total of one counter."""

    def __init__(self, sensor: "SensorPlan", counter: "InterruptCounter | ChipCounter", queue: "EventBuffer") -> None:
        self._name = sensor["name"]
        self._key = "pulses:" + self._name
        self._counter = counter
        self._queue = queue
        self._reported = 0

    def poll(self, now_ms: int) -> None:
        """Report the total if it has grown."""
        count = self._counter.read()
        if count != self._reported:
            self._reported = count
            self._queue.put_latest(self._key, PulsesSeen(now_ms, self._name, count))


def build_counter(sensor: "SensorPlan", pin: "Pin", index: int) -> "InterruptCounter | ChipCounter":
    """Return the best counter of this board for the pin; `index` is the index of this counter, from 0."""
    if sensor["width_us"] <= _CHIP_FILTER_MAX_US and hasattr(machine, "Counter"):
        try:
            return ChipCounter(index, pin, sensor["width_us"], sensor["active_level"])
        except (OSError, ValueError, RuntimeError):
            pass  # all units are in use, or this port's Counter is another class: interrupts work, too
    return InterruptCounter(pin, sensor["width_us"], sensor["active_level"])


def _attach_interrupt(pin: "Pin", handler: "Callable[[Pin], None]", edge: int) -> None:
    try:
        pin.irq(handler, edge, hard=True)  # runs at once, even while Python collects garbage
    except TypeError:
        pin.irq(handler, edge)  # esp32 has no hard interrupts
