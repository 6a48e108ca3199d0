"""The LED: a short flash every five seconds says that all is well, N blinks and a pause name what is wrong."""

from asyncio import sleep_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import Pin

    from .faults import Faults

_LONG_MS = 220
_PAUSE_MS = 1500
_WELL_MS = 30
_WELL_EVERY_MS = 5000
_FLICKER_MS = 70


async def show(led: "Pin", troubles: "Faults") -> None:
    """Blink for ever."""
    while True:
        number = troubles.worst()
        if number == 0:
            led.on()
            await sleep_ms(_WELL_MS)
            led.off()
            await sleep_ms(_WELL_EVERY_MS)
            continue
        for _ in range(number):
            led.on()
            await sleep_ms(_LONG_MS)
            led.off()
            await sleep_ms(_LONG_MS)
        await sleep_ms(_PAUSE_MS)


def flicker(led: "Pin", sleep: "Callable[[int], None]", times: int) -> None:
    """Flicker `times` times without asyncio: the program cannot go on, and the console says why."""
    for _ in range(times):
        led.on()
        sleep(_FLICKER_MS)
        led.off()
        sleep(_FLICKER_MS)
