"""The event queue: it is bounded, keeps the order, counts what it drops, and coalesces replaceable events."""

import threading
from types import SimpleNamespace

import pytest

from pushglance.core.events import EdgeSeen, PulsesSeen, PushFinished, ValueSeen
from pushglance.runtime import event_queue
from pushglance.runtime.event_queue import BoundedEventQueue

TIMEOUT_S = 10


def test_events_keep_their_order():
    """Events are popped in the order in which they were put."""
    queue = BoundedEventQueue()
    events = [EdgeSeen(number, "garage", 1) for number in range(5)]
    for event in events:
        queue.put(event)
    assert queue.pop_all(0) == events
    assert queue.pop_all(0) == []


def test_newest_event_of_a_key_replaces_the_waiting_one():
    """A total waits once, at the position of its newest instant."""
    queue = BoundedEventQueue()
    queue.put_latest("visitors", PulsesSeen(1, "visitors", 1))
    queue.put(EdgeSeen(2, "garage", 1))
    queue.put_latest("visitors", PulsesSeen(3, "visitors", 2))
    assert queue.pop_all(0) == [EdgeSeen(2, "garage", 1), PulsesSeen(3, "visitors", 2)]
    assert queue.dropped == 0


def test_oldest_event_of_a_sensor_is_dropped_and_counted():
    """A full queue drops the oldest event of a sensor, never an answer, and counts it."""
    queue = BoundedEventQueue(capacity=3)
    answer = PushFinished(0, "watch", 1, "delivered")
    queue.put(answer)
    for number in range(6):
        queue.put(ValueSeen(number, "tank", str(number), 0))
    assert queue.pop_all(0) == [answer, *[ValueSeen(number, "tank", str(number), 0) for number in (3, 4, 5)]]
    assert queue.dropped == 3


def test_noisy_sensor_does_not_cost_a_quiet_one_its_event():
    """The one edge of a quiet door stays while another sensor's storm loses its own oldest events."""
    queue = BoundedEventQueue(capacity=3)
    edge = EdgeSeen(0, "garage", 1)
    queue.put(edge)
    queue.put_latest("pulses:visitors", PulsesSeen(0, "visitors", 1))
    for number in range(100):
        queue.put(EdgeSeen(number, "gate", number % 2))
    assert queue.pop_all(0) == [edge, PulsesSeen(0, "visitors", 1), EdgeSeen(98, "gate", 0), EdgeSeen(99, "gate", 1)]
    assert queue.dropped == 98


def test_full_queue_accepts_answers():
    """A queue full of answers accepts another one, and does not drop one for the event of a sensor."""
    queue = BoundedEventQueue(capacity=2)
    answers = [PushFinished(number, "watch", number, "delivered") for number in range(4)]
    for answer in answers:
        queue.put(answer)
    queue.put(EdgeSeen(9, "garage", 1))
    assert queue.pop_all(0) == [*answers, EdgeSeen(9, "garage", 1)]


def test_default_capacity_is_4096_events():
    """Of 5000 edges of one sensor the newest 4096 are there."""
    queue = BoundedEventQueue()
    for number in range(5000):
        queue.put(EdgeSeen(number, "garage", number % 2))
    assert len(queue.pop_all(0)) == 4096
    assert queue.dropped == 904


def pop_in_thread(queue, timeout_s):
    """Start to wait for events in a thread; return (thread, list of what it popped)."""
    popped = []
    thread = threading.Thread(target=lambda: popped.append(queue.pop_all(timeout_s)))
    thread.start()
    return thread, popped


@pytest.mark.parametrize("put", ["put", "put_latest"])
def test_event_wakes_a_waiting_loop(put):
    """A loop that sleeps for an hour wakes for an event, also for a replaceable one when the last pop was long ago."""
    queue = BoundedEventQueue()
    queue._popped_s = -3600
    thread, popped = pop_in_thread(queue, 3600)
    event = PulsesSeen(1, "visitors", 1)
    queue.put(event) if put == "put" else queue.put_latest("visitors", event)
    thread.join(TIMEOUT_S)
    assert popped == [[event]]


def test_wake_ends_one_wait_without_an_event():
    """A signal handler can wake the loop without an event, once for each call."""
    queue = BoundedEventQueue()
    queue.wake()
    assert queue.pop_all(3600) == []
    assert queue.pop_all(0) == []
    thread, popped = pop_in_thread(queue, 3600)
    queue.wake()
    thread.join(TIMEOUT_S)
    assert popped == [[]]


class VirtualCondition:
    """A condition whose `wait` takes virtual time."""

    def __init__(self, clock):
        self.clock = clock
        self.notified = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def notify(self):
        """Count the call."""
        self.notified += 1

    def wait(self, timeout_s):
        """Let the time pass."""
        self.clock.now_s += timeout_s


@pytest.fixture
def clock(monkeypatch):
    """Return a clock whose `now_s` a test can set; waiting advances it."""
    clock = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(event_queue, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    return clock


@pytest.fixture
def queue(clock):
    """Return a queue in virtual time that was popped just now."""
    queue = BoundedEventQueue()
    queue._changed = VirtualCondition(clock)
    queue.pop_all(0)
    return queue


def test_replaceable_event_waits_a_tenth_of_a_second(queue, clock):
    """After a pop a replaceable event is held back for 0.1 s, so that others are popped with it."""
    clock.now_s += 0.03
    queue.put_latest("visitors", PulsesSeen(2, "visitors", 1))
    assert queue.pop_all(60) == [PulsesSeen(2, "visitors", 1)]
    assert clock.now_s == pytest.approx(1000.1)


def test_replaceable_event_waits_no_longer_than_the_timeout(queue, clock):
    """The loop's deadline comes before the end of the 0.1 s."""
    queue.put_latest("visitors", PulsesSeen(2, "visitors", 1))
    assert queue.pop_all(0.02) == [PulsesSeen(2, "visitors", 1)]
    assert clock.now_s == pytest.approx(1000.02)


def test_replaceable_event_long_after_a_pop_does_not_wait(queue, clock):
    """If the last pop was more than 0.1 s ago, a replaceable event is popped at once."""
    clock.now_s += 0.2
    queue.put_latest("visitors", PulsesSeen(2, "visitors", 1))
    assert queue.pop_all(60) == [PulsesSeen(2, "visitors", 1)]
    assert clock.now_s == pytest.approx(1000.2)


def test_edge_does_not_wait_and_takes_replaceable_events_along(queue, clock):
    """An edge is popped at once, with the replaceable event that was put before it."""
    queue.put_latest("visitors", PulsesSeen(3, "visitors", 2))
    queue.put(EdgeSeen(4, "garage", 0))
    assert queue.pop_all(60) == [PulsesSeen(3, "visitors", 2), EdgeSeen(4, "garage", 0)]
    assert clock.now_s == 1000


def test_empty_queue_waits_for_the_timeout(queue, clock):
    """Without an event `pop_all` returns after its timeout."""
    assert queue.pop_all(7) == []
    assert clock.now_s == 1007


def test_loop_is_notified_once_per_batch(queue):
    """A thousand events wake the loop once: further ones are popped with the first."""
    for number in range(1000):
        queue.put_latest("visitors", PulsesSeen(number, "visitors", number))
    assert queue._changed.notified == 1
    for number in range(1000):
        queue.put(EdgeSeen(number, "garage", 1))
    assert queue._changed.notified == 2
