"""A board and a real mosquitto: values arrive, readings leave, and the connection is restored."""

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
def start_board(tmp_path):
    """Return a function that creates and starts a board."""
    with contextlib.ExitStack() as stack:

        def start(sensors, watches, sandbox, mqtt, **changes):
            plan = board_plan(sensors, watches, url=sandbox.url, mqtt=mqtt, **changes)
            plan["secrets"]["mqtt_password"] = changes.get("password", "")
            started = stack.enter_context(Board(tmp_path / "flash", plan))
            started.start()
            return started

        yield start


def shown(sandbox, field="text"):
    return sandbox.screen(plans.KEY, "watch")[field]


def test_topics_reach_the_watch(start_board, broker, sandbox):
    """A value at a JSON pointer keeps its digits, a retained message is the first reading, messages are counted."""
    broker.publish("garden/tank", json.dumps({"level": 63.5}), retain=True)
    sensors = [
        plans.gauge(pointer="/level", decimals=1, deadband=0),
        plans.counter(source="mqtt", counts="messages", topic="door/bell", qos=1, pointer="", resets="never"),
    ]
    watch = plans.watch(text=[["tank", ""], " %"], count=[["visitors", ""]], spacing_ms=0)
    board = start_board(sensors, [watch], sandbox, broker_plan(broker))
    sandbox.wait_for(lambda: shown(sandbox) == "63.5 %", WAIT_S)
    broker.publish_all([("door/bell", str(n)) for n in range(3)])
    sandbox.wait_for(lambda: shown(sandbox, "count") == "3", WAIT_S)
    broker.publish("garden/tank", "x" * 5000)
    broker.publish("garden/tank", json.dumps({"level": 40}))
    sandbox.wait_for(lambda: shown(sandbox) == "40.0 %", WAIT_S)
    assert "MQTT broker" not in board.console


def test_a_restarted_broker_is_connected_again(start_board, broker, sandbox):
    """After a restart of the broker the board subscribes again and receives values."""
    watch = plans.watch(text=[["tank", ""]], spacing_ms=0)
    board = start_board([plans.gauge()], [watch], sandbox, broker_plan(broker))
    broker.publish("garden/tank", "10", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "10", WAIT_S)
    broker.stop()
    board.wait_for("[LED blinks 4 times]")
    broker.start()
    board.wait_for("MQTT broker: working again")
    broker.publish("garden/tank", "20", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "20", WAIT_S)


def test_a_silent_broker_is_disconnected(start_board, broker, sandbox):
    """A broker that keeps the connection but does not answer a ping is disconnected, and the loop never hangs."""
    watch = plans.watch(text=[["garage", ""]])
    board = start_board([plans.contact()], [watch], sandbox, broker_plan(broker, keepalive_s=5), node=plans.node())
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", WAIT_S)
    with Listener(broker) as listener:
        listener.wait_for("home/board/status", "online")
    broker._process.send_signal(signal.SIGSTOP)
    try:
        board.wait_for("it does not answer any more")
        board.pin(17, 0)
        sandbox.wait_for(lambda: shown(sandbox) == "Garage closed", WAIT_S)
    finally:
        broker._process.send_signal(signal.SIGCONT)
    board.wait_for("MQTT broker: working again")
    assert board.longest_gap_s < 4
    assert board.watchdog_resets == 0


def test_a_wrong_broker_password_is_logged(tmp_path, start_board, sandbox):
    """A refused login is logged in one line, without the password."""
    with Broker(tmp_path / "strict", users={"me": "right"}) as broker:
        mqtt = broker_plan(broker, username="me")
        board = start_board(
            [plans.gauge()], [plans.watch(text=[["tank", ""]])], sandbox, mqtt, password="the wrong one"
        )
        board.wait_for("it refuses the name or password; correct them under [mqtt] and deploy again")
        assert "the wrong one" not in board.console


def test_a_missing_broker_is_logged_once(start_board, sandbox):
    """A refused connection is logged once, however often it is attempted."""

    class NoBroker:
        port = free_port()

    board = start_board([plans.gauge()], [plans.watch(text=[["tank", ""]])], sandbox, broker_plan(NoBroker))
    board.wait_for("the connection is refused")
    board.wait_for_hardware("led 1", 12)
    assert board.console.count("the connection is refused") == 1


def test_pulses_are_counted_by_interrupt(start_board, sandbox):
    """An interrupt that allocates nothing counts pulses, and their total reaches the watch."""
    watch = plans.watch(count=[["visitors", ""]], spacing_ms=0)
    sensors = [plans.counter(width_us=0, resets="never")]
    board = start_board(sensors, [watch], sandbox, None)
    board.wait_for("50 of 50 pushes left")
    board.pin(27, *([0, 1] * 20))
    sandbox.wait_for(lambda: shown(sandbox, "count") == "20", WAIT_S)


def test_a_board_without_a_watch_is_a_node(start_board, broker, sandbox):
    """Readings are published, retained, before the status; the last will reports a board without power."""
    sensors = [
        plans.contact(settle_open_ms=20, settle_closed_ms=20),
        plans.counter(width_us=0),
        plans.gauge(),
    ]
    with Listener(broker) as listener:
        node = plans.node(announcement='{"cmps": {}}')
        board = start_board(sensors, [], sandbox, broker_plan(broker), node=node)
        listener.wait_for("home/board/status", "online")
        assert listener.last[node["announcement_topic"]] == node["announcement"]
        assert listener.last["home/board/sensor/tank"] == "unknown"
        assert listener.last["home/board/sensor/visitors"] == "0"
        listener.wait_for("home/board/sensor/garage", "open")
        board.pin(17, 0)
        board.pin(27, 0, 1, 0, 1)
        listener.wait_for("home/board/sensor/garage", "closed")
        listener.wait_for("home/board/sensor/visitors", "2")
        board.cut_power()
        listener.wait_for("home/board/status", "offline")
    assert sandbox.requests() == []


def test_a_board_shows_sensors_of_a_node(start_board, broker, sandbox):
    """A sensor of another node is shown, and is "?" while the node is offline or does not know its value."""
    broker.publish_all([("home/pi/status", "online"), ("home/pi/sensor/garage", "open")], retain=True)
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    start_board([plans.of_node()], [watch], sandbox, broker_plan(broker))
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", WAIT_S)
    broker.publish("home/pi/status", "offline", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "?", WAIT_S)
    broker.publish_all([("home/pi/sensor/garage", "closed"), ("home/pi/status", "online")], retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "Garage closed", WAIT_S)
    broker.publish("home/pi/sensor/garage", "unknown", retain=True)
    sandbox.wait_for(lambda: shown(sandbox) == "?", WAIT_S)
