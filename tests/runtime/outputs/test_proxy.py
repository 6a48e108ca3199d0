"""Pushes through a proxy: a tunnel with TLS inside, its login in no message, and its refusals."""

import base64
import logging
import socket
import ssl

import pytest
import trustme

from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Sandbox
from runtime.outputs.conftest import settings
from support.servers.raw_server import RawServer, answer, seconds_of
from support.servers.tunnel import tunnel

LOGIN = "henri:s3cret%40home"
BASIC = base64.b64encode(b"henri:s3cret@home").decode()


@pytest.fixture
def secure(tmp_path):
    """Run a sandbox over TLS; its authority is in ca.pem."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


def post(url, proxy, **changes):
    """Post once through a proxy; return the answer."""
    pushover = Pushover(settings(url) | {"connect_ms": 1000, "read_ms": 2000} | changes, TOKEN, proxy)
    try:
        return pushover.post(USER, "", {"text": "open"})
    finally:
        pushover.close()


def test_push_goes_through_the_tunnel(secure, tmp_path):
    """The proxy sees the name of the server and the login; the push, keys included, is inside TLS."""
    heads = []
    with RawServer(tunnel(heads)) as proxy:
        url = f"https://localhost:{secure.port}"
        result = post(url, f"http://{LOGIN}@127.0.0.1:{proxy.port}", ca_file=str(tmp_path / "ca.pem"))
    assert result.outcome == DELIVERED
    assert heads[0].startswith(f"CONNECT localhost:{secure.port} HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {BASIC}\r\n" in heads[0]
    assert "token" not in heads[0]
    assert TOKEN not in heads[0]


def test_name_of_the_server_is_checked_through_the_tunnel(secure):
    """A proxy that answers with its own certificate gets nothing: unsent, with the reason."""
    with RawServer(tunnel([])) as proxy:
        result = post(f"https://localhost:{secure.port}", proxy.url)
    assert (result.outcome, result.cause) == (UNSENT, "tls")
    assert secure.requests() == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (407, "HTTP 407 Proxy Authentication Required: check the name and the password of the proxy"),
        (403, "HTTP 403 Forbidden"),
        (502, "HTTP 502 Bad Gateway"),
        (302, "HTTP 302 Found"),
        (799, "HTTP 799"),
    ],
)
def test_refusal_of_a_proxy_is_unsent(caplog, status, words):
    """A proxy that opens no tunnel is named with its reason and without its login, which it repeats in its words."""
    caplog.set_level(logging.DEBUG)
    refusal = answer(status, f"no {BASIC} s3cret", f"X-Echo: {BASIC}").replace(b"Words", BASIC.encode())
    with RawServer(lambda peer: (peer.read_head(), peer.send(refusal))) as proxy:
        result = post("https://api.example", f"http://{LOGIN}@127.0.0.1:{proxy.port}")
        expected = f"the proxy http://127.0.0.1:{proxy.port} refused: {words}"
    assert (result.outcome, result.cause, result.detail) == (UNSENT, "proxy", expected)
    assert "s3cret" not in caplog.text


def test_proxy_that_is_down_is_unsent_and_named():
    """A proxy that refuses the connection is named."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = post("https://api.example", f"http://{LOGIN}@127.0.0.1:{port}")
    detail = f"the proxy http://127.0.0.1:{port} cannot be reached: Connection refused"
    assert (result.outcome, result.cause, result.detail) == (UNSENT, "proxy", detail)


@pytest.mark.parametrize(
    "script",
    [
        lambda peer: peer.hang(),
        lambda peer: peer.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        lambda peer: peer.drip(b"HTTP/1.1 200 " + b"O" * 4000),
        lambda peer: peer.send(b"\x00\x01not HTTP\r\n\r\n"),
        lambda peer: peer.reset(),
    ],
    ids=["silence", "interim answers", "a status line that drips", "nonsense", "a reset"],
)
def test_proxy_without_an_answer_is_unsent_in_time(script):
    """However a proxy behaves, the attempt ends at the limit of connecting, and nothing has left."""
    with RawServer(script) as proxy:
        result, seconds = seconds_of(lambda: post("https://api.example", proxy.url))
    assert (result.outcome, result.cause) == (UNSENT, "proxy")
    assert proxy.url in result.detail
    assert seconds < 5


def test_answer_lost_in_the_tunnel_is_unknown(secure, tmp_path):
    """A push that left through the tunnel may have arrived."""
    secure.inject("drop")
    with RawServer(tunnel([])) as proxy:
        result = post(f"https://localhost:{secure.port}", proxy.url, ca_file=str(tmp_path / "ca.pem"))
    assert (result.outcome, result.cause) == (UNKNOWN, "broken")
