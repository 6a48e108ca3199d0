"""Alerts for contacts that are left open: one message, and one when it is over; none for what has ended."""

import random

import pytest

from pushglance.core.commands import CancelPush, PushGlance, SaveDebit, SaveOutcome
from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    UNKNOWN,
    UNSENT,
    ClockSet,
    EdgeSeen,
    NodeChanged,
    PushRetrying,
    ValueSeen,
)
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WALL = 1_795_425_600_000


def garage(memory=None, now_ms=0, outcome=DELIVERED, **messages):
    """Return a harness with a garage that gives a message after being open for 20 minutes."""
    plan = plans.plan(messages=plans.messages(**messages))
    return CoreHarness(plan, memory, now_ms, outcome)


def messages(harness):
    """Return (at_ms, text, priority) of the messages pushed so far."""
    sent = [(at_ms, glance) for at_ms, name, glance in harness.pushes if name == "messages"]
    return [(at_ms, fields["message"], fields["priority"]) for at_ms, fields in sent]


def opened(harness, at_ms=0):
    """Open the garage: its edge was at `at_ms`."""
    harness.feed(EdgeSeen(at_ms, "garage", 1))
    return harness


def stored(harness, before=None):
    """Return what a store returns after a restart on the same boot; `before` is its content before `harness`."""
    memory = before or {"push_id": 0, "sensors": {}, "watches": {"messages": {"debits": [], "shown": {}}}}
    kept = memory["watches"]["messages"]
    for command in harness.commands:
        if isinstance(command, (SaveDebit, SaveOutcome)) and command.watch == "messages":
            kept["shown"] = command.shown
            kept["debits"] = [debit for debit in kept["debits"] if debit[0] != command.push_id]
            if command.until_ms >= 0:
                kept["debits"].append([command.push_id, command.until_ms, command.until_wall_ms])
            memory["push_id"] = command.push_id
    state = harness.decider.sensors["garage"].state()
    memory["sensors"]["garage"] = state | {"kind": "contact"}
    return memory


def test_left_open_gives_one_message_and_one_when_closed():
    """A door that is open long enough gives one message, its closing a second one, and no more follow."""
    harness = opened(garage())
    harness.pass_to(20 * MINUTE - 1)
    assert messages(harness) == []
    harness.pass_to(6 * HOUR)
    assert messages(harness) == [(20 * MINUTE, "Garage still open", "1")]
    harness.feed(EdgeSeen(6 * HOUR, "garage", 0))
    harness.pass_to(DAY)
    assert messages(harness)[1:] == [(6 * HOUR + 200, "Garage closed", "0")]


def test_door_closed_in_time_gives_no_message():
    """Opening and closing within the time gives no message, however often."""
    harness = garage()
    for turn in range(20):
        harness.feed(EdgeSeen(turn * HOUR, "garage", 1))
        harness.pass_to(turn * HOUR + 19 * MINUTE)
        harness.feed(EdgeSeen(turn * HOUR + 19 * MINUTE, "garage", 0))
    harness.pass_to(2 * DAY)
    assert messages(harness) == []


def test_reopened_door_gives_no_second_message():
    """If the door opens again before the closing message left, neither a closing nor a second message is sent."""
    harness = opened(garage())
    harness.pass_to(30 * MINUTE)
    harness.outcome = UNSENT
    harness.feed(EdgeSeen(30 * MINUTE, "garage", 0))
    harness.pass_to(30 * MINUTE + 300)
    harness.feed(EdgeSeen(30 * MINUTE + 400, "garage", 1))
    harness.pass_to(31 * MINUTE)
    harness.outcome = DELIVERED
    harness.pass_to(5 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open", "Garage closed"], "the second was unsent"
    assert harness.screens["messages"]["message"] == "Garage still open"


def test_message_in_flight_is_abandoned_after_ten_minutes():
    """Changes of the door meanwhile neither cancel a message in flight nor send a second one."""
    harness = garage(outcome=None)
    opened(harness)
    harness.pass_to(20 * MINUTE)
    push = harness.last_push()
    for at_ms, level in ((22 * MINUTE, 0), (24 * MINUTE, 1)):
        harness.feed(EdgeSeen(at_ms, "garage", level))
        harness.pass_to(at_ms + MINUTE)
    harness.pass_to(30 * MINUTE - 1)
    assert (len(messages(harness)), CancelPush("messages", push.push_id) in harness.commands) == (1, False)
    harness.pass_to(30 * MINUTE)
    assert CancelPush("messages", push.push_id) in harness.commands
    assert harness.decider.alerts.shown == {"garage": None}


def test_unavailable_door_gives_no_message():
    """While its node is offline the state of a door is unknown; online and still open, it gives its message."""
    door = plans.topic_contact() | {"node": "shed", "status_topic": "home/shed/status"}
    harness = CoreHarness(plans.plan([door], messages=plans.messages()))
    harness.feed(NodeChanged(0, "shed", 1), ValueSeen(1, "garage", "open", 0))
    harness.feed(NodeChanged(MINUTE, "shed", 0))
    harness.pass_to(5 * HOUR)
    assert messages(harness) == []
    harness.feed(NodeChanged(5 * HOUR, "shed", 1), ValueSeen(5 * HOUR, "garage", "open", 1))
    harness.pass_to(6 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open (open for 5 h)"]


def test_messages_have_their_own_budget():
    """With three messages a day the fourth waits for the first to return; the budget of the watch is untouched."""
    harness = garage(pushes=3)
    for turn in range(3):
        opened(harness, turn * HOUR)
        harness.pass_to(turn * HOUR + 30 * MINUTE)
        harness.feed(EdgeSeen(turn * HOUR + 30 * MINUTE, "garage", 0))
        harness.pass_to(turn * HOUR + 59 * MINUTE)
    assert len(messages(harness)) == 3
    assert harness.decider.alerts.why == "budget", "the closing message waits"
    assert harness.decider.alerts.budget.left(harness.now_ms) == 0
    pushed = [name for _, name, _ in harness.pushes].count("watch")
    assert harness.watch().budget.left(harness.now_ms) == 50 - pushed
    harness.pass_to(3 * DAY)
    assert [text for _, text, _ in messages(harness)][3:] == ["Garage closed"]


def test_outage_ends_with_the_present_state():
    """While nothing can leave, only a message that is still due is tried; afterwards the missed alarm is reported."""
    harness = opened(garage(outcome=UNSENT))
    harness.pass_to(3 * HOUR)
    texts = [text for _, text, _ in messages(harness)]
    assert (texts[0], texts[-1][:33]) == ("Garage still open", "Garage still open (open for 2 h 5")
    assert harness.decider.alerts.budget.left(harness.now_ms) == 10
    harness.feed(EdgeSeen(3 * HOUR, "garage", 0))
    harness.outcome = DELIVERED
    tried = len(messages(harness))
    harness.pass_to(DAY)
    assert [text for _, text, _ in messages(harness)[tried:]] == ["Garage was open for 3 h, closed now"]


def test_closing_message_with_unknown_outcome_is_tried_three_times_at_most():
    """A repeated message is better than none, but not ten times; each try costs a debit."""
    harness = opened(garage())
    harness.pass_to(HOUR)
    harness.outcome = UNKNOWN
    harness.feed(EdgeSeen(HOUR, "garage", 0))
    harness.pass_to(DAY - HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open"] + 3 * ["Garage closed"]
    assert harness.decider.alerts.budget.left(harness.now_ms) == 6


def test_a_refused_message_is_not_repeated():
    """A refusal parks the messages with its reason, and the watch is not affected."""
    harness = garage()
    harness.outcome = None
    opened(harness)
    harness.pass_to(20 * MINUTE)
    harness.answer(harness.last_push(), REFUSED, detail="user identifier is invalid")
    harness.pass_to(20 * MINUTE + 11 * HOUR)
    assert len(messages(harness)) == 1
    assert harness.decider.alerts.parked == "user identifier is invalid"


def test_retried_message_is_cancelled_if_the_door_is_closed():
    """A message that has not left yet is cancelled when the door is closed by then, and its debit is refunded."""
    harness = garage(outcome=None)
    opened(harness)
    harness.pass_to(20 * MINUTE)
    push = harness.last_push()
    assert push.watch == "messages"
    harness.feed(PushRetrying(20 * MINUTE + 1000, "messages", push.push_id))
    assert harness.commands[-1] == PushGlance("messages", push.push_id, push.glance)
    harness.feed(EdgeSeen(20 * MINUTE + 2000, "garage", 0))
    harness.feed(PushRetrying(20 * MINUTE + 3000, "messages", push.push_id))
    assert CancelPush("messages", push.push_id) in harness.commands
    assert harness.decider.alerts.budget.left(harness.now_ms) == 10
    harness.pass_to(DAY)
    assert len(messages(harness)) == 1 + 1, "the retry repeats it once, and nothing follows"


def test_restart_repeats_no_message():
    """After a restart an open door is not reported again; its closing is."""
    harness = opened(garage())
    harness.pass_to(HOUR)
    again = garage(stored(harness), HOUR)
    again.feed(EdgeSeen(HOUR, "garage", 1))
    again.pass_to(10 * HOUR)
    assert messages(again) == []
    again.feed(EdgeSeen(10 * HOUR, "garage", 0))
    again.pass_to(11 * HOUR)
    assert [text for _, text, _ in messages(again)] == ["Garage closed"]


def test_door_closed_during_down_time_is_reported_after_the_first_reading():
    """A restored level gives no message; only a reading after the start does."""
    harness = opened(garage())
    harness.pass_to(15 * MINUTE)
    again = garage(stored(harness), 15 * MINUTE)
    again.pass_to(DAY)
    assert messages(again) == [], "no reading yet"
    again.feed(EdgeSeen(DAY, "garage", 0))
    again.pass_to(2 * DAY)
    assert messages(again) == []


def test_the_time_before_a_restart_counts_by_a_trusted_clock():
    """Open for 15 minutes before a restart and 5 after it makes 20; without a clock the time starts again."""
    harness = garage()
    harness.feed(ClockSet(0, WALL, 0))
    opened(harness, MINUTE)
    harness.pass_to(16 * MINUTE)
    memory = stored(harness)
    known = garage(memory, 16 * MINUTE)
    known.feed(ClockSet(16 * MINUTE, WALL + 16 * MINUTE, 0), EdgeSeen(16 * MINUTE, "garage", 1))
    known.pass_to(HOUR)
    assert [at_ms for at_ms, _, _ in messages(known)] == [21 * MINUTE + 200]
    unknown = garage(memory, 16 * MINUTE)
    unknown.feed(EdgeSeen(16 * MINUTE, "garage", 1))
    unknown.pass_to(HOUR)
    assert [at_ms for at_ms, _, _ in messages(unknown)] == [36 * MINUTE + 200]


def test_a_clock_that_is_trusted_late_counts_the_time_before_a_restart():
    """A clock that is set after the first reading moves a message that already waits."""
    harness = garage()
    harness.feed(ClockSet(0, WALL, 0))
    opened(harness, MINUTE)
    harness.pass_to(16 * MINUTE)
    again = garage(stored(harness), 16 * MINUTE)
    again.feed(EdgeSeen(16 * MINUTE, "garage", 1))
    again.pass_to(17 * MINUTE)
    again.feed(ClockSet(17 * MINUTE, WALL + 17 * MINUTE, 0))
    again.pass_to(HOUR)
    assert [at_ms for at_ms, _, _ in messages(again)] == [21 * MINUTE]


def test_crash_in_flight_costs_a_debit_and_repeats_the_message():
    """A message in flight during a power cut may have arrived: its debit stays and it is sent again."""
    harness = garage(outcome=None)
    opened(harness)
    harness.pass_to(20 * MINUTE)
    again = garage(stored(harness), 21 * MINUTE)
    again.feed(EdgeSeen(21 * MINUTE, "garage", 1))
    again.pass_to(DAY)
    assert [text for _, text, _ in messages(again)] == ["Garage still open"]
    assert again.decider.alerts.budget.left(21 * MINUTE) == 8


class Story:
    """Open and close a garage at random, lose answers and power, and record what really arrived."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.harness = garage(outcome=None, pushes=4)
        self.harness.feed(ClockSet(0, WALL, 0))
        self.memory = None
        self.level = 0
        self.arrived = []  # (at_ms, text)
        self.lost_in_a_row = 0
        self.was_given_up = False

    def act(self):
        """Do one random action, then let some time pass."""
        act = self.chance.choice(("move", "move", "move", "restart", "wait"))
        now_ms = self.harness.now_ms
        if act == "move":
            self.level = 1 - self.level
            self.harness.feed(EdgeSeen(now_ms, "garage", self.level))
        elif act == "restart":
            self.memory = stored(self.harness, self.memory)
            self.harness = garage(self.memory, now_ms, None, pushes=4)
            self.harness.feed(ClockSet(now_ms, WALL + now_ms, 0), EdgeSeen(now_ms, "garage", self.level))
        self.live(self.chance.choice((MINUTE, 10 * MINUTE, 30 * MINUTE, 3 * HOUR, 9 * HOUR)), honest=False)

    def live(self, for_ms, *, honest):
        """Let time pass and answer what is sent."""
        until_ms = self.harness.now_ms + for_ms
        while self.harness.now_ms < until_ms:
            flight = self.harness.decider.alerts.in_flight
            if flight is not None:
                self._answer(honest)
            if self.harness.decider.watches[0].in_flight is not None:
                watched = [one for one in self.harness.commands if isinstance(one, PushGlance) and one.watch == "watch"]
                self.harness.answer(watched[-1], DELIVERED)
            self.harness.pass_to(min(until_ms, self.harness.now_ms + MINUTE))

    def _answer(self, honest):
        sent = [one for one in self.harness.commands if isinstance(one, PushGlance) and one.watch == "messages"][-1]
        outcome = DELIVERED if honest else self.chance.choice((DELIVERED, DELIVERED, UNKNOWN, UNSENT))
        has_arrived = outcome == DELIVERED or (outcome == UNKNOWN and self.chance.random() < 0.5)
        if has_arrived:
            self.arrived.append((self.harness.now_ms, sent.glance["message"]))
        if outcome != UNSENT:
            self.lost_in_a_row = 0 if has_arrived else self.lost_in_a_row + 1
            self.was_given_up = self.lost_in_a_row >= 3
        self.harness.answer(sent, outcome)


@pytest.mark.parametrize("seed", range(60))
def test_random_days_keep_the_limit_and_end_with_the_present_state(seed):
    """In random days at most four messages in 24 hours arrive, and the last one reports the present state."""
    story = Story(seed)
    for _ in range(60):
        story.act()
    story.live(3 * DAY, honest=True)
    instants = [at_ms for at_ms, _ in story.arrived]
    assert all(later - sooner >= DAY for sooner, later in zip(instants, instants[4:], strict=False))
    if not story.was_given_up and (story.level or story.arrived):
        texts = ("Garage still open",) if story.level else ("Garage closed", "Garage was open for ")
        assert story.arrived[-1][1].startswith(texts)
