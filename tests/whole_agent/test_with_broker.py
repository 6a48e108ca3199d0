"""The agent with the examples of config/ and a real mosquitto."""

from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER
from support.servers.broker import Broker, require_mosquitto

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def broker(tmp_path):
    """Run a real mosquitto."""
    require_mosquitto()
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as broker:
        yield broker


@pytest.fixture
def example(agent, broker):
    """Return a function that starts the agent with an example file; the environment sets sandbox and broker."""

    def start(name, **settings):
        agent.config = CONFIG / name
        agent.environment |= {
            "PUSHGLANCE_PUSHOVER__TOKEN": TOKEN,
            "PUSHGLANCE_PUSHOVER__USER": USER,
            "PUSHGLANCE_PUSHOVER__URL": agent.sandbox.url,
            "PUSHGLANCE_MQTT__HOST": "127.0.0.1",
            "PUSHGLANCE_MQTT__PORT": str(broker.port),
            "PUSHGLANCE_CLOCK__TRUST": "always",
            "PUSHGLANCE_BUDGET__SPACING": "1s",
            "PUSHGLANCE_BUDGET__PACING": "spacing",
        } | settings
        return agent.start()

    return start


HOME = [
    ("zigbee2mqtt/bathroom_window", '{"contact": true}'),
    ("zigbee2mqtt/bathroom_climate", '{"temperature": 21.37, "humidity": 55}'),
    ("tele/meter/SENSOR", '{"ENERGY": {"Power": 182}}'),
    ("tele/meter/LWT", "Online"),
]
SHOWN = {"title": "21.4 °C, Online", "text": "Windows closed", "count": "182", "percent": "4"}


def start_with_home(agent, broker, **settings):
    """Publish the home's retained messages, start the agent, and return it when the watch shows them."""
    broker.publish_all(HOME, retain=True)
    agent = agent("mqtt-only.toml", **settings)
    agent.wait_for_screen(**SHOWN)
    agent.wait_until_settled()
    return agent


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_messages_become_glances(example, broker, version):
    """Retained messages are one push, the baseline; a window that opens is the next one, with its field only."""
    agent = start_with_home(example, broker, PUSHGLANCE_MQTT__VERSION=version)
    broker.publish("zigbee2mqtt/bathroom_window", '{"contact": false}')
    agent.wait_for_screen(text="Window open")
    pushes = [arrival.fields for arrival in agent.sandbox.arrivals()]
    assert len(pushes) == 2
    assert pushes[1]["text"] == "Window open"
    assert set(pushes[1]) <= {"text", "subtext"}


def test_broker_restart_pushes_nothing(example, broker):
    """Retained messages come again and are not pushed; later changes are."""
    agent = start_with_home(example, broker)
    broker.restart()
    agent.wait_for(lambda: "MQTT broker: available again after" in agent.log.read_text())
    broker.publish_all(HOME, retain=True)
    broker.publish("zigbee2mqtt/bathroom_window", '{"contact": false}')
    agent.wait_for_screen(text="Window open")
    assert len(agent.sandbox.arrivals()) == 2


def test_broker_unavailable_at_the_start(example, broker):
    """The agent starts without its broker and connects when it is available."""
    broker.stop()
    agent = example("mqtt-only.toml")
    agent.wait_for(lambda: "Cannot connect to the MQTT broker" in agent.log.read_text())
    broker.start()
    broker.publish_all(HOME, retain=True)
    agent.wait_for_screen(**SHOWN)


def test_kill_and_restart_pushes_nothing(example, broker):
    """After a kill, retained messages that come again are not pushed."""
    agent = start_with_home(example, broker)
    agent.process.kill()
    agent.process.wait()
    agent.start()
    broker.publish("tele/meter/SENSOR", '{"ENERGY": {"Power": 900}}', retain=True)
    agent.wait_for_screen(count="900")
    assert len(agent.sandbox.arrivals()) == 2


@pytest.mark.parametrize(("version", "count"), [("5", 4), ("3.1.1", 5)])
def test_invalid_payloads_are_counted(example, broker, version, count):
    """Payloads of any bytes are counted as unreadable; one of a megabyte is never sent by a broker with MQTT 5.

    Not counted: an empty one, which says that the value is unknown, and JSON that lacks the key.
    """
    agent = start_with_home(example, broker, PUSHGLANCE_MQTT__VERSION=version)
    invalid = [b"\xff\xfe", b"{" * 100_000, b"[" * 5000, b"9" * 1_000_000, "🚪".encode()]
    noise = [b"", *invalid, b"\0", b"[" * 5000 + b"]" * 5000]
    broker.publish_all([(topic, payload) for topic, _ in HOME[:3] for payload in noise])
    broker.publish("zigbee2mqtt/bathroom_window", '{"contact": false}')
    agent.wait_for_screen(text="Window open")
    for sensor in ("window", "power"):
        agent.wait_for(lambda sensor=sensor: agent.status()["sensors"][sensor]["unreadable"] == count)


def test_ten_thousand_messages_need_few_pushes(example, broker):
    """The newest value of each topic is shown."""
    agent = start_with_home(example, broker)
    flood = [("tele/meter/SENSOR", f'{{"ENERGY": {{"Power": {number}}}}}') for number in range(9999, -1, -100)] * 100
    broker.publish_all([*flood, ("tele/meter/SENSOR", '{"ENERGY": {"Power": 4321}}')])
    agent.wait_for_screen(count="4321")
    assert len(agent.sandbox.arrivals()) < 20


@pytest.mark.parametrize("name", ["garage-door.toml", "counters.toml"])
def test_examples_with_pins_run(example, name):
    """Only the pin factory is replaced by a mock."""
    agent = example(name, PUSHGLANCE_GPIO__FACTORY="mock")
    agent.sandbox.wait_for(agent.sandbox.arrivals, timeout_s=20)
