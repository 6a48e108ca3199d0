"""How old a value is, in steps: true until the next step, with few changes."""

import pytest

from pushglance.core.events import EdgeSeen, PulsesSeen, ValueSeen
from support import plans
from support.core_harness import CoreHarness

HOUR = 3_600_000


@pytest.fixture
def home():
    """Return a harness of a gauge whose age is shown."""
    sensor = plans.gauge(age=1)
    return CoreHarness(plans.plan([sensor], [plans.watch(spacing_ms=60_000, text=[["tank", ""], ["tank", "age"]])]))


def test_age_grows_in_steps(home):
    """The watch shows the age in growing steps, and each step is pushed once."""
    home.feed(ValueSeen(0, "tank", "5", 0))
    seen = []
    for hour in (0.9, 1, 2, 3, 5.9, 6, 12, 23.9, 24, 47.9, 48, 72):
        home.pass_to(int(hour * HOUR) + 120_000)
        seen.append(home.screens["watch"]["text"][1:])
    assert seen == ["<1 h", ">1 h", ">2 h", ">3 h", ">3 h", ">6 h", ">12 h", ">12 h", ">1 d", ">1 d", ">2 d", ">3 d"]
    assert len(home.pushes) == 9


def test_a_live_message_with_the_same_value_restarts_the_age(home):
    """Any live message confirms the value; a retained one says nothing about its age."""
    home.feed(ValueSeen(0, "tank", "5", 0))
    home.pass_to(7 * HOUR)
    home.feed(ValueSeen(7 * HOUR, "tank", "5", 1))
    assert home.decider.sensors["tank"].age.text == ">6 h"
    home.feed(ValueSeen(7 * HOUR, "tank", "5", 0))
    home.pass_to(7 * HOUR + 120_000)
    assert home.screens["watch"]["text"] == "5<1 h"


def test_age_is_unknown_before_the_first_value():
    """A sensor that was never heard has no age, and pins have one, too."""
    sensors = [plans.contact(age=1), plans.counter(age=1)]
    fields = {"title": [["garage", "age"]], "text": [["visitors", "age", "never"]]}
    home = CoreHarness(plans.plan(sensors, [plans.watch(spacing_ms=60_000, **fields)]))
    home.pass_to(HOUR)
    assert home.screens["watch"].get("title") in (None, "?")
    home.feed(EdgeSeen(HOUR, "garage", 1), PulsesSeen(HOUR, "visitors", 1))
    home.pass_to(HOUR + 120_000)
    assert home.screens["watch"] == {"title": "<1 h", "text": "<1 h"}
