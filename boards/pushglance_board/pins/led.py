"""The LED: a short flash every five seconds without a fault, else N blinks and a pause that name the fault."""

from asyncio import sleep_ms

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import Pin

    from pushglance_board.faults import Faults

_BLINK_MS = const(220)
_PAUSE_MS = const(1500)
_FLASH_MS = const(30)
_FLASH_PAUSE_MS = const(5000)
_FLICKER_MS = const(70)


class NoLed:
    """Replaces the LED on a board that has none."""

    def on(self) -> None:
        """Do nothing."""

    def off(self) -> None:
        """Do nothing."""


async def show_faults(led: "Pin", faults: "Faults") -> None:
    """Blink for ever."""
    while True:
        number = faults.most_severe()
        if number == 0:
            led.on()
            await sleep_ms(_FLASH_MS)
            led.off()
            await sleep_ms(_FLASH_PAUSE_MS)
            continue
        for _ in range(number):
            led.on()
            await sleep_ms(_BLINK_MS)
            led.off()
            await sleep_ms(_BLINK_MS)
        await sleep_ms(_PAUSE_MS)


def flicker(led: "Pin", sleep: "Callable[[int], None]", times: int) -> None:
    """Flicker `times` times without asyncio: the program has ended, and the log has the reason."""
    for _ in range(times):
        led.on()
        sleep(_FLICKER_MS)
        led.off()
        sleep(_FLICKER_MS)
