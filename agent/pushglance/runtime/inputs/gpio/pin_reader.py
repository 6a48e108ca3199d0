"""The one way to the pins: which library reads them is decided here, for the agent, `init` and `doctor` alike.

Pins of the kernel's own driver (factory "lgpio", the default) are read by libgpiod 2, which needs nothing else. Where
it is absent, and with every other factory, gpiozero reads them.
"""

from collections.abc import Callable
from typing import Any, Protocol

from pushglance.errors import HardwareUnavailable

from .gpio_chips import find_chip, load_gpiod
from .pin_factory import build_pin_factory

KERNEL = "lgpio"  # the factory in the settings that stands for the kernel's driver


class Pin(Protocol):
    """An input pin whose edges are watched while it is open."""

    def open(self) -> None:
        """Open the pin. Raises HardwareUnavailable."""

    def level(self) -> int:
        """Return the present electrical level, 0 or 1. Raises HardwareUnavailable."""

    def close(self) -> None:
        """Release the pin, if it is open."""


class PinReader:
    """A library that reads pins: `name` in words, and `factory`, gpiozero's, or None with libgpiod 2."""

    def __init__(self, factory: str) -> None:
        """Load the library. Raises HardwareUnavailable with what to type."""
        self._gpiod, why_absent = gpiod_for(factory)
        self.factory: Any = None
        self.loss = ""  # why pulses may be lost unnoticed
        if self._gpiod is not None:
            find_chip(self._gpiod)
            self.name = f"libgpiod 2 (gpiod {self._gpiod.__version__})"
            return
        try:
            self.factory = build_pin_factory(factory)
        except HardwareUnavailable as error:
            raise HardwareUnavailable(
                why_absent if factory == KERNEL and _is_library_missing(error) else str(error)
            ) from error
        self.name, self.loss = f"gpiozero with {factory}", why_absent

    def pin(self, gpio: int, pull: str, on_edge: Callable[[int, int], None], now_ms: Callable[[], int]) -> Pin:
        """Return a pin that is not open; `on_edge(at_us, level)` is called in a thread for each edge."""
        if self._gpiod is not None:
            from .gpiod_pin import GpiodPin  # noqa: PLC0415 - only if it is used

            return GpiodPin(self._gpiod, gpio, pull, on_edge)
        from .input_pin import InputPin  # noqa: PLC0415 - only if it is used

        return InputPin(self.factory, gpio, pull, on_edge, now_ms)

    def close(self) -> None:
        """Release the library."""
        if self.factory is not None:
            self.factory.close()


def gpiod_for(factory: str) -> tuple[Any, str]:
    """Return the module gpiod if it reads the pins of this factory, else None and the reason."""
    return load_gpiod() if factory == KERNEL else (None, f'factory = "{factory}" under [gpio]')


def _is_library_missing(error: HardwareUnavailable) -> bool:
    return isinstance(error.__cause__, ModuleNotFoundError)
