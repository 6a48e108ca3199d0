"""The log on stderr: its format on a terminal and under journald, and the lines about pushes."""

import logging
import os
import re
import subprocess
import sys

import pytest

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, REFUSED, EdgeSeen, PushFinished
from pushglance.runtime.event_log import EventLog
from support import plans
from support.core_harness import CoreHarness

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


def test_alarm_that_is_not_given_is_logged_once_with_its_reason(caplog):
    """An alarm that a standing refusal holds back is never sent, so no push of it is logged: its note is."""
    caplog.set_level(logging.INFO)
    harness = CoreHarness(plans.plan(messages=plans.messages()))
    log = EventLog(harness.decider)
    harness.outcomes = {"messages": REFUSED}
    harness.feed(EdgeSeen(0, "garage", 1))
    for minute in range(19, 40):
        harness.pass_to(minute * 60_000)
        log.log_waits(harness.now_ms)
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("messages")]
    assert len(lines) == 1
    assert lines[0].startswith("messages: garage: alarm not sent; garage: waits to try again: Pushover refused")
