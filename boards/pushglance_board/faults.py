"""What is wrong at the moment: one sentence when it begins, one when it ends, and the number that the LED blinks."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .console import Console

# The LED's numbers, see boards/README.md. A smaller one hides the others: what is nearer to the board comes first.
FLASH = 1
WIFI = 2
TIME = 3
BROKER = 4
PUSHOVER = 5
REFUSED = 6

_NAMES = ("", "flash", "WiFi", "time of day", "MQTT broker", "Pushover", "Pushover's refusal")


class Faults:
    """Hold at most one sentence for each number."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._sentences = [""] * len(_NAMES)

    def begin(self, number: int, sentence: str) -> None:
        """Say what is wrong, once, however often it is found."""
        if self._sentences[number] != sentence:
            self._sentences[number] = sentence
            self._console.say("%s [LED blinks %d times]" % (sentence, number))

    def end(self, number: int) -> None:
        """Say that it is well again, if it was not."""
        if self._sentences[number]:
            self._sentences[number] = ""
            self._console.say("%s: well again" % _NAMES[number])

    def tell(self, sentence: str) -> None:
        """Say something that blinks no number."""
        self._console.say(sentence)

    def is_told(self, number: int) -> bool:
        """Tell whether this is wrong at the moment."""
        return self._sentences[number] != ""

    def worst(self) -> int:
        """Return the number to blink, 0 when all is well."""
        for number, sentence in enumerate(self._sentences):
            if sentence:
                return number
        return 0
