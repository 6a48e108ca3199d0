"""The log on the serial console."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import BoardClock  # noqa: F401 - in a type comment


class Console:
    """Print lines with a time stamp; `clock` is set once there is one."""

    def __init__(self) -> None:
        self.clock = None  # type: BoardClock | None

    def log(self, message: str) -> None:
        """Print one line."""
        clock = self.clock
        print("%s %s" % ("-" if clock is None else clock.timestamp(), message))
