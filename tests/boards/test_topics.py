"""A board and a real mosquitto: values in, readings out, and a broker that goes, comes, and falls silent."""

import contextlib
import json
import signal

import pytest

from pushglance.sandbox import Sandbox
from support import plans
from support.boards.board import WAIT_S, Board, board_plan, broker_plan
from support.servers.broker import Broker, free_port
from support.servers.mqtt_listener import Listener


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def board(tmp_path):
    """Return a function that makes and starts a board."""
    with contextlib.ExitStack() as stack:

        def start(sensors, watches, sandbox, mqtt, **changes):
            plan = board_plan(sensors, watches, url=sandbox.url, mqtt=mqtt, **changes)
            plan["secrets"]["mqtt_password"] = changes.get("password", "")
            one = stack.enter_context(Board(tmp_path / "flash", plan))
            one.start()
            return one

        yield start


def shown(sandbox, field="text"):
    return sandbox.screen(plans.KEY, "watch")[field]


def test_topics_reach_the_watch(board, broker, sandbox):
    """A gauge behind a JSON pointer keeps its digits, a retained message is the first look, messages are counted."""
    broker.publish("garden/tank", json.dumps({"level": 63.5}), retain=True)
    sensors = [
        plans.gauge(pointer="/level", decimals=1, deadband=0),
        plans.counter(source="mqtt", counts="messages", topic="door/bell", qos=1, pointer="", resets="never"),
    ]
    watch = plans.watch(text=[["tank", ""], " %"], count=[["visitors", ""]], spacing_ms=0)
    door = board(sensors, [watch], sandbox, broker_plan(broker))
    sandbox.wait_for(lambda: shown(sandbox) == "63.5 %", WAIT_S)
    broker.publish_all([("door/bell", str(n)) for n in range(3)])
    sandbox.wait_for(lambda: shown(sandbox, "count") == "3", WAIT_S)
    broker.publish("garden/tank", "x" * 5000)
    broker.publish("garden/tank", json.dumps({"level": 40}))
    sandbox.wait_for(lambda: shown(sandbox) == "40.0 %", WAIT_S)
    assert "MQTT broker" not in door.console


def test_a_broker_that_restarts_is_found_again(board, broker, sandbox):
    """After a restart the board subscribes again and hears what is published then."""
    watch = plans.watch(text=[["tank", ""]], spacing_ms=0)
    door = board([plans.gauge()], [watch], sandbox, broker_plan(broker))
    broker.publish("garden/tank", "10", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "10", WAIT_S)
    broker.stop()
    door.wait_for("[LED blinks 4 times]")
    broker.start()
    door.wait_for("MQTT broker: well again")
    broker.publish("garden/tank", "20", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "20", WAIT_S)


def test_a_silent_broker_is_dropped(board, broker, sandbox):
    """A broker that holds the connection and says nothing is noticed by its missing ping, and the loop never hangs."""
    watch = plans.watch(text=[["garage", ""]])
    door = board([plans.contact()], [watch], sandbox, broker_plan(broker, keepalive_s=5), node=plans.node())
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", WAIT_S)
    with Listener(broker) as listener:
        listener.wait_for("home/board/status", "online")
    broker._process.send_signal(signal.SIGSTOP)
    try:
        door.wait_for("it does not answer any more")
        door.pin(17, 0)
        sandbox.wait_for(lambda: shown(sandbox) == "Garage closed", WAIT_S)
    finally:
        broker._process.send_signal(signal.SIGCONT)
    door.wait_for("MQTT broker: well again")
    assert door.longest_gap_s < 4
    assert door.bites == 0


def test_a_wrong_broker_password_is_told(tmp_path, board, sandbox):
    """A broker that refuses the login is one sentence; the password stands nowhere."""
    with Broker(tmp_path / "strict", users={"me": "right"}) as broker:
        mqtt = broker_plan(broker, username="me")
        door = board([plans.gauge()], [plans.watch(text=[["tank", ""]])], sandbox, mqtt, password="the wrong one")
        door.wait_for("it refuses the name or password; correct them under [mqtt] and deploy again")
        assert "the wrong one" not in door.console


def test_a_wrong_broker_is_told(board, sandbox):
    """A port where nobody listens is told once, however often it is tried."""

    class Nobody:
        port = free_port()

    door = board([plans.gauge()], [plans.watch(text=[["tank", ""]])], sandbox, broker_plan(Nobody))
    door.wait_for("the connection is refused")
    door.wait_told("led 1", 12)
    assert door.console.count("the connection is refused") == 1


def test_pulses_are_counted_by_interrupt(board, broker, sandbox):
    """Pulses bump a number in an interrupt that allocates nothing, and their total reaches the watch."""
    watch = plans.watch(count=[["visitors", ""]], spacing_ms=0)
    sensors = [plans.counter(width_us=0, resets="never")]
    door = board(sensors, [watch], sandbox, None)
    door.wait_for("50 of 50 pushes left")
    door.pin(27, *([0, 1] * 20))
    sandbox.wait_for(lambda: shown(sandbox, "count") == "20", WAIT_S)


def test_a_board_without_a_watch_is_a_node(board, broker, sandbox):
    """The settled readings are published, retained, before the status; the last will tells when it is gone."""
    sensors = [
        plans.contact(settle_open_ms=20, settle_closed_ms=20),
        plans.counter(width_us=0),
        plans.gauge(),
    ]
    with Listener(broker) as listener:
        node = plans.node(announcement='{"cmps": {}}')
        door = board(sensors, [], sandbox, broker_plan(broker), node=node)
        listener.wait_for("home/board/status", "online")
        assert listener.last[node["announcement_topic"]] == node["announcement"]
        assert listener.last["home/board/sensor/tank"] == "unknown"
        assert listener.last["home/board/sensor/visitors"] == "0"
        listener.wait_for("home/board/sensor/garage", "open")
        door.pin(17, 0)
        door.pin(27, 0, 1, 0, 1)
        listener.wait_for("home/board/sensor/garage", "closed")
        listener.wait_for("home/board/sensor/visitors", "2")
        door.cut()
        listener.wait_for("home/board/status", "offline")
    assert sandbox.requests() == []


def test_a_board_as_a_hub(board, broker, sandbox):
    """A sensor of another node is shown, is "?" while that is away or does not know, and is shown again after."""
    broker.publish_all([("home/pi/status", "online"), ("home/pi/sensor/garage", "open")], retain=True)
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    board([plans.of_node()], [watch], sandbox, broker_plan(broker))
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", WAIT_S)
    broker.publish("home/pi/status", "offline", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "?", WAIT_S)
    broker.publish_all([("home/pi/sensor/garage", "closed"), ("home/pi/status", "online")], retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "Garage closed", WAIT_S)
    broker.publish("home/pi/sensor/garage", "unknown", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "?", WAIT_S)
