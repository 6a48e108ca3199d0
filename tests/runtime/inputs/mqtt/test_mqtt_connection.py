"""The broker's messages, with a real mosquitto; what no real broker does is done by a few bytes of a false one."""

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
HANG_UP = b"\x00\x00"  # no packet: paho closes the connection
CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def listen(queue, now_ms):
    """Start a MqttConnection for sensors on a port, ready to retry at once; all are stopped at the end."""
    started = []

    def listen(port, *sensors, password="", **keys):
        topics = MqttConnection(
            plans.mqtt(port, **keys), password, TopicRouter(sensors, queue, now_ms), now_ms, retry_ms=20
        )
        started.append(topics)
        topics.start()
        return topics

    yield listen
    for topics in started:
        topics.stop()


def subscribed(queue, broker):
    """Wait until the agent's subscriptions are in force; its sensor `ready` must be there and heard for the first time.

    A retained message comes once, whether it was published before the subscription or after.
    """
    broker.publish("ready", b"?", retain=True)
    queue.wait_until(lambda: any(row[:2] == ["ValueSeen", "ready"] for row in queue.rows()))
    queue.forget("ready")


def detail(caplog, level=logging.WARNING):
    """Return the agent's own sentences of this level or above; the tests' publisher logs as well."""
    ours = [record for record in caplog.records if record.name.startswith("pushglance.")]
    return [record.getMessage() for record in ours if record.levelno >= level]


@pytest.fixture
def ready(sensor):
    """A text sensor whose only purpose is to tell that subscriptions are in force."""
    return sensor("text", name="ready", topic="ready")


@BOTH
def test_messages_arrive_over_a_real_broker(broker, listen, queue, sensor, ready, version):
    """Connected, subscribed, and a live message is a value: over MQTT 3.1.1 and 5."""
    listen(broker.port, sensor("gauge", name="tank", topic="garden/tank", pointer="/level"), ready, version=version)
    queue.wait_for(UP)
    subscribed(queue, broker)
    broker.publish("garden/tank", b'{"level": 63.5}')
    queue.wait_for(["ValueSeen", "tank", "63.5", 0])
    assert queue.rows()[0] == UP


@BOTH
def test_a_replay_is_told_from_a_live_message(broker, listen, queue, sensor, version):
    """What the broker kept arrives marked as retained, what is published now does not, though it is kept as well."""
    broker.publish("tank", b"1", retain=True)
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), version=version)
    queue.wait_for(["ValueSeen", "tank", "1", 1])
    broker.publish("tank", b"2", retain=True)
    queue.wait_for(["ValueSeen", "tank", "2", 0])
    assert queue.rows() == [UP, ["ValueSeen", "tank", "1", 1], ["ValueSeen", "tank", "2", 0]]


@BOTH
def test_a_broker_that_restarts_is_subscribed_anew(broker, listen, queue, sensor, ready, version):
    """The link goes and comes, once each; the replay after it is marked, and live messages come through again."""
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


def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path, listen, queue, sensor, ready, caplog, monkeypatch):
    """No broker at start is no error: one sentence for all attempts, the link is down, and up when the broker comes."""
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
            assert len(detail(caplog)) == 1
            assert (
                f"Cannot connect to the MQTT broker 127.0.0.1:{broker.port}: [Errno 111] Connection refused."
                in caplog.text
            )


def test_wildcards_and_shared_topics(broker, listen, queue, sensor, ready):
    """A wildcard hears what it covers, and a message for two sensors is one for each."""
    listen(
        broker.port,
        sensor("gauge", name="any", topic="rooms/+/temp"),
        sensor("gauge", name="bath", topic="rooms/bath/temp"),
        sensor("text", name="all", topic="rooms/#"),
        ready,
    )
    subscribed(queue, broker)
    broker.publish("rooms/bath/temp", b"21")
    broker.publish("rooms/hall/temp", b"18")
    broker.publish("rooms/hall/light", b"on")
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
    """However many filters cover a topic, a message of it counts once; mosquitto sends one for each over MQTT 5."""
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
    """More filters than one SUBSCRIBE carries are all in force."""
    sensors = [sensor("text", name=f"s{n}", topic=f"t/{n}", qos=n % 3) for n in range(30)]
    listen(broker.port, *sensors, ready)
    subscribed(queue, broker)
    broker.publish_all([(f"t/{n}", b"x") for n in range(30)])
    queue.wait_for(*[["ValueSeen", f"s{n}", "x", 0] for n in range(30)])


@BOTH
def test_a_wrong_password_is_said_once_and_not_tried_again_soon(tmp_path, listen, queue, sensor, caplog, version):
    """The sentence names what to check, never the password; the next attempt waits for a minute."""
    with Broker(tmp_path, users={"agent": "right"}) as broker, caplog.at_level(logging.DEBUG):
        topics = listen(
            broker.port, sensor("gauge", topic="t"), username="agent", password="wr0ng-secret", version=version
        )
        queue.wait_for(DOWN)
        sentences = detail(caplog)
        assert len(sentences) == 1
        assert "refuses user 'agent'" in sentences[0]
        assert "check [mqtt] username and password" in sentences[0]
        assert "wr0ng-secret" not in caplog.text
        assert topics._is_waiting_long
        assert queue.rows() == [DOWN]


def test_the_right_password_is_let_in(tmp_path, listen, queue, sensor):
    """User name and password of the plan are the ones that are sent."""
    with Broker(tmp_path, users={"agent": "right"}) as broker:
        listen(broker.port, sensor("gauge", topic="t"), username="agent", password="right")
        queue.wait_for(UP)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Two authorities, and a server and a client certificate of the first."""
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
    """A broker whose certificate is signed by ca_file is talked to, and messages larger than a TLS record arrive."""
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
    """A certificate that nobody here vouches for is never talked to: no password leaves, and a sentence says why."""
    with tls_broker(tmp_path, certificates) as broker:
        listen(broker.port, sensor("text", topic="t"), tls=1, ca_file=ca_file and certificates / ca_file)
        queue.wait_for(DOWN)
        assert "is not trusted" in caplog.text
        assert "Check [mqtt] ca_file and host" in caplog.text
        assert queue.rows() == [DOWN]


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_with_another_host_s_certificate_is_refused(tmp_path, listen, queue, sensor, certificates, caplog):
    """The name in the certificate counts, not only its signature."""
    server = certificates / "elsewhere.pem"
    broker = Broker(tmp_path, tls=(server, server, certificates / "right.pem"))
    broker._close_cleanly = lambda _: None  # the probe of the stand-in would refuse this certificate, too
    with broker:
        listen(broker.port, sensor("text", topic="t"), tls=1, ca_file=certificates / "right.pem")
        queue.wait_for(DOWN)
        assert "IP address mismatch" in caplog.text


def test_no_old_tls():
    """TLS below 1.2 is not offered to a broker, whatever the system would allow."""
    context = tls_context({"ca_file": "", "cert_file": ""})
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_client_certificate_is_shown(tmp_path, listen, queue, sensor, certificates):
    """A broker that asks for a certificate gets the plan's."""
    broker = tls_broker(tmp_path, certificates, settings=["require_certificate true"])
    broker._close_cleanly = lambda _: None  # the probe of the stand-in would refuse this certificate, too
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


def test_a_certificate_file_that_is_not_there_is_a_sentence(listen, queue, sensor, caplog):
    """A missing file stops the broker's road only, not the daemon."""
    topics = listen(free_port(), sensor("text", topic="t"), tls=1, ca_file="/no/such.pem")
    queue.wait_for(DOWN)
    assert "No such file" in caplog.text
    assert topics._thread.is_alive()


def test_a_megabyte_of_noise_is_unreadable_and_nothing_else(broker, listen, queue, sensor, ready):
    """A payload far beyond the limit costs one fact; the next message arrives."""
    listen(broker.port, sensor("gauge", name="tank", topic="tank", pointer="/level"), ready)
    subscribed(queue, broker)
    broker.publish("tank", random.Random(1).randbytes(1 << 20))
    broker.publish("tank", b'{"level": 1}')
    queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert queue.rows()[1:] == [["ValueUnreadable", "tank", 1], ["ValueSeen", "tank", "1", 0]]


def test_five_thousand_payloads_of_noise(broker, listen, queue, sensor, ready):
    """Every message is either a value or unreadable, for every sensor that hears it, and the connection stays."""
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


def test_a_message_that_we_fail_at_costs_only_itself(broker, listen, queue, sensor, ready, caplog, monkeypatch):
    """An error of our own is logged with its trace, counted, and the next message arrives."""
    topics = listen(broker.port, sensor("contact", name="tank", topic="tank"), ready)
    subscribed(queue, broker)
    deliver = topics._router.deliver

    def stumble(topic, payload, is_retained):
        if payload == b"stone":
            raise KeyError("stone")
        return deliver(topic, payload, is_retained)

    monkeypatch.setattr(topics._router, "deliver", stumble)
    broker.publish_all([("tank", b"stone")] * 3 + [("tank", b"1")])
    queue.wait_for(["ValueSeen", "tank", "open", 0])
    assert topics._failed_messages == 3
    assert detail(caplog, logging.ERROR) == [f"A message could not be delivered; {count} so far." for count in (1, 2)]
    assert DOWN not in queue.rows()


@BOTH
def test_a_refused_topic_is_said_once(listen, queue, sensor, caplog, version):
    """A SUBACK that refuses names the topic, and is not repeated at each connection."""

    def refuse_the_second(subscribe):
        packet_id = subscribe[2:4]
        rest = {"3.1.1": packet_id + b"\x00\x80", "5": packet_id + b"\x00\x00\x87"}[version]
        return bytes([0x90, len(rest)]) + rest + HANG_UP

    with FalseBroker(CONNACK[version], refuse_the_second) as broker:
        listen(broker.port, sensor("gauge", topic="fine"), sensor("gauge", topic="secret"), version=version)
        queue.wait_until(lambda: queue.rows().count(UP) == 3)
    assert len([sentence for sentence in detail(caplog) if "refuses the topic 'secret'" in sentence]) == 1
    assert "'fine'" not in caplog.text


@pytest.mark.parametrize(
    "rubbish",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, b"\x30\x01\x00", b"\x90\x01\x00", b"\x30\xff\xff\xff\xff\x7f"],
    ids=["http", "short-publish", "short-suback", "length"],
)
def test_packets_that_are_none_cost_the_connection_and_not_the_thread(listen, queue, sensor, rubbish):
    """Whatever a broker sends, the agent hangs up and comes again."""
    with FalseBroker(CONNACK["3.1.1"] + rubbish) as broker:
        listen(broker.port, sensor("gauge", topic="#"))
        queue.wait_until(lambda: queue.rows().count(UP) == 3)


def test_an_error_inside_paho_costs_only_the_connection(broker, listen, queue, sensor, monkeypatch, caplog):
    """Older paho raises struct.error for a packet that is too short; whatever it raises, the agent comes again."""
    read, failures = StreamClient.loop_read, []

    def fail_once(client):
        if UP in queue.rows() and not failures:  # at the first packet after the broker's greeting: its answer to topics
            failures.append(client)
            struct.unpack("!H", b"")
        return read(client)

    monkeypatch.setattr(StreamClient, "loop_read", fail_once)
    listen(broker.port, sensor("gauge", topic="t"))
    queue.wait_until(lambda: queue.rows().count(UP) == 2)
    assert [row for row in queue.rows() if row in (UP, DOWN)] == [UP, DOWN, UP]
    assert "a packet that paho cannot read" in caplog.text


def test_packets_that_share_a_tls_record_are_all_read(listen, queue, sensor, certificates):
    """What TLS has decrypted ahead is read at once; select() would not know of it until more came."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    publishes = b"".join(b"\x30\x04\x00\x01t" + digit for digit in (b"1", b"0", b"1"))
    with FalseBroker(CONNACK["3.1.1"] + publishes, tls=context) as broker:
        listen(broker.port, sensor("contact", name="lid", topic="t"), tls=1, ca_file=certificates / "right.pem")
        queue.wait_until(lambda: [row[2] for row in queue.rows()[1:4]] == ["open", "closed", "open"])


def test_a_topic_that_is_not_utf8_costs_only_its_message(listen, queue, sensor, caplog):
    """A topic that cannot be read is counted as a message that could not be taken; the next one arrives."""
    bad, good = b"\x30\x03\x00\x01\xff", b"\x30\x04\x00\x01t1"
    with FalseBroker(CONNACK["3.1.1"] + bad + good) as broker:
        topics = listen(broker.port, sensor("gauge", name="tank", topic="t"))
        queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert topics._failed_messages == 1
    assert "A message could not be delivered; 1 so far." in caplog.text


def test_a_broker_that_falls_silent_is_found_out(listen, queue, sensor):
    """Without an answer to its ping within the keepalive the agent gives the connection up."""
    with FalseBroker(CONNACK["3.1.1"], b"") as broker:
        listen(broker.port, sensor("gauge", topic="t"), keepalive_s=1)
        queue.wait_for(UP, DOWN)
        assert any(b"\xc0\x00" in received for received in broker.received) or len(broker.received) >= 2


def test_an_idle_connection_is_kept_alive_and_sleeps(broker, listen, queue, sensor, ready, monkeypatch):
    """Over several keepalives nothing is lost, and the thread wakes a few times for each, not every second."""
    wakes = []
    poll_timeout_s = mqtt_connection.poll_timeout_s
    monkeypatch.setattr(mqtt_connection, "poll_timeout_s", lambda *args: wakes.append(1) or poll_timeout_s(*args))
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready, keepalive_s=1)
    subscribed(queue, broker)
    wakes.clear()
    threading.Event().wait(4)  # passing time is what is tested here; the broker would hang up after 1.5 s
    assert DOWN not in queue.rows()
    assert 4 <= len(wakes) <= 40
    broker.publish("tank", b"1")
    queue.wait_for(["ValueSeen", "tank", "1", 0])


def wait_for_log(broker, sentence):
    """Wait until the broker has written this; a client that vanishes is logged in other words."""
    until = time.monotonic() + 20
    while sentence not in (log := (broker.folder / "mosquitto.log").read_text()):
        assert time.monotonic() < until, log
        time.sleep(0.01)


def stop_quickly(topics, queue):
    began = time.monotonic()
    topics.stop()
    assert time.monotonic() - began < 1
    queue.clear()


def test_stop_is_prompt_while_connected(broker, listen, queue, sensor):
    """Stop wakes the thread, says goodbye to the broker, and leaves no fact, not even that the link is down."""
    topics = listen(broker.port, sensor("gauge", topic="t"), client_id="agent")
    queue.wait_for(UP)
    stop_quickly(topics, queue)
    assert not topics._thread.is_alive()
    assert queue.events == []
    wait_for_log(broker, "Client agent disconnected.")


def test_stop_is_prompt_between_two_attempts(listen, queue, sensor):
    """A thread that waits for its next attempt is woken."""
    topics = listen(free_port(), sensor("gauge", topic="t"))
    topics._is_waiting_long = True
    queue.wait_for(DOWN)
    stop_quickly(topics, queue)
    assert not topics._thread.is_alive()


def test_stop_is_prompt_before_a_broker_that_says_nothing(listen, queue, sensor):
    """A broker that accepts and never answers does not hold the agent up."""
    with FalseBroker(b"", b"") as broker:
        topics = listen(broker.port, sensor("gauge", topic="t"))
        assert broker.has_received.wait(20)
        stop_quickly(topics, queue)
        assert not topics._thread.is_alive()
        assert queue.events == []


def test_stop_is_prompt_while_a_connection_hangs(listen, queue, sensor):
    """A connection attempt into a black hole cannot be interrupted; stop returns all the same, and no fact follows."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        # A full queue of connections that nobody accepts: the next SYN is not answered.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        topics = listen(port, sensor("gauge", topic="t"))
        stop_quickly(topics, queue)
        for filler in fillers:
            filler.close()
    topics._thread.join(10)
    assert not topics._thread.is_alive()
    assert queue.events == []


@BOTH
def test_what_was_not_acknowledged_is_not_sent_again(queue, now_ms, version):
    """A connection lost before the broker has answered leaves nothing that could come after what is newer."""
    plan = plans.plan([], [])
    plan["node"] = plans.node("pi")
    outgoing = PublishQueue()
    node = NodeSession(plan, outgoing, CommandTopics(plan, outgoing, queue, now_ms), queue, now_ms)
    with FalseBroker(CONNACK[version], b"", HANG_UP) as broker:
        mqtt = plans.mqtt(broker.port, version=version, client_id="c")
        topics = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        topics.start()
        queue.wait_for(UP)
        outgoing.put(OutgoingMessage("home/pi/sensor/garage", "the older one"))
        queue.wait_until(lambda: queue.rows().count(UP) == 2)
        topics.stop()
        assert b"".join(broker.received).count(b"the older one") == 1


def test_a_refused_status_is_told_to_the_node_on_each_connection(queue, now_ms):
    """The node waits for its own status to come back; where that is refused it must know, after a reconnect as well."""
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
        topics = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        topics.start()
        queue.wait_until(lambda: queue.rows().count(UP) == 3)
        topics.stop()
    assert refused.count("home/pi/status") >= 2


def test_nodes_are_given_up_without_a_broker(queue, clock, sensor):
    """After five minutes without the broker nobody knows whether a node is there, so it is not; that is told once."""
    door = sensor("contact", node="pi", topic="home/pi/sensor/door", status_topic="home/pi/status")
    topics = MqttConnection(plans.mqtt(), "", TopicRouter([door], queue, clock.now_ms), clock.now_ms)
    for passed_s in (0, 299, 1, 30):
        clock.pass_us(passed_s * 1_000_000)
        topics.resync()
        assert queue.rows() == ([] if passed_s in {0, 299} else [["NodeChanged", "pi", 0]])
    topics.stop()


def test_stop_without_start_leaves_nothing_open(queue, now_ms):
    """An input that was never started can be stopped, twice."""
    topics = MqttConnection(plans.mqtt(), "", TopicRouter([], queue, now_ms), now_ms)
    topics.resync()
    topics.stop()
    topics.stop()
    assert topics._pump._wake_receiver.fileno() == -1
