"""The loop: it saves before it pushes, survives errors of the store, and saves everything at the end."""

import json
import logging

import pytest

from pushglance.core.commands import CancelPush, PushGlance, Reply, SaveDebit, SaveOutcome, SaveSensors
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, UNSENT, EdgeSeen, LinkChanged, PulsesSeen, PushFinished, ValueSeen
from pushglance.core.request_events import PushRequested
from pushglance.errors import StoreError
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.event_queue import BoundedEventQueue
from pushglance.runtime.loop import AgentLoop
from pushglance.runtime.process.systemd import SystemdNotifier
from pushglance.runtime.status.status_file import NAME, StatusFile
from pushglance.runtime.worker_progress import WorkerProgress
from support import plans

HEARTBEAT_MS = 30_000


class FakeClock:
    def __init__(self):
        self.at_ms = 0

    def now_ms(self):
        return self.at_ms

    def poll_events(self, now_ms):
        return []

    def deadline_ms(self):
        return None


class CommandRecorder:
    """A store and a courier that record the order of their commands."""

    def __init__(self):
        self.entries = []
        self.is_full = False
        self.fault = ""

    def save(self, commands, now_ms):
        if self.is_full:
            raise StoreError("the store cannot be written (database or disk is full)")
        self.entries += commands

    def check(self):
        if self.fault:
            raise StoreError(self.fault)

    def submit(self, command):
        self.entries.append(command)

    def start(self):
        pass

    def stop(self):
        pass

    def close(self):
        self.entries.append("closed")


class FakeSystemd(SystemdNotifier):
    """A notifier that counts how often the watchdog was fed."""

    fed = 0

    def alive(self):
        self.fed += 1


class FakeInput:
    def __init__(self):
        self.resyncs = 0

    def start(self):
        pass

    def resync(self):
        self.resyncs += 1

    def stop(self):
        pass


@pytest.fixture
def agent(tmp_path):
    """Return a loop with fakes around it; `step` runs it once."""
    progress = WorkerProgress("courier")

    class Agent:
        clock, recorder, queue, door = FakeClock(), CommandRecorder(), BoundedEventQueue(), FakeInput()
        decider = Decider(plans.plan([plans.topic_contact(), plans.counter()]), {}, 0)
        status_file = tmp_path / NAME
        courier, systemd = progress, FakeSystemd(None)
        loop = AgentLoop(
            decider, queue, clock, recorder, recorder, [door], [StatusFile(tmp_path)], systemd, lambda: [progress]
        )

        def step(self, *events, at_ms=None):
            self.clock.at_ms = self.clock.at_ms if at_ms is None else at_ms
            for event in events:
                self.queue.put(event)
            self.loop._step(0)

        def pushes(self):
            return [entry for entry in self.recorder.entries if isinstance(entry, PushGlance)]

        def status(self):
            return json.loads(self.status_file.read_text())

    return Agent()


def test_debit_is_saved_before_the_push_leaves(agent):
    """The store has the debit before the courier has the push."""
    agent.step(ValueSeen(0, "garage", "open", 0))
    agent.step(at_ms=5000)
    types = [type(entry) for entry in agent.recorder.entries]
    assert types.index(SaveDebit) < types.index(PushGlance)


def test_nothing_is_pushed_while_the_store_is_unavailable(agent, caplog):
    """Without a saved debit nothing leaves. It is logged once, and the push follows when the store works again."""
    caplog.set_level(logging.INFO)
    agent.recorder.is_full = True
    agent.step(ValueSeen(0, "garage", "open", 0))
    agent.step(at_ms=5000)
    agent.step(at_ms=5001)
    agent.step(at_ms=60_000)
    agent.step(at_ms=60_001)
    assert agent.pushes() == []
    assert [type(entry) for entry in agent.recorder.entries] == [CancelPush, CancelPush]
    assert caplog.text.count("cannot be written (database or disk is full)") == 1
    assert caplog.text.count("store: unavailable") == 1
    assert "watch: text 'Garage open' not sent: the debit could not be written (50 of 50 left)" in caplog.text
    assert agent.decider.links == {"store": 0}
    assert agent.status()["unsaved"] > 0
    agent.recorder.is_full = False
    agent.step(at_ms=600_000)
    agent.step(at_ms=600_001)
    assert [push.glance for push in agent.pushes()] == [{"text": "Garage open"}]
    assert "store: available again after" in caplog.text
    assert agent.decider.links == {"store": 1}
    saved = [entry for entry in agent.recorder.entries if isinstance(entry, SaveSensors)]
    assert "garage" in saved[0].states, "what could not be saved before is saved now"


def test_loop_ends_when_too_much_is_unsaved(agent):
    """A store that stays unavailable ends the loop once more than 5000 commands wait to be saved."""
    agent.recorder.is_full = True
    agent.loop._unsaved = [SaveSensors({})] * 5000
    assert agent.loop._save([], 0) is False
    with pytest.raises(StoreError):
        agent.loop._save([SaveSensors({})], 0)


def test_everything_is_saved_at_the_end(agent):
    """At its end the loop saves counters that waited for their checkpoint, then closes store and status file."""
    agent.step(PulsesSeen(0, "visitors", 3))
    agent.loop.stop()
    agent.loop.run()
    assert agent.recorder.entries[-1] == "closed"
    assert agent.recorder.entries[-2].states["visitors"]["total"] == 3
    assert not agent.status_file.exists()


def test_answer_that_comes_at_the_end_is_saved(agent):
    """The answer to a push that comes while the loop is ending is saved."""
    agent.step(ValueSeen(0, "garage", "open", 0))
    agent.step(at_ms=5000)
    agent.queue.put(PushFinished(5001, "watch", agent.pushes()[0].push_id, DELIVERED))
    agent.loop.stop()
    agent.loop.run()
    assert [entry.outcome for entry in agent.recorder.entries if isinstance(entry, SaveOutcome)] == [DELIVERED]


def test_each_push_and_each_link_is_logged_once(agent, caplog):
    """There is one line for a push, one when Pushover fails, and one with the duration when it is available again."""
    caplog.set_level(logging.INFO)
    agent.step(ValueSeen(0, "garage", "closed", 0), ValueSeen(1, "garage", "open", 0))
    agent.step(PushFinished(6000, "watch", 1, "unknown", 0, 0, "read timed out"))
    agent.step(at_ms=12_000)
    agent.step(PushFinished(13_000, "watch", 2, "unknown", 0, 0, "read timed out"))
    agent.step(at_ms=30_000)
    agent.step(PushFinished(36_000, "watch", 3, DELIVERED, 0, 0, "request r"))
    agent.step(LinkChanged(36_001, "mqtt", 1))
    lines = [record.getMessage() for record in caplog.records]
    links = [line for line in lines if line.startswith("Pushover")]
    assert links == ["Pushover: unavailable", "Pushover: available again after 30 s"]
    assert len([line for line in lines if line.startswith("watch:")]) == 3
    assert "watch: text 'Garage open' delivered: request r (47 of 50 left)" in lines
    assert "MQTT broker: available" in lines


def test_unavailable_shared_store_does_not_affect_the_link_to_pushover(agent):
    """A push that the shared store did not permit says nothing about Pushover."""
    agent.step(LinkChanged(0, "cluster", 0))
    agent.step(PushFinished(1, "watch", 99, UNSENT, 0, 0, "the shared store is unavailable"))
    assert agent.decider.links == {"cluster": 0}


def test_reason_of_a_wait_is_logged_once(agent, caplog):
    """A change that is not pushed at once is logged with the reason, once for each wait."""
    caplog.set_level(logging.INFO)
    agent.step(ValueSeen(0, "garage", "closed", 0))
    agent.step(at_ms=20_000)
    agent.step(PushFinished(20_000, "watch", 1, DELIVERED))
    watch = agent.decider.watches[0]
    watch.why, watch.pacing.since_ms, watch.pending = "spacing", 20_000, {"text": "Garage open"}
    agent.loop._event_log.log_waits(21_000)
    agent.loop._event_log.log_waits(22_000)
    lines = [record.getMessage() for record in caplog.records if "waits" in record.getMessage()]
    assert lines == ["watch: waits for the spacing between pushes; 49 of 50 pushes left"]


def test_inputs_resync_twice_a_minute(agent):
    """Every 30 s each input reads again what it may have missed."""
    for second in range(0, 121, 10):
        agent.step(at_ms=HEARTBEAT_MS + second * 1000)
    assert agent.door.resyncs == 5


def test_replaced_store_stops_pushes_and_ends_the_agent_after_minutes(agent, caplog):
    """It is seen while there is nothing to save, reported once and in the status; if it lasts, the agent restarts."""
    agent.recorder.fault = "the state directory was removed"
    agent.step(at_ms=HEARTBEAT_MS)
    agent.step(at_ms=HEARTBEAT_MS + 1000)
    assert agent.status()["links"]["store"] == 0
    assert agent.status()["store_fault"] == "the state directory was removed"
    assert agent.step(at_ms=HEARTBEAT_MS + 599_999) is None
    assert caplog.text.count("was removed") == 1
    with pytest.raises(StoreError, match="was removed"):
        agent.step(at_ms=2 * HEARTBEAT_MS + 600_000)


def test_store_that_is_put_back_is_used_again(agent):
    """The agent goes on as if nothing had happened, and the ten minutes begin again."""
    for minute in range(0, 30, 5):
        agent.recorder.fault = "" if minute % 10 else "gone"
        agent.step(at_ms=HEARTBEAT_MS + minute * 60_000)
    agent.step(at_ms=HEARTBEAT_MS + 30 * 60_000 - 1)
    assert agent.status()["links"]["store"] == 1
    assert "store_fault" not in agent.status()


def test_status_file_follows_the_state(agent):
    """The status file has the sensors, the watch and the counts of the last write."""
    agent.step(ValueSeen(0, "garage", "open", 0), at_ms=10)
    agent.step(ValueSeen(20, "garage", "closed", 0), at_ms=1010)
    status = agent.status()
    assert status["sensors"]["garage"]["text"] == "Garage closed"
    assert status["watches"]["watch"]["left"] == 49
    assert status["dropped"] == 0


def test_bounce_does_not_delay_the_settled_change(agent):
    """Raw edges do not write the status file; the settled change does, at once, however soon after them it comes."""
    plan = plans.plan([plans.contact(settle_open_ms=20, settle_closed_ms=20)], [plans.watch(pushes=0)])
    agent.loop._decider = Decider(plan, {}, 0)
    agent.step(EdgeSeen(0, "garage", 0))
    agent.step(at_ms=10_000)
    before = agent.status_file.read_text()
    agent.step(*[EdgeSeen(20_000 + at_ms, "garage", level) for at_ms, level in ((0, 1), (3, 0), (5, 1))], at_ms=20_005)
    assert agent.status_file.read_text() == before
    agent.step(at_ms=20_026)
    assert agent.status()["sensors"]["garage"]["text"] == "Garage open"


def test_reply_is_in_the_status_file_at_once(agent):
    """A client finds its reply after the same step, whenever the file was written before; it is not saved."""
    agent.step(ValueSeen(0, "garage", "open", 0))
    agent.step(PushRequested(100, "stranger", 0, "r1"), at_ms=100)
    (reply,) = agent.status()["replies"]
    assert (reply["request"], reply["is_done"], reply["subject"]) == ("r1", 0, "stranger")
    assert [entry for entry in agent.recorder.entries if isinstance(entry, Reply)] == []


def test_batch_of_events_is_one_decision(agent):
    """A thousand changes in one batch cost one push."""
    agent.step(ValueSeen(0, "garage", "closed", 0))
    agent.step(at_ms=5000)
    agent.step(PushFinished(5001, "watch", 1, DELIVERED))
    agent.step(*[ValueSeen(100_000 + n, "garage", "closed" if n % 2 else "open", 0) for n in range(999)], at_ms=101_000)
    assert len(agent.pushes()) == 2


def test_programming_error_ends_the_loop_with_the_store_closed(agent):
    """An error in the core is not swallowed: the loop ends, the store is closed, and systemd restarts the daemon."""
    agent.queue.put(EdgeSeen(0, "no such sensor", 1))
    with pytest.raises(KeyError):
        agent.loop.run()
    assert agent.recorder.entries[-1] == "closed"


def test_watchdog_is_fed_only_while_every_worker_gets_on(agent, caplog):
    """A worker that exceeds its limit is named and starves the watchdog; when it gets on, that ends."""
    now_ms = monotonic_ms()
    agent.step(at_ms=now_ms)
    assert (agent.systemd.fed, agent.status()["stuck"]) == (1, [])
    agent.courier.busy(1000)
    agent.step(at_ms=now_ms + HEARTBEAT_MS)
    agent.step(at_ms=now_ms + 2 * HEARTBEAT_MS)
    assert (agent.systemd.fed, agent.status()["stuck"]) == (1, ["courier"])
    assert caplog.text.count("courier: no progress; systemd restarts pushglance if this lasts") == 1
    agent.courier.idle()
    agent.step(at_ms=now_ms + 3 * HEARTBEAT_MS)
    assert (agent.systemd.fed, agent.status()["stuck"]) == (2, [])
