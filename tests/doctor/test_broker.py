"""The doctor's check of the broker, against mosquitto."""

import pytest

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import broker as broker_check
from pushglance.doctor.checks import topics as topics_check
from pushglance.doctor.checks.broker import check_broker
from support import plans
from support.servers.broker import Broker, FalseBroker, free_port


def mqtt(port, password="", **changes):
    """Return a plan with a broker and two topics."""
    sensors = [plans.topic_contact(), plans.gauge()]
    secrets = plans.plan()["secrets"] | {"mqtt_password": password}
    return plans.plan(sensors, mqtt=plans.mqtt(port, **{"client_id": "agent"} | changes), secrets=secrets)


def test_missing_broker_is_skipped(make_context, steps):
    """Settings without topics need no broker."""
    assert steps(check_broker, make_context())[0] == [("broker", SKIPPED)]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_working_broker_is_ok(make_context, steps, tmp_path, version):
    """Name, port, login and subscriptions each give a result."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        plan = mqtt(broker.port, "geheim", username="me", version=version)
        results, words = steps(check_broker, make_context(plan))
    assert results == [("broker", OK)] * 3 + [("topics", OK)] + [("topics", WARNING)] * 2
    assert "accepts our login as 'me'" in words
    assert "subscriptions to all 2" in words
    assert "geheim" not in words


def test_agent_s_connection_is_not_closed(make_context, steps, tmp_path):
    """The doctor has its own client id: with the agent's id the broker would disconnect the agent."""
    with Broker(tmp_path / "mosquitto") as broker:
        steps(check_broker, make_context(mqtt(broker.port)))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert "as pushglance-doctor-" in log
    assert "as agent" not in log


def test_wrong_password_is_wrong(make_context, steps, tmp_path):
    """A refused login names the user and never the password."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        results, words = steps(check_broker, make_context(mqtt(broker.port, "falsch", username="me")))
    assert results[-1] == ("broker", WRONG)
    assert "refuses user 'me'" in words
    assert "falsch" not in words


def test_login_is_skipped_without_the_password(make_context, steps, tmp_path):
    """A user who may not read the password gets the checks up to the port."""
    with Broker(tmp_path / "mosquitto", users={"me": "geheim"}) as broker:
        results, _ = steps(check_broker, make_context(mqtt(broker.port, username="me"), has_keys=False))
        log = (tmp_path / "mosquitto/mosquitto.log").read_text()
    assert results == [("broker", OK), ("broker", OK), ("broker", SKIPPED)]
    assert "pushglance-doctor" not in log


def test_refused_topic_is_wrong(make_context, steps):
    """The refused topic is named."""

    def refuse_the_second(subscribe):
        return b"\x90\x04" + subscribe[2:4] + b"\x00\x80"

    with FalseBroker(b"\x20\x02\x00\x00", refuse_the_second) as broker:
        results, words = steps(check_broker, make_context(mqtt(broker.port)))
    assert ("topics", WRONG) in results
    assert "the broker refuses 'garden/tank'" in words


@pytest.fixture
def quick(monkeypatch):
    """Listen for a moment only."""
    monkeypatch.setattr(topics_check, "LISTEN_S", 1.0)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_topic_in_another_case_is_wrong(make_context, steps, tmp_path, version, quick):
    """A topic that differs in case, or by a level, from one with messages names that one."""
    with Broker(tmp_path / "mosquitto") as broker:
        broker.publish_all([("Home/Garage", b"open"), ("home/garden/tank", b"{}")], retain=True)
        results, words = steps(check_broker, make_context(mqtt(broker.port, version=version)))
    assert results[-2:] == [("topics", WRONG)] * 2
    assert "home/garage; near: Home/Garage" in words
    assert "garden/tank; near: home/garden/tank" in words


def test_wrong_pointer_is_wrong(make_context, steps, tmp_path, quick):
    """A retained payload without the pointer names the pointers that it has."""
    with Broker(tmp_path / "mosquitto") as broker:
        broker.publish("t", b'{"temperature":5}', retain=True)
        plan = mqtt(broker.port) | {"sensors": [plans.gauge("kitchen", topic="t", pointer="/Temperature")]}
        results, words = steps(check_broker, make_context(plan))
    assert results[-1] == ("topics", WRONG)
    assert "it has no /Temperature, it has /temperature" in words


def test_readable_topics_are_ok(make_context, steps, tmp_path, quick):
    """Topics with a readable retained message are all right."""
    with Broker(tmp_path / "mosquitto") as broker:
        broker.publish_all([("home/garage", b"open"), ("garden/tank", b"5")], retain=True)
        results, words = steps(check_broker, make_context(mqtt(broker.port)))
    assert results == [("broker", OK)] * 3 + [("topics", OK)] * 2
    assert "2 of 2 have a message that can be read" in words


def test_tls_port_without_tls_is_wrong(make_context, steps, tmp_path, certificates, monkeypatch):
    """A TLS port without `tls = true` says what to write."""
    certificate = certificates / "good.pem"
    monkeypatch.setattr(broker_check, "_ANSWER_S", 1)
    with Broker(tmp_path / "m", tls=(certificate, certificate, certificates / "authority.pem")) as broker:
        results, words = steps(check_broker, make_context(mqtt(broker.port)))
    assert results[-1] == ("broker", WRONG)
    assert "write tls = true" in words


def test_server_that_is_not_a_broker_is_wrong(make_context, steps, monkeypatch):
    """The check ends within seconds, whatever the server answers."""
    monkeypatch.setattr(broker_check, "_ANSWER_S", 0.5)
    with FalseBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n") as broker:
        results, _ = steps(check_broker, make_context(mqtt(broker.port)))
    assert results[-1] == ("broker", WRONG)


def test_unreachable_broker_is_wrong(make_context, steps):
    """A closed port and an unknown name end the check at that step."""
    results, words = steps(check_broker, make_context(mqtt(free_port())))
    assert results == [("broker", OK), ("broker", WRONG)]
    assert "cannot be reached (Connection refused)" in words
    results, words = steps(check_broker, make_context(mqtt(1883, host="no.such.host.invalid")))
    assert results == [("broker", WRONG)]
    assert "cannot be resolved" in words


def test_command_topics_of_a_node_are_checked(make_context, steps, tmp_path):
    """An agent that accepts commands by MQTT must be allowed to subscribe to them."""
    with Broker(tmp_path / "mosquitto") as broker:
        plan = mqtt(broker.port) | {"node": plans.node("pi", ["pause"])}
        assert "subscriptions to all 3" in steps(check_broker, make_context(plan))[1]


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
def test_certificate_of_the_broker_is_verified(make_context, steps, tmp_path, certificates, server, trusted, words):
    """Each reason to refuse a certificate has its own hint; with a valid one all steps follow."""
    certificate = certificates / f"{server}.pem"
    broker = Broker(tmp_path / "mosquitto", tls=(certificate, certificate, certificates / "authority.pem"))
    if server != "good":
        broker._close_cleanly = lambda _probe: None  # the probe of Broker would refuse this certificate, too
    with broker:
        plan = mqtt(broker.port, tls=1, ca_file=str(certificates / f"{trusted}.pem"))
        results, message = steps(check_broker, make_context(plan))
    is_good = (server, trusted) == ("good", "authority")
    assert results[3 if is_good else -1] == (("topics", OK) if is_good else ("broker", WRONG))
    assert words in message


def test_missing_ca_file_is_wrong(make_context, steps):
    """No connection is tried."""
    results, words = steps(check_broker, make_context(mqtt(1, tls=1, ca_file="/no/such.pem")))
    assert results == [("broker", WRONG)]
    assert "ca_file, cert_file or key_file" in words
