"""What the daemon writes to stderr: for a terminal with the time, for the journal with priorities."""

import os
import re
import subprocess
import sys

PROGRAM = """
import logging
from pushglance.runtime.__main__ import _set_up_log
_set_up_log()
log = logging.getLogger("pushglance")
log.info("one")
log.warning("two\\nlines")
log.error("three")
"""


def told(**surroundings):
    """Return what is written in these surroundings."""
    kept = {name: text for name, text in os.environ.items() if name != "JOURNAL_STREAM"}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=kept | surroundings, capture_output=True, text=True).stderr


def test_the_journal_gets_priorities():
    """Each line begins with its priority, so that `journalctl -p warning` finds what went wrong."""
    assert told(JOURNAL_STREAM="8:1") == "<6>one\n<4>two\n<4>lines\n<3>three\n"


def test_a_terminal_gets_the_time():
    """Elsewhere there is the time instead, and no priority."""
    assert re.fullmatch(r"(\d\d:\d\d:\d\d (one|two|three)\n(lines\n)?){3}", told())
