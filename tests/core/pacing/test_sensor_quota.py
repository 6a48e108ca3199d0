"""SensorQuota: one topic cannot spend the whole budget of a watch."""

from pushglance.core.events import UNSENT, EdgeSeen, ValueSeen
from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE


def noisy_home(share=80, **watch):
    """Return a harness whose note on a topic changes each minute for ten hours, beside a door on a pin."""
    sensors = [plans.contact(), plans.text(share=share, urgent=1)]
    watch = {"spacing_ms": 0, "text": [["garage", ""]], "subtext": [["note", ""]]} | watch
    harness = CoreHarness(plans.plan(sensors, [plans.watch(**watch)]))
    harness.feed(EdgeSeen(0, "garage", 0))
    shout(harness, 600)
    return harness


def shout(harness, minutes):
    """Change the note each minute."""
    start_ms = harness.now_ms
    for minute in range(1, minutes + 1):
        harness.pass_to(start_ms + minute * MINUTE)
        harness.feed(ValueSeen(harness.now_ms, "note", f"n{harness.now_ms}", 0))


def test_a_topic_leaves_a_fifth_to_the_others():
    """However often it shouts, forty pushes are for it; nine are left, and a door on a pin goes at once."""
    harness = noisy_home()
    assert harness.watch().budget.left(harness.now_ms) == 9
    told = status_snapshot(harness.decider, harness.now_ms)["watches"]["watch"]
    assert told["why"] == "share"
    assert told["explanation"].startswith("waits until the share of its sensor allows a push; 9 of 50 pushes left")
    before = len(harness.pushes)
    harness.feed(EdgeSeen(harness.now_ms, "garage", 1))
    harness.pass_to(harness.now_ms + 20 * MINUTE)
    assert len(harness.pushes) == before + 1
    assert harness.screens["watch"] == {"text": "Garage open", "subtext": f"n{600 * MINUTE}"}


def test_a_share_comes_back_as_the_budget_does():
    """What waits for its share is shown when the first of its pushes has come back."""
    harness = noisy_home()
    first_ms = harness.pushes[1][0]
    harness.pass_to(first_ms + WINDOW_MS + ARRIVAL_MS)
    assert harness.screens["watch"]["subtext"] == f"n{600 * MINUTE}"


def test_a_whole_share_is_no_bound():
    """With share = 100 a topic may spend everything, as a pin may."""
    assert noisy_home(share=100).watch().budget.left(600 * MINUTE) == 0


def test_a_sensor_alone_on_its_watch_has_all_of_it():
    """Where nothing else is shown there is nobody to keep anything for."""
    harness = CoreHarness(
        plans.plan([plans.text(share=80, urgent=1)], [plans.watch(spacing_ms=0, text=[["note", ""]])])
    )
    shout(harness, 600)
    assert harness.watch().budget.left(harness.now_ms) == 0


def test_what_never_left_is_of_no_share():
    """Pushes that surely never left cost a share as little as the budget."""
    harness = noisy_home()
    harness.outcome = UNSENT
    harness.pass_to(harness.now_ms + WINDOW_MS)
    assert harness.watch()._quota.next_slot_ms(harness.now_ms, ["note"]) == harness.now_ms
