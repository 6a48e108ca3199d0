"""The log on the serial console, and the reason of the last restart, which is kept on flash."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import BoardClock  # noqa: F401 - in a type comment

_LAST_ERROR = "last_error.txt"
_LAST_ERROR_MAX = 400  # characters


class Console:
    """Print lines with a time stamp; `clock` is set once there is one."""

    def __init__(self) -> None:
        self.clock = None  # type: BoardClock | None

    def log(self, message: str) -> None:
        """Print one line."""
        clock = self.clock
        print("%s %s" % ("-" if clock is None else clock.timestamp(), message))


def save_last_error(message: str) -> None:
    """Save why this program ends, for the log of the next start. A message that is saved already is not written again.

    If flash cannot be written, only the log of this run has the message.
    """
    message = message[:_LAST_ERROR_MAX]
    if message == read_last_error():
        return
    try:
        with open(_LAST_ERROR, "w") as file:
            file.write(message)
    except OSError:
        pass


def read_last_error() -> str:
    """Return why the last run ended, "" if it did not end with an error."""
    try:
        with open(_LAST_ERROR) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def clear_last_error() -> None:
    """Remove the saved reason."""
    try:
        os.remove(_LAST_ERROR)
    except OSError:
        pass
