"""Messages about what is left open: told once, and once when it is over; never for what is no longer true."""

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
    """Return a harness with a garage whose being open for 20 minutes is worth a message."""
    plan = plans.plan(messages=plans.messages(**messages))
    return CoreHarness(plan, memory, now_ms, outcome)


def messages(harness):
    """Return (at_ms, text, priority) of the messages ordered so far."""
    sent = [(at_ms, glance) for at_ms, name, glance in harness.pushes if name == "messages"]
    return [(at_ms, fields["message"], fields["priority"]) for at_ms, fields in sent]


def opened(harness, at_ms=0):
    """Open the garage: its edge was at `at_ms`."""
    harness.feed(EdgeSeen(at_ms, "garage", 1))
    return harness


def remembered(harness, before=None):
    """Return what a store would give back after a restart on the same boot; `before` is what it held before `harness`."""
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


def test_left_open_is_told_once_and_once_when_it_is_over():
    """A door open for as long as the settings say is one message, its closing a second one, and no more."""
    harness = opened(garage())
    harness.pass_to(20 * MINUTE - 1)
    assert messages(harness) == []
    harness.pass_to(6 * HOUR)
    assert messages(harness) == [(20 * MINUTE, "Garage still open", "1")]
    harness.feed(EdgeSeen(6 * HOUR, "garage", 0))
    harness.pass_to(DAY)
    assert messages(harness)[1:] == [(6 * HOUR + 200, "Garage closed", "0")]


def test_a_door_closed_in_time_is_no_message():
    """Opening and closing within the time says nothing, also many times over."""
    harness = garage()
    for turn in range(20):
        harness.feed(EdgeSeen(turn * HOUR, "garage", 1))
        harness.pass_to(turn * HOUR + 19 * MINUTE)
        harness.feed(EdgeSeen(turn * HOUR + 19 * MINUTE, "garage", 0))
    harness.pass_to(2 * DAY)
    assert messages(harness) == []


def test_a_door_that_opens_again_before_its_closing_was_told_is_still_open():
    """What was told stays true: nobody hears that it is closed while it is open, nor twice that it is open."""
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


def test_nothing_is_told_of_a_door_that_nobody_knows():
    """While its node is away nobody knows whether a door is still open; back and still open, it is told."""
    door = plans.topic_contact() | {"node": "shed", "status_topic": "home/shed/status"}
    harness = CoreHarness(plans.plan([door], messages=plans.messages()))
    harness.feed(NodeChanged(0, "shed", 1), ValueSeen(1, "garage", "open", 0))
    harness.feed(NodeChanged(MINUTE, "shed", 0))
    harness.pass_to(5 * HOUR)
    assert messages(harness) == []
    harness.feed(NodeChanged(5 * HOUR, "shed", 1), ValueSeen(5 * HOUR, "garage", "open", 1))
    harness.pass_to(6 * HOUR)
    assert [text for _, text, _ in messages(harness)] == ["Garage still open"]


def test_messages_spend_nothing_of_the_watch_and_keep_to_their_own_limit():
    """With three messages a day the fourth waits for the first to come back, and the watch's budget is untouched."""
    harness = garage(pushes=3)
    for turn in range(3):
        opened(harness, turn * HOUR)
        harness.pass_to(turn * HOUR + 30 * MINUTE)
        harness.feed(EdgeSeen(turn * HOUR + 30 * MINUTE, "garage", 0))
        harness.pass_to(turn * HOUR + 59 * MINUTE)
    assert len(messages(harness)) == 3
    assert harness.decider.alerts.why == "budget", "that it is closed again is to be told"
    assert harness.decider.alerts.budget.left(harness.now_ms) == 0
    pushed = [name for _, name, _ in harness.pushes].count("watch")
    assert harness.watch().budget.left(harness.now_ms) == 50 - pushed
    harness.pass_to(3 * DAY)
    assert [text for _, text, _ in messages(harness)][3:] == ["Garage closed"]


def test_an_outage_ends_with_the_truth():
    """While nothing can leave the same message is tried, one that is no longer true is not, and each debit returns."""
    harness = opened(garage(outcome=UNSENT))
    harness.pass_to(3 * HOUR)
    assert {text for _, text, _ in messages(harness)} == {"Garage still open"}
    assert harness.decider.alerts.budget.left(harness.now_ms) == 10
    harness.feed(EdgeSeen(3 * HOUR, "garage", 0))
    harness.outcome = DELIVERED
    tried = len(messages(harness))
    harness.pass_to(DAY)
    assert messages(harness)[tried:] == []


def test_a_message_that_may_have_arrived_is_tried_three_times_at_most():
    """Twice told is better than not at all, ten times is not; each try is spent."""
    harness = opened(garage(outcome=UNKNOWN))
    harness.pass_to(DAY - HOUR)
    assert len(messages(harness)) == 3
    assert harness.decider.alerts.budget.left(harness.now_ms) == 7


def test_a_refused_message_is_not_repeated():
    """What Pushover refuses parks the messages, with the reason kept, and the watch goes on."""
    harness = garage()
    harness.outcome = None
    opened(harness)
    harness.pass_to(20 * MINUTE)
    harness.answer(harness.last_push(), REFUSED, detail="user identifier is invalid")
    harness.pass_to(20 * MINUTE + 11 * HOUR)
    assert len(messages(harness)) == 1
    assert harness.decider.alerts.parked == "user identifier is invalid"


def test_a_courier_that_tries_again_carries_what_is_true_then():
    """A message that has not left yet is cancelled when the door is closed by then, and its debit returns."""
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
    assert len(messages(harness)) == 1 + 1, "the question's answer is the second, and nothing follows"


def test_a_restart_tells_nothing_twice_and_forgets_nothing():
    """What was told before a restart is not told again; the closing that follows is."""
    harness = opened(garage())
    harness.pass_to(HOUR)
    again = garage(remembered(harness), HOUR)
    again.feed(EdgeSeen(HOUR, "garage", 1))
    again.pass_to(10 * HOUR)
    assert messages(again) == []
    again.feed(EdgeSeen(10 * HOUR, "garage", 0))
    again.pass_to(11 * HOUR)
    assert [text for _, text, _ in messages(again)] == ["Garage closed"]


def test_a_door_closed_while_the_agent_was_down_is_told_after_the_first_look():
    """A remembered level is not believed: only what is seen after the start makes a message."""
    harness = opened(garage())
    harness.pass_to(15 * MINUTE)
    again = garage(remembered(harness), 15 * MINUTE)
    again.pass_to(DAY)
    assert messages(again) == [], "nobody has looked yet"
    again.feed(EdgeSeen(DAY, "garage", 0))
    again.pass_to(2 * DAY)
    assert messages(again) == []


def test_the_time_before_a_restart_counts_by_a_trusted_clock():
    """Open for 15 minutes before a restart and 5 after it makes 20; without a clock the count begins anew."""
    harness = garage()
    harness.feed(ClockSet(0, WALL, 0))
    opened(harness, MINUTE)
    harness.pass_to(16 * MINUTE)
    memory = remembered(harness)
    known = garage(memory, 16 * MINUTE)
    known.feed(ClockSet(16 * MINUTE, WALL + 16 * MINUTE, 0), EdgeSeen(16 * MINUTE, "garage", 1))
    known.pass_to(HOUR)
    assert [at_ms for at_ms, _, _ in messages(known)] == [21 * MINUTE + 200]
    unknown = garage(memory, 16 * MINUTE)
    unknown.feed(EdgeSeen(16 * MINUTE, "garage", 1))
    unknown.pass_to(HOUR)
    assert [at_ms for at_ms, _, _ in messages(unknown)] == [36 * MINUTE + 200]


def test_a_crash_in_flight_costs_a_debit_and_tells_again():
    """A message that was out when the power went is perhaps told: its debit stays and it is told once more."""
    harness = garage(outcome=None)
    opened(harness)
    harness.pass_to(20 * MINUTE)
    again = garage(remembered(harness), 21 * MINUTE)
    again.feed(EdgeSeen(21 * MINUTE, "garage", 1))
    again.pass_to(DAY)
    assert [text for _, text, _ in messages(again)] == ["Garage still open"]
    assert again.decider.alerts.budget.left(21 * MINUTE) == 8


class Story:
    """Open and close a garage at random, lose answers and power, and keep what really arrived."""

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
        """Do one thing, then let some time pass."""
        act = self.chance.choice(("move", "move", "move", "restart", "wait"))
        now_ms = self.harness.now_ms
        if act == "move":
            self.level = 1 - self.level
            self.harness.feed(EdgeSeen(now_ms, "garage", self.level))
        elif act == "restart":
            self.memory = remembered(self.harness, self.memory)
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
def test_whatever_happens_the_limit_holds_and_the_last_message_is_true(seed):
    """Through random days: never more than four in 24 hours arrive, and in the end the last one tells the truth."""
    story = Story(seed)
    for _ in range(60):
        story.act()
    story.live(3 * DAY, honest=True)
    instants = [at_ms for at_ms, _ in story.arrived]
    assert all(later - sooner >= DAY for sooner, later in zip(instants, instants[4:], strict=False))
    if not story.was_given_up and (story.level or story.arrived):
        assert story.arrived[-1][1] == ("Garage still open" if story.level else "Garage closed")
