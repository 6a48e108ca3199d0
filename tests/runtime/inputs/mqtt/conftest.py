"""Fixtures for the MQTT connection: a broker, a connection to it, and certificates."""

import pytest
import trustme

from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from support import plans
from support.servers.broker import Broker


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


@pytest.fixture
def ready(sensor):
    """A text sensor for `subscribed`."""
    return sensor("text", name="ready", topic="ready")


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
