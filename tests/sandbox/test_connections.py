"""Connections: keep-alive, counting, TLS, dropping, and closing."""

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


def push_over(connection):
    """Push once over an open connection; return the HTTP status."""
    connection.request("POST", GLANCES, BODY, FORM)
    response = connection.getresponse()
    response.read()
    return response.status


def test_one_connection_serves_many_requests(sandbox):
    """A connection stays open through normal responses, refusals and errors, and counts as one."""
    sandbox.inject("normal", Fault("status", status=500), "refused", "normal")
    with closing(connect(sandbox)) as connection:
        assert [push_over(connection) for _ in range(4)] == [200, 500, 200, 200]
        assert sandbox.connections_open == 1
    sandbox.wait_for(lambda: sandbox.connections_open == 0)
    assert (sandbox.totals()["connections"], sandbox.totals()["connections_most"]) == (1, 1)
    assert {request.connection for request in sandbox.requests()} == {1}


def test_successive_connections_are_not_counted_as_simultaneous(sandbox):
    """A client that closes one connection before it opens the next gets no warning."""
    for _ in range(20):
        push(sandbox, count=1)
    assert (sandbox.totals()["connections"], sandbox.totals()["connections_most"]) == (20, 1)
    assert sandbox.warnings() == []


def test_third_simultaneous_connection_gives_a_warning(sandbox):
    """Pushover asks clients to open at most two connections; the third gives a warning."""
    with ExitStack() as stack:
        for number in range(3):
            assert sandbox.warnings() == []
            assert push_over(stack.enter_context(closing(connect(sandbox)))) == 200
            assert sandbox.totals()["connections_most"] == number + 1
    assert "more than 2 connections" in sandbox.warnings()[0]


def test_pipelined_requests_are_both_answered(sandbox):
    """Two requests in one packet are answered one after the other."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as client:
        client.sendall(raw_request(BODY) * 2)
        sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2)


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /1/glances.json HTTP/9.9\r\n\r\n", b"a" * 70_000]
)
def test_invalid_http_closes_only_its_own_connection(sandbox, noise):
    """Bytes that are not valid HTTP close their connection, and the next client is served."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as client:
        client.sendall(noise)
        client.shutdown(socket.SHUT_WR)
        try:
            while client.recv(65536):
                pass
        except ConnectionResetError:
            pass
    assert push(sandbox, count=1)[0] == 200


def test_incomplete_request_is_ignored(sandbox):
    """A request whose client disconnects in the middle is not recorded."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as client:
        client.sendall(raw_request(BODY)[:-1])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert sandbox.requests() == []


def test_idle_connections_can_be_dropped(sandbox):
    """drop_connections closes idle connections like a server that restarts: the next request on one fails."""
    with closing(connect(sandbox)) as connection:
        assert push_over(connection) == 200
        sandbox.drop_connections()
        sandbox.wait_for(lambda: sandbox.connections_open == 0)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            push_over(connection)
    assert len(sandbox.arrivals()) == 1


def test_https_with_a_certificate():
    """With an SSL context the URL is https, and the faults reset and hang work there too."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with Sandbox(ssl_context=server) as sandbox:
        assert sandbox.url == f"https://127.0.0.1:{sandbox.port}"
        sandbox.inject("normal", "reset", "hang")
        with closing(http.client.HTTPSConnection("127.0.0.1", sandbox.port, timeout=5, context=client)) as connection:
            assert push_over(connection) == 200
            with pytest.raises(ConnectionResetError):
                push_over(connection)
            connection.close()
            connection.request("POST", GLANCES, BODY, FORM)
            sandbox.wait_for(lambda: sandbox.held == 1)
            assert close_s(sandbox) < 1


def test_client_without_tls_affects_only_itself():
    """Plain HTTP to an https sandbox fails, and other clients are served."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with Sandbox(ssl_context=server) as sandbox, socket.create_connection(("127.0.0.1", sandbox.port)):
        with pytest.raises((OSError, http.client.HTTPException)):
            push(sandbox, count=1)
        with closing(http.client.HTTPSConnection("127.0.0.1", sandbox.port, timeout=5, context=client)) as connection:
            assert push_over(connection) == 200


def close_s(sandbox):
    """Close the sandbox; return the seconds that it took."""
    begin = time.monotonic()
    sandbox.close()
    return time.monotonic() - begin


def test_close_takes_less_than_a_second(sandbox):
    """Held responses, listeners, idle and silent connections all end within a second."""
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


def test_port_in_use_raises_os_error(sandbox):
    """A second sandbox on the same port raises OSError and leaves no thread."""
    with pytest.raises(OSError, match="in use"):
        Sandbox(sandbox.port)


def test_only_this_machine_can_connect(sandbox):
    """The socket is bound to 127.0.0.1 and no other address."""
    assert sandbox._server.server_address[0] == "127.0.0.1"
