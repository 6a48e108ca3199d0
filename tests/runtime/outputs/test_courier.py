"""The courier: it posts one push at a time, repeats what never left with the current glance, and always reports."""

import random
import socket
import time
from queue import SimpleQueue

import pytest

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.runtime.outputs import courier as courier_module
from pushglance.runtime.outputs.courier import HttpCourier
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from runtime.outputs.conftest import settings

WAIT_S = 10
ATTEMPTS = 3


class FakeEventQueue(SimpleQueue):
    """An event queue whose events a test can wait for."""

    def expect(self, kind):
        event = self.get(timeout=WAIT_S)
        assert type(event).__name__ == kind, event
        return event


@pytest.fixture
def events():
    return FakeEventQueue()


@pytest.fixture
def courier_to(events, monkeypatch):
    """Return a function that starts a courier to a URL; it repeats attempts at once."""
    monkeypatch.setattr(courier_module, "RETRY_BASE_MS", 1)
    couriers = []

    def start(url, guard=None, **timeouts):
        pushover = Pushover(settings(url, **timeouts), TOKEN)
        courier = HttpCourier(pushover, {"watch": (USER, ""), "two": (USER, "second")}, events, guard)
        courier.start()
        couriers.append(courier)
        return courier

    yield start
    for courier in couriers:
        courier.stop()


def closed_url():
    """Return a URL on loopback whose port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_result_of_a_push_is_an_event(sandbox, courier_to, events):
    """A delivered push puts its result into the queue, with a jitter for the core."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 7, {"text": "open"}))
    event = events.expect("PushFinished")
    assert (event.watch, event.push_id, event.outcome) == ("watch", 7, DELIVERED)
    assert event.detail.startswith("request ")
    assert 0 <= event.jitter < 1024
    assert time.monotonic_ns() // 1_000_000 - 10_000 <= event.at_ms <= time.monotonic_ns() // 1_000_000


def test_wait_that_pushover_asks_for_is_passed_on(sandbox, courier_to, events):
    """How long a quota is exhausted is part of the event."""
    headers = {"X-Limit-App-Reset": "1700003600", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}
    sandbox.inject(Fault("status", status=429, headers=headers))
    courier_to(sandbox.url).submit(PushGlance("watch", 1, {"text": "open"}))
    assert events.expect("PushFinished").wait_ms == 3_600_000


def test_jitter_spreads_over_its_range(courier_to, sandbox, events, monkeypatch):
    """The jitter is drawn from 0 to 1023."""
    ranges = []
    monkeypatch.setattr(random, "randrange", lambda *arguments: ranges.append(arguments) or 5)
    courier_to(sandbox.url).submit(PushGlance("watch", 1, {"text": "open"}))
    assert events.expect("PushFinished").jitter == 5
    assert set(ranges) == {(1024,)}


def test_push_that_may_have_arrived_is_not_repeated(sandbox, courier_to, events):
    """A push without an answer is reported as unknown after one request: only the core may push again."""
    sandbox.inject(Fault("drop", applies=True, times=None))
    courier_to(sandbox.url).submit(PushGlance("watch", 1, {"text": "open"}))
    assert events.expect("PushFinished").outcome == UNKNOWN
    assert len(sandbox.requests()) == 1


def test_each_further_attempt_asks_for_the_current_glance(courier_to, events):
    """What never left is repeated with the glance that the core answers with, then reported as unsent."""
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    for _ in range(ATTEMPTS - 1):
        event = events.expect("PushRetrying")
        assert (event.watch, event.push_id) == ("watch", 1)
        courier.submit(PushGlance("watch", 1, {"text": "closed"}))
    event = events.expect("PushFinished")
    assert event.outcome == UNSENT
    assert "refused" in event.detail
    assert events.empty()


def test_wait_that_a_proxy_asks_for_ends_the_attempts(sandbox, courier_to, events):
    """A push that a proxy holds back with `Retry-After` is not attempted again before that: the core waits."""
    sandbox.inject(Fault("status", status=407, headers={"Retry-After": "90"}, times=None))
    courier_to(sandbox.url).submit(PushGlance("watch", 1, {"text": "open"}))
    event = events.expect("PushFinished")
    assert (event.outcome, event.wait_ms) == (UNSENT, 90_000)
    assert len(sandbox.requests()) == 1


def test_attempts_are_a_second_apart_and_back_off(courier_to, events, monkeypatch):
    """Between attempts the courier waits for the backoff of the core's rules: base 1 s, at most 8 s."""
    calls = []
    monkeypatch.setattr(courier_module, "RETRY_BASE_MS", 1000)
    monkeypatch.setattr(courier_module, "backoff_ms", lambda *arguments: calls.append(arguments) or 1)
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    for _ in range(ATTEMPTS - 1):
        events.expect("PushRetrying")
        courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushFinished")
    assert [arguments[:3] for arguments in calls][:2] == [(1, 1000, 8000), (2, 1000, 8000)]


def test_backoff_is_in_milliseconds(courier_to, events, monkeypatch):
    """A backoff of 300 ms delays the next attempt by 0.3 s."""
    monkeypatch.setattr(courier_module, "backoff_ms", lambda *_: 300)
    start_s = time.monotonic()
    courier_to(closed_url()).submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    assert 0.3 <= time.monotonic() - start_s < 5


def test_second_attempt_delivers_the_current_state(courier_to, events):
    """A server that appears between two attempts gets the newest state and never the old one."""
    url = closed_url()
    courier = courier_to(url)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    with Sandbox(port=int(url.rpartition(":")[2])) as sandbox:
        courier.submit(PushGlance("watch", 1, {"text": "closed"}))
        assert events.expect("PushFinished").outcome == DELIVERED
        assert [arrival.fields for arrival in sandbox.arrivals()] == [{"text": "closed"}]


def test_cancelled_push_is_dropped_without_an_event(courier_to, events):
    """When the core cancels a push, the courier forgets it and executes the next command."""
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.submit(CancelPush("watch", 1))
    courier.submit(PushGlance("two", 2, {"text": "next"}))
    assert events.expect("PushRetrying").push_id == 2


def test_cancel_without_a_push_does_nothing(sandbox, courier_to, events):
    """Cancelling a push that the courier does not have is allowed, and nothing is sent."""
    courier = courier_to(sandbox.url)
    courier.submit(CancelPush("watch", 1))
    courier.submit(PushGlance("watch", 2, {"text": "open"}))
    assert events.expect("PushFinished").push_id == 2
    assert len(sandbox.requests()) == 1


def test_new_push_replaces_one_that_was_given_up(courier_to, events):
    """If the core has started another push meanwhile, the old one ends without an event and the new one is tried."""
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.submit(PushGlance("watch", 2, {"text": "closed"}))
    assert events.expect("PushRetrying").push_id == 2


def test_late_command_of_a_finished_push_is_ignored(sandbox, courier_to, events):
    """A refreshed glance that comes after its push has ended is not sent."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushFinished")
    courier.submit(PushGlance("watch", 1, {"text": "late"}))
    courier.submit(PushGlance("two", 2, {"text": "next"}))
    assert events.expect("PushFinished").push_id == 2
    assert len(sandbox.requests()) == 2


def test_watches_share_one_connection(sandbox, courier_to, events):
    """Commands for two watches are both executed, over one connection, each to its own device."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, {"text": "a"}))
    courier.submit(PushGlance("two", 2, {"text": "b"}))
    assert {events.expect("PushFinished").push_id for _ in range(2)} == {1, 2}
    assert {request.connection for request in sandbox.requests()} == {1}
    assert {arrival.device for arrival in sandbox.arrivals()} == {"", "second"}


def test_stop_waits_at_most_a_second_for_an_answer(sandbox, courier_to):
    """A server that never answers delays the end by less than a second."""
    courier = courier_to(sandbox.url, read_ms=60_000)
    sandbox.inject("hang")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    sandbox.wait_for(lambda: sandbox.held)
    join, timeouts_s = courier._thread.join, []
    courier._thread.join = lambda timeout_s=None: timeouts_s.append(timeout_s) or join(timeout_s)
    start_s = time.monotonic()
    courier.stop()
    assert 0.5 < time.monotonic() - start_s < 2  # the machine may be busy; the limit itself is checked next
    assert [timeout_s for timeout_s in timeouts_s if timeout_s is None or timeout_s > 1] == []
    assert len(timeouts_s) == 1
    sandbox.release()


def test_stop_is_immediate_without_a_push(sandbox, courier_to):
    """An idle courier ends at once, and one that was never started can be stopped."""
    courier = courier_to(sandbox.url)
    courier.stop()
    assert not courier._thread.is_alive()
    HttpCourier(Pushover(settings(sandbox.url), TOKEN), {}, FakeEventQueue()).stop()


def test_stop_does_not_wait_for_a_backoff(courier_to, events, monkeypatch):
    """A courier that waits for its next attempt ends at once, and reports its push as unsent."""
    monkeypatch.setattr(courier_module, "backoff_ms", lambda *_: 60_000)
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    time.sleep(0.2)
    courier.stop()
    assert not courier._thread.is_alive()
    events.expect("PushRetrying")
    assert events.expect("PushFinished").outcome == UNSENT


def test_stop_while_asking_the_core_reports_unsent(courier_to, events):
    """A push that never left is reported as unsent when the daemon ends while its courier waits for the core."""
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.stop()
    event = events.expect("PushFinished")
    assert (event.outcome, event.wait_ms, event.detail) == (UNSENT, 0, "not tried again")


def test_core_that_does_not_answer_ends_the_push(courier_to, events, monkeypatch):
    """A loop that does not answer within 30 s, e.g. because it waits for its SD card, ends the attempts as unsent."""
    assert courier_module.REPLY_S == 30
    monkeypatch.setattr(courier_module, "REPLY_S", 0.01)
    courier_to(closed_url()).submit(PushGlance("watch", 1, {"text": "open"}))
    for _ in range(ATTEMPTS - 1):
        events.expect("PushRetrying")
    assert events.expect("PushFinished").detail == "not tried again"


def test_programming_error_is_reported_as_unknown(sandbox, courier_to, events):
    """An unexpected exception ends a push as unknown, and the thread continues."""
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, None))
    event = events.expect("PushFinished")
    assert (event.outcome, event.wait_ms, event.detail) == (UNKNOWN, 0, "an error in pushglance: TypeError")
    courier.submit(PushGlance("watch", 2, {"text": "open"}))
    assert events.expect("PushFinished").outcome == DELIVERED


class Guard:
    """A send guard that records its calls."""

    def __init__(self, refusal="", error=None):
        self.refusal, self.error, self.calls = refusal, error, []

    def authorize(self, command):
        self.calls.append(("authorize", command.push_id))
        return self.refusal

    def on_finished(self, command, answer):
        self.calls.append((answer.outcome, command.push_id))
        if self.error:
            raise self.error


def test_guard_authorizes_and_learns_the_result(sandbox, courier_to, events):
    """The guard is asked once before the first byte and gets the result."""
    guard = Guard()
    courier_to(sandbox.url, guard).submit(PushGlance("watch", 1, {"text": "open"}))
    assert events.expect("PushFinished").outcome == DELIVERED
    assert guard.calls == [("authorize", 1), (DELIVERED, 1)]


def test_refused_push_does_not_leave(sandbox, courier_to, events):
    """A push that the guard refuses is reported as unsent with the reason, and nothing reaches the server."""
    guard = Guard("another hub holds the lease")
    courier = courier_to(sandbox.url, guard)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    for _ in range(ATTEMPTS - 1):
        events.expect("PushRetrying")
        courier.submit(PushGlance("watch", 1, {"text": "open"}))
    event = events.expect("PushFinished")
    assert (event.outcome, event.detail) == (UNSENT, "another hub holds the lease")
    assert sandbox.requests() == []


def test_error_in_the_guard_does_not_stop_the_courier(sandbox, courier_to, events, caplog):
    """A guard that fails to note a result is logged; the result is reported nevertheless."""
    courier = courier_to(sandbox.url, Guard(error=RuntimeError("no store")))
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    assert events.expect("PushFinished").outcome == DELIVERED
    assert "the result of a push could not be noted" in caplog.text
    courier.submit(PushGlance("watch", 2, {"text": "shut"}))
    assert events.expect("PushFinished").outcome == DELIVERED


def test_push_that_took_too_long_does_not_leave(sandbox, courier_to, events, monkeypatch):
    """A push that found no way to Pushover before the core gives it up is unsent, and never leaves late."""
    monkeypatch.setattr(courier_module, "SEND_WITHIN_MS", 0)
    courier = courier_to(sandbox.url)
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    event = events.expect("PushFinished")
    assert (event.outcome, event.detail) == (UNSENT, "the connection to Pushover took too long")
    assert sandbox.requests() == []


def test_time_to_send_counts_from_the_first_submission(courier_to, events, monkeypatch):
    """A refreshed glance does not extend the time in which its push may leave, a new push does."""
    now_ms, limits = [1000], []
    monkeypatch.setattr(courier_module, "monotonic_ms", lambda: now_ms[0])
    post = Pushover.post
    monkeypatch.setattr(Pushover, "post", lambda self, *args: limits.append(args[3]) or post(self, *args))
    courier = courier_to(closed_url())
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    now_ms[0] += 5000
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    events.expect("PushRetrying")
    courier.submit(PushGlance("watch", 2, {"text": "open"}))
    events.expect("PushRetrying")
    assert [limit - limits[0] for limit in limits] == [0, 0, 5000]
    assert limits[0] - 1000 == 540_000  # a minute before the core gives the push up


def test_push_that_was_replaced_is_not_posted(sandbox, events):
    """A push whose successor was submitted just before it is posted does not leave."""
    courier = HttpCourier(Pushover(settings(sandbox.url), TOKEN), {"watch": (USER, "")}, events)
    courier.submit(PushGlance("watch", 2, {"text": "new"}))
    answer = courier._post(PushGlance("watch", 1, {"text": "old"}))
    assert (answer.outcome, answer.wait_ms, answer.detail) == (UNSENT, 0, "a newer push waits")
    assert sandbox.requests() == []


def test_courier_is_busy_only_while_it_delivers(sandbox, courier_to, events):
    """While a push is under way the courier has a limit, afterwards it waits without one."""
    sandbox.inject("hang")
    courier = courier_to(sandbox.url)
    far_ms = time.monotonic_ns() // 1_000_000 + 10**9
    courier.submit(PushGlance("watch", 1, {"text": "open"}))
    sandbox.wait_for(lambda: sandbox.held)
    assert [worker.name for worker in courier.workers if worker.is_stuck(far_ms)] == ["courier"]
    sandbox.release()
    events.expect("PushFinished")
    courier.submit(PushGlance("watch", 2, {"text": "shut"}))
    events.expect("PushFinished")
    until_s = time.monotonic() + WAIT_S
    while courier.workers[0].is_stuck(far_ms):
        assert time.monotonic() < until_s
        time.sleep(0.01)
