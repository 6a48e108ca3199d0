"""The doctor's checks of the broker, the shared store and Pushover, against mosquitto, Redis and the sandbox."""

import datetime as dt
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import broker as broker_check
from pushglance.doctor.checks import pushover as pushover_check
from pushglance.doctor.checks.broker import check_broker
from pushglance.doctor.checks.cluster import check_shared_store
from pushglance.doctor.checks.pushover import check_pushover
from pushglance.runtime.clock import wall_ms
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support import plans
from support.servers.broker import Broker, FalseBroker, free_port
from support.servers.redis_server import RedisServer

# paho leaves the socket of a failed handshake to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
NOW = dt.datetime.now(tz=dt.UTC)


def steps(check, context):
    """Return all results as (name, status), and their messages and hints as one text."""
    results = list(check(context))
    return [(result.name, result.status) for result in results], " | ".join(
        f"{result.message} -> {result.hint}" for result in results
    )


def mqtt(port, password="", **changes):
    """Return a plan with a broker and two topics."""
    sensors = [plans.topic_contact(), plans.gauge()]
    secrets = plans.plan()["secrets"] | {"mqtt_password": password}
    return plans.plan(sensors, mqtt=plans.mqtt(port, **{"client_id": "agent"} | changes), secrets=secrets)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Make certificates for 127.0.0.1: a valid one, an expired one, one for tomorrow; and one of another host."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, unknown = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    unknown.cert_pem.write_to_path(folder / "unknown.pem")
    day = dt.timedelta(days=1)
    for name, host, keys in (
        ("good", "127.0.0.1", {}),
        ("expired", "127.0.0.1", {"not_after": NOW - day}),
        ("early", "127.0.0.1", {"not_before": NOW + day}),
        ("other", "example.org", {}),
    ):
        authority.issue_cert(host, **keys).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder


def test_missing_broker_is_skipped(make_context):
    """Settings without topics need no broker."""
    assert steps(check_broker, make_context())[0] == [("broker", SKIPPED)]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_working_broker_is_ok(make_context, tmp_path, version):
    """Name, port, login and subscriptions each give a result."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        plan = mqtt(broker.port, "geheim", username="me", version=version)
        results, words = steps(check_broker, make_context(plan))
    assert results == [("broker", OK)] * 3 + [("topics", OK)]
    assert "accepts our login as 'me'" in words
    assert "subscriptions to all 2" in words
    assert "geheim" not in words


def test_agent_s_connection_is_not_closed(make_context, tmp_path):
    """The doctor has its own client id: with the agent's id the broker would disconnect the agent."""
    with Broker(tmp_path / "mosquitto") as broker:
        steps(check_broker, make_context(mqtt(broker.port)))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert "as pushglance-doctor-" in log
    assert "as agent" not in log


def test_wrong_password_is_wrong(make_context, tmp_path):
    """A refused login names the user and never the password."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        results, words = steps(check_broker, make_context(mqtt(broker.port, "falsch", username="me")))
    assert results[-1] == ("broker", WRONG)
    assert "refuses user 'me'" in words
    assert "falsch" not in words


def test_login_is_skipped_without_the_password(make_context, tmp_path):
    """A user who may not read the password gets the checks up to the port."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        results, _ = steps(check_broker, make_context(mqtt(broker.port, username="me"), has_keys=False))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert results == [("broker", OK), ("broker", OK), ("broker", SKIPPED)]
    assert "pushglance-doctor" not in log


def test_refused_topic_is_wrong(make_context):
    """The refused topic is named."""

    def refuse_the_second(subscribe):
        return b"\x90\x04" + subscribe[2:4] + b"\x00\x80"

    with FalseBroker(b"\x20\x02\x00\x00", refuse_the_second) as broker:
        results, words = steps(check_broker, make_context(mqtt(broker.port)))
    assert results[-1] == ("topics", WRONG)
    assert "the broker refuses 'garden/tank'" in words


def test_server_that_is_not_a_broker_is_wrong(make_context, monkeypatch):
    """The check ends within seconds, whatever the server answers."""
    monkeypatch.setattr(broker_check, "_ANSWER_S", 0.5)
    with FalseBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n") as broker:
        results, _ = steps(check_broker, make_context(mqtt(broker.port)))
    assert results[-1] == ("broker", WRONG)


def test_unreachable_broker_is_wrong(make_context):
    """A closed port and an unknown name end the check at that step."""
    results, words = steps(check_broker, make_context(mqtt(free_port())))
    assert results == [("broker", OK), ("broker", WRONG)]
    assert "cannot be reached (Connection refused)" in words
    results, words = steps(check_broker, make_context(mqtt(1883, host="no.such.host.invalid")))
    assert results == [("broker", WRONG)]
    assert "cannot be resolved" in words


def test_command_topics_of_a_node_are_checked(make_context, tmp_path):
    """An agent that accepts commands by MQTT must be allowed to subscribe to them."""
    with Broker(tmp_path / "mosquitto") as broker:
        plan = mqtt(broker.port) | {"node": plans.node("pi", ["pause"])}
        assert "subscriptions to all 3" in steps(check_broker, make_context(plan))[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("good", "authority", "its certificate is verified and valid until"),
        ("good", "unknown", "name the authority's file in ca_file"),
        ("expired", "authority", "otherwise the server needs a new certificate"),
        ("early", "authority", "before the certificate becomes valid: set the clock"),
        ("other", "authority", "write the host as the certificate names it"),
    ],
)
def test_certificate_of_the_broker_is_verified(make_context, tmp_path, certificates, server, trusted, words):
    """Each reason to refuse a certificate has its own hint; with a valid one all steps follow."""
    certificate = certificates / f"{server}.pem"
    broker = Broker(tmp_path / "mosquitto", tls=(certificate, certificate, certificates / "authority.pem"))
    if server != "good":
        broker._close_cleanly = lambda _probe: None  # the probe of Broker would refuse this certificate, too
    with broker:
        plan = mqtt(broker.port, tls=1, ca_file=str(certificates / f"{trusted}.pem"))
        results, message = steps(check_broker, make_context(plan))
    is_good = (server, trusted) == ("good", "authority")
    assert results[-1] == (("topics", OK) if is_good else ("broker", WRONG))
    assert words in message


def test_missing_ca_file_is_wrong(make_context):
    """No connection is tried."""
    results, words = steps(check_broker, make_context(mqtt(1, tls=1, ca_file="/no/such.pem")))
    assert results == [("broker", WRONG)]
    assert "ca_file, cert_file or key_file" in words


def pushover(url, device="my-watch", ca_file="", token=TOKEN, user=USER):
    """Return a plan that pushes to one watch through this server."""
    server = {"url": url, "connect_ms": 2000, "read_ms": 2000, "ca_file": str(ca_file)}
    secrets = {"token": token, "users": {"watch": user}, "mqtt_password": ""}
    return plans.plan(watches=[plans.watch() | {"device": device}], pushover=server, secrets=secrets)


@pytest.fixture
def sandbox():
    """Run a Pushover with one token, one user and two devices."""
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch", "phone"]) as sandbox:
        yield sandbox


def requested_paths(sandbox):
    """Return the paths of all requests."""
    return [request.path for request in sandbox.requests()]


def test_valid_keys_and_device_are_ok(make_context, sandbox):
    """Pushover is asked once; nothing is pushed and no key is shown."""
    results, words = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results == [("pushover", OK), ("pushover", OK), ("keys", OK), ("device", OK)]
    assert requested_paths(sandbox) == ["/1/users/validate.json"]
    assert TOKEN not in words
    assert USER not in words


def test_pushover_is_asked_once_per_user(make_context, sandbox):
    """Two watches of one user need one request."""
    watches = [plans.watch("a") | {"device": "my-watch"}, plans.watch("b") | {"device": "phone"}]
    plan = pushover(sandbox.url) | {"watches": watches}
    plan["secrets"] = {"token": TOKEN, "users": {"a": USER, "b": USER}, "mqtt_password": ""}
    results, _ = steps(check_pushover, make_context(plan))
    assert results[2:] == [("keys", OK), ("device", OK), ("device", OK)]
    assert len(requested_paths(sandbox)) == 1


def test_receiver_of_messages_is_checked(make_context, sandbox):
    """User and device of [messages] are checked like those of a watch."""
    plan = pushover(sandbox.url) | {"messages": plans.messages(device="tablet")}
    plan["secrets"]["users"]["messages"] = USER
    results, words = steps(check_pushover, make_context(plan))
    assert results[-2:] == [("device", OK), ("device", WRONG)]
    assert "the user of messages has no device 'tablet'" in words
    assert len(requested_paths(sandbox)) == 1


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"token": "x" * 30}, "application token is invalid -> copy the token again"),
        ({"user": "x" * 30}, "user identifier is invalid -> copy the user again"),
        ({"token": "x" * 30, "user": "y" * 30}, "copy the token and the user again"),
    ],
)
def test_wrong_keys_are_wrong(make_context, sandbox, keys, words):
    """The message names the wrong key and shows no key."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, **keys)))
    assert results[-1] == ("keys", WRONG)
    assert words in message
    assert len(requested_paths(sandbox)) == 1


def test_unknown_device_is_wrong(make_context, sandbox):
    """The message names the devices of the user; an empty device means all of them."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, device="my-wotch")))
    assert results[-1] == ("device", WRONG)
    assert "no device 'my-wotch'; known devices: my-watch, phone" in message
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, device="")))
    assert results[-1] == ("device", OK)
    assert "every device of the user: my-watch, phone" in message


def test_device_of_a_group_is_skipped(make_context):
    """Pushover does not list the devices of a group."""
    watches = [plans.watch() | {"device": "anna"}]
    (result,) = pushover_check._check_devices(watches, {"status": 1, "group": 1, "devices": []})
    assert result.status == SKIPPED


@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("status", status=429), Fault("garbage")])
def test_unusable_answer_of_pushover_is_a_warning(make_context, sandbox, fault):
    """It proves nothing about the keys, and the request is not repeated."""
    sandbox.inject(fault)
    results, _ = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results[-1] == ("keys", WARNING)
    assert len(requested_paths(sandbox)) == 1


def test_missing_answer_of_pushover_is_a_warning(make_context, sandbox, monkeypatch):
    """The check ends within seconds."""
    monkeypatch.setattr(pushover_check, "_ANSWER_S", 0.5)
    sandbox.inject(Fault("hang"))
    results, _ = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results[-1] == ("keys", WARNING)


def test_placeholders_are_not_sent_as_keys(make_context, sandbox):
    """Pushover blocks addresses that send wrong keys repeatedly."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url), has_keys=False))
    assert results[-1] == ("keys", SKIPPED)
    assert "sudo pushglance doctor" in message
    assert requested_paths(sandbox) == []


def test_node_without_a_watch_needs_no_pushover(make_context):
    """Settings that only publish by MQTT send no request."""
    assert steps(check_pushover, make_context(plans.plan(watches=[])))[0] == [("pushover", SKIPPED)]


@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("good", "authority", "Pushover knows the token"),
        ("good", "unknown", "its certificate cannot be verified"),
        ("early", "authority", "before the certificate becomes valid"),
        ("expired", "authority", "certificate has expired"),
        ("other", "authority", "write the host as the certificate names it"),
    ],
)
def test_certificate_of_pushover_is_verified(make_context, certificates, server, trusted, words):
    """No key is sent to a server with an invalid certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / f"{server}.pem")
    with Sandbox(ssl_context=context) as sandbox:
        ca_file = certificates / f"{trusted}.pem"
        results, message = steps(check_pushover, make_context(pushover(sandbox.url, ca_file=ca_file)))
        is_good = (server, trusted) == ("good", "authority")
        assert len(requested_paths(sandbox)) == is_good
    assert words in message
    assert results[-1] == (("device", OK) if is_good else ("pushover", WRONG))


def test_clock_that_differs_from_pushover_s_is_wrong(make_context, sandbox, monkeypatch):
    """Pushover's clock is the Date header of its answer."""
    monkeypatch.setattr(pushover_check, "wall_ms", lambda: wall_ms() - 3_600_000)
    results, message = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert ("clock", WRONG) in results
    assert "behind Pushover's" in message


def test_refused_connection_to_pushover_is_wrong(make_context, tmp_path):
    """No request follows."""
    results, _ = steps(check_pushover, make_context(pushover(f"http://127.0.0.1:{free_port()}")))
    assert results == [("pushover", OK), ("pushover", WRONG)]
    assert socket.getdefaulttimeout() is None
    assert not Path(tmp_path / "state").exists()


def shared(url, **changes):
    """Return a plan of a hub with a shared store."""
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


def test_shared_store_must_be_durable(make_context, tmp_path):
    """A store that may lose writes is wrong, unless the settings trust it."""
    with RedisServer(tmp_path / "good") as server:
        results, words = steps(check_shared_store, make_context(shared(server.url)))
        assert (results, words) == ([("cluster", OK)], "the shared store answers and keeps every write -> ")
        assert steps(check_shared_store, make_context(shared(server.url), has_keys=False))[0] == [("cluster", SKIPPED)]
    with RedisServer(tmp_path / "bad", "appendfsync everysec") as server:
        results, words = steps(check_shared_store, make_context(shared(server.url)))
        assert results == [("cluster", WRONG)]
        assert "may lose a push in a power cut" in words
        assert steps(check_shared_store, make_context(shared(server.url, trust="always")))[0] == [("cluster", OK)]


def test_unreachable_shared_store_is_wrong(make_context):
    """Without it nothing is pushed. Settings without a cluster give no result."""
    results, words = steps(check_shared_store, make_context(shared(f"redis://127.0.0.1:{free_port()}")))
    assert results == [("cluster", WRONG)]
    assert "does not answer" in words
    assert steps(check_shared_store, make_context())[0] == []
