"""Effort: the cost of an event does not depend on other sensors. Calls are counted, nothing is timed."""

import pytest

from pushglance.core.commands import SaveModel
from pushglance.core.events import EdgeSeen
from pushglance.core.pacing.price_model import PriceModel
from pushglance.core.push import glance
from pushglance.core.push.watch import Watch
from pushglance.core.sensors.contact import Contact
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000


def harness_of(sensors):
    """Return a harness with so many contacts, each on its own watch, after their first pushes."""
    names = [f"door{number}" for number in range(sensors)]
    watches = [plans.watch(f"watch-{name}", pacing="price", text=[[name, ""]]) for name in names]
    harness = CoreHarness(plans.plan([plans.contact(name) for name in names], watches))
    for name in names:
        harness.feed(EdgeSeen(harness.now_ms, name, 0))
    harness.pass_to(harness.now_ms + 30 * MINUTE)
    return harness


@pytest.fixture
def calls(monkeypatch):
    """Return a list that gets the name of each expensive call: deciding, rendering, settling, simulated screens."""
    made = []

    def count(owner, name):
        real = getattr(owner, name)

        def counted(*arguments):
            made.append(name)
            return real(*arguments)

        monkeypatch.setattr(owner, name, counted)

    for owner, name in ((Watch, "decide"), (glance, "_render"), (Contact, "advance"), (PriceModel, "_advance")):
        count(owner, name)
    return made


def test_event_costs_the_same_among_many_sensors(calls):
    """A door that opens makes the same calls with one sensor and watch as with forty."""
    made = []
    for sensors in (1, 40):
        harness = harness_of(sensors)
        calls.clear()
        harness.feed(EdgeSeen(harness.now_ms, "door0", 1))
        harness.pass_to(harness.now_ms + 2000)
        assert harness.screens["watch-door0"] == {"text": "Garage open"}
        made.append(list(calls))
    assert made[0] == made[1]


def test_only_changed_models_are_saved():
    """After an hour in which one door of forty moved, only its model and that of its watch are saved."""
    harness = harness_of(40)
    harness.pass_to(harness.now_ms + 120 * MINUTE)
    before = len(harness.commands)
    harness.feed(EdgeSeen(harness.now_ms, "door7", 1))
    harness.pass_to(harness.now_ms + 120 * MINUTE)
    learnt = [command.states for command in harness.commands[before:] if isinstance(command, SaveModel)]
    assert [sorted(states) for states in learnt] == [["sensor door7", "watch watch-door7"]]


def test_waiting_renders_nothing(calls):
    """Checking a waiting change, or an answer, renders no field again; only a changed sensor does."""
    harness = harness_of(1)
    calls.clear()
    for number in range(1, 40):
        harness.feed(EdgeSeen(harness.now_ms, "door0", number % 2))
        harness.pass_to(harness.now_ms + 500)
        assert calls.count("_render") <= number
    assert calls.count("decide") > 40 > calls.count("_render")
