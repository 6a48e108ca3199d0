"""The kept pushes: a state that holds for four hours is shown, however the pushes before it were spent."""

import random

import pytest

from pushglance.core.events import PulsesSeen, ValueSeen
from pushglance.core.pacing.budget import ARRIVAL_MS, KEPT_MS, Budget
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LATE_MS = 5000  # a batch, and the rounding of waits


def busy_home(seed, hours):
    """Return a harness after so many hours of changes of a door, a window and a counter, and when the last one was."""
    rng = random.Random(seed)
    sensors = [
        plans.topic_contact(share=100),
        plans.topic_contact("window", "home/window", urgent=seed % 2, share=100),
        plans.counter(resets="never", share=100),
    ]
    fields = {"text": [["garage", ""]], "subtext": [["window", ""]], "count": [["visitors", "total"]]}
    harness = CoreHarness(
        plans.plan(
            sensors, [plans.watch(pushes=rng.choice((30, 50)), pacing="price", spacing_ms=20 * MINUTE, **fields)]
        )
    )
    names = rng.choice((["garage"], ["window"], ["garage", "window"], ["garage", "visitors"]))
    pause_ms = rng.choice((20_000, 80_000, 2 * MINUTE))
    harness.feed(*[ValueSeen(0, name, "closed", 0) for name in ("garage", "window")])
    words, visitors = {"garage": "closed", "window": "closed"}, 0
    at_ms = 0
    while at_ms < hours * HOUR:
        at_ms += rng.randrange(1000, 2 * pause_ms)
        harness.pass_to(at_ms)
        name = rng.choice(names)
        if name == "visitors":
            visitors += rng.randrange(1, 30)
            harness.feed(PulsesSeen(at_ms, name, visitors))
        else:
            words[name] = "open" if words[name] == "closed" else "closed"
            harness.feed(ValueSeen(at_ms, name, words[name], 0))
        while seed % 3 and harness.watch().pending and at_ms < hours * HOUR:  # each push that can be made is spent
            at_ms += MINUTE
            harness.pass_to(at_ms)
    return harness, at_ms


@pytest.mark.parametrize("seed", range(12))
def test_a_state_that_holds_four_hours_is_shown(seed):
    """Whatever changed before and however often, four hours later the watch is right."""
    harness, last_ms = busy_home(seed, 5 + seed % 4 * 8)
    is_shown_open = harness.screens["watch"]["subtext"] == "Window open"
    harness.feed(ValueSeen(last_ms, "window", "closed" if is_shown_open else "open", 0))
    harness.pass_to(last_ms + KEPT_MS + LATE_MS)
    assert harness.watch().pending == {}


def budget_of(capacity, *ages_h):
    """Return a budget with a push so many hours ago for each of these."""
    until_ms = [(100 - age_h) * HOUR + DAY + ARRIVAL_MS for age_h in ages_h]
    return Budget(capacity, [[number, at_ms, -1] for number, at_ms in enumerate(until_ms)], 0)


def test_pushes_that_return_in_time_are_not_kept():
    """Six are kept if all return in 24 hours, fewer the sooner some return, and none by a small budget."""
    now_ms = 100 * HOUR
    assert budget_of(50, *[0] * 40).kept(now_ms) == 6
    assert budget_of(50, *range(24)).kept(now_ms) == 0
    assert budget_of(50, *[1, 21] * 20).kept(now_ms) == 0
    assert budget_of(50, *[12] * 40).kept(now_ms) == 3
    assert budget_of(29, *[0] * 20).kept(now_ms) == 0
    assert budget_of(50).kept(now_ms) == 6
