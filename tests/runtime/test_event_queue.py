"""The queue: bounded, in order, and honest about what it drops."""

import threading
import time

from pushglance.core.events import EdgeSeen, PulsesSeen, PushFinished, ValueSeen
from pushglance.runtime.event_queue import COALESCE_S, BoundedEventQueue


def test_facts_come_in_order():
    """What was put first is taken first."""
    queue = BoundedEventQueue()
    events = [EdgeSeen(number, "garage", 1) for number in range(5)]
    for event in events:
        queue.put(event)
    assert queue.pop_all(0) == events
    assert queue.pop_all(0) == []


def test_the_newest_of_a_key_replaces_the_waiting_one():
    """A running total waits once, in the place of its newest stamp."""
    queue = BoundedEventQueue()
    queue.put_latest("visitors", PulsesSeen(1, "visitors", 1))
    queue.put(EdgeSeen(2, "garage", 1))
    queue.put_latest("visitors", PulsesSeen(3, "visitors", 2))
    assert queue.pop_all(0) == [EdgeSeen(2, "garage", 1), PulsesSeen(3, "visitors", 2)]
    assert queue.dropped == 0


def test_the_oldest_fact_of_a_sensor_is_dropped_and_counted():
    """A full queue loses its oldest sensor fact, never an answer, and says how many."""
    queue = BoundedEventQueue(capacity=3)
    answer = PushFinished(0, "watch", 1, "delivered")
    queue.put(answer)
    for number in range(6):
        queue.put(ValueSeen(number, "tank", str(number), 0))
    assert queue.pop_all(0) == [answer, *[ValueSeen(number, "tank", str(number), 0) for number in (3, 4, 5)]]
    assert queue.dropped == 3


def test_a_noisy_sensor_drowns_no_quiet_one():
    """A quiet door's one edge waits while a storm of another sensor loses its own oldest facts."""
    queue = BoundedEventQueue(capacity=3)
    edge = EdgeSeen(0, "garage", 1)
    queue.put(edge)
    queue.put_latest("pulses:visitors", PulsesSeen(0, "visitors", 1))
    for number in range(100):
        queue.put(EdgeSeen(number, "gate", number % 2))
    assert queue.pop_all(0) == [edge, PulsesSeen(0, "visitors", 1), EdgeSeen(98, "gate", 0), EdgeSeen(99, "gate", 1)]
    assert queue.dropped == 98


def test_an_answer_enters_a_full_inbox():
    """An queue full of answers still takes the next one, and then drops no answer for a sensor's fact either."""
    queue = BoundedEventQueue(capacity=2)
    answers = [PushFinished(number, "watch", number, "delivered") for number in range(4)]
    for answer in answers:
        queue.put(answer)
    queue.put(EdgeSeen(9, "garage", 1))
    assert queue.pop_all(0) == [*answers, EdgeSeen(9, "garage", 1)]


def test_a_waiting_loop_wakes_for_a_fact():
    """Taking waits until something comes from another thread."""
    queue = BoundedEventQueue()
    taken = []
    loop = threading.Thread(target=lambda: taken.append(queue.pop_all(60)))
    loop.start()
    queue.put(EdgeSeen(1, "garage", 1))
    loop.join(10)
    assert taken == [[EdgeSeen(1, "garage", 1)]]


def test_a_poke_ends_a_wait_with_nothing():
    """A signal handler can wake the loop without a fact, once for each poke."""
    queue = BoundedEventQueue()
    queue.wake()
    assert queue.pop_all(60) == []
    assert queue.pop_all(0) == []


def test_what_the_newest_counts_of_gathers_and_an_edge_takes_it_along():
    """Soon after a look a total waits for company; an edge waits for nothing, and what waits is taken with it."""
    queue = BoundedEventQueue()
    queue.put(EdgeSeen(1, "garage", 1))
    queue.pop_all(0)
    queue.put_latest("visitors", PulsesSeen(2, "visitors", 1))
    began_s = time.monotonic()
    assert queue.pop_all(60) == [PulsesSeen(2, "visitors", 1)]
    assert time.monotonic() - began_s > COALESCE_S / 2
    queue.put_latest("visitors", PulsesSeen(3, "visitors", 2))
    queue.put(EdgeSeen(4, "garage", 0))
    queue._taken_s = time.monotonic() + 3600  # whatever the clock says
    assert queue.pop_all(60) == [PulsesSeen(3, "visitors", 2), EdgeSeen(4, "garage", 0)]


def test_a_total_that_comes_alone_is_taken_at_once():
    """With no look in the last moment a total does not wait, though the loop sleeps for an hour."""
    queue = BoundedEventQueue()
    taken = []
    loop = threading.Thread(target=lambda: taken.append(queue.pop_all(3600)))
    loop.start()
    queue.put_latest("visitors", PulsesSeen(2, "visitors", 1))
    loop.join(10)
    assert taken == [[PulsesSeen(2, "visitors", 1)]]
