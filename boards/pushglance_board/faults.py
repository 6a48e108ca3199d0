"""Current faults: each is logged when it begins and when it ends, and the LED blinks the most severe one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .console import Console

# Numbers that the LED blinks, see boards/README.md. The lowest one is shown: it is the most likely cause of the others.
FLASH = 1
WIFI = 2
TIME = 3
BROKER = 4
PUSHOVER = 5
REFUSED = 6

_NAMES = ("", "flash", "WiFi", "time of day", "MQTT broker", "Pushover", "Pushover's refusal")


class Faults:
    """Hold at most one message for each number."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._messages = [""] * len(_NAMES)

    def report(self, number: int, message: str) -> None:
        """Log a fault, unless the same message is reported already."""
        if self._messages[number] != message:
            self._messages[number] = message
            self._console.log("%s [LED blinks %d times]" % (message, number))

    def clear(self, number: int) -> None:
        """Log that a fault has ended, if it was reported."""
        if self._messages[number]:
            self._messages[number] = ""
            self._console.log("%s: working again" % _NAMES[number])

    def log(self, message: str) -> None:
        """Log a message that the LED does not show."""
        self._console.log(message)

    def is_reported(self, number: int) -> bool:
        """Return whether this fault is present."""
        return self._messages[number] != ""

    def most_severe(self) -> int:
        """Return the number to blink, 0 without a fault."""
        for number, message in enumerate(self._messages):
            if message:
                return number
        return 0
