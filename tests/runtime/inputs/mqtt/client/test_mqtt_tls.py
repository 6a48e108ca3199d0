"""The connection to a broker with TLS."""

import ssl

import pytest

from pushglance.runtime.inputs.mqtt.client.mqtt_client import tls_context
from support.mqtt_connections import CONNACK, DOWN, UP, subscribed
from support.servers.broker import Broker, FalseBroker, free_port


def tls_broker(folder, certificates, **keys):
    server = certificates / "server.pem"
    return Broker(folder, tls=(server, server, certificates / "right.pem"), **keys)


def test_tls_with_the_right_authority(tmp_path, listen, queue, sensor, ready, certificates):
    """A broker with a certificate of ca_file is accepted, and messages larger than a TLS record arrive."""
    with tls_broker(tmp_path, certificates) as broker:
        listen(broker.port, sensor("text", name="long", topic="long"), ready, tls=1, ca_file=certificates / "right.pem")
        queue.wait_for(UP)
        subscribed(queue, broker)
        broker.publish_all([("long", b"x" * 60_000), ("long", b"last")])
        queue.wait_for(["ValueSeen", "long", "x" * 40, 0], ["ValueSeen", "long", "last", 0])


@pytest.mark.parametrize("ca_file", ["wrong.pem", ""])
def test_tls_with_a_wrong_authority_is_refused(tmp_path, listen, queue, sensor, certificates, caplog, ca_file):
    """A broker with an unknown certificate is refused with a warning."""
    with tls_broker(tmp_path, certificates) as broker:
        listen(broker.port, sensor("text", topic="t"), tls=1, ca_file=ca_file and certificates / ca_file)
        queue.wait_for(DOWN)
        assert "is not trusted" in caplog.text
        assert "Check [mqtt] ca_file and host" in caplog.text
        assert queue.rows() == [DOWN]


def test_tls_with_a_certificate_of_another_host_is_refused(tmp_path, listen, queue, sensor, certificates, caplog):
    """The name in the certificate is checked, not only its signature."""
    server = certificates / "elsewhere.pem"
    broker = Broker(tmp_path, tls=(server, server, certificates / "right.pem"))
    broker._close_cleanly = lambda _: None  # the probe would not trust it either
    with broker:
        listen(broker.port, sensor("text", topic="t"), tls=1, ca_file=certificates / "right.pem")
        queue.wait_for(DOWN)
        assert "IP address mismatch" in caplog.text


def test_old_tls_is_not_offered():
    """TLS below 1.2 is not offered to a broker, whatever the system allows."""
    context = tls_context({"ca_file": "", "cert_file": ""})
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_client_certificate_is_sent(tmp_path, listen, queue, sensor, certificates):
    """A broker that requires a certificate gets the one of the Plan."""
    broker = tls_broker(tmp_path, certificates, settings=["require_certificate true"])
    broker._close_cleanly = lambda _: None
    with broker:
        listen(
            broker.port,
            sensor("text", topic="t"),
            tls=1,
            ca_file=certificates / "right.pem",
            cert_file=certificates / "agent.pem",
            key_file=certificates / "agent.key",
        )
        queue.wait_for(UP)


def test_missing_certificate_file_is_logged(listen, queue, sensor, caplog):
    """A missing file makes a warning and does not stop the thread."""
    connection = listen(free_port(), sensor("text", topic="t"), tls=1, ca_file="/no/such.pem")
    queue.wait_for(DOWN)
    assert "No such file" in caplog.text
    assert connection._thread.is_alive()


def test_packets_in_one_tls_record_are_all_read(listen, queue, sensor, certificates):
    """Bytes that TLS has already decrypted are read at once, although select() does not report them."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    publishes = b"".join(b"\x30\x04\x00\x01t" + digit for digit in (b"1", b"0", b"1"))
    with FalseBroker(CONNACK["3.1.1"] + publishes, tls=context) as broker:
        listen(broker.port, sensor("contact", name="lid", topic="t"), tls=1, ca_file=certificates / "right.pem")
        queue.wait_until(lambda: [row[2] for row in queue.rows()[1:4]] == ["open", "closed", "open"])
