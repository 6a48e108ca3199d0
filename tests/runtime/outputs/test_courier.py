"""The courier: one at a time, retries what never left with the freshest glance, and always comes home."""

import socket
import time
from queue import SimpleQueue

import pytest

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.runtime.outputs import courier as courier_module
from pushglance.runtime.outputs.courier import ATTEMPTS, HttpCourier
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from runtime.outputs.conftest import settings

WAIT_S = 10


class FakeEventQueue(SimpleQueue):
    """Be an queue whose facts a test can wait for."""

    def expect(self, kind):
        event = self.get(timeout=WAIT_S)
        assert type(event).__name__ == kind, event
        return event


@pytest.fixture
def queue():
    return FakeEventQueue()


@pytest.fixture
def courier_to(queue, monkeypatch):
    """Return a function that starts a courier to a URL; retries come at once."""
    monkeypatch.setattr(courier_module, "RETRY_BASE_MS", 1)
    couriers = []

    def start(url, **timeouts):
        courier = HttpCourier(
            Pushover(settings(url, **timeouts), TOKEN), {"watch": (USER, ""), "two": (USER, "second")}, queue
        )
        courier.start()
        couriers.append(courier)
        return courier

    yield start
    for courier in couriers:
        courier.stop()


def nobody():
    """Return a URL on loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_push_comes_home(sandbox, courier_to, queue):
    """A delivered push puts its answer into the queue, with a jitter for the core."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 7, {"text": "open"}))
    event = queue.expect("PushFinished")
    assert (event.watch, event.push_id, event.outcome) == ("watch", 7, DELIVERED)
    assert 0 <= event.jitter < 1024
    assert event.at_ms <= time.monotonic_ns() // 1_000_000


def test_what_may_have_arrived_is_not_repeated(sandbox, courier_to, queue):
    """A push without an answer goes home as unknown after one request: repeating it is the core's decision."""
    sandbox.inject(Fault("drop", applies=True, times=None))
    courier_to(sandbox.url).submit(PushGlance("watch", 1, {"text": "open"}))
    assert queue.expect("PushFinished").outcome == UNKNOWN
    assert len(sandbox.requests()) == 1


def test_each_further_attempt_asks_for_the_freshest_glance(courier_to, queue):
    """What never left is tried again with the glance the core answers with, then goes home as unsent."""
    courier = courier_to(nobody())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    for _ in range(ATTEMPTS - 1):
        assert queue.expect("PushRetrying").push_id == 1
        courier.submit(PushGlance("watch", 1, {"text": "closed"}))
    assert queue.expect("PushFinished").outcome == UNSENT
    assert queue.empty()


def test_a_second_attempt_delivers_the_fresh_state(courier_to, queue):
    """When the server appears between two attempts, it gets the newest state and never the old one."""
    url = nobody()
    courier = courier_to(url)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    with Sandbox(port=int(url.rpartition(":")[2])) as sandbox:
        courier.submit(PushGlance("watch", 1, {"text": "closed"}))
        assert queue.expect("PushFinished").outcome == DELIVERED
        assert [arrival.fields for arrival in sandbox.arrivals()] == [{"text": "closed"}]


def test_a_cancelled_push_is_dropped_without_a_word(courier_to, queue):
    """When the core wants a push no more, the courier forgets it and takes the next order."""
    courier = courier_to(nobody())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    courier.submit(CancelPush("watch", 1))
    courier.submit(PushGlance("two", 2, {"text": "next"}))
    assert queue.expect("PushRetrying").push_id == 2


def test_a_push_that_the_core_gave_up_makes_room_for_its_successor(courier_to, queue):
    """If the core has started another push meanwhile, the old one ends silently and the new one is tried."""
    courier = courier_to(nobody())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    courier.submit(PushGlance("watch", 2, {"text": "closed"}))
    assert queue.expect("PushRetrying").push_id == 2


def test_watches_take_turns(sandbox, courier_to, queue):
    """Orders for two watches are both carried, over one connection."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, {"text": "a"}))
    courier.submit(PushGlance("two", 2, {"text": "b"}))
    assert {queue.expect("PushFinished").push_id for _ in range(2)} == {1, 2}
    assert {request.connection for request in sandbox.requests()} == {1}


def test_stopping_is_quick_while_an_answer_is_out(sandbox, courier_to):
    """A server that never answers holds nobody up for longer than a second."""
    courier = courier_to(sandbox.url, read_ms=60_000)
    sandbox.inject("hang")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    sandbox.wait_for(lambda: sandbox.held)
    begun = time.monotonic()
    courier.stop()
    assert time.monotonic() - begun < 5
    sandbox.release()


def test_stopping_while_asking_returns_the_debit(courier_to, queue):
    """A push that never left goes home as unsent when the daemon ends while its courier waits for the core."""
    courier = courier_to(nobody())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    courier.stop()
    assert queue.expect("PushFinished").outcome == UNSENT


def test_a_mistake_of_ours_comes_home_too(sandbox, courier_to, queue):
    """An exception that nobody foresaw ends as unknown, not as a worker that is gone."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, None))
    assert queue.expect("PushFinished").outcome == UNKNOWN
    courier.submit(PushGlance("watch", 2, {"text": "open"}))
    assert queue.expect("PushFinished").outcome == DELIVERED


def test_what_took_too_long_does_not_leave(sandbox, courier_to, queue, monkeypatch):
    """A push that found no way to Pushover before the core gives it up goes home as unsent, and never leaves late."""
    monkeypatch.setattr(courier_module, "SEND_WITHIN_MS", 0)
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    queue.expect("PushRetrying")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    event = queue.expect("PushFinished")
    assert (event.outcome, event.detail) == (UNSENT, "the connection to Pushover took too long")
    assert sandbox.requests() == []
