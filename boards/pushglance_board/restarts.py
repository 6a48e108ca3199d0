"""Why the last run ended, and how many runs in a row have failed: one small file on flash.

An RP2 reports a wanted reset and a bite of the watchdog in the same way, so each wanted reset leaves its reason here.
"""

_NAME = "last_restart.txt"
_REASON_MAX = 400  # characters
FAILURES_MAX = 3  # runs in a row that the watchdog or an error has ended; more are not counted
WATCHDOG_REASON = "the watchdog ended the last run: the loop hung for 8 s"


class Restarts:
    """Read the file once at the start; `failures` counts the failed runs before this one, `reason` ends the last."""

    def __init__(self, is_watchdog: bool) -> None:
        self.failures = 0
        self.reason = ""
        try:
            with open(_NAME) as file:
                number, _, self.reason = file.read().partition("\n")
            self.failures = int(number)
        except (OSError, ValueError):
            pass
        if self.reason:
            self._write("")  # else it would also explain a later bite
        elif is_watchdog:
            self.reason = WATCHDOG_REASON
            if not self.has_failed_often():  # flash must survive a watchdog that bites for weeks
                self.failures += 1
                self._write("")

    def save(self, reason: str, is_failure: bool) -> None:
        """Save why this run ends. If flash cannot be written, only the log of this run has the reason."""
        if is_failure:
            self.failures = min(self.failures + 1, FAILURES_MAX)
        self._write(reason[:_REASON_MAX])

    def clear(self) -> None:
        """Forget the failed runs: this one works."""
        if self.failures:
            self.failures = 0
            self._write("")

    def has_failed_often(self) -> bool:
        """Return whether so many runs in a row have failed that another one will fail, too."""
        return self.failures >= FAILURES_MAX

    def _write(self, reason: str) -> None:
        try:
            with open(_NAME, "w") as file:
                file.write("%d\n%s" % (self.failures, reason))
        except OSError:
            pass
