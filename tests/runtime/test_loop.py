"""The loop: saves before pushes, errors of the store, the last word at the end; the world around it is fakes."""

import json
import logging
import os
import stat

import pytest

from pushglance.core.commands import CancelPush, PushGlance, Reply, SaveDebit, SaveOutcome, SaveSensors
from pushglance.core.decider import Decider
from pushglance.core.events import (
    DELIVERED,
    UNSENT,
    EdgeSeen,
    LinkChanged,
    PulsesSeen,
    PushFinished,
    PushRequested,
    ValueSeen,
)
from pushglance.errors import StoreError
from pushglance.runtime.event_queue import BoundedEventQueue
from pushglance.runtime.loop import HEARTBEAT_MS, AgentLoop
from pushglance.runtime.process.systemd import SystemdNotifier
from pushglance.runtime.status.status_file import NAME, StatusFile
from support import plans


class FakeClock:
    def __init__(self):
        self.at_ms = 0

    def now_ms(self):
        return self.at_ms

    def poll_events(self, now_ms):
        return []

    def deadline_ms(self):
        return None


class Tape:
    """Be store and courier, and note the order of what they are asked."""

    def __init__(self):
        self.entries = []
        self.is_full = False

    def save(self, commands, now_ms):
        if self.is_full:
            raise StoreError("the store cannot be written (database or disk is full)")
        self.entries += commands

    def submit(self, command):
        self.entries.append(command)

    def start(self):
        pass

    def stop(self):
        pass

    def close(self):
        self.entries.append("closed")


class FakeInput:
    def __init__(self):
        self.looks = 0

    def start(self):
        pass

    def resync(self):
        self.looks += 1

    def stop(self):
        pass


@pytest.fixture
def agent(tmp_path):
    """Return a loop over fakes, with its parts at hand; `turn` lets it turn once."""

    class Agent:
        clock, tape, queue, door = FakeClock(), Tape(), BoundedEventQueue(), FakeInput()
        plan = plans.plan([plans.topic_contact(), plans.counter()])
        decider = Decider(plan, {}, 0)
        loop = AgentLoop(decider, queue, clock, tape, tape, [door], [StatusFile(tmp_path)], SystemdNotifier(None))
        live = tmp_path / NAME

        def turn(self, *events, at_ms=None):
            self.clock.at_ms = self.clock.at_ms if at_ms is None else at_ms
            for event in events:
                self.queue.put(event)
            self.loop._step(0)

        def pushes(self):
            return [entry for entry in self.tape.entries if isinstance(entry, PushGlance)]

    return Agent()


def test_saved_before_it_leaves(agent):
    """The debit reaches the store before the push reaches the courier."""
    agent.turn(ValueSeen(0, "garage", "open", 0))
    agent.turn(at_ms=5000)
    kinds = [type(entry) for entry in agent.tape.entries]
    assert kinds.index(SaveDebit) < kinds.index(PushGlance)


def test_no_debit_no_push(agent, caplog):
    """While the store cannot be written nothing leaves; it is said once, and when it is back the push follows."""
    caplog.set_level(logging.INFO)
    agent.tape.is_full = True
    agent.turn(ValueSeen(0, "garage", "open", 0))
    agent.turn(at_ms=5000)
    agent.turn(at_ms=5001)
    agent.turn(at_ms=60_000)
    agent.turn(at_ms=60_001)
    assert agent.pushes() == []
    assert [type(entry) for entry in agent.tape.entries] == [CancelPush, CancelPush]
    assert caplog.text.count("cannot be written (database or disk is full)") == 1
    agent.tape.is_full = False
    agent.turn(at_ms=600_000)
    agent.turn(at_ms=600_001)
    assert [push.glance for push in agent.pushes()] == [{"text": "Garage open"}]
    assert "store: available again after" in caplog.text
    saved = [entry for entry in agent.tape.entries if isinstance(entry, SaveSensors)]
    assert "garage" in saved[0].states, "what could not be saved was kept"


def test_everything_is_written_at_the_end(agent):
    """When the loop ends it saves counters that waited for their checkpoint, then closes the store."""
    agent.turn(PulsesSeen(0, "visitors", 3))
    agent.loop.stop()
    agent.loop.run()
    assert agent.tape.entries[-1] == "closed"
    assert agent.tape.entries[-2].states["visitors"]["total"] == 3
    assert not agent.live.exists()


def test_an_answer_that_comes_with_the_end_is_noted(agent):
    """A push that was answered while the loop was ending is not left in doubt."""
    agent.turn(ValueSeen(0, "garage", "open", 0))
    agent.turn(at_ms=5000)
    agent.queue.put(PushFinished(5001, "watch", agent.pushes()[0].push_id, DELIVERED))
    agent.loop.stop()
    agent.loop.run()
    assert [entry.outcome for entry in agent.tape.entries if isinstance(entry, SaveOutcome)] == [DELIVERED]


def test_the_log_says_each_push_and_each_link_once(agent, caplog):
    """One line for a push, one when Pushover goes, one with the duration when it is back."""
    caplog.set_level(logging.INFO)
    agent.turn(ValueSeen(0, "garage", "closed", 0), ValueSeen(1, "garage", "open", 0))
    agent.turn(PushFinished(6000, "watch", 1, "unknown", 0, 0, "read timed out"))
    agent.turn(at_ms=12_000)
    agent.turn(PushFinished(13_000, "watch", 2, "unknown", 0, 0, "read timed out"))
    agent.turn(at_ms=30_000)
    agent.turn(PushFinished(36_000, "watch", 3, DELIVERED, 0, 0, "request r"))
    agent.turn(LinkChanged(36_001, "mqtt", 1))
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if line.startswith("Pushover")] == [
        "Pushover: unavailable",
        "Pushover: available again after 30 s",
    ]
    assert len([line for line in lines if line.startswith("watch:")]) == 3
    assert "watch: text 'Garage open' delivered: request r (47 of 50 left)" in lines
    assert "MQTT broker: available" in lines


def test_a_shared_store_that_is_away_is_not_pushover(agent):
    """A push that the shared store lets nobody make says nothing of Pushover."""
    agent.turn(LinkChanged(0, "cluster", 0))
    agent.turn(PushFinished(1, "watch", 99, UNSENT, 0, 0, "the shared store is away"))
    assert agent.decider.links == {"cluster": 0}


def test_the_log_says_once_why_a_change_waits(agent, caplog):
    """A change that is not pushed at once is told with its reason, once for each wait, however often one looks."""
    caplog.set_level(logging.INFO)
    agent.turn(ValueSeen(0, "garage", "closed", 0))
    agent.turn(at_ms=20_000)
    agent.turn(PushFinished(20_000, "watch", 1, DELIVERED))
    watch = agent.decider.watches[0]
    watch.why, watch.pacing.since_ms, watch.pending = "spacing", 20_000, {"text": "Garage open"}
    agent.loop._event_log.log_waits(21_000)
    agent.loop._event_log.log_waits(22_000)
    lines = [record.getMessage() for record in caplog.records if "waits" in record.getMessage()]
    assert lines == ["watch: waits for the spacing between pushes; 49 of 50 pushes left until 24 h 10 min from now"]


def test_pins_are_looked_at_again(agent):
    """Twice a minute each input may correct what it missed."""
    for second in range(0, 121, 10):
        agent.turn(at_ms=HEARTBEAT_MS + second * 1000)
    assert agent.door.looks == 5


def test_the_live_file_tells_what_status_shows(agent):
    """The live file has the watch, the sensors and the counts, at most once a second."""
    agent.turn(ValueSeen(0, "garage", "open", 0), at_ms=10)
    first = json.loads(agent.live.read_text())
    agent.turn(ValueSeen(20, "garage", "closed", 0), at_ms=20)
    assert json.loads(agent.live.read_text()) == first
    agent.turn(at_ms=1010)
    live = json.loads(agent.live.read_text())
    assert live["sensors"]["garage"]["text"] == "Garage closed"
    assert live["watches"]["watch"]["left"] == 49
    assert live["dropped"] == 0


def test_a_bounce_does_not_delay_what_it_settles_to(agent):
    """Raw edges write no live file; the settled change does, at once, however shortly after them it comes."""
    plan = plans.plan([plans.contact(settle_open_ms=20, settle_closed_ms=20)], [plans.watch(pushes=0)])
    agent.loop._decider = Decider(plan, {}, 0)
    agent.turn(EdgeSeen(0, "garage", 0))
    agent.turn(at_ms=10_000)
    before = agent.live.read_text()
    agent.turn(*[EdgeSeen(20_000 + at_ms, "garage", level) for at_ms, level in ((0, 1), (3, 0), (5, 1))], at_ms=20_005)
    assert agent.live.read_text() == before
    agent.turn(at_ms=20_026)
    assert json.loads(agent.live.read_text())["sensors"]["garage"]["text"] == "Garage open"


def test_the_group_may_look_at_the_live_file(agent):
    """Whatever the umask, the live file is for its owner and its group, and nobody else."""
    before = os.umask(0o077)  # as the unit has it
    try:
        agent.turn(ValueSeen(0, "garage", "open", 0))
    finally:
        os.umask(before)
    assert stat.S_IMODE(agent.live.stat().st_mode) == 0o640


def test_a_reply_is_there_at_once(agent):
    """Whoever asked finds the reply in the live file after the same turn, whatever was written a moment before."""
    agent.turn(ValueSeen(0, "garage", "open", 0))
    agent.turn(PushRequested(100, "nobody", 0, "r1"), at_ms=100)
    (reply,) = json.loads(agent.live.read_text())["replies"]
    assert (reply["request"], reply["is_done"], reply["subject"]) == ("r1", 0, "nobody")
    assert [entry for entry in agent.tape.entries if isinstance(entry, Reply)] == [], "a reply is not saved"


def test_a_batch_is_one_decision(agent):
    """A thousand changes in one batch cost one push."""
    agent.turn(ValueSeen(0, "garage", "closed", 0))
    agent.turn(at_ms=5000)
    agent.turn(PushFinished(5001, "watch", 1, DELIVERED))
    agent.turn(*[ValueSeen(100_000 + n, "garage", "closed" if n % 2 else "open", 0) for n in range(999)], at_ms=101_000)
    assert len(agent.pushes()) == 2


def test_a_mistake_in_the_core_ends_the_loop_with_everything_closed(agent):
    """A programmer's error is not swallowed: the loop ends, the store is closed, systemd restarts."""
    agent.queue.put(EdgeSeen(0, "no such sensor", 1))
    with pytest.raises(KeyError):
        agent.loop.run()
    assert agent.tape.entries[-1] == "closed"
