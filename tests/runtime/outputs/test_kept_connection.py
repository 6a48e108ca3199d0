"""A connection that is kept for the next push: for a minute, and never trusted when it fails."""

import time

import pytest

from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.runtime.network.stream import Stream
from pushglance.runtime.outputs import http_connection
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER
from runtime.outputs.conftest import settings
from support.servers.raw_server import DELIVERED as OK
from support.servers.raw_server import RawPushover, RawServer, answer


@pytest.fixture
def pushover_to():
    """Return a function that makes a client of a server."""
    clients = []

    def make(server):
        clients.append(Pushover(settings(server.url), TOKEN))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def post(pushover, **options):
    return pushover.post(USER, "", {"text": "open"}, **options)


@pytest.mark.parametrize(("rest_s", "connections"), [(59, 1), (61, 2)])
def test_connection_is_not_reused_after_a_minute_of_rest(pushover_to, monkeypatch, rest_s, connections):
    """After a minute the way may be forgotten by a router, so the next push takes a new connection."""
    now_s = time.monotonic()
    with RawPushover(OK) as server:
        pushover = pushover_to(server)
        assert post(pushover).outcome == DELIVERED
        monkeypatch.setattr(http_connection.time, "monotonic", lambda: now_s + rest_s + 0.5)
        assert post(pushover).outcome == DELIVERED
        assert server.connections == connections


def test_push_on_a_connection_that_died_is_sent_again_at_once(pushover_to, monkeypatch):
    """If the kernel accepts no byte on the connection that was kept, nothing was executed: a new one is used."""

    def answer_and_reset(peer):
        peer.read_request()
        peer.send(OK)
        peer.read_request()

    closing = []

    def script(peer):
        if closing:
            answer_and_reset(peer)
            return
        closing.append(peer)
        peer.read_request()
        peer.send(OK)
        peer.reset()

    with RawServer(script) as server:
        pushover = pushover_to(server)
        assert post(pushover).outcome == DELIVERED
        wait_until_closed(pushover)
        monkeypatch.setattr(Stream, "is_idle", lambda _: True)  # it closes after this was asked
        asked = []
        assert post(pushover, authorize=lambda: asked.append(1) or "").outcome == DELIVERED
        assert asked == [1], "one push is authorized once"
        assert server.connections == 2


def test_push_that_left_on_a_kept_connection_is_unknown(pushover_to):
    """A request that was passed on completely may have been executed, also if its connection ends without an answer."""
    with RawPushover(OK, lambda peer: peer.reset()) as server:
        pushover = pushover_to(server)
        assert post(pushover).outcome == DELIVERED
        assert post(pushover).outcome == UNKNOWN
        assert len(server.requests) == 2, "it is not sent again"


def test_connection_with_an_unasked_answer_is_not_reused(pushover_to):
    """A server that sent more than was asked for would answer the next push with the answer to nothing."""
    with RawPushover(OK + answer(200, '{"status":1,"request":"stale"}'), OK) as server:
        pushover = pushover_to(server)
        assert post(pushover).outcome == DELIVERED
        wait_until_closed(pushover)
        assert "stale" not in post(pushover).detail
        assert server.connections == 2


def test_push_that_is_not_authorized_on_a_kept_connection_does_not_leave(pushover_to):
    """A refusal ends the push, and the connection serves the next one."""
    with RawPushover(OK) as server:
        pushover = pushover_to(server)
        post(pushover)
        refused = post(pushover, authorize=lambda: "another hub holds the lease")
        assert (refused.outcome, refused.detail) == (UNSENT, "another hub holds the lease")
        assert post(pushover).outcome == DELIVERED
        assert len(server.requests) == 2


def wait_until_closed(pushover):
    """Wait until the end of the kept connection, or more data, has arrived here."""
    until_s = time.monotonic() + 10
    while pushover._connection._stream.is_idle():
        assert time.monotonic() < until_s
        time.sleep(0.01)
