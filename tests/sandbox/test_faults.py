"""Each kind of fault as a client sees it, over real sockets."""

import http.client
import json
import threading
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest

from pushglance.sandbox import KINDS, TOKEN, USER, Fault
from support.sandbox_calls import FORM, GLANCES, JSON, call, connect, push, push_raw

BODY = urlencode({"token": TOKEN, "user": USER, "count": "1"})


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_status_is_answered_and_nothing_arrives(sandbox, status):
    """An error status is answered once, with status 0 in JSON, and the push is lost."""
    sandbox.inject(Fault("status", status=status))
    got, response = push(sandbox, count=1)
    assert (got, response["status"]) == (status, 0)
    assert push(sandbox, count=2)[0] == 200
    assert [arrival.fields for arrival in sandbox.arrivals()] == [{"count": "2"}]


def test_status_fault_sends_its_headers(sandbox):
    """A 429 has the headers of its fault."""
    sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": "1393653600"}))
    with closing(connect(sandbox)) as connection:
        connection.request("POST", GLANCES, BODY, FORM)
        assert connection.getresponse().getheader("X-Limit-App-Reset") == "1393653600"


def test_an_error_can_come_after_the_push_arrived(sandbox):
    """A 500 with `applies` is the response to a push that is on the screen."""
    sandbox.inject(Fault("status", applies=True))
    assert push(sandbox, count=5)[0] == 500
    assert sandbox.screen()["count"] == "5"


def test_refused_is_200_with_status_0(sandbox):
    """A refusal is only in the body: the HTTP status is 200."""
    sandbox.inject("refused")
    status, response = push(sandbox, count=1)
    assert (status, response["status"], sandbox.arrivals()) == (200, 0, [])


@pytest.mark.parametrize("applies", [False, True])
def test_drop_closes_without_a_response(sandbox, applies):
    """The connection ends without a byte; with `applies` the push has arrived."""
    sandbox.inject(Fault("drop", applies=applies))
    with pytest.raises(http.client.RemoteDisconnected):
        push(sandbox, count=1)
    assert len(sandbox.arrivals()) == applies
    assert [(request.status, request.fault) for request in sandbox.requests()] == [(0, "drop")]


@pytest.mark.parametrize("applies", [False, True])
def test_reset_resets_the_connection(sandbox, applies):
    """The client gets ECONNRESET and not an orderly end."""
    sandbox.inject(Fault("reset", applies=applies))
    with pytest.raises(ConnectionResetError) as caught:
        push_raw(sandbox)
    assert caught.type is ConnectionResetError
    assert len(sandbox.arrivals()) == applies


def test_garbage_is_200_without_json(sandbox):
    """The body of the 200 is not valid JSON."""
    sandbox.inject("garbage")
    with pytest.raises(ValueError, match=r"codec|JSON|Expecting"):
        push(sandbox, count=1)
    assert sandbox.requests()[0].status == 200


def test_half_response_ends_early(sandbox):
    """The connection ends before the announced length is reached."""
    sandbox.inject("half")
    with pytest.raises(http.client.IncompleteRead):
        push(sandbox, count=1)


def test_huge_response_is_32_mib(sandbox):
    """A client that reads everything gets 32 MiB; one that disconnects early causes no error."""
    sandbox.inject(Fault("huge", times=2))
    with closing(connect(sandbox)) as connection:
        connection.request("POST", GLANCES, BODY, FORM)
        response = connection.getresponse()
        assert response.length > 32 * 1024 * 1024
        assert response.read(24) == b'{"status":1,"request":"a'
    assert push(sandbox, count=1)[1]["status"] == 1
    assert push(sandbox, count=1)[0] == 200


def in_background(target):
    """Start a thread; return it and a list that gets the result or the exception of `target`."""
    results = []

    def run():
        try:
            results.append(target())
        except (OSError, http.client.HTTPException) as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_slow_push_is_shown_at_once(sandbox):
    """A slow push is on the screen while its client waits, and gets the normal response when released."""
    sandbox.inject(Fault("slow", delay_s=60))
    thread, results = in_background(lambda: push(sandbox, count=1))
    sandbox.wait_for(lambda: sandbox.held == 1)
    assert sandbox.screen()["count"] == "1"
    assert results == []
    sandbox.release()
    thread.join(5)
    assert results[0][0] == 200


def test_a_late_push_arrives_after_a_newer_one(sandbox):
    """A late push reaches the watch after its delay: the old state overwrites the new one."""
    sandbox.inject(Fault("late", delay_s=60))
    thread, results = in_background(lambda: push(sandbox, count=1))
    sandbox.wait_for(lambda: sandbox.held == 1)
    push(sandbox, count=2)
    assert sandbox.screen()["count"] == "2"
    sandbox.release()
    thread.join(5)
    assert (results[0][0], sandbox.screen()["count"]) == (200, "1")


def test_late_push_arrives_without_its_client(sandbox):
    """A late push arrives even if its client has disconnected."""
    sandbox.inject(Fault("late", delay_s=60))
    connection = connect(sandbox)
    connection.request("POST", GLANCES, BODY, FORM)
    sandbox.wait_for(lambda: sandbox.held == 1)
    connection.close()
    sandbox.release()
    sandbox.wait_for(lambda: sandbox.screen()["count"] == "1")


def test_a_late_push_never_arrives_at_a_closed_sandbox(sandbox):
    """After closing, a held push no longer arrives."""
    sandbox.inject(Fault("late", delay_s=60))
    thread, results = in_background(lambda: push(sandbox, count=1))
    sandbox.wait_for(lambda: sandbox.held == 1)
    sandbox.close()
    thread.join(5)
    assert isinstance(results[0], OSError)
    assert sandbox.arrivals() == []


@pytest.mark.parametrize("applies", [False, True])
def test_hang_sends_no_response(sandbox, applies):
    """A hang holds the request until it is released, and then closes the connection without a response."""
    sandbox.inject(Fault("hang", applies=applies))
    thread, results = in_background(lambda: push(sandbox, count=1))
    sandbox.wait_for(lambda: sandbox.held == 1)
    assert len(sandbox.arrivals()) == applies
    sandbox.release()
    thread.join(5)
    assert isinstance(results[0], http.client.RemoteDisconnected)


def test_hang_with_a_delay_ends_after_it(sandbox):
    """A hang with a delay closes the connection after that delay, and not before."""
    sandbox.inject(Fault("hang", delay_s=0.05))
    begin = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        push(sandbox, count=1)
    assert time.monotonic() - begin >= 0.05


def test_faults_apply_in_order_and_as_often_as_specified(sandbox):
    """`normal` lets one request pass, `times` repeats a fault, and then responses are normal again."""
    sandbox.inject("normal", Fault("status", status=503, times=2), "refused")
    assert [push(sandbox, count=number)[0] for number in range(5)] == [200, 503, 503, 200, 200]
    assert len(sandbox.arrivals()) == 2


def test_fault_without_times_stays_until_cleared(sandbox):
    """A fault with `times` None applies until the queue is cleared."""
    sandbox.inject(Fault("status", status=500, times=None))
    assert [push(sandbox, count=1)[0] for _ in range(3)] == [500] * 3
    sandbox.clear_faults()
    assert push(sandbox, count=1)[0] == 200


def test_invalid_push_never_applies(sandbox):
    """With `applies` only a valid push reaches the watch."""
    sandbox.inject(Fault("drop", applies=True))
    with pytest.raises(http.client.RemoteDisconnected):
        push(sandbox, count="x")
    assert sandbox.arrivals() == []


def test_faults_are_set_and_cleared_over_http(sandbox):
    """A script queues faults with POST, reads them with GET, and clears them with DELETE."""
    faults = [{"kind": "status", "status": 503, "times": 2}, {"kind": "slow", "delay_s": 0.5, "times": None}]
    status, response = call(sandbox, "POST", "/sandbox/faults", json.dumps(faults), JSON)
    assert (status, [fault["kind"] for fault in response["faults"]]) == (200, ["status", "slow"])
    assert push(sandbox, count=1)[0] == 503
    assert [fault["times"] for fault in call(sandbox, "GET", "/sandbox/faults")[1]["faults"]] == [1, None]
    assert call(sandbox, "DELETE", "/sandbox/faults")[1]["faults"] == []
    assert push(sandbox, count=1)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[" * 50_000,
        "null",
        '{"times": 1}',
        '{"kind": "nonsense"}',
        '{"kind": "status", "status": 200}',
        '{"kind": "status", "status": true}',
        '{"kind": "status", "status": "503"}',
        '{"kind": "slow", "delay_s": NaN}',
        '{"kind": "slow", "delay_s": -1}',
        '{"kind": "slow", "applies": true}',
        '{"kind": "drop", "times": 0}',
        '{"kind": "drop", "colour": "red"}',
        '{"kind": "status", "headers": {"X-A": "1\\r\\nX-B: 2"}}',
        '{"kind": "status", "headers": {"X-A": 1}}',
    ],
)
def test_invalid_faults_are_refused(sandbox, body):
    """An invalid fault is answered with 400 and one error, and the queue stays empty."""
    status, response = call(sandbox, "POST", "/sandbox/faults", body, JSON)
    assert (status, response["status"], len(response["errors"])) == (400, 0, 1)
    assert call(sandbox, "GET", "/sandbox/faults")[1]["faults"] == []


def test_every_kind_is_documented():
    """The table at the top of the module names every kind."""
    from pushglance.sandbox import faults  # noqa: PLC0415 - the module, not a name of the package

    assert [line.split("`")[1] for line in faults.__doc__.splitlines() if line.startswith("| `")] == list(KINDS)
