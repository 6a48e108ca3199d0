"""The true state of a home, and the watches that should show it.

A door, a numbered step and a tank; their changes go to the daemon as messages of topics.
"""

from pathlib import Path
from random import Random

_SETTINGS = """
[pushover]
url = "{url}"

[budget]
pushes = {pushes}

[simulation]
hand = "{fifo}"

[sensors.garage]
kind = "contact"
mqtt = "home/garage"
open = "Garage open"
closed = "Garage closed"
urgent = true
{left_open}

[sensors.step]
kind = "text"
mqtt = "home/step"

[sensors.tank]
kind = "gauge"
mqtt = "home/tank"

{watches}"""


_GLANCE = """
[watches.{device}]
device = "{device}"

[watches.{device}.glance]
text = "{{garage}}"
subtext = "{{step}}"
percent = "{{tank}}"
"""
DEVICES = ("anna", "bert")  # one watch each


def settings(url: str, pushes: int, fifo: Path, watches: int, left_open: str) -> str:
    """Return a settings file with so many watches, each with this budget; `left_open` is a line of the door."""
    glances = "".join(_GLANCE.format(device=device) for device in DEVICES[:watches])
    return _SETTINGS.format(url=url, pushes=pushes, fifo=fifo, watches=glances, left_open=left_open)


class Home:
    """What is true; each `change` returns the messages that report it."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._is_open = False
        self._step = 1  # only grows: a smaller one after a larger one is an older state
        self._tank = 50

    def move_door(self) -> list[str]:
        """Open or close the door."""
        self._is_open = not self._is_open
        return [self._garage_message()]

    def change(self) -> list[str]:
        """Change what is not urgent."""
        self._step += 1
        self._tank = min(100, max(0, self._tank + self._rng.randint(-9, 9)))
        return self.messages()[1:]

    def _garage_message(self) -> str:
        return f"topic home/garage {'open' if self._is_open else 'closed'}"

    def messages(self) -> list[str]:
        """Return a message for each topic, as a broker sends those it has retained."""
        return [self._garage_message(), f"topic home/step s{self._step}", f"topic home/tank {self._tank}"]

    def glance(self) -> dict[str, str]:
        """Return what the watch should show."""
        return {
            "text": "Garage open" if self._is_open else "Garage closed",
            "subtext": f"s{self._step}",
            "percent": str(self._tank),
        }
