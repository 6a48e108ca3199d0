"""The log on stderr: its format on a terminal and under journald, and the lines about pushes."""

import logging
import os
import re
import subprocess
import sys

import pytest

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, PushFinished
from pushglance.runtime.event_log import EventLog
from support import plans

PROGRAM = """
import logging
from pushglance.runtime.process.log_output import set_up_log
set_up_log()
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


@pytest.fixture
def event_log(caplog):
    """Return a log of the events of one watch; its lines are in `caplog`."""
    caplog.set_level(logging.INFO)
    return EventLog(Decider(plans.plan([plans.topic_contact()]), {}, 0))


def test_cancelled_pushes_do_not_fill_the_memory(event_log):
    """Most cancelled pushes get no answer, so the fields of only one are kept for each watch."""
    for push_id in range(1000):
        event_log.on_commands([PushGlance("watch", push_id, {"text": "open"}), CancelPush("watch", push_id)])
    assert len(event_log._sent) == 1


def test_late_answer_is_logged_with_the_fields_of_its_own_push(event_log, caplog):
    """A push that was cancelled after it had left is logged with its fields, which are never those of a newer push."""
    event_log.on_commands([PushGlance("watch", 1, {"text": "open"}), CancelPush("watch", 1)])
    event_log.on_events([PushFinished(0, "watch", 1, DELIVERED)])
    event_log.on_commands([PushGlance("watch", 3, {"text": "closed"})])
    event_log.on_events([PushFinished(0, "watch", 2, DELIVERED), PushFinished(0, "watch", 3, DELIVERED)])
    assert caplog.messages == [
        "watch: text 'open' delivered (50 of 50 left)",
        "watch: an earlier push delivered (50 of 50 left)",
        "watch: text 'closed' delivered (50 of 50 left)",
    ]
