"""The log on stderr: with the time on a terminal, with priorities under journald."""

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


def logged(**variables):
    """Return what is logged with these environment variables."""
    environment = {name: text for name, text in os.environ.items() if name != "JOURNAL_STREAM"}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True).stderr


def test_journald_gets_priorities():
    """Each line begins with its priority, so that `journalctl -p warning` works."""
    assert logged(JOURNAL_STREAM="8:1") == "<6>one\n<4>two\n<4>lines\n<3>three\n"


def test_terminal_gets_the_time():
    """Elsewhere each line begins with the time and has no priority."""
    assert re.fullmatch(r"(\d\d:\d\d:\d\d (one|two|three)\n(lines\n)?){3}", logged())
