"""What the doctor finds about the broker and about Pushover: for real, against mosquitto and the sandbox."""

import datetime as dt
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import broker as broker_room
from pushglance.doctor.checks import pushover as pushover_room
from pushglance.doctor.checks.broker import check_broker
from pushglance.doctor.checks.cluster import check_shared
from pushglance.doctor.checks.pushover import check_pushover
from pushglance.runtime.clock import wall_ms
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support import plans
from support.broker import Broker, FalseBroker, free_port
from support.redis_server import RedisServer

# paho leaves the socket of a failed handshake to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
NOW = dt.datetime.now(tz=dt.UTC)


def steps(check, patient):
    """Return all findings as (name, verdict), and their words together."""
    told = list(check(patient))
    return [(one.name, one.verdict) for one in told], " | ".join(f"{one.detail} -> {one.cure}" for one in told)


def mqtt(port, password="", **changes):
    """Return a plan with a broker and two topics."""
    sensors = [plans.topic_contact(), plans.gauge()]
    secrets = plans.plan()["secrets"] | {"mqtt_password": password}
    return plans.plan(sensors, mqtt=plans.mqtt(port, **{"client_id": "agent"} | changes), secrets=secrets)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Certificates for 127.0.0.1: a good one, an expired one, one that begins tomorrow; and one of another host."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    day = dt.timedelta(days=1)
    for name, host, keys in (
        ("good", "127.0.0.1", {}),
        ("expired", "127.0.0.1", {"not_after": NOW - day}),
        ("early", "127.0.0.1", {"not_before": NOW + day}),
        ("other", "example.org", {}),
    ):
        authority.issue_cert(host, **keys).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder


def test_no_broker_is_skipped(patient):
    """Settings without topics need no broker."""
    assert steps(check_broker, patient())[0] == [("broker", SKIPPED)]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_broker_that_is_well(patient, tmp_path, version):
    """Name, port, login and subscriptions are each told."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        plan = mqtt(broker.port, "geheim", username="me", version=version)
        told, words = steps(check_broker, patient(plan))
    assert told == [("broker", OK)] * 3 + [("topics", OK)]
    assert "takes our login as 'me'" in words
    assert "subscribe to all 2" in words
    assert "geheim" not in words


def test_the_agent_s_own_connection_is_left_alone(patient, tmp_path):
    """The doctor connects under another name: the broker would end the agent's connection otherwise."""
    with Broker(tmp_path / "mosquitto") as broker:
        steps(check_broker, patient(mqtt(broker.port)))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert "as pushglance-doctor-" in log
    assert "as agent" not in log


def test_a_wrong_password(patient, tmp_path):
    """A refused login names the user and never the password."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        told, words = steps(check_broker, patient(mqtt(broker.port, "falsch", username="me")))
    assert told[-1] == ("broker", WRONG)
    assert "refuses user 'me'" in words
    assert "falsch" not in words


def test_no_login_without_its_password(patient, tmp_path):
    """Whoever may not read the password looks as far as the port, and tries no login with a wrong one."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        told, _ = steps(check_broker, patient(mqtt(broker.port, username="me"), has_keys=False))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert told == [("broker", OK), ("broker", OK), ("broker", SKIPPED)]
    assert "pushglance-doctor" not in log


def test_a_refused_topic(patient):
    """A subscription that the broker refuses is named."""

    def refuse_the_second(subscribe):
        return b"\x90\x04" + subscribe[2:4] + b"\x00\x80"

    with FalseBroker(b"\x20\x02\x00\x00", refuse_the_second) as broker:
        told, words = steps(check_broker, patient(mqtt(broker.port)))
    assert told[-1] == ("topics", WRONG)
    assert "the broker refuses 'garden/tank'" in words


def test_something_else_on_the_port(patient, monkeypatch):
    """A server that is no broker does not answer as one, within seconds."""
    monkeypatch.setattr(broker_room, "_ANSWER_S", 0.5)
    with FalseBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n") as broker:
        told, _ = steps(check_broker, patient(mqtt(broker.port)))
    assert told[-1] == ("broker", WRONG)


def test_nobody_on_the_port(patient):
    """A port where nobody listens, and a name that nobody knows, end the way there."""
    told, words = steps(check_broker, patient(mqtt(free_port())))
    assert told == [("broker", OK), ("broker", WRONG)]
    assert "cannot be reached (Connection refused)" in words
    told, words = steps(check_broker, patient(mqtt(1883, host="no.such.host.invalid")))
    assert told == [("broker", WRONG)]
    assert "cannot be resolved" in words


def test_a_node_s_commands_are_asked_for_too(patient, tmp_path):
    """Where an agent takes commands by MQTT, the broker must let it hear them."""
    with Broker(tmp_path / "mosquitto") as broker:
        plan = mqtt(broker.port) | {"node": plans.node("pi", ["pause"])}
        assert "subscribe to all 3" in steps(check_broker, patient(plan))[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("good", "authority", "its certificate is verified and good until"),
        ("good", "stranger", "name the authority's file in ca_file"),
        ("expired", "authority", "if "),
        ("early", "authority", "which is before the certificate begins: set it"),
        ("other", "authority", "write the host as the certificate names it"),
    ],
)
def test_tls_of_the_broker(patient, tmp_path, certificates, server, trusted, words):
    """Each reason not to trust a certificate has its own cure; a good one is used to the end."""
    own = certificates / f"{server}.pem"
    broker = Broker(tmp_path / "mosquitto", tls=(own, own, certificates / "authority.pem"))
    if server != "good":
        broker._greet = lambda _probe: None  # its own probe would not trust it either
    with broker:
        plan = mqtt(broker.port, tls=1, ca_file=str(certificates / f"{trusted}.pem"))
        told, detail = steps(check_broker, patient(plan))
    is_good = (server, trusted) == ("good", "authority")
    assert told[-1] == (("topics", OK) if is_good else ("broker", WRONG))
    assert words in detail


def test_a_file_of_certificates_that_is_not_there(patient):
    """A ca_file that cannot be read is wrong before anything is asked."""
    told, words = steps(check_broker, patient(mqtt(1, tls=1, ca_file="/no/such.pem")))
    assert told == [("broker", WRONG)]
    assert "ca_file, cert_file or key_file" in words


def pushover(url, device="my-watch", ca_file="", token=TOKEN, user=USER):
    """Return a plan that pushes to one watch by this server."""
    server = {"url": url, "connect_ms": 2000, "read_ms": 2000, "ca_file": str(ca_file)}
    secrets = {"token": token, "users": {"watch": user}, "mqtt_password": ""}
    return plans.plan(watches=[plans.watch() | {"device": device}], pushover=server, secrets=secrets)


@pytest.fixture
def sandbox():
    """A Pushover that knows one token, one user and two devices."""
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch", "phone"]) as sandbox:
        yield sandbox


def asked(sandbox):
    """Return the paths that were asked for."""
    return [request.path for request in sandbox.requests()]


def test_keys_and_device_that_are_well(patient, sandbox):
    """Pushover is asked once, about token and user; nothing is pushed and no key is told."""
    told, words = steps(check_pushover, patient(pushover(sandbox.url)))
    assert told == [("pushover", OK), ("pushover", OK), ("keys", OK), ("device", OK)]
    assert asked(sandbox) == ["/1/users/validate.json"]
    assert TOKEN not in words
    assert USER not in words


def test_one_question_for_each_user(patient, sandbox):
    """Two watches of one user are one question."""
    watches = [plans.watch("a") | {"device": "my-watch"}, plans.watch("b") | {"device": "phone"}]
    plan = pushover(sandbox.url) | {"watches": watches}
    plan["secrets"] = {"token": TOKEN, "users": {"a": USER, "b": USER}, "mqtt_password": ""}
    told, _ = steps(check_pushover, patient(plan))
    assert told[2:] == [("keys", OK), ("device", OK), ("device", OK)]
    assert len(asked(sandbox)) == 1


def test_who_gets_messages_is_asked_about_too(patient, sandbox):
    """Messages have a receiver of their own: its user and device are looked at like a watch's."""
    plan = pushover(sandbox.url) | {"messages": plans.messages(device="tablet")}
    plan["secrets"]["users"]["messages"] = USER
    told, words = steps(check_pushover, patient(plan))
    assert told[-2:] == [("device", OK), ("device", WRONG)]
    assert "the user of messages has no device 'tablet'" in words
    assert len(asked(sandbox)) == 1


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"token": "x" * 30}, "application token is invalid -> copy the token anew"),
        ({"user": "x" * 30}, "user identifier is invalid -> copy the user anew"),
        ({"token": "x" * 30, "user": "y" * 30}, "copy the token and the user anew"),
    ],
)
def test_wrong_keys(patient, sandbox, keys, words):
    """Which of the keys is wrong is told, and neither is shown."""
    told, detail = steps(check_pushover, patient(pushover(sandbox.url, **keys)))
    assert told[-1] == ("keys", WRONG)
    assert words in detail
    assert len(asked(sandbox)) == 1


def test_a_wrong_device(patient, sandbox):
    """A device that the user does not have is told with those that there are; no device is all of them."""
    told, detail = steps(check_pushover, patient(pushover(sandbox.url, device="my-wotch")))
    assert told[-1] == ("device", WRONG)
    assert "no device 'my-wotch', but my-watch, phone" in detail
    told, detail = steps(check_pushover, patient(pushover(sandbox.url, device="")))
    assert told[-1] == ("device", OK)
    assert "every device of the user: my-watch, phone" in detail


def test_devices_of_a_group_are_not_told(patient):
    """A group key has no devices of its own, and its watches cannot be looked at."""
    watches = [plans.watch() | {"device": "anna"}]
    (one,) = pushover_room._devices(watches, {"status": 1, "group": 1, "devices": []})
    assert one.verdict == SKIPPED


@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("status", status=429), Fault("garbage")])
def test_a_pushover_that_cannot_say(patient, sandbox, fault):
    """An answer that is none says nothing about the keys, and is not asked for again."""
    sandbox.next(fault)
    told, _ = steps(check_pushover, patient(pushover(sandbox.url)))
    assert told[-1] == ("keys", WARNING)
    assert len(asked(sandbox)) == 1


def test_a_pushover_that_hangs(patient, sandbox, monkeypatch):
    """A server that takes the question and never answers costs seconds."""
    monkeypatch.setattr(pushover_room, "_ANSWER_S", 0.5)
    sandbox.next(Fault("hang"))
    told, _ = steps(check_pushover, patient(pushover(sandbox.url)))
    assert told[-1] == ("keys", WARNING)


def test_without_keys_nothing_is_asked(patient, sandbox):
    """Stand-ins are never sent: Pushover blocks addresses that send wrong keys again and again."""
    told, detail = steps(check_pushover, patient(pushover(sandbox.url), has_keys=False))
    assert told[-1] == ("keys", SKIPPED)
    assert "sudo pushglance doctor" in detail
    assert asked(sandbox) == []


def test_a_node_without_a_watch_needs_no_pushover(patient):
    """Settings that only publish ask nobody."""
    assert steps(check_pushover, patient(plans.plan(watches=[])))[0] == [("pushover", SKIPPED)]


@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("good", "authority", "Pushover knows the token"),
        ("good", "stranger", "its certificate is not to be trusted"),
        ("early", "authority", "which is before the certificate begins"),
        ("expired", "authority", "certificate has expired"),
        ("other", "authority", "write the host as the certificate names it"),
    ],
)
def test_tls_of_pushover(patient, certificates, server, trusted, words):
    """With a certificate that is not to be trusted no key leaves."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / f"{server}.pem")
    with Sandbox(ssl_context=context) as sandbox:
        ca_file = certificates / f"{trusted}.pem"
        told, detail = steps(check_pushover, patient(pushover(sandbox.url, ca_file=ca_file)))
        is_good = (server, trusted) == ("good", "authority")
        assert len(asked(sandbox)) == is_good
    assert words in detail
    assert told[-1] == (("device", OK) if is_good else ("pushover", WRONG))


def test_a_clock_that_differs_from_pushover_s(patient, sandbox, monkeypatch):
    """The date of the answer tells whether this clock is right."""
    monkeypatch.setattr(pushover_room, "wall_ms", lambda: wall_ms() - 3_600_000)
    told, detail = steps(check_pushover, patient(pushover(sandbox.url)))
    assert ("clock", WRONG) in told
    assert "behind Pushover's" in detail


def test_nobody_at_pushover(patient, tmp_path):
    """A connection that is refused is told, and no question is tried."""
    told, _ = steps(check_pushover, patient(pushover(f"http://127.0.0.1:{free_port()}")))
    assert told == [("pushover", OK), ("pushover", WRONG)]
    assert socket.getdefaulttimeout() is None
    assert not Path(tmp_path / "state").exists()


def shared(url, **changes):
    """Return a plan of a hub that shares a store."""
    cluster = {
        "url": url,
        "username": "",
        "hub": "a",
        "lease_ms": 8000,
        "trust": "checked",
        "replicas": 0,
        "ca_file": "",
    }
    return plans.plan(cluster=cluster | changes)


def test_the_shared_store(patient, tmp_path):
    """A store that keeps everything is well; one that may forget is not used, unless somebody vouches for it."""
    with RedisServer(tmp_path / "good") as server:
        told, words = steps(check_shared, patient(shared(server.url)))
        assert (told, words) == ([("cluster", OK)], "the shared store answers and keeps what it is told -> ")
        assert steps(check_shared, patient(shared(server.url), has_keys=False))[0] == [("cluster", SKIPPED)]
    with RedisServer(tmp_path / "bad", "appendfsync everysec") as server:
        told, words = steps(check_shared, patient(shared(server.url)))
        assert told == [("cluster", WRONG)]
        assert "may forget a push in a power cut" in words
        assert steps(check_shared, patient(shared(server.url, trust="always")))[0] == [("cluster", OK)]


def test_a_shared_store_that_is_away(patient):
    """Without it nothing is pushed: that is wrong. Hubs that share nothing are not bothered."""
    told, words = steps(check_shared, patient(shared(f"redis://127.0.0.1:{free_port()}")))
    assert told == [("cluster", WRONG)]
    assert "cannot be asked" in words
    assert steps(check_shared, patient())[0] == []
