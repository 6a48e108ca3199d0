"""What a person at the serial console reads, and what survives a restart: the reason of the last one."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import BoardClock  # noqa: F401 - in a type comment

_LAST_WORDS = "last_words.txt"
_WORDS_MAX = 400


class Console:
    """Print lines with the time since start, or the time of day once that is known; `clock` may come later."""

    def __init__(self) -> None:
        self.clock = None  # type: BoardClock | None

    def say(self, sentence: str) -> None:
        """Print one line."""
        clock = self.clock
        print("%s %s" % ("-" if clock is None else clock.stamp(), sentence))


def leave_last_words(sentence: str) -> None:
    """Keep why this program ends, for the console of the next start; the same words are not written twice."""
    sentence = sentence[:_WORDS_MAX]
    if sentence == read_last_words():
        return
    try:
        with open(_LAST_WORDS, "w") as file:
            file.write(sentence)
    except OSError:
        pass  # a full flash is one more reason to end, and the console has told this one


def read_last_words() -> str:
    """Return why the program ended the last time, "" if it did not end by itself."""
    try:
        with open(_LAST_WORDS) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def forget_last_words() -> None:
    """Forget the reason, once it has been told and the program runs well again."""
    try:
        os.remove(_LAST_WORDS)
    except OSError:
        pass
