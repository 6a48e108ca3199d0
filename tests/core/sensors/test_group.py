"""Groups: the combined value of sensors, with unknown members, and when its change is news."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import AvailabilityChanged, ValueSeen
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
WINDOWS = ("bath", "kitchen", "hall")


def harness_of(combine, members, parts=None, **changes):
    group = plans.group("all", [member["name"] for member in members], combine=combine, **changes)
    watch = plans.watch(spacing_ms=0, text=parts or [["all", ""]])
    return CoreHarness(plans.plan([*members, group], [watch]))


def windows(combine="any_open", **changes):
    return harness_of(combine, [plans.topic_contact(name) for name in WINDOWS], **changes)


def reading(harness):
    return harness.decider.sensors["all"].reading()


def feed(harness, **values):
    for name, value in values.items():
        harness.feed(ValueSeen(harness.now_ms + 1, name, value, 0))


def test_open_windows_are_counted_and_named():
    """Two open windows are two; when all are closed, the word for that is shown."""
    harness = windows(open="{count} windows open: {names}")
    feed(harness, bath="closed", kitchen="closed", hall="closed")
    harness.pass_to(harness.now_ms + MINUTE)
    assert (harness.screens["watch"]["text"], reading(harness)) == ("All closed", "closed")
    feed(harness, bath="open", hall="open")
    harness.pass_to(harness.now_ms + MINUTE)
    assert (harness.screens["watch"]["text"], reading(harness)) == ("2 windows open: bath, hall", "open")


def test_single_open_window_has_its_own_word():
    """One window can be shown by its name; two have the word with the number, and none the word for closed."""
    harness = windows(open="{count} windows open", open_one="{names} open")
    for values, shown in (
        ({"bath": "open", "kitchen": "closed", "hall": "closed"}, "bath open"),
        ({"hall": "open"}, "2 windows open"),
        ({"bath": "closed"}, "hall open"),
        ({"hall": "closed"}, "All closed"),
    ):
        feed(harness, **values)
        assert harness.decider.sensors["all"].text("") == shown


@pytest.mark.parametrize(("combine", "expected"), [("any_open", "open"), ("count", "unknown"), ("names", "unknown")])
def test_open_window_decides_any_whatever_is_unknown(combine, expected):
    """One open window is enough for "any open"; how many there are is unknown until all are known."""
    harness = windows(combine)
    feed(harness, bath="open")
    assert reading(harness) == expected


def test_closed_is_certain_only_if_all_are_known():
    """All known windows are closed, but one is unknown: the group is unknown, and shown as ?."""
    harness = windows()
    feed(harness, bath="closed", kitchen="closed", hall="closed")
    harness.feed(AvailabilityChanged(MINUTE, "hall", "offline", 0))
    harness.pass_to(2 * MINUTE)
    group = harness.decider.sensors["all"]
    assert (harness.screens["watch"]["text"], group.reading(), group.unknown) == ("?", "unknown", "members")


def test_unknown_members_can_be_ignored():
    """With the setting for it, the known ones are combined."""
    harness = windows("count", ignores_unknown=1)
    assert reading(harness) == "unknown"
    feed(harness, bath="closed", kitchen="open")
    assert reading(harness) == "1"


@pytest.mark.parametrize(("combine", "expected"), [("sum", "7.5"), ("min", "-1.0"), ("max", "5.5"), ("mean", "2.5")])
def test_numbers_are_combined_exactly(combine, expected):
    """Members with other decimals are scaled to those of the group."""
    members = [plans.gauge("a", decimals=2), plans.gauge("b"), plans.gauge("c", decimals=1)]
    harness = harness_of(combine, members, decimals=1)
    feed(harness, a="5.46", b="3", c="-1.0")
    assert reading(harness) == expected


@given(st.lists(st.integers(-999, 999), min_size=1, max_size=6))
def test_mean_is_rounded_half_away_from_zero(numbers):
    """The mean of whole numbers is the nearest one, as decimal arithmetic gives it."""
    members = [plans.gauge(f"g{number}", deadband=0) for number in range(len(numbers))]
    harness = harness_of("mean", members)
    for number, value in enumerate(numbers):
        feed(harness, **{f"g{number}": str(value)})
    mean = (Decimal(sum(numbers)) / len(numbers)).quantize(Decimal(1), ROUND_HALF_UP)
    assert reading(harness) == str(int(mean))


def test_change_of_an_urgent_group_is_pushed_at_once():
    """A live change of a member is news of the group; that a member is away is not."""
    members = [plans.topic_contact(name, urgent=0) for name in WINDOWS]
    group = plans.group("all", list(WINDOWS), urgent=1)
    harness = CoreHarness(plans.plan([*members, group], [plans.watch(text=[["all", ""]])]))
    feed(harness, bath="closed", kitchen="closed", hall="closed")
    harness.pass_to(10 * MINUTE)
    feed(harness, bath="open")
    assert harness.pushes[-1] == (harness.now_ms, "watch", {"text": "1 open"})
    count = len(harness.pushes)
    harness.feed(AvailabilityChanged(harness.now_ms + 1, "bath", "offline", 0))
    assert len(harness.pushes) == count


@pytest.mark.parametrize(
    ("at_open", "at_closed", "shown"),
    [("open", "closed", "Shut"), ("closed", "open", "Up"), ("open", "open", "Moving"), ("closed", "closed", "?")],
)
def test_two_switches_are_one_door(at_open, at_closed, shown):
    """The switch that is closed decides; none is closed while the door moves, and both contradict each other."""
    harness = harness_of(
        "door", [plans.topic_contact(name) for name in ("top", "foot")], open="Up", closed="Shut", moving="Moving"
    )
    feed(harness, top="closed", foot="open")
    harness.pass_to(harness.now_ms + MINUTE)
    assert harness.screens["watch"]["text"] == "Up"
    feed(harness, top=at_open, foot=at_closed)
    harness.pass_to(harness.now_ms + 24 * 60 * MINUTE)
    assert harness.screens["watch"]["text"] == shown
    assert (harness.decider.sensors["all"].unknown == "implausible") == (shown == "?")


def test_door_with_an_unknown_switch_is_unknown():
    """One switch alone does not say where the door is."""
    harness = harness_of("door", [plans.topic_contact(name) for name in ("top", "foot")], moving="Moving")
    feed(harness, foot="closed")
    assert reading(harness) == "unknown"
    feed(harness, top="open")
    assert reading(harness) == "closed"
