"""One input line, as contacts and pulse counters need it: claimed with its pull, read, and watched for edges.

gpiozero is imported when a line is opened and not before: a daemon without pins must not pay for it. Its bounce_time
is never used, because it means three different things on three backends.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pushglance.errors import HardwareUnavailable

_LATE_MS = 60_000  # a backend's stamp older than this is of another clock
_PULL_UP = {"up": True, "down": False, "none": None}


def stamp_us(ticks: float, now_ms: int) -> int:
    """Return when an edge happened, in monotonic microseconds: the backend's `ticks` if of our clock, else now.

    lgpio hands on the kernel's stamp: monotonic seconds since Linux 5.7, wall time before. rpigpio, native and mock
    take `time.monotonic()`. pigpio counts microseconds of its own in 32 bits, always as an int.
    """
    if isinstance(ticks, float):
        tick_us = int(ticks * 1_000_000)
        if 0 <= now_ms - tick_us // 1000 <= _LATE_MS:
            return tick_us
    return now_ms * 1000


class InputPin:
    """Hold one line; `on_edge(at_us, level)` is called in the backend's thread for each edge, bounce included."""

    def __init__(
        self, factory: Any, gpio: int, pull: str, on_edge: Callable[[int, int], None], now_ms: Callable[[], int]
    ) -> None:
        self._factory = factory
        self._gpio = gpio
        self._pull = pull
        self._on_edge = on_edge
        self._now_ms = now_ms
        self._device: Any = None

    def open(self) -> None:
        """Claim the line and begin to watch it; raises HardwareUnavailable with the pin's number and a cure."""
        from gpiozero import InputDevice  # noqa: PLC0415 - see the module's docstring

        try:
            self._device = InputDevice(
                self._gpio,
                pull_up=_PULL_UP[self._pull],
                active_state=True if self._pull == "none" else None,  # required there, and refused elsewhere
                pin_factory=self._factory,
            )
            pin = self._device.pin
            pin.bounce = None
            pin.edges = "both"  # native starts with none
            # gpiozero keeps only a weak reference to the callback: this object must be kept by its owner.
            pin.when_changed = self._changed
        except Exception as error:
            self.close()
            raise HardwareUnavailable(_why_not(self._gpio, error)) from error

    def level(self) -> int:
        """Return the electrical level now, 0 or 1; raises HardwareUnavailable if it can no longer be read."""
        try:
            return int(bool(self._device.pin.state))
        except Exception as error:
            raise HardwareUnavailable(f"GPIO {self._gpio} can no longer be read: {error}.") from error

    def close(self) -> None:
        """Stop watching and let the line go; harmless when it is not open."""
        device, self._device = self._device, None
        if device is not None:
            with suppress(Exception):  # a line that cannot be let go is let go by the end of the process
                device.pin.when_changed = None  # lgpio's own close() leaves its callback registered
                device.close()

    def _changed(self, ticks: float, state: float) -> None:
        self._on_edge(stamp_us(ticks, self._now_ms()), int(bool(state)))


def _why_not(gpio: int, error: Exception) -> str:
    """Return a sentence about a line that could not be claimed, with what to do about it."""
    kind = type(error).__name__  # by name: lgpio's and gpiozero's classes are not imported here
    if kind == "GPIOPinInUse":
        return f"GPIO {gpio} is named by two sensors: give each sensor a pin of its own."
    if kind == "PinInvalidPin":
        return f"GPIO {gpio} does not exist on this board: take one of the BCM numbers that `pinout` shows."
    if kind == "PinFixedPull":
        return f'GPIO {gpio} has a pull-up resistor on the board itself: write pull = "up" or take another pin.'
    if "busy" in str(error).lower():
        return f"Another program holds GPIO {gpio}: `pushglance doctor` names it. Stop it, or take another pin."
    if "edge detection" in str(error).lower():
        return f'GPIO {gpio} reports no edges to RPi.GPIO on this kernel: write factory = "lgpio" under [gpio].'
    return f"GPIO {gpio} cannot be used: {error} ({kind})."
