"""The connection to a real mosquitto, and to a fake broker for behaviour that mosquitto does not have."""

import logging
import random
import socket
import ssl
import struct
import threading
import time

import pytest
import trustme

from pushglance.runtime.inputs.mqtt import mqtt_connection
from pushglance.runtime.inputs.mqtt.mqtt_client import StreamClient, tls_context
from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topic_router import TopicRouter
from pushglance.runtime.node.command_topics import CommandTopics
from pushglance.runtime.node.node_session import NodeSession
from pushglance.runtime.node.publish_queue import OutgoingMessage, PublishQueue
from support import plans
from support.servers.broker import Broker, FalseBroker, free_port

UP = ["LinkChanged", "mqtt", 1]
DOWN = ["LinkChanged", "mqtt", 0]
BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])
HANG_UP = b"\x00\x00"  # not a valid packet: paho closes the connection
CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def listen(queue, now_ms):
    """Return a function that starts a connection for sensors, which retries at once; all are stopped at the end."""
    started = []

    def listen(port, *sensors, password="", **keys):
        connection = MqttConnection(
            plans.mqtt(port, **keys), password, TopicRouter(sensors, queue, now_ms), now_ms, retry_ms=20
        )
        started.append(connection)
        connection.start()
        return connection

    yield listen
    for connection in started:
        connection.stop()


def subscribed(queue, broker):
    """Wait until the agent's subscriptions are in force, with a first message for its sensor `ready`.

    A retained message arrives once, whether it was published before the subscription or after.
    """
    broker.publish("ready", b"?", retain=True)
    queue.wait_until(lambda: any(row[:2] == ["ValueSeen", "ready"] for row in queue.rows()))
    queue.forget("ready")


def warnings(caplog, level=logging.WARNING):
    """Return the agent's log lines of this level or above, without those of the tests' own clients."""
    ours = [record for record in caplog.records if record.name.startswith("pushglance.")]
    return [record.getMessage() for record in ours if record.levelno >= level]


@pytest.fixture
def ready(sensor):
    """A text sensor for `subscribed`."""
    return sensor("text", name="ready", topic="ready")


@BOTH
def test_messages_arrive(broker, listen, queue, sensor, ready, version):
    """A live message becomes a value, over MQTT 3.1.1 and 5."""
    listen(broker.port, sensor("gauge", name="tank", topic="garden/tank", pointer="/level"), ready, version=version)
    queue.wait_for(UP)
    subscribed(queue, broker)
    broker.publish("garden/tank", b'{"level": 63.5}')
    queue.wait_for(["ValueSeen", "tank", "63.5", 0])
    assert queue.rows()[0] == UP


@BOTH
def test_retained_message_is_marked(broker, listen, queue, sensor, version):
    """A retained message is marked; one that is published now is not, even if it is retained as well."""
    broker.publish("tank", b"1", retain=True)
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), version=version)
    queue.wait_for(["ValueSeen", "tank", "1", 1])
    broker.publish("tank", b"2", retain=True)
    queue.wait_for(["ValueSeen", "tank", "2", 0])
    assert queue.rows() == [UP, ["ValueSeen", "tank", "1", 1], ["ValueSeen", "tank", "2", 0]]


@BOTH
def test_restarted_broker_is_subscribed_again(broker, listen, queue, sensor, ready, version):
    """The link goes down and up once; the retained message is marked, and live messages arrive again."""
    broker.publish("tank", b"1", retain=True)
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready, version=version)
    queue.wait_for(UP, ["ValueSeen", "tank", "1", 1])
    queue.clear()
    broker.restart()
    queue.wait_for(DOWN, UP, ["ValueSeen", "tank", "1", 1])
    subscribed(queue, broker)
    broker.publish("tank", b"2")
    queue.wait_for(["ValueSeen", "tank", "2", 0])
    assert queue.rows() == [DOWN, UP, ["ValueSeen", "tank", "1", 1], ["ValueSeen", "tank", "2", 0]]


def test_broker_may_start_later(tmp_path, listen, queue, sensor, ready, caplog, monkeypatch):
    """Without a broker there is one warning for all attempts; the link is up as soon as the broker starts."""
    broker = Broker(tmp_path)
    failed, pause = threading.Semaphore(0), MqttConnection._pause
    monkeypatch.setattr(MqttConnection, "_pause", lambda self, failures: failed.release() or pause(self, failures))
    with caplog.at_level(logging.WARNING):
        listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready)
        queue.wait_for(DOWN)
        assert all(failed.acquire(timeout=20) for _ in range(3))
        with broker:
            queue.wait_for(UP)
            subscribed(queue, broker)
            assert queue.rows() == [DOWN, UP]
            assert len(warnings(caplog)) == 1
            assert (
                f"Cannot connect to the MQTT broker 127.0.0.1:{broker.port}: [Errno 111] Connection refused."
                in caplog.text
            )


def test_wildcards_and_shared_topics(broker, listen, queue, sensor, ready):
    """A wildcard matches its connection, and a message for two sensors makes an event for each."""
    listen(
        broker.port,
        sensor("gauge", name="any", topic="floor/+/temp"),
        sensor("gauge", name="bath", topic="floor/bath/temp"),
        sensor("text", name="all", topic="floor/#"),
        ready,
    )
    subscribed(queue, broker)
    broker.publish("floor/bath/temp", b"21")
    broker.publish("floor/hall/temp", b"18")
    broker.publish("floor/hall/light", b"on")
    queue.wait_for(["ValueSeen", "all", "on", 0])
    assert [row[1:3] for row in queue.rows() if row[0] == "ValueSeen"] == [
        ["bath", "21"],
        ["any", "21"],
        ["all", "21"],
        ["any", "18"],
        ["all", "18"],
        ["all", "on"],
    ]


@BOTH
def test_overlapping_filters_count_a_message_once(broker, listen, queue, sensor, ready, version):
    """A message counts once, however many filters match it; mosquitto would send one for each over MQTT 5."""
    listen(
        broker.port,
        sensor("counter", name="rings", topic="bell/front"),
        sensor("counter", name="any", topic="bell/+"),
        sensor("counter", name="all", topic="#"),
        ready,
        version=version,
    )
    subscribed(queue, broker)
    broker.publish_all([("bell/front", b"")] * 10)
    broker.publish("ready", b"done")
    queue.wait_for(["ValueSeen", "ready", "done", 0])
    assert queue.latest["pulses:rings"].pulses == 10
    assert queue.latest["pulses:any"].pulses == 10


def test_many_topics_are_subscribed_in_batches(broker, listen, queue, sensor, ready):
    """More filters than one SUBSCRIBE packet may have are all in force."""
    sensors = [sensor("text", name=f"s{n}", topic=f"t/{n}", qos=n % 3) for n in range(30)]
    listen(broker.port, *sensors, ready)
    subscribed(queue, broker)
    broker.publish_all([(f"t/{n}", b"x") for n in range(30)])
    queue.wait_for(*[["ValueSeen", f"s{n}", "x", 0] for n in range(30)])


@BOTH
def test_wrong_password_is_logged_once(tmp_path, listen, queue, sensor, caplog, version):
    """The warning names the settings to check, never the password; the next attempt is a minute later."""
    with Broker(tmp_path, users={"agent": "right"}) as broker, caplog.at_level(logging.DEBUG):
        connection = listen(
            broker.port, sensor("gauge", topic="t"), username="agent", password="wr0ng-secret", version=version
        )
        queue.wait_for(DOWN)
        sentences = warnings(caplog)
        assert len(sentences) == 1
        assert "refuses user 'agent'" in sentences[0]
        assert "check [mqtt] username and password" in sentences[0]
        assert "wr0ng-secret" not in caplog.text
        assert connection._is_waiting_long
        assert queue.rows() == [DOWN]


def test_right_password_is_accepted(tmp_path, listen, queue, sensor):
    """User name and password of the Plan are sent."""
    with Broker(tmp_path, users={"agent": "right"}) as broker:
        listen(broker.port, sensor("gauge", topic="t"), username="agent", password="right")
        queue.wait_for(UP)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Two authorities, and certificates of the first for a server and a client."""
    folder = tmp_path_factory.mktemp("certificates")
    right, wrong = trustme.CA(), trustme.CA()
    right.cert_pem.write_to_path(folder / "right.pem")
    wrong.cert_pem.write_to_path(folder / "wrong.pem")
    for name, host in (("server", "127.0.0.1"), ("elsewhere", "example.org")):
        certificate = right.issue_cert(host)
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    certificate = right.issue_cert("agent@example.org")
    certificate.private_key_pem.write_to_path(folder / "agent.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "agent.pem")
    return folder


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


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("ca_file", ["wrong.pem", ""])
def test_tls_with_a_wrong_authority_is_refused(tmp_path, listen, queue, sensor, certificates, caplog, ca_file):
    """A broker with an unknown certificate is refused with a warning."""
    with tls_broker(tmp_path, certificates) as broker:
        listen(broker.port, sensor("text", topic="t"), tls=1, ca_file=ca_file and certificates / ca_file)
        queue.wait_for(DOWN)
        assert "is not trusted" in caplog.text
        assert "Check [mqtt] ca_file and host" in caplog.text
        assert queue.rows() == [DOWN]


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
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


def test_long_message_is_unreadable(broker, listen, queue, sensor, ready):
    """A payload of a megabyte makes one event, and the next message arrives."""
    listen(broker.port, sensor("gauge", name="tank", topic="tank", pointer="/level"), ready)
    subscribed(queue, broker)
    broker.publish("tank", random.Random(1).randbytes(1 << 20))
    broker.publish("tank", b'{"level": 1}')
    queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert queue.rows()[1:] == [["ValueUnreadable", "tank", 1], ["ValueSeen", "tank", "1", 0]]


def test_random_payloads(broker, listen, queue, sensor, ready):
    """Each of 5000 random payloads is a value or unreadable for every sensor, and the connection stays."""
    listen(
        broker.port,
        sensor("gauge", name="number", topic="noise"),
        sensor("text", name="words", topic="noise"),
        sensor("counter", name="count", topic="noise"),
        sensor("contact", name="lid", topic="noise", pointer="/lid"),
        ready,
    )
    subscribed(queue, broker)
    chance = random.Random(2)
    pieces = [b'{"lid":', b"true", b"}", b"[", b"1", b"e9", b"\xff", b"\x00", b'"', b"\xc3\xa9", b"nan", b" "]
    noise = [b"".join(chance.choices(pieces, k=chance.randrange(12))) for _ in range(5000)]
    broker.publish_all([("noise", payload) for payload in noise])
    broker.publish("ready", b"done")
    queue.wait_for(["ValueSeen", "ready", "done", 0])
    rows = queue.rows()
    for name in ("number", "words", "lid"):
        assert sum(row[1] == name for row in rows) == 5000
    assert queue.latest["pulses:count"].pulses == 5000
    assert DOWN not in rows


def test_error_in_one_message_does_not_stop_others(broker, listen, queue, sensor, ready, caplog, monkeypatch):
    """An error while delivering a message is logged and counted, and the next message arrives."""
    connection = listen(broker.port, sensor("contact", name="tank", topic="tank"), ready)
    subscribed(queue, broker)
    deliver = connection._router.deliver

    def fail(topic, payload, is_retained):
        if payload == b"fault":
            raise KeyError("fault")
        return deliver(topic, payload, is_retained)

    monkeypatch.setattr(connection._router, "deliver", fail)
    broker.publish_all([("tank", b"fault")] * 3 + [("tank", b"1")])
    queue.wait_for(["ValueSeen", "tank", "open", 0])
    assert connection._failed_messages == 3
    assert warnings(caplog, logging.ERROR) == [f"A message could not be delivered; {count} so far." for count in (1, 2)]
    assert DOWN not in queue.rows()


@BOTH
def test_refused_topic_is_logged_once(listen, queue, sensor, caplog, version):
    """The log names a refused topic once, not on each connection."""

    def refuse_the_second(subscribe):
        packet_id = subscribe[2:4]
        rest = {"3.1.1": packet_id + b"\x00\x80", "5": packet_id + b"\x00\x00\x87"}[version]
        return bytes([0x90, len(rest)]) + rest + HANG_UP

    with FalseBroker(CONNACK[version], refuse_the_second) as broker:
        listen(broker.port, sensor("gauge", topic="fine"), sensor("gauge", topic="secret"), version=version)
        queue.wait_until(lambda: queue.rows().count(UP) == 3)
    assert len([sentence for sentence in warnings(caplog) if "refuses the topic 'secret'" in sentence]) == 1
    assert "'fine'" not in caplog.text


@pytest.mark.parametrize(
    "rubbish",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, b"\x30\x01\x00", b"\x90\x01\x00", b"\x30\xff\xff\xff\xff\x7f"],
    ids=["http", "short-publish", "short-suback", "length"],
)
def test_invalid_packet_ends_only_the_connection(listen, queue, sensor, rubbish):
    """After an invalid packet the agent connects again."""
    with FalseBroker(CONNACK["3.1.1"] + rubbish) as broker:
        listen(broker.port, sensor("gauge", topic="#"))
        queue.wait_until(lambda: queue.rows().count(UP) == 3)


def test_error_in_paho_ends_only_the_connection(broker, listen, queue, sensor, monkeypatch, caplog):
    """Older paho raises struct.error for a packet that is too short; the agent connects again."""
    read, failures = StreamClient.loop_read, []

    def fail_once(client):
        if UP in queue.rows() and not failures:  # at the first packet after CONNACK: SUBACK
            failures.append(client)
            struct.unpack("!H", b"")
        return read(client)

    monkeypatch.setattr(StreamClient, "loop_read", fail_once)
    listen(broker.port, sensor("gauge", topic="t"))
    queue.wait_until(lambda: queue.rows().count(UP) == 2)
    assert [row for row in queue.rows() if row in (UP, DOWN)] == [UP, DOWN, UP]
    assert "a packet that paho cannot read" in caplog.text


def test_packets_in_one_tls_record_are_all_read(listen, queue, sensor, certificates):
    """Bytes that TLS has already decrypted are read at once, although select() does not report them."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    publishes = b"".join(b"\x30\x04\x00\x01t" + digit for digit in (b"1", b"0", b"1"))
    with FalseBroker(CONNACK["3.1.1"] + publishes, tls=context) as broker:
        listen(broker.port, sensor("contact", name="lid", topic="t"), tls=1, ca_file=certificates / "right.pem")
        queue.wait_until(lambda: [row[2] for row in queue.rows()[1:4]] == ["open", "closed", "open"])


def test_topic_that_is_not_utf8_is_counted(listen, queue, sensor, caplog):
    """A message with an invalid topic is counted as not delivered, and the next one arrives."""
    bad, good = b"\x30\x03\x00\x01\xff", b"\x30\x04\x00\x01t1"
    with FalseBroker(CONNACK["3.1.1"] + bad + good) as broker:
        connection = listen(broker.port, sensor("gauge", name="tank", topic="t"))
        queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert connection._failed_messages == 1
    assert "A message could not be delivered; 1 so far." in caplog.text


def test_silent_broker_is_given_up(listen, queue, sensor):
    """Without an answer to its ping within the keepalive the agent ends the connection."""
    with FalseBroker(CONNACK["3.1.1"], b"") as broker:
        listen(broker.port, sensor("gauge", topic="t"), keepalive_s=1)
        queue.wait_for(UP, DOWN)
        assert any(b"\xc0\x00" in packet for packet in broker.received) or len(broker.received) >= 2


def test_idle_connection_sleeps(broker, listen, queue, sensor, ready, monkeypatch):
    """During several keepalives the connection stays, and the thread wakes a few times for each."""
    wakes = []
    poll_timeout_s = mqtt_connection.poll_timeout_s
    monkeypatch.setattr(mqtt_connection, "poll_timeout_s", lambda *args: wakes.append(1) or poll_timeout_s(*args))
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready, keepalive_s=1)
    subscribed(queue, broker)
    wakes.clear()
    threading.Event().wait(4)  # the broker would end the connection after 1.5 s
    assert DOWN not in queue.rows()
    assert 4 <= len(wakes) <= 40
    broker.publish("tank", b"1")
    queue.wait_for(["ValueSeen", "tank", "1", 0])


def wait_for_log(broker, sentence):
    """Wait until the broker has logged this sentence."""
    until = time.monotonic() + 20
    while sentence not in (log := (broker.folder / "mosquitto.log").read_text()):
        assert time.monotonic() < until, log
        time.sleep(0.01)


def stop_quickly(connection, queue):
    began = time.monotonic()
    connection.stop()
    assert time.monotonic() - began < 1
    queue.clear()


def test_stop_is_prompt_while_connected(broker, listen, queue, sensor):
    """Stop wakes the thread, disconnects, and makes no event, not even for the link."""
    connection = listen(broker.port, sensor("gauge", topic="t"), client_id="agent")
    queue.wait_for(UP)
    stop_quickly(connection, queue)
    assert not connection._thread.is_alive()
    assert queue.events == []
    wait_for_log(broker, "Client agent disconnected.")


def test_stop_is_prompt_between_two_attempts(listen, queue, sensor):
    """Stop wakes a thread that waits for its next attempt."""
    connection = listen(free_port(), sensor("gauge", topic="t"))
    connection._is_waiting_long = True
    queue.wait_for(DOWN)
    stop_quickly(connection, queue)
    assert not connection._thread.is_alive()


def test_stop_is_prompt_without_an_answer(listen, queue, sensor):
    """Stop does not wait for a broker that accepts the connection and never answers."""
    with FalseBroker(b"", b"") as broker:
        connection = listen(broker.port, sensor("gauge", topic="t"))
        assert broker.has_received.wait(20)
        stop_quickly(connection, queue)
        assert not connection._thread.is_alive()
        assert queue.events == []


def test_stop_is_prompt_while_a_connection_hangs(listen, queue, sensor):
    """Stop returns during a connection attempt without an answer, and no event follows."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        # The queue of connections is full and none is accepted: the next SYN gets no answer.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        connection = listen(port, sensor("gauge", topic="t"))
        stop_quickly(connection, queue)
        for filler in fillers:
            filler.close()
    connection._thread.join(10)
    assert not connection._thread.is_alive()
    assert queue.events == []


@BOTH
def test_unacknowledged_message_is_not_sent_again(queue, now_ms, version):
    """A message without an acknowledgement is not sent on the next connection, where it could follow a newer one."""
    plan = plans.plan([], [])
    plan["node"] = plans.node("pi")
    outgoing = PublishQueue()
    node = NodeSession(plan, outgoing, CommandTopics(plan, outgoing, queue, now_ms), queue, now_ms)
    with FalseBroker(CONNACK[version], b"", HANG_UP) as broker:
        mqtt = plans.mqtt(broker.port, version=version, client_id="c")
        connection = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        connection.start()
        queue.wait_for(UP)
        outgoing.put(OutgoingMessage("home/pi/sensor/garage", "the older one"))
        queue.wait_until(lambda: queue.rows().count(UP) == 2)
        connection.stop()
        assert b"".join(broker.received).count(b"the older one") == 1


def test_node_learns_of_its_refused_status(queue, now_ms):
    """The node is notified on each connection if the broker refuses the subscription to its own status."""
    plan = plans.plan([], [])
    plan["node"] = plans.node("pi")
    outgoing = PublishQueue()
    node = NodeSession(plan, outgoing, CommandTopics(plan, outgoing, queue, now_ms), queue, now_ms)
    refused = []
    node.on_refused = refused.append

    def refuse_all(subscribe):
        packet_id, filters = subscribe[2:4], 5
        rest = packet_id + b"\x80" * filters
        return bytes([0x90, len(rest)]) + rest + HANG_UP

    with FalseBroker(CONNACK["3.1.1"], refuse_all) as broker:
        mqtt = plans.mqtt(broker.port)
        connection = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        connection.start()
        queue.wait_until(lambda: queue.rows().count(UP) == 3)
        connection.stop()
    assert refused.count("home/pi/status") >= 2


def test_nodes_are_unavailable_without_a_broker(queue, clock, sensor):
    """After five minutes without the broker each node is reported as offline, once."""
    door = sensor("contact", node="pi", topic="home/pi/sensor/door", status_topic="home/pi/status")
    connection = MqttConnection(plans.mqtt(), "", TopicRouter([door], queue, clock.now_ms), clock.now_ms)
    for passed_s in (0, 299, 1, 30):
        clock.pass_us(passed_s * 1_000_000)
        connection.resync()
        assert queue.rows() == ([] if passed_s in {0, 299} else [["NodeChanged", "pi", 0]])
    connection.stop()


def test_stop_without_start_closes_files(queue, now_ms):
    """A connection that was not started can be stopped twice, and leaves no file open."""
    connection = MqttConnection(plans.mqtt(), "", TopicRouter([], queue, now_ms), now_ms)
    connection.resync()
    connection.stop()
    connection.stop()
    assert connection._pump._wake_receiver.fileno() == -1
