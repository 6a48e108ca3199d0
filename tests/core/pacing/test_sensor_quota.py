"""SensorQuota: one topic cannot spend the whole budget of a watch."""

from pushglance.core.events import UNSENT, EdgeSeen, ValueSeen
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE


def noisy_home(share=80, **watch):
    """Return a harness whose note on a topic changes each minute for ten hours; a door on a pin is shown, too."""
    sensors = [plans.contact(), plans.text(share=share, urgent=1)]
    watch = {"spacing_ms": 0, "text": [["garage", ""]], "subtext": [["note", ""]]} | watch
    harness = CoreHarness(plans.plan(sensors, [plans.watch(**watch)]))
    harness.feed(EdgeSeen(0, "garage", 0))
    change_note(harness, 600)
    return harness


def change_note(harness, minutes):
    """Change the note each minute."""
    start_ms = harness.now_ms
    for minute in range(1, minutes + 1):
        harness.pass_to(start_ms + minute * MINUTE)
        harness.feed(ValueSeen(harness.now_ms, "note", f"n{harness.now_ms}", 0))


def test_topic_leaves_a_fifth_to_other_sensors():
    """However often the note changes, it gets forty pushes; nine are left, and a door on a pin is pushed at once."""
    harness = noisy_home()
    assert harness.watch().budget.left(harness.now_ms) == 9
    status = status_snapshot(harness.decider, harness.now_ms)["watches"]["watch"]
    assert status["why"] == "share"
    assert ": waits until the share of its sensor allows a push; 9 of 50 pushes left" in status["explanation"]
    assert status["explanation"].startswith("shown at the latest ")
    before = len(harness.pushes)
    harness.feed(EdgeSeen(harness.now_ms, "garage", 1))
    harness.pass_to(harness.now_ms + 20 * MINUTE)
    assert len(harness.pushes) == before + 1
    assert harness.screens["watch"] == {"text": "Garage open", "subtext": f"n{600 * MINUTE}"}


def test_quota_returns_with_its_pushes():
    """A change that waits for its quota is shown when the first of its pushes has returned."""
    harness = noisy_home()
    first_ms = harness.pushes[1][0]
    harness.pass_to(first_ms + 24 * HOUR + 10 * MINUTE)
    assert harness.screens["watch"]["subtext"] == f"n{600 * MINUTE}"


def test_share_of_100_percent_has_no_quota():
    """With share = 100 a topic may spend the whole budget, like a pin."""
    assert noisy_home(share=100).watch().budget.left(600 * MINUTE) == 0


def test_only_sensor_of_a_watch_has_the_whole_budget():
    """If no other sensor is shown, nothing is reserved."""
    harness = CoreHarness(
        plans.plan([plans.text(share=80, urgent=1)], [plans.watch(spacing_ms=0, text=[["note", ""]])])
    )
    change_note(harness, 600)
    assert harness.watch().budget.left(harness.now_ms) == 0


def test_unsent_pushes_cost_no_quota():
    """Pushes that surely never left cost neither budget nor quota."""
    harness = noisy_home()
    harness.outcome = UNSENT
    harness.pass_to(harness.now_ms + 24 * HOUR)
    assert harness.watch()._quota.next_slot_ms(harness.now_ms, ["note"]) == harness.now_ms
