"""Texts of templates for values that are unknown."""

import pytest

from pushglance.core.events import ValueSeen
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000


@pytest.mark.parametrize(
    ("field", "parts", "before", "after"),
    [
        ("text", ["tank ", ["tank", "", "no value"]], "tank no value", "tank no value"),
        ("text", [["tank", "", ""], "!"], "!", "!"),
        ("count", [["tank", "", "0"]], "0", "0"),
        ("text", [["tank", ""]], None, "?"),
    ],
)
def test_a_default_is_shown_while_the_value_is_unknown(field, parts, before, after):
    """Before the first value and while it is stale the template's own text is shown, and else the value."""
    sensor = plans.gauge(stale_ms=10 * MINUTE)
    harness = CoreHarness(plans.plan([sensor], [plans.watch(spacing_ms=MINUTE, title=["x"], **{field: parts})]))
    harness.pass_to(5 * MINUTE)
    assert harness.screens["watch"].get(field) in (before, "?")
    harness.feed(ValueSeen(6 * MINUTE, "tank", "55", 0))
    harness.pass_to(10 * MINUTE)
    assert "55" in harness.screens["watch"][field]
    harness.pass_to(30 * MINUTE)
    assert harness.screens["watch"][field] == after
