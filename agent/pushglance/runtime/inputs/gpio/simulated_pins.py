"""Mock pins that lines of the simulator drive high and low."""

from collections.abc import Collection
from typing import Any


class SimulatedPins:
    """The pins `gpios` of a mock `factory`, which is None if the pins are real and cannot be driven."""

    def __init__(self, factory: Any, gpios: Collection[int]) -> None:
        self._factory = factory
        self._gpios = sorted(gpios)

    def drive(self, line: bytes) -> str:
        """Drive a pin, e.g. for b"17 1"; return an error, "" if there is none."""
        words = line.decode("ascii", "replace").split()
        if self._factory is None:
            return 'only mock pins can be driven; write factory = "mock" under [gpio]'
        if len(words) != 2 or words[1] not in {"0", "1"} or not words[0].isdecimal():
            return 'write "pin", a BCM number and a level, e.g. "pin 17 1"'
        if int(words[0]) not in self._gpios:
            return f"no sensor uses GPIO {words[0]}; used: {', '.join(map(str, self._gpios)) or 'none'}"
        pin = self._factory.pin(int(words[0]))
        if words[1] == "1":
            pin.drive_high()
        else:
            pin.drive_low()
        return ""
