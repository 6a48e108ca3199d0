"""A port that does not answer to MQTT gets a reason, and what to write in the settings."""

import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

from pushglance.runtime.inputs.mqtt import mqtt_connection
from pushglance.runtime.inputs.mqtt.client import broker_probe
from support.mqtt_connections import warnings
from support.servers.broker import Broker, FalseBroker, free_port


def poll_until(condition, caplog):
    """Wait until a condition is true."""
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, caplog.text
        time.sleep(0.02)


@pytest.fixture
def explained(listen, sensor, caplog, monkeypatch):
    """Return a function that connects to a port and waits until the log and the status have this reason."""
    monkeypatch.setattr(mqtt_connection, "_ANSWER_MS", 300)
    monkeypatch.setattr(broker_probe, "_LIMIT_MS", 300)

    def explained(port, words, **keys):
        connection = listen(port, sensor("text", topic="t"), **keys)
        poll_until(lambda: any(words in sentence for sentence in warnings(caplog)), caplog)
        assert words in connection._router.diagnostics.links()["mqtt"]
        assert sum(words in sentence for sentence in warnings(caplog)) == 1

    return explained


@pytest.fixture
def tls_broker(tmp_path, certificates):
    """Return a function that makes a mosquitto with TLS and more lines of settings."""
    server = certificates / "server.pem"

    def make(*settings):
        broker = Broker(tmp_path / "broker", tls=(server, server, certificates / "right.pem"), settings=settings)
        broker._close_cleanly = lambda _: None
        return broker

    return make


@pytest.mark.parametrize("version", ["3.1.1", "5", "auto"])
def test_tls_port_without_tls(explained, tls_broker, version):
    """A TLS port says: write tls = true."""
    with tls_broker() as broker:
        explained(broker.port, "speaks TLS on this port: write tls = true", version=version)


def test_tls_port_that_wants_a_certificate_without_tls(explained, tls_broker):
    """A TLS port that also wants a client certificate says first: write tls = true."""
    with tls_broker("require_certificate true") as broker:
        explained(broker.port, "speaks TLS on this port: write tls = true")


@pytest.mark.parametrize("tls_version", ["tlsv1.2", "tlsv1.3"])
def test_missing_client_certificate(explained, tls_broker, certificates, tls_version):
    """A broker that wants a client certificate says: write cert_file and key_file."""
    with tls_broker("require_certificate true", f"tls_version {tls_version}") as broker:
        words = "wants a client certificate: write cert_file and key_file"
        explained(broker.port, words, tls=1, ca_file=certificates / "right.pem")


def test_foreign_client_certificate(explained, tls_broker, certificates, tmp_path):
    """A client certificate of another authority is named as refused."""
    foreign = trustme.CA().issue_cert("agent@example.org")
    foreign.private_key_and_cert_chain_pem.write_to_path(tmp_path / "foreign.pem")
    with tls_broker("require_certificate true") as broker:
        explained(
            broker.port,
            "refuses our client certificate",
            tls=1,
            ca_file=certificates / "right.pem",
            cert_file=tmp_path / "foreign.pem",
            key_file=tmp_path / "foreign.pem",
        )


def test_plain_port_with_tls(explained, broker):
    """A port without TLS says: write tls = false, or the TLS port."""
    explained(broker.port, "write tls = false in [mqtt], or the port for TLS", tls=1)


def test_port_for_websockets(explained, tmp_path):
    """A port of mosquitto for websockets is named as one."""
    with Broker(tmp_path / "broker", settings=[f"listener {(port := free_port())} 127.0.0.1", "protocol websockets"]):
        explained(port, "port for websockets")


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Log nothing."""


def test_port_of_a_web_server(explained):
    """A web server is named as one, also if it waits for the rest of the request."""
    server = HTTPServer(("127.0.0.1", 0), _Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        explained(server.server_port, "is a web server or a port for websockets: write the broker's port")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("tls", [0, 1])
def test_silent_port(explained, tls):
    """A port that accepts connections and is silent is given up after a time limit, with a reason."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        explained(server.getsockname()[1], "gives no answer to MQTT", tls=tls)


def test_port_that_hangs_up(explained):
    """A port that ends each connection without an answer has a reason."""

    def hang_up(_received):
        raise OSError

    with FalseBroker(hang_up) as broker:
        explained(broker.port, "gives no answer to MQTT: check [mqtt] host and port")


def test_port_of_another_protocol(explained):
    """A port that greets with something else is shown by its first words."""
    with FalseBroker(b"SSH-2.0-OpenSSH_9.2\r\n") as broker:
        explained(broker.port, "answers 'SSH-2.0-OpenSSH_9.2?', which is not MQTT")


def test_probe_sends_no_password(monkeypatch):
    """The questions to an unknown port contain neither user name nor password."""
    monkeypatch.setattr(broker_probe, "_LIMIT_MS", 300)
    with FalseBroker(b"", b"") as broker:
        plan = {"host": "127.0.0.1", "port": broker.port, "tls": 0, "cert_file": "", "username": "my-name"}
        broker_probe.no_answer_reason(plan)
        assert broker.received
        assert not any(b"my-name" in packet for packet in broker.received)


def test_handshake_of_a_probe_verifies_nothing_and_sends_nothing(certificates):
    """The handshake succeeds with an unknown certificate; no byte of MQTT follows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    with FalseBroker(b"", tls=context) as broker:
        plan = {"host": "127.0.0.1", "port": broker.port, "tls": 0, "cert_file": ""}
        assert "speaks TLS" in broker_probe.no_answer_reason(plan)
        assert broker.received in ([], [b""])
