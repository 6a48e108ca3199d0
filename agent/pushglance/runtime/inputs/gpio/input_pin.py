"""One input pin with gpiozero, for contacts and pulse counters.

gpiozero is imported when a pin is opened, so that a daemon without pins does not load it. Its bounce_time is not used,
because it has three meanings on three backends.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pushglance.errors import HardwareUnavailable

_STAMP_AGE_MAX_MS = 60_000  # an older stamp comes from another clock
_PULL_UP = {"up": True, "down": False, "none": None}


def stamp_us(ticks: float, now_ms: int) -> int:
    """Return when an edge happened, in monotonic microseconds: the backend's `ticks` if they are monotonic, else now.

    lgpio passes the kernel's stamp: monotonic seconds since Linux 5.7, wall time before. rpigpio, native and mock use
    `time.monotonic()`. pigpio counts microseconds in 32 bits, always as an int.
    """
    if isinstance(ticks, float):
        tick_us = int(ticks * 1_000_000)
        if 0 <= now_ms - tick_us // 1000 <= _STAMP_AGE_MAX_MS:
            return tick_us
    return now_ms * 1000


class InputPin:
    """One pin; `on_edge(at_us, level)` is called in the backend's thread for each edge, bounce included."""

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
        """Open the pin and watch its edges. Raises HardwareUnavailable with the pin's number and a hint."""
        from gpiozero import InputDevice  # noqa: PLC0415 - see the module's docstring

        try:
            self._device = InputDevice(
                self._gpio,
                pull_up=_PULL_UP[self._pull],
                active_state=True if self._pull == "none" else None,  # required without a pull, refused with one
                pin_factory=self._factory,
            )
            pin = self._device.pin
            pin.bounce = None
            pin.edges = "both"  # native does not watch any by default
            # gpiozero keeps only a weak reference to the callback: the owner must keep this object.
            pin.when_changed = self._on_change
        except Exception as error:
            self.close()
            raise HardwareUnavailable(_open_error(self._gpio, error)) from error

    def level(self) -> int:
        """Return the present electrical level, 0 or 1. Raises HardwareUnavailable if it can no longer be read."""
        try:
            return int(bool(self._device.pin.state))
        except Exception as error:
            raise HardwareUnavailable(f"GPIO {self._gpio} can no longer be read: {error}.") from error

    def close(self) -> None:
        """Stop watching and release the pin, if it is open."""
        device, self._device = self._device, None
        if device is not None:
            with suppress(Exception):  # the end of the process releases the pin
                device.pin.when_changed = None  # lgpio's close() leaves its callback registered
                device.close()

    def _on_change(self, ticks: float, state: float) -> None:
        self._on_edge(stamp_us(ticks, self._now_ms()), int(bool(state)))


def _open_error(gpio: int, error: Exception) -> str:
    """Return a sentence about a pin that could not be opened, with a hint."""
    kind = type(error).__name__  # by name: lgpio's and gpiozero's classes are not imported here
    if kind == "GPIOPinInUse":
        return f"GPIO {gpio} is used by two sensors: give each sensor its own pin."
    if kind == "PinInvalidPin":
        return f"GPIO {gpio} does not exist on this board: use one of the BCM numbers that `pinout` shows."
    if kind == "PinFixedPull":
        return f'GPIO {gpio} has a pull-up resistor on the board itself: write pull = "up" or use another pin.'
    if "busy" in str(error).lower():
        return (
            f"GPIO {gpio} is in use by another program or a line of config.txt: `pushglance doctor` names it. Stop or "
            "remove it, or use another pin."
        )
    if "edge detection" in str(error).lower():
        return f'GPIO {gpio} reports no edges to RPi.GPIO on this kernel: write factory = "lgpio" under [gpio].'
    return f"GPIO {gpio} cannot be used: {error} ({kind})."
