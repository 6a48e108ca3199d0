"""Sensors of other agents: unavailable while their node is offline, available with its reading, never news."""

import pytest

from pushglance.core.commands import SaveSensors, SaveTransition
from pushglance.core.events import AvailabilityChanged, NodeChanged, Stopping, ValueSeen
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
KINDS = {
    "contact": (plans.of_node(), "open", "Garage open"),
    "counter": (plans.counter("garage", source="mqtt", counts="total", resets="never", node="pi"), "12", "12"),
    "gauge": (plans.gauge("garage", node="pi"), "55", "55"),
    "text": (plans.text("garage", node="pi"), "hello", "hello"),
}


def harness_of(sensor=None, memory=None, **kwargs):
    """Return a harness whose only watch shows one sensor of the node "pi"."""
    return CoreHarness(plans.plan([sensor or plans.of_node()], [plans.watch(spacing_ms=0)]), memory, **kwargs)


@pytest.mark.parametrize("kind", KINDS)
def test_sensor_is_unavailable_while_its_node_is_offline(kind):
    """An offline node makes "?" of its sensor, for programs at once; with its reading it is shown again."""
    sensor, text, shown = KINDS[kind]
    harness = harness_of(sensor)
    garage = harness.decider.sensors["garage"]
    assert garage.reading() == "unknown"
    harness.feed(NodeChanged(0, "pi", 1), ValueSeen(1, "garage", text, 1))
    harness.pass_to(MINUTE)
    assert (harness.screens["watch"]["text"], garage.reading()) == (shown, text)
    harness.feed(NodeChanged(2 * MINUTE, "pi", 0))
    assert garage.reading() == "unknown"
    harness.pass_to(3 * MINUTE)
    assert harness.screens["watch"]["text"] == "?"
    harness.feed(ValueSeen(4 * MINUTE, "garage", text, 0), NodeChanged(4 * MINUTE, "pi", 1))
    harness.pass_to(5 * MINUTE)
    assert harness.screens["watch"]["text"] == shown
    assert status_snapshot(harness.decider, harness.now_ms)["nodes"] == {"pi": 1}


def test_sensor_stays_unavailable_without_a_reading():
    """If the node is online but has not published this sensor, or "unknown", it stays unavailable until it does."""
    harness = harness_of()
    harness.feed(ValueSeen(0, "garage", "open", 0), NodeChanged(MINUTE, "pi", 0), NodeChanged(2 * MINUTE, "pi", 1))
    harness.pass_to(5 * MINUTE)
    assert harness.screens["watch"]["text"] == "?"
    harness.feed(ValueSeen(6 * MINUTE, "garage", "closed", 0))
    harness.pass_to(7 * MINUTE)
    assert harness.screens["watch"]["text"] == "Garage closed"
    harness.feed(AvailabilityChanged(8 * MINUTE, "garage", "reported", 0))
    harness.pass_to(9 * MINUTE)
    assert harness.screens["watch"]["text"] == "?"
    assert harness.decider.sensors["garage"].unreadable == 0


def test_short_absence_costs_nothing():
    """A node that is offline for a second, e.g. because its broker restarts, causes no push and no transition.

    Unavailability is not urgent, so it waits for the batch window.
    """
    harness = harness_of()
    harness.feed(NodeChanged(0, "pi", 1), ValueSeen(0, "garage", "open", 0))
    harness.pass_to(MINUTE)
    before = len(harness.commands)
    harness.feed(NodeChanged(MINUTE, "pi", 0))
    harness.feed(ValueSeen(MINUTE + 1000, "garage", "open", 0), NodeChanged(MINUTE + 1000, "pi", 1))
    harness.pass_to(2 * MINUTE)
    assert len(harness.pushes) == 1
    assert not [command for command in harness.commands[before:] if isinstance(command, SaveTransition)]


def test_restart_keeps_unavailable():
    """A sensor stays unavailable over a restart until its node publishes it, so "?" is not pushed away and back."""
    harness = harness_of()
    harness.feed(ValueSeen(0, "garage", "open", 0), NodeChanged(MINUTE, "pi", 0))
    harness.pass_to(2 * MINUTE)
    harness.feed(Stopping(3 * MINUTE))
    states = {}
    for command in harness.commands:
        if isinstance(command, SaveSensors):
            states |= command.states
    memory = {"push_id": 2, "sensors": states, "watches": {"watch": {"shown": {"text": "?"}}}}
    again = harness_of(memory=memory)
    again.pass_to(MINUTE)  # the broker is not connected yet
    again.feed(NodeChanged(MINUTE, "pi", 0), ValueSeen(MINUTE + 1, "garage", "open", 1))
    again.pass_to(5 * MINUTE)
    assert again.pushes == []
    again.feed(ValueSeen(6 * MINUTE, "garage", "open", 0), NodeChanged(6 * MINUTE, "pi", 1))
    again.pass_to(7 * MINUTE)
    assert again.screens["watch"]["text"] == "Garage open"


def test_restart_of_the_hub_is_not_news():
    """Retained status and reading, unchanged over a restart, cause nothing."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage open"}}},
    }
    harness = harness_of(memory=memory)
    harness.feed(NodeChanged(0, "pi", 1), ValueSeen(5, "garage", "open", 1))
    harness.pass_to(MINUTE)
    assert harness.commands == []


def test_only_sensors_of_the_offline_node_are_unavailable():
    """Other nodes and topics are not affected."""
    harness = CoreHarness(
        plans.plan([plans.of_node(), plans.topic_contact("gate")], [plans.watch(text=[["gate", ""]])])
    )
    harness.feed(ValueSeen(0, "garage", "open", 0), ValueSeen(0, "gate", "open", 0))
    harness.feed(NodeChanged(1, "other", 0))
    assert [sensor.reading() for sensor in harness.decider.sensors.values()] == ["open", "open"]
    harness.feed(NodeChanged(2, "pi", 0))
    assert [sensor.reading() for sensor in harness.decider.sensors.values()] == ["unknown", "open"]
