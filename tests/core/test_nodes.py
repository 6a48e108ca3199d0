"""Sensors of other agents: gone with their node, back with its reading, and never news by that alone."""

import pytest

from pushglance.core.commands import SaveSensors, SaveTransition
from pushglance.core.events import NodeChanged, Stopping, ValueSeen
from pushglance.core.status.status_snapshot import picture
from support import plans
from support.core_harness import House

MINUTE = 60_000
KINDS = {
    "contact": (plans.of_node(), "open", "Garage open"),
    "counter": (plans.counter("garage", source="mqtt", counts="total", resets="never", node="pi"), "12", "12"),
    "gauge": (plans.gauge("garage", node="pi"), "55", "55"),
    "text": (plans.text("garage", node="pi"), "hello", "hello"),
}


def house_of(sensor=None, memory=None, **kwargs):
    """Return a house whose one watch shows one sensor of the node "pi"."""
    return House(plans.plan([sensor or plans.of_node()], [plans.watch(spacing_ms=0)]), memory, **kwargs)


@pytest.mark.parametrize("kind", KINDS)
def test_gone_with_its_node_and_back_with_it(kind):
    """A node that goes makes "?" of its sensor, at once to machines; one that comes back with its reading shows it."""
    sensor, text, shown = KINDS[kind]
    house = house_of(sensor)
    garage = house.decider.sensors["garage"]
    assert garage.reading() == "unknown"
    house.tell(NodeChanged(0, "pi", 1), ValueSeen(1, "garage", text, 1))
    house.pass_to(MINUTE)
    assert (house.screens["watch"]["text"], garage.reading()) == (shown, text)
    house.tell(NodeChanged(2 * MINUTE, "pi", 0))
    assert garage.reading() == "unknown"
    house.pass_to(3 * MINUTE)
    assert house.screens["watch"]["text"] == "?"
    house.tell(ValueSeen(4 * MINUTE, "garage", text, 0), NodeChanged(4 * MINUTE, "pi", 1))
    house.pass_to(5 * MINUTE)
    assert house.screens["watch"]["text"] == shown
    assert picture(house.decider, house.now_ms)["nodes"] == {"pi": 1}


def test_back_without_its_reading():
    """A node that is back and has not told this sensor, or that says "unknown", leaves it away until it tells."""
    house = house_of()
    house.tell(ValueSeen(0, "garage", "open", 0), NodeChanged(MINUTE, "pi", 0), NodeChanged(2 * MINUTE, "pi", 1))
    house.pass_to(5 * MINUTE)
    assert house.screens["watch"]["text"] == "?"
    house.tell(ValueSeen(6 * MINUTE, "garage", "closed", 0))
    house.pass_to(7 * MINUTE)
    assert house.screens["watch"]["text"] == "Garage closed"
    house.tell(ValueSeen(8 * MINUTE, "garage", "unknown", 0))
    house.pass_to(9 * MINUTE)
    assert house.screens["watch"]["text"] == "?"
    assert house.decider.sensors["garage"].unreadable == 0


def test_a_blink_costs_nothing():
    """A node away for a second, as when its broker restarts, is no push: what is away is not urgent and waits a moment.

    Nor is it a change of the door in the history.
    """
    house = house_of()
    house.tell(NodeChanged(0, "pi", 1), ValueSeen(0, "garage", "open", 0))
    house.pass_to(MINUTE)
    before = len(house.orders)
    house.tell(NodeChanged(MINUTE, "pi", 0))
    house.tell(ValueSeen(MINUTE + 1000, "garage", "open", 0), NodeChanged(MINUTE + 1000, "pi", 1))
    house.pass_to(2 * MINUTE)
    assert len(house.pushes) == 1
    assert not [order for order in house.orders[before:] if isinstance(order, SaveTransition)]


def test_a_restart_remembers_what_was_away():
    """After a restart a sensor that was away stays so until its node tells: the "?" is not pushed away and back."""
    house = house_of()
    house.tell(ValueSeen(0, "garage", "open", 0), NodeChanged(MINUTE, "pi", 0))
    house.pass_to(2 * MINUTE)
    house.tell(Stopping(3 * MINUTE))
    states = {}
    for order in house.orders:
        if isinstance(order, SaveSensors):
            states |= order.states
    memory = {"push_id": 2, "sensors": states, "watches": {"watch": {"shown": {"text": "?"}}}}
    again = house_of(memory=memory)
    again.pass_to(MINUTE)  # the broker is not there yet
    again.tell(NodeChanged(MINUTE, "pi", 0), ValueSeen(MINUTE + 1, "garage", "open", 1))
    again.pass_to(5 * MINUTE)
    assert again.pushes == []
    again.tell(ValueSeen(6 * MINUTE, "garage", "open", 0), NodeChanged(6 * MINUTE, "pi", 1))
    again.pass_to(7 * MINUTE)
    assert again.screens["watch"]["text"] == "Garage open"


def test_a_restart_of_the_hub_is_not_news():
    """Retained status and reading, as they were before a restart, change nothing."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage open"}}},
    }
    house = house_of(memory=memory)
    house.tell(NodeChanged(0, "pi", 1), ValueSeen(5, "garage", "open", 1))
    house.pass_to(MINUTE)
    assert house.orders == []


def test_other_nodes_and_topics_are_not_concerned():
    """Only the sensors of the node that went are away."""
    house = House(plans.plan([plans.of_node(), plans.topic_contact("gate")], [plans.watch(text=[["gate", ""]])]))
    house.tell(ValueSeen(0, "garage", "open", 0), ValueSeen(0, "gate", "open", 0))
    house.tell(NodeChanged(1, "other", 0))
    assert [sensor.reading() for sensor in house.decider.sensors.values()] == ["open", "open"]
    house.tell(NodeChanged(2, "pi", 0))
    assert [sensor.reading() for sensor in house.decider.sensors.values()] == ["unknown", "open"]
