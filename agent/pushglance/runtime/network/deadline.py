"""A point in time at which every wait of an exchange ends, however many single waits it consists of."""

import time


class Deadline:
    """The end of `limit_ms` from now; `message` says what did not happen by then."""

    def __init__(self, limit_ms: int, message: str) -> None:
        self._at_s = time.monotonic() + limit_ms / 1000
        self._message = message

    def left_s(self) -> float:
        """Return the seconds that are left, more than 0. Raises TimeoutError when there are none."""
        left_s = self._at_s - time.monotonic()
        if left_s <= 0:
            raise self.error()
        return left_s

    def error(self) -> TimeoutError:
        """Return the error with the message."""
        return TimeoutError(self._message)
