"""The laws as properties: never over, the last state is reached, late events give the same result as events on time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pushglance.core.commands import SaveTransition
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, EdgeSeen, PulsesSeen, ValueSeen
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
DAY = 24 * 60 * MINUTE

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


def events_of(story):
    """Return the story as events with instants and running totals."""
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
    """Feed each event at its time."""
    for event in events:
        harness.pass_to(event.at_ms)
        harness.feed(event)
    harness.pass_to(end_ms)


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 8), st.sampled_from([DELIVERED, UNKNOWN, UNSENT, THROTTLED, REFUSED]))
def test_never_over(story, pushes, outcome):
    """For any events and outcomes, no 24 hours contain more pushes that may have arrived than the budget."""
    harness = harness_of(pushes, outcome)
    live(harness, events_of(story), 3 * DAY)
    instants = [at_ms for at_ms, _, _ in harness.pushes] if outcome in (DELIVERED, UNKNOWN) else []
    for start in instants:
        assert len([at_ms for at_ms in instants if start <= at_ms < start + DAY]) <= pushes


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 8))
def test_last_state_is_always_shown(story, pushes):
    """Once nothing changes, the watch shows the last state, at the latest when debits have returned."""
    harness = harness_of(pushes)
    events = events_of(story)
    end_ms = (events[-1].at_ms if events else 0) + 2 * DAY + 60 * MINUTE
    live(harness, events, end_ms)
    assert harness.watch().pending == {}
    truth = {}
    for name, field in (("garage", "text"), ("tank", "percent"), ("visitors", "count")):
        text = harness.decider.sensors[name].text("percent" if name == "tank" else "")
        if text is not None:
            truth[field] = harness.decider.sensors[name].text("total") if name == "visitors" else text
    assert harness.screens.get("watch", {}) == truth
    assert harness.decider.deadline_ms() is None or harness.decider.deadline_ms() > end_ms


def transitions(harness):
    """Return the settled changes of the door: instant and value of each."""
    return [(command.at_ms, command.value) for command in harness.commands if isinstance(command, SaveTransition)]


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 40))
def test_late_events_give_the_same_readings(story, size):
    """Events delivered late in batches give the same transitions, instants included, and the same final readings."""
    events = events_of(story)
    end_ms = (events[-1].at_ms if events else 0) + MINUTE
    on_time, late = harness_of(50), harness_of(50)
    live(on_time, events, end_ms)
    for first in range(0, len(events), size):
        for event in events[first : first + size]:
            late.commands += late.decider.handle(event)
    late.now_ms = end_ms
    late.pass_to(end_ms)
    assert transitions(late) == transitions(on_time)
    for name in ("garage", "tank", "visitors"):
        assert late.decider.sensors[name].state() == on_time.decider.sensors[name].state()
    garages = [harness.decider.sensors["garage"] for harness in (late, on_time)]
    assert garages[0].changed_ms == garages[1].changed_ms


@settings(max_examples=60, deadline=None)
@given(stories)
def test_every_push_changes_something(story):
    """Each push has at least one field, and no field that the watch shows already."""
    harness = harness_of(50)
    live(harness, events_of(story), 0)
    screen = {}
    for _, _, glance in harness.pushes:
        assert glance
        assert all(screen.get(field) != text for field, text in glance.items())
        screen.update(glance)
