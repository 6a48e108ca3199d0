"""Every exchange with Pushover ends: each way to delay an answer for ever is tried over a raw socket."""

import socket
import ssl
import threading

import pytest
import trustme

from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.runtime.network import lookup
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER
from runtime.outputs.conftest import settings
from support.servers.raw_server import DELIVERED as OK
from support.servers.raw_server import RawPushover, RawServer, seconds_of

LIMIT_S = 5  # far more than the half second that is allowed, far less than any of these servers would take
HEAD = b"HTTP/1.1 200 OK\r\n"


def post(url, **limits):
    """Post once; return the answer and the seconds."""
    pushover = Pushover(settings(url) | {"connect_ms": 500, "read_ms": 500} | limits, TOKEN)
    try:
        return seconds_of(lambda: pushover.post(USER, "", {"text": "open"}))
    finally:
        pushover.close()


ENDLESS = {
    "silence": lambda peer: peer.hang(),
    "interim answers": lambda peer: peer.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 0.1),
    "interim answers at full speed": lambda peer: peer.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": lambda peer: peer.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", 0.1),
    "a status line that drips": lambda peer: peer.drip(b"HTTP/1.1 200 " + b"O" * 4000),
    "a header that drips": lambda peer: peer.drip(HEAD + b"X-Header: " + b"a" * 4000),
    "headers without an end": lambda peer: (peer.send(HEAD), peer.repeat(b"X-Header: a\r\n", 0.02)),
    "headers at full speed": lambda peer: (peer.send(HEAD), peer.repeat(b"X-Header: a\r\n")),
    "a header line without an end": lambda peer: (peer.send(HEAD), peer.repeat(b"a" * 4096)),
    "a body that drips": lambda peer: (peer.send(HEAD + b"Content-Length: 9999\r\n\r\n"), peer.drip(b"a" * 9999)),
    "a chunk line that drips": lambda peer: (
        peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        peer.drip(b"0" * 9999),
    ),
    "chunks without an end": lambda peer: (
        peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        peer.repeat(b"1\r\na\r\n", 0.02),
    ),
    "a body without an end": lambda peer: (peer.send(HEAD + b"\r\n"), peer.repeat(b"a" * 4096)),
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_answer_without_an_end_is_unknown_in_time(script):
    """However an answer is delayed, the exchange ends at its limit, and the push may have arrived."""
    with RawPushover(script) as server:
        answer, seconds = post(server.url)
    assert answer.outcome == UNKNOWN
    assert seconds < LIMIT_S


def test_an_answer_that_drips_within_the_limit_is_read():
    """A slow answer that is complete in time counts."""
    with RawPushover(lambda peer: peer.drip(OK, 0.001)) as server:
        answer, _ = post(server.url, read_ms=10_000)
    assert answer.outcome == DELIVERED


@pytest.mark.parametrize("size", [1, 5])
def test_a_handshake_that_drips_is_unsent_in_time(size):
    """A TLS handshake that goes on for ever ends at the limit of connecting, and nothing has left."""

    def drip(peer):
        peer.send(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB follows
        peer.repeat(b"\x02" * size, 0.05)

    with RawServer(drip) as server:
        answer, seconds = post(server.url.replace("http", "https"))
    assert (answer.outcome, answer.detail) == (UNSENT, "no connection to 127.0.0.1 in time")
    assert seconds < LIMIT_S


def test_a_server_that_accepts_nothing_is_unsent_in_time():
    """A server whose queue of connections is full costs the limit of connecting."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        answer, seconds = post(f"http://127.0.0.1:{port}")
        for client in waiting:
            client.close()
    assert answer.outcome == UNSENT
    assert seconds < LIMIT_S


def test_a_name_server_that_never_answers_is_unsent_in_time(monkeypatch):
    """A look-up that hangs is abandoned; after four of them no further one is begun, and later they work again."""
    release = threading.Event()
    looked_up = []

    def hang(host, *_, flags=0, **__):
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "not an address")
        looked_up.append(host)
        release.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(lookup.socket, "getaddrinfo", hang)
    for _ in range(6):
        answer, seconds = post("https://api.example", connect_ms=100)
        assert answer.outcome == UNSENT
        assert seconds < LIMIT_S
    assert len(looked_up) == 4
    assert answer.detail == "4 look-ups of names hang already; check /etc/resolv.conf"
    release.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join(10)
    assert post("https://api.example")[0].detail.endswith("unknown")


def test_time_limits_hold_over_tls():
    """A dripping answer inside TLS ends at the limit, too."""
    authority = trustme.CA()
    tls = server_context(authority)
    with authority.cert_pem.tempfile() as ca_file, RawPushover(ENDLESS["a header that drips"], tls=tls) as server:
        answer, seconds = post(server.url, ca_file=ca_file)
    assert (answer.outcome, answer.detail) == (UNKNOWN, "no complete answer from 127.0.0.1 in time")
    assert seconds < LIMIT_S


def server_context(authority):
    """Return a TLS context of a server at 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
