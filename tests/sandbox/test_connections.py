"""Connections: kept alive, counted, encrypted, dropped, and all gone at close."""

import http.client
import socket
import ssl
import time
from contextlib import ExitStack, closing
from urllib.parse import urlencode

import pytest
import trustme

from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support.sandbox_calls import FORM, GLANCES, connect, push, raw_request

BODY = urlencode({"token": TOKEN, "user": USER, "count": "1"})


def ask(connection):
    """Push once over a connection that stays open; return the HTTP status."""
    connection.request("POST", GLANCES, BODY, FORM)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_one_connection_serves_many_requests(sandbox):
    """Keep-alive holds through good answers, refusals and errors, and counts as one connection."""
    sandbox.inject("normal", Fault("status", status=500), "refused", "normal")
    with closing(connect(sandbox)) as connection:
        assert [ask(connection) for _ in range(4)] == [200, 500, 200, 200]
        assert sandbox.connections_open == 1
    sandbox.wait_for(lambda: sandbox.connections_open == 0)
    assert (sandbox.totals()["connections"], sandbox.totals()["connections_most"]) == (1, 1)
    assert {request.connection for request in sandbox.requests()} == {1}


def test_one_after_another_is_never_two_at_once(sandbox):
    """A client that closes before it connects again is not accused of several connections."""
    for _ in range(20):
        push(sandbox, count=1)
    assert (sandbox.totals()["connections"], sandbox.totals()["connections_most"]) == (20, 1)
    assert sandbox.warnings() == []


def test_a_third_connection_at_once_is_warned_of(sandbox):
    """Two connections at once are what Pushover asks for; the third is a warning."""
    with ExitStack() as stack:
        for number in range(3):
            assert sandbox.warnings() == []
            assert ask(stack.enter_context(closing(connect(sandbox)))) == 200
            assert sandbox.totals()["connections_most"] == number + 1
    assert "more than 2 connections" in sandbox.warnings()[0]


def test_two_requests_in_one_packet_are_both_answered(sandbox):
    """Pipelined requests are answered one after the other."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as line:
        line.sendall(raw_request(BODY) * 2)
        sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2)


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /1/glances.json HTTP/9.9\r\n\r\n", b"a" * 70_000]
)
def test_noise_ends_its_own_connection_only(sandbox, noise):
    """Bytes that are no HTTP close their connection, and the next client is served."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as line:
        line.sendall(noise)
        line.shutdown(socket.SHUT_WR)
        try:
            while line.recv(65536):
                pass
        except ConnectionResetError:
            pass
    assert push(sandbox, count=1)[0] == 200


def test_a_body_cut_short_is_no_request(sandbox):
    """A client that leaves in the middle of its request has sent nothing."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as line:
        line.sendall(raw_request(BODY)[:-1])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert sandbox.requests() == []


def test_an_idle_connection_can_be_dropped(sandbox):
    """A server that restarts closes idle connections: the next request on one of them fails."""
    with closing(connect(sandbox)) as connection:
        assert ask(connection) == 200
        sandbox.drop_connections()
        sandbox.wait_for(lambda: sandbox.connections_open == 0)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(connection)
    assert len(sandbox.arrivals()) == 1


def test_https_works_when_given_a_certificate():
    """With an SSL context the URL is https, and resets and hangs work there, too."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with Sandbox(ssl_context=server) as sandbox:
        assert sandbox.url == f"https://127.0.0.1:{sandbox.port}"
        sandbox.inject("normal", "reset", "hang")
        with closing(http.client.HTTPSConnection("127.0.0.1", sandbox.port, timeout=5, context=client)) as connection:
            assert ask(connection) == 200
            with pytest.raises(ConnectionResetError):
                ask(connection)
            connection.close()
            connection.request("POST", GLANCES, BODY, FORM)
            sandbox.wait_for(lambda: sandbox.held == 1)
            assert close_s(sandbox) < 1


def test_a_client_without_tls_disturbs_nobody():
    """Plain HTTP to an https sandbox fails for itself only."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with Sandbox(ssl_context=server) as sandbox, socket.create_connection(("127.0.0.1", sandbox.port)):
        with pytest.raises((OSError, http.client.HTTPException)):
            push(sandbox, count=1)
        with closing(http.client.HTTPSConnection("127.0.0.1", sandbox.port, timeout=5, context=client)) as connection:
            assert ask(connection) == 200


def close_s(sandbox):
    """Close; return the seconds that took."""
    begun = time.monotonic()
    sandbox.close()
    return time.monotonic() - begun


def test_close_is_fast_whatever_is_going_on(sandbox):
    """Hung answers, listeners, idle and silent connections all end within a second."""
    sandbox.inject(Fault("hang", times=2), "huge")
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(connect(sandbox))) for _ in range(6)]
        for connection in connections[:3]:  # two hang; the third one does not read its 32 MiB
            connection.request("POST", GLANCES, BODY, FORM)
        for connection in connections[3:5]:
            connection.request("GET", "/sandbox/events")
            assert connection.getresponse().status == 200
        connections[5].connect()
        sandbox.wait_for(lambda: sandbox.held == 2 and len(sandbox.requests()) == 3)
        assert close_s(sandbox) < 1
        assert close_s(sandbox) < 0.1
    with pytest.raises(ConnectionRefusedError):
        push(sandbox, count=1)


def test_a_port_in_use_is_an_error_at_once(sandbox):
    """A second sandbox on the same port raises OSError and leaves no thread."""
    with pytest.raises(OSError, match="in use"):
        Sandbox(sandbox.port)


def test_only_this_machine_can_connect(sandbox):
    """The socket is bound to 127.0.0.1 and no other address."""
    assert sandbox._server.server_address[0] == "127.0.0.1"
