"""The laws as properties: never over, the last state always reached, late is as good as on time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, EdgeSeen, PulsesSeen, ValueSeen
from pushglance.core.pacing.budget import WINDOW_MS
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000

# (gap to the one before in ms, sensor, value); gaps from bounce to half a day
gaps = st.one_of(st.integers(0, 300), st.integers(0, 5 * MINUTE), st.integers(0, 12 * 60 * MINUTE))
events = st.one_of(
    st.tuples(st.just("garage"), st.integers(0, 1)),
    st.tuples(st.just("tank"), st.integers(0, 100)),
    st.tuples(st.just("visitors"), st.integers(1, 5)),
)
stories = st.lists(st.tuples(gaps, events), max_size=150)


def harness_of(pushes, outcome=DELIVERED):
    """Return a harness with a door, a tank and a counter on one watch."""
    watch = plans.watch(pushes=pushes, text=[["garage", ""]], count=[["visitors", "total"]], percent=[["tank", ""]])
    return CoreHarness(plans.plan([plans.contact(), plans.gauge(), plans.counter()], [watch]), outcome=outcome)


def told(story):
    """Return the story as facts with instants and running totals."""
    at_ms, pulses, events = 0, 0, []
    for gap_ms, (sensor, value) in story:
        at_ms += gap_ms
        if sensor == "garage":
            events.append(EdgeSeen(at_ms, sensor, value))
        elif sensor == "tank":
            events.append(ValueSeen(at_ms, sensor, str(value), 0))
        else:
            pulses += value
            events.append(PulsesSeen(at_ms, sensor, pulses))
    return events


def live(harness, events, end_ms):
    """SimulatorInput in each fact at its time."""
    for event in events:
        harness.pass_to(event.at_ms)
        harness.feed(event)
    harness.pass_to(end_ms)


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 8), st.sampled_from([DELIVERED, UNKNOWN, UNSENT, THROTTLED, REFUSED]))
def test_never_over(story, pushes, outcome):
    """No 24 hours hold more pushes that may have arrived than the budget, whatever happens and whatever the answers."""
    harness = harness_of(pushes, outcome)
    live(harness, told(story), 3 * WINDOW_MS)
    instants = [at_ms for at_ms, _, _ in harness.pushes] if outcome != UNSENT else []
    for start in instants:
        assert len([at_ms for at_ms in instants if start <= at_ms < start + WINDOW_MS]) <= pushes


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 8))
def test_the_last_state_is_always_reached(story, pushes):
    """Once the world is quiet the watch shows the truth, at the latest when debits have come back."""
    harness = harness_of(pushes)
    events = told(story)
    end_ms = (events[-1].at_ms if events else 0) + 2 * WINDOW_MS + 60 * MINUTE
    live(harness, events, end_ms)
    assert harness.watch().pending == {}
    truth = {}
    for name, field in (("garage", "text"), ("tank", "percent"), ("visitors", "count")):
        text = harness.decider.sensors[name].text("percent" if name == "tank" else "")
        if text is not None:
            truth[field] = harness.decider.sensors[name].text("total") if name == "visitors" else text
    assert harness.screens.get("watch", {}) == truth
    assert harness.decider.deadline_ms() is None or harness.decider.deadline_ms() > end_ms


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 40))
def test_late_is_as_good_as_on_time(story, size):
    """Facts delivered late in batches leave the same readings as on time."""
    events = told(story)
    end_ms = (events[-1].at_ms if events else 0) + MINUTE
    on_time, late = harness_of(50), harness_of(50)
    live(on_time, events, end_ms)
    for first in range(0, len(events), size):
        batch = events[first : first + size]
        for event in batch:
            late.decider.handle(event)
    late.now_ms = end_ms
    late.pass_to(end_ms)
    for name in ("garage", "tank", "visitors"):
        assert late.decider.sensors[name].state() == on_time.decider.sensors[name].state()


@settings(max_examples=60, deadline=None)
@given(stories)
def test_no_push_changes_nothing(story):
    """Each push puts at least one new value on the screen, and carries no field that was there already."""
    harness = harness_of(50)
    live(harness, told(story), 0)
    screen = {}
    for _, _, glance in harness.pushes:
        assert glance
        assert all(screen.get(field) != text for field, text in glance.items())
        screen.update(glance)
