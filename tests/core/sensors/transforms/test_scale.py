"""Numbers are scaled in exact integer arithmetic, as the fractions module would do it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import PulsesSeen, ValueSeen
from pushglance.core.sensors.decimals import to_text
from pushglance.core.sensors.transforms.scale import Scale
from support import plans
from support.core_harness import CoreHarness


@pytest.mark.parametrize(
    ("text", "linear", "decimals", "shown"),
    [
        ("20500", [1, 0, 1000], 1, "20.5"),  # thousandths of a degree, as the kernel has them
        ("-1250", [1, 0, 1000], 2, "-1.25"),
        ("-1250", [1, 0, 1000], 1, "-1.3"),  # half away from zero
        ("5025", [1, 0, 1000], 2, "5.03"),
        ("1e3", [1, 0, 3], 3, "333.333"),
        ("77", [5, -160, 9], 1, "25.0"),  # (77 °F - 32) * 5 / 9
        ("0.1", [3, 0, 1], 1, "0.3"),  # a float has 0.30000000000000004
        ("16777217", [1, 0, 1000], 3, "16777.217"),  # more digits than a 32-bit float has
        ("1e-300", [1, 0, 1], 0, "0"),
    ],
)
def test_numbers_are_scaled_exactly(text, linear, decimals, shown):
    """A factor, an offset and a divisor give the nearest decimal."""
    assert to_text(Scale(linear, decimals).convert(text), decimals) == shown


@pytest.mark.parametrize("text", ["", "x", "1,5", "9" * 19, "1e99", "nan"])
def test_other_texts_are_none(text):
    """What is not a number stays none."""
    assert Scale([1, 0, 1000], 2).convert(text) is None


@given(
    st.decimals(-(10**12), 10**12, places=6),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9),
    st.integers(1, 10**9),
    st.integers(0, 6),
)
def test_scaling_agrees_with_fractions(number, factor, offset, divisor, decimals):
    """The result is the exact one, rounded half away from zero."""
    exact = (Fraction(number) * factor + offset) / divisor * 10**decimals
    expected = int(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    result = Scale([factor, offset, divisor], decimals).convert(f"{number:f}")
    assert result == (expected if abs(expected) < 10 ** (18 + decimals) else None)


@given(st.text(max_size=40), st.lists(st.integers(-(10**12), 10**12), min_size=3, max_size=3))
def test_no_text_raises(text, linear):
    """No text makes the conversion raise."""
    Scale([*linear[:2], abs(linear[2]) + 1], 6).convert(text)


def counter_of(**changes):
    """Return a harness with a counter, and the counter."""
    plan = plans.plan([plans.counter(resets="never", **changes)], [plans.watch(text=[["visitors", ""]])])
    harness = CoreHarness(plan)
    return harness, harness.decider.sensors["visitors"]


@pytest.mark.parametrize(
    ("pulses", "linear", "decimals", "shown"),
    [
        (12345, [1, 0, 1000], 3, "12.345"),  # 1000 imp/kWh
        (375, [1, 0, 375], 3, "1.000"),  # 375 turns/kWh, which no decimal number expresses
        (100_000, [2794, 0, 10_000], 1, "27940.0"),  # 0.2794 mm a tip
        (1, [2794, 0, 10_000], 1, "0.2"),
        (150, [1, 0, 100], 2, "1.50"),  # 0.01 m3 a pulse
    ],
)
def test_pulses_become_amounts_without_loss(pulses, linear, decimals, shown):
    """Pulses that are reported one by one give the same amount as all at once, however it is rounded."""
    harness, counter = counter_of(linear=linear, decimals=decimals)
    step = max(1, pulses // 97)
    for count in [*range(step, pulses, step), pulses]:
        harness.decider.handle(PulsesSeen(count, "visitors", count))
    assert counter.text("total") == counter.text("today") == counter.reading() == shown


def test_a_rest_survives_a_restart():
    """What the last digit does not show yet is kept over a restart, and other settings drop it."""
    harness, counter = counter_of(linear=[1, 0, 3], decimals=0)
    harness.decider.handle(PulsesSeen(0, "visitors", 5))
    state = counter.state()
    assert (counter.text(""), state["rest"]) == ("1", 2)
    _, again = counter_of(linear=[1, 0, 3], decimals=0)
    again.restore(state, 0)
    again.feed_pulses(1, 0)
    assert again.text("") == "2"
    _, other = counter_of(linear=[1, 0, 2], decimals=1)
    other.restore(state, 0)
    other.feed_pulses(1, 0)
    assert other.text("") == "1.5"


def test_increments_are_added():
    """Increments are running sums in millionths; fractions of the last digit add up."""
    harness, counter = counter_of(source="mqtt", counts="increments", decimals=1)
    for at_ms, total in enumerate([3_000_000, 5_000_000, 10_000_000, 10_060_000, 10_120_000]):
        harness.decider.handle(PulsesSeen(at_ms, "visitors", total))
    assert counter.text("") == "10.1"


def test_a_total_in_wh_is_shown_in_kwh():
    """A running total is scaled before it is compared."""
    harness, counter = counter_of(source="mqtt", counts="total", linear=[1, 0, 1000], decimals=3)
    for at_ms, total in enumerate(["15000", "15010.4", "15011"]):
        harness.decider.handle(ValueSeen(at_ms, "visitors", total, 0))
    assert (counter.text("total"), counter.text("today")) == ("15.011", "0.011")
