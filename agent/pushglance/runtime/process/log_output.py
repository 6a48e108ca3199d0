"""The log on stderr: as journald reads it or with the time, and never with a login."""

import logging
import os
import sys

from pushglance.redaction import without_logins

_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


class RedactedFormatter(logging.Formatter):
    """Format records, tracebacks included, without logins."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return without_logins(super().format(record))


class JournaldFormatter(RedactedFormatter):
    """Prefix each line with its priority as journald reads it (sd-daemon(3)), so that `journalctl -p` works."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record, each with its priority."""
        priority = next((priority for level, priority in _PRIORITIES if record.levelno >= level), 7)
        return f"<{priority}>" + super().format(record).replace("\n", f"\n<{priority}>")


def set_up_log(level: int = logging.INFO) -> None:
    """Write records of this level and above to stderr."""
    # journald adds the time to each line; a terminal does not.
    handler = logging.StreamHandler(sys.stderr)
    is_journal = "JOURNAL_STREAM" in os.environ
    handler.setFormatter(
        JournaldFormatter() if is_journal else RedactedFormatter("%(asctime)s %(message)s", "%H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler])
