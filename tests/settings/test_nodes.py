"""[node] and sensors of nodes: names, topics, and nodes without a watch."""

import socket

import pytest

from pushglance.errors import SettingsError
from pushglance.plan import compile_plan
from pushglance.plan.overview import overview
from pushglance.settings import load_settings

_BROKER = "[mqtt]\nhost = 'h'\n"
_SENSOR = "[sensors.a]\nkind = 'contact'\ngpio = 4\n"
_GLANCE = "[glance]\ntext = '{a}'\n"


def of_node(kind, more=""):
    """Return settings of a hub with one sensor of a node."""
    return f"{_BROKER}[sensors.a]\nkind = '{kind}'\nnode = 'pi'\n{more}\n{_GLANCE}"


def test_node_needs_no_watch(write):
    """With [node], a broker and no keys the agent only publishes: no watch, no token."""
    plan = compile_plan(load_settings(write(f"[node]\nname = 'garage-pi'\n{_BROKER}{_SENSOR}")))
    assert plan["watches"] == []
    assert plan["node"]["root"] == "pushglance/garage-pi"
    assert plan["node"]["commands"] == []
    assert plan["mqtt"]["client_id"] == "pushglance-garage-pi"


def test_node_with_a_glance_needs_keys(write):
    """A node with a glance needs Pushover's keys like any other agent."""
    with pytest.raises(SettingsError, match=r"^pushover\.token: missing"):
        load_settings(write(f"[node]\n{_BROKER}{_SENSOR}{_GLANCE}"))


def test_node_with_keys_needs_a_glance(issues):
    """A node with keys needs a glance."""
    [line] = issues(f"[node]\n{_BROKER}{_SENSOR}")
    assert line.startswith("glance: missing, so nothing is shown")
    assert line.endswith("or remove Pushover's keys if this node shall only publish")


@pytest.mark.parametrize(
    ("host", "name"),
    [("RaspberryPi.local", "raspberrypi-local"), ("küche_2", "k-che_2"), ("---", "agent"), ("x" * 60, "x" * 32)],
)
def test_default_name_is_that_of_the_computer(load, monkeypatch, host, name):
    """The default name is the computer's, with characters that topics and Home Assistant accept."""
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    plan = compile_plan(load(f"[node]\n{_BROKER}{_SENSOR}{_GLANCE}"))
    assert plan["node"]["root"] == f"pushglance/{name}"


def test_commands_can_be_set_in_the_environment(load, monkeypatch):
    """The environment has the list of commands with commas."""
    monkeypatch.setenv("PUSHGLANCE_NODE__COMMANDS", "pause, push-now")
    plan = compile_plan(load(f"{_BROKER}{_SENSOR}{_GLANCE}"))
    assert plan["node"]["commands"] == ["pause", "push-now"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("contact", {"open_payloads": ["open"], "closed_payloads": ["closed"], "settle_open_ms": 0}),
        ("counter", {"counts": "total", "qos": 1}),
        ("gauge", {"pointer": ""}),
        ("text", {"length": 40}),
    ],
)
def test_name_of_the_node_is_enough(load, kind, expected):
    """Topics and payloads of a node's sensor follow from the node's name; its default share is that of topics."""
    [sensor] = compile_plan(load(of_node(kind)))["sensors"]
    common = {"node": "pi", "topic": "pushglance/pi/sensor/a", "status_topic": "pushglance/pi/status", "share": 80}
    assert sensor.items() >= (common | expected | {"source": "mqtt"}).items()


def test_sensor_name_and_prefix_can_differ(load):
    """The sensor may have another name on its node, and all nodes another prefix."""
    text = of_node("contact", "sensor = 'door'\ninvert = true") + "[node]\nname = 'hub'\nprefix = 'my/home'\n"
    plan = compile_plan(load(text))
    [sensor] = plan["sensors"]
    assert sensor["topic"] == "my/home/pi/sensor/door"
    assert sensor["open_payloads"] == ["closed"]
    assert plan["node"]["root"] == "my/home/hub"


def test_overview_shows_the_node(load):
    """The overview shows what is published, which commands are accepted, and the node of a sensor."""
    settings = load(of_node("counter", "sensor = 'door'") + "[node]\nname = 'hub'\ncommands = ['pause']\n")
    text = "\n".join(overview(settings))
    assert "pushglance/hub/sensor/... and pushglance/hub/status" in text
    assert "pause under pushglance/hub/command" in text
    assert "node pi, door there" in text


def test_simulation_publishes_nothing(load):
    """A simulation does not use a broker, so it publishes nothing."""
    assert compile_plan(load(f"[simulation]\nhand = '/tmp/h'\n[node]\n{_SENSOR}{_GLANCE}"))["node"] is None
