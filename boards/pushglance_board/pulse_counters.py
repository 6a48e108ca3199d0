"""Pulse counters on pins: counted where they arrive, and only running totals travel.

An interrupt only bumps numbers: it must not allocate. Where the chip counts by itself (PCNT of an ESP32) and no bounce
is to be kept out, the chip does; its own filter ends at 12.8 us, far below what a contact bounces.
"""

from time import ticks_diff, ticks_us

import machine
from machine import Pin

from pushglance.core.events import PulsesSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wire.event_buffer import EventBuffer


_CHIP_FILTER_MAX_US = 12


class EdgePulses:
    """Count pulses of at least `width_us` microseconds by interrupt: `core.pulses.PulseFilter` on ticks that wrap."""

    def __init__(self, pin: "Pin", width_us: int, active_level: int) -> None:
        self._pin = pin
        self._width_us = width_us
        self._active_level = active_level
        self._raw = self._settled = pin.value()
        self._since_us = ticks_us()
        self.count = 0
        if width_us == 0:
            edge = Pin.IRQ_RISING if active_level else Pin.IRQ_FALLING
            _listen(pin, self.on_pulse, edge)
        else:
            _listen(pin, self.on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def on_pulse(self, _pin: "Pin") -> None:
        """Count an edge that is a pulse by itself (interrupt)."""
        self.count += 1

    def on_edge(self, pin: "Pin") -> None:
        """Take an edge (interrupt): a level counts once it has held for the width."""
        now_us = ticks_us()
        if self._raw != self._settled and ticks_diff(now_us, self._since_us) >= self._width_us:
            self._settled = self._raw
            if self._settled == self._active_level:
                self.count += 1
        level = pin.value()
        if level != self._raw:
            self._raw = level
            self._since_us = now_us

    def look(self) -> int:
        """Believe a level that has held meanwhile, and return the pulses counted so far."""
        if self._width_us and self._raw != self._settled:
            state = machine.disable_irq()
            self.on_edge(self._pin)
            machine.enable_irq(state)
        return self.count


class ChipPulses:
    """Let the chip count: any rate, no interrupt. `number` is its counting unit."""

    def __init__(self, number: int, pin: "Pin", width_us: int, active_level: int) -> None:
        edge = machine.Counter.RISING if active_level else machine.Counter.FALLING  # type: ignore[attr-defined]  # ESP32
        self._counter = machine.Counter(number, pin, edge=edge, filter_ns=width_us * 1000)  # type: ignore[attr-defined]
        self._last = self._counter.value()
        self.count = 0

    def look(self) -> int:
        """Return the pulses counted so far."""
        value = self._counter.value()
        self.count += value - self._last
        self._last = value
        return self.count


class PulsePin:
    """Report the running total of one counter."""

    def __init__(self, sensor: "SensorPlan", source: "EdgePulses | ChipPulses", inbox: "EventBuffer") -> None:
        self._name = sensor["name"]
        self._key = "pulses:" + self._name
        self._source = source
        self._inbox = inbox
        self._reported = 0

    def look(self, now_ms: int) -> None:
        """Leave the total if it has grown."""
        count = self._source.look()
        if count != self._reported:
            self._reported = count
            self._inbox.put_latest(self._key, PulsesSeen(now_ms, self._name, count))


def pulse_source(sensor: "SensorPlan", pin: "Pin", number: int) -> "EdgePulses | ChipPulses":
    """Return what counts best on this board; `number` is the how-manieth counter this is, from 0."""
    if sensor["width_us"] <= _CHIP_FILTER_MAX_US and hasattr(machine, "Counter"):
        try:
            return ChipPulses(number, pin, sensor["width_us"], sensor["active_level"])
        except (OSError, ValueError, RuntimeError):
            pass  # no unit is free, or it is another chip's Counter: interrupts serve, too
    return EdgePulses(pin, sensor["width_us"], sensor["active_level"])


def _listen(pin: "Pin", bump: "Callable[[Pin], None]", edge: int) -> None:
    try:
        pin.irq(bump, edge, hard=True)  # at once, even while Python collects garbage
    except TypeError:
        pin.irq(bump, edge)  # esp32 knows no hard interrupts
