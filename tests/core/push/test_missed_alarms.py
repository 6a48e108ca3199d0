"""Alarms that could not be given, that reached no device, or whose text is blank: each is reported."""

from itertools import pairwise

import pytest

from pushglance.core.commands import SaveOutcome, SaveShown
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, EdgeSeen, LinkChanged
from pushglance.core.request_events import PushRequested
from pushglance.core.status.reasons import explain_alerts
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def garage(memory=None, outcome=DELIVERED, **messages):
    """Return a harness with a garage that gives a message after being open for 20 minutes, and one watch."""
    return CoreHarness(plans.plan(messages=plans.messages(**messages)), memory, 0, outcome)


def messages(harness):
    """Return (at_ms, text, priority) of the messages pushed so far."""
    sent = [(at_ms, glance) for at_ms, name, glance in harness.pushes if name == "messages"]
    return [(at_ms, fields["message"], fields["priority"]) for at_ms, fields in sent]


def opened(harness):
    """Open the garage."""
    harness.feed(EdgeSeen(0, "garage", 1))
    return harness


def test_blank_closing_message_is_not_sent():
    """With closed = "" only the alarm is sent, and the next time the door is left open it is sent again."""
    harness = opened(garage(left_open=[plans.messages()["left_open"][0] | {"closed": " "}]))
    harness.pass_to(HOUR)
    harness.feed(EdgeSeen(HOUR, "garage", 0))
    harness.pass_to(2 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open"]
    assert [command for command in harness.commands if isinstance(command, SaveShown)][-1].shown == {"garage": ""}
    harness.feed(EdgeSeen(3 * HOUR, "garage", 1))
    harness.pass_to(4 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open"] * 2


@pytest.mark.parametrize("outcome", [UNSENT, THROTTLED, REFUSED])
def test_missed_alarm_is_reported_once_it_can_be(outcome):
    """An alarm that could not be given while the door was open is reported afterwards, with how long it was open."""
    harness = garage()
    harness.outcome = None
    opened(harness)
    harness.pass_to(20 * MINUTE)
    harness.answer(harness.last_push(), outcome, cause="user" if outcome == REFUSED else "")
    harness.outcome = outcome
    harness.pass_to(2 * HOUR)
    harness.feed(EdgeSeen(2 * HOUR, "garage", 0))
    harness.outcome = DELIVERED
    harness.pass_to(DAY)
    assert messages(harness)[-1][1:] == ("Garage was open for 2 h, closed now", "0")
    assert harness.decider.alerts.shown == {"garage": ""}


def test_missed_alarm_is_shown_on_the_watch():
    """While an alarm cannot be given, the watch that shows the door says so; afterwards it shows the door again."""
    harness = garage()
    opened(harness)
    harness.pass_to(10 * MINUTE)
    assert harness.screens["watch"] == {"text": "Garage open"}
    harness.outcomes = {"messages": UNSENT}
    harness.pass_to(2 * HOUR)
    assert harness.screens["watch"] == {"text": "Garage open (alarm not sent)"}
    harness.outcomes = {}
    harness.pass_to(3 * HOUR)
    assert messages(harness)[-1][1].startswith("Garage still open (open for 2 h"), "late, so it says for how long"
    assert harness.screens["watch"] == {"text": "Garage open"}


def test_alarm_that_reached_no_device_is_shown_on_the_watch():
    """Pushover accepts a message without an active device; the watch says that the alarm reached none."""
    harness = garage()
    harness.outcome = None
    opened(harness)
    harness.pass_to(10 * MINUTE)
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(20 * MINUTE)
    harness.answer(harness.last_push(), DELIVERED, cause="unreached", detail="no active devices to send to")
    harness.pass_to(HOUR)
    assert harness.last_push().glance == {"text": "Garage open (alarm reached no device)"}
    harness.outcome = DELIVERED
    harness.answer(harness.last_push(), DELIVERED)
    harness.feed(EdgeSeen(2 * HOUR, "garage", 0))
    harness.pass_to(3 * HOUR)
    assert harness.screens["watch"] == {"text": "Garage closed"}


def test_quota_of_the_month_does_not_silence_an_alarm():
    """A used-up quota whose reset is weeks away is tried again each hour: it may have been raised."""
    harness = garage()
    harness.outcome = None
    opened(harness)
    harness.pass_to(20 * MINUTE)
    harness.answer(harness.last_push(), THROTTLED, wait_ms=20 * DAY, cause="quota")
    harness.pass_to(20 * MINUTE + HOUR)
    assert len(messages(harness)) == 2


def test_missed_alarm_survives_a_restart():
    """A missed alarm is saved, so it is reported although the agent starts again and the door is closed by then."""
    harness = opened(garage(outcome=UNSENT))
    harness.pass_to(HOUR)
    saved = [
        command.shown
        for command in harness.commands
        if isinstance(command, SaveOutcome) and command.watch == "messages"
    ][-1]
    assert saved == {"garage": "missed"}
    harness = garage(memory={"watches": {"messages": {"shown": saved}}})
    harness.feed(EdgeSeen(0, "garage", 0))
    harness.pass_to(MINUTE)
    assert [text for _, text, _ in messages(harness)] == ["Garage was open, closed now"]


def test_late_message_keeps_within_the_limit_of_pushover():
    """The longest message that the settings allow, sent late, is cut so that Pushover accepts it."""
    harness = opened(garage(outcome=UNSENT, left_open=[plans.messages()["left_open"][0] | {"message": "m" * 1024}]))
    harness.pass_to(2 * HOUR)
    text = messages(harness)[-1][1]
    assert len(text) == 1024
    assert text.startswith("mmm")
    assert "m (open for 1 h 5" in text


def test_unconfirmed_alarm_is_repeated_and_shown():
    """After three lost answers an alarm is repeated after one, two, four hours, and the watch says so; never silent."""
    harness = garage()
    harness.outcomes = {"messages": UNKNOWN}
    opened(harness)
    harness.pass_to(9 * HOUR)
    tries_ms = [at_ms for at_ms, _, _ in messages(harness)]
    assert len(tries_ms) == 6
    assert [round((later - at_ms) / HOUR) for at_ms, later in pairwise(tries_ms[2:])] == [1, 2, 4]
    assert harness.screens["watch"] == {"text": "Garage open (alarm not confirmed)"}
    harness.outcomes = {}
    harness.pass_to(18 * HOUR)
    assert harness.decider.alerts.shown == {"garage": "open"}
    assert harness.screens["watch"] == {"text": "Garage open"}
    assert len(messages(harness)) == 7, "once delivered, it is not repeated"


def test_unconfirmed_alarm_is_reported_after_the_closing():
    """If no answer came while the door was open, the message afterwards says that it was open."""
    harness = garage()
    harness.outcomes = {"messages": UNKNOWN}
    opened(harness)
    harness.pass_to(20 * MINUTE + 40_000)
    harness.feed(EdgeSeen(20 * MINUTE + 40_000, "garage", 0))
    harness.outcomes = {}
    harness.pass_to(2 * HOUR)
    assert messages(harness)[-1][1] == "Garage was open for 21 min, closed now"
    assert harness.screens["watch"] == {"text": "Garage closed"}


def test_unconfirmed_alarm_is_repeated_as_soon_as_pushover_answers_again():
    """The first answer to anything repeats the alarm at once, and no further answers do."""
    harness = garage()
    harness.outcomes = {"messages": UNKNOWN}
    opened(harness)
    harness.pass_to(22 * MINUTE)
    for minute in (22, 24):
        harness.feed(LinkChanged(minute * MINUTE, "pushover", 1))
        harness.pass_to((minute + 1) * MINUTE)
    assert [round(at_ms / MINUTE) for at_ms, _, _ in messages(harness)] == [20, 20, 20, 22]


def test_alarm_without_any_answer_is_reported_after_the_outage():
    """An alarm and its closing to which no answer comes for hours: what happened is reported once, afterwards."""
    harness = garage()
    harness.outcome = UNKNOWN
    opened(harness)
    harness.pass_to(2 * HOUR)
    harness.feed(EdgeSeen(2 * HOUR, "garage", 0))
    harness.pass_to(5 * HOUR)
    lost = len(messages(harness))
    assert lost <= 7, "each try costs a debit"
    assert harness.decider.alerts.shown == {"garage": None}
    harness.outcome = DELIVERED
    harness.feed(LinkChanged(5 * HOUR, "pushover", 1))
    harness.pass_to(DAY)
    assert [text for _, text, _ in messages(harness)[lost:]] == ["Garage was open for 2 h, closed now"]
    assert messages(harness)[-1][0] < 5 * HOUR + MINUTE
    assert harness.decider.alerts.shown == {"garage": ""}
    assert harness.screens["watch"] == {"text": "Garage closed"}


def test_alarm_is_repeated_soon_after_a_long_outage():
    """Also after several tries without an answer any answer repeats the alarm: once, within an hour."""
    harness = garage()
    harness.outcomes = {"messages": UNKNOWN}
    opened(harness)
    harness.pass_to(4 * HOUR)
    before = len(messages(harness))
    for minute in (0, 2, 4):
        harness.feed(LinkChanged(4 * HOUR + minute * MINUTE, "pushover", 1))
        harness.pass_to(4 * HOUR + (minute + 1) * MINUTE)
    harness.pass_to(5 * HOUR)
    assert len(messages(harness)) == before + 1


def test_push_now_tries_a_refused_alarm_again():
    """A person who fixed the account types push-now: the alarm goes out, too; asking again soon is not obeyed."""
    harness = garage()
    harness.outcomes = {"messages": REFUSED}
    opened(harness)
    harness.pass_to(30 * MINUTE)
    for second in (0, 5, 30):
        harness.feed(PushRequested(30 * MINUTE + second * 1000, "watch", 0, "r"))
        harness.pass_to(30 * MINUTE + second * 1000 + 1000)
    assert len(messages(harness)) == 2
    harness.outcomes = {}
    harness.feed(PushRequested(HOUR, "watch", 0, "r"))
    harness.pass_to(HOUR + MINUTE)
    assert harness.decider.alerts.shown == {"garage": "open"}


def two_contacts(outcome):
    """Return a harness whose garage and cellar are left open together; messages end with `outcome`."""
    rule = plans.messages()["left_open"][0]
    cellar = rule | {"sensor": "cellar", "message": "Cellar still open", "closed": "Cellar closed"}
    plan = plans.plan([plans.contact(), plans.contact("cellar")], messages=plans.messages(left_open=[rule, cellar]))
    harness = CoreHarness(plan)
    harness.outcomes = {"messages": outcome}
    return harness


def test_alarms_that_were_all_refused_are_not_sent_in_turns():
    """Two refused alarms are each sent once, not one after the other for hours, and then once more after 12 h."""
    harness = two_contacts(REFUSED)
    harness.feed(EdgeSeen(0, "garage", 1), EdgeSeen(0, "cellar", 1))
    harness.pass_to(6 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open", "Cellar still open"]
    harness.pass_to(13 * HOUR)
    assert len(messages(harness)) == 4


def test_next_try_of_an_alarm_is_its_own():
    """The wait of a refused alarm is not that of another contact, which is due in minutes."""
    harness = two_contacts(REFUSED)
    harness.feed(EdgeSeen(0, "garage", 1))
    harness.feed(EdgeSeen(15 * MINUTE, "cellar", 1))
    harness.pass_to(22 * MINUTE)
    alerts = harness.decider.alerts
    assert alerts.due == ["garage"]
    assert alerts.next_ms < HOUR, "when the cellar is due"
    assert explain_alerts(alerts, harness.now_ms).endswith("next try 11 h 58 min from now")
